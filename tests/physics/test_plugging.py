"""Dead-end filtration: the V_max law against its differential equation, golden areas, and whole filters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from exosim.physics import plugging

fluxes, capacities, times = st.floats(10.0, 1000.0), st.floats(10.0, 1000.0), st.floats(0.01, 20.0)


def test_the_golden_area() -> None:
    """50 L in two hours: volume over what a square meter filters in that time."""
    assert 50.0 / plugging.throughput(2.0, 150.0, 80.0) == pytest.approx(0.792, abs=5e-4)


def test_change_out_at_ninety_percent_flow_decay() -> None:
    assert pytest.approx(0.684, abs=5e-4) == plugging.CHANGE_OUT
    assert pytest.approx(0.1, rel=1e-12) == (1.0 - plugging.CHANGE_OUT) ** 2


@given(st.floats(0.01, 0.95), fluxes, capacities)
def test_the_time_is_the_integral_of_the_falling_flux(share: float, flux: float, capacity: float) -> None:
    loaded = share * capacity
    expected, _ = quad(lambda v: 1.0 / (flux * (1.0 - v / capacity) ** 2), 0.0, loaded, epsrel=1e-10)
    assert plugging.hours(loaded, flux, capacity) == pytest.approx(expected, rel=1e-8)


@given(times, fluxes, capacities)
def test_throughput_is_the_inverse_of_hours(time: float, flux: float, capacity: float) -> None:
    loaded = plugging.throughput(time, flux, capacity)
    assert 0.0 < loaded < min(capacity, flux * time) * (1.0 + 1e-12)
    assert plugging.hours(loaded, flux, capacity) == pytest.approx(time, rel=1e-9)


@given(times, times, fluxes, capacities)
def test_throughput_rises_with_time(first: float, second: float, flux: float, capacity: float) -> None:
    low, high = sorted((first, second))
    assert plugging.throughput(low, flux, capacity) <= plugging.throughput(high, flux, capacity)


@given(st.floats(0.1, 1e5), capacities)
def test_filters_are_whole_and_as_few_as_possible(loaded: float, capacity: float) -> None:
    filters = float(plugging.filters_needed(loaded, capacity))
    assert filters >= 1.0 and filters.is_integer()
    limit = plugging.CHANGE_OUT * capacity
    assert loaded / filters <= limit * (1.0 + 1e-12)
    assert filters == 1.0 or loaded / (filters - 1.0) > limit * (1.0 - 1e-12)


def test_one_filter_holds_up_to_the_change_out() -> None:
    loads = np.array([0.1, 68.0, 69.0, 136.0, 137.0])
    assert plugging.filters_needed(loads, 100.0).tolist() == [1.0, 1.0, 2.0, 2.0, 3.0]


def test_a_cake_without_solids_is_a_bare_membrane() -> None:
    clean = plugging.cake_seconds(0.02, 0.1, 1e-3, 1e12, 0.0, 1e5, 1e11)
    assert clean == pytest.approx(1e-3 * 0.2 * 1e11 / 1e5, rel=1e-12)
    assert plugging.cake_seconds(0.02, 0.1, 1e-3, 1e12, 2.0, 1e5, 1e11) == pytest.approx(600.0, rel=1e-12)
    without_membrane = [plugging.cake_seconds(v, 0.1, 1e-3, 1e12, 2.0, 1e5, 0.0) for v in (0.01, 0.02)]
    assert without_membrane[1] == pytest.approx(4.0 * without_membrane[0], rel=1e-12)


def test_scalar_equals_array() -> None:
    generator = np.random.default_rng(5)
    loaded, flux, capacity = (generator.uniform(*ends, 30) for ends in ((1.0, 50.0), (20.0, 500.0), (60.0, 500.0)))
    together = [f(loaded, flux, capacity) for f in (plugging.hours, plugging.throughput)]
    for lane in range(30):
        one = float(loaded[lane]), float(flux[lane]), float(capacity[lane])
        assert plugging.hours(*one) == pytest.approx(together[0][lane], rel=1e-12)
        assert plugging.throughput(*one) == pytest.approx(together[1][lane], rel=1e-12)


LAWS = (2.0, 1.5, 1.0, 0.0, 1.7, 0.6)


def remaining(loaded: float, start: float, blocking: float) -> float:
    """Return the flux over that at the start by the named laws of Hermia, K being the slope at the start."""
    if blocking == plugging.COMPLETE:
        return 1.0 - start * loaded
    if blocking == plugging.INTERMEDIATE:
        return math.exp(-start * loaded)
    if blocking == plugging.CAKE:
        return 1.0 / (1.0 + start * loaded)
    return (1.0 - (blocking - 1.0) * start * loaded) ** (1.0 / (blocking - 1.0))


@pytest.mark.parametrize("blocking", LAWS)
def test_every_law_has_lost_ninety_percent_at_the_change_out(blocking: float) -> None:
    start = float(plugging.slope(80.0, blocking))
    assert remaining(plugging.CHANGE_OUT * 80.0, start, blocking) == pytest.approx(0.1, rel=1e-9)
    assert plugging.slope(80.0) == pytest.approx(2.0 / 80.0, rel=1e-12)


@pytest.mark.parametrize("blocking", LAWS)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.68])
def test_every_law_takes_the_integral_of_its_falling_flux(blocking: float, share: float) -> None:
    start = float(plugging.slope(80.0, blocking))
    expected, _ = quad(lambda v: 1.0 / (150.0 * remaining(v, start, blocking)), 0.0, 80.0 * share, epsrel=1e-11)
    assert plugging.hours(80.0 * share, 150.0, 80.0, blocking) == pytest.approx(expected, rel=1e-9)
    assert plugging.throughput(expected, 150.0, 80.0, blocking) == pytest.approx(80.0 * share, rel=1e-9)


@pytest.mark.parametrize("blocking", LAWS)
def test_every_law_is_that_of_hermia(blocking: float) -> None:
    """d2t/dv2 = const (dt/dv)^n, by differences of the time."""
    step, where = 0.02, np.array([10.0, 25.0, 40.0])
    before, at, after = (plugging.hours(where + by, 150.0, 80.0, blocking) for by in (-step, 0.0, step))
    slope, curvature = (after - before) / (2.0 * step), (after - 2.0 * at + before) / step**2
    constant = curvature / slope**blocking
    assert constant == pytest.approx(np.full(3, constant[0]), rel=1e-4)


@pytest.mark.parametrize("blocking", [1.0, 2.0])
def test_the_laws_with_a_logarithm_are_limits(blocking: float) -> None:
    for beside in (blocking - 1e-7, min(blocking + 1e-7, 2.0)):
        near, at = (plugging.hours(50.0, 150.0, 80.0, exponent) for exponent in (beside, blocking))
        assert near == pytest.approx(float(at), rel=1e-6)
        near, at = (plugging.throughput(1.0, 150.0, 80.0, exponent) for exponent in (beside, blocking))
        assert near == pytest.approx(float(at), rel=1e-6)


def test_a_cake_slows_early_and_complete_blocking_late() -> None:
    """With the same end, the lower the exponent, the earlier the flux falls and the longer it takes."""
    hours = [float(plugging.hours(50.0, 150.0, 80.0, blocking)) for blocking in (2.0, 1.5, 1.0, 0.0)]
    assert hours == sorted(hours) and hours[0] > 50.0 / 150.0


@pytest.mark.parametrize("blocking", LAWS)
def test_the_smallest_area_just_finishes(blocking: float) -> None:
    area = float(plugging.smallest_area(50.0, 2.0, 150.0, 80.0, blocking))
    assert plugging.hours(50.0 / area, 150.0, 80.0, blocking) == pytest.approx(2.0, rel=1e-9)
    assert plugging.smallest_area(50.0, 2.0, 150.0, 80.0) == pytest.approx(0.792, abs=5e-4)
    assert plugging.filters_in_time(50.0 / (area * 1.000001), 2.0, 150.0, 80.0, blocking) == 1.0
    assert plugging.filters_in_time(50.0 / (area * 0.999), 2.0, 150.0, 80.0, blocking) == 2.0
