"""Designs: strata, discrepancies and seeds as theory says, grids in order, refusals before anything is allocated."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from exosim.distributions import Distribution
from exosim.errors import LimitError, UsageError
from exosim.study.designs import MOST_POINTS, at_shares, grid, latin_hypercube, latin_shares, sobol
from exosim.study.factor import Factor, Floats
from tests.oracle import REPLICATIONS, STATISTICS, Row, load

UNIT = Factor("x", "1", 0.0, 1.0)
ROWS = [row for row in load(STATISTICS) if row.id == "LHS"]
AGAIN = 150


def units(count: int) -> tuple[Factor, ...]:
    return tuple(replace(UNIT, path=f"x{place}") for place in range(count))


def designed(row: Row, seed: int) -> Floats:
    """Return the points of the design of a row of the oracle."""
    factors, points = units(int(row.said("x1\\+..\\+x#")[0])), int(row.given("n"))
    if "Monte Carlo" in row.quantity:
        return np.random.default_rng(seed).random((points, len(factors)))
    return latin_hypercube(factors, points, seed)


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind == "stat"], ids=lambda row: row.label)
def test_oracle_row_of_the_variance_of_a_mean(row: Row) -> None:
    """Of a sum of factors; each replication has designs of its own."""
    found = []
    for replication in range(REPLICATIONS):
        means = [designed(row, replication * AGAIN + seed).sum(axis=1).mean() for seed in range(AGAIN)]
        found.append(np.var(means, ddof=1))
    assert row.accepts(np.array(found))


@given(st.integers(1, 200), st.integers(1, 6), st.integers(0, 2**32))
def test_a_latin_hypercube_has_one_point_in_every_stratum(points: int, dimensions: int, seed: int) -> None:
    """The row of the oracle says 1, whatever the number."""
    (row,) = (row for row in ROWS if row.kind == "exact")
    found = latin_hypercube(units(dimensions), points, seed)
    assert found.shape == (points, dimensions)
    for column in found.T:
        counts = np.bincount(np.floor(column * points).astype(int), minlength=points)
        assert counts.shape == (points,) and np.all(counts == row.value)


@given(st.integers(1, 300), st.integers(1, 12), st.integers(0, 2**64))
def test_a_latin_hypercube_is_that_of_scipy_to_the_bit(points: int, dimensions: int, seed: int) -> None:
    """Whose module is not imported for it."""
    theirs = qmc.LatinHypercube(dimensions, rng=np.random.default_rng(seed)).random(points)
    assert np.array_equal(latin_shares(dimensions, points, seed), theirs)


def test_strata_are_those_of_the_scale_and_of_the_distribution() -> None:
    """As many points in each equal ratio, and in each equal probability."""
    drawn = Distribution("lognormal", (("median", 10.0), ("gsd", 2.0)))
    factors = (Factor("a", "1", 1e-3, 1e3, scale="log"), Factor("b", "1", 3.2, 31.0, distribution=drawn))
    found = latin_hypercube(factors, 60, 5)
    ratios = np.histogram(np.log10(found[:, 0]), bins=np.linspace(-3.0, 3.0, 61))[0]
    quantiles = drawn.quantile(np.linspace(0.0, 1.0, 61)[1:-1])
    shares = np.bincount(np.searchsorted(quantiles, found[:, 1]), minlength=60)
    assert np.all(ratios == 1) and np.all(shares == 1)


def test_sobol_points_integrate_better_than_random_ones() -> None:
    """The mean of a product of three factors errs by a tenth as much on 1024 points, over 40 seeds."""
    factors = units(3)

    def error(points: Floats) -> float:
        return float(np.prod(points, axis=1).mean() - 0.125)

    scrambled = np.std([error(sobol(factors, 1024, seed)) for seed in range(40)])
    random = np.std([error(np.random.default_rng(seed).random((1024, 3))) for seed in range(40)])
    assert scrambled < random / 10.0


def test_a_power_of_two_of_sobol_points_has_one_point_in_every_stratum() -> None:
    found = sobol(units(5), 64, 3)
    for column in found.T:
        assert np.all(np.bincount(np.floor(column * 64).astype(int), minlength=64) == 1)


@pytest.mark.parametrize("design", [latin_hypercube, sobol])
def test_points_depend_on_the_seed_alone(design: type) -> None:
    """And no global state is touched."""
    factors, state = units(4), np.random.get_state()[1].copy()  # type: ignore[union-attr]  # noqa: NPY002
    first, again, other = design(factors, 37, 7), design(factors, 37, 7), design(factors, 37, 8)
    assert first.tobytes() == again.tobytes() != other.tobytes()
    assert np.array_equal(state, np.random.get_state()[1])  # type: ignore[arg-type]  # noqa: NPY002
    assert first.shape == (37, 4)


def test_fewer_sobol_points_are_the_first_of_more() -> None:
    factors = units(2)
    assert np.array_equal(sobol(factors, 33, 1), sobol(factors, 64, 1)[:33])


def test_one_point_is_a_design() -> None:
    assert latin_hypercube(units(2), 1, 0).shape == sobol(units(2), 1, 0).shape == (1, 2)


def test_a_grid_has_every_combination_with_the_last_factor_changing_fastest() -> None:
    factors = (Factor("a", "1", 0.0, 1.0), Factor("b", "1", 10.0, 30.0))
    found = grid(factors, (2, 3))
    assert found.tolist() == [[0.0, 10.0], [0.0, 20.0], [0.0, 30.0], [1.0, 10.0], [1.0, 20.0], [1.0, 30.0]]
    assert grid(factors, 2).shape == (4, 2) and grid(factors, np.int64(2)).shape == (4, 2)  # type: ignore[arg-type]


def test_a_grid_takes_levels_choices_and_whole_numbers_as_they_are() -> None:
    levels = Factor("a", "1", 1.0, 9.0, levels=(1.0, 2.0, 9.0))
    words = Factor("b", "1", 0.0, 1.0, choices=("one", "other"))
    whole = Factor("c", "1", 1.0, 2.0, whole=True)
    found = grid((levels, words, whole), 50)
    assert found.shape == (3 * 2 * 2, 3)
    assert [np.unique(column).tolist() for column in found.T] == [[1.0, 2.0, 9.0], [0.0, 1.0], [1.0, 2.0]]


def test_a_grid_of_a_trillion_points_is_refused_before_anything_is_allocated() -> None:
    tracemalloc.start()
    with pytest.raises(LimitError) as caught:
        grid(units(4), 1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000 and caught.value.exit_code == 6
    (problem,) = caught.value.problems
    assert problem.problem == "a grid of 1,000 x 1,000 x 1,000 x 1,000 has 1,000,000,000,000 points"
    assert problem.got == "1e+12 points" and f"at most {MOST_POINTS:,}" in str(problem.expected)
    assert "fewer levels, or a Latin hypercube" in str(problem.expected)


def test_designs_without_points_and_with_too_many_are_refused() -> None:
    for design in (latin_hypercube, sobol):
        with pytest.raises(UsageError, match="at least one point; got 0"):
            design(units(2), 0, 1)
        with pytest.raises(LimitError, match="got 10,000,001 points"):
            design(units(2), MOST_POINTS + 1, 1)
    with pytest.raises(UsageError, match="levels must be at least 1; got 3, 0"):
        grid(units(2), (3, 0))


def test_shares_become_values_factor_by_factor() -> None:
    factors = (Factor("a", "1", 0.0, 10.0), Factor("b", "1", 1.0, 100.0, scale="log"))
    assert at_shares(factors, np.array([[0.5, 0.5], [1.0, 0.0]])).tolist() == [[5.0, pytest.approx(10.0)], [10.0, 1.0]]
