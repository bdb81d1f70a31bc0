"""One indicator of one run beside the first run: how much it differs, how surely, and how often it is better.

Runs with one seed are paired: replication by replication they are the same possible world, and what is common cancels
(common random numbers). Runs with different seeds are independent: the interval of their difference is that of Welch,
doi:10.1093/biomet/34.1-2.28, and replications stand side by side only to count how often one is better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exosim import units
from exosim.comparison import ROUNDING, paired_difference
from exosim.directions import Direction
from exosim.run_comparison.timed_runs import Floats
from exosim.summaries import COVERAGE, Estimate, Row


@dataclass(frozen=True, slots=True)
class RunContrast(Row):
    """One indicator of one run, and its difference to the first run.

    Attributes
    ----------
    name, step, unit, direction : the indicator, what it is of (None for the whole), its unit, and whether `more` or
        `less` of it is better, or `neither`
    run : label of the run
    n, mean, mean_low, mean_high, sd, median, p5, p95 : over the replications of the run that have a value, with the
        95 % interval of the mean (Student)
    paired : whether both runs have the same seed; None where nothing is compared
    pairs, left_out : replications of both that are compared, and those in which one of them has no value
    difference, low, high : mean of this minus that of the first, with its 95 % interval: of Student over the paired
        differences, of Welch where they are not paired
    difference_sd, difference_p5, difference_p95 : spread of the differences over the replications
    correlation : of the two over the replications; None when one of them does not vary, or when they are not paired
    variance_reduction : how many times the variance of the difference would be, were they independent; likewise None
    better, better_low, better_high : share of the replications in which this is better than the first, with its exact
        95 % interval (Clopper and Pearson): the probability that it is better
    equal : share of the replications in which the two are equal
    best : share of the replications in which it is the best of all; those that tie share a replication evenly
    reason : why there is no value, or no difference
    """

    name: str
    step: str | None
    unit: str
    direction: Direction
    run: str
    n: int
    mean: float | None = None
    mean_low: float | None = None
    mean_high: float | None = None
    sd: float | None = None
    median: float | None = None
    p5: float | None = None
    p95: float | None = None
    paired: bool | None = None
    pairs: int | None = None
    left_out: int | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    difference_sd: float | None = None
    difference_p5: float | None = None
    difference_p95: float | None = None
    correlation: float | None = None
    variance_reduction: float | None = None
    better: float | None = None
    better_low: float | None = None
    better_high: float | None = None
    equal: float | None = None
    best: float | None = None
    reason: str | None = None

    @property
    def sure(self) -> bool:
        """Whether the 95 % interval of the difference leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0.0 or self.high < 0.0)

    @property
    def alike(self) -> bool:
        """Whether the run is compared with the first, and equal to it in every replication and in its mean."""
        return self.equal == 1.0 and self.difference == 0.0

    def __str__(self) -> str:
        if self.mean is None:
            return f"{self.run}: none ({self.reason})"
        shown = f"{self.run}: {units.show(self.mean, '1', 3)}"
        if self.difference is None or self.low is None or self.high is None:
            return shown
        span = f"{units.show(self.low, '1', 3)} to {units.show(self.high, '1', 3)}"
        sure = "" if self.better is None else f"; better in {100.0 * self.better:.3g} %"
        return f"{shown}, difference {units.show(self.difference, '1', 3)} ({span}){sure}"


def percent(share: float | None) -> str:
    """Return a share in whole percent; what is not quite none or all does not look like it."""
    if share is None:
        return "-"
    shown = f"{100.0 * share:.0f}"
    return {"0": "<1", "100": ">99"}.get(shown, shown) if 0.0 < share < 1.0 else shown


Fields = Mapping[str, float | int | str | None]
"""What is known of a difference, as fields of a :class:`RunContrast`."""


def of_estimate(estimate: Estimate) -> Fields:
    """Return an estimate as fields of a contrast."""
    names = ("n", "mean", "sd", "median", "p5", "p95", "reason")
    return {
        **{name: getattr(estimate, name) for name in names},
        "mean_low": estimate.low,
        "mean_high": estimate.high,
    }


def difference(values: Floats, first: Floats, direction: Direction, paired: bool) -> Fields:
    """Return how one run differs from the first in an indicator.

    Parameters
    ----------
    values, first : the indicator of each replication of both, shapes (replications,); NaN where it has no value
    direction : which way is better
    paired : whether replications of one number are the same possible world
    """
    count = min(values.size, first.size)
    both = np.isfinite(values[:count]) & np.isfinite(first[:count])
    pairs = int(np.count_nonzero(both))
    known: dict[str, float | int | str | None] = {"paired": paired, "pairs": pairs, "left_out": count - pairs}
    if not pairs:
        return {**known, "reason": f"none of {count} replications has a value in both runs"}
    here, base = values[:count][both], first[:count][both]
    known |= paired_difference(here, base, direction)
    if paired:
        return {**known, "variance_reduction": _variance_reduction(here, base, known)}
    return {**known, "correlation": None, **_welch(values[np.isfinite(values)], first[np.isfinite(first)])}


def _variance_reduction(values: Floats, first: Floats, known: Fields) -> float | None:
    """Return the variance of the difference of independent runs over that of these; None when it does not vary."""
    sd = known.get("difference_sd")
    if not isinstance(sd, float) or sd <= ROUNDING * max(float(np.abs(values).max()), float(np.abs(first).max())):
        return None
    return float(values.var(ddof=1) + first.var(ddof=1)) / sd**2


def _welch(values: Floats, first: Floats) -> Fields:
    """Return the difference of two means with its 95 % interval (Welch); shapes (n,) and (m,), all finite."""
    from scipy.special import stdtrit

    mean, base = float(values.mean()), float(first.mean())
    gap = mean - base
    gap = gap if abs(gap) > ROUNDING * max(abs(mean), abs(base)) else 0.0
    if min(values.size, first.size) < 2:
        return {"difference": gap}
    parts = [float(v.var(ddof=1)) / v.size if np.ptp(v) > 0.0 else 0.0 for v in (values, first)]
    freedom = [part**2 / (v.size - 1) for part, v in zip(parts, (values, first), strict=True)]
    half = 0.0
    if sum(freedom) > 0.0:
        half = float(stdtrit(sum(parts) ** 2 / sum(freedom), COVERAGE)) * math.sqrt(sum(parts))
    return {"difference": gap, "low": gap - half, "high": gap + half}
