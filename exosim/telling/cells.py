"""What stands on a page: numbers as people read them, links, and the tables that they make.

A number keeps all its digits beside the text that is shown: a page can be checked against the results that it tells of.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from exosim.vocabulary import DOSE_WORDS, DoseKind

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NONE = "–"
_DAYS_FROM = 72.0  # h


@dataclass(frozen=True, slots=True)
class Figure:
    """A number: its value with all digits, None where there is none, and the text that is shown."""

    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere: to a place on the page (``#name``) or to a work on the web."""

    text: str
    address: str


Part: TypeAlias = str | Figure | Link
Cell: TypeAlias = Part | tuple[Part, ...]
Sentence: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its title, heads of the columns, and rows whose first cell names them."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def numeric(self) -> tuple[bool, ...]:
        """Return which columns hold numbers, which are set flush right."""
        if not self.rows:
            return (False,) * len(self.head)
        return tuple(any(map(_begins_with_figure, column)) for column in zip(*self.rows, strict=True))


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Table:
    """Return a table."""
    return Table(title, tuple(head), tuple(tuple(row) for row in rows))


def _begins_with_figure(cell: Cell) -> bool:
    return isinstance(cell, Figure) or (isinstance(cell, tuple) and bool(cell) and isinstance(cell[0], Figure))


def number(value: float | None, digits: int = 3) -> Figure:
    """Return a number in so many significant digits: ``1,234`` and ``2.63×10¹³``, never ``2.63e+13``."""
    return Figure(value, _NONE if value is None else plain(value, digits))


def plain(value: float, digits: int = 3) -> str:
    """Return a number as people write it."""
    if value == 0.0 or not math.isfinite(value):
        return f"{value:g}"
    if 1e3 <= abs(value) < 1e6:
        return f"{value:,.0f}"
    if 1e-3 <= abs(value) < 1e3:
        return _fixed(value, digits)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if float(f"{mantissa}e{exponent}") == value:
        mantissa = f"{float(mantissa):g}"
    return f"{mantissa}×10{str(int(exponent)).translate(RAISED)}"


def _fixed(value: float, digits: int) -> str:
    """Return a number below a thousand; zeros at its end tell that there are digits behind them."""
    shown = float(f"{value:.{digits}g}")
    if shown == value:
        return f"{value:g}"
    decimals = max(digits - 1 - math.floor(math.log10(abs(shown))), 0)
    return f"{shown:.{decimals}f}"


def percent(share: float | None) -> Figure:
    """Return a share as a percentage; the value stays the share."""
    if share is None:
        return Figure(None, _NONE)
    shown = 100.0 * share
    text = f"{shown:,.1f}" if share == 0.0 or abs(shown) >= 0.1 else plain(shown, 2)
    return Figure(share, f"{text} %")


def amount(value: float | None, unit: str) -> Figure:
    """Return a number with its unit behind it; a plain ratio is a percentage, long hours are days."""
    if unit == "1":
        return percent(value)
    if unit == "h" and value is not None and abs(value) >= _DAYS_FROM:
        return Figure(value, f"{plain(value / 24.0)} d")
    return Figure(value, f"{number(value).text} {called(unit)}")


def called(unit: str) -> str:
    """Return a unit as it is printed: ``per year``; a plain ratio has none."""
    if unit.startswith("1/"):
        return f"per {unit.removeprefix('1/')}"
    return "" if unit == "1" else unit.replace("ug", "µg").replace("um", "µm")


def dose(number: str, kind: str) -> str:
    """Return a dose in words: what is counted, and how much of it."""
    words = DOSE_WORDS.get(cast(DoseKind, kind), "")
    if kind == "ug":
        return f"{number} µg of {words}"
    if kind == "cell_equivalent":
        return f"{number} cell equivalents ({words})"
    return f"{number} {words or called(kind)}"


def span(low: float | None, high: float | None, digits: int = 3) -> tuple[Part, ...]:
    """Return an interval."""
    if low is None or high is None:
        return (_NONE,)
    return number(low, digits), " to ", number(high, digits)


def told(parts: Iterable[Part]) -> str:
    """Return a sentence as plain text."""
    return "".join(part if isinstance(part, str) else part.text for part in parts)
