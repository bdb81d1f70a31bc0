"""A project appraised: its cash flow, what it is worth, when it pays back, and what a dose has to sell for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from exosim.economics.annuities import per_dose
from exosim.economics.cash_flow import CashFlow, cash_flow, minimum_selling_price, present_cost, present_doses
from exosim.economics.checks import Money, numbers
from exosim.economics.returns import internal_rate_of_return, net_present_value, payback_time
from exosim.economics.terms import Project as Project


@dataclass(frozen=True, slots=True)
class ProjectResult:
    """What a project comes to; each number one per draw, of shape () for plain numbers.

    Attributes
    ----------
    terms : of the project
    flow : year by year, at `price`
    price : of a dose; the minimum selling price where none was given
    price_given : whether it was. Where it was not, the value is zero and the rate of return that of the discount
        by construction
    net_present_value : at the discount rate
    rate_of_return : internal rate; not a number where there is none, or more than one
    payback, discounted_payback : years from the first spending; infinite if never
    minimum_selling_price : at which the net present value is zero; infinite without doses
    net_present_cost : without revenue and before tax
    levelized_cost : of a dose, before tax: present cost over discounted doses; infinite without doses
    """

    terms: Project
    flow: CashFlow
    price: Money
    price_given: bool
    net_present_value: Money
    rate_of_return: Money
    payback: Money
    discounted_payback: Money
    minimum_selling_price: Money
    net_present_cost: Money
    levelized_cost: Money


def project(
    capital: ArrayLike,
    annual_cost: ArrayLike,
    doses_per_year: ArrayLike,
    price_per_dose: ArrayLike | None,
    project: Project,
) -> ProjectResult:
    """Return what a project comes to.

    Parameters
    ----------
    capital : built, depreciable, without working capital; one per draw, as are the others
    annual_cost : of a year at full output, without depreciation
    doses_per_year : released in a year at full output
    price_per_dose : at which they are sold; None for the minimum selling price
    project : the terms

    Raises
    ------
    UsageError
        If a number is negative or not finite.
    """
    terms, doses = project, numbers("doses per year", doses_per_year)
    lowest = minimum_selling_price(capital, annual_cost, doses, terms)
    price = lowest if price_per_dose is None else numbers("price per dose", price_per_dose)
    flow = cash_flow(capital, annual_cost, doses, np.where(np.isfinite(price), price, 0.0), terms)
    cost = present_cost(capital, annual_cost, terms)
    return ProjectResult(
        terms=terms,
        flow=flow,
        price=price,
        price_given=price_per_dose is not None,
        net_present_value=net_present_value(flow.net, terms.discount_rate),
        rate_of_return=internal_rate_of_return(flow.net),
        payback=payback_time(flow.net),
        discounted_payback=payback_time(flow.net, terms.discount_rate),
        minimum_selling_price=lowest,
        net_present_cost=cost,
        levelized_cost=per_dose(cost, present_doses(doses, terms)),
    )
