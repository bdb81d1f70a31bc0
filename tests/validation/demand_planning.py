"""V15 to V17: what clinical trials ask for, from dose to vials, courses and lots, through orders and the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from case import Draws, Published, Row
from runs import DRAWS, SEED

import exosim as xs
from exosim.indicators import Account

_ARMS = {"arm_4": 4e8, "arm_8": 8e8, "arm_12": 12e8, "arm_16": 16e8}
_LADDER = {2e8: 3, 4e8: 3, 8e8: 6, 12e8: 6, 16e8: 6}
"""Volunteers of V16 by dose [particle]."""
_COURSE = 24 * 8e8  # particles of a patient of the top arm of V15
SCENARIOS = Path(__file__).parents[2] / "scenarios"


def rows() -> Iterator[Row]:
    """Yield the rows of V15, V16 and V17."""
    yield from _courses()
    yield from _ladder()
    yield from _campaign()


def load(name: str) -> xs.Scenario:
    """Return the scenario of a case."""
    return xs.load(Path(__file__).parent / f"{name}.toml")


@cache
def accounts(name: str) -> tuple[Account, ...]:
    """Return what became of the orders of a case, replication by replication."""
    return tuple(xs.simulate(load(name)).accounts)


def filled(name: str) -> Draws:
    """Return the orders that a case filled on time, replication by replication."""
    return np.array([account.headlines["orders_filled"] for account in accounts(name)])


def _courses() -> Iterator[Row]:
    lot = "1 L of medium at the delivered yield"
    yield Row(
        "V15", "whole courses of the top arm from one lot", "xie2023", lot, "whole doses, no loss at the fill",
        Published("3 to 5", 3.0, 5.0), "band", "input", filled("v15_courses"),
        "put in: the yield; dose, lot and orders make courses of it",
    )  # fmt: skip
    doses = xs.evaluate(load("v15_courses"), DRAWS, seed=SEED).values("doses")
    yield Row(
        "V15", "medium for one course of the top arm [L]", "xie2023", lot, "", Published("0.2 to 0.32", 0.19, 0.32),
        "band", "input", _COURSE / (doses * 8e8), "put in, as above",
    )  # fmt: skip
    crude = xs.evaluate(xs.load(f"{SCENARIOS / 'isolation_shootout.toml'}#precipitation"), DRAWS, seed=SEED)
    yield Row(
        "V15", "particles per ug of protein, precipitated [particle/ug]", "xie2023", "PEG, ultracentrifugation",
        "precipitation as in the shoot-out, without a spin after it",
        Published("4e7: 2e8 and 5 ug are one dose", 4e7, 4e7), "interval", "test",
        crude.values("particles_per_protein"),
        "medium of another composition: its protein is not published, and decides how much comes down with the polymer",
    )  # fmt: skip
    per_lot = crude.values("doses") * 1e10 / 10.0 * 0.5
    yield Row(
        "V15", "particles from 500 mL of medium, precipitated", "xie2023", "PEG, ultracentrifugation",
        "the default titer of stem cells", Published("3 to 5e10", 3e10, 5e10), "interval", "calibration", per_lot,
        "the titer is free: cells per liter are not published, and the delivered yield is that of a hundredth as many",
    )  # fmt: skip


def _ladder() -> Iterator[Row]:
    yield Row(
        "V16", "volunteers of 24 who are served, with 117 doses of 2e8", "shi2021", "doses and volunteers of five arms",
        "one lot, whose size is not published", Published("24", 24.0, 24.0), "band", "input", filled("v16_ladder"),
        "put in: the orders; all are shipped from one lot on their days",
    )  # fmt: skip
    ladder, found = load("v16_ladder"), []
    for dose, scenario in ((2e8, ladder), *((_ARMS[name], plant) for name, plant in ladder.variants().items())):
        yields = xs.evaluate(scenario, 1)
        vials = float(yields.values("vials")[0]) - 40.0
        found.append(float(yields.values("doses")[0]) / vials * dose / 3.0)
    yield Row(
        "V16", "particles per mL of the vial, top arm over lowest arm [1]", "shi2021", "3 mL in every arm",
        "a vial for each volunteer, one dose in it", Published("8", 8.0, 8.0), "band", "input",
        np.full(DRAWS, found[-1] / found[0]), "put in: five fills of one bulk",
    )  # fmt: skip


def _campaign() -> Iterator[Row]:
    shipped = [sum(order.shipped_on_time for order in account.orders) for account in accounts("v17_campaign")]
    given, assumed = "60 patients, 1e10 twice a day for 5 d", "a patient every two days, a lot every four weeks"
    yield Row(
        "V17", "doses shipped on time", "exo_cd24", given, assumed, Published("600", 600.0, 600.0), "band", "input",
        np.array(shipped, dtype=np.float64), "put in: the orders",
    )  # fmt: skip
    yield Row(
        "V17", "particles shipped", "exo_cd24", given, assumed, Published("6e12", 6e12, 6e12), "band", "input",
        np.array(shipped, dtype=np.float64) * 1e10, "put in, as above",
    )  # fmt: skip
    yields = xs.evaluate(load("v17_campaign"), DRAWS, seed=SEED)
    used = yields.values("vesicles", "purify") / np.maximum(yields.values("doses"), 1.0) * 600.0
    yield Row(
        "V17", "vesicles that must enter the fill", "exo_cd24", given, "overfill, line, rejects and 40 retained vials",
        Published("over 6e12: its fill loss is not published", 6e12, 6e13, stated=False), "band", "input", used,
        "what a lot retains for tests and loses at the fill comes on top of what is shipped",
    )  # fmt: skip
