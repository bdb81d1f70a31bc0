"""The margin of a goal: smooth where the probability has steps, and of the same sign."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from exosim.study.answers import Condition, Met
from exosim.study.margins import Lead, Margin, Reached, enough

_SPECIAL = st.sampled_from([0.0, -0.0, 1.0, np.nextafter(1.0, 2.0), np.nextafter(1.0, 0.0), np.nan, np.inf, -np.inf])
_VALUES = st.one_of(_SPECIAL, st.floats(-3.0, 3.0), st.floats(allow_nan=True))


@st.composite
def _cases(draw: st.DrawFn) -> tuple[dict[str, np.ndarray], tuple[Condition, ...], float]:
    draws = draw(st.integers(1, 40))
    count = draw(st.integers(1, 3))
    values = {f"y{n}": draw(arrays(float, (3, draws), elements=_VALUES)) for n in range(count)}
    limits = st.one_of(st.sampled_from([0.0, 1.0, 1e-300, 5e-324]), st.floats(-1e6, 1e6))
    sign = st.sampled_from(["<=", ">="])
    conditions = tuple(Condition(name, draw(sign), draw(limits)) for name in values)
    probability = draw(st.one_of(st.floats(1e-6, 1.0), st.integers(1, draws).map(lambda k: k / draws)))
    return values, conditions, probability


@given(_cases())
def test_a_margin_is_not_negative_exactly_where_the_goal_is_met(
    case: tuple[dict[str, np.ndarray], tuple[Condition, ...], float],
) -> None:
    """Also with draws without a value, infinite ones, values at the limit, and distances that underflow."""
    values, conditions, probability = case
    margins = Margin(conditions, probability).of(values)
    met = Met(conditions).of(values)
    assert not np.isnan(margins).any()
    assert ((margins >= 0.0) == (met >= probability)).all()


@given(_cases())
def test_what_is_reached_keeps_to_the_limit_exactly_where_a_condition_is_met(
    case: tuple[dict[str, np.ndarray], tuple[Condition, ...], float],
) -> None:
    """The value of one condition lies on the good side of its limit where it alone is met often enough."""
    values, conditions, probability = case
    for one in conditions:
        reached = Reached(one, probability).of(values)
        good = reached <= one.limit if one.sign == "<=" else reached >= one.limit
        assert (good == (Met((one,)).of(values) >= probability))[~np.isinf(reached)].all()


@given(st.integers(1, 100_000), st.floats(1e-9, 1.0))
def test_enough_draws_are_the_fewest(draws: int, probability: float) -> None:
    """One draw less is a share below the probability."""
    number = enough(draws, probability)
    assert number / draws >= probability > (number - 1) / draws


def test_a_margin_is_the_order_statistic_of_the_worst_condition() -> None:
    """By hand: on ten draws, the ninth best of the smaller of two margins."""
    cost = np.arange(410.0, 510.0, 10.0)
    doses = np.linspace(90.0, 180.0, 10)
    conditions = Condition("cost", "<=", 500.0), Condition("doses", ">=", 100.0)
    worst = np.minimum((500.0 - cost) / 500.0, (doses - 100.0) / 100.0)
    found = Margin(conditions, 0.9).of({"cost": cost[None], "doses": doses[None]})
    assert found == pytest.approx([np.sort(worst)[1]])


@pytest.mark.parametrize(("sign", "label"), [("<=", "p90 of cost"), (">=", "p10 of cost")])
def test_a_value_is_told_by_its_quantile(sign: str, label: str) -> None:
    """What must be small is told from above, what must be large from below."""
    assert Reached(Condition("cost", sign, 1.0), 0.9).label == label  # type: ignore[arg-type]


@given(_cases())
def test_a_lead_is_above_zero_exactly_where_the_goal_is_met(
    case: tuple[dict[str, np.ndarray], tuple[Condition, ...], float],
) -> None:
    """And below it elsewhere: it is never zero."""
    values, conditions, probability = case
    leads = Lead(conditions, probability).of(values)
    assert ((leads > 0.0) == (Met(conditions).of(values) >= probability)).all()
    assert (leads != 0.0).all()
