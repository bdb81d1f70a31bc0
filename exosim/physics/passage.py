"""Passage of particles through the pores of a sterilizing filter, and their adsorption to surfaces.

Log-logistic passage ``P = 1 / (1 + (d / d50)^n)``; adsorption takes particles until the surface is covered, so that it
matters at bench scale and vanishes at large loads: ``Y = max(0, 1 - Gamma A / N)``. The ceiling of Gamma is random
sequential adsorption, 54.7 % of the area (Feder 1980): 7.0e13 per m2 for 100 nm.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array


def size_passage(diameters: Array, half_passage: Array, slope: Array) -> Array:
    """Return the fraction of particles that passes, per size class.

    Parameters
    ----------
    diameters, half_passage : diameter and diameter of 50 % passage [nm]
    slope : steepness n
    """
    return np.asarray(1.0 / (1.0 + (diameters / half_passage) ** slope))


def unadsorbed(number: Array, per_area: Array, area: Array) -> Array:
    """Return the fraction of `number` particles that a surface leaves in solution.

    Parameters
    ----------
    number : particles offered
    per_area : particles that a square meter takes Gamma [1/m2]
    area : [m2]
    """
    return np.asarray(np.clip(1.0 - per_area * area / np.maximum(number, 1.0), 0.0, 1.0))
