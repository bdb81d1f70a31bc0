"""Statistics of a question: those of NumPy to the bit, also where draws have no value."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from exosim.study.answers import statistic_of
from exosim.study.factor import Floats

VALUES = st.one_of(st.floats(-1e9, 1e9), st.just(np.nan), st.sampled_from([0.0, 1.0, 2.0]))


@given(arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 12)), elements=VALUES), st.floats(0.0, 100.0))
def test_quantiles_are_those_of_numpy(draws: Floats, percent: float) -> None:
    """To the bit, so that no answer hangs on how many points are asked at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        wanted = np.nanquantile(draws, percent / 100.0, axis=-1)
    found = statistic_of(draws, f"p{percent!r}")
    assert np.array_equal(found, wanted, equal_nan=True)
    assert np.array_equal(statistic_of(draws[:1], f"p{percent!r}"), found[:1], equal_nan=True)


def test_infinity_is_a_value() -> None:
    """A cost that has no end is beyond all others; between two of them it stays so."""
    draws = np.array([[1.0, 2.0, np.inf, np.inf], [np.inf] * 4])
    assert statistic_of(draws, "p90").tolist() == [np.inf, np.inf]
    assert statistic_of(draws, "p0").tolist() == [1.0, np.inf]


def test_moments_leave_out_what_is_missing() -> None:
    """Mean and standard deviation; NaN where nothing is left."""
    draws = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    assert statistic_of(draws, "mean").tolist() == pytest.approx([2.0, np.nan], nan_ok=True)
    assert statistic_of(draws, "sd").tolist() == pytest.approx([2.0**0.5, np.nan], nan_ok=True)
