"""Fixed-bed culture: cells on carriers that are packed or wound into a bed, through which medium recirculates.

Model: that of every culture (:mod:`exosim.culture.base`). The medium of the vessel and of a reservoir, if there is one,
circulates as one well-mixed volume; all of it but what the bed holds back is taken at each visit, so that a collection
is a series of batches. Oxygen enters in the vessel only. Laminar shear in the bed may raise secretion
(:mod:`exosim.physics.turbulence`); without a stress given it does not.

Validity: no gradient along the bed, which asks for a recirculation that is fast beside the uptake of the cells; all
cells see one stress. A stress that stimulates is claimed for 5 to 30 dyn/cm2 (US patent 12,467,033): most beds flow far
slower. Meuwly et al. 2007 report more than 1e8 cells for each mL of the bed with cell lines; MSC stay far below.
Sources: Meuwly et al. 2007; see the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from exosim.culture.base import CM2_PER_M2, Culture
from exosim.material import is_number
from exosim.parameter import Array, parameter
from exosim.physics import turbulence


@dataclass(frozen=True, kw_only=True)
class FixedBedCulture(Culture):
    """Culture on a fixed bed with recirculated medium, harvested whole at intervals."""

    sized_by: ClassVar[str | None] = "bed_area"
    effects: ClassVar[Mapping[str, Mapping[str, float]]] = {**Culture.effects, "shear": {"shear_stress": 0.0}}
    grows: ClassVar[tuple[str, ...]] = ("bed_area", "working_volume")

    bed_area: Array = parameter(
        2.65, "m2", low=0.1, high=600, doc="growth surface of the bed", source="vendor_data_sheets", critical=True
    )
    working_volume: Array = parameter(
        1.0, "L", low=0.1, high=150, doc="medium in the vessel", source="vendor_data_sheets"
    )
    reservoir_per_area: Array = parameter(
        1.5, "L/m2", low=0.0, high=10, doc="medium outside the vessel that circulates through the bed", critical=True
    )
    capacity: Array = parameter(
        1e5, "cell/cm2", low=1e4, high=8e5, doc="density on the bed at which growth stops", critical=True
    )
    oxygen_transfer: Array = parameter(
        8.0, "1/h", low=0.5, high=60, doc="oxygen transfer coefficient kLa of the vessel", source="general_knowledge"
    )
    shear_stress: Array = parameter(
        0.0, "dyn/cm2", low=0.0, high=30, doc="wall shear stress on the cells; 0: no effect of shear"
    )
    largest_shear_gain: Array = parameter(
        3.0, "1", low=1.0, high=10, doc="secretion per cell at high shear stress over that at rest"
    )
    half_shear_stress: Array = parameter(10.0, "dyn/cm2", low=5, high=15, doc="shear stress of half the effect")
    medium_glucose: Array = parameter(
        25.0, "mmol/L", low=4, high=60, doc="glucose of the fresh medium: 5.5 in low, 25 in high glucose medium",
        source="general_knowledge", critical=True,
    )  # fmt: skip
    exchange_every: float | None = parameter(
        3.0, "d", low=0.25, high=14, planned=True, doc="time between changes of the growth medium; none: no change"
    )
    collection: float = parameter(
        6.0, "d", low=1, high=60, planned=True, doc="time over which harvests are collected", critical=True
    )
    harvest_every: float = parameter(
        2.0, "d", low=0.125, high=7, planned=True, doc="time between harvests", critical=True
    )
    harvest_fraction: Array = parameter(
        0.9, "1", low=0.3, high=1.0, doc="fraction of the medium taken at a harvest; the bed holds the rest back"
    )

    def unused(self) -> frozenset[str]:
        """Return besides what shear needs where there is none."""
        idle = super().unused()
        return idle | {"largest_shear_gain", "half_shear_stress"} if is_number(self.shear_stress, 0.0) else idle

    @property
    def liters(self) -> Array:
        """The medium of vessel and reservoir [L]."""
        return self.working_volume + self.reservoir_per_area * self.bed_area

    @property
    def surface(self) -> Array:
        """The surface of the bed [cm2]."""
        return self.bed_area * CM2_PER_M2

    @property
    def most_cells(self) -> Array:
        """What the bed holds [cell]."""
        return self.capacity * self.surface

    @property
    def transfer(self) -> Array:
        """Oxygen transfer in the vessel, over all medium [1/h]."""
        return self.oxygen_transfer * self.working_volume / self.liters

    @property
    def shear_gain(self) -> Array:
        """Factor of laminar shear on secretion."""
        if is_number(self.shear_stress, 0.0):
            return 1.0
        return turbulence.laminar_fold(self.shear_stress, self.largest_shear_gain, self.half_shear_stress)

    def vessel_use(self) -> dict[str, Array]:
        """Return the bed."""
        return {"culture_surface": self.bed_area}
