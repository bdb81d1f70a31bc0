"""The aggregate culture against closed forms, an independent integration, and its own bookkeeping."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from exosim.material import Material
from exosim.operations.aggregate_culture import AggregateCulture
from exosim.operations.base import Outcome
from exosim.physics.oxygen import diffusivity
from exosim.testing.balances import imbalance

FED: dict[str, Any] = {"glucose_uptake": 0.0, "ammonia_rate": 0.0, "doublings_limit": math.inf}
CORE = "a core of the aggregates starves"


def suspension(viable: float) -> Material:
    """Return a cell suspension."""
    return Material(volume=0.1, viable_cells=viable)


def grown(viable: float = 1e8, **values: Any) -> Outcome:
    """Return the outcome of a culture."""
    return AggregateCulture(**values).transform(suspension(viable))


def number(value: Any) -> float:
    """Return a value of one lane as a number."""
    return float(np.squeeze(value))


def collected(outcome: Outcome) -> float:
    """Return the vesicles in the product."""
    return float(np.sum(outcome.product.vesicles))


def test_aggregates_and_their_cells() -> None:
    """Aggregates of 300 um hold 4800 cells of 15 um at 60 %, and there are as many as the cells that found one fill."""
    monitors = AggregateCulture(aggregate_diameter=300.0).start(suspension(6e7)).monitors
    assert monitors["cells_per_aggregate"] == pytest.approx(4800.0, rel=1e-12)
    assert monitors["aggregates"] == pytest.approx(0.8 * 6e7 / 4800.0, rel=1e-12)


def test_small_aggregates_have_no_core() -> None:
    """Below the critical diameter all cells are reached; the limit is named above it."""
    for size, reached in ((250.0, 0.0), (1000.0, 1.0)):
        outcome = grown(aggregate_diameter=size)
        assert number(outcome.limits[CORE]) == reached
        assert bool(np.all(np.asarray(outcome.monitors["core_share"]) > 0.0)) == bool(reached)


def test_the_gain_is_a_factor_per_cell() -> None:
    """Without a core the cells secrete three times what they do without aggregation, cell for cell."""
    plain, gained = (grown(aggregate_gain=f) for f in (1.0, 3.0))
    assert number(gained.remainder.viable_cells) == number(plain.remainder.viable_cells)
    assert collected(gained) == pytest.approx(3.0 * collected(plain), rel=1e-12)
    assert grown(aggregate_gain=60.0).limits["gains in secretion capped at 50-fold"] == 1.0


def test_directions() -> None:
    """Larger, denser, still and short of oxygen: the core grows and fewer vesicles are secreted."""
    for name, values in {
        "aggregate_diameter": (200.0, 800.0, 1000.0),
        "packing": (0.2, 0.6, 0.95),
        "sherwood": (20.0, 4.0, 2.0),
        "oxygen_level": (1.0, 0.5, 0.1),
    }.items():
        made = [grown(**{"aggregate_diameter": 900.0, name: value}) for value in values]
        cores = [float(np.max(np.asarray(outcome.monitors["core_share"]))) for outcome in made]
        assert cores[0] < cores[1] < cores[2], name
        assert collected(made[0]) > collected(made[1]) > collected(made[2]), name


def test_a_core_that_keeps_its_activity_changes_nothing() -> None:
    """Without the effect no core is told of, and the size of the aggregates does not matter."""
    outcomes = [grown(aggregate_diameter=size, core_inactivity=0.0) for size in (200.0, 1000.0)]
    assert collected(outcomes[0]) == collected(outcomes[1])
    assert CORE not in outcomes[0].limits and "core_share" not in outcomes[0].monitors
    half = collected(grown(aggregate_diameter=1000.0, core_inactivity=0.5))
    assert collected(grown(aggregate_diameter=1000.0)) < half < collected(outcomes[1])


def test_aggregates_grow_little() -> None:
    """With a tenth of the growth rate the cells grow by about 2^(0.1 x 30 h / 24 h), less what dies."""
    kept = grown(growth_period=2.0, death_rate=0.0, growth_death_rate=0.0, oxygen_uptake=0.0, **FED)
    assert number(kept.remainder.viable_cells) == pytest.approx(0.8e8 * 2.0 ** (0.1 * 30.0 / 24.0), rel=1e-9)


def reference(culture: AggregateCulture, viable: float) -> tuple[float, float]:
    """Return the cells at the end and the vesicles harvested, by general solvers of the same equations."""
    milliliters = 1e3 * culture.volume
    radius = 0.5e-6 * culture.aggregate_diameter
    dense = culture.packing / (math.pi / 6.0 * (1e-6 * culture.cell_diameter) ** 3)
    demand = culture.oxygen_uptake * 1e-15 / 3600.0 * dense
    beta = 4.0 * culture.oxygen_diffusivity / (culture.sherwood * float(diffusivity(310.15)))

    def active(x: float) -> float:
        around = culture.oxygen_saturation - 1e-9 * culture.oxygen_uptake * x / milliliters / culture.oxygen_transfer
        supply = 6.0 * culture.oxygen_diffusivity * around / (demand * radius**2)

        def short(r: float) -> float:
            return (1.0 - r) ** 2 * (1.0 + 2.0 * r) + beta * (1.0 - r**3) - supply

        return 1.0 if short(0.0) <= 0.0 else 1.0 - float(brentq(short, 0.0, 1.0)) ** 3

    def solve(slope: Any, hours: float, state: list[float]) -> list[float]:
        solved = solve_ivp(slope, (0.0, hours), state, rtol=1e-10, atol=1e-6, method="LSODA")
        return [float(y) for y in solved.y[:, -1]]

    x = viable * culture.attachment
    rate = culture.aggregate_growth * math.log(2.0) / culture.doubling_time * active(x)
    x = solve(lambda _, y: [(rate - culture.growth_death_rate) * y[0]], 24 * culture.growth_period - culture.lag, [x])[
        0
    ]
    vesicles, harvested = 0.0, 0.0
    for _ in range(round(culture.collection / culture.harvest_every)):
        q = culture.aggregate_gain * culture.secretion_rate / 24.0 * active(x)

        def collecting(_: float, y: Any, q: float = q) -> list[float]:
            turnover = culture.reuptake * y[0] / milliliters + culture.decay
            return [-culture.death_rate * y[0], q * y[0] - turnover * y[1]]

        x, vesicles = solve(collecting, 24.0 * culture.harvest_every, [x, vesicles])
        harvested += culture.harvest_fraction * vesicles
        vesicles *= 1.0 - culture.harvest_fraction
    return x, harvested


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="defaults"),
        pytest.param({"aggregate_diameter": 950.0}, id="large"),
        pytest.param({"aggregate_diameter": 1000.0, "sherwood": 2.0, "death_rate": 0.01}, id="still"),
        pytest.param({"aggregate_gain": 9.0, "reuptake": 5e-8, "decay": 0.02, "collection": 8.0}, id="dense"),
    ],
)
def test_harvests_agree_with_an_independent_integration(values: dict[str, Any]) -> None:
    """Cells and harvests with a core are within 1e-3 of general solvers of the sphere and of the vessel."""
    culture = AggregateCulture(**{**FED, "oxygen_transfer": 20.0, **values})
    outcome = culture.transform(suspension(5e7))
    viable, harvested = reference(culture, 5e7)
    assert number(outcome.remainder.viable_cells) == pytest.approx(viable, rel=1e-3)
    assert collected(outcome) == pytest.approx(harvested, rel=1e-3)


def test_balance() -> None:
    """Nothing appears or vanishes, with a core as without."""
    for size in (200.0, 900.0):
        outcome = grown(aggregate_diameter=size)
        assert max(imbalance(suspension(1e8), outcome).values()) < 1e-12
        assert outcome.product.viable_cells == 0.0
