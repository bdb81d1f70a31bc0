"""The pictures of the tutorial on studies, all of the reference scenario, and that of what a cost per dose needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import exosim as xs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.front import Front
    from exosim.study.target import Target

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
NUCLEASE = {"digest.activity": "20..100 U/mL", "digest.treatment_time": "0.5..3 h"}
CELLS = {"digest.activity": "20..100 U/mL", "culture.secretion_rate": "x0.5..x3", "culture.death_rate": "x0.3..x1.5"}
PLANT = {"campaign.every": "7, 10, 12, 14, 17, 21 d", "culture.secretion_rate": "x1, x1.25, x1.5, x2"}
CHEAP = ("cost_per_dose <= 150 EUR", "doses_per_year >= 20000")
GOAL = ("in_specification >= 1", "doses >= 200")


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield each picture by the name of its file; `draws` asks for rough ones, of so many draws and few points."""
    reference = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    few: dict[str, Any] = {} if draws is None else {"draws": draws}
    yield "study_tornado", xs.plots.tornado(xs.sensitivity(reference, responses=["in_specification"], **few), 0)
    effects = xs.sweep(reference, **(few or {"draws": 2000})).effects
    if effects is not None:
        yield "study_slices", xs.plots.response_slices(effects)[0]
    levels = None if draws is None else 4
    yield "study_space", xs.plots.design_space(xs.space(reference, NUCLEASE, probability=0.7, levels=levels, **few))
    yield "study_front", xs.plots.pareto_front(decisions(draws))[0]
    yield "study_target", xs.plots.target_surface(cells(draws))
    yield "study_cost", xs.plots.target_surface(cost(draws))


def decisions(draws: int | None = None) -> Front:
    """Return the trade-off between doses and lots within specification over what people decide."""
    reference = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    return xs.front(reference) if draws is None else xs.front(reference, population=8, generations=2, draws=draws)


def cells(draws: int | None = None) -> Target:
    """Return what must be true of the cells and the nuclease, so that nine lots in ten meet all limits."""
    reference = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    size: dict[str, Any] = {"draws": 1000} if draws is None else {"draws": draws, "evaluations": 250}
    return xs.target(reference, CELLS, GOAL, probability=0.9, weights={"digest.activity": 0.1}, **size)


def cost(draws: int | None = None, probability: float = 0.5) -> Target:
    """Return what rhythm and which cells bring a released dose to 150 EUR in half of the worlds."""
    release = xs.load(SCENARIOS / "msc_hollow_fiber_release.toml")
    if draws is None:
        return xs.target(release, PLANT, CHEAP, probability=probability, replications=20)
    few = {"campaign.every": "14, 21 d", "culture.secretion_rate": "x1, x2, x3"}
    return xs.target(release, few, CHEAP, probability=0.9, replications=2)
