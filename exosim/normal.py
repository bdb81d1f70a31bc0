"""The standard normal distribution: its function and, fast, its inverse.

The inverse is a table of cubics. With v = u - 1/2 the ratio z(u) / v is even in v and smooth; the table has it on 1024
even parts of each octave of m = min(u, 1 - u), found by the leading bits of m, and z is the ratio times v. It agrees
with :func:`scipy.special.ndtri`, from which it is made, to 3e-15 of z, and takes half the time. Numbers below the
lowest octave, 1 in 4 million, go to that function itself.

Where a kernel asks for the function itself, :func:`tabled_normal_distribution` is three times as fast as scipy.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from exosim.parameter import Array

Floats = NDArray[np.float64]
_BITS = 10
_OCTAVES = 22
_SHIFT = 52 - _BITS
_DEGREE = 3
_ONE = np.int64(0x3FF0000000000000)
"""The bits of 1.0: with the trailing bits of a number, they are 1 plus its distance from the start of its part."""
_TRAILING = np.int64((1 << _SHIFT) - 1)
_LOWEST = 2.0 ** -(_OCTAVES + 1)
_FIRST = int(np.array(_LOWEST).view(np.int64)) >> _SHIFT
_PER_UNIT = 512.0
_SQRT_TWO_PI = math.sqrt(2.0 * math.pi)
_FROM, _TO = -37.5, 9.0
"""Where the function is 0 and 1 to rounding, and between them the knots of its table."""
_LEAST_BLOCK = 64


def normal_distribution(values: Array, out: Floats | None = None) -> Floats:
    """Return the standard normal distribution function of `values`; `out` may be `values` itself."""
    from scipy.special import ndtr

    return np.asarray(ndtr(values, out=out))


def tabled_normal_distribution(values: Array) -> Floats:
    """Return the standard normal distribution function of `values`, to 4e-16 of that of scipy, in a third of the time.

    It is Taylor's polynomial about the nearest of evenly spaced knots; all derivatives follow from the density there:
    with z = t + d it is ``Phi(t) + phi(t) d (1 - d/2 (t + d/3 (1 - t^2 + d/4 (t^3 - 3 t))))``.
    What is less than a block of lanes goes to scipy, whose calls are fewer.
    """
    if np.size(values) < _LEAST_BLOCK:
        return normal_distribution(values)
    index, knot, d = _nearest(values)
    square = np.square(knot)
    series = (square - 3.0) * knot
    for factor, term in ((0.25, 1.0 - square), (1.0 / 3.0, knot), (-0.5, 1.0)):
        series *= d
        series *= factor
        series += term
    density, below, _ = _knots(np.result_type(d).str)
    series *= d
    series *= density.take(index, mode="clip")
    series += below.take(index, mode="clip")
    return np.asarray(series)


def normal_ramp(values: Array) -> Floats:
    """Return the integral of the standard normal distribution function, ``R(z) = z Phi(z) + phi(z)``, by that table.

    With z = t + d it is ``R(t) + d (Phi(t) + phi(t) d/2 (1 - d/3 (t + d/4 (1 - t^2))))``.
    """
    if np.size(values) < _LEAST_BLOCK:
        return np.asarray(values * normal_distribution(values) + _density(values))
    index, knot, d = _nearest(values)
    density, below, ramp = _knots(np.result_type(d).str)
    series = 1.0 - np.square(knot)
    for factor, term in ((0.25, knot), (-1.0 / 3.0, 1.0)):
        series *= d
        series *= factor
        series += term
    series *= density.take(index, mode="clip")
    series *= d
    series *= 0.5
    series += below.take(index, mode="clip")
    series *= d
    series += ramp.take(index, mode="clip")
    return np.asarray(series)


def _nearest(values: Array) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return which knot is nearest to each value, where it is, and how far the value lies above it."""
    knot = np.rint(values * _PER_UNIT)
    np.clip(knot, _FROM * _PER_UNIT, _TO * _PER_UNIT, out=knot)
    index = knot.astype(np.intp)
    index -= int(_FROM * _PER_UNIT)
    knot *= 1.0 / _PER_UNIT
    return index, knot, values - knot


@functools.cache
def _knots(precision: str) -> tuple[Floats, Floats, Floats]:
    """Return density, function and its integral at the knots; the density ends, so that all is straight beyond."""
    knots = np.arange(_FROM * _PER_UNIT, _TO * _PER_UNIT + 1.0) / _PER_UNIT
    density, below = _density(knots), normal_distribution(knots)
    density[0] = below[0] = density[-1] = 0.0
    ramp = knots * below + density
    return density.astype(precision), below.astype(precision), ramp.astype(precision)


def _density(values: Array) -> Floats:
    return np.asarray(np.exp(-0.5 * np.square(values)) / _SQRT_TWO_PI)


def normal_quantile(uniforms: Array) -> Floats:
    """Return the standard normal quantile of `uniforms`, which lie in [0, 1]."""
    given = np.asarray(uniforms, dtype=np.float64)
    u = np.atleast_1d(given)
    v = u - 0.5
    m = 1.0 - u
    np.minimum(m, u, out=m)
    bits = m.view(np.int64)
    part = bits >> _SHIFT
    part -= _FIRST
    bits &= _TRAILING
    bits |= _ONE
    m -= 1.0
    lowest, *others = _table()
    ratio = lowest.take(part, mode="clip")
    for coefficients in others:
        ratio *= m
        ratio += coefficients.take(part, mode="clip")
    ratio *= v
    if part.size and part.min() < 0:
        outside = part < 0
        ratio[outside] = _exact(u[outside])
    return ratio.reshape(given.shape)


def _exact(uniforms: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(uniforms), dtype=np.float64)


@functools.cache
def _table() -> tuple[Floats, ...]:
    """Return the coefficients of the cubics, highest power first; the last one is for m = 1/2, where v is 0."""
    nodes = (1.0 - np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))) / 2.0
    parts = 1 << _BITS
    m = _LOWEST * np.exp2(np.arange(_OCTAVES))[:, None] * (1.0 + (np.arange(parts) + nodes[:, None, None]) / parts)
    ratio = (_exact(m) / (m - 0.5)).reshape(_DEGREE + 1, -1)
    powers = np.vander(nodes / parts, _DEGREE + 1)
    fitted = np.linalg.solve(powers, ratio)
    return tuple(np.append(row, row[-1]) for row in fitted)
