"""Loss of particles while a material waits: first order, faster for small particles.

``N(t) = N0 exp(-k (100 nm / d)^m t)``. Adsorption to walls takes about two thirds of it and is limited by diffusion,
so smaller vesicles go first (Evtushenko et al. 2020, doi:10.1371/journal.pone.0243738: 51 % lost in 48 h at 4 degC in
PBS, 15 % in medium-like matrix).

Validity: hours to days at a constant temperature, in the matrix for which k was measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exosim.parameter import Array

REFERENCE_DIAMETER = 100.0  # nm, the diameter to which k refers


def constants(rate: Array, size_exponent: Array, diameters: Array) -> NDArray[np.float64]:
    """Return the first-order constant of each size class, k (100 nm / d)^m [1/h].

    Parameters
    ----------
    rate : first-order constant of 100 nm particles k [1/h]
    size_exponent : m; 0 when size does not matter
    diameters : shape (classes, 1) [nm]
    """
    return np.asarray(rate * np.exp(size_exponent * np.log(REFERENCE_DIAMETER / diameters)))


def survival(rate: Array, size_exponent: Array, diameters: Array, hours: Array) -> Array:
    """Return the fraction of particles left after `hours`, per size class; parameters as in :func:`constants`."""
    return np.asarray(np.exp(constants(rate, size_exponent, diameters) * -hours))


def lasting(rate: Array, hours: Array) -> Array:
    """Return the fraction left after `hours` of what fades at a first-order `rate` [1/h], whatever the size."""
    return np.asarray(np.exp(rate * -hours))
