"""Continuous centrifuges: the area of a settling tank that would do the same, and what it captures (Sigma theory).

A particle that sinks at the speed v in gravity settles in a bowl as it would in a tank of the area Sigma (Ambler 1959).
What a flow Q passes is captured in the proportion ``v Sigma / Q``, the share of the streamlines from which particles
reach the wall in their time in the bowl:

- between conical discs: gaps so narrow that the force is the same on both sides of each; ``min(1, v Sigma / Q)`` is
  exact for plug flow;
- in a tubular bowl: a layer from r_1 to r_2 that moves as a plug; a particle gains ``x = s omega^2 V / Q`` in the
  logarithm of its radius, and ``r_2^2 (1 - exp(-2 x)) / (r_2^2 - r_1^2)`` is exact.

Sigma is scaled so that half of the particles are captured at ``Q = 2 v Sigma``, in both kinds of bowl. In a thin layer
the two laws are one.

Validity: dilute suspensions, laminar flow without slip against the bowl, Stokes' law; real machines reach a part of
the theoretical area, which is an efficiency of its own.
Source: Ambler 1959.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array
from exosim.physics.pelleting import GRAVITY, angular_speed

_MILLIMETERS = 1e3  # in a meter
_LITERS_PER_HOUR = 3.6e6  # in a cubic meter per second


def disc_area(discs: Array, inner: Array, outer: Array, angle: Array, speed: Array) -> Array:
    """Return Sigma of a stack of conical discs [m2].

    Parameters
    ----------
    discs : number of gaps between them
    inner, outer : radii of the discs [mm]
    angle : between a disc and the axis [deg]
    speed : [1/min]
    """
    cubes = (outer**3 - inner**3) / _MILLIMETERS**3
    return np.asarray(
        2.0 * np.pi / 3.0 * discs * angular_speed(speed) ** 2 * cubes / (GRAVITY * np.tan(np.radians(angle)))
    )


def tubular_area(length: Array, inner: Array, outer: Array, speed: Array) -> Array:
    """Return Sigma of a tubular bowl [m2].

    Parameters
    ----------
    length : of the bowl [mm]
    inner, outer : radii of the surface of the liquid and of the wall [mm]
    speed : [1/min]
    """
    volume = np.pi * (outer**2 - inner**2) * length / _MILLIMETERS**3
    return np.asarray(angular_speed(speed) ** 2 * volume / (GRAVITY * half_way(inner, outer)))


def half_way(inner: Array, outer: Array) -> Array:
    """Return ``ln(2 r_2^2 / (r_1^2 + r_2^2))``: twice the x at which half of the particles are captured."""
    return np.asarray(np.log(2.0 * outer**2 / (inner**2 + outer**2)))


def overflow_ratio(coefficient: Array, area: Array, flow: Array) -> Array:
    """Return ``v Sigma / Q`` of particles.

    Parameters
    ----------
    coefficient : sedimentation coefficient s, with ``v = s g`` [s]
    area : Sigma [m2]
    flow : [L/h]
    """
    return coefficient * (GRAVITY * area * (_LITERS_PER_HOUR / flow))


def captured(ratio: Array) -> Array:
    """Return the fraction captured in narrow gaps or in a thin layer, for a ratio ``v Sigma / Q``."""
    return np.asarray(np.minimum(ratio, 1.0))


def captured_in_bowl(ratio: Array, inner: Array, outer: Array) -> Array:
    """Return the fraction captured in a tubular bowl.

    Parameters
    ----------
    ratio : ``v Sigma / Q``
    inner, outer : radii of the surface of the liquid and of the wall, in one unit
    """
    gained = -np.expm1(-2.0 * ratio * half_way(inner, outer))
    return np.asarray(np.minimum(outer**2 * gained / (outer**2 - inner**2), 1.0))
