"""Suspension culture: cells that float in a shake flask, a rocking bag or a stirred tank, in one of four modes.

Model: that of every culture (:mod:`exosim.culture.base`); the cells leave with what is harvested. They grow and secrete
from the inoculation on, in the medium of the collection.

- Batch: one harvest of the whole vessel. Repeated batch: `harvest_every` shorter than `collection` and
  `harvest_fraction` below 1; what stays is diluted with fresh medium.
- Fed-batch: `feed_every`; a pump adds concentrate until glucose is back at its set point, while there is room. The
  volume grows, and dilutes cells and vesicles.
- Perfusion: `perfusion_rate` of fresh medium. Of what it displaces, `bleed_rate` is drawn off with all that is in it
  and is lost; the rest leaves through a device that keeps most cells and some of the vesicles, and is the harvest.
  Harvest visits collect this permeate; the last one takes `harvest_fraction` of the vessel as well.

Glucose, lactate, ammonia and oxygen limit the cells; `capacity` stands for what none of them explains. Eddies smaller
than those of `harmless_power` kill: HEK293 bear two orders of magnitude more power than stem cells on microcarriers
(Seidel et al. 2023, doi:10.3390/bioengineering10040478). That study found fewer cells at 63 than at 233 W/m3 as well,
which it lays to aggregates; there is no model of these here, and no effect of power below the harmless one.

A growth period, where there is one, ends with a change of medium that keeps the cells, by a centrifuge or a device.

With `monod_step` the culture takes the slow path (:mod:`exosim.culture.monod_path`): Monod growth with inhibition,
integrated in fixed steps, with its estimated error. Then `lactate_limit` and `ammonia_limit` halve growth instead of
ending it.

The defaults are those of HEK293. Titers of 1e10 to 1e12 EV/mL and a secretion of 1e3 EV per cell and day, both told of
these cells, contradict each other at the re-uptake of stem cells (1e-8 mL/cell/h), which caps the titer at q / k_u =
4e9 EV/mL: secretion and re-uptake belong to the cell type, and one of the figures is wrong until both are fitted. The
default re-uptake is therefore lower, and an assumption.

Validity: well mixed; the device neither fouls nor adsorbs; feeds hold no vesicles and inhibit nothing by their salt;
the constants of the slow path are those of Chinese hamster ovary cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from exosim.culture.amounts import Amounts
from exosim.culture.base import Culture
from exosim.culture.interval import Rates, Stretch
from exosim.culture.monod_constants import MONOD_CONSTANTS, REPLACED, MonodConstants
from exosim.culture.monod_path import MonodStretch
from exosim.culture.vessel import Vessel
from exosim.material import Material, is_number, one_where, times
from exosim.operations.base import Visit
from exosim.parameter import Array, parameter
from exosim.physics import turbulence

_HOURS = 24.0
_MILLILITERS = 1e3
_VISCOSITY = 0.75e-6  # m2/s, of medium at 37 degC
_PER_KILOGRAM = 1e-3  # W/kg in W/m3


@dataclass(frozen=True, kw_only=True)
class SuspensionCulture(Culture, MonodConstants):
    """Culture of suspended cells: batch, repeated batch, fed-batch or perfusion."""

    sized_by: ClassVar[str | None] = "volume"
    adherent: ClassVar[bool] = False
    left_behind: ClassVar[str] = "inoculum medium"
    effects: ClassVar[Mapping[str, Mapping[str, float]]] = {
        **Vessel.effects,
        "ammonia": {"ammonia_rate": 0.0, "ammonia_per_glutamine": 0.0},
        "shear": {"shear_death_rate": 0.0, "turbulent_gain": 1.0},
    }
    grows: ClassVar[tuple[str, ...]] = ("volume",)

    # the vessel
    volume: Array = parameter(
        2.0, "L", low=0.01, high=2000, doc="medium in the vessel at the inoculation", critical=True
    )
    capacity: Array = parameter(
        5e7, "cell/mL", low=2e6, high=2e8, doc="density at which growth ends by what no other limit explains",
        source="general_knowledge", critical=True,
    )  # fmt: skip
    oxygen_transfer: Array = parameter(
        8.0, "1/h", low=0.5, high=60, doc="oxygen transfer kLa: 0.5 to 10 in rocking bags, 2 to 30 in tanks",
        source="general_knowledge",
    )  # fmt: skip
    power: Array = parameter(
        60.0, "W/m3", low=1, high=1000, doc="power input; 60 W/m3 is the upper end of what is published for HEK293",
        source="seidel2023", grade="B",
    )  # fmt: skip
    harmless_power: Array = parameter(
        233.0, "W/m3", low=20, high=1000, doc="power above which eddies kill: that of the densest culture",
        source="seidel2023", grade="B",
    )  # fmt: skip
    shear_death_rate: Array = parameter(
        0.004, "1/h", low=0.0, high=0.1,
        doc="death rate at twice the harmless power; 0.004 makes crowded cells 7 % fewer at 451 W/m3",
        source="seidel2023", grade="B",
    )  # fmt: skip
    turbulent_gain: Array = parameter(
        1.0, "1", low=1.0, high=30, maximum=math.inf, doc="secretion in the finest turbulence over that in still medium"
    )
    half_eddy: Array = parameter(
        50.0, "um", low=35, high=75, doc="eddy length at which half of that gain is reached", source="us20200385665"
    )

    # the cells
    attachment: Array = parameter(
        1.0, "1", low=0.5, high=1.0, doc="fraction of the inoculated cells that goes on growing"
    )
    doubling_time: Array = parameter(
        24.0, "h", low=20, high=34, doc="doubling time", source="general_knowledge", critical=True
    )
    lag: Array = parameter(0.0, "h", low=0, high=36, doc="lag after inoculation")
    collection_growth: Array = parameter(
        1.0, "1", low=0.0, high=1.0, doc="growth rate in collection medium over that in growth medium"
    )
    doublings_limit: Array = parameter(
        1e4, "1", low=200, high=1e5, maximum=math.inf, doc="population doublings at which growth ends: lines have none"
    )
    oxygen_uptake: Array = parameter(
        200.0, "fmol/cell/h", low=100, high=350, doc="oxygen that a cell takes up", source="general_knowledge"
    )
    glucose_uptake: Array = parameter(
        0.3, "pmol/cell/h", low=0.15, high=0.6, doc="glucose that a cell takes up", source="general_knowledge"
    )
    lactate_yield: Array = parameter(
        0.7, "1", low=0.3, high=2.0, maximum=math.inf, doc="lactate released per glucose taken up",
        source="cho_monod2018", grade="B",
    )  # fmt: skip
    lactate_limit: Array = parameter(
        43.0, "mmol/L", low=16, high=100, doc="lactate at which growth stops; it halves growth in hamster cells",
        source="cho_monod2018", grade="B",
    )  # fmt: skip
    ammonia_limit: Array = parameter(
        6.51, "mmol/L", low=1.9, high=20, doc="ammonia at which growth stops; it halves growth in hamster cells",
        source="cho_monod2018", grade="B",
    )  # fmt: skip
    secretion_rate: Array = parameter(
        1e3, "EV/cell/d", low=200, high=1e4, doc="vesicles that a viable cell secretes",
        source="general_knowledge", critical=True,
    )  # fmt: skip
    reuptake: Array = parameter(1e-9, "mL/cell/h", low=1e-10, high=1e-8, doc="volume that a cell clears of vesicles")
    potency_loss: Array = parameter(
        0.0, "1", low=0.0, high=0.9, doc="share of the potency lost with each passage beyond the critical one"
    )
    medium_glucose: Array = parameter(
        30.0, "mmol/L", low=5, high=60, doc="glucose of the fresh medium", source="general_knowledge", critical=True
    )

    # the mode
    growth_period: float = parameter(
        0.0, "d", low=0, high=21, planned=True, doc="time in growth medium before collection starts"
    )
    collection: float = parameter(
        5.0, "d", low=1, high=60, planned=True, doc="time over which harvests are collected", critical=True
    )
    harvest_every: float = parameter(
        5.0, "d", low=0.125, high=14, planned=True, doc="time between harvests", critical=True
    )
    harvest_fraction: Array = parameter(
        1.0, "1", low=0.1, high=1.0, doc="fraction of the vessel taken at a harvest; in perfusion at the last one only"
    )
    feed_every: float | None = parameter(
        None, "d", low=0.25, high=7, planned=True, doc="time between boluses of concentrate; none: no feed"
    )
    feed_glucose: Array = parameter(
        1000.0, "mmol/L", low=200, high=2800, doc="glucose of the concentrate", source="general_knowledge"
    )
    glucose_setpoint: Array = parameter(
        20.0, "mmol/L", low=5, high=60, doc="glucose to which a bolus brings the vessel"
    )
    feed_room: Array = parameter(
        0.3, "1", low=0.02, high=1.0, doc="volume that all boluses may add, over that at the inoculation"
    )
    perfusion_rate: Array = parameter(
        0.0,
        "1/d",
        low=0.0,
        high=5,
        doc="fresh medium per vessel volume, 0.5 to 2 in use; 0: no perfusion",
        critical=True,
    )
    bleed_rate: Array = parameter(0.0, "1/d", low=0.0, high=0.5, doc="suspension that is drawn off per vessel volume")
    cell_retention: Array = parameter(0.98, "1", low=0.5, high=1.0, doc="fraction of the cells that the device keeps")
    vesicle_passage: Array = parameter(
        0.9, "1", low=0.01, high=1.0, doc="fraction of the vesicles of the permeate that passes the device"
    )

    def unused(self) -> frozenset[str]:
        """Return what belongs to modes that this culture is not run in."""
        idle = set(super().unused()) | {"density_exponent", "density_reference"}
        if self.feed_every is None:
            idle |= {"feed_glucose", "glucose_setpoint", "feed_room"}
        if is_number(self.perfusion_rate, 0.0):
            idle |= {"bleed_rate", "cell_retention", "vesicle_passage"}
        if is_number(self.turbulent_gain, 1.0):
            idle |= {"half_eddy"}
        return frozenset(idle) | (MONOD_CONSTANTS if self.monod_step is None else REPLACED)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts itself, here also harvests that leave no cells for the next."""
        yield from super().problems()
        several = round(self.collection / self.harvest_every) > 1
        if several and is_number(self.perfusion_rate, 0.0) and np.any(np.asarray(self.harvest_fraction) >= 1.0):
            yield "harvest_fraction", "leaves no cells for the next harvest: below 1, or one harvest, or perfusion"
        if not is_number(self.perfusion_rate, 0.0) and np.any(np.asarray(self.bleed_rate >= self.perfusion_rate)):
            yield "bleed_rate", "leaves nothing to harvest: it must be below perfusion_rate"
        if self.monod_step is not None and is_number(self.glucose_uptake, 0.0):
            yield "monod_step", "makes cells grow on glucose, which is switched off"
        if self.monod_step is not None and self.potency_decay is not None:
            yield "potency_decay", "is not followed along with monod_step"

    # -- the vessel ---------------------------------------------------------------------------------------------------

    @property
    def liters(self) -> Array:
        """The medium at the inoculation [L]."""
        return self.volume

    @property
    def transfer(self) -> Array:
        """The oxygen transfer coefficient [1/h]."""
        return self.oxygen_transfer

    @property
    def permeate(self) -> Array:
        """Flow through the device [1/h]: what the bleed leaves of the fresh medium."""
        if is_number(self.perfusion_rate, 0.0):
            return 0.0
        return np.maximum(self.perfusion_rate - self.bleed_rate, 0.0) / _HOURS

    @property
    def bleed(self) -> Array:
        """Flow of the whole suspension [1/h]."""
        if is_number(self.perfusion_rate, 0.0):
            return 0.0
        return times(1.0 / _HOURS, np.minimum(self.bleed_rate, self.perfusion_rate))

    @property
    def passing_vesicles(self) -> Array:
        """Share of the vesicles that passes the device."""
        return self.vesicle_passage

    @property
    def passing_cells(self) -> Array:
        """Share of the cells that passes the device."""
        return 1.0 - self.cell_retention

    @property
    def shear_gain(self) -> Array:
        """Factor of turbulence on secretion."""
        if is_number(self.turbulent_gain, 1.0):
            return 1.0
        return turbulence.turbulent_fold(_eddies(self.power), self.turbulent_gain, self.half_eddy)

    @property
    def shear_death(self) -> Array:
        """Death rate of eddies smaller than harmless [1/h]."""
        if is_number(self.shear_death_rate, 0.0):
            return 0.0
        return turbulence.shear_death(_eddies(self.power), _eddies(self.harmless_power), self.shear_death_rate)

    def rates(self, state: Material, relative_growth: Array, death_rate: Array) -> Rates:
        """Return what governs a stretch; what crowds the cells is their density, whatever the volume."""
        found = super().rates(state, relative_growth, death_rate)
        return replace(found, surface=self.capacity, crowded_by="density")

    def stretch(self, vessel: Amounts) -> Stretch:
        """Return the vessel per milliliter, on the slow path where a step is given."""
        begin = super().stretch(vessel)
        if self.monod_step is None:
            return begin
        return MonodStretch(
            begin.cells,
            begin.vesicles,
            begin.solutes,
            kinetics=self.kinetics(self.lactate_yield, self.lactate_limit, self.ammonia_limit),
            step=self.monod_step,
        )

    def held_by(self, limit: str) -> str:
        """Return what is told of a limit; Monod growth knows none of those that are watched."""
        if self.monod_step is None:
            return super().held_by(limit)
        return f"{limit} short, which Monod growth does not know"

    # -- the modes ----------------------------------------------------------------------------------------------------

    def first_medium(self) -> Material:
        """Return the medium of the inoculation: that of the collection where there is no growth period."""
        return self.growth_medium(self.liters) if self.growth_period > 0.0 else self.fresh_medium(self.liters)

    def taken(self, visit: Visit) -> Array:
        """Return the share of the vessel that a harvest takes: in perfusion none before the last one."""
        if visit.last or not self.drains:
            return self.harvest_fraction
        return self.harvest_fraction * one_where(np.asarray(self.perfusion_rate) <= 0.0)

    def vessel_use(self) -> dict[str, Array]:
        """Return the first fill, where it is of collection medium."""
        return {} if self.growth_period > 0.0 else {"collection_medium": self.liters}

    def _changes(self, begin: float) -> Iterator[Visit]:
        if begin > 0.0:
            yield from super()._changes(begin)

    def _seeding_limits(self, attached: Array) -> dict[str, Array]:
        above = np.greater(attached, self.capacity * self.liters * _MILLILITERS)
        return {"seeded above the capacity": one_where(above)}

    def feeds(self, begin: float, end: float) -> list[float]:
        """Return the times of the boluses between two times [h]."""
        if self.feed_every is None:
            return []
        start, every = _HOURS * self.growth_period, _HOURS * self.feed_every
        times_fed = (start + every * i for i in range(1, math.ceil((end - start) / every) + 1))
        return [time for time in times_fed if begin + 1e-6 < time < end - 1e-6]

    def bolus(self, vessel: Material) -> tuple[Material, dict[str, Array]]:
        """Return the concentrate that brings glucose back to its set point, and whether there is room for it."""
        if is_number(self.glucose_uptake, 0.0):
            return Material(), {}
        missing = np.maximum(times(vessel.volume, self.glucose_setpoint) - vessel.glucose, 0.0)
        wanted = missing / (self.feed_glucose - self.glucose_setpoint)
        room = np.maximum((1.0 + self.feed_room) * self.volume - vessel.volume, 0.0)
        liters = np.minimum(wanted, room)
        held: dict[str, Array] = {"feed held by the room in the vessel": one_where(wanted > room)}
        return Material(volume=liters, glucose=self.feed_glucose * liters), held


def _eddies(power: Array) -> Array:
    """Return the length of the smallest eddies [um] at a power input [W/m3]."""
    return turbulence.eddy_length(_VISCOSITY, power * _PER_KILOGRAM)
