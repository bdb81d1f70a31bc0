"""When there are enough replications: the 95 % half-width of the mean of an indicator is as small as was asked for.

The numbers of replications after which the width is looked at are fixed beforehand: 10, 20 and so on, from 200 in steps
of a tenth of what there is. Neither the number of processes nor their speed decides when a run stops.

A run that stops because its interval happens to be narrow covers the true mean a little less often than in 95 % of the
cases; the shortfall vanishes as the width asked for goes to zero (Y. S. Chow and H. Robbins, On the asymptotic theory
of fixed-width sequential confidence intervals for the mean, Ann. Math. Stat. 36, 457-462, 1965). That is why no run
stops before the tenth replication.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exosim import units
from exosim.economics.headlines import COST_UNITS
from exosim.errors import Problem, UsageError, unknown
from exosim.indicators import HEADLINE_UNITS, Account
from exosim.summaries import Estimate, estimate

STEP = 10
_TENTH = 100
_PERCENT = ("%", "percent", "pct")


@dataclass(frozen=True, slots=True)
class HalfWidth:
    """A half-width that is asked for.

    Attributes
    ----------
    name, unit : the indicator and its unit
    width : in that unit, or as a share of the mean
    relative : whether it is a share of the mean
    """

    name: str
    unit: str
    width: float
    relative: bool

    def reached(self, accounts: Sequence[Account]) -> Reached:
        """Return how wide the interval is after some replications."""
        found = estimate(
            self.name, None, self.unit, [account.headlines.get(self.name, math.nan) for account in accounts]
        )
        return Reached(self, len(accounts), found.n, _half_width(found, self.relative))


@dataclass(frozen=True, slots=True)
class Reached:
    """The half-width that was reached.

    Attributes
    ----------
    asked : what was asked for
    replications : how many there are
    n : how many of them have a value
    width : in the terms of what was asked for; None when there is none
    """

    asked: HalfWidth
    replications: int
    n: int
    width: float | None

    @property
    def met(self) -> bool:
        """Whether enough replications have a value, and the interval is as narrow as asked for."""
        return self.n >= STEP and self.width is not None and self.width <= self.asked.width

    @property
    def hopeless(self) -> bool:
        """Whether no replication has a value, so that more of them promise nothing."""
        return self.n == 0

    def as_dict(self) -> dict[str, Any]:
        """Return what was asked for and reached as a JSON object."""
        asked = self.asked
        return {
            "name": asked.name,
            "unit": asked.unit,
            "relative": asked.relative,
            "asked": asked.width,
            "reached": self.width,
            "n": self.n,
            "met": self.met,
        }

    def __str__(self) -> str:
        name, asked = self.asked.name, _show(self.asked.width, self.asked)
        if self.width is None:
            found = "no value" if not self.n else "no interval"
            return f"half-width of {name}: {found} in {self.replications} replications; asked for: {asked}"
        met = "met" if self.met else "not met"
        reached = f"{_show(self.width, self.asked)} after {self.replications} replications"
        return f"half-width of {name}: {reached}; {met}, asked for: {asked}"


def _half_width(found: Estimate, relative: bool) -> float | None:
    if found.mean is None or found.high is None:
        return None
    half = found.high - found.mean
    if not relative or half == 0.0:
        return half
    return half / abs(found.mean) if found.mean else None


def _show(width: float, asked: HalfWidth) -> str:
    if asked.relative:
        return f"{100.0 * width:.3g} % of the mean"
    return units.show(width, asked.unit, 3)


def read_half_widths(asked: Mapping[str, str]) -> tuple[HalfWidth, ...]:
    """Return the half-widths that a person asks for, by name of an indicator.

    Parameters
    ----------
    asked : such as ``{"doses_per_year": "5 %", "lead_time": "10 h"}``; a percentage is a share of the mean

    Raises
    ------
    UsageError
        when a name or a width is off; all problems at once.
    """
    found = [_read(name, str(text)) for name, text in asked.items()]
    problems = [item for item in found if isinstance(item, Problem)]
    if problems:
        raise UsageError(problems)
    return tuple(item for item in found if isinstance(item, HalfWidth))


def _read(name: str, text: str) -> HalfWidth | Problem:
    known = {**HEADLINE_UNITS, **COST_UNITS}
    if name not in known:
        return unknown("indicator", name, list(known))
    unit, place = known[name], f"half_width.{name}"
    example = 'a share of the mean, such as "5 %"'
    expected = f"{example}, or a {'number' if unit == '1' else f'quantity in {unit}'}"
    try:
        value, written = units.split(text)
        relative = written in _PERCENT
        if name in COST_UNITS and not relative:
            return Problem("is money, of which the scenario tells the currency", place, f'"{text}"', example)
        width = value / 100.0 if relative else units.parse(text, unit)
    except units.QuantityError as error:
        return Problem(error.problem, place, error.got, expected, error.nearest)
    if not (0.0 < width < math.inf):
        return Problem("a half-width is above 0", place, f'"{text}"', expected)
    return HalfWidth(name, unit, width, relative)


def targets(asked: Sequence[HalfWidth], most: int) -> Iterator[int]:
    """Yield after how many replications to look; with nothing asked for, after all of them."""
    count = STEP
    while asked and count < most:
        yield count
        count += STEP * max(count // _TENTH, 1)
    yield most


def settled(asked: Sequence[HalfWidth], accounts: Sequence[Account]) -> bool:
    """Return whether there is no reason for more replications: all widths are met, or one has no value at all."""
    found = [half_width.reached(accounts) for half_width in asked]
    return all(reached.met for reached in found) or any(reached.hopeless for reached in found)
