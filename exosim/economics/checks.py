"""What numbers of money are refused, in a person's words: a life of zero years, a negative price, a size of nothing."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exosim.errors import Problem, UsageError

Money: TypeAlias = NDArray[np.float64]
"""An amount in the currency and the year of the scenario, or a number of any other unit; draws on the last axis."""


def numbers(name: str, value: ArrayLike, *, low: float = 0.0, high: float = math.inf, open_low: bool = False) -> Money:
    """Return `value` as an array of finite numbers within its range.

    Parameters
    ----------
    name : what a person calls it, with its unit
    value : a number, or one per draw
    low, high : the range, both ends within it
    open_low : whether `low` itself is refused

    Raises
    ------
    UsageError
        If a number is not finite or outside of the range.
    """
    found = np.asarray(value, dtype=np.float64)
    fine = np.isfinite(found) & (found <= high) & ((found > low) if open_low else (found >= low))
    if not np.all(fine):
        raise refused(name, float(np.ravel(found)[np.argmin(np.ravel(fine))]), _range(low, high, open_low))
    return found


def number(name: str, value: float, *, low: float = 0.0, high: float = math.inf, open_low: bool = False) -> float:
    """Return one finite number within its range; see :func:`numbers`."""
    return float(numbers(name, value, low=low, high=high, open_low=open_low))


def whole(name: str, value: float, *, low: int = 1) -> int:
    """Return a whole number, such as the years of a life.

    Raises
    ------
    UsageError
        If it is not whole or below `low`.
    """
    if isinstance(value, bool) or not math.isfinite(value) or value != int(value) or value < low:
        raise refused(name, value, f"a whole number, {low} or more")
    return int(value)


def refused(name: str, got: Any, expected: str) -> UsageError:
    """Return the error of a number that cannot be used."""
    return UsageError(Problem(f"{name} cannot be used", got=str(got), expected=expected))


def _range(low: float, high: float, open_low: bool) -> str:
    if math.isinf(high):
        return f"a number above {low:g}" if open_low else f"a number of {low:g} or more"
    return f"a number above {low:g} and at most {high:g}" if open_low else f"a number from {low:g} to {high:g}"
