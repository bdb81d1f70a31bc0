"""Size-exclusion chromatography by plates: golden pools, the exact plug, and conservation over windows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from exosim.physics import plates

retentions, plate_numbers = st.floats(0.3, 1.0), st.floats(50.0, 3000.0)


@pytest.mark.parametrize(
    "load, expected", [(0.5, (0.978, 0.952, 0.0)), (1.0, (0.989, 0.756, 0.0)), (2.0, (0.839, 0.400, 0.0))]
)
def test_golden_pools_of_a_ten_milliliter_column(load: float, expected: tuple[float, ...]) -> None:
    for coefficient, pooled in zip((0.0, 0.15, 0.5), expected, strict=True):
        computed = plates.pooled_fraction(3.3 + coefficient * 6.0, 200.0, 3.0, 5.0, load)
        assert computed == pytest.approx(pooled, abs=6e-4)


@given(retentions, plate_numbers, st.floats(0.2, 0.8), st.floats(0.0, 0.5), st.floats(0.02, 0.3))
def test_a_plug_is_the_mean_of_its_pulses(
    retention: float, number: float, start: float, wide: float, load: float
) -> None:
    sigma = retention / np.sqrt(number)

    def pulse(entered: float) -> float:
        return float(np.diff(norm.cdf(np.array([start, start + wide]), retention + entered, sigma))[0])

    corners = [edge - retention for edge in (start, start + wide) if 0.0 < edge - retention < load]
    expected, _ = quad(pulse, 0.0, load, epsabs=1e-9, points=corners or None)
    computed = plates.pooled_fraction(retention, number, start, start + wide, load)
    assert computed == pytest.approx(expected / load, abs=1e-7)


@given(retentions, plate_numbers, st.lists(st.floats(0.0, 5.0), max_size=5), st.sampled_from([0.0, 0.05, 0.2]))
def test_windows_that_cover_everything_collect_everything(
    retention: float, number: float, cuts: list[float], load: float
) -> None:
    edges = [-20.0, *sorted(cuts), 20.0]
    parts = [float(plates.pooled_fraction(retention, number, *edges[i : i + 2], load)) for i in range(len(edges) - 1)]
    assert sum(parts) == pytest.approx(1.0, abs=1e-10)
    assert all(0.0 <= part <= 1.0 for part in parts)


@given(retentions, plate_numbers)
def test_a_short_plug_is_a_pulse(retention: float, number: float) -> None:
    pulse = plates.pooled_fraction(retention, number, 0.4, 0.6)
    sigma = retention / np.sqrt(number)
    plug = plates.pooled_fraction(retention, number, 0.4, 0.6, 1e-5)
    assert plug == pytest.approx(float(pulse), abs=0.2 * 1e-5 / sigma + 1e-9)  # half the load at the highest slope


@given(retentions, plate_numbers, st.floats(0.3, 0.5), st.floats(0.0, 0.3), st.floats(0.0, 0.3))
def test_a_wider_window_never_collects_less(
    retention: float, number: float, start: float, one: float, two: float
) -> None:
    narrow, wide = sorted((one, two))
    pools = [plates.pooled_fraction(retention, number, start, start + w, 0.1) for w in (narrow, wide)]
    assert pools[0] <= pools[1] + 1e-12


def test_distribution_coefficients() -> None:
    assert plates.distribution_coefficient(0.0, 40.0) == 1.0
    assert np.all(plates.distribution_coefficient(np.array([40.0, 41.0, 400.0]), 40.0) == 0.0)
    assert plates.distribution_coefficient(10.0, 40.0) == pytest.approx(0.5625, rel=1e-14)
    coefficients = plates.distribution_coefficient(np.linspace(0.0, 50.0, 60), 40.0)
    assert np.all(np.diff(coefficients) <= 0.0)


@given(retentions, st.floats(1.01, 3.0), plate_numbers)
def test_resolution_grows_with_the_root_of_the_plates(first: float, ratio: float, number: float) -> None:
    base = plates.resolution(first, first * ratio, number)
    assert plates.resolution(first, first * ratio, 4.0 * number) == pytest.approx(2.0 * base, rel=1e-12)
    assert base == pytest.approx((ratio - 1.0) / (2.0 * (ratio + 1.0)) * np.sqrt(number), rel=1e-9)


def test_relative_variance_is_that_of_the_peak() -> None:
    volumes = np.linspace(0.0, 2.0, 20_001)
    elution = plates.pooled_fraction(1.0, 50.0, volumes[:-1], volumes[1:])
    middles = (volumes[:-1] + volumes[1:]) / 2.0
    mean = (elution * middles).sum() / elution.sum()
    variance = (elution * (middles - mean) ** 2).sum() / elution.sum()
    assert variance / mean**2 == pytest.approx(plates.relative_variance(50.0), rel=1e-6)


def test_scalar_equals_array() -> None:
    generator = np.random.default_rng(7)
    retention, number, load = (generator.uniform(*ends, 40) for ends in ((0.3, 1.0), (50.0, 1000.0), (0.05, 0.25)))
    plug = plates.pooled_fraction(retention, number, 0.3, 0.5, load)
    pulse = plates.pooled_fraction(retention, number, 0.3, 0.5)
    for lane in range(40):
        one = float(retention[lane]), float(number[lane]), 0.3, 0.5
        assert plates.pooled_fraction(*one, float(load[lane])) == pytest.approx(plug[lane], rel=1e-12)
        assert plates.pooled_fraction(*one) == pytest.approx(pulse[lane], rel=1e-12)


GAUSSIAN = {0.5: (0.977, 0.952, 0.000), 1.0: (0.984, 0.766, 0.000), 2.0: (0.851, 0.379, 0.001)}


@pytest.mark.parametrize("load", GAUSSIAN)
def test_the_gaussian_approximation_of_the_evidence_is_close_to_the_exact_plug(load: float) -> None:
    """A plug as a wider Gaussian, V_R^2 / N + V_load^2 / 12, gives the table; the exact one is within 0.025."""
    for coefficient, expected in zip((0.0, 0.15, 0.5), GAUSSIAN[load], strict=True):
        retention = 3.3 + coefficient * 6.0
        sigma = math.sqrt(retention**2 / 200.0 + load**2 / 12.0)
        centered = norm(retention + load / 2.0, sigma)
        approximate = centered.cdf(5.0) - centered.cdf(3.0)
        assert approximate == pytest.approx(expected, abs=6e-4)
        assert plates.pooled_fraction(retention, 200.0, 3.0, 5.0, load) == pytest.approx(approximate, abs=0.025)
