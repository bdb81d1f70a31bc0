"""Section A: absolute yields. Secretion and the number of cells are priors, so that none of these is a proof."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from case import Draws, Published, Row, number
from runs import arm, donors, drawn

_WHEEL = "tissue, platelet lysate, microcarriers, 48 h"
_MISSING = "60 mL, beads 10 to 25 g/L, seeding, cells, background"
_PRIOR = "secretion is the prior; inside says that the prior is wide, not that it is right"


def rows() -> Iterator[Row]:
    """Yield the rows of section A."""
    yield from _vertical_wheel()
    yield from _hollow_fibers()
    yield from _bounds()


def _vertical_wheel() -> Iterator[Row]:
    totals = {tissue: _three_donors(tissue) for tissue in ("", "#adipose", "#cord")}
    published = (
        ("", "bone marrow", 2.8e11, _PRIOR),
        ("#adipose", "adipose", 3.1e11, "too few cells: they double in 122 h in the catalog (Plastini 2016)"),
        ("#cord", "cord", 4.1e11, _PRIOR),
    )
    for variant, tissue, total, reason in published:
        yield Row(
            "A1", f"Vertical-Wheel 0.1, MSC of {tissue} [T]", "fuzeta2020", _WHEEL, _MISSING,
            Published(number(total), total, total), "interval", "calibration", totals[variant], reason,
        )  # fmt: skip
    yield Row(
        "A1", "adipose / bone marrow [T]", "fuzeta2020", _WHEEL, "three donors each, sigma 0.5",
        Published("1.1", 1.1, 1.1), "interval", "test", totals["#adipose"] / totals[""],
        "adipose cells of the catalog grow five times more slowly; those of the paper grew as the others did",
    )  # fmt: skip
    yield Row(
        "A1", "cord / bone marrow [T]", "fuzeta2020", _WHEEL, "three donors each, sigma 0.5",
        Published("1.5", 1.5, 1.5), "interval", "test", totals["#cord"] / totals[""],
        "the catalog lets cord cells secrete four times as much, which nobody has checked",
    )  # fmt: skip


def _three_donors(tissue: str) -> Draws:
    """Return the total of three donors of their own, in the place of the one that every arm shares."""
    found = arm(f"a1_vertical_wheel{tissue}")
    return found.total / drawn(found.operation.activity) * donors(f"a1{tissue}", 3)


def _hollow_fibers() -> Iterator[Row]:
    quantum, fibers = arm("a2_quantum"), arm("a3_fibercell")
    given = "2.1 m2 (unchecked), 5 % platelet lysate, six harvests in 12 d"
    yield Row(
        "A2", "Quantum, mean of the harvests [V]", "mendt2018", given, "180 mL harvests, cells, donor",
        Published("1.04e10", 1.04e10, 1.04e10), "interval", "calibration", quantum.titer,
        f"{_PRIOR}; a blank of the lysate alone would be 2.5e10/mL, more than was published",
    )  # fmt: skip
    yield Row(
        "A2", "Quantum, all harvests [T]", "mendt2018", given, "180 mL harvests, cells, donor; no loss by isolation",
        Published("0.9 to 1.56e13 (unchecked)", 9e12, 1.56e13), "interval", "calibration", quantum.total, _PRIOR,
    )  # fmt: skip
    given = "hollow fibers, 25 daily harvests, no serum"
    dense = "at the far end of the interval: it asks for eight times the cells or the secretion of the medians"
    yield Row(
        "A3", "FiberCell, mean of the harvests [V]", "gobin2021", given, "C2011 with 15 to 20 mL, inoculum, cells",
        Published("5.5e10", 5.5e10, 5.5e10), "interval", "calibration", fibers.titer, dense,
    )  # fmt: skip
    yield Row(
        "A3", "FiberCell, a day [T]", "gobin2021", given, "C2011 with 15 to 20 mL, inoculum, cells",
        Published("1.1e12 (derived)", 1.1e12, 1.1e12), "interval", "calibration", fibers.total / fibers.days, dense,
    )  # fmt: skip
    harvested = fibers.culture.monitors["harvested"]
    yield Row(
        "A3", "FiberCell, harvest of day 25 over day 5 [1]", "gobin2021", given, "death rate of the cells",
        Published("consistent: 0.5 to 2 is ours", 0.5, 2.0, stated=False), "band", "test",
        drawn(harvested[-1] / harvested[4]), "cells die slowly and are not replaced",
    )  # fmt: skip
    spinner = arm("a5_spinner_serum")
    cells = arm("a5_spinner_serum", supplement=0.0).titer
    share = float(np.median(1.0 - cells / spinner.titer))
    yield Row(
        "A5", "spinner in 5 % serum, negative control [V]", "cellbiosci2022", "5 % serum, 48 h over 7 d",
        "particles of serum 2e11/mL (1e10 to 1e12), cells, volume", Published("1e11", 1e11, 1e11), "interval", "test",
        spinner.titer,
        f"{share:.0%} of what is counted is of the serum at the median; 1e11 needs ten times the particles of serum",
    )  # fmt: skip


def _bounds() -> Iterator[Row]:
    rate = np.asarray(np.sum(arm("flask").culture.monitors["secreted"], axis=0)) / arm("flask").cell_days
    yield Row(
        "A6", "secretion of MSC between that of blood cells in vivo, per cell and day [C]", "auber2022",
        "monocytes 45/min, erythrocytes 3.2e-3/min", "that other cells bound MSC",
        Published("4.6 to 6.5e4", 4.6, 6.5e4, stated=False), "band", "calibration", rate,
        "a bound on the prior, no culture",
    )  # fmt: skip
    yield Row(
        "A7", "secretion above what capture of single cells finds, per cell and hour [C]", "chiu2016",
        "60 to 65 exosomes per cell and hour", "that breast lines bound MSC from below",
        Published("over 60 (unchecked)", 60.0, 1e6, stated=False), "band", "calibration", rate / 24.0,
        "a bound on the prior; antibodies catch a part of the vesicles",
    )  # fmt: skip
