"""Breakthrough of a bed that binds at a finite rate and for good (Bohart & Adams 1920; Thomas 1944).

With the transfer units ``N = k q V / Q`` (rate constant, capacity per volume, residence time) and the load r, the
amount offered over the capacity, the outlet is at ``c / c0 = e^(N r) / (e^(N r) + e^N - 1)``. Everything else follows
in closed form: what the bed has taken is the integral of 1 - c / c0 over the load, and when the outlet is at x it has
taken ``1 + ln(x) / N`` of its capacity, so that ``DBC10 = 1 - ln(10) / N``.

Validity: one solute, a rectangular isotherm, plug flow. Where several share the sites alike, r is their common load.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exosim.parameter import Array

_LEAST = 1e-9


def outlet(load: Array, units: Array) -> NDArray[np.float64]:
    """Return c / c0 at the outlet after a load, both without dimension."""
    return np.asarray(1.0 / (1.0 + np.exp(units * (1.0 - load)) * -np.expm1(-units)))


def load_until(share: Array, units: Array) -> NDArray[np.float64]:
    """Return the load at which the outlet is at a `share` of the inlet; negative where it starts above that."""
    return np.asarray((np.log(share / (1.0 - share)) + np.log(-np.expm1(-units))) / units + 1.0)


def breakthrough_hours(share: Array, rate: Array, concentration: Array, capacity: Array, residence: Array) -> Array:
    """Return the time until the outlet is at a `share` of the inlet [h].

    Parameters
    ----------
    share : x, such as 0.1
    rate : k [mL/mg/h]
    concentration : of the feed [mg/mL]
    capacity : of the bed per its volume [mg/mL]
    residence : bed volume over flow, of the empty bed [h]; add the void time for a clock that starts at the inlet
    """
    units = rate * capacity * residence
    return load_until(share, units) * units / (rate * concentration)


def dynamic_capacity(share: Array, units: Array) -> Array:
    """Return what the bed has taken when the outlet reaches a `share`, over its capacity; DBC10 for 0.1."""
    return 1.0 + np.log(share) / units


def taken(load: Array, units: Array) -> NDArray[np.float64]:
    """Return what the bed has taken after a load, over its capacity: at most the load, and at most 1."""
    few = np.minimum(units * load, units)
    return np.asarray((few - _let_through(load, units)) / units)


def passed_share(load: Array, units: Array) -> NDArray[np.float64]:
    """Return the share of a load that comes through: e^-N of a small one, 1 - 1 / r of one far above capacity."""
    load, units = np.maximum(load, _LEAST), np.maximum(units, _LEAST)
    above = np.maximum(units * load - units, 0.0)
    return np.asarray((above + _let_through(load, units)) / (units * load))


def _let_through(load: Array, units: Array) -> NDArray[np.float64]:
    """Return N times what comes through although the bed has room for it, over its capacity: never negative."""
    few, many = np.minimum(units * load, units), np.maximum(units * load, units)
    return np.asarray(np.log1p(-np.expm1(-few) * np.exp(few - many)))
