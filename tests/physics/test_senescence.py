"""Cells that tire: the closed form against the integrator, and a published series of passages."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from exosim.physics import senescence
from exosim.physics.integrator import RUNGE_KUTTA, integrate

limits, rates, times = st.floats(10.0, 60.0), st.floats(0.005, 0.05), st.floats(0.0, 2000.0)


def test_doublings() -> None:
    assert senescence.doublings(1e5, 8e5) == pytest.approx(3.0, rel=1e-12)


def test_growth_falls_smoothly_to_nothing() -> None:
    behind = np.array([0.0, 15.0, 30.0, 31.0])
    np.testing.assert_allclose(senescence.growth_share(behind, 30.0), [1.0, 0.75, 0.0, 0.0])


@pytest.mark.parametrize("behind, hours", [(0.0, 100.0), (0.0, 1500.0), (12.0, 300.0), (29.0, 500.0)])
def test_the_closed_form_is_what_the_integrator_finds(behind: float, hours: float) -> None:
    def tiring(_: object, doublings: np.ndarray) -> np.ndarray:
        return 0.029 / math.log(2.0) * senescence.growth_share(doublings, 30.0)

    solved = integrate(RUNGE_KUTTA, tiring, np.array([[behind]]), 0.0, hours, 2000)
    assert senescence.doublings_after(behind, 30.0, 0.029, hours) == pytest.approx(solved.item(), rel=1e-9)


@given(st.floats(0.0, 80.0), limits, rates, times, times)
def test_growing_twice_is_growing_for_the_sum(behind: float, limit: float, rate: float, one: float, two: float) -> None:
    midway = senescence.doublings_after(min(behind, limit), limit, rate, one)
    apart = senescence.doublings_after(midway, limit, rate, two)
    assert senescence.doublings_after(behind, limit, rate, one + two) == pytest.approx(float(apart), rel=1e-9)
    assert min(behind, limit) * (1.0 - 1e-12) - 1e-12 <= apart <= limit * (1.0 + 1e-12)


def test_an_immortal_line_grows_exponentially() -> None:
    expected = 200.0 + 0.03 * 1000.0 / math.log(2.0)
    assert senescence.doublings_after(200.0, 1e6, 0.03, 1000.0) == pytest.approx(expected, rel=1e-6)


def passages(limit: float) -> np.ndarray:
    """Return the doublings of ten passages of 118 d / 9 each, with the growth rate that gives 7.7 in the first."""
    hours = 118.0 * 24.0 / 9.0
    rate = brentq(lambda value: senescence.doublings_after(0.0, limit, value, hours) - 7.7, 1e-3, 0.5)
    behind = [0.0]
    for _ in range(10):
        behind.append(float(senescence.doublings_after(behind[-1], limit, rate, hours)))
    return np.diff(behind)


def test_a_published_series_of_passages_needs_a_limit_of_some_45_doublings() -> None:
    """Case D6: 7.7 doublings in the first passage of bone-marrow cells and 1.2 in the tenth.

    The law gives 1.2 with a limit of 46 doublings; with 30, the literature's middle, it gives 0.2. Equal passages are
    our reading, and nothing between the first and the tenth is published: the order of magnitude is what is tested.
    """
    series = passages(46.0)
    assert series[-1] == pytest.approx(1.2, abs=0.1)
    assert series.sum() == pytest.approx(43.0, abs=1.0)
    assert np.all(np.diff(series) < 0.0)
    assert passages(30.0)[-1] == pytest.approx(0.2, abs=0.05)


def test_potency_is_flat_and_then_falls_by_passage() -> None:
    passage = np.array([2.0, 4.0, 5.0, 7.0])
    np.testing.assert_allclose(senescence.potency(passage, 4.0, 0.2), [1.0, 1.0, 0.8, 0.512])
