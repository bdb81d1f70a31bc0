"""Fixed-bed culture against closed forms: one well-mixed volume, oxygen in the vessel, shear, repeated batches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from exosim.material import Material
from exosim.operations.base import Outcome
from exosim.operations.fixed_bed_culture import FixedBedCulture
from exosim.physics.turbulence import laminar_fold
from exosim.testing.balances import imbalance

YOUNG: dict[str, Any] = {"doublings_limit": math.inf}
UNLIMITED: dict[str, Any] = {"oxygen_uptake": 0.0, "glucose_uptake": 0.0, "ammonia_rate": 0.0}
AT_ONCE: dict[str, Any] = {"growth_period": 0.0, "lag": 0.0, "attachment": 1.0}


def suspension(viable: float) -> Material:
    """Return a cell suspension."""
    return Material(volume=0.5, viable_cells=viable)


def grown(viable: float = 8e7, **values: Any) -> Outcome:
    """Return the outcome of a culture on 2.65 m2."""
    return FixedBedCulture(**{**YOUNG, **values}).transform(suspension(viable))


def number(value: Any) -> float:
    """Return a value of one lane as a number."""
    return float(np.squeeze(value))


def collected(outcome: Outcome) -> float:
    """Return the vesicles in the product."""
    return float(np.sum(outcome.product.vesicles))


def held(outcome: Outcome) -> set[str]:
    """Return the limits that were reached."""
    return {name for name, reached in outcome.limits.items() if np.any(reached)}


def test_vessel_and_reservoir_are_one_volume() -> None:
    """The medium grows with the bed; oxygen enters in the vessel only."""
    operation = FixedBedCulture(bed_area=10.0, working_volume=2.0, reservoir_per_area=1.3)
    assert number(operation.liters) == pytest.approx(15.0)
    assert number(operation.transfer) == pytest.approx(8.0 * 2.0 / 15.0)
    assert number(FixedBedCulture(reservoir_per_area=0.0).transfer) == 8.0


def test_repeated_batches_in_closed_form() -> None:
    """Constant cells: each batch builds up on what the bed held back of the last."""
    cells = 1e9
    values = {**AT_ONCE, **UNLIMITED, "death_rate": 0.0, "harvest_fraction": 0.8, "collection": 6.0}
    outcome = grown(cells, **values)
    milliliters = 1e3 * (1.0 + 1.5 * 2.65)
    loss = 1e-8 * cells / milliliters + 0.005
    full = 1e4 / 24.0 * cells / milliliters / loss
    titer, expected = 0.0, []
    for _ in range(3):
        titer = full + (0.2 * titer - full) * math.exp(-48.0 * loss)
        expected.append(titer)
    assert np.ravel(outcome.monitors["titer"]) == pytest.approx(expected, rel=1e-8)
    assert collected(outcome) == pytest.approx(0.8 * milliliters * sum(expected), rel=1e-8)
    assert number(outcome.product.volume) == pytest.approx(3 * 0.8 * milliliters / 1e3, rel=1e-12)


def test_oxygen_of_the_vessel_carries_the_cells_of_the_bed() -> None:
    """Where kLa is poor, growth ends at kLa V (C* - C) / q cells, however large the reservoir is."""
    for reservoir in (1.5, 6.0):
        values = {"oxygen_transfer": 0.5, "glucose_uptake": 0.0, "ammonia_rate": 0.0, "growth_death_rate": 0.0}
        operation = FixedBedCulture(**YOUNG, **values, reservoir_per_area=reservoir, growth_period=21.0)
        state, clock = operation.start(suspension(8e7)).remainder, 0.0
        for visit in operation.schedule():
            if visit.kind == "harvest":
                break
            outcome = operation.advance(state, visit, visit.time - clock)
            state, clock = outcome.remainder, visit.time
        carried = 0.5 * 1000.0 * 0.9 * operation.oxygen_saturation / 98e-9
        assert number(state.viable_cells) == pytest.approx(carried, rel=1e-6)
        assert "growth held by oxygen" in held(outcome)


def test_shear_is_off_unless_a_stress_is_given() -> None:
    """Without stress there is no gain; with one, secretion rises by the laminar factor and nothing else changes."""
    rest = grown()
    assert FixedBedCulture().shear_gain == 1.0
    assert {"largest_shear_gain", "half_shear_stress"} <= FixedBedCulture().unused()
    assert FixedBedCulture.effects["shear"] == {"shear_stress": 0.0}
    assert not {"largest_shear_gain", "half_shear_stress"} & FixedBedCulture(shear_stress=5.0).unused()
    for stress in (1.0, 10.0, 30.0):
        sheared = grown(shear_stress=stress)
        assert collected(sheared) == pytest.approx(collected(rest) * laminar_fold(stress, 3.0, 10.0), rel=1e-9)
        assert number(sheared.remainder.viable_cells) == number(rest.remainder.viable_cells)
    assert laminar_fold(10.0, 3.0, 10.0) == 2.0


def test_a_bed_without_a_reservoir_runs_out_of_glucose() -> None:
    """2.65 m2 of cells in a liter of low-glucose medium are held by glucose; a reservoir and rich medium feed them."""
    poor = grown(reservoir_per_area=0.0, medium_glucose=5.5)
    assert "growth held by glucose" in held(poor)
    assert not {name for name in held(grown()) if name.startswith("growth held by")} - {"growth held by surface"}
    assert number(poor.remainder.viable_cells) < 0.5 * number(grown().remainder.viable_cells)


def test_the_balance_closes_while_cells_starve_under_shear() -> None:
    """With growth in collection, starvation, shear and carry-over nothing is unaccounted."""
    values = {"reservoir_per_area": 0.0, "medium_glucose": 4.0, "shear_stress": 12.0}
    operation = FixedBedCulture(**values, collection_growth=0.7, carryover=0.1, death_rate=0.01)
    feed = suspension(5e8)
    assert max(imbalance(feed, operation.transform(feed)).values()) < 1e-12


def test_more_frequent_harvests_never_lower_the_total() -> None:
    """Each split of the interval gains, by less than a factor of two with full harvests."""
    yields = [
        collected(grown(harvest_every=every, collection=4.0, harvest_fraction=1.0, decay=0.02))
        for every in (4.0, 2.0, 1.0, 0.5)
    ]
    gains = np.array(yields[1:]) / np.array(yields[:-1])
    assert np.all(gains > 1.0) and np.all(gains < 2.0)


@pytest.mark.parametrize(
    ("name", "values", "sign"),
    [
        ("secretion_rate", [1e3, 1e4, 1e5], 1),
        ("harvest_fraction", [0.5, 0.9, 1.0], 1),
        ("shear_stress", [0.5, 5.0, 30.0], 1),
        ("reservoir_per_area", [0.2, 1.5, 6.0], 1),
        ("death_rate", [0.0005, 0.004, 0.015], -1),
        ("reuptake", [1e-9, 1e-8, 5e-8], -1),
        ("decay", [0.001, 0.005, 0.02], -1),
    ],
)
def test_directions(name: str, values: list[float], sign: int) -> None:
    """What is collected rises or falls with each parameter throughout; more medium thins vesicles out of reach."""
    found = [collected(grown(**{name: value})) for value in values]
    assert np.all(sign * np.diff(found) > 0.0)
