"""Every family of distributions against scipy.stats, and the messages for numbers that cannot be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad

from exosim.distributions import FAMILIES, Distribution
from exosim.normal import normal_distribution, normal_quantile

UNIFORMS = np.concatenate(
    [[2.0**-53, 1e-12, 1e-6], np.linspace(0.001, 0.999, 999), [1 - 1e-6, 1 - 1e-12, 1 - 2.0**-53]]
)


def of(family: str, **numbers: float) -> Distribution:
    return Distribution(family, tuple(numbers.items()))


def beta_of(mean: float, sd: float) -> Any:
    concentration = mean * (1 - mean) / sd**2 - 1
    return stats.beta(mean * concentration, (1 - mean) * concentration)


def pert_of(low: float, mode: float, high: float) -> Any:
    rise = 4 * (mode - low) / (high - low)
    return stats.beta(1 + rise, 5 - rise, low, high - low)


CASES = [
    (of("uniform", low=2.0, high=5.0), stats.uniform(2.0, 3.0)),
    (of("uniform", low=-3.0, high=-1.0), stats.uniform(-3.0, 2.0)),
    (of("triangular", low=1.0, mode=2.0, high=6.0), stats.triang(0.2, 1.0, 5.0)),
    (of("triangular", low=1.0, mode=1.0, high=6.0), stats.triang(0.0, 1.0, 5.0)),
    (of("triangular", low=1.0, mode=6.0, high=6.0), stats.triang(1.0, 1.0, 5.0)),
    (of("normal", mean=10.0, sd=3.0), stats.norm(10.0, 3.0)),
    (of("truncated_normal", mean=0.0, sd=1.0, low=-1.0, high=2.0), stats.truncnorm(-1.0, 2.0)),
    (of("truncated_normal", mean=0.9, sd=0.1, low=0.0, high=1.0), stats.truncnorm(-9.0, 1.0, 0.9, 0.1)),
    (of("truncated_normal", mean=0.0, sd=1.0, low=5.0, high=6.0), stats.truncnorm(5.0, 6.0)),
    (of("truncated_normal", mean=0.0, sd=1.0, low=-7.0, high=-6.0), stats.truncnorm(-7.0, -6.0)),
    (of("lognormal", median=32.0, gsd=1.13), stats.lognorm(math.log(1.13), scale=32.0)),
    (of("lognormal", mean=10.0, cv=0.4), stats.lognorm(math.sqrt(math.log(1.16)), scale=10.0 / math.sqrt(1.16))),
    (of("pert", low=2.0, mode=3.0, high=7.0), pert_of(2.0, 3.0, 7.0)),
    (of("pert", low=2.0, mode=2.0, high=7.0), pert_of(2.0, 2.0, 7.0)),
    (of("pert", low=2.0, mode=7.0, high=7.0), pert_of(2.0, 7.0, 7.0)),
    (of("beta", mean=0.8, sd=0.1), beta_of(0.8, 0.1)),
    (of("beta", mean=0.4, sd=0.3), beta_of(0.4, 0.3)),
    (of("exponential", mean=4.0), stats.expon(scale=4.0)),
    (of("gamma", mean=4.0, cv=0.3), stats.gamma(1 / 0.3**2, scale=4.0 * 0.3**2)),
    (of("gamma", mean=4.0, cv=1.5), stats.gamma(1 / 1.5**2, scale=4.0 * 1.5**2)),
    (of("weibull", shape=0.7, scale=3.0), stats.weibull_min(0.7, scale=3.0)),
    (of("weibull", shape=2.5, scale=3.0), stats.weibull_min(2.5, scale=3.0)),
]
IDS = [f"{d.family}-{'-'.join(f'{number:g}' for _, number in d.numbers)}" for d, _ in CASES]
every_case = pytest.mark.parametrize("distribution, reference", CASES, ids=IDS)


@every_case
def test_the_quantile_is_the_inverse_of_the_distribution_function(distribution: Distribution, reference: Any) -> None:
    middle = UNIFORMS[(UNIFORMS >= 1e-6) & (UNIFORMS <= 1 - 1e-6)]
    assert reference.cdf(distribution.quantile(middle)) == pytest.approx(middle, rel=1e-9, abs=1e-12)
    assert distribution.quantile(middle) == pytest.approx(reference.ppf(middle), rel=1e-9, abs=1e-9)


@every_case
def test_values_are_finite_rise_and_stay_in_the_support(distribution: Distribution, reference: Any) -> None:
    values = distribution.quantile(UNIFORMS)
    low, high = distribution.support()
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values) >= 0.0)
    assert np.all((values >= low) & (values <= high))
    assert (low, high) == pytest.approx(reference.support())


@every_case
def test_the_median_halves_the_probability(distribution: Distribution, reference: Any) -> None:
    assert reference.cdf(distribution.median()) == pytest.approx(0.5, rel=1e-10)
    assert distribution.problem() is None


@every_case
def test_a_value_does_not_depend_on_its_neighbors(distribution: Distribution, reference: Any) -> None:
    apart = np.concatenate([distribution.quantile(np.array([u])) for u in UNIFORMS[::50]])
    assert np.array_equal(distribution.quantile(UNIFORMS)[::50], apart)


def moments(distribution: Distribution) -> tuple[float, float]:
    """Return mean and standard deviation by integration over the quantile."""
    mean, square = (
        quad(lambda u, p=power: distribution.quantile(np.array([u]))[0] ** p, 0.0, 1.0, epsabs=1e-9, limit=400)[0]
        for power in (1, 2)
    )
    return mean, math.sqrt(square - mean**2)


def test_moments_of_the_reference_results() -> None:
    assert moments(of("pert", low=2.0, mode=3.0, high=7.0))[0] == pytest.approx(3.5, rel=1e-8)
    assert moments(of("lognormal", mean=10.0, cv=0.4)) == pytest.approx((10.0, 4.0), rel=1e-5)
    truncated = of("truncated_normal", mean=0.0, sd=1.0, low=-1.0, high=2.0)
    assert moments(truncated)[0] == pytest.approx(0.22963717909132897, rel=1e-8)


def test_the_two_forms_of_a_lognormal_are_one() -> None:
    gsd = math.exp(math.sqrt(math.log1p(0.4**2)))
    by_mean, by_median = of("lognormal", mean=10.0, cv=0.4), of("lognormal", median=10.0 / math.sqrt(1.16), gsd=gsd)
    assert by_mean.quantile(UNIFORMS) == pytest.approx(by_median.quantile(UNIFORMS), rel=1e-12)


@given(st.floats(0.02, 0.98), st.floats(0.01, 0.9))
def test_a_beta_has_the_mean_and_spread_it_states(mean: float, part: float) -> None:
    sd = part * math.sqrt(mean * (1 - mean))
    reference = beta_of(mean, sd)
    assert (reference.mean(), reference.std()) == pytest.approx((mean, sd), rel=1e-9)
    middle = np.array([0.1, 0.5, 0.9])
    assert of("beta", mean=mean, sd=sd).quantile(middle) == pytest.approx(reference.ppf(middle), rel=1e-7, abs=1e-12)


@given(st.floats(-7.0, 6.0), st.floats(0.5, 3.0), st.floats(0.001, 0.999))
def test_a_truncated_normal_is_accurate_on_both_sides(low: float, wide: float, uniform: float) -> None:
    """The distribution function within the window, from the tail in which the window lies."""
    window = of("truncated_normal", mean=50.0, sd=2.0, low=50.0 + 2.0 * low, high=50.0 + 2.0 * (low + wide))
    if window.problem():
        return
    z = (window.quantile(np.array([uniform]))[0] - 50.0) / 2.0
    high, tail = low + wide, stats.norm.sf if low > 0 else stats.norm.cdf
    share = (tail(z) - tail(low)) / (tail(high) - tail(low))
    assert share == pytest.approx(uniform, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("low, high", [(8.0, 9.0), (-9.0, -8.0), (1e3, 2e3)])
def test_a_practically_empty_window_is_refused(low: float, high: float) -> None:
    problem = of("truncated_normal", mean=0.0, sd=1.0, low=low, high=high).problem()
    assert problem is not None
    assert problem.endswith("practically empty")
    assert problem.startswith("the window low..high holds a probability of ")


@pytest.mark.parametrize(
    "distribution, problem",
    [
        (of("uniform", low=5.0, high=2.0), "low must be below high; low = 5, high = 2"),
        (of("uniform", low=5.0, high=5.0), "low must be below high; low = 5, high = 5"),
        (of("triangular", low=1.0, mode=9.0, high=6.0), "low <= mode <= high must hold; low = 1, mode = 9, high = 6"),
        (of("triangular", low=1.0, mode=1.0, high=1.0), "low <= mode <= high must hold; low = 1, mode = 1, high = 1"),
        (of("pert", low=4.0, mode=3.0, high=7.0), "low <= mode <= high must hold; low = 4, mode = 3, high = 7"),
        (of("normal", mean=1.0, sd=0.0), "sd must be above 0; got 0"),
        (of("normal", mean=1.0, sd=-2.0), "sd must be above 0; got -2"),
        (of("truncated_normal", mean=0.0, sd=-1.0, low=0.0, high=1.0), "sd must be above 0; got -1"),
        (of("truncated_normal", mean=0.0, sd=1.0, low=2.0, high=1.0), "low must be below high; low = 2, high = 1"),
        (of("lognormal", median=0.0, gsd=1.5), "median of a lognormal must be above 0; got 0"),
        (of("lognormal", mean=-1.0, cv=0.5), "mean of a lognormal must be above 0; got -1"),
        (of("lognormal", median=1.0, gsd=1.0), "gsd must be above 1; got 1"),
        (of("lognormal", mean=1.0, cv=0.0), "cv must be above 0; got 0"),
        (of("beta", mean=1.0, sd=0.1), "mean of a beta must lie between 0 and 1; got 1"),
        (of("beta", mean=0.5, sd=0.5), "sd must lie between 0 and 0.5 for this mean; got 0.5"),
        (of("beta", mean=0.9, sd=0.0), "sd must lie between 0 and 0.3 for this mean; got 0"),
        (of("exponential", mean=0.0), "mean must be above 0; got 0"),
        (of("gamma", mean=-1.0, cv=0.5), "mean must be above 0; got -1"),
        (of("gamma", mean=1.0, cv=0.0), "cv must be above 0; got 0"),
        (of("weibull", shape=0.0, scale=1.0), "shape must be above 0; got 0"),
        (of("weibull", shape=1.0, scale=-1.0), "scale must be above 0; got -1"),
    ],
    ids=lambda value: value.family if isinstance(value, Distribution) else None,
)
def test_numbers_that_cannot_be_are_named(distribution: Distribution, problem: str) -> None:
    assert distribution.problem() == problem


def test_every_family_is_tested() -> None:
    assert {distribution.family for distribution, _ in CASES} == set(FAMILIES)
    for family in FAMILIES.values():
        assert set(family.plain) <= {number for form in family.forms for number in form}
    forms = {(d.family, tuple(name for name, _ in d.numbers)) for d, _ in CASES}
    assert forms == {(name, form) for name, family in FAMILIES.items() for form in family.forms}


def test_the_normal_functions_are_inverse_far_into_the_tail() -> None:
    z: NDArray[np.float64] = np.linspace(-8.0, 5.0, 53)
    assert normal_quantile(normal_distribution(z)) == pytest.approx(z, abs=1e-9)
    assert normal_distribution(1.959963984540054) == pytest.approx(0.975, rel=1e-14)
