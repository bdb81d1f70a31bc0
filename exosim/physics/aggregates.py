"""Cells in a sphere: how many there are, and how deep a nutrient reaches them.

Cells of diameter d_c fill the share phi of an aggregate of diameter d, so that it holds ``phi (d / d_c)^3`` of them.
They take a nutrient up at a rate Q per volume that does not depend on its concentration, as long as there is any. By
diffusion with D inside, and through a film with the Sherwood number Sh and the diffusivity D_m in the medium, the
nutrient falls from C in the medium to nothing at the radius r of a core,

    (1 - x)^2 (1 + 2 x) + beta (1 - x^3) = 6 D C / (Q R^2),     x = r / R,     beta = 4 D / (Sh D_m)

Below the critical radius ``R_crit = sqrt(6 D C / (Q (1 + beta)))`` there is no core; without a film that is the
classical sphere, the analog of Krogh's cylinder. With ``c = 1 + beta - 6 D C / (Q R^2)`` above 0 the cubic has the
root

    x = sqrt(c) / (2 cos(arccos(-(2 - beta) sqrt(c) / 2) / 3))

Structure as in Grimes & Currell 2018 (doi:10.1098/rsif.2018.0256) for a sphere; the film is ours.

Validity: spheres of one size and even density, steady state, zero-order uptake, cells of the core use nothing; Sh
from 2, a still medium, and D not above D_m, so that beta is at most 2.
"""

from __future__ import annotations

import math

import numpy as np

from exosim.parameter import Array

_MICROMETER = 1e-6  # m
_HOUR = 3600.0  # s
_CUBIC_MICROMETERS = 1e-12  # um3 to mL
_PER_CUBIC_METER = 1e6  # 1/mL to 1/m3
_MOLES = {"fmol": 1e-15, "pmol": 1e-12}
_LEAST = 1e-30


def cells_per_aggregate(diameter: Array, cell: Array, packing: Array) -> Array:
    """Return the number of cells of an aggregate.

    Parameters
    ----------
    diameter, cell : of the aggregate and of a cell [um]
    packing : share of the volume of the aggregate that is cells
    """
    return packing * (diameter / cell) ** 3


def density(cell: Array, packing: Array) -> Array:
    """Return the cells in the volume of an aggregate [cell/mL]; arguments as in :func:`cells_per_aggregate`."""
    return packing / (math.pi / 6.0 * cell**3 * _CUBIC_MICROMETERS)


def demand(uptake: Array, cells: Array, unit: str) -> Array:
    """Return the uptake per volume of an aggregate Q [mol/m3/s].

    Parameters
    ----------
    uptake : of a cell, in `unit` per hour, ``"fmol"`` or ``"pmol"``
    cells : [cell/mL]
    """
    return uptake * cells * (_MOLES[unit] * _PER_CUBIC_METER / _HOUR)


def film(diffusivity: Array, medium: Array, sherwood: Array) -> Array:
    """Return the resistance of the film over that of the aggregate, beta.

    Parameters
    ----------
    diffusivity, medium : of the nutrient in the aggregate and in the medium, any one unit
    sherwood : Sherwood number, 2 in still medium
    """
    return 4.0 * diffusivity / (sherwood * medium)


def critical_diameter(concentration: Array, diffusivity: Array, demand: Array, film: Array) -> Array:
    """Return the diameter above which an aggregate has a core without the nutrient [um].

    Parameters
    ----------
    concentration : in the medium [mmol/L]
    diffusivity : in the aggregate [m2/s]
    demand : uptake per volume of the aggregate, above 0 [mol/m3/s]
    film : resistance of the film over that of the aggregate
    """
    return np.asarray(2.0 / _MICROMETER * np.sqrt(6.0 * diffusivity * concentration / (demand * (1.0 + film))))


def core_radius(diameter: Array, critical: Array, film: Array) -> Array:
    """Return the radius of the core over that of the aggregate.

    Parameters
    ----------
    diameter, critical : of the aggregate and the critical one [um]
    film : resistance of the film over that of the aggregate
    """
    reached = np.square(critical / np.maximum(diameter, _LEAST))
    root = np.sqrt((1.0 + film) * np.maximum(1.0 - reached, 0.0))
    angle = np.arccos(-0.5 * (2.0 - film) * root) / 3.0
    return np.asarray(np.minimum(root / (2.0 * np.cos(angle)), 1.0))


def core_share(diameter: Array, critical: Array, film: Array) -> Array:
    """Return the share of the cells that is in the core; arguments as in :func:`core_radius`."""
    return core_radius(diameter, critical, film) ** 3
