"""Intervals that assume no distribution: of a probability, of a quantile, and how many runs a tolerance limit takes.

Quantile from order statistics: H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed., Wiley 2003, section 7.1,
doi:10.1002/0471722162. Tolerance limits: S. S. Wilks, Determination of sample sizes for setting tolerance limits,
Ann. Math. Stat. 12, 91-96 (1941), doi:10.1214/aoms/1177731788. The exact interval of a probability is
:func:`exosim.summaries.share_interval`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import bdtr, bdtrik, stdtrit

from exosim.study.factor import Floats

COVERAGE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its interval.

    Attributes
    ----------
    n : of how many values
    value : None where there are none
    low, high : None where there are too few values for an interval
    """

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def sign(self) -> int | None:
        """1 or -1 where the interval is on one side of zero, 0 where all of it is zero, else None: not sure.

        A single value has no interval and is taken as it is.
        """
        if self.value is None or (self.low is None and self.n > 1):
            return None
        low, high = (self.value, self.value) if self.low is None or self.high is None else (self.low, self.high)
        return 0 if low == high == 0.0 else 1 if low > 0.0 else -1 if high < 0.0 else None

    @property
    def numbers(self) -> tuple[float | None, float | None, float | None]:
        """The number and both ends."""
        return self.value, self.low, self.high

    def as_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {"n": self.n, "value": self.value, "low": self.low, "high": self.high}


def quantile_ranks(n: int, share: float, coverage: float = COVERAGE) -> tuple[int, int] | None:
    """Return the ranks, from 1, of the order statistics between which a quantile lies; None where n is too small.

    Examples
    --------
    >>> quantile_ranks(20, 0.5)
    (6, 15)
    """
    if not 0.0 < share < 1.0:
        return None
    aside = (1.0 - coverage) / 2.0
    low, high = _binomial_quantile(aside, n, share), _binomial_quantile(1.0 - aside, n, share) + 1
    return (low, high) if low >= 1 and high <= n else None


def _binomial_quantile(probability: float, n: int, share: float) -> int:
    """Return the least number of successes in n trials that is not exceeded with so much probability."""
    found = math.ceil(bdtrik(probability, n, share))
    return found - 1 if found and bdtr(found - 1, n, share) >= probability else found


def quantile_coverage(n: int, share: float, ranks: tuple[int, int]) -> float:
    """Return the probability that a quantile of a continuous distribution lies between two order statistics."""
    low, high = ranks
    return float(bdtr(high - 1, n, share) - bdtr(low - 1, n, share))


def quantile_interval(values: Floats, share: float = 0.5, coverage: float = COVERAGE) -> Interval:
    """Return a quantile with its distribution-free interval from order statistics; at least `coverage` is sure."""
    if not values.size:
        return Interval(0)
    ordered = np.sort(values)
    value = float(np.quantile(ordered, share))
    ranks = _ranks(values.size, share, coverage)
    if ranks is None:
        return Interval(values.size, value)
    return Interval(values.size, value, float(ordered[ranks[0] - 1]), float(ordered[ranks[1] - 1]))


_ranks = lru_cache(maxsize=1024)(quantile_ranks)


def mean_interval(values: Floats, coverage: float = COVERAGE) -> Interval:
    """Return a mean with its interval (Student): right for means of many values, or of few that are normal."""
    n = values.size
    if not n:
        return Interval(0)
    mean = float(values.mean())
    if n == 1:
        return Interval(1, mean)
    half = float(stdtrit(n - 1, (1.0 + coverage) / 2.0) * values.std(ddof=1)) / math.sqrt(n)
    return Interval(n, mean, mean - half, mean + half)


def wilks_runs(share: float, confidence: float = COVERAGE, *, two_sided: bool = False, order: int = 1) -> int:
    """Return how many runs it takes until their extreme covers a share of all that may come, with some confidence.

    Parameters
    ----------
    share : such as 0.95 of the distribution
    two_sided : whether the share lies between the smallest and the largest, instead of below the largest
    order : 1 for the extreme itself, 2 for the second from the end, and so on

    Raises
    ------
    ValueError
        when a share or a confidence is not between 0 and 1.

    Examples
    --------
    >>> wilks_runs(0.95)
    59
    >>> wilks_runs(0.95, two_sided=True)
    93
    """
    if not (0.0 < share < 1.0 and 0.0 < confidence < 1.0 and order >= 1):
        raise ValueError("share and confidence are between 0 and 1, order is at least 1")
    outside = 2 * order if two_sided else order
    low, high = outside - 1, 2 * outside
    while not _covers(high, outside, share, confidence):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _covers(middle, outside, share, confidence) else (middle, high)
    return high


def _covers(n: int, outside: int, share: float, confidence: float) -> bool:
    """Return whether fewer than n - outside of n values being inside is as unlikely as asked for."""
    return n >= outside and float(bdtr(n - outside, n, share)) >= confidence
