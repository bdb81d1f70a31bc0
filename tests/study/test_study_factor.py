"""A factor of a study: values at shares of its range, grids that end where they say, values as scenarios write them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.distributions import Distribution
from exosim.study.factor import Factor

SHARES = st.floats(0.0, 1.0)
POSITIVE = st.floats(1e-12, 1e12)


def between(low: float, high: float, **more: object) -> Factor:
    return Factor("step.key", "L", low, high, **more)  # type: ignore[arg-type]


@given(POSITIVE, POSITIVE, st.sampled_from(["linear", "log"]), st.lists(SHARES, min_size=1))
def test_values_lie_in_the_range_and_begin_and_end_with_it(
    one: float, other: float, scale: str, shares: list[float]
) -> None:
    """At 0 and 1 exactly low and high, to the bit; in between in order."""
    low, high = sorted((one, other * 1.001))
    factor = between(low, high, scale=scale)
    values = factor.at(np.array([0.0, *sorted(shares), 1.0]))
    assert values[0] == low and values[-1] == high
    assert np.all(np.diff(values) >= 0.0)


@given(POSITIVE, st.floats(1.001, 1e6), st.sampled_from(["linear", "log"]), SHARES)
def test_the_share_of_a_value_is_where_it_was_taken(low: float, ratio: float, scale: str, share: float) -> None:
    factor = between(low, low * ratio, scale=scale)
    assert factor.share(factor.at(np.array([share])))[0] == pytest.approx(share, abs=1e-9)


@given(POSITIVE, st.floats(1.01, 1e6), st.integers(2, 40), st.sampled_from(["linear", "log"]))
def test_a_grid_ends_where_it_says_in_equal_steps(low: float, ratio: float, count: int, scale: str) -> None:
    values = between(low, low * ratio, scale=scale).grid(count)
    assert len(values) == count and values[0] == low and values[-1] == low * ratio
    steps = np.diff(np.log(values) if scale == "log" else values)
    scale_of_steps = max(1.0, abs(math.log(low)) * 1e3) if scale == "log" else low * ratio
    assert np.allclose(steps, steps[0], rtol=1e-9, atol=1e-12 * scale_of_steps)


def test_equal_steps_on_a_log_scale_are_equal_ratios() -> None:
    values = between(1e3, 1e5, scale="log").grid(3)
    assert values.tolist() == pytest.approx([1e3, 1e4, 1e5], rel=1e-14)


@given(st.integers(-5, 20), st.integers(1, 30), st.lists(SHARES, min_size=1, max_size=50))
def test_whole_numbers_stay_whole(low: int, width: int, shares: list[float]) -> None:
    factor = between(float(low), float(low + width), whole=True)
    values = factor.at(np.array(shares))
    assert np.all(values == np.round(values)) and np.all((values >= low) & (values <= low + width))


@pytest.mark.parametrize(("scale", "low", "high"), [("linear", 2.0, 5.0), ("log", 1.0, 32.0)])
def test_every_whole_number_has_its_part_of_the_range(scale: str, low: float, high: float) -> None:
    """As large a part as the others on a linear scale; on a log scale in the ratio of its neighbors."""
    factor = between(low, high, whole=True, scale=scale)
    values, counts = np.unique(factor.at((np.arange(100_000) + 0.5) / 100_000), return_counts=True)
    assert values.tolist() == np.arange(low, high + 1.0).tolist()
    if scale == "log":
        expected = np.diff(np.log(np.arange(low, high + 2.0))) / math.log((high + 1.0) / low)
    else:
        expected = np.full(len(values), 1.0 / len(values))
    assert counts / 100_000 == pytest.approx(expected, abs=2e-5)


def test_a_grid_of_whole_numbers_has_each_once() -> None:
    assert between(1.0, 4.0, whole=True).grid(20).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert between(1.0, 16.0, whole=True, scale="log").grid(5).tolist() == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert between(1.0, 7.0, whole=True).grid(1).tolist() == [4.0]


def test_levels_and_choices_are_taken_in_equal_parts() -> None:
    levels = between(1.0, 9.0, levels=(1.0, 5.0, 9.0))
    assert levels.at(np.array([0.0, 0.33, 0.34, 0.67, 1.0])).tolist() == [1.0, 1.0, 5.0, 9.0, 9.0]
    assert levels.grid(100).tolist() == [1.0, 5.0, 9.0]
    words = Factor("campaign.mode", "1", 0.0, 1.0, choices=("paced", "as_soon_as_possible"))
    assert words.grid(7).tolist() == [0.0, 1.0]
    assert [words.setting(place) for place in words.at(np.array([0.1, 0.9]))] == ["paced", "as_soon_as_possible"]
    assert words.told(1.0) == "as_soon_as_possible"


def test_a_distribution_is_asked_for_its_quantiles() -> None:
    """Also at 0 and at 1, where a distribution without an end stays finite."""
    drawn = Distribution("lognormal", (("median", 10.0), ("gsd", 2.0)))
    factor = between(3.0, 31.0, distribution=drawn)
    quartiles = 10.0 * 2.0 ** np.array([-0.6744897501960817, 0.0, 0.6744897501960817])
    assert factor.at(np.array([0.25, 0.5, 0.75])) == pytest.approx(quartiles, rel=1e-12)
    assert np.all(np.isfinite(factor.at(np.array([0.0, 1.0]))))
    assert factor.grid(3) == pytest.approx(drawn.quantile(np.array([1 / 6, 0.5, 5 / 6])), rel=1e-12)


def test_shares_of_values_outside_lie_outside() -> None:
    assert between(10.0, 20.0).share(np.array([5.0, 25.0])).tolist() == [-0.5, 1.5]
    assert between(10.0, 10.0).share(np.array([10.0])).tolist() == [0.0]
    assert between(1.0, 10.0, scale="log").share(np.array([0.0]))[0] == -math.inf


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_setting_is_the_value_to_the_last_digit(value: float) -> None:
    number, unit = between(0.0, 1.0).setting(value).split(" ")
    assert float(number) == value and unit == "L"
    assert Factor("a.b", "1", 0.0, 1.0).setting(value) == value


def test_words_for_people() -> None:
    flux = Factor("concentrate.flux", "L/m2/h", 15.0, 40.0)
    assert (flux.label, flux.told(27.5)) == ("concentrate.flux [L/m2/h]", "27.5 L/m2/h")
    times = Factor("concentrate.flux", "1", 0.5, 2.0, times=True)
    assert (times.label, times.told(1.2)) == ("concentrate.flux [times]", "x 1.2")
    passages = Factor("seed.passages", "1", 1.0, 5.0, whole=True)
    assert (passages.label, passages.setting(3.0), passages.told(3.0)) == ("seed.passages", 3, "3")
    vials = Factor("fill.retained", "vial", 0.0, 50.0, whole=True)
    assert vials.setting(40.0) == "40 vial"
