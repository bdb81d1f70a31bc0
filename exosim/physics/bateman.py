"""Two first-order steps in a row: what is made of a precursor and then lost.

A becomes B at the rate k_1 and B becomes C at the rate k_2 (Bateman 1910):

    A = A_0 exp(-k_1 t)      B = A_0 k_1 (exp(-k_1 t) - exp(-k_2 t)) / (k_2 - k_1)

written so that equal rates, where the second form is 0/0, need no case of their own: B = A_0 k_1 t exp(-k t) then.

Validity: constant rates; nothing but A at the start.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array
from exosim.physics.growth import relative_growth


def precursor(initial: Array, first: Array, hours: Array) -> Array:
    """Return what is left of the precursor, A."""
    return np.asarray(initial * np.exp(-first * hours))


def intermediate(initial: Array, first: Array, second: Array, hours: Array) -> Array:
    """Return what is there of the intermediate, B.

    Parameters
    ----------
    initial : precursor at the start A_0, any unit
    first, second : rates k_1 and k_2 [1/h]
    hours : [h]
    """
    slower, apart = np.minimum(first, second), np.abs(second - first)
    return np.asarray(initial * first * hours * np.exp(-slower * hours) * relative_growth(apart * hours))


def hours_of_most(first: Array, second: Array) -> Array:
    """Return the time at which the intermediate is most, ln(k_1 / k_2) / (k_1 - k_2) [h]; 1 / k for equal rates."""
    return np.asarray(1.0 / (second * relative_growth(-np.log(first / second))))
