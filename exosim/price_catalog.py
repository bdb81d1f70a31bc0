"""The shipped price list: what things cost in public sources, and what stands for what a scenario does not price.

Prices, defaults, exchange rates and the cost index stand in ``prices.toml``. Low, typical and high of a price are a
triangular distribution in the money of its year; nothing here knows a scenario.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

from exosim.errors import nearest_name

CURRENCIES = ("EUR", "USD", "GBP", "CHF")
"""Currencies that a price can be written in."""
KINDS = ("material", "consumable", "equipment", "labor", "quality", "facility", "factor")
"""Kinds of price; a factor is a share, a power, an exponent or a life: no money."""
GRADES: Mapping[str, str] = {
    "A": "all values read in the source",
    "B": "read in the source or fitted to it, with a bracket of our own",
    "C": "a source of low authority",
    "D": "assumption: no source",
}
"""What the grade of a price means."""
DEFAULT_ESCALATION = "fin_escalation"
"""The entry of the list that holds the escalation of cost a year."""
_BESIDE_PRICES = ("defaults", "exchange", "index")


class PriceError(ValueError):
    """A price, rate or index that is not there; holds the clauses of an error message, the caller knows the place."""

    def __init__(self, problem: str, got: str, expected: str | None = None, nearest: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.got, self.expected, self.nearest = problem, got, expected, nearest

    def __str__(self) -> str:
        hints = (f"got {self.got}", f"expected {self.expected}", f'nearest: "{self.nearest}"')
        known = (True, self.expected is not None, self.nearest is not None)
        return "; ".join([self.problem, *(hint for hint, there in zip(hints, known, strict=True) if there)])


@dataclass(frozen=True, slots=True)
class ListPrice:
    """One entry of the price list.

    Attributes
    ----------
    key, name : how a scenario names it, and what it is
    kind : one of :data:`KINDS`
    low, typical, high : a triangular distribution [unit]
    unit, currency, per : such as ``EUR/L``, ``EUR`` and ``L``; `currency` is empty for a factor, `per` for one piece
    year : of the money; None for a factor
    source, grade : key of ``references.toml`` or ``"assumption"``; one of :data:`GRADES`
    basis : what was read, what was computed, what is an own bracket
    size, size_unit : the size that the price is for, such as 50.0 and ``L``; None and empty where it has none
    exponent : power of size with which the price grows; None where it is not known
    covers : what else of a room it includes, such as ``building``, so that the list adds no price for that
    """

    key: str
    name: str
    kind: str
    low: float
    typical: float
    high: float
    unit: str
    currency: str
    per: str
    year: int | None
    source: str
    grade: str
    basis: str
    size: float | None = None
    size_unit: str = ""
    exponent: float | None = None
    covers: tuple[str, ...] = ()


@functools.cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(resources.files("exosim").joinpath("prices.toml").read_text(encoding="utf-8"))


@functools.cache
def prices() -> Mapping[str, ListPrice]:
    """Return every price by its key, in the order of the file."""
    tables = _tables()
    return MappingProxyType({key: _price(key, tables[key]) for key in tables if key not in _BESIDE_PRICES})


def _price(key: str, table: Mapping[str, Any]) -> ListPrice:
    fields = {"year": None, **table, "covers": tuple(table.get("covers", ()))}
    size, _, size_unit = str(fields.pop("size", "")).partition(" ")
    first, _, rest = fields["unit"].partition("/")
    currency, per = (first, rest) if first in CURRENCIES else ("", fields["unit"])
    return ListPrice(key, currency=currency, per=per, size=float(size) if size else None, size_unit=size_unit, **fields)


def price(key: str) -> ListPrice:
    """Return the price with this key.

    Raises
    ------
    PriceError
        when the list has no such key; names the nearest.
    """
    try:
        return prices()[key]
    except KeyError:
        expected = "a key of the price list; `exosim describe prices` shows them"
        raise PriceError("no such price", f'"{key}"', expected, nearest_name(key, prices())) from None


@functools.cache
def defaults() -> Mapping[str, str]:
    """Return the key of the price that stands for an address such as ``material.buffer``, by address."""
    return MappingProxyType(dict(_tables()["defaults"]))


def default_for(address: str) -> ListPrice | None:
    """Return the price that stands for what a scenario does not price, or None where the list has none.

    Parameters
    ----------
    address : such as ``material.buffer``, ``equipment.tff_skid``, ``assay.qpcr`` or ``personnel.upstream``; where
        the table names only the section, as for personnel, that price stands for all of it
    """
    known = defaults()
    key = known.get(address) or known.get(address.partition(".")[0])
    return None if key is None else prices()[key]


def addresses_of(key: str) -> tuple[str, ...]:
    """Return the addresses that a price stands for where a scenario gives none."""
    return tuple(address for address, standing in defaults().items() if standing == key)


def exchange_rate(currency: str, to: str, year: int) -> float:
    """Return the average number of `to` for one of `currency` in a year; years after the last known take the last.

    Raises
    ------
    PriceError
        when a currency is unknown or has no rate in that year.
    """
    if currency == to and currency in CURRENCIES:
        return 1.0
    return _per_dollar(to, year) / _per_dollar(currency, year)


def _per_dollar(currency: str, year: int) -> float:
    """Return the units of a currency for one US dollar."""
    if currency == "USD":
        return 1.0
    if currency not in CURRENCIES:
        expected = " or ".join(CURRENCIES)
        raise PriceError("unknown currency", f'"{currency}"', expected, nearest_name(currency, CURRENCIES))
    rates = _by_year("exchange", currency)
    return _of_year(rates, min(year, max(rates)), f"no exchange rate of {currency} is known for this year")


def index_ratio(from_year: int, to_year: int) -> float:
    """Return how the index of plant cost (CEPCI) grew from one year to another.

    Raises
    ------
    PriceError
        when the index of one of the years is not known.
    """
    known, problem = _by_year("index", "cepci"), "the index of plant cost is not known for this year"
    return _of_year(known, to_year, problem) / _of_year(known, from_year, problem)


def escalation(from_year: int, to_year: int, rate: float | None = None) -> float:
    """Return the factor on a price from one year to another: ``(1 + rate) ** (to_year - from_year)``.

    Parameters
    ----------
    from_year, to_year : year of the price and year wanted; below 1 where the second comes first
    rate : growth a year; None takes that of the price list
    """
    growth = price(DEFAULT_ESCALATION).typical if rate is None else rate
    return (1.0 + growth) ** (to_year - from_year)


@functools.cache
def _by_year(table: str, series: str) -> Mapping[int, float]:
    return {int(year): float(value) for year, value in _tables()[table][series].items()}


def _of_year(known: Mapping[int, float], year: int, problem: str) -> float:
    if year not in known:
        nearest = min(known, key=lambda other: (abs(other - year), other))
        raise PriceError(problem, str(year), _spans(known), str(nearest))
    return known[year]


def _spans(years: Iterable[int]) -> str:
    """Return years as text: ``2003 or 2006 to 2023``."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and spans[-1][1] == year - 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return " or ".join(str(first) if first == last else f"{first} to {last}" for first, last in spans)


def exchange_source() -> tuple[str, str]:
    """Return the source of the rates of exchange, as a key of ``references.toml``, and its grade."""
    table = _tables()["exchange"]
    return str(table["source"]), str(table["grade"])
