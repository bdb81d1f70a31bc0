"""Beads that cells grow on: how many, how large their area, how cells settle on them, and when stirring hurts.

Beads are spheres: one gram has 6 / (rho pi d^3) of them with the area 6 / (rho d), rho being dry mass per swollen
volume. Cells settle at random, so that with n cells per bead the share exp(-n) of the beads stays empty (Poisson).

Suspended cells X_s attach as long as there is room, ``dX_s/dt = -k_at (1 - (N - X_s) / X_max) X_s`` with N cells in all
(structure of Jossen et al. 2018, doi:10.3390/bioengineering5040106): the logistic law of
:mod:`exosim.physics.growth` with the rate -k_at (1 - N / X_max). Cells that die while they are suspended at the rate
k_d leave the share k_at / (k_at + k_d) (1 - exp(-(k_at + k_d) t)) attached, with room for all.

Bead-to-bead transfer counts as area: fresh beads enlarge it by their own area times an efficiency. Cells are hurt
where the smallest eddies are shorter than a share of the bead diameter (Croughan et al. 1987 and later rules of thumb).

Validity: solid spheres of one size, whole monolayers, no aggregates of beads.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array
from exosim.physics.growth import density, relative_growth

_CENTIMETERS = 1e-4  # um to cm


def beads_per_gram(diameter: Array, solids: Array) -> Array:
    """Return the number of beads in a gram of dry mass.

    Parameters
    ----------
    diameter : of the swollen bead [um]
    solids : dry mass per swollen volume [g/cm3]
    """
    return 6.0 / (solids * np.pi * (_CENTIMETERS * diameter) ** 3)


def area_per_gram(diameter: Array, solids: Array) -> Array:
    """Return the area of a gram of beads [cm2/g]; arguments as in :func:`beads_per_gram`."""
    return 6.0 / (solids * _CENTIMETERS * diameter)


def beads_of_area(area: Array, diameter: Array) -> Array:
    """Return the number of beads that have an area [cm2] in all; `diameter` in um."""
    return area / (np.pi * (_CENTIMETERS * diameter) ** 2)


def empty_share(cells_per_bead: Array) -> Array:
    """Return the share of beads that no cell has settled on."""
    return np.asarray(np.exp(-cells_per_bead))


def suspended_cells(seeded: Array, attachment: Array, capacity: Array, hours: Array) -> Array:
    """Return the cells that are still suspended when none die, in the unit of `seeded`.

    Parameters
    ----------
    seeded : cells at the start, all suspended, above 0
    attachment : rate constant on bare beads k_at [1/h]
    capacity : cells that the beads have room for X_max
    hours : [h]
    """
    return density(seeded, -attachment * (1.0 - seeded / capacity), attachment / capacity, 1.0, hours)


def attached_share(attachment: Array, death: Array, hours: Array) -> Array:
    """Return the share of the seeded cells that has attached, with room for all and death in suspension [1/h]."""
    return np.asarray(attachment * hours * relative_growth((attachment + death) * hours))


def enlarged_area(area: Array, added: Array, efficiency: Array) -> Array:
    """Return the area that cells can reach after fresh beads were added [cm2].

    Parameters
    ----------
    area, added : area before and area of the fresh beads [cm2]
    efficiency : share of the fresh area that cells come to by bead-to-bead transfer
    """
    return area + efficiency * added


def critical_eddy(diameter: Array, share: Array) -> Array:
    """Return the Kolmogorov length below which cells on beads are hurt [um], a share of the bead diameter [um]."""
    return share * diameter
