"""First-order and total indices of Sobol': which share of the variance of an answer comes from which factor.

The estimators are those of A. Saltelli et al., Computer Physics Communications 181, 259-270 (2010),
doi:10.1016/j.cpc.2009.09.018, as in :func:`scipy.stats.sobol_indices`, which takes no point without an answer and has
intervals for independent points only. Here the points are 32 independent randomizations (Owen's scrambling) of Sobol'
points. The ratio is linearized (delta method, A. Janon et al., ESAIM: Probability and Statistics 18, 342-364 (2014),
doi:10.1051/ps/2013040), and the 95 % interval is that of Student over the means of the randomizations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

from exosim.errors import LimitError, Problem
from exosim.study.designs import MOST_POINTS, at_shares
from exosim.study.factor import Factor, Floats
from exosim.study.paired_intervals import CONFIDENCE
from exosim.study.ranked import Flags, Ranked, unanswered, without_rounding

SAMPLES = 1024
FEWEST, ENOUGH = 64, 256
"""Samples that are taken at least, and below which intervals are told to be approximate."""
RANDOMIZATIONS = 32


@dataclass(frozen=True)
class Indices(Ranked):
    """Indices for one question; every array has a value for each factor.

    Attributes
    ----------
    first, first_low, first_high : first-order index with its 95 % interval
    total, total_low, total_high : total index with its 95 % interval
    used : samples that have an answer
    reason : why there are none
    """

    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats
    used: NDArray[np.int64]
    reason: str
    titles: ClassVar[Mapping[str, str]] = {
        "first": "first order", "first_low": "2.5 %", "first_high": "97.5 %",
        "total": "total", "total_low": "2.5 %", "total_high": "97.5 %",
    }  # fmt: skip

    @property
    def size(self) -> Floats:
        """The total index."""
        return self.total

    @property
    def margin(self) -> Floats:
        """Half of the interval of the total index."""
        return (self.total_high - self.total_low) / 2.0

    @property
    def noise(self) -> Flags:
        """Factors of which the interval of the total index reaches 0."""
        return np.asarray(~(self.total_low > 0.0))

    @property
    def first_noise(self) -> Flags:
        """Factors of which the interval of the first-order index reaches 0."""
        return np.asarray(~(self.first_low > 0.0))

    @property
    def columns(self) -> Mapping[str, Floats]:
        """Indices with their intervals."""
        names = ("first", "first_low", "first_high", "total", "total_low", "total_high")
        return {name: getattr(self, name) for name in names}


def rounded_up(samples: int) -> int:
    """Return the power of two that is asked: Sobol' points are even only then.

    Examples
    --------
    >>> [rounded_up(samples) for samples in (10, 1000, 1024)]
    [64, 1024, 1024]
    """
    return max(FEWEST, 1 << max(samples - 1, 0).bit_length())


def crossed_points(factors: Sequence[Factor], samples: int, seed: int) -> Floats:
    """Return the points: matrices A and B, then for each factor A with the column of B.

    Parameters
    ----------
    samples : rows of a matrix, a power of two

    Returns
    -------
    shape (samples x (factors + 2), factors)

    Raises
    ------
    LimitError
        when there would be more points than a study may have.
    """
    from scipy.stats import qmc

    count = len(factors)
    if samples * (count + 2) > MOST_POINTS:
        got = f"{samples:,} x ({count} + 2) points"
        expected = f"at most {MOST_POINTS:,}: fewer samples or factors"
        raise LimitError(Problem("this is more than a study may have", got=got, expected=expected))
    power = (samples // RANDOMIZATIONS).bit_length() - 1
    generators = np.random.default_rng(seed).spawn(RANDOMIZATIONS)
    shares = np.concatenate([qmc.Sobol(2 * count, rng=one).random_base2(power) for one in generators])
    first, second = shares[:, :count], shares[:, count:]
    own = np.arange(count)
    crossed = [np.where(own == place, second, first) for place in range(count)]
    return at_shares(factors, np.concatenate([first, second, *crossed]))


def indices(values: Floats, factors: int) -> Indices:
    """Return the indices of one question.

    Parameters
    ----------
    values : answers at the points of :func:`crossed_points`, shape (points,); a row in which an answer of a factor is
        missing is left out for that factor
    """
    reason = unanswered(values)
    values = values if reason else values / float(np.nanmax(np.abs(values)))
    one, other, *crossed = values.reshape(factors + 2, -1)
    names = ("first", "first_low", "first_high", "total", "total_low", "total_high")
    columns = {name: np.full(factors, np.nan) for name in names}
    used = np.zeros(factors, dtype=np.int64)
    for place, mixed in enumerate(crossed if not reason else ()):
        known = np.isfinite(one) & np.isfinite(other) & np.isfinite(mixed)
        used[place] = known.sum()
        rows = _Rows.of(one, other, without_rounding(mixed - one, values), known)
        if rows is None:
            continue
        for name, parts in (("first", rows.first), ("total", rows.total)):
            middle, half = rows.index(parts)
            columns[name][place] = middle
            columns[f"{name}_low"][place], columns[f"{name}_high"][place] = middle - half, middle + half
    if not reason and np.isnan(columns["total"]).all():
        reason = "too few points have an answer"
    return Indices(used=used, reason=reason, **columns)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What each row adds to the variance and to its two parts; 0 in rows that are left out."""

    variance: Floats
    first: Floats
    total: Floats
    count: int

    @classmethod
    def of(cls, one: Floats, other: Floats, changed: Floats, known: Flags) -> _Rows | None:
        """Return them, or None where no rows are left or nothing varies in them."""
        count = int(known.sum())
        if count < 2 * RANDOMIZATIONS and count < len(known):
            return None
        middle = (one[known].mean() + other[known].mean()) / 2.0
        one, other, changed = (np.where(known, part, 0.0) for part in (one - middle, other - middle, changed))
        variance = (one**2 + other**2) / 2.0
        if not variance.sum() > 0.0:
            return None
        return cls(variance, other * changed, changed**2 / 2.0, count)

    def index(self, parts: Floats) -> tuple[float, float]:
        """Return an index and half of its 95 % interval."""
        found = float(parts.sum() / self.variance.sum())
        off = (parts - found * self.variance).reshape(RANDOMIZATIONS, -1).sum(axis=1) / self.variance.sum()
        score = float(special.stdtrit(RANDOMIZATIONS - 1.0, 0.5 + CONFIDENCE / 2.0))
        return found, score * float(off.std(ddof=1)) * math.sqrt(RANDOMIZATIONS)
