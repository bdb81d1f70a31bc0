"""The hollow-fiber culture as a plain Python loop of hourly Runge-Kutta steps: what is written without closed forms.

Cells, vesicles and the medium follow their differential equations by the classical method of Runge and Kutta in steps
of one hour; what the supply sustains is evaluated at the start of each. All else is that of :mod:`python_loop`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from python_loop import Lane, rates, supply

State: TypeAlias = list[float]
"""Cells, vesicles [1/mL], glucose, lactate, ammonia [mmol/L], cell hours, vesicles secreted [1/mL]."""


def hour_by_hour(lane: Lane, growth: float, death: float, hours: float, lag: float, secretes: bool) -> None:
    """Live in steps of one hour; what cells do before their lag is over is to wait."""
    steps = max(1, math.ceil(hours - 1e-9))
    step = hours / steps
    for number in range(steps):
        active = min(max((number + 1) * step - lag, 0.0), step) / step
        one_step(lane, growth * active, death * active, step, active, secretes)


def one_step(lane: Lane, growth: float, death: float, step: float, active: float, secretes: bool) -> None:
    """Take one step."""
    p = lane.values
    growth, death, crowd, fed = rates(lane, growth, death, supply(lane, step))
    theta, net, uptake, loss = p["contact_inhibition"], growth - death, p["reuptake"], p["decay"]
    rate = p["activity"] * p["secretion_rate"] / 24.0 * (1.0 - p["metabolic_link"] * (1.0 - fed)) if secretes else 0.0
    flow = p["medium_rate"] / (24.0 * p["extracapillary_volume"] * 1e-3)
    wanted, released = p["glucose_uptake"] * 1e-6, p["ammonia_rate"] * 1e-6
    inflow, ratio = flow * p["medium_glucose"], p["lactate_yield"]

    def slopes(state: State) -> State:
        cells, vesicles, glucose, lactate, ammonia, _, _ = state
        taken = wanted * cells if glucose > 0.0 else 0.0
        made = rate * cells
        return [
            cells * (net - crowd * cells**theta),
            made - (uptake * cells + loss) * vesicles,
            inflow - flow * glucose - taken,
            ratio * taken - flow * lactate,
            released * cells - flow * ammonia,
            cells,
            made,
        ]

    start = [lane.cells, lane.found, lane.glucose, lane.lactate, lane.ammonia, 0.0, 0.0]
    end = runge_kutta(slopes, start, step)
    lane.cells, lane.found, lane.glucose, lane.lactate, lane.ammonia, cell_hours, secreted = end
    lane.glucose = max(lane.glucose, 0.0)
    lane.survival *= math.exp(-(uptake * cell_hours + loss * step)) if secretes else 1.0
    lane.secreted += secreted
    lane.cell_hours += cell_hours
    lane.dying += death * cell_hours
    lane.mortality += death * step


def runge_kutta(slopes: Callable[[State], State], state: State, step: float) -> State:
    """Return the state one step later."""
    half = 0.5 * step
    first = slopes(state)
    second = slopes([y + half * k for y, k in zip(state, first, strict=True)])
    third = slopes([y + half * k for y, k in zip(state, second, strict=True)])
    fourth = slopes([y + step * k for y, k in zip(state, third, strict=True)])
    sixth = step / 6.0
    return [
        y + sixth * (a + 2.0 * (b + c) + d) for y, a, b, c, d in zip(state, first, second, third, fourth, strict=True)
    ]
