"""A sketch of quantiles: how often each value occurs when its mantissa is rounded to ten significant bits.

A floating-point number is a sign, an exponent and a mantissa. Rounding the mantissa to ten bits, the leading one
included, moves a number by at most 2**-10 of itself, and a quantile by no more: it lies between two of the numbers. How
often each rounded number occurs is counted in whole numbers, so that sketches of parts add up exactly to the sketch of
the whole, in any order, and need memory for the range of the values, not for their number.

As in DDSketch (Masson, Rim and Lee 2019, doi:10.14778/3352063.3352135) bins widen in proportion to the value, every
quantile has a bounded relative error, and sketches merge. Here the bin is read off the bits of the number instead of
its logarithm: bins are of equal width between two powers of 2, each is told by the number in its middle (0 and whole
numbers up to 1024 are told exactly), and none are ever joined: there are 2**20 at most for each sign.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

ERROR = 2.0**-10
"""Largest relative error of a quantile."""
Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]
_DROPPED = 52 - 9
_HALF = 1 << (_DROPPED - 1)
_OCTAVE = 1 << 9
"""Bins between two powers of 2."""
_INFINITE = 0x7FF << 9
"""The bin of infinity."""


@dataclass(slots=True)
class Histogram:
    """How often each bin of positive numbers was met, from bin `first` on."""

    first: int = 0
    counts: Counts = field(default_factory=lambda: np.zeros(0, np.int64))

    def count(self, values: Floats) -> int | None:
        """Count values and return how many are 0; None, and count none, if there are others than 0 below the first bin.

        What is below the first bin falls into one before it. What is not finite is refused as well.
        """
        bins = values.view(np.int64) + (_HALF - ((self.first - 1) << _DROPPED))
        bins >>= _DROPPED
        np.maximum(bins, 0, out=bins)
        found = np.bincount(bins)
        zeros = int(found[0])
        if self.first + found.size > _INFINITE or (zeros and zeros != np.count_nonzero(values == 0.0)):
            return None
        self.add(self.first, found[1:])
        return zeros

    def add(self, first: int, counts: Counts) -> None:
        """Add the counts of the bins from `first` on."""
        if not counts.size:
            return
        self._cover(first, first + counts.size)
        start = first - self.first
        self.counts[start : start + counts.size] += counts

    def _cover(self, low: int, high: int) -> None:
        """Make room for the bins from `low` to before `high`, in whole octaves."""
        if self.counts.size:
            low, high = min(low, self.first), max(high, self.first + self.counts.size)
        low, high = low // _OCTAVE * _OCTAVE, -(-high // _OCTAVE) * _OCTAVE
        if high - low == self.counts.size:
            return
        wider = np.zeros(high - low, np.int64)
        wider[self.first - low :][: self.counts.size] = self.counts
        self.first, self.counts = low, wider

    def filled(self) -> tuple[Floats, Counts]:
        """Return the numbers in the middle of the bins that were met, in order, and how often they were."""
        met = np.flatnonzero(self.counts)
        middles = ((met + self.first) << _DROPPED).view(np.float64)
        return np.minimum(middles, sys.float_info.max), self.counts[met]


@dataclass(slots=True)
class Sketch:
    """Counts of rounded numbers.

    Attributes
    ----------
    above, below : counts of the positive numbers, and of the negative ones without their sign
    zeros, odd : how many numbers are 0, and how many are not finite
    """

    above: Histogram = field(default_factory=Histogram)
    below: Histogram = field(default_factory=Histogram)
    zeros: int = 0
    odd: int = 0

    def add(self, values: Floats) -> None:
        """Count values, shape (lanes,)."""
        if not self.above.counts.size:
            self._add_any(values)
            return
        zeros = self.above.count(values)
        if zeros is None:
            self._add_any(values)
        else:
            self.zeros += zeros

    def _add_any(self, values: Floats) -> None:
        """Count values of any kind: what is no positive number is told apart first."""
        finite = values[np.isfinite(values)]
        self.odd += values.size - finite.size
        positive, negative = finite[finite > 0.0], -finite[finite < 0.0]
        self.zeros += finite.size - positive.size - negative.size
        for part, histogram in ((positive, self.above), (negative, self.below)):
            if part.size:
                bins = (part.view(np.int64) + _HALF) >> _DROPPED
                first = int(bins.min())
                histogram.add(first, np.bincount(bins - first))

    def merge(self, other: Sketch) -> None:
        """Add the counts of another sketch."""
        self.above.add(other.above.first, other.above.counts)
        self.below.add(other.below.first, other.below.counts)
        self.zeros += other.zeros
        self.odd += other.odd

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """Return quantiles of the finite numbers, interpolated between neighbors as NumPy does by default.

        Each is wrong by at most :data:`ERROR` of itself, or of the larger neighbor where these differ in sign.
        """
        (small, few), (large, many) = self.below.filled(), self.above.filled()
        numbers = np.concatenate([-small[::-1], [0.0], large])
        ends = np.cumsum(np.concatenate([few[::-1], [self.zeros], many]))
        at = np.asarray(shares) * float(ends[-1] - 1)
        low, high = (numbers[np.searchsorted(ends, rank, side="right")] for rank in (np.floor(at), np.ceil(at)))
        return [float(value) for value in low + (at - np.floor(at)) * (high - low)]
