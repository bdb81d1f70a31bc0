"""Size-exclusion chromatography by plate theory.

A solute leaves at ``V_R = V_0 + K_D V_i`` with standard deviation ``V_R / sqrt(N)`` (Martin & Synge 1941); the
distribution coefficient of a sphere in a pore is ``K_D = (1 - d / d_pore)^2``, 0 when it does not fit. The load is a
rectangular plug, convolved exactly with the Gaussian, so that overloading widens the peak.

Validity: linear, no interaction with the matrix; N constant over solutes.
"""

from __future__ import annotations

import numpy as np

from exosim.material import is_number
from exosim.normal import normal_ramp, tabled_normal_distribution
from exosim.parameter import Array


def distribution_coefficient(diameter: Array, pore_diameter: Array) -> Array:
    """Return K_D of spheres [nm, nm]: 1 for points, 0 at and above the pore diameter."""
    return np.asarray((1.0 - np.minimum(diameter / pore_diameter, 1.0)) ** 2)


def pooled_fraction(retention: Array, plates: Array, start: Array, stop: Array, load: Array = 0.0) -> Array:
    """Return the fraction of a solute that leaves the column between two volumes.

    Parameters
    ----------
    retention : retention volume V_R of a pulse, counted from the start of loading
    plates : plate number N
    start, stop : the pool window
    load : volume of the loaded plug; the plain number 0 stands for a pulse

    All volumes in one unit, such as column volumes.
    """
    sigma = retention / np.sqrt(plates)
    first, last = (start - retention) / sigma, (stop - retention) / sigma
    if is_number(load, 0.0):
        return np.asarray(tabled_normal_distribution(last) - tabled_normal_distribution(first))
    width = load / sigma
    gained = normal_ramp(last) - normal_ramp(last - width)
    return np.asarray(np.clip((gained - normal_ramp(first) + normal_ramp(first - width)) / width, 0.0, 1.0))


def resolution(first: Array, second: Array, plates: Array) -> Array:
    """Return the resolution of two peaks, 2 dV / (w1 + w2) with w = 4 sigma."""
    return 2.0 * (second - first) / (4.0 * (first + second) / np.sqrt(plates))


def relative_variance(plates: Array) -> Array:
    """Return variance / mean^2 of a pulse, that of `plates` equal tanks in series (Levenspiel)."""
    return 1.0 / plates
