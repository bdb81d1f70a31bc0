"""Detachment of adherent cells from the vessel in which they grew, after the last harvest of their medium.

Model: the medium that is left is drained, and lost with what is in it; a reagent detaches a fraction of the cells, of
which some die; all that come off are suspended in the reagent and the medium that quenches it. The rest stays on the
surface and is lost with it. The feed is what stays in a culture, such as ``feeds = ["culture.remainder"]``.

Validity: adherent cells whose surface is rinsed as a whole; what the reagent takes off the cells is not followed.
Sources: detached fraction and ratio of quench to reagent as in TESSEE; see the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from exosim.composition import ratio
from exosim.material import Material, times
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class CellDetachment(UnitOperation):
    """Detachment of adherent cells, to be washed and filled."""

    needs: ClassVar[Literal["viable_cells"]] = "viable_cells"
    grows: ClassVar[tuple[str, ...]] = ("reagent_volume",)

    detachment: Array = parameter(
        0.9, "1", low=0.85, high=0.98, doc="fraction of the cells that comes off", source="tessee", grade="A",
        critical=True,
    )  # fmt: skip
    viability: Array = parameter(
        0.95, "1", low=0.7, high=1.0, doc="fraction of the living cells that come off that stays alive", critical=True
    )
    reagent_volume: Array = parameter(1.0, "L", low=0.001, high=100, doc="detachment reagent", decided=True)
    quench_ratio: Array = parameter(
        2.0, "1", low=0.0, high=10, doc="medium that quenches the reagent, over its volume", source="tessee", grade="A"
    )
    detachment_time: Array = parameter(
        2.0, "h", low=0.25, high=12, doc="time to drain the vessels, to detach the cells and to collect them"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return the suspended cells."""
        cells, medium = feed.separate({"viable_cells": 1.0, "dead_cells": 1.0}, otherwise=0.0)
        detached, left = cells.separate({"viable_cells": self.detachment, "dead_cells": self.detachment}, otherwise=0.0)
        alive, killed = detached.separate({"viable_cells": self.viability, "dead_cells": 1.0}, otherwise=0.0)
        volume = times(self.reagent_volume, 1.0 + self.quench_ratio)
        dead = Material(dead_cells=killed.viable_cells)
        return Outcome(
            alive + dead + Material(volume=volume),
            added=Material(volume=volume),
            generated=dead,
            losses={"drained medium": medium, "not detached": left, "cell death": killed},
            phases=(Phase("detach", self.detachment_time),),
            consumption={
                "detachment_reagent": self.reagent_volume,
                "growth_medium": times(self.reagent_volume, self.quench_ratio),
            },
            monitors={"viability": ratio(alive.viable_cells, detached.viable_cells + detached.dead_cells)},
        )
