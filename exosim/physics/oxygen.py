"""How many cells the supply of oxygen carries: a stirred vessel, and a film of still medium over a monolayer.

Stirred, at the dissolved oxygen C that is held: ``kLa (C* - C) = q_O2 X``. Still medium of depth h over X_A cells per
area, supplied from its surface by diffusion: ``C_cells = C* - q_O2 X_A h / D`` (Fick 1855). For water in contact with
moist air at one atmosphere, by Weiss 1970 and by Han & Bartels 1996, with T in kelvin,

    ln(C* / (mL/L)) = -173.4292 + 24963.39/T + 143.3483 ln(T/100) - 0.218492 T
    log10(D / (cm2/s)) = -4.410 + 773.8/T - (506.4/T)^2

At 37 degC these are 0.210 mM and 2.62e-9 m2/s. Culture medium holds about 0.89 of what water holds (Gnaiger 2008).

Validity: uptake that does not depend on oxygen (zero order) down to the concentration given; no convection in the film;
steady state, which a film of 3 mm needs about an hour for; D of water, which medium undercuts by a few percent.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array

_NANOMOLAR = 1e-6  # mM in pmol/mL
_SQUARE_CENTIMETERS_PER_HOUR = 3.6e7  # m2/s to cm2/h
_CENTIMETERS = 0.1  # mm to cm
_MOLAR_VOLUME = 22.39  # L/mol of oxygen at 0 degC and one atmosphere


def stirred_density(transfer: Array, saturation: Array, held: Array, uptake: Array) -> Array:
    """Return the cell density at which oxygen is used as fast as it is supplied [cell/mL].

    Parameters
    ----------
    transfer : volumetric transfer coefficient kLa [1/h]
    saturation, held : oxygen in equilibrium with the gas C* and oxygen that is held C [mM]
    uptake : specific uptake q_O2 [pmol/cell/h]
    """
    return transfer * (saturation - held) / (_NANOMOLAR * uptake)


def water_saturation(temperature: Array) -> Array:
    """Return the oxygen in water under moist air at one atmosphere [mM], at a temperature from 272 to 313 K."""
    logarithm = -173.4292 + 24963.39 / temperature + 143.3483 * np.log(temperature / 100.0) - 0.218492 * temperature
    return np.asarray(np.exp(logarithm) / _MOLAR_VOLUME)


def diffusivity(temperature: Array) -> Array:
    """Return the diffusivity of oxygen in water [m2/s] at a temperature from 273 to 368 K."""
    return np.asarray(1e-4 * 10.0 ** (-4.410 + 773.8 / temperature - (506.4 / temperature) ** 2))


def film_transfer(diffusion: Array, depth: Array) -> Array:
    """Return the transfer coefficient of a film of still medium, D / h^2, to set beside a kLa [1/h].

    Parameters
    ----------
    diffusion : diffusivity [m2/s]
    depth : depth of the medium [mm]
    """
    return diffusion * _SQUARE_CENTIMETERS_PER_HOUR / np.square(_CENTIMETERS * depth)


def film_drop(uptake: Array, cells: Array, depth: Array, diffusion: Array) -> Array:
    """Return by how much oxygen falls from the surface of still medium to the cells [mM].

    Parameters
    ----------
    uptake : specific uptake [pmol/cell/h]
    cells : [cell/cm2]
    depth : depth of the medium [mm]
    diffusion : diffusivity [m2/s]
    """
    per_depth = uptake * cells / (diffusion * _SQUARE_CENTIMETERS_PER_HOUR)
    return _NANOMOLAR * per_depth * _CENTIMETERS * depth


def film_density(saturation: Array, least: Array, uptake: Array, depth: Array, diffusion: Array) -> Array:
    """Return the cells per area under which oxygen at the cells is `least` [cell/cm2]; units as in the others."""
    return (saturation - least) / film_drop(uptake, 1.0, depth, diffusion)


def deepest_film(saturation: Array, least: Array, uptake: Array, cells: Array, diffusion: Array) -> Array:
    """Return the depth of still medium under which oxygen at the cells is `least` [mm]."""
    return (saturation - least) / film_drop(uptake, cells, 1.0, diffusion)
