"""Planar culture: cells on the bottom of flasks, dishes or stacked layers, under still medium.

Model: that of every culture (:mod:`exosim.culture.base`), in a number of equal vessels. Oxygen reaches the cells by
diffusion through a film of still medium of depth h, which sets D / h^2 in the place of a stirred vessel's kLa
(:mod:`exosim.physics.oxygen`); nothing flows, so glucose, lactate and ammonia change until the medium is changed.
Secretion per cell falls with the density of the cells: Patel et al. 2017 report the sign; the exponent is assumed.
Re-uptake by the cells is far too slow in a flask to do that. Hands-on times grow with the number of vessels.

Validity: one depth in all layers; no convection in the film, or a film of a depth that is given, such as that on the
wall of a roller bottle. With an exponent of 1 the vesicles per surface would not depend on the cells at all, which is
also what particles of the medium look like: check blanks.
Sources: Metzen et al. 1995, who measured oxygen under still medium and found it as Fick's law has it; Patel et al.
2017; see the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.culture.amounts import Flags
from exosim.culture.base import CM2_PER_M2, Culture
from exosim.material import Material, is_number
from exosim.operations.base import Visit
from exosim.parameter import Array, parameter
from exosim.physics import oxygen

_ONE_CELL = 1.0
_MILLIMETERS = 10.0  # mm in a cm
_PICOMOLE = 1e-3  # pmol in a fmol
_PICOMOLES = 1e9  # pmol in a mmol


@dataclass(frozen=True, kw_only=True)
class PlanarCulture(Culture):
    """Culture on planar vessels of one kind; the defaults are MSC in ten flasks of 175 cm2."""

    sized_by: ClassVar[str | None] = "vessels"
    grows: ClassVar[tuple[str, ...]] = ("vessels",)
    takes_longer: ClassVar[str | None] = "people"

    vessel_area: Array = parameter(
        175.0, "cm2", low=9, high=30000, doc="growth surface of one vessel", source="larkin_vessels", grade="A"
    )
    medium_volume: Array = parameter(
        35.0,
        "mL",
        low=1,
        high=10000,
        doc="medium in one vessel: 0.15 to 0.3 mL for each cm2 as a rule",
        source="vendor_data_sheets",
    )
    vessels: float = parameter(
        10, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="number of vessels", critical=True
    )
    capacity: Array = parameter(
        30000.0,
        "cell/cm2",
        low=15000,
        high=500000,
        doc="density at which growth stops: 1.5e4 to 6e4 for MSC, more for cell lines",
        source="general_knowledge",
        critical=True,
    )
    oxygen_diffusivity: Array = parameter(
        2.62e-9, "m2/s", low=1.7e-9, high=3.3e-9, doc="diffusivity of oxygen in the medium", source="han1996", grade="B"
    )
    film_depth: Array | None = parameter(
        None, "mm", low=0.05, high=10, doc="still medium between gas and cells; none: the depth of the medium"
    )
    seeding_time: Array = parameter(
        0.038, "h", low=0, high=1, doc="time to inoculate one vessel", source="tessee", grade="A"
    )
    handling_time: Array = parameter(
        0.038, "h", low=0, high=1, doc="time to change or take the medium of one vessel", source="tessee", grade="A"
    )
    vessels_at_once: float = parameter(
        1, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="vessels that are handled at the same time"
    )
    inoculation_time: Array = parameter(
        1.0, "h", low=0.0, high=24, doc="hands-on time of the inoculation, besides that of each vessel"
    )
    harvest_duration: Array = parameter(
        0.5, "h", low=0.0, high=8, doc="hands-on time of a medium change or harvest, besides that of each vessel"
    )
    density_exponent: Array = parameter(
        0.6, "1", low=0.0, high=1.0, doc="exponent with which secretion per cell falls with density"
    )
    death_rate: Array = parameter(
        0.004, "1/h", low=0.0001, high=0.015, doc="death rate during collection, in medium without serum", critical=True
    )
    growth_period: float = parameter(
        5.0, "d", low=0, high=21, planned=True, doc="time in growth medium before collection starts"
    )
    exchange_every: float | None = parameter(
        3.0, "d", low=0.25, high=14, planned=True, doc="time between changes of the growth medium; none: no change"
    )
    collection: float = parameter(
        2.0, "d", low=1, high=60, planned=True, doc="time over which harvests are collected", critical=True
    )
    harvest_every: float = parameter(
        2.0, "d", low=0.125, high=7, planned=True, doc="time between harvests", critical=True
    )

    # -- what the vessels offer ---------------------------------------------------------------------------------------

    @property
    def liters(self) -> Array:
        """The medium in all vessels [L]."""
        return self.vessels * self.medium_volume * 1e-3

    @property
    def surface(self) -> Array:
        """The growth surface of all vessels [cm2]."""
        return self.vessels * self.vessel_area

    @property
    def most_cells(self) -> Array:
        """What the surface holds [cell]."""
        return self.capacity * self.surface

    @property
    def depth(self) -> Array:
        """Depth of the medium [mm]."""
        return _MILLIMETERS * self.medium_volume / self.vessel_area

    @property
    def film(self) -> Array:
        """Still medium between gas and cells [mm]."""
        return self.depth if self.film_depth is None else self.film_depth

    @property
    def transfer(self) -> Array:
        """Diffusion through the film, D / h over the depth of the medium [1/h]."""
        return oxygen.film_transfer(self.oxygen_diffusivity, self.film) * self.film / self.depth

    def vessel_use(self) -> dict[str, Array]:
        """Return the surface."""
        return {"culture_surface": self.surface / CM2_PER_M2}

    # -- time ---------------------------------------------------------------------------------------------------------

    @property
    def inoculating(self) -> Array:
        """Hands-on time to inoculate all vessels [h]."""
        return self.inoculation_time + self._rounds * self.seeding_time

    @property
    def visiting(self) -> Array:
        """Hands-on time of a change of medium or a harvest of all vessels [h]."""
        return self.harvest_duration + self._rounds * self.handling_time

    @property
    def _rounds(self) -> float:
        return float(np.ceil(self.vessels / self.vessels_at_once - 1e-9))

    # -- what is watched ----------------------------------------------------------------------------------------------

    watches: ClassVar[bool] = True

    def watched(self, before: Material, after: Material, visit: Visit, hours: float) -> tuple[dict[str, Array], Flags]:
        """Tell how the oxygen at the cells and the glucose do."""
        densest = np.maximum(before.viable_cells, after.viable_cells)
        limits: dict[str, Array | NDArray[np.bool_]] = {
            "the vessels take longer than the time between two visits": np.greater(self.visiting, hours) & (hours > 0.0)
        }
        monitors: dict[str, Array] = {}
        if not is_number(self.oxygen_uptake, 0.0):
            level = self._oxygen_at(densest)
            monitors["oxygen_at_cells"] = np.maximum(level, 0.0)
            limits["oxygen under the still medium falls below the need of the cells"] = np.less(
                level, self.oxygen_level * self.least_oxygen
            )
        if not is_number(self.glucose_uptake, 0.0):
            monitors["glucose_lasts"] = self._glucose_lasts(densest)
        return monitors, limits

    def _oxygen_at(self, cells: Array) -> Array:
        """Return the oxygen at the cells, over saturation with air; below 0 where they want more than there is."""
        density = cells / self.surface
        drop = oxygen.film_drop(self.oxygen_uptake * _PICOMOLE, density, self.film, self.oxygen_diffusivity)
        return self.oxygen_level - drop / self.oxygen_saturation

    def _glucose_lasts(self, cells: Array) -> Array:
        """Return for how long a fill of fresh medium feeds the cells [h]."""
        fill = self.fresh_glucose * self.liters * _PICOMOLES
        return fill / (self.glucose_uptake * np.maximum(cells, _ONE_CELL))
