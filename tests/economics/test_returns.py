"""Net present value, every rate of return, payback, and the identities of an executive summary (K7)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from exosim.economics.annuities import capital_recovery
from exosim.economics.returns import (
    annual_net_profit,
    gross_margin,
    internal_rate_of_return,
    net_present_value,
    payback_time,
    rates_of_return,
    return_on_investment,
    static_payback,
)
from exosim.errors import UsageError

AMOUNTS = st.floats(1.0, 1e6)
RATES = st.floats(-0.5, 2.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), RATES)
def test_value_is_the_discounted_sum(flow: list[float], rate: float) -> None:
    each = np.asarray(flow) * (1.0 + rate) ** -np.arange(float(len(flow)))
    assert net_present_value(flow, rate) == pytest.approx(np.sum(each), abs=1e-9 * np.sum(np.abs(each)) + 1e-300)


@given(AMOUNTS, st.lists(AMOUNTS, min_size=1, max_size=30))
def test_one_change_of_sign_has_one_rate(spent: float, earned: list[float]) -> None:
    """Descartes: exactly one, and the value there is zero; the search over many draws finds the same."""
    flow = [-spent, *earned]
    found = rates_of_return(flow)
    assert found.changes == len(found.rates) == 1
    each = np.abs(flow) * (1.0 + found.only) ** -np.arange(float(len(flow)))
    assert abs(net_present_value(flow, found.only)) <= 1e-9 * np.sum(each)
    many = internal_rate_of_return(flow)
    assert np.isnan(many) or many == pytest.approx(found.only, rel=1e-9, abs=1e-12)
    assert np.isfinite(many) or not -0.999 < found.only < 1e3


@given(st.lists(st.floats(-0.6, 1.5), min_size=1, max_size=5))
def test_every_rate_is_found(rates: list[float]) -> None:
    """A flow built from its rates gives them back."""
    rates = sorted(rates)
    assume(all(b - a > 0.05 for a, b in itertools.pairwise(rates)))
    flow = np.array([1.0])
    for rate in rates:
        flow = np.convolve(flow, [-1.0, 1.0 + rate])
    found = rates_of_return(flow)
    assert found.rates == pytest.approx(rates, abs=1e-6)
    assert found.changes >= len(found.rates)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=12))
def test_no_more_rates_than_changes(flow: list[int]) -> None:
    found = rates_of_return(flow)
    assert len(found.rates) <= found.changes
    for rate in found.rates:
        each = np.abs(flow) * (1.0 + rate) ** -np.arange(float(len(flow)))
        assert abs(net_present_value(flow, rate)) <= 1e-9 * np.sum(each)


@pytest.mark.parametrize(
    ("flow", "rates", "words"),
    [
        ([-100.0, -20.0], [], "no internal rate of return: the cash flow never changes its sign"),
        ([0.0, 0.0], [], "no internal rate of return: the cash flow never changes its sign"),
        ([], [], "no internal rate of return: the cash flow never changes its sign"),
        ([-1000.0, 2000.0, -1210.0], [], "no rate makes the value zero, with 2 changes of sign"),
        ([-1000.0, 2200.0, -1210.0], [0.1], "internal rate of return 10.00%"),
        ([-1000.0, 3300.0, -3630.0, 1331.0], [0.1], "internal rate of return 10.00%"),
        ([-1000.0, 2500.0, -1540.0], [0.1, 0.4], "2 internal rates of return, 10.00%, 40.00%: the cash flow changes"),
        ([0.0, 0.0, -100.0, 110.0], [0.1], "internal rate of return 10.00%"),
        ([100.0, -110.0], [0.1], "internal rate of return 10.00%"),
        ([-100.0, 50.0], [-0.5], "internal rate of return -50.00%"),
    ],
)
def test_rates_in_words(flow: list[float], rates: list[float], words: str) -> None:
    """None, one, a rate that is only touched, and several."""
    found = rates_of_return(flow)
    assert found.rates == pytest.approx(rates, abs=1e-5)
    assert words in str(found)
    assert np.isnan(found.only) == (len(rates) != 1)


def test_rates_of_draws() -> None:
    """Each draw by itself: one rate, none, two, and one that a long search has to find."""
    flow = np.array([[-1000.0, 500.0, 700.0, 0.0], [-1.0, -1.0, -1.0, -1.0], [-1000.0, 2500.0, -1540.0, 0.0]]).T
    found = internal_rate_of_return(flow)
    assert found[0] == pytest.approx(rates_of_return(flow[:, 0]).only, rel=1e-12)
    assert np.isnan(found[1]) and np.isnan(found[2])
    alone = [internal_rate_of_return(flow[:, [lane]])[0] for lane in range(3)]
    assert np.array_equal(found, alone, equal_nan=True)


def test_values_do_not_depend_on_their_company() -> None:
    rng = np.random.default_rng(20270105)
    flow = rng.normal(size=(25, 300))
    whole = net_present_value(flow, 0.07)
    assert np.array_equal(whole, [float(net_present_value(flow[:, lane], 0.07)) for lane in range(300)])


@given(AMOUNTS, st.floats(0.01, 0.5), st.integers(2, 30))
def test_an_annuity_returns_its_interest(capital: float, rate: float, years: int) -> None:
    flow = [-capital, *[float(capital * capital_recovery(rate, years))] * years]
    assert rates_of_return(flow).only == pytest.approx(rate, rel=1e-7)
    assert payback_time(flow, rate) == pytest.approx(years, abs=1e-6)


@pytest.mark.parametrize(
    ("flow", "years"),
    [
        ([-1000.0, 500.0, 500.0, 500.0], 2.0),
        ([-1000.0, 400.0, 400.0, 400.0], 2.5),
        ([-300.0, -400.0, 500.0, 500.0], 2.4 + 0.0),
        ([-1000.0, 100.0], np.inf),
        ([100.0, 100.0], 0.0),
        ([0.0, -100.0, 200.0], 1.5),
    ],
)
def test_payback(flow: list[float], years: float) -> None:
    assert payback_time(flow) == pytest.approx(years)
    together = payback_time(np.array([flow, flow]).T)
    assert together.shape == (2,)
    assert np.all(together == payback_time(flow))


def test_discounted_payback_is_later() -> None:
    flow = [-1000.0, 500.0, 500.0, 500.0]
    assert payback_time(flow, 0.1) == pytest.approx(2.0 + (1000.0 - 500.0 / 1.1 - 500.0 / 1.21) / (500.0 / 1.331))


def test_executive_summary() -> None:
    """K7: 48 % margin; 25.52 % return and 3.92 years of payback are one another's inverse."""
    investment, cost, revenue = 172.6, 41.414, 80.315
    assert 100.0 * gross_margin(revenue, cost) == pytest.approx(48.0, abs=0.5)
    profit = 0.2552 * investment
    assert static_payback(profit, investment) == pytest.approx(3.92, abs=0.005)
    assert return_on_investment(profit, investment) * static_payback(profit, investment) == pytest.approx(1.0)
    assert annual_net_profit(revenue, cost, 0.25, 14.871770) == pytest.approx(profit, rel=1e-6)
    assert np.isinf(static_payback(-1.0, investment))


@pytest.mark.parametrize(
    "call",
    [
        lambda: net_present_value([1.0], -1.0),
        lambda: rates_of_return([1.0, np.nan]),
        lambda: internal_rate_of_return([1.0, np.inf]),
        lambda: gross_margin(0.0, 1.0),
        lambda: return_on_investment(1.0, 0.0),
        lambda: annual_net_profit(1.0, 1.0, 1.5, 0.0),
    ],
)
def test_impossible_numbers_are_refused(call: object) -> None:
    with pytest.raises(UsageError, match=r"cannot be used; got .*; expected a number"):
        call()  # type: ignore[operator]
