"""Inverse distribution functions that have no closed form, as tables of polynomials in the normal score.

The quantile of a beta or gamma distribution at u costs thousands of nanoseconds, one at a time. On a scale without
bounds, logit or logarithm, it is a smooth function of the standard normal score z of u: 32 polynomials of degree 11
between Chebyshev nodes have it to rounding. A table that is not good to 1e-12 where it is tested, between its nodes,
is not used: that happens for betas that gather at both ends.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exosim.normal import Floats, normal_distribution

_REACH = 8.3
"""Scores between which tables reach: beyond those of any number that is drawn, 2^-53 to 1 - 2^-53."""
_PIECES = 32
_DEGREE = 11
_TOLERANCE = 1e-12
_SMALLEST = 1e-300


@dataclass(frozen=True, slots=True)
class QuantileTable:
    """Polynomials on even pieces of -8.3 to 8.3; `coefficients` has the highest power first, shape (12, pieces)."""

    coefficients: Floats

    def __call__(self, z: Floats) -> Floats:
        """Return the tabulated function at `z`; beyond the ends it is constant."""
        place = np.minimum(np.maximum(z, -_REACH), _REACH)
        place += _REACH
        place *= _PIECES / (2.0 * _REACH)
        piece = np.minimum(place.astype(np.intp), _PIECES - 1)
        place -= piece
        place -= 0.5
        highest, *others = self.coefficients
        result: Floats = highest.take(piece)
        for coefficients in others:
            result *= place
            result += coefficients.take(piece)
        return result


def _tabulated(exact: Callable[[Floats], Floats]) -> QuantileTable | None:
    """Return the table of a function of the normal score; None when it is not good to 1e-12."""
    nodes = -np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1)) / 2.0
    width = 2.0 * _REACH / _PIECES
    middles = (np.arange(_PIECES) + 0.5) * width - _REACH
    fitted = np.linalg.solve(np.vander(nodes), exact(middles + width * nodes[:, None]))
    table = QuantileTable(np.asarray(fitted, dtype=np.float64))
    between = np.ravel(middles + width * np.array([[-0.497], [0.06], [0.497]]))
    right = exact(between)
    good = np.abs(table(between) - right) <= _TOLERANCE * np.maximum(np.abs(right), 1.0)
    return table if bool(np.all(good)) else None


def _logit_of_beta(first: float, second: float, z: Floats) -> Floats:
    """Return log(x / (1 - x)) of the beta quantile x at the score `z`, accurate at both ends."""
    from scipy.special import betainccinv, betaincinv

    lower, tail = z < 0.0, normal_distribution(-np.abs(z))
    near, far = np.where(lower, first, second), np.where(lower, second, first)
    x = np.maximum(betaincinv(near, far, tail), _SMALLEST)
    rest = np.maximum(betainccinv(far, near, tail), _SMALLEST)
    return np.asarray(np.log(x / rest) * np.where(lower, 1.0, -1.0))


def _log_of_gamma(shape: float, z: Floats) -> Floats:
    """Return the logarithm of the gamma quantile of unit scale at the score `z`, accurate at both ends."""
    from scipy.special import gammainccinv, gammaincinv

    tail = normal_distribution(-np.abs(z))
    return np.log(np.maximum(np.where(z < 0.0, gammaincinv(shape, tail), gammainccinv(shape, tail)), _SMALLEST))


@functools.lru_cache(maxsize=256)
def _beta_table(first: float, second: float) -> QuantileTable | None:
    return _tabulated(functools.partial(_logit_of_beta, first, second))


@functools.lru_cache(maxsize=256)
def _gamma_table(shape: float) -> QuantileTable | None:
    return _tabulated(functools.partial(_log_of_gamma, shape))


def beta_of_normal(first: float, second: float, z: Floats) -> Floats:
    """Return the quantile of the beta distribution with shapes `first` and `second` at the normal scores `z`."""
    table = _beta_table(first, second)
    logit = _logit_of_beta(first, second, z) if table is None else table(z)
    np.negative(logit, out=logit)
    np.exp(logit, out=logit)
    logit += 1.0
    return np.asarray(np.reciprocal(logit, out=logit))


def gamma_of_normal(shape: float, z: Floats) -> Floats:
    """Return the quantile of the gamma distribution of a `shape` and unit scale at the normal scores `z`."""
    table = _gamma_table(shape)
    logarithm = _log_of_gamma(shape, z) if table is None else table(z)
    return np.asarray(np.exp(logarithm, out=logarithm))
