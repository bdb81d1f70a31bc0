"""Two steps in a row: balance, both orders of the rates, the singular case and the maximum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics.bateman import hours_of_most, intermediate, precursor
from exosim.physics.integrator import RUNGE_KUTTA, integrate

rates, times = st.floats(1e-3, 5.0), st.floats(0.0, 200.0)


@given(rates, rates, times)
def test_it_is_the_difference_of_exponentials_where_that_is_well_conditioned(one: float, two: float, t: float) -> None:
    if abs(one - two) > 0.05 * max(one, two):
        expected = one * (np.exp(-one * t) - np.exp(-two * t)) / (two - one)
        assert intermediate(1.0, one, two, t) == pytest.approx(expected, rel=1e-9, abs=1e-14)


@given(rates, times)
def test_nearly_equal_rates_join_equal_ones(rate: float, hours: float) -> None:
    equal = intermediate(1.0, rate, rate, hours)
    assert equal == pytest.approx(rate * hours * np.exp(-rate * hours), rel=1e-12, abs=1e-300)
    near = intermediate(1.0, rate, rate * (1.0 + 1e-9), hours)
    assert near == pytest.approx(float(equal), rel=1e-5, abs=1e-300)


@pytest.mark.parametrize("first, second", [(0.3, 0.05), (0.05, 0.3), (0.1, 0.1)])
def test_nothing_is_lost_and_the_integrator_agrees(first: float, second: float) -> None:
    def chain(_: object, y: np.ndarray) -> np.ndarray:
        return np.stack([-first * y[0], first * y[0] - second * y[1], second * y[1]])

    end = integrate(RUNGE_KUTTA, chain, np.array([[2.0], [0.0], [0.0]]), 0.0, 12.0, 400)
    assert precursor(2.0, first, 12.0) == pytest.approx(end[0].item(), rel=1e-9)
    assert intermediate(2.0, first, second, 12.0) == pytest.approx(end[1].item(), rel=1e-9)
    assert end.sum() == pytest.approx(2.0, rel=1e-13)


@given(rates, rates)
def test_there_is_never_more_than_at_the_maximum(first: float, second: float) -> None:
    when = float(hours_of_most(first, second))
    most = intermediate(1.0, first, second, when)
    around = intermediate(1.0, first, second, when * np.linspace(0.5, 2.0, 31))
    assert np.all(around <= most * (1.0 + 1e-12))


def test_the_maximum_of_equal_rates_is_one_over_the_rate() -> None:
    assert hours_of_most(0.05, 0.05) == pytest.approx(20.0, rel=1e-12)
    assert hours_of_most(0.2, 0.05) == pytest.approx(np.log(4.0) / 0.15, rel=1e-12)
