"""What is asked at each point of a design: a statistic of a response over the draws, or that limits are met."""

from __future__ import annotations

import operator
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from exosim import units
from exosim.directions import Direction
from exosim.study.factor import Floats

Statistic: TypeAlias = str
"""``mean``, ``median``, ``sd``, or a quantile in percent: ``p5``, ``p97.5``."""
_COMPARE = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Response:
    """What a scenario answers with, on every draw.

    Attributes
    ----------
    name, unit : such as ``doses_per_year``, ``dose/year``
    better : whether more of it is better, less, or neither
    """

    name: str
    unit: str
    better: Direction = "neither"

    @property
    def label(self) -> str:
        """The name with its unit."""
        return self.name if self.unit == "1" else f"{self.name} [{self.unit}]"


class Asked(ABC):
    """A question: one number for each point, from the draws of its responses."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The question in words, such as ``p90 of cost_per_dose``."""

    @property
    @abstractmethod
    def needs(self) -> tuple[str, ...]:
        """Names of the responses that it is about."""

    @abstractmethod
    def of(self, draws: Mapping[str, Floats]) -> Floats:
        """Return the answers, shape (points,), from the draws of each response, shape (points, draws)."""


@dataclass(frozen=True)
class Of(Asked):
    """A statistic of one response over the draws; draws without a value (NaN) are left out, or are `missing`.

    Attributes
    ----------
    response, statistic : such as ``cost_per_dose``, ``p90``
    missing : what a draw without a value counts as, such as an infinite cost, where there is no answer if that is what
        comes out; None: it is left out

    Examples
    --------
    >>> Of("cost_per_dose", "p90").of({"cost_per_dose": np.arange(11.0)[None, :]}).tolist()
    [9.0]
    """

    response: str
    statistic: Statistic = "median"
    missing: float | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """The question in words."""
        return f"{self.statistic} of {self.response}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The name of its response."""
        return (self.response,)

    def of(self, draws: Mapping[str, Floats]) -> Floats:
        """Return the statistic at each point."""
        values = draws[self.response]
        if self.missing is None:
            return statistic_of(values, self.statistic)
        found = statistic_of(np.where(np.isnan(values), self.missing, values), self.statistic)
        return np.where(np.isfinite(found), found, np.nan)


@dataclass(frozen=True, slots=True)
class Condition:
    """A limit of a response: ``cost_per_dose <= 500 EUR/dose``. A draw without a value does not meet it."""

    response: str
    sign: Literal["<=", ">="]
    limit: float
    unit: str = "1"

    def met(self, draws: Floats) -> Floats:
        """Return 1 where it is met, else 0."""
        with np.errstate(invalid="ignore"):
            return np.asarray(_COMPARE[self.sign](draws, self.limit), dtype=np.float64)

    def __str__(self) -> str:
        return f"{self.response} {self.sign} {units.show(self.limit, self.unit)}"


@dataclass(frozen=True)
class Met(Asked):
    """The share of the draws on which all conditions are met together."""

    conditions: tuple[Condition, ...]

    @property
    def label(self) -> str:
        """The conditions in words."""
        return f"probability of {' and '.join(map(str, self.conditions))}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the responses that have a limit."""
        return tuple(dict.fromkeys(one.response for one in self.conditions))

    def of(self, draws: Mapping[str, Floats]) -> Floats:
        """Return the share of the draws at each point."""
        met: Floats = np.ones(())
        for one in self.conditions:
            met = met * one.met(draws[one.response])
        return np.asarray(met.mean(axis=-1))


@dataclass(frozen=True)
class Valued(Asked):
    """On how many draws a response has a value."""

    response: str

    @property
    def label(self) -> str:
        """The question in words."""
        return f"draws with a value of {self.response}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The name of its response."""
        return (self.response,)

    def of(self, draws: Mapping[str, Floats]) -> Floats:
        """Return the number of draws at each point."""
        return np.asarray(np.isfinite(draws[self.response]).sum(axis=-1), dtype=np.float64)


def statistic_of(draws: Floats, statistic: Statistic) -> Floats:
    """Return a statistic over the last axis, without what is NaN; NaN where nothing is left.

    Raises
    ------
    ValueError
        when there is no such statistic.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a point without any value is NaN
        if statistic == "mean":
            return np.asarray(np.nanmean(draws, axis=-1))
        if statistic == "sd":
            return np.asarray(np.nanstd(draws, axis=-1, ddof=1))
    return _quantile(draws, share_of(statistic))


def _quantile(draws: Floats, share: float) -> Floats:
    """Return a quantile over the last axis, that of `numpy.nanquantile` to the bit but for all rows at once."""
    ordered = np.sort(draws, axis=-1)  # what is NaN comes last
    last = np.maximum(np.count_nonzero(~np.isnan(ordered), axis=-1) - 1, 0)
    place = share * last
    below = np.floor(place).astype(np.intp)
    low, high = (np.take_along_axis(ordered, n[..., None], -1)[..., 0] for n in (below, np.minimum(below + 1, last)))
    part = place - below
    with np.errstate(invalid="ignore"):  # beside infinity
        step = np.where(low == high, 0.0, high - low)
        between = np.where(part < 0.5, low + step * part, high - step * (1.0 - part))
    return np.asarray(np.where(part == 0.0, low, between))


def share_of(statistic: Statistic) -> float:
    """Return which quantile a statistic is, from 0 to 1.

    Raises
    ------
    ValueError
        when it is none.
    """
    if statistic == "median":
        return 0.5
    share = float(statistic.removeprefix("p")) / 100.0 if statistic.startswith("p") else -1.0
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"no statistic is called {statistic!r}: mean, median, sd, or p0 to p100")
    return share


def needed(asked: Sequence[Asked]) -> tuple[str, ...]:
    """Return the names of all responses that are needed, each once."""
    return tuple(dict.fromkeys(name for one in asked for name in one.needs))
