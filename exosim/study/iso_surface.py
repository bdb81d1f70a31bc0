"""The line between two factors along which a goal is reached with exactly its probability; the others stay.

The margin is asked for on a grid through the base. On every edge of the grid whose ends lie on different sides of the
goal, a straight line through their margins has a zero: a point of the line. Between whole numbers, levels or words
there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exosim.study.factor import Floats
from exosim.study.known_points import KnownPoints
from exosim.study.target_space import Space

FEWEST, MOST = 5, 25
"""Levels of a grid on each axis."""


@dataclass(frozen=True, eq=False)
class IsoSurface:
    """Two factors, and what the goal is over their ranges.

    Attributes
    ----------
    first, second : numbers of the factors
    x, y : their values, rising, shapes (m,) and (n,)
    margin, probability : of the goal, shape (m, n); -inf and NaN where the model has no answer
    line : points at which the probability is just reached, shape (points, 2)
    """

    first: int
    second: int
    x: Floats
    y: Floats
    margin: Floats
    probability: Floats
    line: Floats


def iso_surface(space: Space, known: KnownPoints, pair: tuple[int, int], levels: int) -> IsoSurface:
    """Return the map of two factors on a grid of their whole ranges, the base among its values."""
    axes = [_axis(space, n, levels) for n in pair]
    places = np.tile(space.origin, (len(axes[0]) * len(axes[1]), 1))
    places[:, list(pair)] = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    answers = known.answers(places)
    shape = len(axes[0]), len(axes[1])
    margin = answers[:, 0].reshape(shape)
    share = np.where(np.isfinite(answers[:, 1]), answers[:, 1], np.nan).reshape(shape)
    line = np.tile(space.origin, (0, 1))
    crossings = _crossings(axes[0], axes[1], margin, space.listed[list(pair)])
    if len(crossings):
        line = np.tile(space.origin, (len(crossings), 1))
        line[:, list(pair)] = crossings
    x, y = (_values(space, n, axis) for n, axis in zip(pair, axes, strict=True))
    return IsoSurface(*pair, x, y, margin, share, space.points(line)[:, list(pair)])


def _axis(space: Space, n: int, levels: int) -> Floats:
    """Return the places of a factor on a grid: evenly over its range, or the values that it has."""
    places = np.tile(space.origin, (levels, 1))
    places[:, n] = np.linspace(0.0, 1.0, levels)
    possible = space.places(space.points(places))[:, n]
    return np.unique(np.concatenate([possible, space.origin[[n]]]))


def _values(space: Space, n: int, axis: Floats) -> Floats:
    places = np.tile(space.origin, (len(axis), 1))
    places[:, n] = axis
    return np.asarray(space.points(places)[:, n])


def _crossings(x: Floats, y: Floats, margin: Floats, listed: NDArray[np.bool_]) -> Floats:
    """Return where the margin is zero on the edges of a grid, shape (points, 2), by x, then y."""
    across, up = ((m >= 0.0) != (n >= 0.0) for m, n in ((margin[1:], margin[:-1]), (margin[:, 1:], margin[:, :-1])))
    points = []
    for i, j in np.argwhere(across & ~listed[0]):
        share = _zero(margin[i, j], margin[i + 1, j])
        points.append((x[i] + share * (x[i + 1] - x[i]), y[j]))
    for i, j in np.argwhere(up & ~listed[1]):
        points.append((x[i], y[j] + _zero(margin[i, j], margin[i, j + 1]) * (y[j + 1] - y[j])))
    return np.array(sorted(points)).reshape(-1, 2)


def _zero(one: float, other: float) -> float:
    """Return where between two values, one below 0, the line through them is 0; at the good one if one is -inf."""
    if not (np.isfinite(one) and np.isfinite(other)):
        return 1.0 if other >= 0.0 else 0.0
    return float(one / (one - other))
