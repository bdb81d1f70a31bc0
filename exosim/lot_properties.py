"""Properties of a lot that no operation models: what the scenario says of the product is true of its lots.

Relative potency follows the vesicles through the recipe (age of the cells, storage); what stands here multiplies it.
Endotoxin comes on top of what a plug-in operation may put into the material. Each may vary by world, donor or batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from exosim.parameter import Array, parameter

Marker: TypeAlias = Literal["cd9", "cd63", "cd81"]
"""The tetraspanins by which extracellular vesicles are identified (MISEV2023)."""


@dataclass(frozen=True, kw_only=True)
class LotProperties:
    """True properties of the lots of a product; none: nothing is known of it, and no attribute may ask for it."""

    endotoxin: Array | None = parameter(
        None, "EU/mL", low=0.0, high=100.0, doc="bacterial endotoxin of the final product"
    )
    potency: Array | None = parameter(
        None, "1", low=0.05, high=5.0, doc="potency of vesicles of early cells over that of the standard; none: 1"
    )
    mhc_ii: Array | None = parameter(
        None, "molecule/EV", low=1.0, high=1e4, doc="MHC class II molecules on a vesicle, for doses that count them"
    )
    cd9: Array | None = parameter(None, "1", low=0.0, high=1.0, doc="fraction of the vesicles that carry CD9")
    cd63: Array | None = parameter(None, "1", low=0.0, high=1.0, doc="fraction of the vesicles that carry CD63")
    cd81: Array | None = parameter(None, "1", low=0.0, high=1.0, doc="fraction of the vesicles that carry CD81")
