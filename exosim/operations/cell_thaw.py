"""Thawing of cells from a bank: the start of a process that grows cells.

Model: a fraction of the cells survives the thaw; all are suspended at a stated density of viable cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from exosim.material import Material
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class CellThaw(UnitOperation):
    """Cells taken from a bank."""

    source: ClassVar[bool] = True
    grows: ClassVar[tuple[str, ...]] = ("inoculum",)

    inoculum: Array = parameter(
        1e6, "cell", low=1e5, high=1e11, doc="viable cells taken from the bank", critical=True, decided=True
    )
    post_thaw_viability: Array = parameter(
        0.93, "1", low=0.8, high=0.97, doc="viable fraction after thaw", source="bmrat917", grade="A"
    )
    suspension_density: Array = parameter(
        1e6, "cell/mL", low=1e5, high=1e8, doc="density of viable cells after the thaw"
    )
    thaw_time: Array = parameter(1.0, "h", low=0.0, high=12, doc="time to thaw and to suspend the cells")

    def transform(self, feed: Material) -> Outcome:
        """Return the thawed cells, together with any that `feed` brings."""
        alive = self.inoculum * self.post_thaw_viability
        died = self.inoculum - alive
        cells = Material(volume=alive / self.suspension_density * 1e-3, viable_cells=alive, dead_cells=died)
        return Outcome(feed + cells, added=cells, phases=(Phase("thaw", self.thaw_time),))
