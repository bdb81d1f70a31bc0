"""Capital: scale, factors, rooms; case K6 with its multipliers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.economics.capital import (
    ESTIMATES,
    FactorialEstimate,
    LangEstimate,
    estimate,
    installed_cost,
    purchase_cost,
    room_cost,
)
from exosim.errors import UsageError

STANDARD = ESTIMATES["standard"]
COSTS = st.floats(1.0, 1e9)


def factorial(name: str) -> FactorialEstimate:
    found = ESTIMATES[name]
    assert isinstance(found, FactorialEstimate)
    return found


@pytest.mark.parametrize(
    ("name", "direct", "indirect", "other", "fixed", "investment"),
    [("standard", 2.88, 1.73, 0.69, 5.30, 5.56), ("gmp_purification", 5.43, 3.26, 1.30, 9.99, 10.49)],
)
def test_multipliers_of_the_paper(
    name: str, direct: float, indirect: float, other: float, fixed: float, investment: float
) -> None:
    """K6: every subtotal of Table 2 of Tusé, Tu & McDonald 2014 comes out of its factors, as it is rounded there."""
    found = factorial(name)
    got = (found.direct_multiplier, found.indirect_multiplier, found.other_multiplier)
    stated = (direct, indirect, other, fixed, investment)
    for value, published in zip((*got, found.multiplier, found.investment_multiplier), stated, strict=True):
        assert value == pytest.approx(published, abs=0.0051)


def test_what_the_light_building_does_not_tell() -> None:
    """4.33 is stated; neither the factors of its column nor those of the standard with its building give it."""
    light = ESTIMATES["light"]
    assert isinstance(light, LangEstimate)
    assert light.multiplier == 4.33
    own = replace(
        factorial("standard"), piping=0.10, instrumentation=0.20, insulation=0.01, building=0.20, auxiliary=0.10
    )
    assert own.multiplier == pytest.approx(3.42, abs=0.005)
    all_unlisted = own.multiplier / own.direct_multiplier * (own.direct_multiplier + 0.5)
    assert all_unlisted == pytest.approx(4.34, abs=0.005)
    assert replace(factorial("standard"), building=0.20).multiplier == pytest.approx(4.84, abs=0.005)
    low, high = 4.325 * 1.05, 4.335 * 1.05
    assert low < 4.545 and high > 4.535, "4.54 lies within what 4.33 stands for"


def test_installation_of_unlisted_equipment() -> None:
    """A sixth of the purchase cost is unlisted; half of it for its installation adds 0.083 to 2.88."""
    found = replace(factorial("standard"), unlisted_installation=0.5)
    assert found.direct_multiplier == pytest.approx(2.88 + 0.5 * 0.2 / 1.2)


@pytest.mark.parametrize("name", ESTIMATES)
@given(COSTS)
def test_parts_sum_to_the_whole(name: str, cost: float) -> None:
    found, unlisted = ESTIMATES[name], getattr(ESTIMATES[name], "unlisted", 0.0)
    capital = found.capital(cost)
    assert capital.purchase == pytest.approx(cost * (1.0 + unlisted))
    assert capital.fixed == pytest.approx(found.multiplier * capital.purchase)
    assert capital.investment == pytest.approx(found.investment_multiplier * capital.purchase)
    assert capital.start_up == pytest.approx(0.05 * capital.fixed)


def test_capital_of_draws() -> None:
    costs = np.array([1e5, 2e5, 3e6])
    together = STANDARD.capital(costs).investment
    assert np.array_equal(together, [STANDARD.capital(cost).investment for cost in costs])


def test_estimates_are_sourced() -> None:
    assert {ESTIMATES[name].source for name in ("standard", "gmp_purification", "light")} == {"tuse2014"}
    assert ESTIMATES["lang"].source == "assumption"


def test_unknown_estimate_tells_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean standard"):
        estimate("standart")


@given(COSTS, st.floats(0.01, 100.0), st.floats(0.0, 1.2), st.floats(0.5, 2.0))
def test_purchase_cost_is_a_power_of_size(cost: float, ratio: float, exponent: float, index: float) -> None:
    there = purchase_cost(cost, ratio, 1.0, exponent, index, 1.0)
    assert purchase_cost(there, 1.0, ratio, exponent, 1.0, index) == pytest.approx(cost)
    assert purchase_cost(cost, ratio, ratio, exponent) == pytest.approx(cost)


def test_index_of_the_year() -> None:
    assert purchase_cost(1e6, 2.0, 2.0, index=603.1, reference_index=402.0) == pytest.approx(1e6 * 603.1 / 402.0)


def test_installed() -> None:
    assert installed_cost(100.0) == 150.0
    assert np.array_equal(installed_cost([100.0, 200.0], 0.3), [130.0, 260.0])


def test_rooms_by_grade() -> None:
    """TESSEE: 400 m2, a fifth of them clean."""
    cost = room_cost({"C": 80.0, "CNC": 320.0}, {"A": 9e3, "C": 5815.0, "CNC": 3392.0})
    assert cost == pytest.approx(80.0 * 5815.0 + 320.0 * 3392.0)
    assert room_cost({}, {}) == 0.0


def test_rooms_that_cannot_be_priced() -> None:
    """All problems at once: a grade that does not exist, and one without a price."""
    with pytest.raises(UsageError) as error:
        room_cost({"E": 10.0, "B": 20.0}, {"C": 5815.0})
    assert len(error.value.problems) == 2
    assert "unknown grade of rooms" in str(error.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: purchase_cost(1e5, 0.0, 10.0),
        lambda: purchase_cost(1e5, 5.0, 10.0, index=0.0),
        lambda: purchase_cost(-1e5, 5.0, 10.0),
        lambda: purchase_cost(np.nan, 5.0, 10.0),
        lambda: STANDARD.capital(-1.0),
        lambda: installed_cost(1.0, -0.1),
        lambda: room_cost({"C": -1.0}, {"C": 1.0}),
        lambda: LangEstimate(multiplier=0.5),
        lambda: replace(factorial("standard"), piping=-0.1),
    ],
)
def test_impossible_numbers_are_refused(call: object) -> None:
    with pytest.raises(UsageError, match=r"cannot be used; got .*; expected a number"):
        call()  # type: ignore[operator]
