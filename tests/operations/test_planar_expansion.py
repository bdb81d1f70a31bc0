"""The planar seed train against its closed forms and an independent integration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from exosim.material import Material
from exosim.operations.base import Outcome
from exosim.operations.planar_expansion import PlanarExpansion
from exosim.testing.feeds import cells

YOUNG: dict[str, Any] = {"doublings_limit": math.inf}
"""Without senescence the closed forms of growth hold to rounding."""


def expand(**values: Any) -> Outcome:
    """Return the outcome of a seed train that begins with nothing but its inoculum."""
    return PlanarExpansion(**{**YOUNG, **values}).transform(Material())


def number(value: Any) -> float:
    """Return a value of one lane as a number."""
    return float(np.squeeze(value))


def passage_hours(start: float, end: float, theta: float, rate: float, death: float, capacity: float) -> float:
    """Return the time to grow from one density to another: the theta-logistic law solved for time."""
    net, crowd = rate - death, rate / capacity**theta
    return math.log((start**-theta - crowd / net) / (end**-theta - crowd / net)) / (net * theta)


@pytest.mark.parametrize("theta", [1.0, 1.5, 2.0, 4.0])
@pytest.mark.parametrize("passages", [1, 3])
def test_duration_in_closed_form(theta: float, passages: int) -> None:
    """Each passage takes its lag, the time of the growth law and the time of handling, four hours by default."""
    outcome = expand(passages=passages, contact_inhibition=theta)
    one = passage_hours(3000.0 * 0.88, 15000.0, theta, math.log(2.0) / 24.0, 0.001, 30000.0)
    assert outcome.duration == pytest.approx(passages * (18.0 + one + 4.0), rel=1e-12)
    slower = expand(passages=passages, contact_inhibition=theta, passage_time=7.5)
    assert slower.duration == pytest.approx(passages * (18.0 + one + 7.5), rel=1e-12)
    assert slower.phases[1].duration == pytest.approx(passages * 7.5, rel=1e-12)


def test_without_crowding_and_death_doublings_take_the_doubling_time() -> None:
    """Far below confluence n doublings take n doubling times."""
    outcome = expand(
        capacity=1e12,
        death_rate=0.0,
        attachment=1.0,
        seeding_density=1000.0,
        harvest_density=8000.0,
        lag=0.0,
        passages=1,
    )
    assert outcome.phases[0].duration == pytest.approx(3 * 24.0, rel=1e-9)
    assert outcome.monitors["doublings"] == pytest.approx(3.0, rel=1e-12)


@pytest.mark.parametrize("passages", [1, 2, 5])
def test_cells_in_closed_form(passages: int) -> None:
    """Cells are inoculum x viability x (attachment x growth x detachment) to the number of passages."""
    outcome = expand(inoculum=2e7, passages=passages)
    growth = 15000.0 / (3000.0 * 0.88)
    expected = 2e7 * 0.93 * (0.88 * growth * 0.9) ** passages
    assert outcome.product.viable_cells == pytest.approx(expected, rel=1e-12)
    assert outcome.monitors["doublings"] == pytest.approx(passages * math.log2(growth), rel=1e-12)
    assert outcome.product.volume == pytest.approx(expected / 1e6 * 1e-3, rel=1e-12)


def test_area_and_medium() -> None:
    """The surface of a passage is its cells over the seeding density; medium is bought for all of it."""
    outcome = expand(inoculum=1e7, passages=2)
    first = 1e7 * 0.93 / 3000.0
    second = first * 15000.0 * 0.9 / 3000.0
    assert outcome.monitors["final_area"] == pytest.approx(second, rel=1e-12)
    assert outcome.consumption["culture_surface"] == pytest.approx((first + second) * 1e-4, rel=1e-12)
    assert outcome.consumption["growth_medium"] == pytest.approx((first + second) * 0.2e-3, rel=1e-12)


def test_hands_on_time_grows_with_the_vessels_where_it_is_stated() -> None:
    """8 h for two passages, and 0.8 h for each square meter of all their vessels."""
    without, many = expand(passages=2), expand(passages=2, handling_time=0.8)
    area = number(many.consumption["culture_surface"])
    assert number(without.phases[1].duration) == 8.0
    assert number(many.phases[1].duration) == pytest.approx(8.0 + 0.8 * area)
    twice = expand(passages=2, handling_time=0.8, inoculum=2e7)
    assert number(twice.phases[1].duration) == pytest.approx(8.0 + 1.6 * area)


def test_a_passage_stops_below_the_plateau() -> None:
    """A harvest density that is never reached ends the passage at 98 % of the plateau, in finite time."""
    outcome = expand(harvest_density=38000.0, capacity=15000.0, passages=1)
    plateau = 15000.0 * math.sqrt(1.0 - 0.001 / (math.log(2.0) / 24.0))
    cells_at_end = outcome.product.viable_cells / 0.9 / outcome.monitors["final_area"]
    assert cells_at_end == pytest.approx(0.98 * plateau, rel=1e-12)
    assert outcome.duration < 1000.0


def test_cells_already_past_the_harvest_density_are_passaged_at_once() -> None:
    """Seeding above the harvest density makes a passage of no growth, never one of negative length."""
    outcome = expand(seeding_density=6000.0, harvest_density=5000.0, attachment=0.97, lag=0.0, passages=1)
    assert outcome.phases[0].duration == 0.0
    assert outcome.monitors["doublings"] == 0.0
    assert outcome.product.viable_cells == pytest.approx(1e7 * 0.93 * 0.97 * 0.9, rel=1e-12)


@pytest.mark.parametrize("theta", [1.0, 2.0, 3.0])
def test_deaths_agree_with_an_integration(theta: float) -> None:
    """Cells that die are the death rate times the integral of the cells, as an independent solver finds it."""
    outcome = expand(passages=1, contact_inhibition=theta, death_rate=0.004, harvest_density=25000.0)
    rate, start = math.log(2.0) / 24.0, 3000.0 * 0.88
    hours = float(outcome.phases[0].duration) - 18.0

    def slope(_: float, state: Any) -> list[float]:
        density = state[0]
        return [rate * density * (1.0 - (density / 30000.0) ** theta) - 0.004 * density, density]

    end = solve_ivp(slope, (0.0, hours), [start, 0.0], rtol=1e-11, atol=1e-6).y[:, -1]
    area = 1e7 * 0.93 / 3000.0
    assert outcome.product.viable_cells == pytest.approx(end[0] * area * 0.9, rel=1e-8)
    died = float(np.squeeze(outcome.losses["thaw and death"].viable_cells)) - 7e5
    assert died == pytest.approx(0.004 * end[1] * area, rel=1e-6)


def test_cells_of_the_feed_join_the_inoculum() -> None:
    """A feed of cells is expanded with the inoculum; its liquid is discarded."""
    feed = cells()
    outcome = PlanarExpansion(passages=1).transform(feed)
    alone = expand(inoculum=1e7 + float(np.squeeze(feed.viable_cells)), passages=1)
    assert outcome.product.viable_cells == pytest.approx(alone.product.viable_cells, rel=1e-12)
    assert outcome.losses["discarded medium"].volume == feed.volume

    """Older cells take longer, by the square of the doublings behind them; the train says when they are too old."""
    young, old, oldest = (expand(doublings_limit=30.0, initial_doublings=n, passages=1) for n in (0.0, 15.0, 29.0))
    assert number(young.duration) < number(old.duration) < number(oldest.duration)
    rates = [math.log(2.0) / 24.0 * (1.0 - (n / 30.0) ** 2) for n in (0.0, 15.0)]
    slow = [expand(doubling_time=math.log(2.0) / rate, passages=1) for rate in rates]
    assert [number(young.duration), number(old.duration)] == pytest.approx([number(s.duration) for s in slow], rel=1e-9)
    text = "past the doublings of cells for a product"
    assert [float(o.limits[text]) for o in (young, old)] == [0.0, 1.0]


def test_doublings_travel_with_the_cells() -> None:
    """The cells of the product have the doublings of the bank and those of the train behind them."""
    outcome = expand(initial_doublings=5.0)
    per_cell = number(outcome.product.doublings / outcome.product.viable_cells)
    assert per_cell == pytest.approx(5.0 + number(outcome.monitors["doublings"]), rel=1e-12)
