"""What moving one factor over its range does to one response, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Literal, TypeAlias

import numpy as np

from exosim.comparison import ROUNDING
from exosim.study.documents import known
from exosim.study.factor import Floats
from exosim.study.intervals import COVERAGE, Interval, mean_interval, quantile_interval

By: TypeAlias = Literal["median", "mean"]
Course: TypeAlias = Literal["rises", "falls", "turns", "differs", "flat", "noise", "unknown"]
"""Over the range from low to high. ``differs`` is what choices do, which have no order; ``flat``: no draw changes at
all; ``noise``: no change is sure; ``unknown``: too few draws or points for an answer."""
_STEPS = 0.99
"""How sure all steps from level to level are together."""
NO_EFFECT: tuple[Course, ...] = ("flat", "noise", "unknown")


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of the benchmark table.

    Attributes
    ----------
    factor, response : path and name
    start, stop : between which values it was moved, everything else at the base
    mean, median : of the difference within each draw, stop minus start; the interval of the mean is Student's, that of
        the median comes from order statistics
    by : which of them decides about `course`, `best` and `rank`
    relative : the difference as a share of the response at the base
    elasticity : d ln(response) / d ln(factor) about the base: within each draw, or of the mean where that decides
    course : what the response does from `start` to `stop`
    best : the level at which the response is best; None where there is no better, or no effect
    span : largest difference between any two levels, without its sign
    rank : by span, from 1 within the response; effects that are not sure come last
    reason : why there is no difference
    """

    factor: str
    response: str
    unit: str
    start: float
    stop: float
    mean: Interval
    median: Interval
    by: By
    relative: float | None
    elasticity: Interval
    course: Course
    best: float | None
    span: float
    rank: int = 0
    reason: str | None = None

    @property
    def difference(self) -> Interval:
        """The difference that decides."""
        return self.median if self.by == "median" else self.mean

    @property
    def monotone(self) -> bool | None:
        """Whether the response never turns over the range; None where that is not known or has no meaning."""
        if self.course in ("differs", "noise", "unknown"):
            return None
        return self.course != "turns"

    def as_dict(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return {
            "response": self.response,
            "unit": self.unit,
            "rank": self.rank,
            "factor": self.factor,
            "start": self.start,
            "stop": self.stop,
            "mean": self.mean.as_dict(),
            "median": self.median.as_dict(),
            "relative": known(self.relative),
            "elasticity": self.elasticity.as_dict(),
            "course": self.course,
            "monotone": self.monotone,
            "best": self.best,
            "span": known(self.span),
            "reason": self.reason,
        }


def paired(before: Floats, after: Floats) -> Floats:
    """Return the difference within each draw in which both have a value; what is rounding is zero."""
    both = np.isfinite(before) & np.isfinite(after)
    before, after = before[both], after[both]
    found = after - before
    return np.where(np.abs(found) > ROUNDING * np.maximum(np.abs(before), np.abs(after)), found, 0.0)


def interval_of(values: Floats, by: By, coverage: float = COVERAGE) -> Interval:
    """Return the mean with Student's interval, or the median with that of order statistics."""
    return mean_interval(values, coverage) if by == "mean" else quantile_interval(values, 0.5, coverage)


def elasticity_of(below: Floats, above: Floats, ratio: float, by: By) -> Interval:
    """Return d ln y / d ln x from the responses at two values of x.

    By the median it is that of each draw, and only a draw with values above zero at both has one. By the mean it is
    that of the mean, with Student's interval of what each draw adds to it (delta method): a share of yes and no has
    one although no draw has. Where more than half of all draws have none, there is no elasticity.

    Parameters
    ----------
    ratio : of the two values of x, above 1
    """
    both = np.isfinite(below) & np.isfinite(above)
    if by == "median":
        with np.errstate(invalid="ignore"):
            both &= (below > 0.0) & (above > 0.0)
    if not both.any() or 2 * int(both.sum()) < both.size:
        return Interval(0)
    below, above = below[both], above[both]
    if by == "median":
        return interval_of(np.log(above / below) / np.log(ratio), by)
    first, last = float(below.mean()), float(above.mean())
    if not (first > 0.0 and last > 0.0):
        return Interval(0)
    value = float(np.log(last / first) / np.log(ratio))
    added = mean_interval((above / last - below / first) / np.log(ratio))
    half = None if added.low is None or added.high is None else (added.high - added.low) / 2.0
    return Interval(added.n, value, *((None, None) if half is None else (value - half, value + half)))


def course_of(levels: Sequence[Floats], by: By, *, ordered: bool) -> Course:
    """Return what a response does over levels, each of shape (draws,); those without any value do not count.

    All steps between neighbors together are sure at 99 % (Bonferroni), so that a plateau seldom seems to turn. Choices
    are compared to the first of them.
    """
    known_levels = [level for level in levels if np.isfinite(level).any()]
    if len(known_levels) < 2:
        return "unknown"
    pairs = list(pairwise(known_levels)) if ordered else [(known_levels[0], level) for level in known_levels[1:]]
    coverage = 1.0 - (1.0 - (_STEPS if ordered else COVERAGE)) / len(pairs)
    differences = [paired(before, after) for before, after in pairs]
    if not any(one.size for one in differences):
        return "unknown"
    if not any(one.any() for one in differences):
        return "flat"
    signs = {interval_of(one, by, coverage).sign for one in differences} - {None, 0}
    if not ordered:
        return "differs" if signs else "noise"
    if len(signs) > 1:
        return "turns"
    overall = interval_of(paired(known_levels[0], known_levels[-1]), by)
    sign = next(iter(signs), overall.sign)
    if sign:
        return "rises" if sign > 0 else "falls"
    return "unknown" if overall.low is None and overall.n > 1 else "noise"


def span_of(levels: Sequence[Floats], by: By) -> float:
    """Return the largest difference between two levels, without its sign; zero where there is none."""
    found = (paired(before, after) for before, after in combinations(levels, 2))
    middle = np.mean if by == "mean" else np.median
    return max((abs(float(middle(one))) for one in found if one.size), default=0.0)
