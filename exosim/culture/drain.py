"""Medium that leaves a vessel while it runs: through a device that keeps the cells, and as a bleed of all.

Fresh medium replaces what leaves. What is made at a constant rate follows ``A(T) = A0 exp(-x) + (made + brought)
(1 - exp(-x)) / x`` with x the volumes that left; cells and debris leave at a rate of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exosim.material import FIELDS, Material, is_number, plus, times
from exosim.parameter import Array
from exosim.physics.growth import relative_growth

_FOLLOWED = {"volume", "vesicles", "potency", "viable_cells", "doublings", "glucose", "lactate", "ammonia"}
"""What the culture accounts for itself."""
_SOLIDS = ("debris", "dead_cells")


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

    def wash(self, before: Material, made: Material) -> tuple[Material, Material]:
        """Return what stays and what leaves of all but what the culture accounts for itself.

        Parameters
        ----------
        before : the vessel at the start
        made : what was made meanwhile, and the medium that replaced what left
        """
        stays, goes = {}, {}
        for name in FIELDS:
            amount, gained = getattr(before, name), getattr(made, name)
            if name in _FOLLOWED or (is_number(amount, 0.0) and is_number(gained, 0.0)):
                continue
            volumes = self.volumes if name not in _SOLIDS else self._leaving(self.cells) * self.hours
            stays[name] = plus(times(amount, np.exp(-volumes)), times(gained, relative_growth(volumes)))
            goes[name] = plus(amount, gained) - stays[name]
        return before.replaced(**stays), Material(**goes)

    def split(self, gone: Material) -> tuple[Material, Material]:
        """Return the permeate and the bleed of what left."""
        by_name = {"vesicles": self.vesicles, "potency": self.vesicles}
        by_name |= dict.fromkeys(("viable_cells", "doublings", *_SOLIDS), self.cells)
        shares = {
            name: times(self.permeate, by_name.get(name, 1.0)) / self._leaving(by_name.get(name, 1.0))
            for name in FIELDS
        }
        return gone.separate(shares)

    def _leaving(self, passing: Array) -> Array:
        return np.maximum(plus(times(self.permeate, passing), self.bleed), 1e-300)
