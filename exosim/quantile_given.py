"""A distribution given by its 5, 50 and 95 % quantiles, exact at all three and within the bounds of its quantity.

The Johnson quantile-parameterized distribution (Hadlock & Bickel 2017, doi:10.1287/deca.2016.0343). With z the standard
normal quantile of u, c = z(0.95), g the logarithm of what lies above the lower bound l, or with an upper bound h the
normal quantile of the share (x - l) / (h - l), and L, B, H = g(p5), g(p50), g(p95)::

    m = min(B - L, H - B),  n = sign(L + H - 2 B),  r = (H - L) / (2 m),  e = L, B or H for n = 1, 0 or -1
    above a bound:   g(x) = e + m / c (z sqrt(1 + s^2) + n c sqrt(1 + (s z / c)^2)),   s = sqrt(r^2 - 1)
    between bounds:  g(x) = e + (H - L) sinh(t (z / c + n)) / sinh(2 t),               t = arcosh(r)

It is smooth and exists for any three quantiles in order. Where p5 * p95 = p50^2 it is the lognormal. Above a bound it
has tails like those of a lognormal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from exosim.distributions import Distribution
from exosim.normal import Floats, normal_distribution, normal_quantile

NAMES = ("p5", "p50", "p95")
_OUTER = 0.95
_LEAST_BEND = 1e-8
"""Below this the hyperbolic sine is its argument to the last bit; it keeps the ratio of two of them defined."""


@dataclass(frozen=True, slots=True)
class QuantileGiven(Distribution):
    """A distribution by its three quantiles `p5`, `p50` and `p95`, on the values from `low` to `high`."""

    low: float = 0.0
    high: float = math.inf

    @property
    def of_normal(self) -> bool:
        """Whether values follow from the normal score more directly than from the uniform number: they do."""
        return True

    def _inverse(self, numbers: Floats) -> Floats:
        z = numbers / float(normal_quantile(_OUTER))
        if math.isinf(self.high):
            return np.asarray(self.low + np.exp(self._above(z)))
        share = normal_distribution(self._between(z))
        return np.clip(self.low + (self.high - self.low) * share, self.low, self.high)

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest possible value."""
        return self.low, self.high

    def median(self) -> float:
        """Return the median."""
        return dict(self.numbers)["p50"]

    def problem(self) -> str | None:
        """Return what is wrong with the numbers, or None."""
        first, middle, last = self._quantiles()
        told = ", ".join(f"{name} = {value:g}" for name, value in self.numbers)
        if not first < middle < last:
            return f"p5 < p50 < p95 must hold; {told}"
        if not (self.low < first and last < self.high):
            bounds = f"above {self.low:g}" + ("" if math.isinf(self.high) else f" and below {self.high:g}")
            return f"all three must lie {bounds}; {told}"
        return None

    def _quantiles(self) -> tuple[float, float, float]:
        named = dict(self.numbers)
        return named["p5"], named["p50"], named["p95"]

    def _line(self) -> tuple[float, float, float]:
        """Return the three quantiles on the whole line."""
        values = np.array(self._quantiles()) - self.low
        if math.isinf(self.high):
            first, middle, last = np.log(values)
        else:
            first, middle, last = normal_quantile(values / (self.high - self.low))
        return float(first), float(middle), float(last)

    def _above(self, z: Floats) -> Floats:
        first, middle, last = self._line()
        nearer, side, ratio, start = _bend(first, middle, last)
        square = max(ratio**2 - 1.0, 0.0)
        rise = z * math.sqrt(1.0 + square) + side * np.sqrt(1.0 + square * z**2)
        return np.asarray(start + nearer * rise)

    def _between(self, z: Floats) -> Floats:
        first, middle, last = self._line()
        _, side, ratio, start = _bend(first, middle, last)
        bend = max(math.acosh(max(ratio, 1.0)), _LEAST_BEND)
        return np.asarray(start + (last - first) * np.sinh(bend * (z + side)) / math.sinh(2.0 * bend))


def _bend(first: float, middle: float, last: float) -> tuple[float, float, float, float]:
    """Return the shorter side, the sign of the longer one, the ratio of the mean side to the shorter, and the start."""
    side = float(np.sign(first + last - 2.0 * middle))
    nearer = min(middle - first, last - middle)
    start = {1.0: first, 0.0: middle, -1.0: last}[side]
    return nearer, side, (last - first) / (2.0 * nearer), start
