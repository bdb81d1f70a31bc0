"""The fast inverse of the normal distribution against that of scipy, from the middle far into both tails."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from exosim.normal import normal_quantile, normal_ramp, tabled_normal_distribution
from exosim.sampling import uniforms

DRAWN = uniforms(1, "a", "batch", 0, 1_000_000)


@pytest.mark.parametrize(
    "u",
    [
        DRAWN,
        np.exp(-36.0 * DRAWN),
        1.0 - 2.0**-53 - 0.5 * DRAWN**8,
        0.5 + (DRAWN - 0.5) * 1e-6,
        0.25 + (DRAWN - 0.5) * 1e-9,
    ],
    ids=["drawn", "lower tail", "upper tail", "around the median", "around an octave"],
)
def test_it_agrees_with_scipy_to_rounding(u: np.ndarray) -> None:
    """Scipy itself states 7e-16; both are within 3e-15 of each other."""
    assert np.abs(normal_quantile(u) - ndtri(u)).max() == pytest.approx(0.0, abs=1.3e-14)
    away = np.abs(u - 0.5) > 1e-9
    assert np.abs(normal_quantile(u)[away] / ndtri(u)[away] - 1.0).max() < 3e-15


@given(st.floats(1e-15, 1.0 - 1e-15))
def test_it_agrees_with_another_algorithm(u: float) -> None:
    """Wichura's algorithm AS 241, as the standard library has it."""
    assert float(normal_quantile(u)) == pytest.approx(statistics.NormalDist().inv_cdf(u), rel=4e-15, abs=4e-16)


@given(st.floats(2.0**-53, 0.5))
def test_it_is_odd_about_the_median(u: float) -> None:
    mirrored = 1.0 - (1.0 - u)
    assert float(normal_quantile(1.0 - u)) == -float(normal_quantile(mirrored))


def test_ends_are_infinite_and_what_is_outside_has_no_quantile() -> None:
    assert normal_quantile(np.array([0.0, 0.5, 1.0])).tolist() == [-np.inf, 0.0, np.inf]
    assert np.isnan(normal_quantile(np.array([-0.1, np.nan, 1.1]))).all()
    assert normal_quantile(1e-300) == ndtri(1e-300)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_it_keeps_the_shape(shape: tuple[int, ...]) -> None:
    assert normal_quantile(np.full(shape, 0.3)).shape == shape


def test_a_number_does_not_depend_on_its_neighbors() -> None:
    u = np.concatenate([[1e-9, 2.0**-53], DRAWN[:100]])
    apart = np.concatenate([normal_quantile(u[i : i + 1]) for i in range(u.size)])
    assert np.array_equal(normal_quantile(u), apart)


def test_it_rises() -> None:
    z = normal_quantile(np.sort(DRAWN))
    assert np.all(np.diff(z) >= -1e-15 * np.abs(z[1:]))


def test_the_table_of_the_function_agrees_with_scipy() -> None:
    """To rounding of the largest value everywhere, and of the value itself far into the lower tail."""
    z = np.concatenate([np.linspace(-37.49, 10.0, 1_000_003), normal_quantile(DRAWN)])
    found, expected = tabled_normal_distribution(z), ndtr(z)
    assert np.abs(found - expected).max() < 4e-16
    assert np.abs(found / expected - 1.0).max() < 1e-9
    assert np.abs(found / expected - 1.0)[z > -10.0].max() < 2e-12


def test_the_table_of_the_function_ends_at_0_and_1() -> None:
    assert tabled_normal_distribution(np.repeat([-1e50, -40.0, 0.0, 9.0, 40.0, 1e50], 64))[::64].tolist() == [
        0,
        0,
        0.5,
        1,
        1,
        1,
    ]


def test_the_table_of_the_function_keeps_shape_and_precision() -> None:
    """A number does not depend on its neighbors; float32 stays float32, and as close as it can be."""
    z = np.linspace(-9.0, 9.0, 12_800)
    apart = np.concatenate([tabled_normal_distribution(part) for part in z.reshape(-1, 64)])
    assert np.array_equal(tabled_normal_distribution(z), apart)
    assert tabled_normal_distribution(z.reshape(100, 128)).shape == (100, 128)
    assert float(tabled_normal_distribution(-1.3)) == pytest.approx(ndtr(-1.3), rel=1e-15)
    assert tabled_normal_distribution(0.0).shape == ()
    narrow = tabled_normal_distribution(z.astype(np.float32))
    assert narrow.dtype == np.float32
    assert np.abs(narrow - ndtr(z.astype(np.float32).astype(np.float64))).max() < 3e-7


def test_the_ramp_agrees_with_its_closed_form() -> None:
    """z Phi(z) + phi(z) in the middle, its asymptote in the lower tail where that cancels, straight lines beyond."""
    z = np.linspace(-10.0, 30.0, 1_000_003)
    expected = z * ndtr(z) + np.exp(-0.5 * np.square(z)) / np.sqrt(2.0 * np.pi)
    assert np.abs(normal_ramp(z) - expected).max() < 4e-15
    assert np.abs(normal_ramp(z) - expected)[z < 5.0].max() < 2e-15
    far = np.linspace(-30.0, -20.0, 1000)
    asymptote = np.exp(-0.5 * np.square(far)) / np.sqrt(2.0 * np.pi) / np.square(far) * (1.0 - 3.0 / np.square(far))
    assert normal_ramp(far) == pytest.approx(asymptote, rel=2e-4)
    assert normal_ramp(np.repeat([-1e9, -40.0, 40.0, 1e9], 64))[::64].tolist() == [0.0, 0.0, 40.0, 1e9]
    assert normal_ramp(0.0) == pytest.approx(1.0 / np.sqrt(2.0 * np.pi), rel=1e-15)
    assert normal_ramp(z.astype(np.float32)).dtype == np.float32
