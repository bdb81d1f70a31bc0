"""How sure a counted probability is: coverage by summing the binomial distribution, and known numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exosim.study.binomial import at_least, at_most, draws_to_show, interval
from exosim.study.intervals import wilks_runs

SHARES = np.linspace(0.02, 0.98, 97)


def covered(draws: int, share: float, low: np.ndarray, high: np.ndarray) -> float:
    """Return how often an interval holds the share, over all outcomes by their probabilities."""
    met = np.arange(draws + 1)
    return float(stats.binom.pmf(met, draws, share)[(low <= share) & (share <= high)].sum())


@pytest.mark.parametrize("draws", [500, 1000, 2000])
def test_the_interval_covers_as_often_as_it_says(draws: int) -> None:
    """Between 93 and 97 % of all outcomes at every probability from 2 to 98 %, and 95 % on average."""
    low, high = interval(np.arange(draws + 1.0), draws)
    found = np.array([covered(draws, share, low, high) for share in SHARES])
    assert found.min() > 0.93
    assert found.max() < 0.97
    assert found.mean() == pytest.approx(0.95, abs=0.002)


@pytest.mark.parametrize("draws", [10, 29, 60, 400])
def test_the_bounds_are_wrong_at_most_as_often_as_they_may_be(draws: int) -> None:
    """Neither bound is passed on more than 5 % of the occasions, whatever the probability is."""
    met = np.arange(draws + 1.0)
    lower, upper = at_least(met, draws), at_most(met, draws)
    for share in SHARES:
        odds = stats.binom.pmf(met, draws, share)
        assert odds[lower > share].sum() <= 0.05 + 1e-12
        assert odds[upper < share].sum() <= 0.05 + 1e-12


@pytest.mark.parametrize(("met", "draws"), [(0, 20), (1, 20), (19, 20), (20, 20), (900, 1000), (30, 60)])
def test_the_bounds_are_those_of_clopper_and_pearson(met: int, draws: int) -> None:
    """Both one-sided bounds at 95 % are the ends of SciPy's exact interval at 90 %."""
    known = stats.binomtest(met, draws).proportion_ci(0.9, "exact")
    assert float(at_least(np.array(met), draws)) == pytest.approx(known.low, abs=1e-12)
    assert float(at_most(np.array(met), draws)) == pytest.approx(known.high, abs=1e-12)


def test_the_interval_is_that_of_the_beta_distribution() -> None:
    """That of 7 of 10 is quantiles of Beta(7.5, 3.5); the ends are 0 and 1 where nothing or all is met."""
    low, high = interval(np.array([7.0, 0.0, 10.0]), 10)
    assert (low[0], high[0]) == pytest.approx(stats.beta.ppf([0.025, 0.975], 7.5, 3.5))
    assert (low[1], high[2]) == (0.0, 1.0)
    assert 0.0 < high[1] < low[2] < 1.0


def test_what_is_not_known_stays_unknown() -> None:
    """A point without an answer has no bounds."""
    unknown = np.array([np.nan])
    assert np.isnan([*interval(unknown, 10), at_least(unknown, 10), at_most(unknown, 10)]).all()


@pytest.mark.parametrize(("level", "draws"), [(0.9, 29), (0.95, 59), (0.99, 299)])
def test_so_many_draws_as_wilks_says_show_it(level: float, draws: int) -> None:
    """The numbers of his tables; with one draw less nothing can be shown."""
    assert wilks_runs(level) == draws
    assert float(at_least(np.array(draws), draws)) >= level
    assert float(at_least(np.array(draws - 1), draws - 1)) < level


@given(st.floats(0.905, 1.0))
def test_draws_to_show_do_show(share: float) -> None:
    """With so many draws the bound reaches the level; with two thirds of them it does not."""
    draws = draws_to_show(share, 0.9)
    assert draws is not None
    assert float(at_least(np.array(share * draws), draws)) >= 0.9
    fewer = max(1, 2 * draws // 3)
    assert float(at_least(np.array(share * fewer), fewer)) < 0.9


@given(st.floats(0.0, 0.9))
def test_no_number_of_draws_shows_what_is_not_so(share: float) -> None:
    """A share at or below the level never shows it."""
    assert draws_to_show(share, 0.9) is None
