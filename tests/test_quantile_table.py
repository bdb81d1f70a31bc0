"""Tabulated quantiles of beta and gamma distributions against the exact ones of scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from exosim.normal import normal_distribution
from exosim.quantile_table import _beta_table, _gamma_table, beta_of_normal, gamma_of_normal

SCORES = np.linspace(-8.2, 8.2, 4001)
shapes = st.floats(0.3, 300.0)


def exact_beta(first: float, second: float) -> np.ndarray:
    """Return the share on the nearer side, so that both ends are seen to rounding."""
    lower = stats.beta.ppf(normal_distribution(SCORES), first, second)
    upper = stats.beta.ppf(normal_distribution(-SCORES), second, first)
    return np.where(SCORES < 0.0, lower, 1.0 - upper)


@settings(max_examples=40, deadline=None)
@given(shapes, shapes)
def test_a_beta_is_exact_to_1e_11(first: float, second: float) -> None:
    assert beta_of_normal(first, second, SCORES) == pytest.approx(exact_beta(first, second), rel=1e-11, abs=1e-290)


@settings(max_examples=40, deadline=None)
@given(shapes)
def test_a_gamma_is_exact_to_1e_11(shape: float) -> None:
    lower = stats.gamma.ppf(normal_distribution(SCORES), shape)
    upper = stats.gamma.isf(normal_distribution(-SCORES), shape)
    exact = np.where(SCORES < 0.0, lower, upper)
    assert gamma_of_normal(shape, SCORES) == pytest.approx(exact, rel=1e-11, abs=1e-290)


@pytest.mark.parametrize("mode", np.linspace(0.0, 1.0, 11))
def test_every_pert_has_a_table(mode: float) -> None:
    first = 1.0 + 4.0 * float(mode)
    assert _beta_table(first, 6.0 - first) is not None
    assert beta_of_normal(first, 6.0 - first, SCORES) == pytest.approx(exact_beta(first, 6.0 - first), rel=2e-13)


@pytest.mark.parametrize("first, second", [(0.05, 0.02), (1e-3, 1e-3), (0.24, 0.005), (0.005, 0.24)])
def test_a_beta_that_gathers_at_both_ends_is_not_tabulated(first: float, second: float) -> None:
    assert _beta_table(first, second) is None
    middle = SCORES[np.abs(SCORES) < 3.0]
    exact = stats.beta.ppf(normal_distribution(middle), first, second)
    assert beta_of_normal(first, second, middle) == pytest.approx(exact, rel=1e-9, abs=1e-12)


def test_a_gamma_that_no_table_holds_is_exact() -> None:
    assert _gamma_table(0.04) is None
    middle = SCORES[np.abs(SCORES) < 3.0]
    exact = stats.gamma.ppf(normal_distribution(middle), 0.04)
    assert gamma_of_normal(0.04, middle) == pytest.approx(exact, rel=1e-9, abs=1e-290)


@pytest.mark.parametrize("first, second", [(1.0, 5.0), (3.0, 3.0), (0.5, 0.5)])
def test_values_rise_and_stay_between_the_ends(first: float, second: float) -> None:
    values = beta_of_normal(first, second, np.array([-40.0, *SCORES, 40.0]))
    assert np.all(np.diff(values) >= 0.0)
    assert values[0] >= 0.0 and values[-1] <= 1.0
