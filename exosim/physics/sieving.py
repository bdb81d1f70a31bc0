"""Passage of solutes and particles through an ultrafiltration membrane, and the exact balances of UF and DF.

Sieving of a sphere in a cylindrical pore (Zeman & Wales 1981), with lambda = d / d_pore:
``S = (1-l)^2 (2 - (1-l)^2) exp(-0.7146 l^2)``. At constant sieving S and retention R = 1 - S, concentrating X-fold
keeps ``X^(R-1)`` and N constant-volume diavolumes keep ``exp(-N S)`` (Cheryan 1998; van Reis & Zydney 2007).

Validity: observed sieving, one pore size; polarization is covered by the flux limit, not by S.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array


def steric_sieving(diameter: Array, pore_diameter: Array) -> Array:
    """Return the sieving coefficient of spheres: 1 for points, 0 at and above the pore diameter.

    Parameters
    ----------
    diameter, pore_diameter : [nm]
    """
    ratio = np.minimum(diameter * (1.0 / pore_diameter), 1.0)
    free = np.square(1.0 - ratio)
    return np.asarray(free * (2.0 - free) * np.exp(-0.7146 * np.square(ratio)))


def concentration_yield(factor: Array, sieving: Array) -> Array:
    """Return the fraction kept while concentrating `factor`-fold, X^(R-1) = X^-S."""
    return np.asarray(np.exp(-sieving * np.log(factor)))


def diafiltration_yield(diavolumes: Array, sieving: Array) -> Array:
    """Return the fraction kept by constant-volume diafiltration, exp(-N S)."""
    return np.asarray(np.exp(-diavolumes * sieving))


def filtration_yield(factor: Array, diavolumes: Array, sieving: Array) -> Array:
    """Return the fraction kept by concentrating `factor`-fold and then diafiltering, exp(-S (ln X + N))."""
    return np.asarray(np.exp(-(np.log(factor) + diavolumes) * sieving))


def stepwise_diafiltration_yield(diavolumes: float, steps: int, sieving: Array) -> Array:
    """Return the fraction kept by diluting and concentrating again `steps` times.

    Each step adds ``diavolumes / steps`` retentate volumes and concentrates back; tends to :func:`diafiltration_yield`
    as the steps become many.
    """
    return np.asarray((1.0 + diavolumes / steps) ** (-sieving * steps))
