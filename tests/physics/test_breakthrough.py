"""Breakthrough by Bohart and Adams: the outlet, what the bed has taken, and the dynamic capacity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from exosim.physics import breakthrough

units, loads = st.floats(0.5, 60.0), st.floats(1e-3, 20.0)


@given(units, loads)
def test_what_is_taken_is_the_integral_over_the_outlet(number: float, load: float) -> None:
    expected, _ = quad(lambda x: 1.0 - float(breakthrough.outlet(x, number)), 0.0, load, points=[min(1.0, load)])
    assert breakthrough.taken(load, number) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(units, st.floats(0.01, 0.99))
def test_the_outlet_is_at_a_share_after_its_load(number: float, share: float) -> None:
    load = breakthrough.load_until(share, number)
    assert breakthrough.outlet(load, number) == pytest.approx(share, rel=1e-9)


@given(st.floats(3.0, 60.0))
def test_the_dynamic_capacity_is_what_the_bed_has_taken_by_then(number: float) -> None:
    load = breakthrough.load_until(0.1, number)
    assert breakthrough.dynamic_capacity(0.1, number) == pytest.approx(1.0 - np.log(10.0) / number, rel=1e-12)
    assert breakthrough.taken(load, number) == pytest.approx(breakthrough.dynamic_capacity(0.1, number), rel=1e-9)


@given(units, loads, st.floats(1.0, 3.0))
def test_more_load_never_takes_less_and_never_a_larger_share(number: float, load: float, more: float) -> None:
    assert breakthrough.taken(load * more, number) >= breakthrough.taken(load, number) - 1e-12
    assert breakthrough.passed_share(load * more, number) >= breakthrough.passed_share(load, number) - 1e-12
    assert breakthrough.taken(load, number) <= min(load, 1.0) + 1e-12


@given(units, st.floats(1e-9, 50.0))
def test_a_load_is_taken_or_comes_through(number: float, load: float) -> None:
    passed = breakthrough.passed_share(load, number)
    assert 0.0 <= passed <= 1.0
    captured = breakthrough.taken(load, number) / load
    assert passed + captured == pytest.approx(1.0, abs=1e-6 if load < 1e-6 else 1e-9)


def test_limits_of_small_and_large_loads() -> None:
    assert breakthrough.passed_share(0.0, 3.0) == pytest.approx(np.exp(-3.0), rel=1e-5)
    assert breakthrough.passed_share(1e-6, 3.0) == pytest.approx(np.exp(-3.0), rel=1e-5)
    assert breakthrough.passed_share(50.0, 3.0) == pytest.approx(1.0 - 1.0 / 50.0, rel=1e-9)
    assert breakthrough.passed_share(0.5, 0.0) == pytest.approx(1.0, abs=1e-8)


def test_more_residence_time_breaks_through_later() -> None:
    hours = [float(breakthrough.breakthrough_hours(0.1, 2.0, 1.0, 30.0, t)) for t in (0.05, 0.1, 0.2)]
    assert hours[0] < hours[1] < hours[2]
    assert hours[2] > 2.0 * hours[1]  # the front spreads by the same amount, and is a smaller part of the whole
