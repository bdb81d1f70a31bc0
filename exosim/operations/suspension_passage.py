"""One passage of cells that float, singly or as aggregates, in a stated volume of medium over a number of vessels.

Model: the volume is inoculated at the seeding density; cells beyond it are discarded, fewer make a thinner culture. The
cells multiply by a measured expansion in the time of the culture, whatever its density. A share of the medium is
exchanged at even intervals. At the harvest the vessels are emptied, aggregates are dissociated in a reagent, and a
fraction of the cells is recovered in it. Vessels are handled a few at a time; what handling takes comes on top.

Validity: the expansion holds at the seeding density and the time at which it was measured; nothing limits the cells
but what limited them there. Used medium is not followed. Where glucose, oxygen or a plateau matter, use
``suspension_culture`` or ``aggregate_culture``.
Sources: human induced pluripotent stem cells in vertical-wheel vessels of 60 mL (Nogueira et al. 2019), their
dissociation in the vessel (Borys et al. 2021), both as BEMSCA uses them; see the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from exosim.material import Material, one_where, short_of_whole
from exosim.operations.base import NOTHING, Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class SuspensionPassage(UnitOperation):
    """One passage in suspension; the defaults are those of a vertical-wheel vessel of 0.1 L."""

    needs: ClassVar[Literal["viable_cells"]] = "viable_cells"
    sized_by: ClassVar[str | None] = "volume"
    grows: ClassVar[tuple[str, ...]] = ("volume", "vessels")
    takes_longer: ClassVar[str | None] = "people"
    repeats: ClassVar[str | None] = "vessels"

    volume: Array = parameter(
        0.06, "L", low=0.001, high=2000, doc="medium that is inoculated, in all vessels together",
        source="salvador2023", grade="A", critical=True, decided=True,
    )  # fmt: skip
    vessels: Array = parameter(
        1, "1", low=1, high=1000, minimum=1, whole=True, doc="vessels that share it", decided=True
    )
    seeding_density: Array = parameter(
        2.5e5, "cell/mL", low=1e4, high=2e6, doc="cells seeded per volume", source="salvador2023", grade="A",
        critical=True, decided=True,
    )  # fmt: skip
    expansion: Array = parameter(
        4.8, "1", low=1.5, high=60, minimum=1.0, doc="cells at the end of the culture over cells seeded",
        source="salvador2023", grade="A", critical=True,
    )  # fmt: skip
    recovery: Array = parameter(
        0.952,
        "1",
        low=0.5,
        high=1.0,
        doc="fraction recovered at harvest and dissociation",
        source="salvador2023",
        grade="A",
    )
    culture_time: float = parameter(
        168.0,
        "h",
        low=24,
        high=504,
        planned=True,
        doc="time from inoculation to harvest",
        source="salvador2023",
        grade="A",
    )
    exchanges: float = parameter(
        5, "1", low=0, high=20, whole=True, planned=True, doc="exchanges of medium, at even intervals",
        source="salvador2023", grade="B",
    )  # fmt: skip
    exchanged: Array = parameter(
        0.8, "1", low=0.0, high=1.0, doc="fraction of the volume taken at an exchange", source="salvador2023", grade="B"
    )
    reagent_volume: Array = parameter(
        20.0, "mL", low=0.0, high=1e5, doc="dissociation reagent for one vessel", source="salvador2023", grade="A"
    )
    seeding_time: Array = parameter(
        1.5, "h", low=0, high=8, doc="time to seed one vessel", source="stemfactory", grade="A"
    )
    exchange_time: Array = parameter(
        0.16, "h", low=0, high=4, doc="time to exchange the medium of one vessel", source="stemfactory", grade="A"
    )
    harvest_time: Array = parameter(
        0.75, "h", low=0, high=8, doc="time to harvest one vessel", source="stemfactory", grade="A"
    )
    vessels_at_once: float = parameter(
        1, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="vessels that are handled at the same time"
    )
    people: float = parameter(1, "1", low=0, high=100, whole=True, planned=True, doc="people at work on the vessels")

    def transform(self, feed: Material) -> Outcome:
        """Return the recovered cells in the dissociation reagent."""
        cells, room = feed.viable_cells, self.volume * 1e3 * self.seeding_density
        seeded = np.minimum(cells, room)
        harvested = seeded * self.expansion * self.recovery
        left = seeded * self.expansion - harvested
        age = feed.doublings / np.maximum(cells, NOTHING)
        doublings = harvested * (age + np.log2(self.expansion))
        liters = self.vessels * self.reagent_volume * 1e-3
        return Outcome(
            Material(volume=liters, viable_cells=harvested, doublings=doublings),
            added=Material(volume=liters),
            generated=Material(
                viable_cells=seeded * (self.expansion - 1.0),
                doublings=doublings - feed.doublings + (cells - seeded + left) * age,
            ),
            losses={
                "surplus": Material(viable_cells=cells - seeded, doublings=(cells - seeded) * age),
                "harvest and dissociation": Material(viable_cells=left, doublings=left * age),
                "discarded medium": feed.replaced(viable_cells=0.0, doublings=0.0),
            },
            phases=self._phases(),
            consumption={
                "growth_medium": self.volume * (1.0 + self.exchanges * self.exchanged),
                "detachment_reagent": liters,
                "culture_vessel": self.vessels * 1.0,
            },
            monitors={
                "vessels": self.vessels * 1.0,
                "doublings": np.log2(self.expansion) + 0.0 * seeded,
                "harvest_density": seeded * self.expansion / (self.volume * 1e3),
            },
            limits={
                "fewer cells than the seeding density asks for": one_where(
                    np.less(cells, room * (1.0 - short_of_whole(1.0)))
                )
            },
        )

    def _phases(self) -> tuple[Phase, ...]:
        """Return seeding, growth between exchanges, and harvest."""
        people, rounds = round(self.people), np.ceil(np.asarray(self.vessels) / self.vessels_at_once)
        grow = Phase("grow", self.culture_time / (round(self.exchanges) + 1), attended=False)
        exchange = Phase("exchange", rounds * self.exchange_time, people)
        return (
            Phase("seed", rounds * self.seeding_time, people),
            grow,
            *((exchange, grow) * round(self.exchanges)),
            Phase("harvest", rounds * self.harvest_time, people),
        )
