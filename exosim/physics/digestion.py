"""Digestion of DNA by a nuclease, slowed by salt.

``c = c0 exp(-k (E / 50 U/mL) f_salt t)`` with ``f_salt = 1 / (1 + (I / I50)^2)``.

Validity: magnesium present, 37 degC; DNA counted as what can still be amplified (above 200 bp).
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array

REFERENCE_ACTIVITY = 50.0  # U/mL, the activity to which k refers


def salt_factor(salt: Array, half_salt: Array) -> Array:
    """Return the relative activity at a salt concentration [mol/L]."""
    return 1.0 / (1.0 + (salt / half_salt) ** 2)


def remaining_dna(rate: Array, activity: Array, salt: Array, half_salt: Array, hours: Array) -> Array:
    """Return the fraction of DNA left.

    Parameters
    ----------
    rate : first-order constant at 50 U/mL without salt [1/h]
    activity : [U/mL]
    salt, half_salt : salt and the salt that halves the activity [mol/L]
    hours : [h]
    """
    return np.asarray(np.exp(-rate * (activity / REFERENCE_ACTIVITY) * salt_factor(salt, half_salt) * hours))
