"""The standard normal distribution: its function and, fast, its inverse.

The inverse is a table of cubics. With v = u - 1/2 the ratio z(u) / v is even in v and smooth; the table has it on 1024
even parts of each octave of m = min(u, 1 - u), found by the leading bits of m, and z is the ratio times v. It agrees
with :func:`scipy.special.ndtri`, from which it is made, to 3e-15 of z, and takes half the time. Numbers below the
lowest octave, 1 in 4 million, go to that function itself.
"""

from __future__ import annotations

import functools

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


def normal_distribution(values: Array, out: Floats | None = None) -> Floats:
    """Return the standard normal distribution function of `values`; `out` may be `values` itself."""
    from scipy.special import ndtr

    return np.asarray(ndtr(values, out=out))


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
