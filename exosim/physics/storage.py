"""Loss of vesicles in storage: freezing and thawing, decay at a temperature, and adsorption to the wall.

Freezing: a labile part is lost in the first cycle, and of what is left a smaller part in every further one (particle
counts: Ahmadian et al. 2024); that is within 1 % of the fitted ``exp(-0.35 n^0.345)`` up to three cycles, and 0.51
instead of 0.54 after five, for which there are no data. Decay is first order. Frozen, the logarithm of its constant is
a straight line in 1/T through constants at -80 and -20 degC; liquid, it follows Arrhenius from a constant at 4 degC.
The two do not meet at the freezing point: ice stops most of it.

Adsorption is first order in the liquid, with the wall area per volume and a transfer coefficient that falls with the
diameter as ``(100 nm / d)^m``: it is limited by diffusion, so that small vesicles go first (Evtushenko et al. 2020).
The wall takes no more than its capacity; the share for which there is no place only decays.

Validity: months at a constant temperature; the freezing point is that of water. Counts, not potency.
"""

from __future__ import annotations

import numpy as np

from exosim.material import as_precise, one_where, total
from exosim.parameter import Array
from exosim.physics.holding import REFERENCE_DIAMETER

DEEP, FREEZER, FRIDGE = -80.0, -20.0, 4.0  # degC, to which the constants refer
_ABSOLUTE = 273.15  # K at 0 degC
_GAS_CONSTANT = 8.314462618e-3  # kJ/mol/K
_SMALLEST = 1e-30


def freeze_thaw_survival(cycles: Array, first: Array, later: Array) -> Array:
    """Return the fraction left after a number of freeze-thaw cycles.

    Parameters
    ----------
    cycles : whole number, 0 for material that is never frozen
    first, later : fraction lost in the first cycle, and in each further one of what is left
    """
    frozen = np.minimum(as_precise(np.asarray(cycles), first), 1.0)
    return np.asarray((1.0 - first * frozen) * (1.0 - later) ** (cycles - frozen))


def is_liquid(temperature: Array) -> Array:
    """Return 1 above the freezing point and 0 below; `temperature` in degC."""
    return one_where(np.greater(temperature, 0.0))


def decay_constant(temperature: Array, deep: Array, freezer: Array, fridge: Array, activation_energy: Array) -> Array:
    """Return the first-order constant at a temperature, in the unit of the constants.

    Parameters
    ----------
    temperature : [degC]
    deep, freezer, fridge : constants at -80, -20 and 4 degC
    activation_energy : of the decay in the liquid [kJ/mol]
    """
    inverse = 1.0 / (temperature + _ABSOLUTE)
    at_deep, at_freezer, at_fridge = (1.0 / (reference + _ABSOLUTE) for reference in (DEEP, FREEZER, FRIDGE))
    place = (at_deep - inverse) / (at_deep - at_freezer)
    frozen = deep ** (1.0 - place) * freezer**place
    liquid = fridge * np.exp((at_fridge - inverse) * (activation_energy / _GAS_CONSTANT))
    return np.asarray(np.where(is_liquid(temperature) > 0.0, liquid, frozen))


def adsorption_constant(transfer: Array, area_per_volume: Array, diameters: Array, size_exponent: Array) -> Array:
    """Return the first-order constant of adsorption, per size class [1/h].

    Parameters
    ----------
    transfer : transfer coefficient of 100 nm particles [cm/h]
    area_per_volume : wetted wall over liquid [cm2/mL]
    diameters : shape (classes, 1) [nm]
    size_exponent : m; 0 when size does not matter
    """
    smaller = np.exp(size_exponent * np.log(REFERENCE_DIAMETER / diameters))
    return np.asarray(transfer * area_per_volume * smaller)


def stored(vesicles: Array, decay: Array, adsorption: Array, hours: Array, places: Array) -> tuple[Array, Array]:
    """Return the fractions that are left and that are on the wall after a time in the liquid, per size class.

    Parameters
    ----------
    vesicles : number per size class [EV]
    decay, adsorption : first-order constants [1/h]
    hours : time in the liquid [h]
    places : number of vesicles that the wall can take
    """
    both = decay + adsorption
    in_solution = np.exp(-both * hours)
    on_wall = adsorption / np.maximum(both, _SMALLEST) * (1.0 - in_solution)
    wanted = total(np.asarray(vesicles * on_wall))
    served = np.minimum(places, wanted) / np.maximum(wanted, _SMALLEST)
    left = served * in_solution + (1.0 - served) * np.exp(-decay * hours)
    return np.asarray(left), np.asarray(served * on_wall)
