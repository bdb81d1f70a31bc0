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
from numpy.typing import NDArray

from exosim.material import is_number
from exosim.parameter import Array
from exosim.physics.quadrature import NODES, rule

_TINY = 1e-30
_SLOW = 1e-30  # 1/h: what a rate of nothing is divided by


def relative_growth(x: Array) -> Array:
    """Return (1 - exp(-x)) / x, which tends to 1 as x tends to 0."""
    shifted = x + _TINY
    return np.asarray(-np.expm1(-shifted) / shifted)


def crowding(growth_rate: Array, capacity: Array, theta: float) -> Array:
    """Return b = mu / X_max^theta, the strength of contact inhibition."""
    return growth_rate * power(capacity, -theta)


def power(base: Array, exponent: float, out: NDArray[np.float64] | None = None) -> Array:
    """Return base ** exponent; the exponents that theta = 1 and 2 need avoid the general power."""
    if exponent == -1.0:
        return np.divide(1.0, base, out=out)
    if exponent == -2.0:
        return np.divide(1.0, base * base, out=out)
    if exponent == -0.5:
        return np.divide(1.0, np.sqrt(base, out=out), out=out)
    if exponent in (1.0, 2.0):
        return base if exponent == 1.0 else base * base
    return np.power(base, exponent, out=out)


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
    inverse = power(initial, -theta) * np.exp(-grown) + crowd * theta * hours * relative_growth(grown)
    return power(inverse, -1.0 / theta)


class Scratch:
    """Arrays of shape (5, lanes) that every interval writes anew: four nodes and the end.

    Without lanes there are none, and every result is an array of its own.
    """

    __slots__ = ("cells", "exponent", "precision", "work")

    def __init__(self, lanes: int | None = None, precision: np.dtype[np.float64] | None = None) -> None:
        self.precision = np.dtype(np.float64) if precision is None else precision
        self.cells, self.exponent, self.work = (
            None if lanes is None else np.empty((NODES + 1, lanes), self.precision) for _ in range(3)
        )


_NONE = Scratch()


@dataclass(frozen=True, slots=True)
class Course:
    """The cells over one interval: what the vesicle balance needs to know of them.

    Attributes
    ----------
    hours : length of the interval [h]
    start, end : density at both ends [cell/mL]
    at_nodes : density at the quadrature nodes, shape (4, lanes)
    cell_hours : integral of the density over the interval [cell h/mL]
    net_rate, crowd, theta : the law that they follow, as in :func:`density`
    """

    hours: Array
    start: Array
    end: Array
    at_nodes: NDArray[np.float64]
    cell_hours: Array
    net_rate: Array
    crowd: Array
    theta: float

    @property
    def relative_slopes(self) -> Array:
        """Rate of change of the density at the nodes, over the density [1/h]: shape (4, lanes) where cells crowd."""
        if is_number(self.crowd, 0.0):
            return self.net_rate
        return self.net_rate - self.crowd * power(self.at_nodes, self.theta)


def course(
    initial: Array, net_rate: Array, crowd: Array, theta: float, hours: Array, scratch: Scratch = _NONE
) -> Course:
    """Return the cells over an interval that is at most about 24 h long.

    The integral is taken with the four nodes that the vesicle balance uses: what is secreted and what is found then
    agree to rounding when nothing is lost. In `scratch` the nodes and the end are views that the next interval
    overwrites.

    Notes
    -----
    One exponential for each node: with ``e = exp(-a theta t) - 1`` the law reads ``X^-theta = X0^-theta + e (X0^-theta
    - b/a)``. It loses digits where the cells grow more than a thousandfold within the interval.
    """
    rate = net_rate + _SLOW
    if is_number(crowd, 0.0):
        exponent = np.multiply(rule(_precision(initial, rate)).ends, rate * hours, out=scratch.exponent)
        cells = np.multiply(np.exp(exponent, out=scratch.work), initial, out=scratch.cells)
    else:
        exponent = np.multiply(rule(_precision(initial, rate)).ends, -theta * rate * hours, out=scratch.exponent)
        steps = np.expm1(exponent, out=scratch.work)
        first = power(initial, -theta)
        inverse = np.multiply(steps, first - crowd / rate, out=scratch.work)
        inverse = np.add(inverse, first, out=scratch.work)
        cells = np.asarray(power(inverse, -1.0 / theta, scratch.cells))
    at_nodes = cells[:NODES]
    cell_hours = hours * np.dot(rule(at_nodes.dtype).weights, at_nodes)
    end = cells[NODES] if any(np.ndim(value) for value in (initial, rate, crowd, hours)) else cells[NODES, 0]
    return Course(hours, initial, end, at_nodes, cell_hours, net_rate, crowd, theta)


def _precision(*values: Array) -> np.dtype[np.float64]:
    """Return the precision of the lanes."""
    return np.result_type(*values)


def hours_to_reach(initial: Array, final: Array, net_rate: Array, crowd: Array, theta: float) -> Array:
    """Return the time to grow from `initial` to `final` [h]; `final` must lie below the plateau (a/b)^(1/theta).

    The inverse of :func:`density`.
    """
    plateau = crowd / net_rate
    ratio = (power(initial, -theta) - plateau) / (power(final, -theta) - plateau)
    return np.asarray(np.log(ratio) / (net_rate * theta))


def plateau_density(net_rate: Array, crowd: Array, theta: float) -> Array:
    """Return the density at which growth balances death, (a/b)^(1/theta); needs a > 0."""
    return power(crowd / net_rate, -1.0 / theta)


def doubling_rate(doubling_time: Array) -> Array:
    """Return the specific growth rate ln 2 / doubling time [1/h]."""
    return math.log(2.0) / doubling_time
