"""Microcarrier culture: cells grow on beads that are kept in suspension; the beads settle for every harvest.

Model: that of every culture (:mod:`exosim.culture.base`), on the area of the beads. Cells settle at random as long as
there is room, so that with n of them per bead the share exp(-n) of the beads stays empty and its area out of reach.
Fresh beads that are added with a change of the growth medium bring area, and bead-to-bead transfer opens it, and that
of the empty beads, to the share `transfer_efficiency`. Stirring sets the smallest eddies: they raise secretion where
`turbulent_gain` says so, and kill where they are shorter than a share of the bead diameter
(:mod:`exosim.physics.turbulence`). Oxygen comes through the headspace or a sparger with one coefficient.

The suspension rests until the cells have settled, before the growth period; what is still suspended then is lost. The
cells that it takes to start again after that is the `lag`. A short burst of turbulence is a stimulus, not a stirring
speed of the culture. Death by shear is at most 0.2 per hour.

Validity: beads of one size with whole monolayers; neither clumps of beads nor cells that come off; mean dissipation,
where near an impeller it is many times as high; beads that take up no room.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from exosim.culture.base import CM2_PER_M2, Culture
from exosim.material import Material, is_number, one_where
from exosim.operations.base import Outcome, Visit
from exosim.parameter import Array, parameter
from exosim.physics import microcarriers, turbulence

_FEWEST = 3.0  # cells per bead
_FASTEST_DEATH = (
    0.2  # 1/h: the law of shear is not known further, and a culture in which under 1 % live after a day is lost anyway
)
_A_LITTLE = 1e-9  # h
_NO_CELLS = 1e-9


@dataclass(frozen=True, kw_only=True)
class MicrocarrierCulture(Culture):
    """Culture on beads in a stirred tank, a spinner or a vertical-wheel vessel."""

    sized_by: ClassVar[str | None] = "volume"
    effects: ClassVar[Mapping[str, Mapping[str, float]]] = {
        **Culture.effects,
        "shear": {"turbulent_gain": 1.0, "shear_death_rate": 0.0},
        "settling": {"settling_rate": math.inf},
    }
    grows: ClassVar[tuple[str, ...]] = ("volume",)
    reached: Array | None = field(default=None, repr=False, compare=False)
    """Area of the beads on which cells have settled [cm2], once they are seeded."""

    volume: Array = parameter(
        3.0, "L", low=0.05, high=2000, doc="working volume", source="vendor_data_sheets", critical=True
    )
    carriers: Array = parameter(
        20.0, "g/L", low=0.5, high=50, doc="dry beads: 1 to 5 g/L of swelling ones, 10 to 25 g/L of plastic",
        source="vendor_data_sheets", critical=True,
    )  # fmt: skip
    carrier_area: Array = parameter(
        360.0, "cm2/g", low=200, high=6000, doc="area of a gram of dry beads", source="vendor_data_sheets"
    )
    carrier_diameter: Array = parameter(
        170.0, "um", low=90, high=400, doc="diameter of the beads in medium", source="vendor_data_sheets"
    )
    capacity: Array = parameter(
        3e4, "cell/cm2", low=1.5e4, high=6e4, doc="density on the beads at which growth stops",
        source="general_knowledge", critical=True,
    )  # fmt: skip
    oxygen_transfer: Array = parameter(
        2.0, "1/h", low=0.5, high=30, doc="kLa: 0.5 to 4 in spinners, 0.5 to 6 with a wheel, 2 to 30 with a sparger",
        source="general_knowledge",
    )  # fmt: skip
    dissipation: Array = parameter(
        0.002, "W/kg", low=1e-4, high=0.1, doc="mean dissipation; beads are just suspended at 0.001 to 0.01",
        source="general_knowledge", critical=True,
    )  # fmt: skip
    viscosity: Array = parameter(
        7.5e-7, "m2/s", low=6.5e-7, high=2e-6, doc="kinematic viscosity of the medium", source="general_knowledge"
    )
    turbulent_gain: Array = parameter(
        1.0, "1", low=1.0, high=30, doc="factor of the smallest eddies on secretion per cell", maximum=math.inf
    )
    half_eddy: Array = parameter(
        50.0, "um", low=35, high=75, doc="length of the smallest eddies at half of that effect", source="us20200385665"
    )
    critical_share: Array = parameter(
        0.6, "1", low=0.5, high=0.67, doc="share of the bead diameter below which eddies kill", source="croughan1987"
    )
    shear_death_rate: Array = parameter(
        0.01, "1/h", low=0.0, high=0.1, doc="death rate that twice the critical dissipation adds"
    )
    attachment: Array = parameter(
        0.75, "1", low=0.5, high=0.95, doc="fraction of the inoculated cells that can attach",
        source="general_knowledge",
    )  # fmt: skip
    settling_rate: Array = parameter(
        0.2, "1/h", low=0.02, high=0.5, maximum=math.inf, doc="rate at which these attach to bare beads"
    )
    settling_time: Array = parameter(
        18.0, "h", low=2, high=36, doc="time for which the suspension rests or is stirred now and then",
        source="general_knowledge",
    )  # fmt: skip
    lag: Array = parameter(6.0, "h", low=0, high=36, doc="lag after the cells have settled", source="higuera2009")
    bead_addition: float | None = parameter(
        None, "d", low=0, high=14, planned=True, doc="time in the growth period at which fresh beads come; none: never"
    )
    added_share: Array = parameter(1.0, "1", low=0.1, high=3.0, doc="fresh beads over those of the start")
    transfer_efficiency: Array = parameter(
        0.7, "1", low=0.0, high=1.0, doc="share of the bare area that bead-to-bead transfer opens"
    )
    growth_period: float = parameter(
        5.0, "d", low=0, high=21, planned=True, doc="time in growth medium before collection starts"
    )
    collection: float = parameter(
        2.0, "d", low=1, high=60, planned=True, doc="time over which harvests are collected", critical=True,
        source="fuzeta2020",
    )  # fmt: skip
    harvest_every: float = parameter(
        2.0, "d", low=0.125, high=7, planned=True, doc="time between harvests", critical=True, source="fuzeta2020"
    )
    harvest_fraction: Array = parameter(
        0.8, "1", low=0.3, high=1.0, doc="fraction of the medium that is taken above the settled beads"
    )
    carryover: Array = parameter(
        0.01, "1", low=0.0, high=0.5, doc="fraction of the growth medium left between the settled beads after washing"
    )
    death_rate: Array = parameter(
        0.004, "1/h", low=0.0001, high=0.015, doc="death rate in serum-free collection medium", critical=True
    )

    def unused(self) -> frozenset[str]:
        """Return what matters only with turbulence, death by shear or fresh beads."""
        idle = set(super().unused())
        if is_number(self.turbulent_gain, 1.0):
            idle |= {"half_eddy"}
        if is_number(self.settling_rate, math.inf):
            idle |= {"settling_time"}
        if self.bead_addition is None:
            idle |= {"added_share", "transfer_efficiency"}
        return frozenset(idle)

    # -- the vessel ---------------------------------------------------------------------------------------------------

    @property
    def liters(self) -> Array:
        """The working volume [L]."""
        return self.volume

    @property
    def area(self) -> Array:
        """The area of the first beads [cm2]."""
        return self.carriers * self.volume * self.carrier_area

    @property
    def surface(self) -> Array:
        """The area that cells have reached [cm2]."""
        return self.area if self.reached is None else self.reached

    @property
    def most_cells(self) -> Array:
        """What that area holds [cell]."""
        return self.capacity * self.surface

    @property
    def transfer(self) -> Array:
        """The transfer coefficient of oxygen [1/h]."""
        return self.oxygen_transfer

    @property
    def beads(self) -> Array:
        """The number of the first beads."""
        return microcarriers.beads_of_area(self.area, self.carrier_diameter)

    @property
    def eddy_length(self) -> Array:
        """The Kolmogorov length [um]."""
        return turbulence.eddy_length(self.viscosity, self.dissipation)

    @property
    def critical_eddy(self) -> Array:
        """The Kolmogorov length below which cells die [um]."""
        return microcarriers.critical_eddy(self.carrier_diameter, self.critical_share)

    @property
    def shear_gain(self) -> Array:
        """Factor of turbulence on secretion."""
        if is_number(self.turbulent_gain, 1.0):
            return 1.0
        return turbulence.turbulent_fold(self.eddy_length, self.turbulent_gain, self.half_eddy)

    @property
    def shear_death(self) -> Array:
        """Death rate of cells on beads that eddies hurt [1/h]."""
        if is_number(self.shear_death_rate, 0.0):
            return 0.0
        rate = turbulence.shear_death(self.eddy_length, self.critical_eddy, self.shear_death_rate)
        return np.minimum(rate, _FASTEST_DEATH)

    def vessel_use(self) -> dict[str, Array]:
        """Return the area of all beads."""
        fresh = 0.0 if self.bead_addition is None else self.added_share
        return {"culture_surface": self.area * (1.0 + fresh) / CM2_PER_M2}

    # -- what it does -------------------------------------------------------------------------------------------------

    def transform(self, feed: Material, visits: tuple[Visit, ...] | None = None) -> Outcome:
        """Run the culture on the beads that these cells reach."""
        return Culture.transform(self.seeded(feed.viable_cells), feed, visits)

    def seeded(self, cells: Array) -> MicrocarrierCulture:
        """Return the culture with the area on which `cells` settle; at least one bead."""
        per_bead = cells * self.attached_share(cells) / self.beads
        occupied = np.maximum(1.0 - microcarriers.empty_share(per_bead), 1.0 / self.beads)
        return replace(self, reached=self.area * occupied)

    def attached_share(self, seeded: Array) -> Array:
        """Return the share of the `seeded` cells that has attached when the rest is drained."""
        if is_number(self.settling_rate, math.inf):
            return self.attachment
        able = np.maximum(seeded * self.attachment, _NO_CELLS)
        room = self.capacity * self.area
        left = microcarriers.suspended_cells(able, self.settling_rate, room, self.settling_time) / able
        return self.attachment * np.clip(1.0 - left, 0.0, 1.0)

    def start(self, feed: Material) -> Outcome:
        """Inoculate and let the cells settle."""
        outcome = super().start(feed)
        per_bead = feed.viable_cells / self.beads
        limits = {
            "seeded above the capacity of the surface": feed.viable_cells * self.attachment > self.most_cells,
            "seeded below 3 cells per bead: beads stay empty": per_bead < _FEWEST,
            "eddies smaller than what cells on beads bear": self.eddy_length < self.critical_eddy,
        }
        reached = {name: one_where(value) for name, value in limits.items()}
        rest = replace(outcome.phases[0], name="settle", duration=self.settling_time, attended=False)
        return replace(
            outcome,
            phases=outcome.phases if is_number(self.settling_rate, math.inf) else (*outcome.phases, rest),
            limits={**outcome.limits, **reached},
            monitors={"cells_per_bead": per_bead, "eddy_length": self.eddy_length},
        )

    def schedule(self) -> tuple[Visit, ...]:
        """Return the planned visits; fresh beads come with a change of the growth medium."""
        planned = self.visits()
        if self.bead_addition is None:
            return planned
        when = 24.0 * self.bead_addition
        if when <= _A_LITTLE or any(abs(visit.time - when) < _A_LITTLE for visit in planned):
            return planned
        return tuple(sorted((*planned, Visit(when, "feed")), key=lambda visit: visit.time))

    def at(self, visit: Visit) -> MicrocarrierCulture:
        """Return the culture on the beads that are there before a visit."""
        if self.bead_addition is None or visit.time <= 24.0 * self.bead_addition + _A_LITTLE:
            return self
        bare = self.area * (1.0 + self.added_share) - self.surface
        return replace(self, reached=microcarriers.enlarged_area(self.surface, bare, self.transfer_efficiency))

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the schedule, fresh beads after the growth included."""
        yield from super().problems()
        if self.bead_addition is not None and self.bead_addition > self.growth_period:
            yield "bead_addition", "is after the growth period"
