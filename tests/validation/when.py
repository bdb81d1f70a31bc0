"""What the page ``which_technology_when.md`` shows: the curve, what a dose is made of, what its cost hangs on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from case import Draws
from cost_shapes import (
    CULTURES,
    DEMANDS,
    FILTERED,
    LOTS,
    SHIPPED,
    TANK,
    WORLDS,
    money,
    offered,
    plant,
    reach,
    screened,
)
from scipy.stats import spearmanr

from exosim.sampling import Nesting, SampleBlock
from exosim.scaling.screen import Screened, _prices
from exosim.scaling.words import rounded

NOTED = 0.3
"""The smallest rank correlation that is told: in 128 worlds one of 0.3 comes by chance once in 1,700 inputs."""
PARTS = {
    "people": ("labor",),
    "media and reagents": ("materials",),
    "vials, filters, beads": ("consumables",),
    "tests": ("quality",),
    "equipment and building": ("equipment", "building", "maintenance", "insurance_tax", "validation"),
    "running the rooms": ("facility",),
}


def blocks() -> dict[str, str]:
    """Return what stands between the markers of the page, by the name of the marker."""
    return {"curve": curve(), "parts": parts(), "hangs": hangs(), "flips": flips()}


def _table(head: Sequence[str], lines: Iterator[Sequence[str]]) -> str:
    cells = [head, ["---", *["--:"] * (len(head) - 1)], *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def curve() -> str:
    """Return the median cost of a dose by technology and demand."""
    head = ["technology", *(rounded(demand) for demand in DEMANDS), "ends at, doses a year"]

    def lines() -> Iterator[Sequence[str]]:
        for name, one in offered().items():
            yield [one.title, *(_cost(plant(name, demand)) for demand in DEMANDS), rounded(reach(name))]

    return _table(head, lines())


def _cost(point: Screened) -> str:
    return rounded(point.median) if point.feasible else "x"


def parts() -> str:
    """Return what the cost of a dose of the cheapest technology is made of, and its plant."""
    points = [plant(TANK, demand) for demand in DEMANDS]

    def lines() -> Iterator[Sequence[str]]:
        for name, categories in PARTS.items():
            shares = [float(np.median(money(one, *categories) / one.cost.sum(axis=0))) for one in points]
            yield [name, *(f"{share:.0%}" for share in shares)]
        yield ["lots a year, of doses", *(f"{one.lots} of {rounded(one.doses)}" for one in points)]
        yield ["tanks, of liters", *(f"{one.units['stirred_tank']} of {rounded(4.5 * one.factor)}" for one in points)]
        yield ["people on duty", *(str(sum(one.people.values())) for one in points)]

    return _table(["share of the cost", *(rounded(demand) for demand in DEMANDS)], lines())


@cache
def correlated(demand: float) -> dict[str, float]:
    """Return the rank correlation of the cost of a dose with each input that is drawn, the largest first."""
    per_dose = screened(TANK, SHIPPED).best(demand).per_dose
    known = np.isfinite(per_dose)
    found = {name: float(spearmanr(value[known], per_dose[known])[0]) for name, value in _inputs().items()}
    return dict(sorted(found.items(), key=lambda pair: -abs(pair[1])))


@cache
def _inputs() -> dict[str, Draws]:
    """Return what is drawn of the process, in the mean of the lots of each world, and of the prices."""
    scenario = offered()[TANK].scenario
    drawn = scenario.values_on(SampleBlock(scenario.seed, 0, WORLDS * LOTS, Nesting(LOTS, 1)))
    wide = {name: np.ravel(np.asarray(value, dtype=np.float64)) for name, value in drawn.items()}
    means = {name: one.reshape(WORLDS, LOTS).mean(axis=1) for name, one in wide.items() if one.size == WORLDS * LOTS}
    used = {use.resource for use in screened(TANK, SHIPPED).lots.uses}
    both = means | dict(_prices(scenario, WORLDS, scenario.seed))
    return {name: one for name, one in both.items() if float(np.ptp(one)) > 0.0 and _priced(name, used)}


def _priced(name: str, used: set[str]) -> bool:
    """Return whether an input is no price of what no lot uses."""
    return not name.startswith("material.") or name.rpartition(".")[0] in used


def hangs() -> str:
    """Return which inputs the cost of a dose follows."""
    demands = (1e2, 1e4, 1e6)
    names = dict.fromkeys(
        name for demand in demands for name, value in correlated(demand).items() if abs(value) > NOTED
    )

    def lines() -> Iterator[Sequence[str]]:
        for name in names:
            yield [f"`{name}`", *(f"{correlated(demand)[name]:.2f}" for demand in demands)]

    return _table(["rank correlation with the cost of a dose", *(rounded(demand) for demand in demands)], lines())


def flips() -> str:
    """Return the cost of a dose in the other cultures over that in the tank."""

    def lines() -> Iterator[Sequence[str]]:
        for culture in ("vessels", "hollow_fibers"):
            yield [CULTURES[culture], *(_ratio(f"{culture}+{FILTERED}", demand) for demand in DEMANDS)]

    return _table(["over a stirred tank, with TFF and SEC", *(rounded(one) for one in DEMANDS)], lines())


def _ratio(name: str, demand: float) -> str:
    if not plant(name, demand).feasible:
        return "x"
    found = plant(name, demand).per_dose / plant(TANK, demand).per_dose
    return f"{np.median(found):.2f} ({100.0 * np.mean(found < 1.0):.0f} %)"
