"""Where the order of two things flips along an input: the zeros of the conditional mean of their difference.

The differences are sorted by the input. Where their conditional mean goes from below zero to above it, their running
sum has a minimum, and where it goes back a maximum: the level at which isotonic regression crosses zero (Barlow et al.
1972), found without a fit. A stretch of the input counts as one sign only where its mean is three standard errors away
from zero; a shorter one belongs to its neighbors. The place is known to the cube root of the number of draws, as every
such estimate (Kim & Pollard 1990); its interval comes from eight interleaved parts of the draws, whose places scatter
twice as much as that of all (subsampling at that rate, Politis & Romano 1994).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
_SURE = 3.0
_PARTS = 8
_NORMAL_975 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Switch:
    """A place at which the conditional mean of a difference changes its sign.

    Attributes
    ----------
    at, low, high : the share of the draws below it, with its 95 % interval
    below, above : probability of a positive difference on either side, up to the next such place; ties count half
    """

    at: float
    low: float
    high: float
    below: float
    above: float


def switches(differences: Floats, bins: int) -> tuple[Switch, ...]:
    """Return where the order flips, in the order of the input.

    Parameters
    ----------
    differences : sorted by the input, shape (draws,)
    bins : of equal number, into which the draws are cut to tell one sign from chance

    Examples
    --------
    >>> import numpy as np
    >>> [round(found.at, 2) for found in switches(np.linspace(-1.0, 3.0, 1000), 20)]
    [0.25]
    """
    count = differences.size
    runs = _sure_runs(differences, [k * count // bins for k in range(bins)])
    turns = [_turn(differences[a.start : b.stop], a.start, a.total < 0.0) for a, b in pairwise(runs)]
    borders = [0, *(turn[0] for turn in turns), count]
    ahead = [positive_share(differences[a:b]) for a, b in pairwise(borders)]
    return tuple(
        Switch(turn / count, max(turn - half, 0.0) / count, min(turn + half, count) / count, *ahead[n : n + 2])
        for n, (turn, half) in enumerate(turns)
    )


def positive_share(differences: Floats) -> float:
    """Return the share of positive differences; those that are zero count half."""
    if differences.size == 0:
        return math.nan
    return float((np.count_nonzero(differences > 0.0) + 0.5 * np.count_nonzero(differences == 0.0)) / differences.size)


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch of the sorted draws with the sum of their differences."""

    start: int
    stop: int
    total: float

    @property
    def strength(self) -> float:
        """The sum over the square root of the number of draws: standard errors, but for the spread."""
        return abs(self.total) / math.sqrt(self.stop - self.start)


def _sure_runs(differences: Floats, starts: Sequence[int]) -> list[_Run]:
    """Return stretches of alternating sign, each sure of its own; one alone may be unsure."""
    sums = np.add.reduceat(differences, starts).tolist()
    bins = [_Run(*edges, total) for edges, total in zip(pairwise([*starts, differences.size]), sums, strict=True)]
    runs, needed = _alternating(bins), _SURE * float(differences.std())
    while len(runs) > 1:
        weakest = min(range(len(runs)), key=lambda place: runs[place].strength)
        if runs[weakest].strength >= needed:
            break
        first, last = max(weakest - 1, 0), min(weakest + 2, len(runs))
        runs = _alternating([*runs[:first], _whole(runs[first:last]), *runs[last:]])
    return runs


def _alternating(runs: Iterable[_Run]) -> list[_Run]:
    """Return runs with neighbors of the same sign joined."""
    joined: list[_Run] = []
    for run in runs:
        if joined and (joined[-1].total < 0.0) == (run.total < 0.0):
            joined[-1] = _whole([joined[-1], run])
        else:
            joined.append(run)
    return joined


def _whole(runs: Sequence[_Run]) -> _Run:
    return _Run(runs[0].start, runs[-1].stop, math.fsum(run.total for run in runs))


def _turn(window: Floats, start: int, rising: bool) -> tuple[int, float]:
    """Return how many draws lie below the change of sign in a window of two runs, and half its 95 % interval."""
    parts = [_extreme(window[part::_PARTS], rising) * _PARTS for part in range(min(_PARTS, window.size))]
    scatter = float(np.std(parts, ddof=1)) / _PARTS ** (1.0 / 3.0) if len(parts) > 1 else 0.0
    return start + _extreme(window, rising), _NORMAL_975 * scatter


def _extreme(window: Floats, rising: bool) -> int:
    """Return after how many draws their running sum is least, or largest where the sign falls."""
    running = np.cumsum(window)
    return int(running.argmin() if rising else running.argmax()) + 1
