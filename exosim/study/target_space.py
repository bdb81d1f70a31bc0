"""Where changes are looked for: places of the factors in their ranges, and how large a change from the base is.

The place of a value is its share of the range, on the scale of the factor: equal shares are equal differences, of a
logarithmic factor equal ratios. A change is as large as the norm of its shares, each times the weight of its factor; to
choose another word is a change of 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.errors import Problem, UsageError, unknown
from exosim.study.factor import Factor, Floats

Way: TypeAlias = Literal["up", "down", "both"]
WAYS: tuple[Way, ...] = get_args(Way)
Norm: TypeAlias = Literal["euclidean", "sum", "largest"]
NORMS: tuple[Norm, ...] = get_args(Norm)
_DIGITS = 12
_FINEST = 7
"""Powers of ten below a change to which it is rounded at the finest."""


@dataclass(frozen=True)
class Space:
    """The box of the factors around the base.

    Attributes
    ----------
    factors : its axes
    base : where the scenario stands, in the units of the factors
    weights : of a change of each factor over its whole range
    ways : in which each may be moved
    norm : how the changes of several factors make one
    """

    factors: tuple[Factor, ...]
    base: tuple[float, ...]
    weights: tuple[float, ...]
    ways: tuple[Way, ...]
    norm: Norm = "euclidean"

    @cached_property
    def origin(self) -> Floats:
        """Places of the base, shape (factors,)."""
        return np.array([_place(f, np.array(v)) for f, v in zip(self.factors, self.base, strict=True)])

    @cached_property
    def low(self) -> Floats:
        """The lowest places that are allowed."""
        return np.array([o if way == "up" and not f.choices else 0.0 for f, way, o in self._axes])

    @cached_property
    def high(self) -> Floats:
        """The highest places that are allowed."""
        return np.array([o if way == "down" and not f.choices else 1.0 for f, way, o in self._axes])

    @property
    def _axes(self) -> Iterator[tuple[Factor, Way, float]]:
        return zip(self.factors, self.ways, self.origin.tolist(), strict=True)

    @cached_property
    def listed(self) -> NDArray[np.bool_]:
        """Which factors have values that can be counted."""
        return np.array([bool(f.whole or f.levels or f.choices) for f in self.factors])

    def points(self, places: Floats) -> Floats:
        """Return the values at places, shape (points, factors); the base itself where a factor stays."""
        stay = places == self.origin
        values = np.stack([_value(f, places[:, n]) for n, f in enumerate(self.factors)], axis=1)
        return np.where(stay, np.array(self.base), values)

    def places(self, points: Floats) -> Floats:
        """Return the places of values."""
        found = np.stack([_place(f, points[:, n]) for n, f in enumerate(self.factors)], axis=1)
        return np.where(points == np.array(self.base), self.origin, found)

    def snapped(self, places: Floats) -> Floats:
        """Return the nearest places that are allowed and possible."""
        inside = np.clip(places, self.low, self.high)
        for n in np.flatnonzero(self.listed):
            inside[:, n] = self._nearest(int(n), inside[:, n])
        return inside

    def _nearest(self, n: int, places: Floats) -> Floats:
        """Return the listed places nearest to some on one axis; the base is one of them."""
        f, origin = self.factors[n], float(self.origin[n])
        found = np.clip(_place(f, _value(f, places)), self.low[n], self.high[n])
        outside = _place(f, _value(f, found)) != found  # cut at a base between two values
        found = np.where(outside | (np.abs(places - origin) < np.abs(places - found)), origin, found)
        return np.asarray(found)

    def values_of(self, n: int) -> Floats:
        """Return all places that a factor with listed values may take, the base left out."""
        f = self.factors[n]
        values = _whole(f) if f.whole and not (f.levels or f.choices) else f.grid(0)
        places = np.unique(_place(f, values))
        allowed = (places >= self.low[n]) & (places <= self.high[n]) & (places != self.origin[n])
        return np.asarray(places[allowed])

    def count_of(self, n: int) -> float:
        """Return how many values a factor may take; infinite where they cannot be counted."""
        f = self.factors[n]
        return len(f.levels or f.choices) or (f.high - f.low + 1.0 if f.whole else math.inf)

    def shares(self, places: Floats) -> Floats:
        """Return by how much of its range each factor is moved, times its weight."""
        far = np.abs(places - self.origin)
        words = np.array([bool(f.choices) for f in self.factors])
        return np.asarray(np.where(words, far > 0.0, far) * np.array(self.weights))

    def size(self, places: Floats) -> Floats:
        """Return the size of changes, shape (points,)."""
        shares = self.shares(places)
        if self.norm == "sum":
            return np.asarray(shares.sum(axis=1))
        return np.asarray(shares.max(axis=1) if self.norm == "largest" else np.sqrt((shares * shares).sum(axis=1)))

    def rounded(self, place: Floats, away: bool) -> Floats:
        """Return the change at a place with round numbers, the roundest first, shape (roundings, factors).

        Parameters
        ----------
        away : whether numbers are rounded away from the base, or to the nearest
        """
        point = self.points(place[None])[0]
        rows = [
            [_rounded(f, float(v), b, power, away) for f, v, b in zip(self.factors, point, self.base, strict=True)]
            for power in range(_FINEST)
        ]
        return np.clip(self.places(np.array(rows)), self.low, self.high)

    def told(self, n: int, value: float) -> str:
        """Return a value of a factor with all its digits and its unit."""
        f = self.factors[n]
        if f.choices:
            return f.told(value)
        return f"x {units.show(value, '1', _DIGITS)}" if f.times else units.show(value, f.unit, _DIGITS)


def space_of(
    factors: Sequence[Factor],
    base: Floats,
    weights: Mapping[str, float] | None = None,
    ways: Mapping[str, Way] | None = None,
    norm: Norm = "euclidean",
) -> Space:
    """Return the space of the changes of some factors.

    Raises
    ------
    UsageError
        when a base lies outside its range, a weight is not positive, or a name is not known.
    """
    weights, ways = weights or {}, ways or {}
    paths = [f.path for f in factors]
    problems = [unknown("factor", name, paths) for name in dict.fromkeys([*weights, *ways]) if name not in paths]
    problems += [
        Problem("a weight must be positive", path, got=f"{value:g}")
        for path, value in weights.items()
        if not (value > 0.0 and math.isfinite(value))
    ]
    problems += [unknown("direction", way, WAYS) for way in ways.values() if way not in WAYS]
    problems += [] if norm in NORMS else [unknown("norm", norm, NORMS)]
    problems += [_outside(f, float(v)) for f, v in zip(factors, base, strict=True) if not f.low <= v <= f.high]
    if problems:
        raise UsageError(problems)
    each = tuple(float(weights.get(path, 1.0)) for path in paths)
    return Space(tuple(factors), tuple(base.tolist()), each, tuple(ways.get(path, "both") for path in paths), norm)


def _outside(f: Factor, value: float) -> Problem:
    told = f"{f.told(f.low)} to {f.told(f.high)}"
    return Problem(
        "the scenario stands outside the range of this factor, and a change is measured from there",
        f.path, got=f"{f.told(value)}, in {told}", expected="a range with it inside",
    )  # fmt: skip


def _place(f: Factor, values: Floats) -> Floats:
    if f.choices:
        return np.asarray(values, dtype=np.float64) / max(len(f.choices) - 1, 1)
    return f.share(values)


def _value(f: Factor, places: Floats) -> Floats:
    """Return the values at places; of listed ones the nearest."""
    if f.choices:
        return np.asarray(np.round(places * (len(f.choices) - 1)))
    if f.scale == "log":
        values = np.exp(math.log(f.low) + places * math.log(f.high / f.low))
    else:
        values = f.low + places * (f.high - f.low)
    values = np.where(places >= 1.0, f.high, np.where(places <= 0.0, f.low, np.clip(values, f.low, f.high)))
    if f.levels:
        listed = np.sort(np.array(f.levels))
        own = _place(f, listed)
        return np.asarray(listed[np.abs(own[:, None] - places).argmin(axis=0)])
    return np.asarray(np.clip(np.round(values), math.ceil(f.low), math.floor(f.high)) if f.whole else values)


def _whole(f: Factor) -> Floats:
    return np.arange(math.ceil(f.low), math.floor(f.high) + 1.0)


def rounded_toward(f: Factor, value: float, base: float) -> float:
    """Return a value rounded to a hundredth of its distance from the base, toward that."""
    step = 10.0 ** (math.floor(math.log10(abs(value - base))) - 2) if value != base else 1.0
    round_back = np.floor if value > base else np.ceil
    listed = f.whole or f.levels or f.choices or value in (f.low, f.high, base)
    return value if listed else float(f"{float(round_back(value / step)) * step:.{_DIGITS}g}")


def _rounded(f: Factor, value: float, base: float, power: int, away: bool) -> float:
    """Return a value rounded to 10^-power of its change."""
    change = value - base
    if change == 0.0 or f.whole or f.levels or f.choices or value in (f.low, f.high):
        return value
    step = 10.0 ** (math.floor(math.log10(abs(change))) - power)
    round_up = np.ceil if change > 0.0 else np.floor
    number = float(round_up(value / step - 1e-9 * np.sign(change)) if away else np.round(value / step)) * step
    return float(min(max(float(f"{number:.{_DIGITS}g}"), f.low), f.high))
