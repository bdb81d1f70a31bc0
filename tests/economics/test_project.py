"""Cash flows of projects: conservation, prices that just pay, and terms that cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from exosim.economics.annuities import capital_recovery, levelized_cost
from exosim.economics.cash_flow import cash_flow, minimum_selling_price, present_cost, present_doses
from exosim.economics.depreciation import METHODS
from exosim.economics.project import Project, project
from exosim.economics.returns import net_present_value
from exosim.economics.terms import LOSSES
from exosim.errors import UsageError

PLAIN = Project(discount_rate=0.1, years=15)
CONSTRUCTIONS = ((1.0,), (0.5, 0.5), (0.3, 0.4, 0.3))
RAMPS: tuple[tuple[float, ...], ...] = ((), (0.5,), (0.2, 0.6))
CAPITAL, COST, DOSES = 1e8, 2e7, 1e5


@st.composite
def projects(draw: st.DrawFn) -> Project:
    return Project(
        discount_rate=draw(st.floats(0.0, 0.3)),
        years=draw(st.integers(2, 25)),
        construction=draw(st.sampled_from(CONSTRUCTIONS)),
        ramp=draw(st.sampled_from(RAMPS)),
        fixed_share=draw(st.floats(0.0, 1.0)),
        tax=draw(st.floats(0.0, 0.5)),
        losses=draw(st.sampled_from(LOSSES)),  # type: ignore[arg-type]
        working_capital_days=draw(st.floats(0.0, 180.0)),
        receivable_days=draw(st.floats(0.0, 120.0)),
        depreciation=draw(st.sampled_from(METHODS)),  # type: ignore[arg-type]
        depreciation_years=draw(st.none() | st.integers(1, 30)),
        salvage=draw(st.floats(0.0, 0.5)),
    )


MONEY = st.floats(1e3, 1e9)


@given(projects(), MONEY, MONEY, st.floats(1.0, 1e6), st.floats(0.0, 1e6))
def test_what_a_flow_conserves(terms: Project, capital: float, cost: float, doses: float, price: float) -> None:
    """All capital is spent and written off or sold; working capital comes back; nothing earned is nothing but cost."""
    flow = cash_flow(capital, cost, doses, price, terms)
    assert flow.net.shape == (terms.horizon,)
    assert np.sum(flow.capital) == pytest.approx(capital)
    assert np.sum(flow.depreciation) + np.sum(flow.salvage) == pytest.approx(capital)
    assert np.sum(flow.working_capital) == pytest.approx(0.0, abs=1e-9 * (capital + cost + doses * price))
    assert np.sum(flow.revenue) == pytest.approx(doses * price * np.sum(terms.sold()))
    assert np.all(flow.revenue[: terms.begins] == 0.0)
    assert terms.losses == "refunded" or np.all(flow.tax >= 0.0)


@given(projects(), MONEY, MONEY, st.floats(1.0, 1e6))
def test_the_price_that_just_pays(terms: Project, capital: float, cost: float, doses: float) -> None:
    """The net present value is zero at it, but for the rounding of what comes in and goes out."""
    price = minimum_selling_price(capital, cost, doses, terms)
    flow = cash_flow(capital, cost, doses, price, terms)
    assert abs(net_present_value(flow.net, terms.discount_rate)) <= 1e-13 * np.sum(flow.revenue + flow.operating_cost)


@settings(max_examples=25)
@given(projects(), MONEY, MONEY)
def test_taxes_that_refund_less_ask_for_more(terms: Project, capital: float, cost: float) -> None:
    """Ignored losses cost more than carried ones, and those more than refunds."""
    prices = [minimum_selling_price(capital, cost, DOSES, replace(terms, losses=how)) for how in LOSSES]  # type: ignore[arg-type]
    assert prices[0] <= prices[1] * (1.0 + 1e-9)
    assert prices[1] <= prices[2] * (1.0 + 1e-9)


@settings(max_examples=50)
@given(projects(), MONEY, MONEY)
def test_both_ways_to_a_price_agree(terms: Project, capital: float, cost: float) -> None:
    """Brent's method on the whole flow finds the price, be it closed form or halving."""
    price = float(minimum_selling_price(capital, cost, DOSES, terms))

    def worth(tried: float) -> float:
        return float(net_present_value(cash_flow(capital, cost, DOSES, tried, terms).net, terms.discount_rate))

    assert brentq(worth, 0.0, 100.0 * price, xtol=1e-9 * price, rtol=1e-12) == pytest.approx(price, rel=1e-6)


@given(st.floats(0.0, 0.3), st.integers(1, 30), MONEY, MONEY)
def test_levelized_cost_is_the_price_before_tax(rate: float, years: int, capital: float, cost: float) -> None:
    """Without tax, ramp-up and working capital three ways lead to one price."""
    terms = Project(discount_rate=rate, years=years)
    found = project(capital, cost, DOSES, None, terms)
    by_factor = levelized_cost(capital, cost, DOSES, rate, years)
    assert found.levelized_cost == pytest.approx(by_factor)
    assert found.minimum_selling_price == pytest.approx(by_factor)
    assert found.levelized_cost * present_doses(DOSES, terms) == pytest.approx(found.net_present_cost)


def test_closed_form_by_hand() -> None:
    """P* q (1 - tax) P/A = capital + cost (1 - tax) P/A - tax Dep P/A."""
    terms = replace(PLAIN, tax=0.25)
    recovery = float(capital_recovery(0.1, 15))
    expected = (CAPITAL * recovery - 0.25 * CAPITAL / 15.0) / (0.75 * DOSES) + COST / DOSES
    assert minimum_selling_price(CAPITAL, COST, DOSES, terms) == pytest.approx(expected)


def test_a_loss_is_carried_until_profits_pay_for_it() -> None:
    """Two bad years: 10 and 10 lost, 15 gained twice: tax on the 10 that is left."""
    terms = Project(
        discount_rate=0.0, years=4, tax=0.5, losses="carried", ramp=(0.0, 0.0), depreciation_years=4, salvage=1.0
    )
    flow = cash_flow(100.0, 10.0, 1.0, 25.0, terms)
    assert flow.revenue - flow.operating_cost - flow.depreciation == pytest.approx([0.0, -10.0, -10.0, 15.0, 15.0])
    assert flow.tax == pytest.approx([0.0, 0.0, 0.0, 0.0, 5.0])
    assert replace(terms, losses="ignored").losses == "ignored"
    ignored = cash_flow(100.0, 10.0, 1.0, 25.0, replace(terms, losses="ignored"))
    assert ignored.tax == pytest.approx([0.0, 0.0, 0.0, 7.5, 7.5])


def test_working_capital_is_laid_out_a_year_ahead() -> None:
    terms = Project(discount_rate=0.1, years=3, ramp=(0.5,), receivable_days=36.5, working_capital_days=73.0)
    flow = cash_flow(0.0, 100.0, 1.0, 1000.0, terms)
    assert flow.working_capital == pytest.approx([50.0 + 20.0, 50.0, 0.0, -120.0])


def test_what_is_not_written_off_at_the_end() -> None:
    """A life of 20 years in a project of 10: the other half is a loss of the last year, less what the plant brings."""
    terms = Project(discount_rate=0.1, years=10, depreciation_years=20, salvage=0.1)
    flow = cash_flow(200.0, 0.0, 1.0, 100.0, terms)
    assert flow.depreciation[1:-1] == pytest.approx([9.0] * 9)
    assert flow.depreciation[-1] == pytest.approx(9.0 + 90.0)
    assert flow.salvage[-1] == 20.0


@pytest.mark.parametrize("losses", LOSSES)
def test_draws_are_alike(losses: str) -> None:
    """Bits do not depend on company, and a draw that makes no dose has no price."""
    terms = Project(
        discount_rate=0.08, years=12, construction=(0.4, 0.6), ramp=(0.5,), tax=0.25, losses=losses,  # type: ignore[arg-type]
        working_capital_days=30.0, depreciation="declining_balance", depreciation_years=10, salvage=0.05,
    )  # fmt: skip
    rng = np.random.default_rng(20270105)
    capital, cost, doses = (rng.lognormal(size=40) * typical for typical in (CAPITAL, COST, DOSES))
    doses[3] = 0.0
    together = project(capital, cost, doses, 900.0, terms)
    for lane in (0, 3, 39):
        alone = project(capital[lane], cost[lane], doses[lane], 900.0, terms)
        for name in ("net_present_value", "rate_of_return", "payback", "minimum_selling_price", "levelized_cost"):
            assert np.array_equal(getattr(together, name)[lane], getattr(alone, name), equal_nan=True), name
    assert np.isinf(together.minimum_selling_price[3]) and np.isinf(together.levelized_cost[3])
    assert together.rate_of_return[3] < 0.0 and np.isinf(together.payback[3])
    assert together.flow.net.shape == (terms.horizon, 40)
    assert np.array_equal(together.flow.cumulative[-1], np.cumsum(together.flow.net, axis=0)[-1])


def test_without_a_price_the_project_just_pays() -> None:
    found = project(CAPITAL, COST, DOSES, None, replace(PLAIN, tax=0.25, losses="carried"))
    assert not found.price_given
    assert found.price == found.minimum_selling_price
    assert found.net_present_value == pytest.approx(0.0, abs=1e-4)
    assert found.rate_of_return == pytest.approx(0.1)
    assert found.discounted_payback == pytest.approx(15.0)


def test_directions() -> None:
    """A slower ramp, tax and working capital each ask for a higher price; salvage and later spending for a lower."""
    base = float(minimum_selling_price(CAPITAL, COST, DOSES, PLAIN))
    for change in ({"ramp": (0.5,)}, {"tax": 0.25}, {"working_capital_days": 90.0}, {"receivable_days": 60.0}):
        assert minimum_selling_price(CAPITAL, COST, DOSES, replace(PLAIN, **change)) > base  # type: ignore[arg-type]
    assert minimum_selling_price(CAPITAL, COST, DOSES, replace(PLAIN, salvage=0.2)) < base
    assert present_cost(CAPITAL, COST, replace(PLAIN, construction=(0.5, 0.5))) < present_cost(CAPITAL, COST, PLAIN)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"years": 0}, "years of operation cannot be used; got 0"),
        ({"years": 2.5}, "years of operation"),
        (
            {"depreciation_years": 0},
            "depreciation life in years cannot be used; got 0; expected a whole number, 1 or more",
        ),
        ({"discount_rate": -0.01}, "discount rate"),
        ({"tax": 1.5}, "tax cannot be used; got 1.5; expected a number from 0 to 1"),
        ({"salvage": -0.1}, "salvage"),
        ({"construction": ()}, "shares of the years of construction"),
        ({"construction": (0.5, 0.4)}, "shares that sum to 1"),
        ({"ramp": (0.5,) * 16}, "years of ramp-up cannot be used; got 16; expected at most the 15 years"),
        ({"ramp": (1.5,)}, "share of a year"),
        ({"losses": "refund"}, "did you mean refunded"),
        ({"depreciation": "straight"}, "unknown method of depreciation"),
        ({"working_capital_days": -1.0}, "working capital days"),
    ],
)
def test_terms_that_cannot_be(change: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as error:
        replace(PLAIN, **change)  # type: ignore[arg-type]
    assert words in str(error.value)


@pytest.mark.parametrize("wrong", [(-1.0, COST, DOSES, 1.0), (CAPITAL, -1.0, DOSES, 1.0), (CAPITAL, COST, -1.0, 1.0)])
def test_negative_money_is_refused(wrong: tuple[float, float, float, float]) -> None:
    with pytest.raises(UsageError, match=r"cannot be used; got -1\.0; expected a number of 0 or more"):
        project(*wrong, PLAIN)
