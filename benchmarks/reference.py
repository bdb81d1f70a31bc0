"""Cultures by a solver of differential equations: what the closed forms and the quadrature of the package are held to.

The model is that of the package, written anew from its declared parameters: in every part of a stretch the rates are
constant, what the supply sustains is evaluated at the start of the part, cells follow the theta-logistic law and
vesicles are secreted, taken up by cells and lost. Here Dormand and Prince's method of order 8 integrates cells, cell
hours, vesicles and vesicle hours over each part. With parts a few times shorter the same code tells what it matters
that the limits are evaluated once in a part.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from exosim.culture import stimulus
from exosim.culture.base import Culture
from exosim.material import Material
from exosim.operations.aggregate_culture import AggregateCulture
from exosim.operations.base import Visit
from exosim.operations.microcarrier_culture import MicrocarrierCulture
from exosim.operations.suspension_culture import SuspensionCulture
from exosim.parameter import declared

Floats: TypeAlias = NDArray[np.float64]
TOLERANCE = 1e-12
DYING, GROWING, GROWING_AND_COLLECTING = 24.0, 12.0, 3.0
"""Longest parts [h] of cells that only die, of cells that grow, and of growing cells that are harvested."""
LARGEST_GAIN = 50.0


@dataclass(frozen=True)
class Rates:
    """What governs a stretch, per milliliter."""

    collecting: bool
    growth: Any
    death: Any
    space: Any
    oxygen: Any
    secretion: Any
    gain: Any
    exchange: Any
    washout: Any
    loss: Any


@dataclass
class Reference:
    """One culture on all lanes of its feed; `finer` times as many parts as the package takes."""

    culture: Culture
    feed: Material
    finer: int = 1
    seen: dict[str, list[Floats]] = field(default_factory=dict)
    widened: bool = False

    def run(self) -> dict[str, Floats]:
        """Return cells, vesicles secreted and vesicles harvested at every harvest, shape (harvests, lanes)."""
        self._settle()
        clock = 0.0
        for visit in self.culture.schedule():
            harvest = visit.kind == "harvest"
            self._stretch(clock, visit, harvest)
            clock = visit.time
            self._add_beads(clock)
            self._visit(visit)
        return {name: np.stack(np.broadcast_arrays(*rows)) for name, rows in self.seen.items()}

    def _settle(self) -> None:
        given = [getattr(self.culture, name) for name in declared(type(self.culture))]
        lanes = np.broadcast_shapes((1,), *(np.shape(value) for value in (*given, self.feed.viable_cells)))
        fed = np.broadcast_to(np.asarray(self.feed.viable_cells, dtype=np.float64), lanes)
        if isinstance(self.culture, MicrocarrierCulture):
            self.culture = self.culture.seeded(fed)
        c = self.culture
        if getattr(c, "feed_every", None) is not None:
            raise ValueError("the reference knows no boluses")
        self.liters = np.asarray(c.liters, dtype=np.float64)
        attached = c.attached_share(fed)
        self.cells = fed * attached / (self.liters * 1e3)
        self.older = np.asarray(self.feed.doublings) * attached / (self.liters * 1e3)
        self.vesicles = self.lactate = self.ammonia = 0.0 * self.cells
        self.glucose = self.vesicles + c.fresh_glucose

    def _add_beads(self, clock: float) -> None:
        """Widen the surface when fresh beads come."""
        c = self.culture
        if not isinstance(c, MicrocarrierCulture) or c.bead_addition is None or self.widened:
            return
        if abs(clock - 24.0 * c.bead_addition) < 1e-6:
            bare = c.area * (1.0 + c.added_share) - c.surface
            self.culture = replace(c, reached=c.surface + c.transfer_efficiency * bare)
            self.widened = True

    def _rates(self, collecting: bool) -> Rates:
        """Return what governs the next stretch."""
        c, milliliters = self.culture, self.liters * 1e3
        growth = math.log(2.0) / c.doubling_time * (c.collection_growth if collecting else 1.0)
        growth = growth * np.maximum(1.0 - (self.older / self.cells / c.doublings_limit) ** 2, 0.0)
        gain = c.shear_gain * (1.0 + c.hypoxia_gain * np.maximum(1.0 - c.oxygen_level, 0.0))
        active: Any = 1.0
        if isinstance(c, AggregateCulture):
            around = Material(
                volume=self.liters,
                viable_cells=self.cells * milliliters,
                glucose=self.glucose * self.liters,
            )
            active = 1.0 - c.core_inactivity * c.core_share(around)
            growth, gain = growth * c.aggregate_growth * active, gain * c.aggregate_gain
        saturation = c.oxygen_saturation * c.oxygen_level
        oxygen: Any = math.inf
        if c.transfer is not None:
            oxygen = c.transfer * saturation * (1.0 - c.least_oxygen) / (1e-9 * c.oxygen_uptake)
        space = math.inf if c.most_cells is None else c.most_cells / milliliters
        drain = c.permeate + c.bleed if collecting else 0.0
        return Rates(
            collecting,
            growth,
            (c.death_rate if collecting else c.growth_death_rate) + c.shear_death,
            c.capacity if isinstance(c, SuspensionCulture) else space,
            oxygen,
            c.activity * c.secretion_rate / 24.0 * gain * active if collecting else 0.0,
            gain,
            c.exchange + drain,
            c.washout if collecting else 0.0,
            c.decay + c.vesicle_outflow,
        )

    def _parts(self, start: float, end: float, collecting: bool, growing: bool) -> Iterator[tuple[float, Any, Any]]:
        """Yield length, factor on secretion and added death rate of every part."""
        c = self.culture
        longest = GROWING if not collecting else GROWING_AND_COLLECTING if growing else DYING
        if not collecting or not c.stimuli:
            count = max(1, math.ceil((end - start) / longest - 1e-9)) * self.finer
            yield from (((end - start) / count, 1.0, 0.0) for _ in range(count))
            return
        since = 24.0 * c.growth_period
        edges = stimulus.edges(c.stimuli, start - since, end - since, longest / self.finer)
        bursts = stimulus.bursts(c.stimuli, c.fusion_rate, c.lysosomal_rate, c.budding, edges)
        for begin, stop, burst in zip(edges, edges[1:], bursts, strict=False):
            gain, death = stimulus.acting(c.stimuli, begin)
            yield stop - begin, gain * burst, death

    def _stretch(self, start: float, visit: Visit, collecting: bool) -> None:
        """Live until a visit."""
        c, hours = self.culture, visit.time - start
        self.secreted, self.drained = 0.0 * self.cells, 0.0 * self.cells
        if hours <= 1e-6:
            return
        rates, before, mortality = self._rates(collecting), self.cells, 0.0 * self.cells
        active = np.maximum(hours - c.lag, 1e-6) / hours if start == 0.0 else 1.0
        growing = not (isinstance(c.collection_growth, (int, float)) and c.collection_growth == 0.0)
        for length, gain, killed in self._parts(start, visit.time, collecting, growing):
            mortality = mortality + self._part(rates, length, active, gain, killed)
        age = np.maximum(np.log(self.cells / before) + mortality, 0.0) / math.log(2.0)
        self.older = self.cells * (self.older / before + age)

    def _part(self, rates: Rates, length: float, active: Any, gain: Any, killed: Any) -> Any:
        """Live for one part, and return the integral of the rates at which cells go."""
        c, x0 = self.culture, self.cells
        volumes = rates.exchange * length + 1e-300
        left, mean = np.exp(-volumes), -np.expm1(-volumes) / volumes
        sustained, ready = self._sustained(rates, volumes, left, mean, length)
        fed = np.minimum(sustained / x0, 1.0)
        death = rates.death + killed + c.starvation_rate * (1.0 - fed) + rates.washout
        growth = rates.growth * fed
        ceiling = np.minimum(rates.space, np.maximum(sustained, x0))
        crowd = growth * (ceiling / x0) ** -c.contact_inhibition  # of the density over that at the start
        hours = active * length * np.ones_like(x0)
        end, cell_hours = self._cells(growth - death, crowd, hours)
        rate = rates.secretion * self._gain(rates, gain, cell_hours / hours)
        rate = rate * (1.0 - c.metabolic_link * (1.0 - fed))
        born = np.maximum(end - x0 + death * cell_hours, 0.0)
        if rates.collecting:
            rate = rate + c.growth_secretion * born / cell_hours
            self._vesicles(rate, rates, growth - death, crowd, hours)
        self.cells = end
        waiting = cell_hours + x0 * (length - hours)
        taken = np.minimum(c.glucose_uptake * 1e-6 * waiting, ready)
        self.glucose = np.maximum(self.glucose * left + (c.fresh_glucose * volumes - taken) * mean, 0.0)
        self.lactate = self.lactate * left + taken * c.lactate_yield * mean
        self.ammonia = self.ammonia * left + c.ammonia_rate * 1e-6 * waiting * mean
        return death * hours

    def _sustained(self, rates: Rates, volumes: Any, left: Any, mean: Any, length: float) -> tuple[Any, Any]:
        """Return the cells that oxygen and the medium sustain, and the glucose that may be taken up."""
        c = self.culture

        def most(present: Any, inflow: Any) -> Any:
            return (present * left / mean + inflow * volumes) / length

        glucose = most(self.glucose, c.fresh_glucose)
        lactate = most(np.maximum(c.lactate_limit - self.lactate, 0.0), c.lactate_limit)
        ammonia = most(np.maximum(c.ammonia_limit - self.ammonia, 0.0), c.ammonia_limit)
        demand, poison = c.glucose_uptake * 1e-6, c.ammonia_rate * 1e-6
        limits = (glucose / demand, lactate / (demand * c.lactate_yield), ammonia / poison)
        sustained = rates.oxygen
        for limit in limits:
            sustained = np.minimum(sustained, limit)
        return sustained, glucose * length

    def _gain(self, rates: Rates, gain: Any, mean: Any) -> Any:
        """Return the factor of density and stimuli below the cap."""
        c = self.culture
        if c.surface is not None:
            over = mean / (c.density_reference * c.surface / (self.liters * 1e3))
            gain = gain * np.clip(over**-c.density_exponent, 0.2, 5.0)
        return np.minimum(gain, LARGEST_GAIN / rates.gain)

    def _cells(self, net: Any, crowd: Any, hours: Floats) -> tuple[Floats, Floats]:
        """Return the cells after `hours` and their integral, by the solver."""
        theta, lanes = self.culture.contact_inhibition, len(self.cells)

        def slopes(_: float, y: Floats) -> Floats:
            x = y[:lanes]
            return np.concatenate([hours * x * (net - crowd * x**theta), x])

        x, j = solved(slopes, [np.ones(lanes), np.zeros(lanes)])
        return self.cells * x, self.cells * hours * j

    def _vesicles(self, rate: Any, rates: Rates, net: Any, crowd: Any, hours: Floats) -> None:
        """Secrete, take up and lose vesicles, by the solver."""
        c, x0, lanes = self.culture, self.cells, len(self.cells)
        scale = rate * x0 * hours + self.vesicles + 1e-300
        made, uptake, loss = rate * x0 * hours / scale, c.reuptake * x0 * hours, rates.loss * hours

        def slopes(_: float, y: Floats) -> Floats:
            x, _, e, _ = y.reshape(4, lanes)
            grown = hours * x * (net - crowd * x**c.contact_inhibition)
            return np.concatenate([grown, x, made * x - (uptake * x + loss) * e, e])

        _, j, e, w = solved(slopes, [np.ones(lanes), np.zeros(lanes), self.vesicles / scale, np.zeros(lanes)])
        self.vesicles = e * scale
        self.secreted = self.secreted + rate * x0 * hours * j
        self.drained = self.drained + c.permeate * c.passing_vesicles * hours * w * scale

    def _visit(self, visit: Visit) -> None:
        """Change the medium, or note what there is and harvest."""
        c, milliliters = self.culture, self.liters * 1e3
        if visit.kind == "harvest":
            share = c.taken(visit)
            for name, value in (
                ("viable_cells", self.cells),
                ("secreted", self.secreted),
                ("harvested", self.drained + share * self.vesicles),
            ):
                self.seen.setdefault(name, []).append(np.asarray(value * milliliters))
            self.vesicles = self.vesicles * (1.0 - share)
            left, fresh = 1.0 - share, 0.0 if visit.last else share
            if not c.adherent:
                self.cells, self.older = self.cells * left, self.older * left
        else:
            left, fresh = c.carryover, 1.0 - c.carryover
        self.glucose = self.glucose * left + c.fresh_glucose * fresh
        self.lactate, self.ammonia = self.lactate * left, self.ammonia * left


def solved(slopes: Any, start: list[Floats]) -> list[Floats]:
    """Return the rows of a state after the unit of time."""
    y0 = np.concatenate(start)
    found = solve_ivp(slopes, (0.0, 1.0), y0, method="DOP853", rtol=TOLERANCE, atol=1e-14)
    if not found.success:
        raise ArithmeticError(found.message)
    return np.split(found.y[:, -1], len(start))
