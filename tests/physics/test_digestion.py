"""Digestion of DNA: first order in time and activity, slowed by salt."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics.digestion import remaining_dna, salt_factor

rates, activities, salts = st.floats(0.1, 10.0), st.floats(0.0, 200.0), st.floats(0.0, 1.0)
times = st.floats(0.0, 24.0)


def test_two_decades_an_hour_at_the_reference_activity() -> None:
    assert np.log10(remaining_dna(4.6, 50.0, 0.0, 0.15, 1.0)) == pytest.approx(-2.0, abs=0.003)
    assert np.log10(remaining_dna(4.6, 50.0, 0.15, 0.15, 1.0)) == pytest.approx(-1.0, abs=0.003)
    assert np.log10(remaining_dna(4.6, 25.0, 0.0, 0.15, 4.0)) == pytest.approx(-4.0, abs=0.006)


def test_salt_halves_the_activity_at_its_half_point() -> None:
    assert salt_factor(0.0, 0.15) == 1.0
    assert salt_factor(0.15, 0.15) == 0.5
    assert salt_factor(0.45, 0.15) == pytest.approx(0.1, rel=1e-12)


@given(rates, activities, salts, times, times)
def test_digesting_twice_is_digesting_for_the_sum(
    rate: float, activity: float, salt: float, one: float, two: float
) -> None:
    apart = remaining_dna(rate, activity, salt, 0.2, one) * remaining_dna(rate, activity, salt, 0.2, two)
    assert remaining_dna(rate, activity, salt, 0.2, one + two) == pytest.approx(float(apart), rel=1e-9, abs=1e-300)


@given(rates, activities, salts, salts, times)
def test_what_remains_is_a_fraction_that_rises_with_salt(
    rate: float, activity: float, first: float, second: float, time: float
) -> None:
    low, high = sorted((first, second))
    assert 0.0 <= remaining_dna(rate, activity, low, 0.2, time) <= remaining_dna(rate, activity, high, 0.2, time) <= 1.0


def test_nothing_happens_without_enzyme_or_time() -> None:
    assert remaining_dna(4.6, 0.0, 0.1, 0.2, 5.0) == 1.0
    assert remaining_dna(4.6, 50.0, 0.1, 0.2, 0.0) == 1.0


def test_scalar_equals_array() -> None:
    generator = np.random.default_rng(8)
    ranges = ((0.1, 10.0), (1.0, 100.0), (0.0, 0.5), (0.1, 0.3), (0.0, 4.0))
    rows = [generator.uniform(*ends, 25) for ends in ranges]
    together = remaining_dna(*rows)
    for lane in range(25):
        assert remaining_dna(*(float(row[lane]) for row in rows)) == pytest.approx(together[lane], rel=1e-12)
