"""Precipitation by a polymer: thresholds by size, saturation, growth in time, and the volume of a stock."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import precipitating


@pytest.mark.parametrize(
    ("diameter", "exponent", "critical"), [(100.0, 0.5, 50.0), (25.0, 0.5, 100.0), (400.0, 1.0, 12.5)]
)
def test_the_threshold_falls_with_size(diameter: float, exponent: float, critical: float) -> None:
    assert precipitating.critical_concentration(diameter, 50.0, exponent) == pytest.approx(critical, rel=1e-12)


def test_golden_fractions() -> None:
    """Y = 1 - exp(-beta (c - c*)): nothing at the threshold, 63 % one steepness above it."""
    found = precipitating.precipitated(np.array([40.0, 50.0, 70.0, 100.0]), 50.0, 0.05)
    assert found == pytest.approx([0.0, 0.0, 1.0 - math.exp(-1.0), 1.0 - math.exp(-2.5)], rel=1e-12)


def test_the_hold_completes_it() -> None:
    assert precipitating.grown(12.0, 0.5) == pytest.approx(1.0, abs=1e-9)
    assert precipitating.grown(0.5, 0.5) == pytest.approx(1.0 - math.exp(-1.0), rel=1e-12)


@given(st.floats(20.0, 390.0), st.floats(1.01, 2.0), st.floats(60.0, 150.0), st.floats(0.0, 1.0))
def test_larger_particles_and_more_polymer_never_precipitate_less(
    diameter: float, larger: float, polymer: float, exponent: float
) -> None:
    def solid(size: float, concentration: float) -> float:
        critical = precipitating.critical_concentration(size, 50.0, exponent)
        return float(precipitating.precipitated(concentration, critical, 0.05))

    assert 0.0 <= solid(diameter, polymer) <= solid(diameter * larger, polymer) <= 1.0
    assert solid(diameter, polymer) <= solid(diameter, polymer * larger)


@given(st.floats(0.01, 100.0), st.floats(10.0, 200.0), st.floats(250.0, 600.0))
def test_the_stock_brings_the_mixture_to_its_target(volume: float, target: float, stock: float) -> None:
    added = float(precipitating.stock_volume(volume, target, stock))
    assert stock * added / (volume + added) == pytest.approx(target, rel=1e-9)
