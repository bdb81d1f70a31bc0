"""The prices of a costing: what stands for what, of which year, on which source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from exosim.cost_figures import Part
from exosim.cost_words import money, span
from exosim.distributions import Distribution
from exosim.economics.fixed import YEAR
from exosim.price_reader import PriceDeclaration
from exosim.summaries import Row

if TYPE_CHECKING:
    from exosim.scenario import Scenario

_OF_THE_PLANT = "economics"
_ENDS = (("low", 0.05), ("high", 0.95))


@dataclass(frozen=True, slots=True)
class Price(Row):
    """A price of what a run used.

    Attributes
    ----------
    address : by which ``--set`` changes it, such as ``material.buffer.price``
    value : as it is given, in its own currency and year
    currency, year : of the value
    source, grade : the evidence; ``assumption`` where there is none
    origin : ``scenario`` or ``price list``
    listed : key of the price list; empty of one's own
    assumed : whether it counts as an assumption: without a year or without a source
    per_year : what is spent at this price, mean of a year in the money of the scenario
    """

    address: str
    value: str
    currency: str
    year: int | None
    source: str
    grade: str
    origin: str
    listed: str
    assumed: bool
    per_year: float


def prices_of(scenario: Scenario, spent: Mapping[str, Part]) -> list[Price]:
    """Return every price of what was used, those at which most is spent first.

    Parameters
    ----------
    spent : parts of all costs by resource, such as ``material.buffer``
    """
    declared = scenario.declarations.economics
    if declared is None:
        return []
    found = [
        _price(price, spent[resource].per_year)
        for address, price in declared.prices.items()
        for resource in [resource_of(address)]
        if resource in spent
    ]
    found += [
        _price(charge.price, spent[f"charge.{name}"].per_year)
        for name, charge in declared.charges.items()
        if f"charge.{name}" in spent
    ]
    return sorted(found, key=lambda price: -price.per_year)


def resource_of(address: str) -> str:
    """Return the resource of the lines that a price makes."""
    head, _, key = address.rpartition(".")
    if head.endswith(".prices"):
        return f"material.{key}"
    if address == "economics.building":
        return "building"
    return address if head == _OF_THE_PLANT else head


def _price(declared: PriceDeclaration, per_year: float) -> Price:
    given, listed = declared.given, declared.listed
    return Price(
        declared.address, _told(declared), declared.currency, declared.year if declared.stated else None, given.source,
        given.grade, "price list" if declared.default else "scenario", "" if listed is None else listed.key,
        declared.assumed, per_year,
    )  # fmt: skip


def _told(declared: PriceDeclaration) -> str:
    """Return a price as people read it: the most likely amount, and between what and what."""
    base, unit = declared.given.quantity.base, declared.block.parameters[declared.field].unit
    times, unit = _yearly(unit)
    if not isinstance(base, Distribution):
        return f"{money(times * base)} {unit}"
    known = dict(base.numbers)
    middle = known.get("mode", base.median())
    low, high = (times * known.get(name, float(base.quantile(np.array([q]))[0])) for name, q in _ENDS)
    return f"{money(times * middle)} ({span(low, high)}) {unit}"


def _yearly(unit: str) -> tuple[float, str]:
    """Return a unit in which people read a price, and what one of it is: salaries and rents are for a year."""
    for hourly, yearly in (("/(FTE*h)", "/FTE/year"), ("/(m2*h)", "/m2/year")):
        if unit.endswith(hourly):
            return YEAR, unit.removesuffix(hourly) + yearly
    return 1.0, unit
