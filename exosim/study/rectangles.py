"""The largest rectangle within a region of a grid, and ranges rounded inward to numbers that a person writes down."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from exosim.study.factor import Floats

_GIVEN_AWAY = 0.025
"""Share of a range by which one of its ends may be moved so that it is a number that a person writes down."""
_EQUAL = 1e-12
"""Relative difference up to which two areas are equal."""
_STEPS = (Decimal(5), Decimal(2), Decimal(1))
_FINEST = 9
"""Decimal places below those of the range at which the search for such a number ends."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Grid lines between which a rectangle lies, first and last along each axis, both within it."""

    x: tuple[int, int]
    y: tuple[int, int]

    def area(self, x: Floats, y: Floats) -> float:
        """Return the area between grid lines at places `x` and `y`."""
        return float((x[self.x[1]] - x[self.x[0]]) * (y[self.y[1]] - y[self.y[0]]))


def largest_rectangle(
    region: NDArray[np.bool_], x: Floats, y: Floats, around: Rectangle | None = None
) -> Rectangle | None:
    """Return the largest axis-parallel rectangle of which every grid point lies within a region.

    Parameters
    ----------
    region : shape (x, y)
    x, y : places of the grid lines, increasing; the area is measured in them
    around : a rectangle, or a single point, that it must hold

    Returns
    -------
    None where no rectangle has an area; of several equal ones the one that comes first along x, then along y

    Examples
    --------
    >>> region = np.array([[True, True, False], [True, True, True]])
    >>> largest_rectangle(region, np.array([0.0, 1.0]), np.array([0.0, 1.0, 2.0]))
    Rectangle(x=(0, 1), y=(0, 1))
    """
    best, most = None, 0.0
    latest, earliest = (len(x) - 1, 0) if around is None else around.x
    for first in range(latest + 1):
        whole = np.ones(len(y), dtype=bool)
        for last in range(first, len(x)):
            whole = whole & region[last]
            if not whole.any():
                break
            stretch = _longest_run(whole, y, None if around is None else around.y) if last >= earliest else None
            if stretch is None:
                continue
            found = Rectangle((first, last), stretch)
            if found.area(x, y) > most * (1.0 + _EQUAL):
                best, most = found, found.area(x, y)
    return best


def run_around(inside: NDArray[np.bool_], place: int) -> tuple[int, int] | None:
    """Return the first and last of the unbroken run of True that holds a place; None where that is False."""
    return _longest_run(inside, np.arange(inside.size, dtype=np.float64), (place, place))


def _longest_run(inside: NDArray[np.bool_], at: Floats, around: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the first and last of the longest unbroken run of True, of those that hold what is around."""
    steps = np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8))
    starts, stops = np.nonzero(steps == 1)[0], np.nonzero(steps == -1)[0] - 1
    runs = list(zip(starts.tolist(), stops.tolist(), strict=True))
    if around is not None:
        runs = [(first, last) for first, last in runs if first <= around[0] and around[1] <= last]
    return max(runs, key=lambda run: float(at[run[1]] - at[run[0]]), default=None)


def rounded_inward(
    low: float, high: float, share: Callable[[float], float], *, keep: float | None = None, whole: bool = False
) -> tuple[float, float]:
    """Return a range within another, with ends that a person would write down.

    Each end becomes the multiple of 1, 2 or 5 times a power of ten, the coarsest one, that takes at most a fortieth of
    the range. An end that no such number is near stays as it is.

    Parameters
    ----------
    share : the place of a value on the scale on which the range is measured
    keep : a value within the range that stays within it, and no new end
    whole : whether only whole numbers are possible

    Examples
    --------
    >>> rounded_inward(16.2713, 33.884, lambda value: value)
    (16.5, 33.5)
    >>> rounded_inward(1.0311e6, 8.766e7, math.log, keep=1e7)
    (1100000.0, 80000000.0)
    """
    give = _GIVEN_AWAY * (share(high) - share(low))
    top, bottom = (high, low) if keep is None else (keep, keep)
    lowest = _plain(low, lambda value: value < top and share(value) - share(low) <= give, up=True, whole=whole)
    highest = _plain(high, lambda value: value > bottom and share(high) - share(value) <= give, up=False, whole=whole)
    return (lowest, highest) if lowest < highest else (low, high)


def _plain(value: float, allowed: Callable[[float], bool], *, up: bool, whole: bool) -> float:
    """Return the nearest multiple on one side of a value, of the coarsest step that is allowed; else the value."""
    if value == 0.0 or not math.isfinite(value):
        return value
    exact = Decimal(f"{value:.12g}")  # without the noise of arithmetic
    top = exact.adjusted() + 1
    for power in range(top, top - _FINEST, -1):
        for digit in _STEPS:
            step = digit.scaleb(power)
            if whole and step < 1:
                return value
            near = (exact / step).to_integral_value("ROUND_CEILING" if up else "ROUND_FLOOR") * step
            if allowed(float(near)):
                return float(near)
    return value
