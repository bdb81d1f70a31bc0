"""Sobol' indices against closed forms, SciPy and SALib; how often their intervals hold the truth."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray
from SALib.analyze import sobol as salib_sobol
from scipy.stats import sobol_indices

from exosim.errors import LimitError
from exosim.study.factor import Factor
from exosim.study.sobol_indices import RANDOMIZATIONS, Indices, crossed_points, indices, rounded_up

Floats = NDArray[np.float64]
REPLICATIONS = 24
G8, G3, G125 = (0, 1, 4.5, 9, 99, 99, 99, 99), (0, 0, 0), (1, 2, 5)
# Closed forms: A. Saltelli and I. M. Sobol' (1995) for the first order, T. Homma and A. Saltelli (1996) for the total
# index of the g function; T. Ishigami and T. Homma (1990), a = 7 and b = 0.1.
ORACLE = [
    (G8, "first", 0, 0.7161921688790331), (G8, "total", 0, 0.7871441266592748),
    (G8, "total", 1, 0.2421981928182384), (G8, "first", 2, 0.02367577417781928),
    (G8, "total", 2, 0.03431691015408282), (G3, "first", 0, 0.24324324324324326),
    (G3, "total", 0, 0.43243243243243246), (G3, "total", 1, 0.43243243243243246),
    (G3, "first", 2, 0.24324324324324326), (G3, "total", 2, 0.43243243243243246),
    (G125, "first", 0, 0.6225448334756616), (G125, "first", 1, 0.2766865926558496),
    (G125, "total", 1, 0.3025192143467121), (G125, "total", 2, 0.0777113578138343),
    ((), "first", 0, 0.31390519114781146), ((), "first", 2, 0.0),
]  # fmt: skip


def factors(count: int) -> tuple[Factor, ...]:
    return tuple(Factor(f"x{place + 1}", "1", 0.0, 1.0) for place in range(count))


def sobol_g(x: Floats, a: tuple[float, ...]) -> Floats:
    return np.asarray(np.prod((np.abs(4.0 * x - 2.0) + np.array(a)) / (1.0 + np.array(a)), axis=1))


def ishigami(x: Floats) -> Floats:
    x = math.pi * (2.0 * x - 1.0)
    return np.asarray(np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


def truth_of_g(a: tuple[float, ...]) -> tuple[Floats, Floats]:
    parts = 1.0 / (3.0 * (1.0 + np.array(a)) ** 2)
    whole = np.prod(1.0 + parts) - 1.0
    return parts / whole, parts * np.prod(1.0 + parts) / (1.0 + parts) / whole


def truth_of_ishigami() -> tuple[Floats, Floats]:
    one, two = 0.5 * (1.0 + 0.1 * math.pi**4 / 5.0) ** 2, 49.0 / 8.0
    both = 0.01 * math.pi**8 * 8.0 / 225.0
    return np.array([one, two, 0.0]) / (one + two + both), np.array([one + both, two, both]) / (one + two + both)


@lru_cache(maxsize=256)
def asked(a: tuple[float, ...], samples: int, seed: int) -> Indices:
    """Return the indices of the g function, or of that of Ishigami where no numbers are given."""
    count = len(a) or 3
    x = crossed_points(factors(count), samples, seed)
    return indices(sobol_g(x, a) if a else ishigami(x), count)


@pytest.mark.parametrize(("a", "order", "place", "value"), ORACLE)
def test_oracle_row(a: tuple[float, ...], order: str, place: int, value: float) -> None:
    """The mean of 24 replications is within four standard errors of the closed form."""
    found = np.array([getattr(asked(a, 1024, seed), order)[place] for seed in range(REPLICATIONS)])
    error = found.std(ddof=1) / math.sqrt(REPLICATIONS)
    assert abs(found.mean() - value) <= 4.0 * error
    assert error < 0.01


def coverage(a: tuple[float, ...], samples: int, repeats: int) -> Floats:
    """Return how often the intervals of first order and total hold the truth, shape (2, factors)."""
    first, total = truth_of_g(a) if a else truth_of_ishigami()
    held = np.zeros((2, len(first)))
    for seed in range(repeats):
        found = asked(a, samples, seed)
        held[0] += (found.first_low <= first) & (first <= found.first_high)
        held[1] += (found.total_low <= total) & (total <= found.total_high)
    return held / repeats


def test_intervals_hold_the_truth_quickly() -> None:
    """Of 80 repeats 95 % within three and a half standard errors."""
    assert (np.abs(coverage((), 256, 80) - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / 80)).all()


@pytest.mark.slow
@pytest.mark.parametrize("a", [(), (0, 1, 4.5, 9)], ids=["ishigami", "g"])
@pytest.mark.parametrize("samples", [256, 1024, 4096])
def test_intervals_hold_the_truth(a: tuple[float, ...], samples: int) -> None:
    """The 95 % intervals hold it in 93 to 97 % of 2000 seeded repeats."""
    held = coverage(a, samples, 2000)
    assert ((held >= 0.93) & (held <= 0.97)).all(), held


def test_estimates_are_those_of_scipy() -> None:
    """With an answer at every point they are the same to rounding."""
    values = sobol_g(crossed_points(factors(4), 512, 3), (0, 1, 4.5, 9))
    one, other, *mixed = values.reshape(6, -1)
    given = {"f_A": one[None], "f_B": other[None], "f_AB": np.array(mixed)[:, None, :]}
    theirs = sobol_indices(func=given, n=512)
    ours = indices(values, 4)
    np.testing.assert_allclose(ours.first, theirs.first_order, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ours.total, theirs.total_order, rtol=1e-12)


def test_estimates_are_those_of_salib() -> None:
    """SALib takes another mean away: total indices are the same, first-order ones differ by that mean times a mean."""
    values = ishigami(crossed_points(factors(3), 512, 3))
    one, other, *mixed = values.reshape(5, -1)
    theirs = salib_sobol.analyze(
        {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[0, 1]] * 3},
        np.stack([one, *mixed, other], axis=1).ravel(), calc_second_order=False, num_resamples=10, seed=1,
    )  # fmt: skip
    ours = indices(values, 3)
    np.testing.assert_allclose(ours.total, theirs["ST"], rtol=1e-12)
    pair = np.concatenate([one, other])
    shift = (values.mean() - pair.mean()) * (np.array(mixed) - one).mean(axis=1) / pair.var()
    np.testing.assert_allclose(ours.first, theirs["S1"] + shift, rtol=1e-12, atol=1e-13)


def test_points_are_uniform_and_crossed() -> None:
    """Each randomization fills its strata once; a crossed point differs from A in one column, which is that of B."""
    samples, count = 256, 3
    one, other, *mixed = crossed_points(factors(count), samples, 5).reshape(count + 2, samples, count)
    each = samples // RANDOMIZATIONS
    strata = np.sort((one.reshape(RANDOMIZATIONS, each, count) * each).astype(int), axis=1)
    assert (strata == np.arange(each)[:, None]).all()
    for place, rows in enumerate(mixed):
        rest = [number for number in range(count) if number != place]
        assert (rows[:, place] == other[:, place]).all() and (rows[:, rest] == one[:, rest]).all()
    assert not np.array_equal(one, crossed_points(factors(count), samples, 6)[:samples])
    assert np.array_equal(one, crossed_points(factors(count), samples, 5)[:samples])


def test_factor_without_influence_is_exactly_zero_and_noise() -> None:
    found = indices(crossed_points(factors(2), 256, 1)[:, 0] ** 2, 2)
    assert found.total[1] == 0.0 and found.total_high[1] == 0.0
    assert found.noise.tolist() == [False, True] and found.first_noise.tolist() == [False, True]
    assert found.order == [0, 1]


def test_additive_function_has_equal_indices() -> None:
    """Without interactions both orders are the shares of variance, inside their intervals."""
    x = crossed_points(factors(3), 4096, 2)
    found = indices(x @ np.array([3.0, 2.0, 1.0]), 3)
    shares = np.array([9.0, 4.0, 1.0]) / 14.0
    np.testing.assert_allclose(found.first, shares, atol=5e-3)
    np.testing.assert_allclose(found.total, shares, atol=5e-3)


def test_answer_that_does_not_vary_is_told() -> None:
    found = indices(np.full(256 * 4, 3.0), 2)
    assert found.reason == "the answer is the same at all points"
    assert np.isnan(found.first).all() and np.isnan(found.total).all() and found.noise.all()


def test_no_answers_are_told() -> None:
    assert indices(np.full(256 * 4, math.nan), 2).reason == "there is no answer at any point"


def test_rows_without_an_answer_are_left_out() -> None:
    """Where points without an answer lie by chance, the indices stay those of the function."""
    x = crossed_points(factors(3), 1024, 4)
    values = ishigami(x)
    values[np.random.default_rng(0).random(len(values)) < 0.05] = math.nan
    found, (first, total) = indices(values, 3), truth_of_ishigami()
    assert (found.used < 1024 * 0.92).all() and (found.used > 1024 * 0.80).all()
    np.testing.assert_allclose(found.first, first, atol=0.1)
    np.testing.assert_allclose(found.total, total, atol=0.1)


def test_too_few_rows_are_told() -> None:
    values = ishigami(crossed_points(factors(3), 64, 4))
    values[10:64] = math.nan
    found = indices(values, 3)
    assert found.reason == "too few points have an answer" and np.isnan(found.total).all()


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e150])
def test_indices_do_not_depend_on_the_unit(scale: float) -> None:
    x = crossed_points(factors(3), 128, 4)
    found, plain = indices(ishigami(x) * scale, 3), indices(ishigami(x), 3)
    np.testing.assert_allclose(found.total, plain.total, rtol=1e-9)


def test_samples_are_rounded_up() -> None:
    assert [rounded_up(n) for n in (1, 63, 64, 65, 1000, 4096, 4097)] == [64, 64, 64, 128, 1024, 4096, 8192]


def test_too_many_points_are_refused_before_they_are_made() -> None:
    with pytest.raises(LimitError, match="more than a study may have"):
        crossed_points(factors(8), 2**40, 0)
