"""The distribution by three quantiles: exact at all three, smooth, within its bounds, the published formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exosim.quantile_given import QuantileGiven

UNIFORMS = np.concatenate([[2.0**-53, 1e-9], np.linspace(0.001, 0.999, 999), [1 - 1e-9, 1 - 2.0**-53]])
AT = np.array([0.05, 0.5, 0.95])
positive = st.tuples(st.floats(1e-6, 1e6), st.floats(1.001, 50.0), st.floats(1.001, 50.0))
share = st.lists(st.floats(1e-4, 1 - 1e-4), min_size=3, max_size=3, unique=True).map(sorted)


def of(p5: float, p50: float, p95: float, low: float = 0.0, high: float = math.inf) -> QuantileGiven:
    return QuantileGiven("quantiles", (("p5", p5), ("p50", p50), ("p95", p95)), low, high)


@given(positive)
def test_exact_at_the_three_quantiles_above_a_bound(numbers: tuple[float, float, float]) -> None:
    middle, down, up = numbers
    distribution = of(middle / down, middle, middle * up)
    assert distribution.quantile(AT) == pytest.approx([middle / down, middle, middle * up], rel=1e-9)
    assert distribution.median() == middle
    assert distribution.problem() is None


@given(share)
def test_exact_at_the_three_quantiles_between_bounds(numbers: list[float]) -> None:
    if min(np.diff(numbers)) < 1e-4:
        return
    assert of(*numbers, 0.0, 1.0).quantile(AT) == pytest.approx(numbers, rel=1e-8)


@given(positive)
def test_values_rise_and_stay_above_the_bound(numbers: tuple[float, float, float]) -> None:
    middle, down, up = numbers
    values = of(middle / down, middle, middle * up).quantile(UNIFORMS)
    assert np.all(np.diff(values) > 0.0)
    assert np.all(values > 0.0)


@given(share)
def test_values_rise_and_stay_between_the_bounds(numbers: list[float]) -> None:
    values = of(*numbers, 0.0, 1.0).quantile(UNIFORMS)
    assert np.all(np.diff(values) >= 0.0)
    assert np.all((values >= 0.0) & (values <= 1.0))


def published(p5: float, p50: float, p95: float, low: float, high: float, u: float) -> float:
    """Return the quantile as Hadlock & Bickel 2017 write it, with lambda, delta and theta or xi."""
    c, z = stats.norm.ppf(0.95), stats.norm.ppf(u)
    if math.isinf(high):
        lower, middle, upper = (math.log(x - low) for x in (p5, p50, p95))
    else:
        lower, middle, upper = (stats.norm.ppf((x - low) / (high - low)) for x in (p5, p50, p95))
    side = math.copysign(1.0, lower + upper - 2 * middle)
    ratio = math.acosh((upper - lower) / (2 * min(middle - lower, upper - middle)))
    if math.isinf(high):
        delta = math.sinh(ratio) / c
        scale = min(upper - middle, middle - lower) / (delta * c)
        start = p5 - low if side > 0 else p95 - low
        return float(low + start * math.exp(scale * math.sinh(math.asinh(delta * z) + math.asinh(side * c * delta))))
    delta = ratio / c
    scale = (upper - lower) / math.sinh(2 * delta * c)
    start = lower if side > 0 else upper
    return float(low + (high - low) * stats.norm.cdf(start + scale * math.sinh(delta * (z + side * c))))


@pytest.mark.parametrize(
    "numbers",
    [
        (5.0, 20.0, 60.0, 0.0, math.inf),
        (5.0, 8.0, 60.0, 0.0, math.inf),
        (-0.5, 0.1, 0.3, -0.9, math.inf),
        (0.6, 0.8, 0.9, 0.0, 1.0),
        (0.1, 0.2, 0.7, 0.0, 1.0),
        (1.0, 1.5, 2.9, 0.0, 3.0),
    ],
)
def test_it_is_the_published_distribution(numbers: tuple[float, float, float, float, float]) -> None:
    distribution = of(*numbers)
    for u in (1e-6, 0.01, 0.05, 0.3, 0.5, 0.77, 0.95, 0.999):
        assert distribution.quantile(np.array([u]))[0] == pytest.approx(published(*numbers, u), rel=1e-9)


@pytest.mark.parametrize("factor", [1.0, 1.0 + 1e-15, 1.0 - 1e-15, 1.0 + 1e-12, 1.0 + 1e-9])
def test_where_the_middle_is_geometric_it_is_the_lognormal(factor: float) -> None:
    sigma = math.log(3.0) / stats.norm.ppf(0.95)
    expected = stats.lognorm(sigma, scale=12.0).ppf(UNIFORMS)
    assert of(4.0, 12.0, 36.0 * factor).quantile(UNIFORMS) == pytest.approx(expected, rel=1e-7)


def test_with_two_bounds_the_mirror_image_is_the_mirror_image() -> None:
    left, right = of(0.1, 0.2, 0.7, 0.0, 1.0), of(0.3, 0.8, 0.9, 0.0, 1.0)
    inner = UNIFORMS[2:-2]
    assert 1.0 - right.quantile(1.0 - inner) == pytest.approx(left.quantile(inner), rel=1e-9)


def test_the_unit_does_not_matter() -> None:
    assert 1e3 * of(5.0, 8.0, 60.0).quantile(UNIFORMS) == pytest.approx(of(5e3, 8e3, 6e4).quantile(UNIFORMS), rel=1e-9)


def test_a_median_in_the_middle_of_a_share_is_symmetric() -> None:
    values = of(0.3, 0.5, 0.7, 0.0, 1.0).quantile(np.array([0.2, 0.8]))
    assert values.sum() == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((3.0, 2.0, 4.0), "p5 < p50 < p95 must hold; p5 = 3, p50 = 2, p95 = 4"),
        ((2.0, 2.0, 4.0), "p5 < p50 < p95 must hold"),
        ((0.0, 2.0, 4.0), "all three must lie above 0; p5 = 0"),
        ((0.2, 0.4, 1.0, 0.0, 1.0), "all three must lie above 0 and below 1"),
    ],
)
def test_numbers_that_cannot_be(numbers: tuple[float, ...], words: str) -> None:
    assert words in str(of(*numbers).problem())
