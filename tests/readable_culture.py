"""The culture of the reference scenario on one page, in plain expressions: what the fast form of the package computes.

Cells that attached to hollow fibers grow for `growth_hours` in growth medium, toward what the fibers, the oxygen and
the medium sustain. Then the medium is changed, and they secrete; every `harvest_hours` a share of the medium is taken
and replaced, and each harvest waits until its pool is complete. Densities are per milliliter of the vessel, solutes in
mmol/L, times in hours. The equations are those of docs/explanation/equations.md, sections growth and secretion.

The page needs nothing but an array-API namespace: ``xp.exp``, ``xp.expm1``, ``xp.clip``, ``xp.minimum``, ``xp.maximum``
and arithmetic, so that NumPy, CuPy, JAX, PyTorch and whatever follows the standard (data-apis.org) run it. It has the
effects that the reference scenario has: no stimuli, no growth in collection medium, at least one cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # of the namespace xp: a number for each lane, or one for all of them
PART_GROWING, PART_DYING = 12.0, 24.0  # h, the longest intervals in which rates are held constant

_X, _W = np.polynomial.legendre.leggauss(4)
NODES, WEIGHTS = ((_X + 1.0) / 2.0).tolist(), (_W / 2.0).tolist()  # of the unit interval
_POWERS, _AT = np.arange(4), (_X[:, None] + 1.0) / 2.0
TO_END = (((1.0 - _AT ** (_POWERS + 1)) / (_POWERS + 1)) @ np.linalg.inv(_AT**_POWERS)).tolist()
"""Row i: weights of the values at the nodes in the integral from node i to the end."""


@dataclass(frozen=True)
class Fibers:
    """Cells, medium, vessel and plan; every number but those of the plan may differ from lane to lane."""

    inoculum: Array  # cell
    doublings: Array  # of one inoculated cell, so far
    milliliters: Array  # in which vesicles collect
    attachment: Array
    doubling_time: Array  # h
    doublings_limit: Array  # at which growth ends
    theta: float  # of the theta-logistic law
    growth_death: Array  # 1/h
    death: Array  # 1/h
    starvation: Array  # 1/h, of cells that are not fed at all
    space: Array  # cell/mL that the surface holds
    oxygen: Array  # cell/mL that the oxygen sustains
    uptake: Array  # mmol/L/h of glucose per cell/mL
    lactate_yield: Array
    lactate_limit: Array  # mmol/L
    ammonia: Array  # mmol/L/h per cell/mL
    ammonia_limit: Array  # mmol/L
    glucose: Array  # mmol/L in fresh medium
    exchange: Array  # 1/h, flow of fresh medium through the fibers
    lag: Array  # h
    growth_hours: float
    harvest_hours: float
    pools: tuple[int, ...]  # number of the pool of each harvest
    harvest_fraction: Array
    secretion: Array  # EV/cell/h
    metabolic_link: Array
    reuptake: Array  # mL/cell/h
    decay: Array  # 1/h
    shares: Array  # of secreted vesicles, shape (classes, lanes or 1)
    hold_rate: Array  # 1/h at 100 nm
    hold_exponent: Array
    diameters: Array  # nm, shape (classes, 1)


@dataclass(frozen=True)
class Collected:
    """What comes of it: the pooled vesicles by size class [EV], and at each harvest what was secreted and who lives."""

    product: Array
    secreted: list[Array]
    viable: list[Array]


@dataclass(frozen=True)
class State:
    """Cells [cell/mL], vesicles [EV/mL] and solutes [mmol/L] between two visits."""

    cells: Array
    vesicles: Array
    glucose: Array
    lactate: Array
    ammonia: Array


def culture(xp: Any, p: Fibers) -> Collected:
    """Grow, change the medium, collect; pool the harvests."""
    nothing = p.glucose * 0.0
    state = State(p.inoculum * p.attachment / p.milliliters, nothing, p.glucose, nothing, nothing)
    young = 1.0 - (p.doublings / p.doublings_limit) ** 2.0
    rate = 0.6931471805599453 / p.doubling_time * xp.clip(young, 0.0, None)
    awake = (p.growth_hours - p.lag) / p.growth_hours
    for hours in _parts(p.growth_hours, PART_GROWING):
        state, _ = _interval(xp, p, state, hours, awake, rate, p.growth_death, secretes=False)
    state = State(state.cells, nothing, p.glucose, nothing, nothing)
    secreted, viable, harvests = [], [], []
    for _ in p.pools:
        made = nothing
        for hours in _parts(p.harvest_hours, PART_DYING):
            state, more = _interval(xp, p, state, hours, 1.0, nothing, p.death, secretes=True)
            made = made + more
        secreted.append(made * p.milliliters)
        viable.append(state.cells * p.milliliters)
        harvests.append(state.vesicles * p.harvest_fraction * p.milliliters)
        state = _harvested(p, state)
    return Collected(_pooled(xp, p, harvests), secreted, viable)


def _parts(hours: float, longest: float) -> list[float]:
    count = max(1, -int(-hours // longest))
    return [hours / count] * count


def _harvested(p: Fibers, state: State) -> State:
    """Take a share of the medium and replace it; adherent cells stay."""
    left = 1.0 - p.harvest_fraction
    vesicles, lactate, ammonia = (amount * left for amount in (state.vesicles, state.lactate, state.ammonia))
    return State(state.cells, vesicles, state.glucose * left + p.glucose * p.harvest_fraction, lactate, ammonia)


def _pooled(xp: Any, p: Fibers, harvests: list[Array]) -> Array:
    """Age every harvest until the last one of its pool, small vesicles faster, and join all."""
    last = {pool: index for index, pool in enumerate(p.pools)}
    product = 0.0
    for index, (pool, vesicles) in enumerate(zip(p.pools, harvests, strict=True)):
        waited = (last[pool] - index) * p.harvest_hours
        kept = xp.exp(-(p.hold_rate * waited) * (100.0 / p.diameters) ** p.hold_exponent)
        product = product + p.shares * vesicles * kept
    return product


def _interval(
    xp: Any, p: Fibers, state: State, hours: float, awake: Array, rate: Array, death: Array, *, secretes: bool
) -> tuple[State, Array]:
    """Return the state after an interval whose rates are those of its start, and the vesicles secreted [EV/mL]."""
    flow = p.exchange * hours
    left, mean = xp.exp(-flow), _relative(xp, flow)

    def most(present: Array, inflow: Array) -> Array:
        """Return the rate at which a solute may be used so that none is left at the end."""
        return (present * left / mean + inflow * flow) / hours

    glucose = most(state.glucose, p.glucose)
    room = most(xp.clip(p.lactate_limit - state.lactate, 0.0, None), p.lactate_limit)
    air = most(xp.clip(p.ammonia_limit - state.ammonia, 0.0, None), p.ammonia_limit)
    supply = xp.minimum(glucose / p.uptake, xp.minimum(room / (p.uptake * p.lactate_yield), air / p.ammonia))
    supply = xp.minimum(p.oxygen, supply)
    fed = xp.clip(supply / state.cells, 0.0, 1.0)
    leaving = death + p.starvation * (1.0 - fed)
    capacity = xp.minimum(p.space, xp.maximum(supply, state.cells))
    crowd = rate * fed * capacity**-p.theta
    course = _course(xp, state.cells, rate * fed - leaving, crowd, p.theta, hours * awake)
    cell_hours = course.cell_hours + state.cells * (hours - hours * awake)
    used = xp.minimum(p.uptake * cell_hours, glucose * hours)
    vesicles, secreted = state.vesicles, state.vesicles * 0.0
    if secretes:
        secretion = p.secretion * (1.0 - p.metabolic_link * (1.0 - fed))
        survival, found = _pool(xp, secretion, p.reuptake, p.decay, course)
        secreted = secretion * course.cell_hours
        vesicles = vesicles * survival + xp.minimum(found, secreted)
    return State(
        course.end,
        vesicles,
        xp.clip(state.glucose * left + (p.glucose * flow - used) * mean, 0.0, None),
        state.lactate * left + used * p.lactate_yield * mean,
        state.ammonia * left + p.ammonia * cell_hours * mean,
    ), secreted


def _relative(xp: Any, x: Array) -> Array:
    """Return (1 - exp(-x)) / x, which tends to 1 as x tends to 0."""
    shifted = x + 1e-30
    return -xp.expm1(-shifted) / shifted


@dataclass(frozen=True)
class Course:
    """The cells over an interval: its hours, start, end, the nodes with the slopes there, and the integral."""

    hours: Array
    start: Array
    end: Array
    nodes: list[Array]
    slopes: list[Array]
    cell_hours: Array


def _course(xp: Any, cells: Array, net: Array, crowd: Array, theta: float, hours: Array) -> Course:
    """Return the cells that follow dX/dt = net X - crowd X^(theta + 1)."""

    def density(after: Array) -> Array:
        grown = net * theta * after
        inverse = cells**-theta * xp.exp(-grown) + crowd * theta * after * _relative(xp, grown)
        return inverse ** (-1.0 / theta)

    nodes = [density(hours * place) for place in NODES]
    slopes = [x * (net - crowd * x**theta) for x in nodes]
    return Course(hours, cells, density(hours), nodes, slopes, hours * _dot(WEIGHTS, nodes))


def _dot(weights: list[float], rows: list[Array]) -> Array:
    result = weights[0] * rows[0]
    for weight, row in zip(weights[1:], rows[1:], strict=True):
        result = result + weight * row
    return result


def _pool(xp: Any, rate: Array, reuptake: Array, decay: Array, cells: Course) -> tuple[Array, Array]:
    """Return the share of the vesicles that survive the interval, and those that were secreted in it and are there.

    The direct integral of what is secreted and what of it is left serves where little is lost, the one by parts where
    much is lost; they are blended with the share that survives.
    """
    lost = decay + 1e-30
    away = [
        -xp.expm1(-(reuptake * cells.hours * _dot(row, cells.nodes) + lost * cells.hours * (1.0 - place)))
        for place, row in zip(NODES, TO_END, strict=True)
    ]
    direct = [x * (1.0 - gone) for x, gone in zip(cells.nodes, away, strict=True)]
    steep = [
        lost / (reuptake * x + lost) ** 2.0 * slope * gone
        for x, slope, gone in zip(cells.nodes, cells.slopes, away, strict=True)
    ]
    turnover = reuptake * cells.cell_hours + lost * cells.hours
    at_start = cells.start / (reuptake * cells.start + lost) * -xp.expm1(-turnover)
    survival = xp.exp(-turnover)
    by_parts = at_start + cells.hours * _dot(WEIGHTS, steep)
    return survival, rate * (survival * cells.hours * _dot(WEIGHTS, direct) + (1.0 - survival) * by_parts)
