"""Flow and cells: the smallest eddies, secretion that shear and turbulence raise, and death where eddies are too small.

    eddies:     l_K = (nu^3 / eps)^(1/4)                             Kolmogorov 1941
    laminar:    fold = 1 + (f_L - 1) tau^2 / (tau_50^2 + tau^2)
    turbulent:  fold = 1 + (f_T - 1) / (1 + (l_K / l_50)^6)
    death:      k = k_s max(0, (l_crit / l_K)^4 - 1)

The death rate is linear in the dissipation above the critical one, since l_K^-4 is proportional to it. The exponents 2
and 6 are chosen, not measured: rises that begin slowly and come to an end.

Validity: fully turbulent flow, local dissipation where the cells are (near an impeller many times the mean); folds per
cell, acute, over the hours of the exposure.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array

_MICROMETERS = 1e6  # m to um


def eddy_length(viscosity: Array, dissipation: Array) -> Array:
    """Return the Kolmogorov length [um].

    Parameters
    ----------
    viscosity : kinematic viscosity [m2/s]
    dissipation : rate of energy dissipation per mass [W/kg]
    """
    return np.asarray(_MICROMETERS * (viscosity**3 / dissipation) ** 0.25)


def dissipation_at(viscosity: Array, length: Array) -> Array:
    """Return the dissipation at which the smallest eddies have a length in um [W/kg]."""
    return np.asarray(viscosity**3 / (length / _MICROMETERS) ** 4)


def laminar_fold(stress: Array, largest: Array, half_stress: Array) -> Array:
    """Return the factor on secretion under laminar shear.

    Parameters
    ----------
    stress, half_stress : wall shear stress and the one of half the effect, any one unit
    largest : factor at high stress f_L
    """
    return 1.0 + (largest - 1.0) * stress**2 / (half_stress**2 + stress**2)


def turbulent_fold(length: Array, largest: Array, half_length: Array) -> Array:
    """Return the factor on secretion in turbulence.

    Parameters
    ----------
    length, half_length : Kolmogorov length and the one of half the effect [um]
    largest : factor with the smallest eddies f_T
    """
    return 1.0 + (largest - 1.0) / (1.0 + (length / half_length) ** 6)


def shear_death(length: Array, critical: Array, rate: Array) -> Array:
    """Return the death rate that eddies smaller than the critical length add [1/h].

    Parameters
    ----------
    length, critical : Kolmogorov length and the critical one [um]
    rate : death rate at twice the critical dissipation k_s [1/h]
    """
    return np.asarray(rate * np.maximum((critical / length) ** 4 - 1.0, 0.0))
