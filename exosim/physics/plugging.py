"""Dead-end filtration with gradual pore plugging (standard blocking).

``t / v = t / V_max + 1 / J0`` and ``J = J0 (1 - v / V_max)^2`` with v the volume per area (Hermans & Bredee 1936;
Hermia 1982; V_max test of Badmington et al. 1995). At 90 % flow decay v = 0.684 V_max, which is taken as the point at
which a filter is changed.

Validity: constant pressure; one feed. Cake filtration (Ruth 1935) is given for comparison with cell-rich feeds.
"""

from __future__ import annotations

import math

import numpy as np

from exosim.parameter import Array

CHANGE_OUT = 1.0 - math.sqrt(0.1)  # share of V_max at 90 % flow decay


def hours(throughput: Array, flux: Array, capacity: Array) -> Array:
    """Return the time to filter `throughput` [h].

    Parameters
    ----------
    throughput : volume per area, below `capacity` [L/m2]
    flux : initial flux J0 [L/m2/h]
    capacity : V_max [L/m2]
    """
    return throughput / (flux * (1.0 - throughput / capacity))


def throughput(time: Array, flux: Array, capacity: Array) -> Array:
    """Return the volume per area filtered in `time` [L/m2]; the inverse of :func:`hours`."""
    return 1.0 / (1.0 / capacity + 1.0 / (flux * time))


def filters_needed(throughput_per_area: Array, capacity: Array) -> Array:
    """Return how many filters in parallel keep each below its change-out point: a whole number, at least 1."""
    return np.asarray(np.maximum(np.ceil(throughput_per_area / (CHANGE_OUT * capacity)), 1.0))


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
