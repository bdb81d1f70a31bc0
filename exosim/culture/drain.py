"""Medium that leaves a vessel while it runs: through a device that keeps the cells, and as a bleed of all.

Fresh medium replaces what leaves. What is made at a constant rate follows ``A(T) = A0 exp(-x) + (made + brought)
(1 - exp(-x)) / x`` with x the volumes that left. Cells and debris leave at a rate of their own, and so do vesicles with
what is bound to them and the other particles, of which a device by size knows no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exosim.culture.amounts import Amounts, Name
from exosim.material import plus, times
from exosim.parameter import Array
from exosim.physics.growth import relative_growth

LIKE_CELLS, LIKE_VESICLES, LIKE_MEDIUM = "like cells", "like vesicles", "like medium"
PASSING: Mapping[str, str] = {
    **dict.fromkeys(("viable_cells", "doublings", "debris", "dead_cells"), LIKE_CELLS),
    **dict.fromkeys(("vesicles", "potency", "associated_protein", "bound_dna"), LIKE_VESICLES),
    **dict.fromkeys(("nonvesicular", "lipoproteins"), LIKE_VESICLES),
}
"""What passes the device like cells or like vesicles, by species; all else passes like the medium."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Flows out of a vessel over one stretch.

    Attributes
    ----------
    hours : length of the stretch [h]
    permeate, bleed : flows over the volume [1/h]
    cells : share of the cells and of debris that passes with the permeate
    vesicles : share of the vesicles that passes with the permeate
    """

    hours: float
    permeate: Array
    bleed: Array
    cells: Array
    vesicles: Array

    @property
    def volumes(self) -> Array:
        """Vessel volumes that leave."""
        return plus(self.permeate, self.bleed) * self.hours

    def wash(self, before: Amounts, made: Amounts) -> tuple[dict[Name, Array], dict[Name, Array]]:
        """Return what stays and what leaves of the origins.

        Parameters
        ----------
        before : the vessel at the start
        made : what was made meanwhile, and the medium that replaced what left
        """
        stays, goes = {}, {}
        for name in {**before, **made}:
            amount, gained = before.get(name, 0.0), made.get(name, 0.0)
            volumes = self._leaving(self._passing(name)) * self.hours
            stays[name] = plus(times(amount, np.exp(-volumes)), times(gained, relative_growth(volumes)))
            goes[name] = plus(amount, gained) - stays[name]
        return stays, goes

    def split(self, gone: Amounts) -> tuple[dict[Name, Array], dict[Name, Array]]:
        """Return the permeate and the bleed of what left."""
        permeate, bleed = {}, {}
        for name, amount in gone.items():
            passing = self._passing(name)
            permeate[name] = times(amount, times(self.permeate, passing) / self._leaving(passing))
            bleed[name] = plus(amount, times(permeate[name], -1.0))
        return permeate, bleed

    def _passing(self, name: Name) -> Array:
        """Return the share of a species, or of an origin of such species, that passes the device."""
        group = PASSING.get(name, LIKE_MEDIUM) if isinstance(name, str) else name[0]
        return {LIKE_CELLS: self.cells, LIKE_VESICLES: self.vesicles}.get(group, 1.0)

    def _leaving(self, passing: Array) -> Array:
        return np.maximum(plus(times(self.permeate, passing), self.bleed), 1e-30)
