"""Permeate flux limited by what piles up at the membrane, and the time that ultrafiltration takes.

Film model (Blatt et al. 1970): ``J = k ln(C_gel / C_bulk)`` with the laminar mass-transfer coefficient of Leveque,
``k = 0.807 (gamma D^2 / L)^(1/3)``, and the diffusivity of Stokes and Einstein, ``D = k_B T / (3 pi eta d)``.

Validity: laminar flow in hollow fibers or thin channels; particles up to about 300 nm (above, shear-induced diffusion
takes over); gel concentration constant.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from exosim.parameter import Array

BOLTZMANN = 1.380649e-23  # J/K
WATER_VISCOSITY = 0.89e-3  # Pa s at 25 degC
ROOM_TEMPERATURE = 298.15  # K
_LITERS_PER_HOUR = 3.6e6  # m/s to L/m2/h
SMALLEST_FLUX = 0.1  # L/m2/h


def diffusivity(diameter: Array) -> Array:
    """Return the diffusivity of a sphere in water at 25 degC [m2/s]; `diameter` in nm."""
    return BOLTZMANN * ROOM_TEMPERATURE / (3.0 * np.pi * WATER_VISCOSITY * diameter * 1e-9)


def mass_transfer(shear_rate: Array, diffusion: Array, channel_length: Array) -> Array:
    """Return the mass-transfer coefficient k [L/m2/h].

    Parameters
    ----------
    shear_rate : wall shear rate [1/s]
    diffusion : diffusivity [m2/s]
    channel_length : length of the flow path [m]
    """
    return np.asarray(_LITERS_PER_HOUR * 0.807 * np.cbrt(shear_rate * diffusion**2 / channel_length))


def gel_flux(transfer: Array, gel: Array, bulk: Array, depth: Array = 0.0) -> NDArray[np.float64]:
    """Return the flux at which the wall reaches the gel concentration [L/m2/h]; 0 when the bulk has reached it.

    Parameters
    ----------
    transfer : mass-transfer coefficient k [L/m2/h]
    gel, bulk : concentrations in one unit
    depth : logarithm of how many times the bulk has been concentrated since
    """
    return np.asarray(transfer * np.maximum(np.log(gel / bulk) - depth, 0.0))


def limited(setpoint: Array, *limits: Array) -> Array:
    """Return the smallest of the set flux and its limits, but never less than 0.1 L/m2/h.

    The floor keeps the time of a process that has reached its gel finite.
    """
    flux = setpoint
    for limit in limits:
        flux = np.minimum(flux, limit)
    return np.asarray(np.maximum(flux, SMALLEST_FLUX))


def binding(setpoint: Array, limits: Mapping[str, Array]) -> dict[str, NDArray[np.bool_]]:
    """Return where each limit is the least of all and below the set flux; of equal ones the first.

    Parameters
    ----------
    setpoint : set flux
    limits : fluxes by name, in the unit of the set flux
    """
    least, bound = setpoint, dict[str, NDArray[np.bool_]]()
    for name, limit in limits.items():
        lower = np.asarray(limit < least)
        bound = {**{other: binds & ~lower for other, binds in bound.items()}, name: lower}
        least = np.minimum(least, limit)
    return bound


def concentration_hours(
    volume: Array, factor: Array, area: Array, fluxes: Array, positions: Array, weights: Array
) -> Array:
    """Return the time to concentrate, the integral of dV / (A J) [h].

    Parameters
    ----------
    volume : initial volume [L]
    factor : volumetric concentration factor X
    area : membrane area [m2]
    fluxes : flux at the volumes ``volume * factor^-position``, shape (positions, lanes) [L/m2/h]
    positions, weights : quadrature in the logarithm of the volume, on (0, 1)
    """
    depth = np.log(factor)
    at = np.reshape(positions, (-1, 1))
    shares = np.reshape(weights, (-1, 1)) * np.exp(-at * depth)
    return np.asarray(volume * depth / area * (shares / fluxes).sum(axis=0))
