"""Probability distributions with named numbers, as inverse distribution functions.

Every family maps uniform numbers in (0, 1) to values, so that a value can be addressed instead of consumed
(see :mod:`exosim.sampling`). Families that are a function of the standard normal score of the uniform number are
written as that function: where the score is known, as in a Gaussian copula, they take it as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from exosim.normal import Floats, normal_distribution, normal_quantile
from exosim.quantile_table import beta_of_normal, gamma_of_normal

Numbers = Mapping[str, float]
_PRACTICALLY_EMPTY = 1e-12


@dataclass(frozen=True, slots=True)
class Family:
    """A family of distributions: the sets of numbers that define it, and its functions.

    Attributes
    ----------
    forms : the accepted sets of number names; exactly one of them must be given
    inverse : value at (numbers, uniforms), or at (numbers, normal scores) when `of_normal`
    support : smallest and largest possible value
    problem : what is wrong with the numbers, or None
    plain : the numbers that are dimensionless whatever the quantity is
    of_normal : whether the inverse is written in the standard normal score of the uniform number
    """

    forms: tuple[tuple[str, ...], ...]
    inverse: Callable[[Numbers, Floats], Floats]
    support: Callable[[Numbers], tuple[float, float]]
    problem: Callable[[Numbers], str | None]
    plain: tuple[str, ...] = ()
    of_normal: bool = False


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution of one family with its numbers, in the unit of the quantity."""

    family: str
    numbers: tuple[tuple[str, float], ...]

    @property
    def of_normal(self) -> bool:
        """Whether values follow from the normal score more directly than from the uniform number."""
        return FAMILIES[self.family].of_normal

    def quantile(self, uniforms: Floats) -> Floats:
        """Return the values whose distribution function equals `uniforms`."""
        return self._inverse(normal_quantile(uniforms) if self.of_normal else uniforms)

    def at_scores(self, z: Floats) -> Floats:
        """Return the values whose distribution function is that of the standard normal distribution at `z`."""
        return self._inverse(z if self.of_normal else normal_distribution(z))

    def _inverse(self, numbers: Floats) -> Floats:
        return FAMILIES[self.family].inverse(dict(self.numbers), numbers)

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest possible value."""
        return FAMILIES[self.family].support(dict(self.numbers))

    def median(self) -> float:
        """Return the median."""
        return float(self.quantile(np.array([0.5]))[0])

    def problem(self) -> str | None:
        """Return what is wrong with the numbers, or None."""
        return FAMILIES[self.family].problem(dict(self.numbers))


def _low_high(n: Numbers) -> tuple[float, float]:
    return n["low"], n["high"]


def _ordered(n: Numbers) -> str | None:
    return None if n["low"] < n["high"] else f"low must be below high; low = {n['low']:g}, high = {n['high']:g}"


def _mode_inside(n: Numbers) -> str | None:
    if n["low"] <= n["mode"] <= n["high"] and n["low"] < n["high"]:
        return None
    return f"low <= mode <= high must hold; low = {n['low']:g}, mode = {n['mode']:g}, high = {n['high']:g}"


def _spread(name: str) -> Callable[[Numbers], str | None]:
    return lambda n: None if n[name] > 0 else f"{name} must be above 0; got {n[name]:g}"


def _uniform(n: Numbers, u: Floats) -> Floats:
    return n["low"] + (n["high"] - n["low"]) * u


def _triangular(n: Numbers, u: Floats) -> Floats:
    low, mode, high = n["low"], n["mode"], n["high"]
    width = high - low
    rising = low + np.sqrt(u * (width * (mode - low)))
    falling = high - np.sqrt((1.0 - u) * (width * (high - mode)))
    return np.where(u < (mode - low) / width, rising, falling)


def _normal(n: Numbers, z: Floats) -> Floats:
    return n["mean"] + n["sd"] * z


def _truncation(n: Numbers) -> tuple[float, float, float]:
    """Return the sign of the tail in which the window lies and the distribution function at its two ends.

    A window above the mean is mirrored: the distribution function is accurate near 0, not near 1.
    """
    low, high = (n["low"] - n["mean"]) / n["sd"], (n["high"] - n["mean"]) / n["sd"]
    if low > 0:
        return -1.0, float(normal_distribution(-high)), float(normal_distribution(-low))
    return 1.0, float(normal_distribution(low)), float(normal_distribution(high))


def _truncated_normal(n: Numbers, u: Floats) -> Floats:
    sign, first, last = _truncation(n)
    z = normal_quantile(first + (last - first) * (u if sign > 0 else 1.0 - u))
    return np.clip(n["mean"] + sign * n["sd"] * z, n["low"], n["high"])


def _truncated_problem(n: Numbers) -> str | None:
    wrong = _ordered(n) or _spread("sd")(n)
    if wrong:
        return wrong
    _, first, last = _truncation(n)
    if last - first < _PRACTICALLY_EMPTY:
        return f"the window low..high holds a probability of {last - first:.1g}: practically empty"
    return None


def _log_numbers(n: Numbers) -> tuple[float, float]:
    """Return the mean and standard deviation of the logarithm."""
    if "median" in n:
        return math.log(n["median"]), math.log(n["gsd"])
    variance = math.log1p(n["cv"] ** 2)
    return math.log(n["mean"]) - variance / 2, math.sqrt(variance)


def _lognormal(n: Numbers, z: Floats) -> Floats:
    center, sigma = _log_numbers(n)
    exponent = sigma * z
    exponent += center
    return np.exp(exponent, out=exponent)


def _lognormal_problem(n: Numbers) -> str | None:
    middle = "median" if "median" in n else "mean"
    if n[middle] <= 0:
        return f"{middle} of a lognormal must be above 0; got {n[middle]:g}"
    if "gsd" in n:
        return None if n["gsd"] > 1 else f"gsd must be above 1; got {n['gsd']:g}"
    return _spread("cv")(n)


def _pert(n: Numbers, z: Floats) -> Floats:
    width = n["high"] - n["low"]
    first = 1.0 + 4.0 * (n["mode"] - n["low"]) / width
    return np.minimum(n["low"] + width * beta_of_normal(first, 6.0 - first, z), n["high"])


def _beta_shapes(n: Numbers) -> tuple[float, float]:
    concentration = n["mean"] * (1.0 - n["mean"]) / n["sd"] ** 2 - 1.0
    return n["mean"] * concentration, (1.0 - n["mean"]) * concentration


def _beta(n: Numbers, z: Floats) -> Floats:
    return beta_of_normal(*_beta_shapes(n), z)


def _beta_problem(n: Numbers) -> str | None:
    if not 0 < n["mean"] < 1:
        return f"mean of a beta must lie between 0 and 1; got {n['mean']:g}"
    largest = math.sqrt(n["mean"] * (1 - n["mean"]))
    return None if 0 < n["sd"] < largest else f"sd must lie between 0 and {largest:.3g} for this mean; got {n['sd']:g}"


def _positive(*names: str) -> Callable[[Numbers], str | None]:
    """Return a check that all of some numbers are above 0."""

    def problem(n: Numbers) -> str | None:
        return next((f"{name} must be above 0; got {n[name]:g}" for name in names if n[name] <= 0), None)

    return problem


def _exponential(n: Numbers, u: Floats) -> Floats:
    return np.asarray(-n["mean"] * np.log1p(-u))


def _gamma(n: Numbers, z: Floats) -> Floats:
    shape = 1.0 / n["cv"] ** 2
    return gamma_of_normal(shape, z) * (n["mean"] / shape)


def _weibull(n: Numbers, u: Floats) -> Floats:
    return np.asarray(n["scale"] * (-np.log1p(-u)) ** (1.0 / n["shape"]))


FAMILIES: Mapping[str, Family] = {
    "uniform": Family((("low", "high"),), _uniform, _low_high, _ordered),
    "triangular": Family((("low", "mode", "high"),), _triangular, _low_high, _mode_inside),
    "normal": Family((("mean", "sd"),), _normal, lambda n: (-math.inf, math.inf), _spread("sd"), of_normal=True),
    "truncated_normal": Family((("mean", "sd", "low", "high"),), _truncated_normal, _low_high, _truncated_problem),
    "lognormal": Family(
        (("median", "gsd"), ("mean", "cv")), _lognormal, lambda n: (0.0, math.inf), _lognormal_problem,
        ("gsd", "cv"), of_normal=True,
    ),
    "pert": Family((("low", "mode", "high"),), _pert, _low_high, _mode_inside, of_normal=True),
    "exponential": Family((("mean",),), _exponential, lambda n: (0.0, math.inf), _positive("mean")),
    "gamma": Family(
        (("mean", "cv"),), _gamma, lambda n: (0.0, math.inf), _positive("mean", "cv"), ("cv",), of_normal=True
    ),
    "weibull": Family(
        (("shape", "scale"),), _weibull, lambda n: (0.0, math.inf), _positive("shape", "scale"), ("shape",)
    ),
    "beta": Family((("mean", "sd"),), _beta, lambda n: (0.0, 1.0), _beta_problem, ("mean", "sd"), of_normal=True),
}  # fmt: skip
