"""Medium that leaves a vessel while it runs: through a device that keeps the cells, and as a bleed of all.

Fresh medium replaces what leaves. What is made at a constant rate follows ``A(T) = A0 exp(-x) + (made + brought)
(1 - exp(-x)) / x`` with x the volumes that left. Cells and debris leave at a rate of their own, and so do vesicles with
what is bound to them and the other particles, of which a device by size knows no difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exosim.material import FIELDS, Material, is_number, plus, times
from exosim.parameter import Array
from exosim.physics.growth import relative_growth

_FOLLOWED = {"volume", "vesicles", "potency", "viable_cells", "doublings", "glucose", "lactate", "ammonia"}
"""What the culture accounts for itself."""
_LIKE_CELLS = frozenset({"viable_cells", "doublings", "debris", "dead_cells"})
_LIKE_VESICLES = frozenset({"vesicles", "potency", "associated_protein", "bound_dna", "nonvesicular", "lipoproteins"})


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
            volumes = self._leaving(self._passing(name)) * self.hours
            stays[name] = plus(times(amount, np.exp(-volumes)), times(gained, relative_growth(volumes)))
            goes[name] = plus(amount, gained) - stays[name]
        return before.replaced(**stays), Material(**goes)

    def split(self, gone: Material) -> tuple[Material, Material]:
        """Return the permeate and the bleed of what left."""
        passing = {name: self._passing(name) for name in FIELDS}
        return gone.separate({name: times(self.permeate, p) / self._leaving(p) for name, p in passing.items()})

    def _passing(self, name: str) -> Array:
        """Return the share of a substance that passes the device."""
        if name in _LIKE_CELLS:
            return self.cells
        return self.vesicles if name in _LIKE_VESICLES else 1.0

    def _leaving(self, passing: Array) -> Array:
        return np.maximum(plus(times(self.permeate, passing), self.bleed), 1e-300)
