"""Aggregate culture: cells as spheroids, in a stirred or vertical-wheel vessel or still; they settle for every harvest.

Model: that of every culture (:mod:`exosim.culture.base`), without a surface. Cells that find no aggregate are lost.
Oxygen and glucose reach the cells by diffusion, through a film of medium and into the sphere
(:mod:`exosim.physics.aggregates`): above a critical diameter a core has none. The cells of the core neither divide
nor secrete, to the share `core_inactivity`; they stay alive and go on counting as cells. The nutrients around the
aggregates are those at the start of a stretch: glucose as it is then, and the oxygen that the transfer leaves over
under these cells.

Aggregated cells secrete `aggregate_gain` times what they secrete on a surface, as a factor per cell against flat
culture. Published are 2-fold under wave motion, 3- to 10-fold in a vertical wheel and 6.7-fold for spheroids of
umbilical cord cells, mostly without saying per what; the gain is the cells' own, before the core is taken off.

Validity: aggregates of one size that neither merge nor break; steady state in the sphere; uptake of zero order and
equal to that in flat culture; a Sherwood number of 2 is still medium, stirred aggregates have more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from exosim.culture.amounts import Flags
from exosim.culture.base import Culture
from exosim.culture.interval import Rates
from exosim.culture.supply import MILLIMOLAR_PER_PICOMOLE
from exosim.material import Material, is_number, times
from exosim.operations.base import Outcome, Visit
from exosim.parameter import Array, parameter
from exosim.physics import aggregates, oxygen

_PICOMOLE = 1e-3  # pmol in a fmol
_OXYGEN_IN_MEDIUM = float(oxygen.diffusivity(310.15))  # m2/s


@dataclass(frozen=True, kw_only=True)
class AggregateCulture(Culture):
    """Culture of cells in aggregates."""

    sized_by: ClassVar[str | None] = "volume"
    effects: ClassVar[Mapping[str, Mapping[str, float]]] = {
        **Culture.effects,
        "core": {"core_inactivity": 0.0},
        "aggregation": {"aggregate_gain": 1.0, "aggregate_growth": 1.0},
    }
    grows: ClassVar[tuple[str, ...]] = ("volume",)

    volume: Array = parameter(
        0.5, "L", low=0.002, high=500, doc="working volume", source="vendor_data_sheets", critical=True
    )
    oxygen_transfer: Array = parameter(
        2.0, "1/h", low=0.5, high=30, doc="kLa: 0.5 to 3 in still medium, 0.5 to 6 with a wheel, more with a sparger",
        source="general_knowledge",
    )  # fmt: skip
    aggregate_diameter: Array = parameter(
        250.0, "um", low=50, high=1000, doc="diameter of the aggregates", critical=True
    )
    cell_diameter: Array = parameter(15.0, "um", low=8, high=25, doc="diameter of a cell", source="general_knowledge")
    packing: Array = parameter(0.6, "1", low=0.2, high=0.95, doc="share of the volume of an aggregate that is cells")
    oxygen_diffusivity: Array = parameter(
        2e-9, "m2/s", low=1e-9, high=2.6e-9, doc="diffusivity of oxygen in the aggregate", source="general_knowledge"
    )
    glucose_diffusivity: Array = parameter(
        3e-10, "m2/s", low=1e-10, high=6e-10, doc="diffusivity of glucose in the aggregate",
        source="general_knowledge",
    )  # fmt: skip
    glucose_in_medium: Array = parameter(
        9e-10, "m2/s", low=7e-10, high=1e-9, doc="diffusivity of glucose in the medium", source="general_knowledge"
    )
    sherwood: Array = parameter(
        4.0, "1", low=2.0, high=20.0, minimum=2.0, doc="Sherwood number of an aggregate; 2 in still medium"
    )
    core_inactivity: Array = parameter(
        1.0, "1", low=0.0, high=1.0, doc="share of their growth and secretion that cells of the core lose"
    )
    aggregate_gain: Array = parameter(
        3.0, "1", low=1.0, high=10, maximum=math.inf, doc="secretion per cell over that on a surface",
        source="kim2022", critical=True,
    )  # fmt: skip
    aggregate_growth: Array = parameter(0.1, "1", low=0.0, high=1.0, doc="growth rate over that on a surface")
    attachment: Array = parameter(
        0.8, "1", low=0.5, high=0.97, doc="fraction of the inoculated cells that finds an aggregate"
    )
    growth_period: float = parameter(
        2.0, "d", low=0, high=21, planned=True, doc="time in growth medium in which the aggregates form"
    )
    collection: float = parameter(
        4.0, "d", low=1, high=60, planned=True, doc="time over which harvests are collected", critical=True
    )
    harvest_every: float = parameter(
        2.0, "d", low=0.125, high=7, planned=True, doc="time between harvests", critical=True
    )
    harvest_fraction: Array = parameter(
        0.8, "1", low=0.3, high=1.0, doc="fraction of the medium that is taken above the settled aggregates"
    )
    carryover: Array = parameter(
        0.01, "1", low=0.0, high=0.5, doc="fraction of the growth medium left with the settled aggregates after washing"
    )
    death_rate: Array = parameter(
        0.002, "1/h", low=0.0001, high=0.015, doc="death rate in collection medium", critical=True
    )

    def unused(self) -> frozenset[str]:
        """Return what matters only with a core."""
        idle = set(super().unused())
        if is_number(self.core_inactivity, 0.0):
            idle |= {"oxygen_diffusivity", "glucose_diffusivity", "glucose_in_medium", "sherwood"}
        return frozenset(idle)

    # -- the vessel ---------------------------------------------------------------------------------------------------

    @property
    def liters(self) -> Array:
        """The working volume [L]."""
        return self.volume

    @property
    def transfer(self) -> Array:
        """The transfer coefficient of oxygen [1/h]."""
        return self.oxygen_transfer

    # -- the sphere ---------------------------------------------------------------------------------------------------

    def core_share(self, state: Material) -> Array:
        """Return the share of the cells that oxygen or glucose does not reach."""
        if is_number(self.core_inactivity, 0.0):
            return 0.0
        cells = aggregates.density(self.cell_diameter, self.packing)
        share: Array = 0.0
        if not is_number(self.oxygen_uptake, 0.0):
            need = aggregates.demand(self.oxygen_uptake, cells, "fmol")
            share = self._core(self._oxygen_around(state), self.oxygen_diffusivity, _OXYGEN_IN_MEDIUM, need)
        if not is_number(self.glucose_uptake, 0.0):
            need = aggregates.demand(self.glucose_uptake, cells, "pmol")
            around = state.glucose / state.volume
            core = self._core(around, self.glucose_diffusivity, self.glucose_in_medium, need)
            share = np.maximum(share, core)
        return share

    def _core(self, around: Array, inside: Array, outside: Array, need: Array) -> Array:
        """Return the share of the cells without a nutrient: concentration around, diffusivities, demand."""
        film = aggregates.film(inside, outside, self.sherwood)
        critical = aggregates.critical_diameter(around, inside, need, film)
        return aggregates.core_share(self.aggregate_diameter, critical, film)

    def _oxygen_around(self, state: Material) -> Array:
        """Return the oxygen that the transfer leaves over under these cells, at least what they bear [mmol/L]."""
        saturation = times(self.oxygen_saturation, self.oxygen_level)
        density = state.viable_cells / (state.volume * 1e3)
        used = self.oxygen_uptake * (_PICOMOLE * MILLIMOLAR_PER_PICOMOLE) * density / self.oxygen_transfer
        return np.maximum(saturation - used, saturation * self.least_oxygen)

    def _activity(self, state: Material) -> Array:
        """Return the growth and secretion of all cells over that of as many outside a core."""
        if is_number(self.core_inactivity, 0.0):
            return 1.0
        return 1.0 - self.core_inactivity * self.core_share(state)

    # -- what it does -------------------------------------------------------------------------------------------------

    def rates(self, state: Material, relative_growth: Array, death_rate: Array) -> Rates:
        """Return what governs a stretch in growth medium: the shell grows, and slower than on a surface."""
        growth = times(relative_growth, self.aggregate_growth)
        if not is_number(growth, 0.0):
            growth = times(growth, self._activity(state))
        return super().rates(state, growth, death_rate)

    def collecting(self, state: Material) -> Rates:
        """Return what governs a stretch of collection: the shell secretes, and more than on a surface."""
        found = super().collecting(state)
        secretion = times(times(found.secretion, self._activity(state)), self.aggregate_gain)
        return replace(found, secretion=secretion, gain=times(found.gain, self.aggregate_gain))

    @property
    def gains(self) -> bool:
        """Whether anything raises secretion, so that the cap may act."""
        return super().gains or not is_number(self.aggregate_gain, 1.0)

    def start(self, feed: Material) -> Outcome:
        """Inoculate; tell how many aggregates there will be."""
        outcome = super().start(feed)
        each = aggregates.cells_per_aggregate(self.aggregate_diameter, self.cell_diameter, self.packing)
        number = outcome.remainder.viable_cells / each
        return replace(outcome, monitors={"cells_per_aggregate": each, "aggregates": number})

    watches: ClassVar[bool] = True

    @property
    def steady(self) -> bool:
        """Whether the rates stay the same: those of a core follow the medium."""
        return super().steady and is_number(self.core_inactivity, 0.0)

    def watched(self, before: Material, after: Material, visit: Visit, hours: float) -> tuple[dict[str, Array], Flags]:
        """Tell of the core with which the stretch began."""
        if is_number(self.core_inactivity, 0.0):
            return {}, {}
        core = self.core_share(before)
        return {"core_share": core}, {"a core of the aggregates starves": np.greater(core, 0.0)}
