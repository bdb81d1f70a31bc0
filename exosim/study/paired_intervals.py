"""95 % intervals of what a study compares: two answers on the same draws, and means of few skewed values.

How often each of them holds the truth is measured in tests/study/test_study_paired_intervals.py and told in studies.md.

References
----------
F. E. Harrell and C. E. Davis, Biometrika 69, 635-640 (1982), doi:10.1093/biomet/69.3.635: quantiles as smooth sums.
A. Agresti and Y. Min, Statistics in Medicine 24, 729-740 (2005): shares of paired draws.
P. Hall, The Bootstrap and Edgeworth Expansion, Springer (1992), doi:10.1007/978-1-4612-4384-7: skewed means.
T. C. Hesterberg, The American Statistician 69, 371-386 (2015), doi:10.1080/00031305.2015.1089789: percentiles that are
widened for few draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import special

from exosim.study.answers import Asked, Met, Of, share_of
from exosim.study.factor import Floats

CONFIDENCE = 0.95
FEWEST_BEYOND = 5.0
"""Draws that must lie beyond a quantile for an interval of it."""
_RESAMPLES = 799
_AT_ONCE = 1_000_000
_SEED = 0x5EED
_NOWHERE = (math.nan, math.nan)
Interval: TypeAlias = tuple[float, float]
Draws: TypeAlias = Mapping[str, Floats]
Compare: TypeAlias = Callable[[int, int, float], Interval]


@dataclass(frozen=True, slots=True)
class Means:
    """Means of columns with their 95 % intervals; each is NaN where fewer than three values are known.

    Attributes
    ----------
    mean, low, high, sd : shape (columns,)
    """

    mean: Floats
    low: Floats
    high: Floats
    sd: Floats


def of_means(values: Floats) -> Means:
    """Return means over the first axis, with intervals that are shifted for the skewness of the values.

    The t interval moves by ``g (1 + 2 t**2) / (6 sqrt(n))`` standard errors, with the skewness g: the inverse of the
    first Edgeworth term of a studentized mean.

    Parameters
    ----------
    values : shape (n, columns); NaN is left out
    """
    known = np.isfinite(values)
    count = known.sum(axis=0).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=0) / count
        away = np.where(known, values - mean, 0.0)
        sd = np.sqrt((away**2).sum(axis=0) / (count - 1.0))
        skewness = (away**3).sum(axis=0) * count / ((count - 1.0) * (count - 2.0)) / sd**3
        score = special.stdtrit(count - 1.0, 0.5 + CONFIDENCE / 2.0)
        error = sd / np.sqrt(count)
        shift = np.where(sd > 0.0, error * skewness * (1.0 + 2.0 * score**2) / (6.0 * np.sqrt(count)), 0.0)
    half = np.where(count > 2.0, score * error, np.nan)
    return Means(mean, mean + shift - half, mean + shift + half, sd)


def of_difference(asked: Asked, before: Draws, after: Draws, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of what is asked after, minus before, on the same draws, each of shape (draws,).

    It is that of :func:`comparing`.
    """
    both = {name: np.stack([before[name], after[name]]) for name in asked.needs}
    return comparing(asked, both)(0, 1, confidence)


def comparing(asked: Asked, draws: Draws) -> Compare:
    """Return what gives the interval of the answer at one point minus that at another, on the same draws.

    Means and standard deviations: t interval of the paired differences of what each draw adds. Quantiles: percentiles
    of resampled differences, each quantile as the sum of Harrell and Davis. Shares: the interval of Agresti and Min.

    Parameters
    ----------
    draws : by response, shape (points, draws)

    Returns
    -------
    function of (from, to, confidence), points by their numbers; both ends are NaN where draws are too few to tell
    """
    if isinstance(asked, Met):
        return _comparing_shares(asked, draws)
    if not isinstance(asked, Of):
        return lambda _one, _other, _confidence: _NOWHERE
    values = np.where(np.isfinite(draws[asked.response]), draws[asked.response], np.nan)
    if asked.statistic in ("mean", "sd"):
        return _comparing_moments(asked, values)
    return _comparing_quantiles(share_of(asked.statistic), values)


def _comparing_moments(asked: Of, values: Floats) -> Compare:
    answers = asked.of({asked.response: values})
    added = np.stack([_influence(row, asked.statistic) for row in values])
    draws = values.shape[1]

    def compare(one: int, other: int, confidence: float) -> Interval:
        middle, spread = float(answers[other] - answers[one]), float(np.std(added[other] - added[one], ddof=1))
        half = float(special.stdtrit(draws - 1.0, 0.5 + confidence / 2.0)) * spread / math.sqrt(draws)
        return middle - half, middle + half

    return compare if draws > 2 else lambda _one, _other, _confidence: _NOWHERE


def _influence(draws: Floats, statistic: str) -> Floats:
    """Return what each draw adds to a mean or a standard deviation, by leaving it out; 0 where it has no value."""
    known = np.isfinite(draws)
    count = int(known.sum())
    if count < 3:
        return np.full(len(draws), np.nan)
    away = draws[known] - draws[known].mean()
    if statistic == "sd":
        whole = float((away**2).sum())
        left = np.maximum(whole - away**2 * count / (count - 1), 0.0)
        away = -(count - 1) * np.sqrt(left / (count - 2))
        away -= away.mean()
    found = np.zeros(len(draws))
    found[known] = away * (len(draws) / count)
    return found


def _comparing_shares(asked: Met, draws: Draws) -> Compare:
    met = asked.of({name: draws[name][..., None] for name in asked.needs})
    count = met.shape[1] + 2.0

    def compare(one: int, other: int, confidence: float) -> Interval:
        gained, lost = int((met[other] > met[one]).sum()), int((met[other] < met[one]).sum())
        middle = (gained - lost) / count
        error = math.sqrt(gained + lost + 1.0 - (gained - lost) ** 2 / count) / count
        half = float(special.ndtri(0.5 + confidence / 2.0)) * error
        return max(middle - half, -1.0), min(middle + half, 1.0)

    return compare


def _comparing_quantiles(share: float, values: Floats) -> Compare:
    draws = values.shape[1]
    known = np.isfinite(values).sum(axis=1)
    told = (known > 2) & (known * min(share, 1.0 - share) >= FEWEST_BEYOND)
    sums = {int(place): _Summed.of(values[place], share) for place in np.flatnonzero(told)}
    found = np.full((len(values), _RESAMPLES), np.nan)
    generator = np.random.default_rng(_SEED)
    size = max(1, _AT_ONCE // draws)
    for at in range(0, _RESAMPLES if sums else 0, size):
        rows = min(size, _RESAMPLES - at)
        chosen = generator.integers(0, draws, size=(rows, draws)) + draws * np.arange(rows)[:, None]
        counts = np.bincount(chosen.ravel(), minlength=rows * draws).reshape(rows, draws)
        for place, summed in sums.items():
            found[place, at : at + rows] = summed.resampled(counts)

    def compare(one: int, other: int, confidence: float) -> Interval:
        if not (told[one] and told[other]):
            return _NOWHERE
        score = special.stdtrit(draws - 1.0, 0.5 + confidence / 2.0)
        tail = float(special.ndtr(-math.sqrt(draws / (draws - 1.0)) * score))
        low, high = np.nanquantile(found[other] - found[one], [tail, 1.0 - tail])
        return float(low), float(high)

    return compare


@dataclass(frozen=True, slots=True)
class _Summed:
    """A quantile as a sum of sorted values, each by its weight.

    Attributes
    ----------
    order : of the draws that have a value
    values : sorted
    weights : of all values up to each place, from none to all
    """

    order: np.ndarray[tuple[int], np.dtype[np.intp]]
    values: Floats
    weights: Floats

    @classmethod
    def of(cls, draws: Floats, share: float) -> _Summed:
        """Return the sum for one sample."""
        order = np.argsort(draws, kind="stable")[: int(np.isfinite(draws).sum())]
        count = len(order)
        weights = special.betainc(share * (count + 1), (1.0 - share) * (count + 1), np.arange(count + 1) / count)
        return cls(order, draws[order], np.asarray(weights))

    def resampled(self, counts: np.ndarray[tuple[int, int], np.dtype[np.intp]]) -> Floats:
        """Return the quantile of resamples that hold each draw so many times, shape (resamples, draws)."""
        running = np.cumsum(counts[:, self.order], axis=1)
        total = np.maximum(running[:, -1:], 1)
        count = len(self.order)
        places = running if count == counts.shape[1] else np.rint(running * (count / total)).astype(np.intp)
        return np.asarray(np.diff(self.weights[places], axis=1, prepend=0.0) @ self.values)
