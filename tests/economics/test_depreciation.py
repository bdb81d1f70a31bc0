"""Schedules of depreciation sum to what is to be written off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.economics.depreciation import (
    METHODS,
    declining_balance,
    depreciation,
    schedule,
    straight_line,
    sum_of_years,
)
from exosim.errors import UsageError

LIVES, SALVAGES = st.integers(1, 40), st.floats(0.0, 1.0)


@given(st.sampled_from(METHODS), LIVES, SALVAGES)
def test_a_schedule_sums_to_the_base(method: str, life: int, salvage: float) -> None:
    found = schedule(method, life, salvage)
    assert found.shape == (life,)
    assert np.sum(found) == pytest.approx(1.0 - salvage, abs=1e-12)
    assert np.all(found >= 0.0)
    assert np.all(np.diff(found) <= 1e-12), "no year writes off more than the one before"


@given(LIVES, SALVAGES, st.floats(0.2, 4.0), st.booleans())
def test_declining_balance_of_any_rate(life: int, salvage: float, factor: float, switch: bool) -> None:
    found = declining_balance(life, salvage, factor, switch=switch)
    book = 1.0 - np.cumsum(found)
    assert np.sum(found) == pytest.approx(1.0 - salvage, abs=1e-12)
    assert np.all(book >= salvage - 1e-12)


def test_by_hand() -> None:
    assert straight_line(4, 0.2) == pytest.approx([0.2] * 4)
    assert sum_of_years(4) == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert declining_balance(5) == pytest.approx([0.40, 0.24, 0.144, 0.108, 0.108])
    assert declining_balance(5, switch=False) == pytest.approx([0.40, 0.24, 0.144, 0.0864, 0.1296])
    assert declining_balance(5, 0.3) == pytest.approx([0.40, 0.24, 0.06, 0.0, 0.0])


def test_published_schedules() -> None:
    """Sum of years of 12,000 over ten years, and 1.5 declining with a switch: 564.99 of 1,000 after five of ten years.

    From the manuals of MATLAB (depsoyd) and of SAS (DACCDBSL).
    """
    stated = [2181.8, 1963.6, 1745.5, 1527.3, 1309.1, 1090.9, 872.7, 654.5, 436.4, 218.2]
    assert depreciation(13_000.0, "sum_of_years", 10, 1_000.0 / 13_000.0) == pytest.approx(stated, abs=0.05)
    assert 1_000.0 * np.sum(declining_balance(10, factor=1.5)[:5]) == pytest.approx(564.99, abs=0.005)


def test_draws_stand_on_the_last_axis() -> None:
    costs = np.array([1.0, 2.0, 5.0])
    found = depreciation(costs, "declining_balance", 7, 0.1)
    assert found.shape == (7, 3)
    assert np.array_equal(found[:, 1], depreciation(2.0, "declining_balance", 7, 0.1))
    assert np.sum(found, axis=0) == pytest.approx(0.9 * costs)


@pytest.mark.parametrize("life", [0, -3, 2.5, np.nan, np.inf, True])
@pytest.mark.parametrize("method", METHODS)
def test_a_life_of_no_years_is_refused(method: str, life: int) -> None:
    with pytest.raises(UsageError, match=r"depreciation life in years cannot be used; got .*; expected a whole number"):
        schedule(method, life)


def test_other_mistakes() -> None:
    with pytest.raises(UsageError, match="did you mean straight_line"):
        schedule("straightline", 5)
    with pytest.raises(UsageError, match="salvage value"):
        straight_line(5, 1.2)
    with pytest.raises(UsageError, match="factor of the declining balance"):
        declining_balance(5, factor=0.0)
