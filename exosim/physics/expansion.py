"""Cell hours of cells that grow from one density to another.

Along the theta-logistic law of :mod:`exosim.physics.growth`, ``dX/dt = a X (1 - (X/K)^theta)`` with the plateau K, the
integral of the density over time is one over the density, ``J = (1/a) int dX / (1 - (X/K)^theta)``::

    theta = 1:  J = (K / a) ln((K - X0) / (K - X1))
    theta = 2:  J = (K / 2a) ln((K + X1) (K - X0) / ((K - X1) (K + X0)))

Other exponents have no closed form: there J is taken in six steps over the time.

Validity: as the law; both densities below the plateau, and growth above death (a > 0).
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array
from exosim.physics import growth

_STEPS = 6


def cell_hours(initial: Array, final: Array, hours: Array, net_rate: Array, crowd: Array, theta: float) -> Array:
    """Return the integral of the density over the time of growth [cell h per unit of volume or area].

    Parameters
    ----------
    initial, final : density at both ends, `final` the larger
    hours : the time from one to the other, :func:`exosim.physics.growth.hours_to_reach` [h]
    net_rate : a = growth rate minus death rate [1/h]
    crowd : b of :func:`exosim.physics.growth.crowding` [density^-theta / h]
    theta : shape of contact inhibition
    """
    if theta not in (1.0, 2.0):
        return _in_steps(initial, hours, net_rate, crowd, theta)
    plateau = growth.plateau_density(net_rate, crowd, theta)
    risen = (final - initial) / (plateau - final)
    if theta == 2.0:
        risen = risen * (2.0 * plateau / (plateau + initial))
    return np.asarray(plateau / (theta * net_rate) * np.log1p(risen))


def _in_steps(initial: Array, hours: Array, net_rate: Array, crowd: Array, theta: float) -> Array:
    result: Array = 0.0
    density = initial
    for _ in range(_STEPS):
        step = growth.course(density, net_rate, crowd, theta, hours / _STEPS)
        result, density = result + step.cell_hours, step.end
    return result
