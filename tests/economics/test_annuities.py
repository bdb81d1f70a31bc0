"""Annuities agree with sums, with one another, and with their limits; rates and learning with their laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.economics.annuities import (
    capital_recovery,
    future_worth,
    learned,
    levelized_cost,
    present_worth,
    real_rate,
)
from exosim.errors import UsageError

RATES, YEARS = st.floats(-0.5, 1.0), st.integers(1, 60)


@given(RATES, YEARS)
def test_factors_are_sums(rate: float, years: int) -> None:
    each = (1.0 + rate) ** -np.arange(1.0, years + 1)
    assert present_worth(rate, years) == pytest.approx(np.sum(each), rel=1e-9)
    assert future_worth(rate, years) == pytest.approx(np.sum(each) * (1.0 + rate) ** years, rel=1e-9)
    assert capital_recovery(rate, years) * present_worth(rate, years) == pytest.approx(1.0)


@given(st.floats(-1e-12, 1e-12), YEARS)
def test_near_zero_interest(rate: float, years: int) -> None:
    """The formulas of the tables lose every digit there."""
    for found in (present_worth(rate, years), future_worth(rate, years), 1.0 / capital_recovery(rate, years)):
        assert found == pytest.approx(years, rel=1e-10)


def test_arrays_mix_zero_with_others() -> None:
    found = present_worth(np.array([0.0, 0.1]), 10)
    assert found == pytest.approx([10.0, 6.144567105704685], rel=1e-14)


@given(st.floats(-0.5, 1.0), st.floats(-0.5, 1.0))
def test_real_rate_undoes_inflation(nominal: float, inflation: float) -> None:
    assert (1.0 + real_rate(nominal, inflation)) * (1.0 + inflation) == pytest.approx(1.0 + nominal)


@given(st.floats(0.5, 1.0), st.floats(1.0, 1e4))
def test_a_doubling_learns_the_progress_ratio(progress: float, number: float) -> None:
    assert learned(100.0, 2.0 * number, progress) == pytest.approx(progress * learned(100.0, number, progress))


def test_levelized_cost() -> None:
    assert levelized_cost(1000.0, 50.0, 10.0, 0.0, 10) == pytest.approx(15.0)
    assert np.isinf(levelized_cost(1000.0, 50.0, 0.0, 0.1, 10))
    assert np.array_equal(np.isinf(levelized_cost(1000.0, 50.0, np.array([0.0, 1.0]), 0.1, 10)), [True, False])


@pytest.mark.parametrize(
    "call",
    [
        lambda: present_worth(-1.0, 10),
        lambda: capital_recovery(0.1, 0),
        lambda: future_worth(0.1, -1),
        lambda: real_rate(0.1, -1.0),
        lambda: learned(100.0, 0.5, 0.9),
        lambda: learned(100.0, 2.0, 0.0),
        lambda: levelized_cost(-1.0, 1.0, 1.0, 0.1, 10),
    ],
)
def test_impossible_numbers_are_refused(call: object) -> None:
    with pytest.raises(UsageError, match=r"cannot be used; got .*; expected a number"):
        call()  # type: ignore[operator]
