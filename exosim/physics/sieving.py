"""Passage of solutes and particles through an ultrafiltration membrane, and the exact balances of UF and DF.

Sieving of a sphere in a cylindrical pore (Zeman & Wales 1981), with lambda = d / d_pore:
``S = (1-l)^2 (2 - (1-l)^2) exp(-0.7146 l^2)``. At constant sieving S and retention R = 1 - S, concentrating X-fold
keeps ``X^(R-1)`` and N constant-volume diavolumes keep ``exp(-N S)`` (Cheryan 1998; van Reis & Zydney 2007).

Pores of many sizes (:func:`distributed_sieving`) each pass what their size lets through, and the permeate mixes them in
proportion to their flow, which goes with the fourth power of the diameter (Hagen & Poiseuille; Kanani et al. 2010). Of
lognormal pores with median m by number the flow, too, is lognormal, with the same spread around ``m exp(4 sigma^2)``.
The effective pore diameter is this median by flow: half of the liquid passes smaller pores, so that what hardly feels
the pores passes as through pores of one size, and widening the distribution only adds the tails.

Retained matter piles up at the membrane (:func:`observed_sieving`): ``S_o = S / (S + (1 - S) exp(-J / k))`` (Blatt et
al. 1970), which raises what is seen of a small S about exp(J / k)-fold.

Validity: S as observed, unless the last formula is applied; its film is that of the flux limits, so that J / k above 2
means more than the film can hold.
"""

from __future__ import annotations

import numpy as np

from exosim.material import is_number
from exosim.parameter import Array

_SCORES, _SHARES = np.polynomial.hermite_e.hermegauss(5)
_SHARES = _SHARES / _SHARES.sum()
WIDEST = float(_SCORES.max())
"""The largest pore that counts, in standard deviations of the logarithm of the diameter."""


def steric_sieving(diameter: Array, pore_diameter: Array) -> Array:
    """Return the sieving coefficient of spheres: 1 for points, 0 at and above the pore diameter.

    Parameters
    ----------
    diameter, pore_diameter : [nm]
    """
    ratio = np.minimum(diameter * (1.0 / pore_diameter), 1.0)
    free = np.square(1.0 - ratio)
    return np.asarray(free * (2.0 - free) * np.exp(-0.7146 * np.square(ratio)))


def distributed_sieving(diameter: Array, pore_diameter: Array, gsd: Array | None) -> Array:
    """Return the sieving coefficient of lognormal pores, each counted by its flow.

    Parameters
    ----------
    diameter, pore_diameter : of the sphere, and the median of the pores by flow [nm]
    gsd : geometric standard deviation of the pores; None for pores of one size

    Notes
    -----
    Five Gauss-Hermite nodes: the error is below 0.0015 up to a gsd of 1.3 and 0.004 up to 1.5.
    """
    if gsd is None or is_number(gsd, 1.0):
        return steric_sieving(diameter, pore_diameter)
    spread = np.log(gsd)
    together: Array = 0.0
    for score, share in zip(_SCORES.tolist(), _SHARES.tolist(), strict=True):
        together = together + share * steric_sieving(diameter, pore_diameter * np.exp(score * spread))
    return np.asarray(together)


def observed_sieving(sieving: Array, polarization: Array) -> Array:
    """Return the sieving seen from the bulk, S / (S + (1 - S) exp(-J / k)).

    Parameters
    ----------
    sieving : of what is at the membrane, S
    polarization : flux over mass-transfer coefficient, J / k
    """
    return np.asarray(sieving / (sieving + (1.0 - sieving) * np.exp(-polarization)))


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
