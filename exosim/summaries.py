"""Summaries of a quantity over all draws, estimates over replications, and the limits that were reached."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from exosim import units
from exosim.parameter import Array

QUANTILES = (0.05, 0.5, 0.95)
COVERAGE = 0.975
"""Upper end of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is reported with a fixed set of names."""

    def as_dict(self) -> dict[str, Any]:
        """Return the row as a JSON object, in the order of its fields."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Summary(Row):
    """A quantity over all draws.

    Attributes
    ----------
    name, step, unit : what, after which step (None for a headline), in which unit
    n : number of draws; 0 when there is nothing to report, for the `reason` given
    mean, sd, median, p5, p95 : over the draws; None when n = 0; `sd` is also None when n = 1
    """

    name: str
    step: str | None
    unit: str
    n: int
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    p5: float | None = None
    p95: float | None = None
    reason: str | None = None

    def __str__(self) -> str:
        if self.median is None:
            return f"{self.name}: none ({self.reason})"
        low, middle, high = (units.show(v or 0.0, "1", 3) for v in (self.p5, self.median, self.p95))
        return f"{self.name}: {middle} ({low} to {high}) {'' if self.unit == '1' else self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Estimate(Row):
    """An indicator over replications: n, mean with its 95 % interval (Student), standard deviation and quantiles."""

    name: str
    step: str | None
    unit: str
    n: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    sd: float | None = None
    median: float | None = None
    p5: float | None = None
    p95: float | None = None
    reason: str | None = None

    def __str__(self) -> str:
        if self.mean is None:
            return f"{self.name}: none ({self.reason})"
        span = f" ({units.show(self.low, '1')} to {units.show(self.high or 0.0, '1')})" if self.low is not None else ""
        return f"{self.name}: {units.show(self.mean, '1')}{span} {'' if self.unit == '1' else self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class LimitReached(Row):
    """How often a named limit was reached."""

    step: str
    limit: str
    share: float


def summarize(
    name: str, step: str | None, unit: str, values: Array | None, draws: int, reason: str | None = None
) -> Summary:
    """Return the summary of values over draws; what is equal in all draws may come as one number."""
    if values is None:
        return Summary(name, step, unit, 0, reason=reason or "not reported")
    array = np.asarray(values, dtype=np.float64)
    odd = np.count_nonzero(~np.isfinite(array)) * (draws // array.size)
    if odd:
        return Summary(name, step, unit, 0, reason=f"not a finite number in {odd} of {draws} draws")
    ordered = np.sort(array, axis=None)  # sorting takes vector instructions; selecting several ranks does not
    quantiles = [float(value) for value in np.quantile(ordered, QUANTILES)]
    with np.errstate(over="ignore"):
        mean, sd = float(np.mean(array)), float(np.std(array, ddof=1)) if array.size > 1 else 0.0
    return of_moments(name, step, unit, draws, mean, sd, quantiles)


def of_moments(
    name: str, step: str | None, unit: str, draws: int, mean: float, sd: float, quantiles: Sequence[float]
) -> Summary:
    """Return a summary from mean, standard deviation and the :data:`QUANTILES` of finite values."""
    if not math.isfinite(mean + sd):
        return Summary(name, step, unit, 0, reason="too large a number to average")
    low, middle, high = quantiles
    return Summary(name, step, unit, draws, mean, sd if draws > 1 else None, middle, low, high)


def half_width(sd: float, n: int) -> float:
    """Return half of the 95 % interval (Student) of a mean of `n` values, two or more, with standard deviation `sd`."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, COVERAGE)) * sd / math.sqrt(n)


def share_interval(hits: int, n: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a probability (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404)."""
    from scipy.special import betaincinv

    low = float(betaincinv(hits, n - hits + 1, 1.0 - COVERAGE)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, COVERAGE)) if hits < n else 1.0
    return low, high


def estimate(name: str, step: str | None, unit: str, values: Sequence[float]) -> Estimate:
    """Return the estimate of an indicator; replications without a value do not count."""
    found = np.array([value for value in values if math.isfinite(value)])
    if not found.size:
        return Estimate(name, step, unit, 0, reason="no replication has a value")
    mean, n = float(found.mean()), int(found.size)
    p5, median, p95 = map(float, np.quantile(found, QUANTILES))
    if n == 1:
        return Estimate(name, step, unit, 1, mean, median=median, p5=p5, p95=p95)
    sd = float(found.std(ddof=1))
    half = half_width(sd, n)
    return Estimate(name, step, unit, n, mean, mean - half, mean + half, sd, median, p5, p95)
