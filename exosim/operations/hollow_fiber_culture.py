"""Hollow-fiber culture: cells grow on the outside of fibers, vesicles collect in the small extracapillary volume.

Model: attachment; growth by the theta-logistic law to a capacity per fiber area; change to collection medium; then
harvests of a fraction of the extracapillary volume, each interval by the closed growth law and the vesicle balance of
:mod:`exosim.physics.secretion` (secretion, re-uptake by the cells, decay). Dead cells release protein, DNA and
debris. What is secreted before the change to collection medium is discarded with the growth medium and is not
followed.

Secretion follows metabolic activity rather than growth (Barekzai et al. 2023, doi:10.3934/bioeng.2023016): `activity`
scales the release of vesicles, particles and protein together, so that their ratio is not drawn from independent
numbers.

Validity: well-mixed extracapillary space; glucose, lactate and oxygen supplied through the fibers are not limiting.
In a dense cartridge the titer tends to q / k_u, whatever the cell number: a testable prediction, not a fitted fact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from exosim.material import Material, is_number, plus, times, total
from exosim.operations.base import Outcome, Phase, Visit, VisitedOperation
from exosim.parameter import Array, parameter
from exosim.physics import growth
from exosim.physics.secretion import Pool, vesicle_pool
from exosim.physics.size import class_shares

# Steps [h] for an error below 1e-3 over all declared ranges. Daily steps do for cells that only die; cells that start
# far above their capacity fall steeply, which matters where vesicles are secreted meanwhile.
_STEP_DYING, _STEP_GROWING, _STEP_GROWING_AND_COLLECTING = 24.0, 12.0, 3.0
_CM2_PER_M2 = 1e4
_SPARSE = 300.0  # cell/cm2


@dataclass(frozen=True, kw_only=True)
class HollowFiberCulture(VisitedOperation):
    """Culture on hollow fibers with repeated harvests of the extracapillary volume."""

    makes_vesicles: ClassVar[bool] = True
    needs: ClassVar[Literal["vesicles", "viable_cells"]] = "viable_cells"
    sized_by: ClassVar[str | None] = "fiber_area"

    fiber_area: Array = parameter(
        2.1, "m2", low=0.005, high=10, doc="outer surface of the fibers", source="vendor_data_sheets", critical=True
    )
    extracapillary_volume: Array = parameter(180.0, "mL", low=5, high=1000, doc="volume in which vesicles collect")
    attachment: Array = parameter(
        0.88, "1", low=0.5, high=0.97, doc="fraction of the inoculated cells that attaches", source="general_knowledge"
    )
    doubling_time: Array = parameter(
        24.0,
        "h",
        low=17,
        high=130,
        doc="doubling time of subconfluent MSC: 17 to 32 h in bone marrow, 122 h in adipose cells",
        source="higuera2009",
        grade="B",
    )
    lag: Array = parameter(18.0, "h", low=0, high=36, doc="lag after inoculation", source="higuera2009")
    capacity: Array = parameter(
        10000.0, "cell/cm2", low=3000, high=60000, doc="density on the fibers at which growth stops", critical=True
    )
    contact_inhibition: float = parameter(
        2.0, "1", low=1.0, high=4.0, planned=True, doc="exponent theta of the theta-logistic law"
    )
    growth_death_rate: Array = parameter(
        0.001, "1/h", low=0.0005, high=0.004, doc="death rate in growth medium", source="general_knowledge"
    )
    growth_period: float = parameter(
        6.0, "d", low=0, high=21, planned=True, doc="time in growth medium before collection starts"
    )
    collection: float = parameter(
        14.0, "d", low=1, high=60, planned=True, doc="time over which harvests are collected", critical=True
    )
    harvest_every: float = parameter(
        1.0,
        "d",
        low=0.125,
        high=7,
        planned=True,
        doc="time between harvests",
        source="cellbiosci2022",
        grade="A",
        critical=True,
    )
    harvest_fraction: Array = parameter(
        0.95, "1", low=0.3, high=1.0, doc="fraction of the extracapillary volume taken at a harvest"
    )
    pool_every: float | None = parameter(
        None,
        "d",
        low=0.125,
        high=60,
        planned=True,
        doc="harvests are pooled over this time; none: the whole collection",
    )
    collection_growth: Array = parameter(
        0.0, "1", low=0.0, high=1.0, doc="growth rate in collection medium over that in growth medium"
    )
    death_rate: Array = parameter(
        0.0005, "1/h", low=0.0001, high=0.015, doc="death rate during collection", critical=True
    )
    activity: Array = parameter(
        1.0,
        "1",
        low=0.1,
        high=10,
        maximum=math.inf,
        doc="metabolic activity of these cells over the typical one; scales vesicles, particles and protein alike",
    )
    secretion_rate: Array = parameter(
        1e4, "EV/cell/d", low=1e3, high=1e5, doc="vesicles that a viable cell secretes", critical=True
    )
    reuptake: Array = parameter(1e-8, "mL/cell/h", low=1e-9, high=5e-8, doc="volume that a cell clears of vesicles")
    decay: Array = parameter(0.005, "1/h", low=0.001, high=0.02, doc="first-order loss of free vesicles at 37 degC")
    nonvesicular_per_vesicle: Array = parameter(
        0.1, "particle/EV", low=0.0, high=10, doc="non-vesicular particles that cells release per vesicle"
    )
    nonvesicular_median: Array = parameter(
        80.0, "nm", low=30, high=200, doc="median diameter of non-vesicular particles above 30 nm"
    )
    nonvesicular_gsd: Array = parameter(
        1.5, "1", low=1.2, high=2.0, doc="geometric standard deviation of their diameter"
    )
    medium_particles: Array = parameter(
        3e7, "particle/mL", low=1e6, high=3e12, doc="particles that the collection medium brings along"
    )
    protein_rate: Array = parameter(
        20.0,
        "pg/cell/d",
        low=5,
        high=60,
        doc="soluble protein that a viable cell secretes, besides that of its vesicles",
        source="general_knowledge",
    )
    medium_protein: Array = parameter(
        0.0, "ug/mL", low=0.0, high=6000, doc="protein that the collection medium brings along"
    )
    protein_per_dead_cell: Array = parameter(
        200.0, "pg/cell", low=50, high=500, doc="protein that a dead cell releases"
    )
    small_protein: Array = parameter(0.25, "1", low=0.0, high=0.6, doc="share of soluble protein below 30 kDa")
    immunoglobulin_like: Array = parameter(0.2, "1", low=0.0, high=0.4, doc="share of soluble protein near 150 kDa")
    complex_protein: Array = parameter(
        0.1, "1", low=0.0, high=0.4, doc="share of soluble protein in complexes above 450 kDa"
    )
    associated_protein: Array = parameter(
        0.02, "1", low=0.005, high=0.1, doc="share of the released protein that binds to vesicles and follows them"
    )
    dna_per_dead_cell: Array = parameter(6.6, "pg/cell", low=5.0, high=15.0, doc="DNA of a dead diploid cell")
    inoculation_time: Array = parameter(4.0, "h", low=0.5, high=24, doc="hands-on time of the inoculation")
    bound_dna: Array = parameter(0.05, "1", low=0.0, high=0.5, doc="share of the DNA that binds to vesicles")
    debris_per_dead_cell: Array = parameter(
        10.0, "particle/cell", low=5, high=20, doc="debris above 1 um per dead cell"
    )
    medium_rate: Array = parameter(
        6.0, "L/d", low=0.01, high=50, doc="intracapillary medium supply", source="general_knowledge"
    )
    medium_salt: Array = parameter(
        0.15, "mol/L", low=0.1, high=0.2, doc="salt of the medium", source="general_knowledge"
    )
    harvest_duration: Array = parameter(1.0, "h", low=0.1, high=8, doc="hands-on time of one harvest")

    def schedule(self) -> tuple[Visit, ...]:
        """Return the change to collection medium and the planned harvests."""
        begin = 24.0 * self.growth_period
        count = max(1, round(self.collection / self.harvest_every))
        per_pool = count if self.pool_every is None else max(1, round(self.pool_every / self.harvest_every))
        step = 24.0 * self.harvest_every
        harvests = [Visit(begin + step * (i + 1), "harvest", i // per_pool, i + 1 == count) for i in range(count)]
        return (Visit(begin, "exchange"), *harvests)

    def start(self, feed: Material) -> Outcome:
        """Inoculate: cells attach, the suspension is drained, the vessel is filled with growth medium."""
        attached = feed.viable_cells * self.attachment
        vessel = Material(volume=self._liters, viable_cells=attached)
        return Outcome(
            Material(),
            vessel,
            added=Material(volume=self._liters),
            losses={"not attached": feed.replaced(viable_cells=feed.viable_cells - attached)},
            phases=(Phase("inoculate", self.inoculation_time),),
            consumption={"fiber_area": self.fiber_area},
            limits=self._seeding_limits(attached),
        )

    def _seeding_limits(self, attached: Array) -> dict[str, Array]:
        density = attached / (self.fiber_area * _CM2_PER_M2)
        return {
            "seeded above the capacity of the fibers": np.asarray(density > self.capacity, dtype=np.float64),
            "seeded below 300 cells/cm2: growth is not assured": np.asarray(density < _SPARSE, dtype=np.float64),
        }

    def advance(self, state: Material, visit: Visit, hours: float) -> Outcome:
        """Run for `hours` in growth or collection medium, then exchange the medium or harvest."""
        if visit.kind == "exchange":
            return self._grow(state, hours)
        released, outcome = self._collect(state, hours)
        suspended = released.replaced(viable_cells=0.0)
        kept, harvest = suspended.separate({}, otherwise=1.0 - self.harvest_fraction)
        fresh = Material() if visit.last else self._fresh_medium(harvest.volume)
        monitors = {**outcome.monitors, "harvested": total(harvest.vesicles), "harvest_volume": harvest.volume}
        return replace(
            outcome,
            product=harvest,
            remainder=(kept + fresh).replaced(viable_cells=released.viable_cells),
            added=fresh,
            phases=self._visit_phases("collect", "harvest", hours),
            consumption={"collection_medium": self.medium_rate * (hours / 24.0) + fresh.volume},
            monitors=monitors,
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the shares of protein and with the schedule."""
        if np.any(self.small_protein + self.immunoglobulin_like + self.complex_protein > 1.0):
            yield "complex_protein", "the shares of protein pools add up to more than 1"
        for name in ("collection", "pool_every"):
            time = getattr(self, name)
            if time is not None and (time / self.harvest_every + 1e-9) % 1.0 > 1e-6:
                yield name, "is not a whole number of harvest intervals"

    def _visit_phases(self, running: str, visit: str, hours: float) -> tuple[Phase, ...]:
        """Return the run and the visit at its end; the schedule holds both."""
        hands_on = np.minimum(self.harvest_duration, hours)
        return Phase(running, hours - hands_on, attended=False), Phase(visit, hands_on)

    @property
    def _liters(self) -> Array:
        return self.extracapillary_volume * 1e-3

    @cached_property
    def _particle_shares(self) -> Array:
        return class_shares(self.context.sizes, self.nonvesicular_median, self.nonvesicular_gsd)

    @cached_property
    def _protein_shares(self) -> Array:
        """Shares of soluble protein by pool, shape (pools, 1) or (pools, lanes)."""
        albumin = 1.0 - (self.small_protein + self.immunoglobulin_like + self.complex_protein)
        shares = (self.small_protein, albumin, self.immunoglobulin_like, self.complex_protein)
        return np.stack(np.broadcast_arrays(*map(np.atleast_1d, shares)))

    def _rates(self, relative_growth: Array, death_rate: Array) -> tuple[Array, Array]:
        """Return net rate and crowding, for densities in cells per extracapillary milliliter."""
        rate = times(growth.doubling_rate(self.doubling_time), relative_growth)
        if is_number(rate, 0.0):
            return -1.0 * death_rate, 0.0
        capacity = self.capacity * self.fiber_area * _CM2_PER_M2 / self.extracapillary_volume
        return rate - death_rate, growth.crowding(rate, capacity, self.contact_inhibition)

    def _courses(self, cells: Array, rates: tuple[Array, Array], hours: Array, steps: int) -> Iterator[growth.Course]:
        """Yield the cells over consecutive parts of `hours`."""
        density = cells / self.extracapillary_volume
        for _ in range(steps):
            course = growth.course(density, *rates, self.contact_inhibition, hours / steps)
            density = course.end
            yield course

    def _grow(self, state: Material, hours: float) -> Outcome:
        """Grow in growth medium, then change to collection medium; only the cells stay."""
        growing = np.maximum(hours - self.lag, 0.0)
        steps = max(1, math.ceil(hours / _STEP_GROWING))
        cells, cell_hours = state.viable_cells, 0.0 * state.viable_cells
        for course in self._courses(cells, self._rates(1.0, self.growth_death_rate), growing, steps):
            cells, cell_hours = course.end * self.extracapillary_volume, cell_hours + course.cell_hours
        died = self._died(self.growth_death_rate * cell_hours * self.extracapillary_volume, state.viable_cells, cells)
        fresh = self._fresh_medium(self._liters)
        return Outcome(
            Material(),
            fresh.replaced(viable_cells=cells),
            added=fresh,
            generated=Material(viable_cells=cells - state.viable_cells + died),
            losses={
                "growth medium": state.replaced(viable_cells=0.0),
                "cell death": Material(viable_cells=died),
            },
            phases=self._visit_phases("grow", "exchange medium", hours),
            consumption={
                "growth_medium": self.medium_rate * (hours / 24.0) + self._liters,
                "collection_medium": self._liters,
            },
        )

    @staticmethod
    def _died(at_basal_rate: Array, before: Array, after: Array) -> Array:
        """Return the cells that died: at the basal rate, or all that a decline toward the capacity takes."""
        return np.asarray(np.maximum(at_basal_rate, before - after))

    def _fresh_medium(self, liters: Array) -> Material:
        return Material(
            volume=liters,
            nonvesicular=times(self._particle_shares, self.medium_particles * liters * 1e3),
            protein=times(self._protein_shares, times(liters, self.medium_protein) * 1e3),
            salt=self.medium_salt * liters,
        )

    def _collect(self, state: Material, hours: float) -> tuple[Material, Outcome]:
        """Return the vessel after `hours` of secretion, and what was generated and lost."""
        rates = self._rates(self.collection_growth, self.death_rate)
        longest = _STEP_DYING if is_number(rates[1], 0.0) else _STEP_GROWING_AND_COLLECTING
        tally = _Tally(total(state.vesicles) / self.extracapillary_volume)
        secretion = self.activity * self.secretion_rate / 24.0
        for course in self._courses(state.viable_cells, rates, hours, max(1, math.ceil(hours / longest))):
            tally.add(vesicle_pool(secretion, self.reuptake, self.decay, course), course)
        volume = self.extracapillary_volume
        left = times(state.vesicles, tally.survival)
        found, made = self.context.secreted * (tally.found * volume), self.context.secreted * (tally.secreted * volume)
        gone = plus(plus(state.vesicles, times(left, -1.0)), made - found)
        cells = course.end * volume
        died = self._died(self.death_rate * tally.cell_hours * volume, state.viable_cells, cells)
        generated = replace(
            self._released(tally.secreted * volume, tally.cell_hours * volume, died),
            vesicles=made,
            viable_cells=cells - state.viable_cells + died,
        )
        vessel = (state + generated).replaced(vesicles=plus(left, found), viable_cells=cells)
        losses = {
            "re-uptake": Material(vesicles=gone * tally.reuptake_share),
            "decay": Material(vesicles=gone * (1.0 - tally.reuptake_share)),
            "cell death": Material(viable_cells=died),
        }
        monitors = {
            "secreted": tally.secreted * volume,
            "cell_hours": tally.cell_hours * volume,
            "viable_cells": cells,
            "titer": (tally.remaining + tally.found),
        }
        return vessel, Outcome(Material(), generated=generated, losses=losses, monitors=monitors)

    def _released(self, secreted: Array, cell_hours: Array, died: Array) -> Material:
        """Return what cells release besides vesicles: particles, protein, DNA, debris, dead cells."""
        picograms = self.activity * self.protein_rate / 24.0 * cell_hours + self.protein_per_dead_cell * died
        protein = picograms * 1e-6
        dna = self.dna_per_dead_cell * died * 1e-3
        return Material(
            nonvesicular=times(self._particle_shares, self.nonvesicular_per_vesicle * secreted),
            protein=times(self._protein_shares, protein * (1.0 - self.associated_protein)),
            associated_protein=protein * self.associated_protein,
            free_dna=dna * (1.0 - self.bound_dna),
            bound_dna=dna * self.bound_dna,
            debris=self.debris_per_dead_cell * died,
            dead_cells=died,
        )


class _Tally:
    """Running sums of one collection interval, per milliliter."""

    def __init__(self, present: Array) -> None:
        self.remaining = present
        self.survival: Array = 1.0
        self.found: Array = 0.0
        self.secreted: Array = 0.0
        self.cell_hours: Array = 0.0
        self._lost: Array = 0.0
        self._taken_up: Array = 0.0

    def add(self, pool: Pool, cells: growth.Course) -> None:
        """Add one part of the interval."""
        before = self.remaining + self.found
        found = np.minimum(pool.found, pool.secreted)  # a steep decline of the cells defeats the quadrature
        self.remaining, self.found = self.remaining * pool.survival, self.found * pool.survival + found
        lost = before + pool.secreted - self.remaining - self.found
        self.survival = self.survival * pool.survival
        self.secreted, self.cell_hours = self.secreted + pool.secreted, self.cell_hours + cells.cell_hours
        self._lost, self._taken_up = self._lost + lost, self._taken_up + lost * pool.reuptake_share

    @property
    def reuptake_share(self) -> Array:
        """Fraction of the losses that cells took up again."""
        return np.asarray(np.clip(self._taken_up / (self._lost + 1e-300), 0.0, 1.0))
