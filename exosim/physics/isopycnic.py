"""Isopycnic banding: particles move in a density gradient until the liquid is as dense as they are.

In a gradient that rises evenly along the radius a small sphere of density rho_p starts where the liquid has the density
rho_0 and comes closer to its own at a constant rate (Stokes' law, the force at the mean radius),

``rho(t) = rho_p + (rho_0 - rho_p) exp(-k t)``, with ``k = d^2 (d rho / d r) omega^2 r / (18 eta)``.

A band is a Gaussian around it: spread of the densities, diffusion and the blur of drawing fractions in one standard
deviation. The cut between two densities takes ``Phi((hi - rho) / sigma) - Phi((lo - rho) / sigma)`` of it. What is
denser or lighter than the whole gradient stays at its end.

Validity: dilute bands, even gradient, one viscosity; the swelling of vesicles in the medium is not modeled.
"""

from __future__ import annotations

import numpy as np

from exosim.normal import tabled_normal_distribution
from exosim.parameter import Array
from exosim.physics.pelleting import GRAVITY

_HOUR = 3600.0  # s
_STOKES = 1e-12  # nm2 g/mL / (mPa s) in s
_MILLIMETERS = 1e3  # in a meter


def mobility(diameter: Array, viscosity: Array) -> Array:
    """Return the sedimentation coefficient of a sphere per excess density, ``d^2 / (18 eta)`` [s per g/mL].

    Parameters
    ----------
    diameter : [nm]
    viscosity : of the gradient [mPa s]
    """
    return np.asarray(_STOKES * diameter**2 / (18.0 * viscosity))


def approach_rate(mobility: Array, steepness: Array, force: Array) -> Array:
    """Return k, the rate at which particles come closer to their own density [1/h].

    Parameters
    ----------
    mobility : sedimentation coefficient per excess density [s per g/mL]
    steepness : of the gradient [g/mL per mm]
    force : at the mean radius, in multiples of gravity
    """
    return np.asarray(mobility * steepness * force * (_MILLIMETERS * GRAVITY * _HOUR))


def density_reached(density: Array, start: Array, rate: Array, hours: Array) -> Array:
    """Return the density at which particles are after `hours` [g/mL].

    Parameters
    ----------
    density, start : of the particles, and of the liquid where they were loaded [g/mL]
    rate : of :func:`approach_rate` [1/h]
    """
    return np.asarray(density + (start - density) * np.exp(-rate * hours))


def cut(density: Array, low: Array, high: Array, spread: Array) -> Array:
    """Return the fraction of a band that lies between two densities.

    Parameters
    ----------
    density : at the middle of the band [g/mL]
    low, high : of the cut [g/mL]
    spread : standard deviation of the band [g/mL]

    Notes
    -----
    Classes of one density, such as those that have arrived, are worked out once.
    """
    if np.ndim(density) == 2 and np.shape(density)[-1] == 1:
        different, of_class = np.unique(density, return_inverse=True)
        if different.size < np.size(density):
            return np.asarray(cut(different[:, None], low, high, spread))[of_class.reshape(-1)]
    below, above = (tabled_normal_distribution((edge - density) / spread) for edge in (low, high))
    return np.asarray(above - below)
