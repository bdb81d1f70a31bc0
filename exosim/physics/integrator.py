"""Fixed-step integration of ordinary differential equations over lanes, with an estimate of its error.

``dy/dt = f(t, y)`` by Heun's method (order 2; Heun 1900) or the classical method of Runge and Kutta (order 4; Kutta
1901). The step never follows the values, so that a lane gives the same bits in any company. The error is estimated by
doubling the number of steps: with order p, ``y - y_2n ~ (y_2n - y_n) / (2^p - 1)`` (Richardson 1911).

This is the slow path: it costs hundreds of evaluations where a closed form (:mod:`exosim.physics.growth`) costs one.

Validity: steps short against the fastest time constant (step times rate below 2 for Heun, 2.7 for Runge-Kutta, else
the result explodes); the estimate is honest once halving the step divides the error by about 2^p, and belongs to
smooth right-hand sides: change feeds between calls, not within one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.parameter import Array

Floats: TypeAlias = NDArray[np.float64]
Rates: TypeAlias = Callable[[Array, Floats], Floats]
"""Right-hand side: time [h] and state, shape (rows, lanes), to the rate of change of each row per hour."""


def heun_step(rates: Rates, time: Array, state: Floats, step: Array) -> Floats:
    """Return the state one step later by Heun's method: the mean of the slopes at both ends."""
    first = rates(time, state)
    second = rates(time + step, state + step * first)
    return np.asarray(state + step / 2.0 * (first + second))


def runge_kutta_step(rates: Rates, time: Array, state: Floats, step: Array) -> Floats:
    """Return the state one step later by the classical method of Runge and Kutta."""
    half = step / 2.0
    first = rates(time, state)
    second = rates(time + half, state + half * first)
    third = rates(time + half, state + half * second)
    fourth = rates(time + step, state + step * third)
    return np.asarray(state + step / 6.0 * (first + 2.0 * (second + third) + fourth))


@dataclass(frozen=True, slots=True)
class Scheme:
    """A one-step method.

    Attributes
    ----------
    step : the state one step later
    order : power of the step length with which its error falls
    """

    step: Callable[[Rates, Array, Floats, Array], Floats]
    order: int


HEUN = Scheme(heun_step, 2)
RUNGE_KUTTA = Scheme(runge_kutta_step, 4)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A state and how far it may be from the truth.

    Attributes
    ----------
    state : shape (rows, lanes)
    error : estimated absolute error of each number of the state
    """

    state: Floats
    error: Floats


def integrate(scheme: Scheme, rates: Rates, initial: Floats, start: Array, hours: Array, steps: int) -> Floats:
    """Return the state after `hours`, in equal steps.

    Parameters
    ----------
    scheme : HEUN or RUNGE_KUTTA
    rates : right-hand side
    initial : state at `start`, shape (rows, lanes)
    start, hours : time at the start and length of the interval [h]; may differ between lanes
    steps : number of steps, the same for all lanes
    """
    state, step = initial, hours / steps
    for number in range(steps):
        state = scheme.step(rates, start + number * step, state, step)
    return state


def integrate_with_error(
    scheme: Scheme, rates: Rates, initial: Floats, start: Array, hours: Array, steps: int
) -> Estimate:
    """Return the state after `hours` in `2 * steps` steps, with the error estimated from `steps` steps.

    Parameters are those of :func:`integrate`; the cost is that of three times `steps`.
    """
    coarse = integrate(scheme, rates, initial, start, hours, steps)
    fine = integrate(scheme, rates, initial, start, hours, 2 * steps)
    return Estimate(fine, np.abs(fine - coarse) / (2.0**scheme.order - 1.0))
