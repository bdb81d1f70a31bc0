"""Gauss-Legendre quadrature with four nodes over one interval, lanes on the last axis.

Exact for polynomials up to degree 7. Reference: Abramowitz & Stegun 1964, section 25.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

NODES = 4
_X, _W = np.polynomial.legendre.leggauss(NODES)
POSITIONS: NDArray[np.float64] = (_X + 1.0) / 2.0
WEIGHTS: NDArray[np.float64] = _W / 2.0


def _remaining() -> NDArray[np.float64]:
    """Return the matrix that maps node values to their integrals from each node to the end of the unit interval."""
    powers = np.arange(NODES)
    vandermonde = POSITIONS[:, None] ** powers
    to_end = (1.0 - POSITIONS[:, None] ** (powers + 1)) / (powers + 1)
    return np.asarray(to_end @ np.linalg.inv(vandermonde))


REMAINING: NDArray[np.float64] = _remaining()
ENDS: NDArray[np.float64] = np.append(POSITIONS, 1.0)[:, None]
"""The nodes and the end of the unit interval, shape (5, 1)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The constants of the rule in the precision of the lanes, for products with values at the nodes.

    Attributes
    ----------
    ends : the nodes and the end of the unit interval, shape (5, 1)
    lengths : what is left of the interval at each node, and the whole, shape (5, 1)
    weights : shape (4,)
    remaining : rows that give the integral from each node to the end, and that of the whole, shape (5, 4)
    """

    ends: NDArray[np.float64]
    lengths: NDArray[np.float64]
    weights: NDArray[np.float64]
    remaining: NDArray[np.float64]


@cache
def rule(precision: np.dtype[np.float64]) -> Rule:
    """Return the rule for lanes of a precision."""
    lengths = np.append(1.0 - POSITIONS, 1.0)[:, None]
    found = (ENDS, lengths, WEIGHTS, np.vstack([REMAINING, WEIGHTS]))
    return Rule(*(array.astype(precision) for array in found))
