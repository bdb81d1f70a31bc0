"""Beads with an inert shell and a binding core: what enters the shell is caught, what is larger passes.

A solute enters as a sphere enters a pore, ``K_D = (1 - d / d_shell)^2``, and is caught for good at a finite rate
(:mod:`exosim.physics.breakthrough`) with transfer units in proportion to K_D and to the residence time. They are stated
as the log reduction of one solute, such as albumin, on fresh beads: ``N = ln(10) LRV (t / t_ref) K_D / K_D,ref``.

Validity: all that enters shares one capacity, so that all see the same load; uptake limited by entry.
"""

from __future__ import annotations

import math

import numpy as np

from exosim.material import total
from exosim.parameter import Array
from exosim.physics import breakthrough, plates

REFERENCE_RESIDENCE = 4.0
"""Residence time at which a log reduction is stated [min]."""


def entering(amounts: Array, diameters: Array, shell_cutoff: Array) -> Array:
    """Return the sum of the amounts of those solutes that are smaller than the cut-off, shape (lanes,).

    Parameters
    ----------
    amounts, diameters : by solute on axis 0 [any unit, nm]
    shell_cutoff : hydrodynamic diameter that the shell keeps out [nm]
    """
    return total(np.asarray(amounts * (diameters < shell_cutoff)))


def reference_units(reduction: Array, residence: Array) -> Array:
    """Return the transfer units of the reference solute.

    Parameters
    ----------
    reduction : its log10 reduction by fresh beads at the reference residence time
    residence : bed volume over flow [min]
    """
    return math.log(10.0) * reduction * residence / REFERENCE_RESIDENCE


def passing(diameter: Array, reference: Array, shell_cutoff: Array, units: Array, load: Array) -> Array:
    """Return the fraction of a solute that the beads let through.

    Parameters
    ----------
    diameter, reference : of the solute and of the reference solute, which must be smaller than the cut-off [nm]
    shell_cutoff : [nm]
    units : transfer units of the reference solute
    load : what enters over what the beads hold
    """
    access = plates.distribution_coefficient(diameter, shell_cutoff)
    access = access / plates.distribution_coefficient(reference, shell_cutoff)
    return breakthrough.passed_share(load, units * access)
