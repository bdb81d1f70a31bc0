"""Elementary effects: designs as Morris wrote them, SALib on the same points, intervals that hold the truth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from SALib.analyze import morris as salib_morris

from exosim.distributions import Distribution
from exosim.errors import LimitError, UsageError
from exosim.study.factor import Factor
from exosim.study.morris import Trajectories, effects, trajectories

Floats = NDArray[np.float64]


def factors(count: int) -> tuple[Factor, ...]:
    return tuple(Factor(f"x{place + 1}", "1", 0.0, 1.0) for place in range(count))


def sobol_g(x: Floats) -> Floats:
    a = np.array([0.0, 1.0, 4.5, 9.0])
    return np.asarray(np.prod((np.abs(4.0 * x - 2.0) + a) / (1.0 + a), axis=1))


def ishigami(x: Floats) -> Floats:
    x = math.pi * (2.0 * x - 1.0)
    return np.asarray(np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


def truth(function: Callable[[Floats], Floats], count: int, levels: int) -> Floats:
    """Return the mean absolute effect over the whole grid of levels, by brute force."""
    grid = np.array(list(itertools.product(range(levels), repeat=count))) / (levels - 1.0)
    values, half = function(grid).reshape((levels,) * count), levels // 2
    share = half / (levels - 1.0)
    steps = (
        np.take(values, range(half, levels), axis=place) - np.take(values, range(levels - half), axis=place)
        for place in range(count)
    )
    return np.array([np.abs(step).mean() / share for step in steps])


@given(st.lists(st.floats(-100.0, 100.0).filter(lambda b: abs(b) > 1e-3), min_size=1, max_size=6), st.integers(0, 99))
def test_linear_model_has_its_slopes(slopes: list[float], seed: int) -> None:
    """Morris (1991): of a sum of b x, mu* is |b| and sigma is 0, to 1e-12 of the largest."""
    design = trajectories(factors(len(slopes)), 8, 4, seed)
    found = effects(design, design.points @ np.array(slopes))
    scale = max(map(abs, slopes))
    np.testing.assert_allclose(found.mu_star, np.abs(slopes), atol=1e-12 * scale)
    np.testing.assert_allclose(found.mu, slopes, atol=1e-12 * scale)
    np.testing.assert_allclose(found.sigma, 0.0, atol=1e-12 * scale)


def test_product_has_the_mean_of_the_other() -> None:
    """Of x1 x2 on 4 levels, mu of x1 is 0.5: the mean of 24 replications is within four standard errors."""
    found = []
    for seed in range(24):
        design = trajectories(factors(2), 64, 4, seed)
        found.append(effects(design, design.points.prod(axis=1)).mu[0])
    assert abs(np.mean(found) - 0.5) <= 4.0 * np.std(found, ddof=1) / math.sqrt(24)


def coverage(function: Callable[[Floats], Floats], count: int, levels: int, samples: int, repeats: int) -> Floats:
    """Return how often the interval of the mean absolute effect holds that over the whole grid."""
    wanted, held = truth(function, count, levels), np.zeros(count)
    for seed in range(repeats):
        design = trajectories(factors(count), samples, levels, seed)
        found = effects(design, function(design.points))
        held += (found.mu_star_low - 1e-12 <= wanted) & (wanted <= found.mu_star_high + 1e-12)
    return held / repeats


@pytest.mark.parametrize(
    ("function", "count", "levels", "samples"),
    [
        pytest.param(sobol_g, 4, 8, 32, id="g-8-levels"),
        pytest.param(sobol_g, 4, 4, 64, id="g-4-levels", marks=pytest.mark.slow),
        pytest.param(ishigami, 3, 8, 64, id="ishigami-8-levels", marks=pytest.mark.slow),
    ],
)
def test_intervals_hold_the_truth(function: Callable[[Floats], Floats], count: int, levels: int, samples: int) -> None:
    """The 95 % intervals of mu* hold it in 93 to 97 % of 2000 seeded repeats."""
    held = coverage(function, count, levels, samples, 2000)
    assert ((held >= 0.93) & (held <= 0.97)).all(), held


@pytest.mark.parametrize("levels", [4, 6])
def test_numbers_are_those_of_salib(levels: int) -> None:
    design = trajectories(factors(4), 20, levels, 3)
    values = sobol_g(design.points)
    problem = {"num_vars": 4, "names": ["x1", "x2", "x3", "x4"], "bounds": [[0.0, 1.0]] * 4}
    theirs = salib_morris.analyze(problem, design.points, values, num_levels=levels, num_resamples=10, seed=1)
    ours = effects(design, values)
    np.testing.assert_allclose(ours.mu, np.asarray(theirs["mu"]), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.mu_star, np.asarray(theirs["mu_star"]), rtol=1e-9)
    np.testing.assert_allclose(ours.sigma, np.asarray(theirs["sigma"]), rtol=1e-9, atol=1e-12)


@given(st.integers(1, 7), st.sampled_from([2, 4, 6, 8]), st.integers(0, 2**31))
def test_each_factor_moves_once_by_half_of_its_levels(count: int, levels: int, seed: int) -> None:
    design = trajectories(factors(count), 6, levels, seed)
    along = design.points.reshape(6, count + 1, count)
    steps = np.diff(along, axis=1)
    assert (np.count_nonzero(steps, axis=1) == 1).all() and (np.count_nonzero(steps, axis=2) == 1).all()
    np.testing.assert_allclose(np.abs(steps[steps != 0.0]), levels / 2 / (levels - 1))
    places = along * (levels - 1)
    np.testing.assert_allclose(places, places.round(), atol=1e-9)
    np.testing.assert_allclose(steps.sum(axis=1), design.moved)


def test_all_levels_are_as_likely() -> None:
    design = trajectories(factors(2), 20_000, 4, 1)
    shares = np.bincount((design.points[:, 0] * 3).round().astype(int), minlength=4) / len(design.points)
    np.testing.assert_allclose(shares, 0.25, atol=0.01)


def test_effect_is_per_whole_range_whatever_the_factor_is() -> None:
    """The answer is the place in the range, so that every effect is 1: of words, listed and whole numbers."""
    listed = (
        Factor("a", "1", 0.0, 1.0, choices=("one", "other")),
        Factor("b", "1", 0.0, 2.0, choices=("one", "other", "third")),
        Factor("c", "1", 10.0, 30.0, levels=(10.0, 20.0, 30.0)),
        Factor("d", "1", 1.0, 4.0, whole=True),
        Factor("e", "L", 5.0, 500.0),
        Factor("f", "L", 5.0, 500.0, scale="log"),
    )
    design = trajectories(listed, 32, 4, 5)
    x = design.points
    places = [x[:, 0], x[:, 1] / 2.0, (x[:, 2] - 10.0) / 20.0, (x[:, 3] - 1.0) / 3.0, (x[:, 4] - 5.0) / 495.0]
    places.append(np.log(x[:, 5] / 5.0) / np.log(100.0))
    for number, values in enumerate(places):
        found = effects(design, values)
        assert found.mu_star[number] == pytest.approx(1.0, rel=1e-12)
        assert found.noise.tolist() == [place != number for place in range(6)]


def test_distribution_is_moved_between_quantiles() -> None:
    """In the middle of four parts of equal chance, never out into the tails."""
    normal = Distribution("normal", (("mean", 0.0), ("sd", 1.0)))
    design = trajectories((Factor("x", "1", -1.64, 1.64, distribution=normal),), 200, 4, 5)
    wanted = normal.quantile(np.array([0.125, 0.375, 0.625, 0.875]))
    np.testing.assert_allclose(np.unique(design.points), wanted)
    np.testing.assert_allclose(np.abs(design.moved), 0.5)


def test_factor_without_influence_is_noise_though_arithmetic_is_not_exact() -> None:
    design = trajectories(factors(2), 16, 4, 5)
    values = 1e6 * design.points[:, 0] + 1e-11 * design.points[:, 1]
    found = effects(design, values)
    assert found.mu_star[1] == 0.0 and found.noise.tolist() == [False, True]


def test_effects_without_answers_are_left_out() -> None:
    design = trajectories(factors(2), 16, 4, 5)
    values = design.points @ np.array([2.0, 1.0])
    values[0] = math.nan
    found = effects(design, values)
    assert found.used.sum() == 31
    np.testing.assert_allclose(found.mu_star, [2.0, 1.0])


def test_what_cannot_be_told_is_said() -> None:
    design = trajectories(factors(2), 16, 4, 5)
    assert effects(design, np.ones(48)).reason == "the answer is the same at all points"
    assert effects(design, np.full(48, math.nan)).reason == "there is no answer at any point"


@pytest.mark.parametrize(("count", "levels"), [(3, 4), (8, 3), (8, 0)])
def test_impossible_numbers_are_refused(count: int, levels: int) -> None:
    with pytest.raises(UsageError):
        trajectories(factors(2), count, levels, 0)


def test_too_many_points_are_refused() -> None:
    with pytest.raises(LimitError):
        trajectories(factors(2), 10**9, 4, 0)


def test_effects_that_cancel_have_a_mean_of_nothing() -> None:
    """Ups and downs of 0.1, 0.2 and -0.3 leave no 2e-17 behind."""
    design = Trajectories(np.zeros((6, 1)), np.zeros((3, 1), dtype=np.intp), np.ones((3, 1)))
    found = effects(design, np.array([0.0, 0.1, 0.0, 0.2, 0.0, -0.3]))
    assert found.mu.tolist() == [0.0] and found.mu_star[0] == pytest.approx(0.2)
