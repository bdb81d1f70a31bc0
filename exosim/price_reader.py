"""Read prices: an amount of money per something, in the currency and of the year that its author states.

A price is text such as ``"45 EUR/L"``; a table with a value or a distribution and its ``year`` and ``source``; or
``{ like = "media_stempro_sf" }``, a price of the shipped list. One without year or source is an assumption, and is
counted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exosim import units
from exosim.declarations import Block
from exosim.errors import in_words, unknown
from exosim.findings import Findings
from exosim.parameter import ASSUMPTION, Parameter
from exosim.price_catalog import ListPrice, prices
from exosim.quantities import Given, SourceGrades, read_number, read_quantity
from exosim.toml_source import KeyPath
from exosim.units import QuantityError

_MOST = 1e9
_FIRST_YEAR, _LAST_YEAR = 1950, 2100
FULL_TIME = "FTE*h"
"""Of what a salary is the price: a full-time person and an hour of the calendar."""
_LEAST_TIMES, _MOST_TIMES = 1e-6, 1e6
_TIMES_OF_A_PRICE = '1e-6 to 1e6; what costs nothing has an amount instead, such as "0 EUR"'
_OWN = ("like", "times", "year")


@dataclass(frozen=True)
class PriceDeclaration:
    """One price, in its own currency.

    Attributes
    ----------
    block : its number, under the address of what it is the price of
    field : the key of its number: price, purchase, wage, building, ...
    currency : in which it is stated
    year : of its money; that of the scenario where none is stated
    stated : whether scenario or list tell the year
    listed : the price of the shipped list that it is; None where the scenario gives its own
    default : whether it stands for what the scenario does not price
    """

    block: Block
    field: str
    currency: str
    year: int
    stated: bool
    listed: ListPrice | None = None
    default: bool = False

    @property
    def address(self) -> str:
        """The address of its number."""
        return f"{self.block.prefix}.{self.field}"

    @property
    def given(self) -> Given:
        """The number as it is given."""
        return self.block.given[self.field]

    @property
    def covers(self) -> tuple[str, ...]:
        """What else of a room it includes, as the list says."""
        return () if self.listed is None else self.listed.covers

    @property
    def assumed(self) -> bool:
        """Whether it counts as an assumption: without a year or without a source."""
        return not self.stated or self.given.source == ASSUMPTION


class PriceReader:
    """One reading of the prices of one scenario.

    Parameters
    ----------
    findings : takes the problems
    grades : grade by source key
    year : of prices that state none
    """

    def __init__(self, findings: Findings, grades: SourceGrades, year: int) -> None:
        self._findings, self._grades, self._year = findings, grades, year

    def read(self, raw: Any, prefix: str, path: KeyPath, per: str) -> PriceDeclaration | None:
        """Return the price that stands at `path`, or None when it cannot be read; the problem is noted.

        Parameters
        ----------
        raw : as TOML gives it
        prefix : address of what it is the price of
        per : unit of which it is the price, such as ``L``; empty: of one piece
        """
        try:
            return self._read(raw, prefix, str(path[-1]), per)
        except QuantityError as error:
            self._findings.quantity(path, error)
            return None

    def listed(self, found: ListPrice, prefix: str, field: str, per: str) -> PriceDeclaration:
        """Return a price of the shipped list: low, typical and high as a triangular distribution."""
        per = FULL_TIME if per == "h" and "FTE" in found.unit else per
        return dataclasses.replace(self._read({"like": found.key}, prefix, field, per), default=True)

    def _read(self, raw: Any, prefix: str, field: str, per: str) -> PriceDeclaration:
        table = dict(raw) if isinstance(raw, dict) else {"value": raw}
        own = {key: table.pop(key) for key in _OWN if key in table}
        if "like" in own:
            return self._like(own, table, prefix, field, per)
        if "times" in own:
            raise QuantityError('"times" goes with "like"', in_words(own["times"]))
        currency, year = _currency(table, per), self._stated_year(own.get("year"))
        unit = money_unit(currency, per)
        given = read_quantity(table, _parameter(unit), self._grades)
        if year is None:
            given = dataclasses.replace(given, source=ASSUMPTION, grade="D")
        return self._declared(given, prefix, field, currency, unit, year)

    def _like(
        self, own: Mapping[str, Any], rest: Mapping[str, Any], prefix: str, field: str, per: str
    ) -> PriceDeclaration:
        if rest or "year" in own:
            other = next(iter(rest), "year")
            raise QuantityError(f'a price "like" one of the list takes no {other}', None, 'like, and "times"')
        if not isinstance(own["like"], str) or own["like"] not in prices():
            problem = unknown("price", str(own["like"]), prices())
            raise QuantityError(problem.problem, in_words(own["like"]), "a price of the list", problem.nearest)
        found, times = prices()[own["like"]], read_number(own.get("times", 1.0), "1")
        if not _LEAST_TIMES <= times <= _MOST_TIMES:
            raise QuantityError('"times" multiplies a price of the list', in_words(own["times"]), _TIMES_OF_A_PRICE)
        unit = money_unit(found.currency, per)
        try:
            factor = times * units.parse(f"1 {found.unit}", unit)
        except QuantityError as error:
            raise QuantityError(f"this price is per {found.per or 'piece'}", in_words(found.unit), unit) from error
        numbers = {name: f"{getattr(found, at) * factor!r} {unit}" for name, at in _TRIANGLE}
        raw = {"triangular": numbers} if found.low < found.high else {"value": numbers["mode"]}
        given = read_quantity(
            {**raw, "source": found.source, "grade": found.grade, "allow_outside_range": True},
            _parameter(unit), self._grades,
        )  # fmt: skip
        given = dataclasses.replace(given, origin="preset")
        return self._declared(given, prefix, field, found.currency, unit, found.year, found)

    def _declared(
        self, given: Given, prefix: str, field: str, currency: str, unit: str, year: int | None,
        found: ListPrice | None = None,
    ) -> PriceDeclaration:  # fmt: skip
        known = self._year if year is None else year
        told = dataclasses.replace(given, text=f"{given.text} of {known}" if year is not None else given.text)
        block = Block(PriceDeclaration, prefix, {field: _parameter(unit)}, {field: told})
        return PriceDeclaration(block, field, currency, known, year is not None, found)

    def _stated_year(self, raw: Any) -> int | None:
        if raw is None:
            return None
        if isinstance(raw, bool) or not isinstance(raw, int) or not _FIRST_YEAR <= raw <= _LAST_YEAR:
            raise QuantityError("year must be a year", in_words(raw), f"{_FIRST_YEAR} to {_LAST_YEAR}")
        return raw


_TRIANGLE = (("low", "low"), ("mode", "typical"), ("high", "high"))


def money_unit(currency: str, per: str) -> str:
    """Return the unit of a price, such as ``EUR/(FTE*h)``."""
    return f"{currency}/({per})" if "*" in per else f"{currency}/{per}" if per else currency


def _parameter(unit: str) -> Parameter:
    doc = "amount of money"
    return Parameter(None, unit, 0.0, _MOST, doc, ASSUMPTION, "D", False, False, False, 0.0, float("inf"), False)


def _currency(table: Mapping[str, Any], per: str) -> str:
    """Return the one currency that the texts of a price name."""
    found = dict.fromkeys(code for text in _texts(table) if (code := _currency_of(text)) is not None)
    example = f'"45 EUR/{per}"' if per else '"45 EUR"'
    if not found:
        got = in_words(next(iter(table.values()), None))
        raise QuantityError("a price needs its currency", got, f"an amount with one of {_codes()}, such as {example}")
    if len(found) > 1:
        raise QuantityError("a price has one currency", " and ".join(found), f"one of them, such as {example}")
    return next(iter(found))


def _codes() -> str:
    return ", ".join(units.currencies())


def _currency_of(text: str) -> str | None:
    unit = units.split(text)[1]
    return units.currency_of(unit) if unit else None


def _texts(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a price that hold quantities; words about it hold none."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _texts(value)
        elif isinstance(value, str) and key not in ("source", "grade", "varies"):
            yield value
