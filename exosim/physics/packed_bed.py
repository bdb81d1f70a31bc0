"""A bed of packed spheres: its plates, the pressure that flow through it takes, and its surface.

Plates ``N = L / H``; pressure of slow flow ``dp = 150 eta u L (1 - eps)^2 / (eps^3 d^2)`` (Kozeny & Carman, with the
constant of Blake); outer surface of the spheres per bed volume ``6 (1 - eps) / d``.

Validity: equal rigid spheres in slow flow (Reynolds number below 10), water. Beds of agarose are softer: they give way
at 0.1 to 0.3 MPa. Particles that do not fit into the pores see the outer surface only.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array

_WATER_VISCOSITY = 1.0e-3  # Pa s at 20 degC
_KOZENY = 150.0


def plates(height: Array, plate_height: Array) -> Array:
    """Return the plate number of a bed; both lengths in one unit."""
    return height / plate_height


def pressure_drop(velocity: Array, height: Array, bead_diameter: Array, void_fraction: Array) -> Array:
    """Return the pressure over a bed [bar].

    Parameters
    ----------
    velocity : volume flow over the whole cross section [cm/h]
    height : [cm]
    bead_diameter : [um]
    void_fraction : volume between the beads over that of the bed
    """
    pascals_per_meter = (
        _KOZENY * _WATER_VISCOSITY * (velocity / 3.6e5) * (1.0 - void_fraction) ** 2 / void_fraction**3
    ) / np.square(bead_diameter * 1e-6)
    return np.asarray(pascals_per_meter * height * 1e-7)


def surface(bead_diameter: Array, void_fraction: Array) -> Array:
    """Return the outer surface of the beads per bed volume [m2/L]; `bead_diameter` in um."""
    return 6.0 * (1.0 - void_fraction) / bead_diameter * 1e3
