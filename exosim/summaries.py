"""Summaries of a quantity over all draws, and of the limits that were reached."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from exosim import units
from exosim.parameter import Array

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Summary:
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

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as a JSON object."""
        names = ("name", "step", "unit", "n", "mean", "sd", "median", "p5", "p95", "reason")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        if self.median is None:
            return f"{self.name}: none ({self.reason})"
        low, middle, high = (units.show(v or 0.0, "1", 3) for v in (self.p5, self.median, self.p95))
        return f"{self.name}: {middle} ({low} to {high}) {'' if self.unit == '1' else self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class LimitReached:
    """How often a named limit was reached."""

    step: str
    limit: str
    share: float

    def as_dict(self) -> dict[str, Any]:
        """Return the limit as a JSON object."""
        return {"step": self.step, "limit": self.limit, "share": self.share}


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
    low, middle, high = (float(value) for value in np.quantile(array, QUANTILES))
    with np.errstate(over="ignore"):
        mean, sd = float(np.mean(array)), float(np.std(array, ddof=1)) if array.size > 1 else 0.0
    if not math.isfinite(mean + sd):
        return Summary(name, step, unit, 0, reason="too large a number to average")
    return Summary(name, step, unit, draws, mean, sd if draws > 1 else None, middle, low, high)
