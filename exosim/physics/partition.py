"""Partition between two aqueous phases: coefficients, what the bottom phase keeps, and repeated washing.

With the partition coefficient ``K = c_top / c_bottom`` and the ratio of volumes ``r = V_top / V_bottom`` the bottom
phase holds ``1 / (1 + K r)`` of a solute, and its share of the volume, ``1 / (1 + r)``, where K = 1. After n rounds,
each with a fresh top phase, it holds the n-th power.

The larger a particle, the more one-sided it divides: ``ln K`` is proportional to a power of the diameter, 2 where the
surface decides (Brønsted). Proteins then are nearly even while vesicles collect in one phase.

Validity: dilute solutes, equilibrium, no particles at the interface.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array

REFERENCE_DIAMETER = 100.0  # nm, the diameter to which a coefficient of particles refers


def coefficient(diameters: Array, of_reference: Array, exponent: Array) -> Array:
    """Return K of particles.

    Parameters
    ----------
    diameters : [nm]
    of_reference : K of 100 nm particles
    exponent : power of the diameter in ln K; 0 when size does not matter
    """
    power = np.exp(exponent * np.log(diameters / REFERENCE_DIAMETER))
    return np.asarray(np.exp(np.log(of_reference) * power))


def bottom_share(partition: Array, ratio: Array, rounds: Array = 1.0) -> Array:
    """Return the fraction of a solute that is in the bottom phase after a number of rounds.

    Parameters
    ----------
    partition : K, concentration in the top over that in the bottom phase
    ratio : volume of the top over that of the bottom phase
    rounds : separations, each after the first with a fresh top phase
    """
    return np.asarray(1.0 / (1.0 + partition * ratio) ** rounds)


def washed_concentration(mixed: Array, fresh: Array, ratio: Array, washes: Array) -> Array:
    """Return the concentration of a solute with K = 1 after washes.

    Parameters
    ----------
    mixed : in the first mixture
    fresh : in the fresh top phases
    ratio : volume of the top over that of the bottom phase
    washes : number of washes
    """
    return np.asarray(fresh + (mixed - fresh) * (1.0 + ratio) ** -washes)
