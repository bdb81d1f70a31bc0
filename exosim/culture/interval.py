"""One stretch of a culture between two visits: cells, medium and vesicles, in parts with a closed form each.

In every part the rates are constant: what the supply sustains is evaluated at its start
(:mod:`exosim.culture.supply`), the cells follow the theta-logistic law (:mod:`exosim.physics.growth`), and the vesicles
their balance (:mod:`exosim.physics.secretion`). All densities are per milliliter of the vessel, solutes in mmol/L.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exosim.culture.supply import Supply, binding
from exosim.material import is_number, one_where, plus, times
from exosim.parameter import Array
from exosim.physics import growth
from exosim.physics.growth import Scratch
from exosim.physics.secretion import Pool, vesicle_pool

LARGEST_GAIN = 50.0
"""Cap on the product of all factors that raise secretion: the largest reported for any intervention."""
_LEAST_DENSITY_FACTOR, _LARGEST_DENSITY_FACTOR = 0.2, 5.0
_EMPTY, _NOTHING = 1e-8, 1e-9  # cell/mL; its fourth power is still a number in float32
_NO_END = np.inf
_SOLUTES = ("glucose", "lactate", "ammonia")


@dataclass(frozen=True, slots=True)
class Rates:
    """What governs a stretch: per-lane constants. A plain 0.0 or None means that the effect is not there.

    Attributes
    ----------
    growth, death, starvation : growth rate without crowding, basal death rate, that of wholly unfed cells [1/h]
    theta : exponent of the theta-logistic law
    surface, oxygen : cells that the space and the oxygen sustain [cell/mL]
    crowded_by : what that space is, for the names of limits
    uptake, ammonia : glucose taken up and ammonia released for each cell/mL [mmol/L/h]
    lactate_yield : lactate released per glucose
    lactate_limit, ammonia_limit : concentrations at which growth stops [mmol/L]
    exchange, inflow : flow of fresh medium [1/h] and its glucose [mmol/L]
    washout : rate at which cells leave the vessel [1/h]
    secretion : vesicles per cell [EV/cell/h], all constant factors included
    gain : what constant factors contribute to `secretion`, for the cap
    growth_secretion : vesicles per new cell [EV/cell]
    metabolic_link : how far secretion follows the share of the demand that is met
    density_exponent, density_reference : of the density rule [1], [cell/mL]
    reuptake, loss : clearance by cells [mL/cell/h], all first-order losses together [1/h]
    potency, fading : potency of a vesicle when it is secreted, and how fast it fades [1/h]; None: it lasts
    """

    growth: Array
    death: Array
    theta: float
    surface: Array | None = None
    oxygen: Array | None = None
    crowded_by: str = "surface"
    starvation: Array = 0.0
    uptake: Array = 0.0
    lactate_yield: Array = 0.0
    ammonia: Array = 0.0
    lactate_limit: Array = 1.0
    ammonia_limit: Array = 1.0
    exchange: Array = 0.0
    inflow: Array = 0.0
    washout: Array = 0.0
    secretion: Array = 0.0
    gain: Array = 1.0
    growth_secretion: Array = 0.0
    metabolic_link: Array = 0.0
    density_exponent: Array = 0.0
    density_reference: Array = 1.0
    reuptake: Array = 0.0
    loss: Array = 0.0
    potency: Array = 1.0
    fading: Array | None = None
    intervals: dict[float, Supply] = field(init=False, default_factory=dict, compare=False, repr=False)

    def over(self, hours: float) -> Supply:
        """Return what the medium does over an interval, worked out once for each length."""
        if hours not in self.intervals:
            self.intervals[hours] = Supply(self, hours)
        return self.intervals[hours]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a stretch: its length [h], the share of it in which cells live, and what stimuli do in it.

    Attributes
    ----------
    gain, death : factor on secretion and added death rate [1/h]
    """

    hours: float
    active: Array = 1.0
    gain: Array = 1.0
    death: Array = 0.0


@dataclass
class Stretch:
    """Running state of a culture between two visits, per milliliter.

    Attributes
    ----------
    cells : viable cells [cell/mL]
    vesicles : all that are there [EV/mL]
    solutes : glucose, lactate and ammonia [mmol/L]
    secreted, taken_up : vesicles secreted, and taken up by cells [EV/mL]
    cell_hours : integral of the cells [cell h/mL]
    dying, mortality : cells that died at the rates of death [cell/mL], and the integral of those rates
    washed : cells that left the vessel [cell/mL]
    capped : 1 where the gains in secretion were capped
    consumed : glucose taken up [mmol/L]
    released, removed : ammonia released and taken up by cells [mmol/L]; None where it is released at a constant rate
    hours : length so far [h]
    scratch : where parts are worked out
    sustains : cells that each limit sustained at the start of the last part [cell/mL]
    headroom : how many times the cells at the end that is, a row for each limit
    alive : 1 where there are cells, else 0
    """

    cells: Array
    vesicles: Array = 0.0
    solutes: Mapping[str, Array] = field(default_factory=lambda: dict.fromkeys(_SOLUTES, 0.0))
    secreted: Array = 0.0
    cell_hours: Array = 0.0
    dying: Array = 0.0
    taken_up: Array = 0.0
    capped: Array = 0.0
    consumed: Array = 0.0
    released: Array | None = None
    removed: Array = 0.0
    hours: float = 0.0
    mortality: Array = 0.0
    washed: Array = 0.0
    potency: Array = 0.0
    potency_secreted: Array = 0.0
    potency_taken_up: Array = 0.0
    scratch: Scratch = field(default_factory=Scratch)
    sustains: Mapping[str, Array] = field(default_factory=dict)
    headroom: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 1)))
    alive: Array = 1.0

    def live(self, rates: Rates, parts: Iterable[Part]) -> Stretch:
        """Run through the parts, and return itself; where there are no cells nothing is made."""
        alive = np.greater(self.cells, _EMPTY)
        if not alive.all():
            self.alive = np.asarray(alive, dtype=np.result_type(self.cells))
        for part in parts:
            self._part(rates, part)
        self.headroom = binding(self.sustains.values(), self.cells)
        some = self.alive
        self.cells, self.cell_hours, self.dying = (times(v, some) for v in (self.cells, self.cell_hours, self.dying))
        self.washed = times(self.washed, some)
        return self

    def limits(self) -> dict[str, NDArray[np.bool_]]:
        """Return where the way of solving is beyond what it claims, by the name of a limit."""
        return {}

    def told(self) -> dict[str, Array]:
        """Return what the way of solving tells of itself, by the name of a monitor."""
        return {}

    def _part(self, rates: Rates, part: Part) -> None:
        medium = rates.over(part.hours)
        supplies, ready = medium.limits(self.solutes)
        supply = _least(supplies)
        fed: Array = 1.0
        death = plus(rates.death, part.death)
        if supply is not None:
            fed = np.clip(supply / (self.cells + _NOTHING), 0.0, 1.0)
            if not is_number(rates.starvation, 0.0):
                death = plus(medium.unfed, part.death) - rates.starvation * fed
        leaving = plus(death, rates.washout)
        course = self._course(rates, times(rates.growth, fed), supply, leaving, times(part.active, part.hours))
        cell_hours = course.cell_hours
        self.washed = plus(self.washed, times(cell_hours, rates.washout))
        self.dying = plus(self.dying, death * cell_hours)
        if not is_number(rates.growth, 0.0):
            self.mortality = plus(self.mortality, leaving * course.hours)
        if not is_number(part.active, 1.0):
            cell_hours = cell_hours + self.cells * (part.hours - part.active * part.hours)
        cell_hours = times(cell_hours, self.alive)
        self.hours += part.hours
        self.solutes, taken = medium.after(self.solutes, ready, cell_hours)
        self.consumed = plus(self.consumed, taken)
        if not is_number(rates.secretion, 0.0):
            self._secrete(rates, part, course, death, fed)
        self.cells = np.clip(course.end, _NOTHING, _NO_END)  # cells that die for weeks would overflow the next part
        self.cell_hours = plus(self.cell_hours, cell_hours)
        self.sustains = supplies if rates.surface is None else {rates.crowded_by: rates.surface, **supplies}

    def _course(self, rates: Rates, rate: Array, supply: Array | None, leaving: Array, hours: Array) -> growth.Course:
        """Return the cells that grow at `rate` toward the least of surface and supply, or die where that is less."""
        if is_number(rates.growth, 0.0):
            return growth.course(self.cells, -1.0 * leaving, 0.0, rates.theta, hours, self.scratch)
        ceiling = rates.surface
        if supply is not None:
            allowed = np.maximum(supply, self.cells)
            ceiling = allowed if ceiling is None else np.minimum(ceiling, allowed)
        crowd = 0.0 if ceiling is None else growth.crowding(rate, ceiling, rates.theta)
        return growth.course(self.cells, rate - leaving, crowd, rates.theta, hours, self.scratch)

    def _secrete(self, rates: Rates, part: Part, cells: growth.Course, death: Array, fed: Array) -> None:
        """Let the cells of one part secrete, take up and lose vesicles."""
        rate = times(rates.secretion, self._gain(rates, part, cells))
        if is_number(rates.metabolic_link, 1.0):
            rate = times(rate, fed)
        elif not is_number(rates.metabolic_link, 0.0) and not is_number(fed, 1.0):
            rate = rate * (1.0 - rates.metabolic_link * (1.0 - fed))
        if not is_number(rates.growth_secretion, 0.0):
            born = np.maximum(cells.end - cells.start + plus(death, rates.washout) * cells.cell_hours, 0.0)
            rate = rate + rates.growth_secretion * born / (cells.cell_hours + _NOTHING)
        if rates.fading is not None:
            self._fade(times(rate, self.alive), rates, cells, rates.fading)
        self._add(vesicle_pool(times(rate, self.alive), rates.reuptake, rates.loss, cells, self.scratch))

    def _gain(self, rates: Rates, part: Part, cells: growth.Course) -> Array:
        """Return the factor of density and stimuli, so that it and the constant gain stay below the cap."""
        gain: Array = part.gain
        if not is_number(rates.density_exponent, 0.0):
            mean = cells.cell_hours / cells.hours / rates.density_reference
            rule = np.exp(-rates.density_exponent * np.log(mean + 1e-30))
            gain = times(np.clip(rule, _LEAST_DENSITY_FACTOR, _LARGEST_DENSITY_FACTOR), gain)
        return self._within_cap(rates, gain)

    def _within_cap(self, rates: Rates, gain: Array) -> Array:
        """Return a gain that keeps the product with the constant gain below the cap."""
        if is_number(gain, 1.0) and is_number(rates.gain, 1.0):
            return 1.0
        most = LARGEST_GAIN / rates.gain
        self.capped = np.maximum(self.capped, one_where(gain > most))
        return np.minimum(gain, most)

    def _fade(self, rate: Array, rates: Rates, cells: growth.Course, fading: Array) -> None:
        """Follow the potency of the vesicles over one part: it is lost with them, and fades besides."""
        pool = vesicle_pool(times(rate, rates.potency), rates.reuptake, plus(rates.loss, fading), cells)
        after = plus(times(self.potency, pool.survival), np.minimum(pool.found, pool.secreted))
        lost = plus(self.potency, pool.secreted) - after
        self.potency, self.potency_secreted = after, plus(self.potency_secreted, pool.secreted)
        self.potency_taken_up = plus(self.potency_taken_up, lost * pool.reuptake_share)

    def _add(self, pool: Pool) -> None:
        """Add the vesicles of one part."""
        found = np.minimum(pool.found, pool.secreted)  # a steep decline of the cells defeats the quadrature
        after = plus(times(self.vesicles, pool.survival), found)
        lost = plus(self.vesicles, pool.secreted) - after
        self.vesicles, self.secreted = after, plus(self.secreted, pool.secreted)
        self.taken_up = plus(self.taken_up, lost * pool.reuptake_share)


def _least(limits: Mapping[str, Array]) -> Array | None:
    """Return the least of the limits; None where there is none."""
    result: Array | None = None
    for limit in limits.values():
        result = limit if result is None else np.minimum(result, limit)
    return result
