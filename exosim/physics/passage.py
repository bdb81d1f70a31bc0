"""Passage of particles through the pores of a sterilizing filter, and their adsorption to surfaces.

Log-logistic passage ``P = 1 / (1 + (d / d50)^n)``; adsorption takes particles until the surface is covered, so that it
matters at bench scale and vanishes at large loads: ``Y = max(0, 1 - Gamma A / N)``. The ceiling of Gamma is random
sequential adsorption, 54.7 % of the area (Feder 1980): 7.0e13 per m2 for 100 nm (:func:`up_to_jamming`).
"""

from __future__ import annotations

import numpy as np

from exosim.material import total, weighted
from exosim.parameter import Array

JAMMED = 0.547
"""The largest fraction of a surface that spheres cover which land at random and stay."""


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


def up_to_jamming(per_area: Array, particles: Array, diameters: Array) -> Array:
    """Return what a square meter binds of `particles`, at most a jammed layer of them [1/m2].

    Parameters
    ----------
    per_area : particles that a square meter takes Gamma [1/m2]
    particles : number in each size class, or the plain number 0 where there are none
    diameters : of the classes, shape (classes, 1) [nm]
    """
    if not isinstance(particles, np.ndarray):
        return per_area
    of_one_nanometer = JAMMED * 4.0 / np.pi * 1e18
    mean = total(particles) / np.maximum(weighted(particles, np.square(diameters)), 1.0)
    return np.asarray(np.minimum(per_area, of_one_nanometer * mean))


def left_in_solution(particles: Array, diameters: Array, per_area: Array, area: Array) -> Array:
    """Return the fraction of `particles` of several sizes that a surface leaves; parameters as above, `area` in m2."""
    return unadsorbed(total(particles), up_to_jamming(per_area, particles, diameters), area)
