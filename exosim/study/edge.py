"""The edge of a region on a grid: where a value that is known at the grid points falls through a level.

Along each line of the grid, between two neighbors of which one reaches the level and the other does not, the place is
that of a straight line between their values, in shares of the ranges of the factors: linear, or in their logarithms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exosim.study.factor import Floats


def crossings(x: Floats, y: Floats, values: Floats, level: float) -> Floats:
    """Return where values cross a level, shape (crossings, 2), first those along x, then those along y.

    Parameters
    ----------
    x, y : places of the grid lines, increasing
    values : shape (x, y); there is no edge beside a NaN

    Examples
    --------
    >>> x, y = np.array([0.0, 1.0]), np.array([0.0, 1.0])
    >>> crossings(x, y, np.array([[1.0, 1.0], [0.8, 0.8]]), 0.9).round(2).tolist()
    [[0.5, 0.0], [0.5, 1.0]]
    """
    across = _along_rows(y, x, values.T, level)[:, ::-1]
    return np.concatenate([across, _along_rows(x, y, values, level)])


def _along_rows(rows: Floats, columns: Floats, values: Floats, level: float) -> Floats:
    """Return the crossings along each row, shape (crossings, 2): the place of the row and that in it."""
    before, after = values[:, :-1], values[:, 1:]
    known = np.isfinite(before) & np.isfinite(after)
    row, place = np.nonzero(known & ((before >= level) != (after >= level)))
    a, b = before[row, place], after[row, place]
    where = columns[place] + (level - a) / (b - a) * np.diff(columns)[place]
    return np.stack([rows[row], where], axis=1)


def least(values: Floats) -> NDArray[np.intp]:
    """Return which of several values is the least at each point, the first of equals; -1 where it is 1 or NaN.

    Parameters
    ----------
    values : probabilities, shape (conditions, ...)
    """
    lowest = np.min(values, axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(lowest < 1.0, np.argmin(values, axis=0), -1)
