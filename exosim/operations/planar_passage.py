"""One passage of adherent cells in a whole number of vessels, on a planned schedule of feedings.

Model: as many whole vessels as the cells fill at the seeding density, at most those available; cells beyond that are
discarded, and a single vessel takes what there is. A fraction attaches, waits out a lag and grows by the theta-logistic
law until the harvest. The vessels are fed at a fixed interval and harvested instead of fed at the first such visit at
or after a stated age; what growth there is follows from that time. A fraction is detached and suspended in the
detachment reagent and the medium that quenches it. Vessels are handled a few at a time, and the culture goes on while
they are.

Validity: adherent cells below the plateau density; senescence is not modeled. Used medium is not followed.
Sources: see the parameters; the schedule and the vessel are those of TESSEE.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from exosim.material import Material, one_where, short_of_whole
from exosim.operations.base import NOTHING, Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter
from exosim.physics import growth

_SPARSE = 1.0  # cell/cm2: below it crowding is nothing, and an empty lot needs some density to divide by


@dataclass(frozen=True, kw_only=True)
class PlanarPassage(UnitOperation):
    """One passage in planar vessels of one kind; the defaults are those of a flask of 225 cm2."""

    needs: ClassVar[Literal["viable_cells"]] = "viable_cells"
    grows: ClassVar[tuple[str, ...]] = ("most_vessels",)
    takes_longer: ClassVar[str | None] = "people"
    repeats: ClassVar[str | None] = "vessels"
    stays: ClassVar[tuple[str, ...]] = ("feeding_time",)

    vessel_area: Array = parameter(
        225.0, "cm2", low=9, high=30000, doc="growth surface of one vessel", source="tessee", grade="A"
    )
    most_vessels: Array | None = parameter(
        None,
        "1",
        low=1,
        high=1000,
        minimum=1,
        whole=True,
        doc="vessels that there is room for; none: any number",
        decided=True,
    )
    seeding_density: Array = parameter(
        3000.0,
        "cell/cm2",
        low=1000,
        high=6000,
        doc="cells seeded per area",
        source="general_knowledge",
        critical=True,
        decided=True,
    )
    attachment: Array = parameter(
        0.88, "1", low=0.75, high=0.97, doc="fraction of seeded cells that attaches", source="general_knowledge"
    )
    lag: Array = parameter(18.0, "h", low=0, high=36, doc="lag after seeding", source="higuera2009")
    growth_rate: Array = parameter(
        0.029,
        "1/h",
        low=0.005,
        high=0.041,
        doc="specific growth rate of subconfluent cells: ln 2 over a doubling time of 17 to 130 h",
        source="higuera2009",
        grade="B",
        critical=True,
    )
    capacity: Array = parameter(
        30000.0, "cell/cm2", low=15000, high=60000, doc="confluent density", source="general_knowledge"
    )
    contact_inhibition: float = parameter(
        2.0, "1", low=1.0, high=4.0, planned=True, doc="exponent theta of the theta-logistic law", decided=False
    )
    death_rate: Array = parameter(
        0.001, "1/h", low=0.0, high=0.004, doc="basal death rate in growth medium", source="general_knowledge"
    )
    feed_every: float = parameter(
        72.0, "h", low=12, high=168, planned=True, doc="time between feedings", source="tessee", grade="A"
    )
    harvest_after: float = parameter(
        168.0,
        "h",
        low=24,
        high=504,
        planned=True,
        doc="least age at harvest: at the first visit at or after it",
        source="tessee",
        grade="A",
    )
    detachment: Array = parameter(
        0.9, "1", low=0.85, high=0.98, doc="fraction recovered at detachment", source="tessee", grade="A"
    )
    medium_volume: Array = parameter(
        45.0, "mL", low=1, high=10000, doc="medium on one vessel", source="tessee", grade="A"
    )
    reagent_volume: Array = parameter(
        9.0, "mL", low=0.1, high=2000, doc="detachment reagent for one vessel", source="tessee", grade="A"
    )
    quench_ratio: Array = parameter(
        2.0, "1", low=0.0, high=10, doc="medium that quenches the reagent, over its volume", source="tessee", grade="A"
    )
    seeding_time: Array = parameter(
        0.038, "h", low=0, high=4, doc="time to seed one vessel", source="tessee", grade="A"
    )
    feeding_time: Array = parameter(
        0.038, "h", low=0, high=4, doc="time to feed one vessel", source="tessee", grade="A"
    )
    harvest_time: Array = parameter(
        14.0 / 60.0, "h", low=0, high=4, doc="time to detach the cells of one vessel", source="tessee", grade="A"
    )
    vessels_at_once: float = parameter(
        1, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="vessels that are handled at the same time"
    )
    people: float = parameter(1, "1", low=0, high=100, whole=True, planned=True, doc="people at work on the vessels")

    def transform(self, feed: Material) -> Outcome:
        """Return the detached cells."""
        cells, offered = feed.viable_cells, feed.viable_cells / (self.seeding_density * self.vessel_area)
        vessels = self._vessels(offered)
        area = vessels * self.vessel_area
        seeded = np.minimum(cells, area * self.seeding_density)
        attached = seeded * self.attachment
        rounds = np.ceil(vessels / self.vessels_at_once - short_of_whole(vessels))
        grown, dying = self._growth(attached / area, rounds)
        died, harvested = attached * dying, attached * grown * self.detachment
        volume = vessels * self.reagent_volume * (1.0 + self.quench_ratio) * 1e-3
        left = (seeded - attached) + (attached * grown - harvested)
        age = feed.doublings / np.maximum(cells, NOTHING)
        doublings = harvested * (age + np.log2(grown))
        return Outcome(
            Material(volume=volume, viable_cells=harvested, doublings=doublings),
            added=Material(volume=volume),
            generated=Material(
                viable_cells=attached * (grown - 1.0) + died,
                doublings=doublings - feed.doublings + (cells - seeded + left + died) * age,
            ),
            losses={
                "surplus": Material(viable_cells=cells - seeded, doublings=(cells - seeded) * age),
                "attachment and detachment": Material(viable_cells=left, doublings=left * age),
                "cell death": Material(viable_cells=died, doublings=died * age),
                "discarded medium": feed.replaced(viable_cells=0.0, doublings=0.0),
            },
            phases=self._phases(rounds),
            consumption=self._consumption(vessels),
            monitors={"vessels": vessels, "doublings": np.log2(grown), "harvest_density": attached * grown / area},
            limits=self._limits(offered),
        )

    @property
    def visits(self) -> int:
        """Visits to the vessels after seeding: feedings, and the harvest at the last."""
        return max(1, math.ceil(self.harvest_after / self.feed_every - 1e-9))

    def _vessels(self, offered: Array) -> Array:
        """Return how many whole vessels are seeded; a little short of a whole number counts as whole."""
        whole = np.maximum(np.floor(offered + short_of_whole(offered)), 1.0)
        return whole if self.most_vessels is None else np.minimum(whole, self.most_vessels)

    def _growth(self, attached: Array, rounds: Array) -> tuple[Array, Array]:
        """Return the fold growth until the harvest, and the cells that die, both per attached cell."""
        age = self.visits * self.feed_every + (self.visits - 1) * rounds * self.feeding_time
        hours = np.maximum(age - self.lag, 0.0)
        crowd = growth.crowding(self.growth_rate, self.capacity, self.contact_inhibition)
        net = self.growth_rate - self.death_rate
        first = density = np.maximum(attached, _SPARSE)
        cell_hours: Array = 0.0
        parts = math.ceil(self.visits * self.feed_every / 24.0)
        for _ in range(parts):
            part = growth.course(density, net, crowd, self.contact_inhibition, hours / parts)
            density, cell_hours = part.end, cell_hours + part.cell_hours
        return np.asarray(density / first), np.asarray(self.death_rate * cell_hours / first)

    def _phases(self, rounds: Array) -> tuple[Phase, ...]:
        """Return seeding, growth between feedings, and harvest."""
        people = round(self.people)
        grow = Phase("grow", self.feed_every, attended=False)
        feeding = Phase("feed", rounds * self.feeding_time, people)
        between = (grow, *((feeding, grow) * (self.visits - 1)))
        return (
            Phase("seed", rounds * self.seeding_time, people),
            *between,
            Phase("harvest", rounds * self.harvest_time, people),
        )

    def _consumption(self, vessels: Array) -> dict[str, Array]:
        reagent = vessels * self.reagent_volume * 1e-3
        return {
            "growth_medium": vessels * self.medium_volume * self.visits * 1e-3 + reagent * self.quench_ratio,
            "detachment_reagent": reagent,
            "culture_surface": vessels * self.vessel_area * 1e-4,
        }

    def _limits(self, offered: Array) -> dict[str, Array]:
        limits = {
            "too few cells to seed one vessel at the seeding density": np.less(offered, 1.0 - short_of_whole(offered))
        }
        if self.most_vessels is not None:
            limits["more cells than there is room for: the rest is discarded"] = np.greater_equal(
                offered, np.add(self.most_vessels, 1.0)
            )
        return {name: one_where(reached) for name, reached in limits.items()}
