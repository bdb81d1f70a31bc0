"""Eddies, the factors on secretion and death by shear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import turbulence

WATER = 0.75e-6  # m2/s at 37 degC
folds, lengths = st.floats(1.0, 30.0), st.floats(5.0, 500.0)


@pytest.mark.parametrize("length, dissipation", [(120.0, 0.0020), (75.0, 0.0133), (50.0, 0.0675)])
def test_three_lengths_and_their_dissipation(length: float, dissipation: float) -> None:
    assert turbulence.dissipation_at(WATER, length) == pytest.approx(dissipation, rel=0.02)
    assert turbulence.eddy_length(WATER, turbulence.dissipation_at(WATER, length)) == pytest.approx(length, rel=1e-12)


@given(folds, st.floats(0.1, 50.0))
def test_laminar_shear(largest: float, half: float) -> None:
    assert turbulence.laminar_fold(0.0, largest, half) == 1.0
    assert turbulence.laminar_fold(half, largest, half) == pytest.approx((1.0 + largest) / 2.0, rel=1e-12)
    rising = turbulence.laminar_fold(np.linspace(0.0, 1e4, 50), largest, half)
    assert np.all(np.diff(rising) >= 0.0) and rising[-1] <= largest


@given(folds, lengths)
def test_turbulence(largest: float, half: float) -> None:
    assert turbulence.turbulent_fold(half, largest, half) == pytest.approx((1.0 + largest) / 2.0, rel=1e-12)
    falling = turbulence.turbulent_fold(np.geomspace(1.0, 1e4, 50), largest, half)
    assert np.all(np.diff(falling) <= 0.0)
    assert falling[-1] == pytest.approx(1.0, abs=1e-6 * largest)


def test_growth_settings_hardly_raise_secretion_and_a_burst_does() -> None:
    """At 1e-3 W/kg, where stem cells are expanded, the factor of a tenfold burst is 1.02; at 0.07 W/kg 5.6."""
    gentle, burst = turbulence.eddy_length(WATER, np.array([1e-3, 0.07]))
    assert turbulence.turbulent_fold(gentle, 10.0, 50.0) == pytest.approx(1.016, abs=0.001)
    assert turbulence.turbulent_fold(burst, 10.0, 50.0) == pytest.approx(5.62, abs=0.01)


@given(st.floats(1e-4, 1.0), st.floats(1e-4, 0.1), st.floats(10.0, 200.0))
def test_death_rises_in_a_line_with_the_dissipation_above_the_critical(
    dissipation: float, rate: float, critical: float
) -> None:
    threshold = turbulence.dissipation_at(WATER, critical)
    death = turbulence.shear_death(turbulence.eddy_length(WATER, dissipation), critical, rate)
    assert death == pytest.approx(rate * max(dissipation / threshold - 1.0, 0.0), rel=1e-6, abs=1e-9 * rate)
