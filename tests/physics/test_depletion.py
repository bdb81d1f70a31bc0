"""Uptake by constant cells: its two limits, its inverse, and the solver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics.depletion import hours_to_deplete, remaining_substrate
from exosim.physics.integrator import RUNGE_KUTTA, integrate

initials, halves, uptakes = st.floats(0.1, 40.0), st.floats(0.05, 5.0), st.floats(1e-3, 1.0)


@given(initials, halves, uptakes, st.floats(0.01, 0.99))
def test_the_inverse(initial: float, half: float, uptake: float, left: float) -> None:
    hours = hours_to_deplete(initial, left * initial, uptake, half)
    assert remaining_substrate(initial, uptake, half, hours) == pytest.approx(left * initial, rel=1e-9)


def test_far_above_the_constant_it_falls_in_a_line_and_far_below_exponentially() -> None:
    assert remaining_substrate(25.0, 0.2, 1e-6, 50.0) == pytest.approx(15.0, rel=1e-6)
    assert remaining_substrate(1e-6, 0.2, 1.0, 10.0) == pytest.approx(1e-6 * np.exp(-2.0), rel=1e-5)


@pytest.mark.parametrize("hours", [5.0, 20.0, 40.0])
def test_it_is_what_the_integrator_finds(hours: float) -> None:
    solved = integrate(RUNGE_KUTTA, lambda _, s: -0.2 * s / (0.5 + s), np.array([[5.0]]), 0.0, hours, 2000)
    assert remaining_substrate(5.0, 0.2, 0.5, hours) == pytest.approx(solved.item(), rel=1e-8)


def test_many_times_the_constant_does_not_overflow() -> None:
    left = remaining_substrate(np.array([25.0, 1e4]), 1e-3, np.array([1e-3, 1e-4]), 1.0)
    np.testing.assert_allclose(left, [25.0 - 1e-3, 1e4 - 1e-3], rtol=1e-7)


def test_a_low_glucose_flask_lasts_about_four_days() -> None:
    """3e4 cell/cm2 at 0.25 pmol/cell/h under 0.2 mL/cm2 use half of 5.5 mM in three days."""
    uptake = 0.25e-9 * 3e4 / 0.2 * 1e3  # mM/h
    assert uptake * 72.0 * 0.2 * 1e3 == pytest.approx(0.54e3, rel=1e-12)  # nmol/cm2
    assert remaining_substrate(5.5, uptake, 0.05, 72.0) == pytest.approx(2.8, abs=0.05)
    assert hours_to_deplete(5.5, 1.0, uptake, 0.05) == pytest.approx(122.0, abs=1.0)
