"""Growth of cells toward a capacity, with death: the theta-logistic law and its integral.

Model
-----
    dX/dt = a X - b X^(theta + 1),   a = mu - k_death,   b = mu / X_max^theta

with the closed form ``X^-theta = X0^-theta exp(-a theta t) + (b/a) (1 - exp(-a theta t))``, which covers growth, the
plateau, death (mu < k_death) and densities above capacity in one expression without branches. ``theta = 1`` is the
logistic law (Verhulst 1838); larger values keep growth exponential for longer before contact inhibition sets in
(Richards 1959, doi:10.1093/jxb/10.2.290). A plain logistic fitted at one seeding density predicts others poorly
(Mancuso et al. 2009, doi:10.1111/j.1365-2184.2009.00626.x).

Validity: one homogeneous population; rates constant over the interval; theta from 1 to 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from exosim.material import is_number, times
from exosim.parameter import Array
from exosim.physics.quadrature import nodes, weighted_sum

_TINY = 1e-300


def relative_growth(x: Array) -> Array:
    """Return (1 - exp(-x)) / x, which tends to 1 as x tends to 0."""
    shifted = x + _TINY
    return np.asarray(-np.expm1(-shifted) / shifted)


def crowding(growth_rate: Array, capacity: Array, theta: float) -> Array:
    """Return b = mu / X_max^theta, the strength of contact inhibition."""
    return growth_rate * _power(capacity, -theta)


def _power(base: Array, exponent: float) -> Array:
    """Return base ** exponent; the exponents that theta = 1 and 2 need avoid the general power."""
    if exponent == -1.0:
        return 1.0 / base
    if exponent == -2.0:
        return 1.0 / (base * base)
    if exponent == -0.5:
        return np.asarray(1.0 / np.sqrt(base))
    if exponent in (1.0, 2.0):
        return base if exponent == 1.0 else base * base
    return np.asarray(base**exponent)


def density(initial: Array, net_rate: Array, crowd: Array, theta: float, hours: Array) -> Array:
    """Return the cell density after `hours`.

    Parameters
    ----------
    initial : density at time 0, above 0 [cell/mL, or any unit of density]
    net_rate : a = growth rate minus death rate [1/h]
    crowd : b of :func:`crowding` [density^-theta / h]
    theta : shape of contact inhibition
    hours : elapsed time [h]; broadcasts, so that axis 0 may be several times
    """
    grown = net_rate * theta * hours
    if is_number(crowd, 0.0):
        return np.asarray(initial * np.exp(net_rate * hours))
    inverse = _power(initial, -theta) * np.exp(-grown) + crowd * theta * hours * relative_growth(grown)
    return _power(inverse, -1.0 / theta)


@dataclass(frozen=True, slots=True)
class Course:
    """The cells over one interval: what the vesicle balance needs to know of them.

    Attributes
    ----------
    hours : length of the interval [h]
    start, end : density at both ends [cell/mL]
    at_nodes, slopes : density and its rate of change at the quadrature nodes, shape (4, lanes)
    cell_hours : integral of the density over the interval [cell h/mL]
    """

    hours: Array
    start: Array
    end: Array
    at_nodes: Array
    slopes: Array
    cell_hours: Array


def course(initial: Array, net_rate: Array, crowd: Array, theta: float, hours: Array) -> Course:
    """Return the cells over an interval that is at most about 24 h long.

    The integral is taken with the four nodes that the vesicle balance uses: what is secreted and what is found then
    agree to rounding when nothing is lost.
    """
    at_nodes = np.asarray(density(initial, net_rate, crowd, theta, nodes(hours)))
    slopes = at_nodes * (net_rate - times(crowd, _power(at_nodes, theta)))
    cell_hours = hours * weighted_sum(at_nodes)
    end = density(initial, net_rate, crowd, theta, hours)
    return Course(hours, initial, end, at_nodes, slopes, cell_hours)


def hours_to_reach(initial: Array, final: Array, net_rate: Array, crowd: Array, theta: float) -> Array:
    """Return the time to grow from `initial` to `final` [h]; `final` must lie below the plateau (a/b)^(1/theta).

    The inverse of :func:`density`.
    """
    plateau = crowd / net_rate
    ratio = (_power(initial, -theta) - plateau) / (_power(final, -theta) - plateau)
    return np.asarray(np.log(ratio) / (net_rate * theta))


def plateau_density(net_rate: Array, crowd: Array, theta: float) -> Array:
    """Return the density at which growth balances death, (a/b)^(1/theta); needs a > 0."""
    return _power(crowd / net_rate, -1.0 / theta)


def doubling_rate(doubling_time: Array) -> Array:
    """Return the specific growth rate ln 2 / doubling time [1/h]."""
    return math.log(2.0) / doubling_time
