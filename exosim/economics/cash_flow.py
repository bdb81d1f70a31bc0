"""The cash flow of a project, CF_t = (R_t - OPEX_t - Dep_t)(1 - tax) + Dep_t - CAPEX_t - dWC_t, year by year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exosim.economics.annuities import per_dose
from exosim.economics.checks import Money, numbers
from exosim.economics.returns import net_present_value
from exosim.economics.terms import DAYS, Project

_DOUBLINGS = 200
_HALVINGS = 54


@dataclass(frozen=True, slots=True)
class CashFlow:
    """A project year by year, each of shape (years, ...) with draws on the last axis.

    Attributes
    ----------
    revenue : of the doses that are sold
    operating_cost : without depreciation
    depreciation : that the tax allows
    tax : paid; negative where a loss is refunded
    capital : spent on the plant
    working_capital : laid out; negative where it comes back
    salvage : that the plant brings at the end
    """

    revenue: Money
    operating_cost: Money
    depreciation: Money
    tax: Money
    capital: Money
    working_capital: Money
    salvage: Money

    @property
    def net(self) -> Money:
        """What comes in less what goes out in each year."""
        earned = self.revenue - self.operating_cost - self.tax
        return earned + self.salvage - self.capital - self.working_capital

    @property
    def cumulative(self) -> Money:
        """The sum of the net flow up to each year."""
        return np.cumsum(self.net, axis=0)


def cash_flow(
    capital: ArrayLike, annual_cost: ArrayLike, doses_per_year: ArrayLike, price_per_dose: ArrayLike, terms: Project
) -> CashFlow:
    """Return the cash flow of a project.

    The plant is sold for its salvage value at the end of the last year; what is not written off by then is a loss of
    that year, and working capital comes back.

    Parameters
    ----------
    capital : built, depreciable, without working capital
    annual_cost : of a year at full output, without depreciation
    doses_per_year : released in a year at full output
    price_per_dose : at which all of them are sold
    terms : of the project

    Raises
    ------
    UsageError
        If a number is negative or not finite.
    """
    built, cost, doses, price = np.broadcast_arrays(
        numbers("capital", capital), numbers("annual cost", annual_cost),
        numbers("doses per year", doses_per_year), numbers("price per dose", price_per_dose),
    )  # fmt: skip
    revenue = np.multiply.outer(terms.sold(), doses * price)
    operating = np.multiply.outer(terms.worked(), cost)
    written_off = terms.depreciated()
    last = (np.arange(terms.horizon) == terms.horizon - 1).astype(np.float64)
    left = (terms.left() - terms.salvage) * last
    allowed = np.multiply.outer(written_off + left, built)
    return CashFlow(
        revenue,
        operating,
        allowed,
        _tax(revenue - operating - allowed, terms),
        np.multiply.outer(terms.spent(), built),
        _laid_out(revenue, operating, terms),
        np.multiply.outer(terms.salvage * last, built),
    )


def _tax(profit: Money, terms: Project) -> Money:
    """Return the tax of each year on its profit, as losses are treated."""
    if terms.losses == "refunded":
        return terms.tax * profit
    found, carried = np.zeros_like(profit), np.zeros(profit.shape[1:])
    for year, gained in enumerate(profit):
        taxed = gained + (carried if terms.losses == "carried" else 0.0)
        found[year] = terms.tax * np.maximum(taxed, 0.0)
        carried = np.minimum(taxed, 0.0)
    return found


def _laid_out(revenue: Money, operating: Money, terms: Project) -> Money:
    """Return what is laid out at the end of each year for the next, less what that year had; the last gets it back."""
    bound = (terms.working_capital_days * operating + terms.receivable_days * revenue) / DAYS
    ahead = np.concatenate([bound[1:], np.zeros_like(bound[:1])])
    return ahead - bound


def present_cost(capital: ArrayLike, annual_cost: ArrayLike, terms: Project) -> Money:
    """Return the net present cost: capital, operating cost and working capital less salvage, before tax, discounted."""
    flow = cash_flow(capital, annual_cost, 0.0, 0.0, terms)
    return net_present_value(
        flow.capital + flow.operating_cost + flow.working_capital - flow.salvage, terms.discount_rate
    )


def present_doses(doses_per_year: ArrayLike, terms: Project) -> Money:
    """Return the discounted doses of all years."""
    doses = np.multiply.outer(terms.sold(), numbers("doses per year", doses_per_year))
    return net_present_value(doses, terms.discount_rate)


def minimum_selling_price(
    capital: ArrayLike, annual_cost: ArrayLike, doses_per_year: ArrayLike, terms: Project
) -> Money:
    """Return the price of a dose at which the net present value is zero; infinite where no dose is made.

    Where the flow is linear in the price (no tax, or losses are refunded), it is the value without revenue over what a
    price of 1 adds to it. That price is a lower bound where losses are not refunded; from it the price is doubled until
    the project pays, and the interval halved.

    Parameters
    ----------
    capital, annual_cost, doses_per_year, terms : see :func:`cash_flow`
    """
    cost, doses = numbers("annual cost", annual_cost), numbers("doses per year", doses_per_year)
    price = _linear_price(capital, cost, doses, terms)
    return price if terms.linear else _halved_price(capital, cost, doses, price, terms)


def _linear_price(capital: ArrayLike, cost: Money, doses: Money, terms: Project) -> Money:
    """Return the price where losses are refunded."""
    refunded = replace(terms, losses="refunded")
    needed = -_worth(cash_flow(capital, cost, doses, 0.0, refunded).net, terms)
    return np.maximum(per_dose(needed, _worth(cash_flow(0.0, 0.0, doses, 1.0, refunded).net, terms)), 0.0)


def _halved_price(capital: ArrayLike, cost: Money, doses: Money, lowest: Money, terms: Project) -> Money:
    """Return the price at which a project pays that gets no refunds, at or above the one with refunds."""
    made = np.isfinite(lowest)
    low = np.where(made, lowest, 0.0)
    short = _shortfall(capital, cost, doses, terms)
    open_ = made & short(low)
    high = np.where(open_, 2.0 * low, low)
    for _ in range(_DOUBLINGS):
        beyond = open_ & short(high)
        if not np.any(beyond):
            break
        low, high = np.where(beyond, high, low), np.where(beyond, 2.0 * high, high)
    for _ in range(_HALVINGS if np.any(open_) else 0):
        middle = 0.5 * (low + high)
        below = short(middle)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(made, high, np.inf)


def _shortfall(capital: ArrayLike, cost: Money, doses: Money, terms: Project) -> Callable[[Money], NDArray[np.bool_]]:
    """Return whether a project is worth less than nothing, by price: all but the tax is linear in it."""
    free, bare = cash_flow(capital, cost, doses, 0.0, terms), cash_flow(0.0, 0.0, doses, 1.0, terms)
    fixed, each = _worth(free.net + free.tax, terms), _worth(bare.net + bare.tax, terms)
    spent, earned = free.operating_cost + free.depreciation, bare.revenue

    def short(price: Money) -> NDArray[np.bool_]:
        return fixed + each * price < _worth(_tax(earned * price - spent, terms), terms)

    return short


def _worth(flow: Money, terms: Project) -> Money:
    return net_present_value(flow, terms.discount_rate)
