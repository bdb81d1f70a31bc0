"""What the plant of a run is worth as an investment: one cash flow for each replication, at the prices of its world.

The window of a run stands for every year of production: its costs but depreciation and start-up are the annual cost,
its released doses the output, its fixed capital with start-up what is built. Where no price of a dose is given, it is
the minimum selling price, at which the net present value is zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exosim.economics.costing import Costing
from exosim.economics.fixed import YEAR, capital_of
from exosim.economics.ledger import CostLedger
from exosim.economics.project import ProjectResult, project
from exosim.economics.terms import Project
from exosim.economics.usage import Use
from exosim.summaries import Estimate, estimate

Floats = NDArray[np.float64]
CAPITAL = ("equipment", "building", "validation")
"""Categories that are spending on capital, which a cash flow has in the years of construction."""


@dataclass(frozen=True)
class Finance:
    """The plant of a run as an investment, replication by replication.

    Attributes
    ----------
    currency : of all money
    each : what each replication comes to
    capital : fixed capital with start-up, shape (replications,) [currency]
    annual_cost : without depreciation [currency/year]
    doses : released in a year
    """

    currency: str
    each: Sequence[ProjectResult]
    capital: Floats
    annual_cost: Floats
    doses: Floats

    @property
    def price_given(self) -> bool:
        """Whether the scenario says at which price a dose is sold."""
        return self.each[0].price_given

    def values(self, name: str) -> Floats:
        """Return a number of the projects, shape (replications,), such as ``net_present_value``."""
        return np.array([float(getattr(one, name)) for one in self.each])

    @cached_property
    def figures(self) -> list[Estimate]:
        """The figures over replications; one that is infinite or not a number in a replication does not count there."""
        money, dose = self.currency, f"{self.currency}/dose"
        told = {"minimum_selling_price": dose, "levelized_cost": dose, "net_present_cost": money}
        if self.price_given:
            worth = {"net_present_value": money, "rate_of_return": "1/year", "payback": "year"}
            told = {"price": dose, **worth, "discounted_payback": "year", **told}
        found = [estimate("capital", None, money, self.capital.tolist())]
        found.append(estimate("annual_cost", None, f"{money}/year", self.annual_cost.tolist()))
        return found + [estimate(name, None, unit, self.values(name).tolist()) for name, unit in told.items()]

    @property
    def worthwhile(self) -> float | None:
        """Share of the replications whose net present value is above zero; None without a price."""
        return float(np.mean(self.values("net_present_value") > 0.0)) if self.price_given else None

    @cached_property
    def selling_price(self) -> float | None:
        """Price of a dose of the cumulated flow: as given, else the median of the minimum selling prices."""
        prices = self.values("price")
        known = prices[np.isfinite(prices)]
        return float(np.median(known)) if known.size else None

    def cumulated(self) -> Floats:
        """Return the cash flow added up by year, shape (years, replications), at :attr:`selling_price`."""
        if self.price_given:
            return np.stack([one.flow.cumulative for one in self.each], axis=1)
        columns = zip(self.capital, self.annual_cost, self.doses, self.each, strict=True)
        sold = [project(c, a, d, self.selling_price or 0.0, one.terms) for c, a, d, one in columns]
        return np.stack([one.flow.cumulative for one in sold], axis=1)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures and the terms as a JSON object."""
        terms = self.each[0].terms
        return {
            "price_given": self.price_given,
            "worthwhile": self.worthwhile,
            "figures": [one.as_dict() for one in self.figures],
            "terms": {
                "discount_rate": terms.discount_rate, "years": terms.years, "construction_years": terms.begins,
                "tax": terms.tax, "depreciation": terms.depreciation, "depreciation_years": terms.life,
            },
        }  # fmt: skip


def finance(uses: Sequence[Sequence[Use]], worlds: Sequence[Costing], ledgers: Sequence[CostLedger]) -> Finance:
    """Return what the plant of a run is worth, replication by replication."""
    capital, annual, doses, each = [], [], [], []
    for own, world, ledger in zip(uses, worlds, ledgers, strict=True):
        built = capital_of(own, world, ledger.hours).fixed * (1.0 + world.numbers.start_up)
        spent = math.fsum(line.cost for line in ledger.lines if line.category not in CAPITAL)
        capital.append(built)
        annual.append(spent * YEAR / ledger.hours)
        doses.append(ledger.released * YEAR / ledger.hours)
        each.append(project(built, annual[-1], doses[-1], world.price_per_dose, terms_of(world)))
    return Finance(ledgers[0].currency, each, np.array(capital), np.array(annual), np.array(doses))


def terms_of(world: Costing) -> Project:
    """Return the terms of the project: years, interest, tax, ramp-up and depreciation as the scenario says."""
    numbers = world.numbers
    construction, ramp = max(int(numbers.construction), 1), int(numbers.ramp)
    return Project(
        discount_rate=numbers.capital_rate,
        years=max(int(numbers.project_life), 1),
        construction=tuple([1.0 / construction] * construction),
        ramp=tuple((year + 1.0) / (ramp + 1.0) for year in range(min(ramp, int(numbers.project_life)))),
        tax=numbers.income_tax,
        working_capital_days=numbers.working_capital,
        depreciation=world.depreciation,
        depreciation_years=max(round(numbers.equipment_life), 1),
        salvage=numbers.salvage,
    )
