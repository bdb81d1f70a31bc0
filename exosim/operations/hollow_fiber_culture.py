"""Hollow-fiber culture: cells grow on the outside of fibers, vesicles collect in the small extracapillary volume.

Model: that of every culture (:mod:`exosim.culture.base`). Medium flows through the fibers: glucose, lactate and ammonia
pass their wall freely and oxygen comes with the recirculated medium, while vesicles and proteins stay outside. The
surface of the fibers, the glucose that flows in, the lactate and the ammonia that leave, and the oxygen that the
recirculation brings limit the cells.

Validity: well-mixed extracapillary space; no resistance of the fiber wall to small molecules. In a dense cartridge the
titer tends to q / k_u, whatever the cell number: a testable prediction, not a fitted fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from exosim.culture.base import CM2_PER_M2, Culture
from exosim.parameter import Array, parameter

_HOURS = 24.0


@dataclass(frozen=True, kw_only=True)
class HollowFiberCulture(Culture):
    """Culture on hollow fibers with repeated harvests of the extracapillary volume."""

    sized_by: ClassVar[str | None] = "fiber_area"
    grows: ClassVar[tuple[str, ...]] = ("fiber_area", "extracapillary_volume", "medium_rate", "circulation")
    takes_longer: ClassVar[str | None] = "people"

    fiber_area: Array = parameter(
        2.1, "m2", low=0.005, high=10, doc="outer surface of the fibers", source="vendor_data_sheets", critical=True
    )
    extracapillary_volume: Array = parameter(180.0, "mL", low=5, high=1000, doc="volume in which vesicles collect")
    capacity: Array = parameter(
        10000.0, "cell/cm2", low=3000, high=60000, doc="density on the fibers at which growth stops", critical=True
    )
    medium_rate: Array = parameter(
        6.0, "L/d", low=0.01, high=50, doc="intracapillary medium supply", source="general_knowledge"
    )
    circulation: Array = parameter(
        6.0, "L/h", low=0.1, high=60, doc="flow of oxygenated medium through the fibers", source="general_knowledge"
    )
    handling_time: Array | None = parameter(
        None, "h/m2", low=0.0, high=5,
        doc="hands-on time for each fiber area besides, at the inoculation and at each harvest; none: none",
    )  # fmt: skip

    @property
    def liters(self) -> Array:
        """The extracapillary volume [L]."""
        return self.extracapillary_volume * 1e-3

    @property
    def surface(self) -> Array:
        """The outer surface of the fibers [cm2]."""
        return self.fiber_area * CM2_PER_M2

    @property
    def most_cells(self) -> Array:
        """What the fibers hold [cell]."""
        return self.capacity * self.surface

    @property
    def transfer(self) -> Array:
        """Oxygen comes with the recirculated medium: its flow over the volume [1/h]."""
        return self.circulation / self.liters

    @property
    def exchange(self) -> Array:
        """The medium supply over the volume [1/h]."""
        return self.medium_rate / (_HOURS * self.liters)

    @property
    def medium_flow(self) -> Array:
        """The medium supply [L/d]."""
        return self.medium_rate

    @property
    def inoculating(self) -> Array:
        """Hands-on time to inoculate all cartridges [h]."""
        return self.inoculation_time + self._handling

    @property
    def visiting(self) -> Array:
        """Hands-on time of a change of medium or a harvest of all cartridges [h]."""
        return self.harvest_duration + self._handling

    @property
    def _handling(self) -> Array:
        return 0.0 if self.handling_time is None else self.handling_time * self.fiber_area

    def vessel_use(self) -> dict[str, Array]:
        """Return the fibers."""
        return {"fiber_area": self.fiber_area}
