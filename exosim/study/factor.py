"""A factor of a study: a path of the scenario, and the values between which it is moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.distributions import Distribution

Floats: TypeAlias = NDArray[np.float64]
Scale: TypeAlias = Literal["linear", "log"]
_INSIDE = 2.0**-53
"""Nearest to 0 and 1 at which a distribution is asked for a value."""


@dataclass(frozen=True)
class Factor:
    """What a study moves. At a point of a design it is one number, in `unit`.

    Attributes
    ----------
    path : address in the scenario, such as ``concentrate.flux``
    unit : of its numbers; ``"1"`` for dimensionless
    low, high : between which it is moved; of a distribution the 5 and 95 % quantiles
    scale : whether equal steps are equal differences or equal ratios
    whole : whether only whole numbers are possible
    times : whether numbers multiply what the scenario says, which keeps all its uncertainty; else they replace it, and
        only its spread between donors and batches is kept
    levels : the values that it takes; empty: all between `low` and `high`
    choices : what it may be where that is no number; a point then holds a place in this
    distribution : how it is drawn where the scenario's own uncertainty is asked about; None: uniformly
    base : where the scenario stands, in `unit`; None where it says nothing
    doc : its meaning, as a noun phrase

    Examples
    --------
    >>> flux = Factor("concentrate.flux", "L/m2/h", 15.0, 40.0)
    >>> flux.at(np.array([0.0, 0.5, 1.0])).tolist()
    [15.0, 27.5, 40.0]
    >>> flux.setting(27.5)
    '27.5 L/m2/h'
    """

    path: str
    unit: str
    low: float
    high: float
    scale: Scale = "linear"
    whole: bool = False
    times: bool = False
    levels: tuple[float, ...] = ()
    choices: tuple[Any, ...] = ()
    distribution: Distribution | None = None
    base: float | None = None
    doc: str = ""

    @property
    def label(self) -> str:
        """The path with its unit, such as ``concentrate.flux [L/m2/h]``."""
        if self.times:
            return f"{self.path} [times]"
        return self.path if self.unit == "1" else f"{self.path} [{self.unit}]"

    def at(self, shares: Floats) -> Floats:
        """Return the values at shares of the range from 0 to 1: of the levels, of the range, or quantiles."""
        shares = np.asarray(shares, dtype=np.float64)
        if self.levels or self.choices:
            listed = np.asarray(self.levels or range(len(self.choices)), dtype=np.float64)
            places = np.minimum((shares * len(listed)).astype(np.intp), len(listed) - 1)
            return np.asarray(listed[places])
        if self.distribution is not None:
            return np.asarray(self.distribution.quantile(np.clip(shares, _INSIDE, 1.0 - _INSIDE)))
        if self.whole:
            return np.asarray(np.clip(np.floor(self._between(shares, self.high + 1.0)), self.low, self.high))
        return self._between(shares, self.high)

    def _between(self, shares: Floats, high: float) -> Floats:
        """Return the values at shares of the way from `low` to `high`, which are themselves at 0 and at 1."""
        if self.scale == "log":
            found = np.exp(np.log(self.low) + shares * (np.log(high) - np.log(self.low)))
        else:
            found = self.low + shares * (high - self.low)
        inside = np.clip(found, self.low, high)
        return np.asarray(np.where(shares >= 1.0, high, np.where(shares <= 0.0, self.low, inside)))

    def share(self, values: Floats) -> Floats:
        """Return the place of values in the range, from 0 to 1 within it, on the scale of the factor."""
        values = np.asarray(values, dtype=np.float64)
        if self.high == self.low:
            return np.zeros_like(values)
        if self.scale == "log":
            with np.errstate(divide="ignore"):
                return np.asarray(np.log(values / self.low) / np.log(self.high / self.low))
        return np.asarray((values - self.low) / (self.high - self.low))

    def grid(self, count: int) -> Floats:
        """Return `count` values from `low` to `high`; the levels or choices where it has such; whole numbers once."""
        if self.levels or self.choices:
            return np.asarray(self.levels or range(len(self.choices)), dtype=np.float64)
        shares = np.linspace(0.0, 1.0, count) if count > 1 else np.full(1, 0.5)
        if self.whole:
            return np.unique(np.round(self._between(shares, self.high)))
        if self.distribution is not None:
            return self.at((np.arange(count) + 0.5) / count)
        return self.at(shares)

    def setting(self, value: float) -> Any:
        """Return a value as the scenario takes it: ``"27.5 L/m2/h"``, a number, or the choice in that place."""
        if self.choices:
            return self.choices[round(value)]
        number = int(value) if self.whole else float(value)
        return number if self.unit == "1" else f"{number!r} {self.unit}"

    def told(self, value: float) -> str:
        """Return a value as a person writes it, such as ``27.5 L/m2/h`` or ``x 1.2``."""
        if self.choices:
            return str(self.choices[round(value)])
        return f"x {units.show(value, '1')}" if self.times else units.show(value, self.unit)
