"""Screening by elementary effects: trajectories on which each factor is moved once, by half of its levels.

M. D. Morris, Technometrics 33, 161-174 (1991), doi:10.1080/00401706.1991.10484804; mean of the absolute effects:
F. Campolongo, J. Cariboni and A. Saltelli, Environmental Modelling & Software 22, 1509-1518 (2007),
doi:10.1016/j.envsoft.2006.10.004. Trajectories are drawn independently and not spread out afterwards: only then is the
interval over trajectories one of the mean.

An effect is per whole range of its factor: the change of the answer over the share of the range that was moved. A
factor that is drawn from its distribution moves between quantiles, and its range is all of its probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.errors import LimitError, Problem, UsageError
from exosim.study.designs import MOST_POINTS
from exosim.study.factor import Factor, Floats
from exosim.study.paired_intervals import of_means
from exosim.study.ranked import ROUNDING, Flags, Ranked, unanswered, without_rounding

TRAJECTORIES, LEVELS = 64, 4
FEWEST, ENOUGH = 4, 32
"""Trajectories that must be asked for, and below which intervals are told to be approximate."""


@dataclass(frozen=True)
class Trajectories:
    """The points of a screening.

    Attributes
    ----------
    points : trajectory by trajectory, shape (trajectories x (factors + 1), factors)
    step : with which step of its trajectory each factor moves, shape (trajectories, factors)
    moved : by which share of its range, below 0 downwards, shape (trajectories, factors)
    """

    points: Floats
    step: NDArray[np.intp]
    moved: Floats


@dataclass(frozen=True)
class ElementaryEffects(Ranked):
    """Elementary effects for one question; every array has a value for each factor.

    Attributes
    ----------
    mu : mean effect
    mu_star, mu_star_low, mu_star_high : mean of the absolute effects with its 95 % interval
    sigma : standard deviation of the effects: how much they hang on where all factors stand
    used : effects that are known
    reason : why there are none
    """

    mu: Floats
    mu_star: Floats
    mu_star_low: Floats
    mu_star_high: Floats
    sigma: Floats
    used: NDArray[np.int64]
    reason: str
    titles: ClassVar[Mapping[str, str]] = {
        "mu_star": "mean size", "mu_star_low": "2.5 %", "mu_star_high": "97.5 %", "mu": "mean", "sigma": "spread",
    }  # fmt: skip

    @property
    def size(self) -> Floats:
        """Mean of the absolute effects."""
        return self.mu_star

    @property
    def margin(self) -> Floats:
        """Half of the interval of the mean absolute effect."""
        return (self.mu_star_high - self.mu_star_low) / 2.0

    @property
    def noise(self) -> Flags:
        """Factors of which the interval of the mean absolute effect reaches 0."""
        return np.asarray(~(self.mu_star_low > 0.0))

    @property
    def columns(self) -> Mapping[str, Floats]:
        """Means and spreads."""
        names = ("mu_star", "mu_star_low", "mu_star_high", "mu", "sigma")
        return {name: getattr(self, name) for name in names}


def trajectories(factors: Sequence[Factor], count: int, levels: int, seed: int) -> Trajectories:
    """Return trajectories from random starts, with random orders and directions of the moves.

    Parameters
    ----------
    count : trajectories
    levels : an even number of values that a factor may have

    Raises
    ------
    UsageError
        when there are too few trajectories, or the levels are odd.
    LimitError
        when there would be more points than a study may have.
    """
    _check(len(factors), count, levels)
    generator = np.random.default_rng(seed)
    shape, half = (count, len(factors)), levels // 2
    below = generator.integers(0, levels - half, size=shape)
    rises = generator.random(shape) < 0.5
    step = np.argsort(np.argsort(generator.random(shape), axis=1), axis=1)
    is_moved = np.arange(len(factors) + 1)[None, :, None] > step[:, None, :]
    places = below[:, None, :] + half * (is_moved == rises[:, None, :])
    columns, moved = [], np.empty(shape)
    for number, factor in enumerate(factors):
        columns.append(_values(factor, places[..., number], levels).ravel())
        moved[:, number] = _share_moved(factor, below[:, number], half, levels)
    return Trajectories(np.stack(columns, axis=1), step, np.where(rises, moved, -moved))


def effects(design: Trajectories, values: Floats) -> ElementaryEffects:
    """Return the elementary effects of one question.

    Parameters
    ----------
    values : answers at the points, shape (points,); an effect without an answer at both of its points is left out
    """
    count, factors = design.step.shape
    along = values.reshape(count, factors + 1)
    changes = np.take_along_axis(np.diff(along, axis=1), design.step, axis=1)
    each = without_rounding(changes, values) / design.moved
    mean, size = of_means(each), of_means(np.abs(each))
    used = np.isfinite(each).sum(axis=0)
    middle = np.where(np.abs(mean.mean) < ROUNDING * size.mean, 0.0, mean.mean)
    return ElementaryEffects(middle, size.mean, size.low, size.high, mean.sd, used, unanswered(values))


def _values(factor: Factor, places: NDArray[np.intp], levels: int) -> Floats:
    """Return the values of a factor at its levels: from end to end, or in the middle of parts of equal chance."""
    if _in_parts(factor):
        return factor.at((places + 0.5) / levels)
    return factor.at(places / (levels - 1.0))


def _in_parts(factor: Factor) -> bool:
    return bool(factor.levels or factor.choices or factor.distribution is not None)


def _share_moved(factor: Factor, below: NDArray[np.intp], half: int, levels: int) -> Floats:
    """Return which share of its range a factor moves from a level; 1 where it cannot move."""
    listed = factor.levels or factor.choices
    if listed:
        first, last = (
            np.minimum(((places + 0.5) / levels * len(listed)).astype(np.intp), len(listed) - 1)
            for places in (below, below + half)
        )
        return np.asarray((last - first) / (len(listed) - 1.0)) if len(listed) > 1 else np.ones(len(below))
    if factor.whole:
        share = factor.share(_values(factor, below + half, levels)) - factor.share(_values(factor, below, levels))
        return np.where(share > 0.0, share, 1.0)
    return np.full(len(below), half / (levels if _in_parts(factor) else levels - 1.0))


def _check(factors: int, count: int, levels: int) -> None:
    if levels < 2 or levels % 2:
        raise UsageError(Problem("the levels of a screening are an even number", got=str(levels), expected="such as 4"))
    if count < FEWEST:
        raise UsageError(Problem("too few trajectories", got=str(count), expected=f"at least {FEWEST}"))
    points = count * (factors + 1)
    if points > MOST_POINTS:
        got, expected = f"{points:,} points", f"at most {MOST_POINTS:,}: fewer samples or factors"
        raise LimitError(Problem("this is more than a study may have", got=got, expected=expected))
