"""Limits of change and false alarms: the published formula, closed forms, and simulated patients."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics.monitoring import (
    alarm_probability,
    change_score,
    detected_change,
    false_alarms_per_year,
    linear_limits,
    log_spread,
    reference_change_value,
    spread_of_change,
    visit_times,
)


def test_reference_change_value() -> None:
    """CV_a 20 % and CV_i 40 %: 124 %, two-sided at 95 %."""
    score = change_score(0.95, two_sided=True)
    assert score == pytest.approx(1.959964, abs=1e-6)
    assert round(100 * float(reference_change_value(0.2, 0.4, score))) == 124
    assert change_score(0.95, two_sided=False) == pytest.approx(1.644854, abs=1e-6)


@given(st.floats(0.01, 1.0), st.integers(1, 20))
def test_more_baselines_leave_one_result(variation: float, baselines: int) -> None:
    """A change from the mean of n results scatters like 1 + 1/n of them."""
    found = reference_change_value(variation, 0.0, 1.0, baselines)
    assert float(found) == pytest.approx(variation * math.sqrt(1.0 + 1.0 / baselines))


def test_small_variation_makes_both_limits_alike() -> None:
    """Linear and logarithmic limits agree where ratios are differences."""
    score = change_score(0.95, two_sided=True)
    linear = float(reference_change_value(0.01, 0.02, score))
    spread = float(spread_of_change(log_spread(0.01), log_spread(0.02)))
    assert math.expm1(score * spread) == pytest.approx(linear, rel=0.04)
    rise, fall = linear_limits(np.array([linear, 1.24]))
    assert rise == pytest.approx(np.log1p([linear, 1.24]))
    assert fall[1] == -np.inf


def test_an_unchanged_person_keeps_the_limits_with_the_confidence() -> None:
    spread = float(spread_of_change(log_spread(0.2), log_spread(0.4), 3))
    score = change_score(0.95, two_sided=True)
    assert alarm_probability(score * spread, -score * spread, spread) == pytest.approx(0.05, abs=1e-12)
    one = change_score(0.95, two_sided=False)
    assert alarm_probability(one * spread, -np.inf, spread) == pytest.approx(0.05, abs=1e-12)


def test_what_does_not_vary_alarms_only_when_it_drifts() -> None:
    """Limits of no width: an unchanged result lies on both and beyond neither; the least drift carries it over one."""
    spread, none = np.array([0.0, 0.5]), np.zeros(2)
    limit = 1.96 * spread
    for shift, first in ((0.0, 0.0), (1e-3, 1.0), (-1e-3, 1.0)):
        found = alarm_probability(limit, -limit, spread, none + shift)
        assert found[0] == first
        assert found[1] == pytest.approx(0.05, abs=1e-4)
    assert alarm_probability(0.0, -np.inf, 0.0, -0.1) == 0.0
    assert false_alarms_per_year(none, none, none, none, visit_times(0.25, 1.0), 0.25) == pytest.approx([0.0, 0.0])


def test_the_linear_limit_alarms_on_rises_twice_as_often() -> None:
    """With CV of 45 % nothing falls by 124 %, and 9 % of unchanged people rise by more."""
    change = reference_change_value(0.2, 0.4, change_score(0.95, two_sided=True))
    spread = spread_of_change(log_spread(0.2), log_spread(0.4))
    assert float(alarm_probability(*linear_limits(change), spread)) == pytest.approx(0.094, abs=0.001)


def test_detected_change() -> None:
    """Half of those who changed exactly to the limit are found; so it is."""
    spread = 0.5
    limit = 1.96 * spread
    assert float(detected_change(limit, spread, 0.5)) == pytest.approx(math.expm1(limit))
    change = float(detected_change(limit, spread, 0.8))
    assert float(alarm_probability(limit, -np.inf, spread, math.log1p(change))) == pytest.approx(0.8)


def test_visits() -> None:
    assert visit_times(0.25, 1.0) == (0.25, 0.5, 0.75, 1.0)
    assert visit_times(91 / 365.25, 1.0)[-1] == pytest.approx(4 * 91 / 365.25)
    assert visit_times(2.0, 1.0) == ()
    assert len(visit_times(0.1, 0.3)) == 3  # 0.1 * 3 is more than 0.3, by rounding


@pytest.mark.parametrize(("drift", "baselines", "sided"), [(0.0, 1, "two"), (0.15, 3, "two"), (-0.2, 2, "one")])
def test_false_alarms_of_simulated_patients(drift: float, baselines: int, sided: str) -> None:
    """200,000 unchanged people are tested for a year, each against an own baseline; visits share it."""
    interval, people, two = 0.25, 200_000, sided == "two"
    of_result, within = float(log_spread(0.2)), float(log_spread(0.4))
    spread = float(spread_of_change(of_result, within, baselines))
    score = change_score(0.95, two_sided=two)
    rise, fall = score * spread, -score * spread if two else -math.inf
    visits = visit_times(interval, 1.0)
    random = np.random.default_rng(5)

    def results(count: int) -> np.ndarray:
        """Return logarithms of results about the set point, shape (count, people)."""
        shape = (count, people)
        return within * random.standard_normal(shape) + of_result * random.standard_normal(shape)

    first = results(baselines).mean(axis=0)
    times = np.asarray(visits)[:, None]
    change = results(len(visits)) + times * math.log1p(drift) - first
    alarms = ((change > rise) | (change < fall)).sum(axis=0)
    error = float(alarms.std()) / math.sqrt(people)
    expected = float(false_alarms_per_year(rise, fall, spread, drift, visits, interval))
    assert abs(float(alarms.mean()) - expected) < 4.0 * error
    assert error < 0.01 * max(expected, 0.1)
