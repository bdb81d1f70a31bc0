"""Dead-end filtration at constant pressure with a filter that plugs: the family of Hermia.

``d2t/dv2 = const (dt/dv)^n`` with v the volume per area (Hermans & Bredee 1936; Hermia 1982), which is one law of the
flux for all exponents, ``J = J0 (1 - (n - 1) K v)^(1 / (n - 1))`` with K the relative slope at the start:

==== ============ ===============================  =============================
n    blocking     flux                             time
==== ============ ===============================  =============================
2    complete     ``J0 (1 - K v)``                 ``K v = 1 - exp(-K J0 t)``
3/2  standard     ``J0 (1 - v / V_max)^2``         ``t / v = t / V_max + 1 / J0``
1    intermediate ``J0 exp(-K v)``                 ``K v = ln(1 + K J0 t)``
0    cake         ``J0 / (1 + K v)``               ``t / v = K v / 2 + 1 / J0``
==== ============ ===============================  =============================

Standard blocking is that of the V_max test (Badmington et al. 1995). At 90 % flow decay, where a filter is changed, its
v is 0.684 V_max; the other laws are scaled to the same point, so that a capacity means the same under each of them.

Validity: constant pressure; one feed. Cake filtration with its resistances (Ruth 1935) is given for comparison with
cell-rich feeds.
"""

from __future__ import annotations

import math

import numpy as np

from exosim.material import rounded_up
from exosim.parameter import Array

CHANGE_OUT = 1.0 - math.sqrt(0.1)  # share of V_max at 90 % flow decay
COMPLETE, STANDARD, INTERMEDIATE, CAKE = 2.0, 1.5, 1.0, 0.0


def slope(capacity: Array, blocking: float = STANDARD) -> Array:
    """Return the relative slope K of the flux at the start, at 90 % decay after 0.684 of the capacity [m2/L].

    Parameters
    ----------
    capacity : V_max of standard blocking [L/m2]
    blocking : exponent n, from 0 to 2
    """
    power = blocking - 1.0
    scale = math.log(10.0) if power == 0.0 else -math.expm1(-power * math.log(10.0)) / power
    return scale / (CHANGE_OUT * capacity)


def hours(throughput: Array, flux: Array, capacity: Array, blocking: float = STANDARD) -> Array:
    """Return the time to filter `throughput` [h].

    Parameters
    ----------
    throughput : volume per area, below `capacity` [L/m2]
    flux : initial flux J0 [L/m2/h]
    capacity : V_max of standard blocking [L/m2]
    blocking : exponent n of the law, from 0 to 2
    """
    if blocking == STANDARD:
        return throughput / (flux * (1.0 - throughput / capacity))
    start, power = slope(capacity, blocking), blocking - 1.0
    decay = start * throughput if power == 0.0 else -np.log1p(-power * start * throughput) / power
    rest = 2.0 - blocking
    return np.asarray((decay if rest == 0.0 else np.expm1(rest * decay) / rest) / (flux * start))


def throughput(time: Array, flux: Array, capacity: Array, blocking: float = STANDARD) -> Array:
    """Return the volume per area filtered in `time` [L/m2]; the inverse of :func:`hours`."""
    if blocking == STANDARD:
        return 1.0 / (1.0 / capacity + 1.0 / (flux * time))
    start, power, rest = slope(capacity, blocking), blocking - 1.0, 2.0 - blocking
    passed = flux * start * time
    decay = passed if rest == 0.0 else np.log1p(rest * passed) / rest
    return np.asarray((decay if power == 0.0 else -np.expm1(-power * decay) / power) / start)


def smallest_area(volume: Array, time: Array, flux: Array, capacity: Array, blocking: float = STANDARD) -> Array:
    """Return the area that filters a volume within a time, ``V (1 / V_max + 1 / (J0 t))`` in standard blocking [m2].

    Parameters
    ----------
    volume : [L]
    time : [h]
    flux, capacity, blocking : as in :func:`hours`

    Notes
    -----
    Without a safety margin: filters are bought 1.3 to 1.5 times as large.
    """
    return volume / throughput(time, flux, capacity, blocking)


def filters_needed(throughput_per_area: Array, capacity: Array) -> Array:
    """Return how many filters in parallel keep each below its change-out point: a whole number, at least 1."""
    return np.asarray(np.maximum(np.ceil(throughput_per_area / (CHANGE_OUT * capacity)), 1.0))


def filters_in_time(
    throughput_per_area: Array, time: Array, flux: Array, capacity: Array, blocking: float = STANDARD
) -> Array:
    """Return how many filters in parallel finish within a time; `throughput_per_area` is that of one of them alone."""
    return rounded_up(smallest_area(throughput_per_area, time, flux, capacity, blocking), 0.0)


def filters_in_parallel(
    throughput_per_area: Array, time: Array | None, flux: Array, capacity: Array, blocking: float
) -> Array:
    """Return how many filters in parallel neither plug nor take longer than a time.

    Parameters
    ----------
    throughput_per_area : of one filter alone [L/m2]
    time : within which they finish [h]; none: however long it takes
    flux, capacity, blocking : as in :func:`hours`
    """
    filters = filters_needed(throughput_per_area, capacity)
    if time is None:
        return filters
    return np.maximum(filters, filters_in_time(throughput_per_area, time, flux, capacity, blocking))


def cake_seconds(
    volume: Array, area: Array, viscosity: Array, resistance: Array, solids: Array, pressure: Array, membrane: Array
) -> Array:
    """Return the time to filter at constant pressure with a growing cake, all in SI units [s].

    Parameters
    ----------
    volume, area : [m3], [m2]
    viscosity : [Pa s]
    resistance : specific cake resistance [m/kg]
    solids : solids per filtrate volume [kg/m3]
    pressure : [Pa]
    membrane : membrane resistance [1/m]
    """
    through = volume / area
    return viscosity * through / pressure * (resistance * solids * through / 2.0 + membrane)
