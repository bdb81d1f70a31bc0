"""Uptake of a substrate by a constant number of cells: Michaelis-Menten kinetics with its closed form in time.

``dS/dt = -v S / (K + S)`` has the solution ``S = K W((S_0 / K) exp((S_0 - v t) / K))`` with the W of Lambert (Schnell
& Mendoza 1997). It is evaluated as the Wright omega function of the logarithm, which does not overflow where S_0 is
many times K.

Validity: constant cells; nothing is fed; one substrate.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array


def remaining_substrate(initial: Array, uptake: Array, half: Array, hours: Array) -> Array:
    """Return the substrate left after `hours` [mM].

    Parameters
    ----------
    initial : substrate at the start, above 0 [mM]
    uptake : largest uptake of all cells together v [mM/h]
    half : substrate at which it is halved K [mM]
    hours : [h]
    """
    from scipy.special import wrightomega

    return np.asarray(half * wrightomega(np.log(initial / half) + (initial - uptake * hours) / half))


def hours_to_deplete(initial: Array, final: Array, uptake: Array, half: Array) -> Array:
    """Return the time after which `initial` has fallen to `final` [h]; the inverse of :func:`remaining_substrate`."""
    return np.asarray((initial - final + half * np.log(initial / final)) / uptake)
