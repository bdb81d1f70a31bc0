"""Washing of cells in a centrifuge, and their suspension at the density of the product.

Model: a number of washes, each with its time and its volume of buffer; one recovery over all of them for what settles
(cells, living or dead); everything else leaves with the supernatant. The cells are suspended in formulation medium.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from exosim.material import Material
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class CellWash(UnitOperation):
    """Washing and volume reduction of a cell suspension."""

    needs: ClassVar[Literal["viable_cells"]] = "viable_cells"
    grows: ClassVar[tuple[str, ...]] = ("wash_volume",)

    washes: float = parameter(2, "1", low=1, high=6, whole=True, planned=True, doc="washes")
    wash_time: Array = parameter(2.0, "h", low=0.25, high=8, doc="time of one wash", source="tessee", grade="A")
    wash_volume: Array = parameter(1.0, "L", low=0.001, high=100, doc="buffer of one wash")
    recovery: Array = parameter(
        0.8, "1", low=0.5, high=1.0, doc="cells recovered over all washes", source="tessee", grade="A", critical=True
    )
    density: Array = parameter(
        12.5e6, "cell/mL", low=1e5, high=1e8, doc="viable cells in the product", source="tessee", grade="A"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return the washed cells in formulation medium."""
        kept, supernatant = feed.separate({"viable_cells": self.recovery, "dead_cells": self.recovery}, otherwise=0.0)
        volume = kept.viable_cells / self.density * 1e-3
        buffer = self.washes * self.wash_volume
        return Outcome(
            kept.replaced(volume=volume),
            added=Material(volume=volume + buffer),
            losses={"supernatant": supernatant + Material(volume=buffer)},
            phases=tuple(Phase("wash", self.wash_time) for _ in range(round(self.washes))),
            consumption={"buffer": buffer, "formulation_medium": volume},
        )
