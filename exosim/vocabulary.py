"""The words that travel between operations: species, protein pools and consumables, each with its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Species:
    """One kind of matter in a :class:`~exosim.material.Material`.

    Attributes
    ----------
    unit : unit of its amount
    axis : what axis 0 of its array counts: size classes, protein pools, or nothing
    doc : meaning
    """

    unit: str
    axis: Literal["class", "pool"] | None
    doc: str


SPECIES: Mapping[str, Species] = {
    "vesicles": Species("EV", "class", "extracellular vesicles, true number"),
    "nonvesicular": Species("particle", "class", "non-vesicular extracellular particles (NVEP)"),
    "lipoproteins": Species("particle", "class", "lipoprotein particles large enough to be counted"),
    "protein": Species("ug", "pool", "soluble protein by size pool"),
    "associated_protein": Species("ug", None, "protein bound to vesicles, follows them"),
    "free_dna": Species("ng", None, "free host-cell DNA that can be amplified (fragments above 200 bp)"),
    "bound_dna": Species("ng", None, "host-cell DNA bound to vesicles, follows them"),
    "debris": Species("particle", None, "debris and apoptotic bodies above 1 um"),
    "viable_cells": Species("cell", None, "viable cells"),
    "dead_cells": Species("cell", None, "dead cells"),
    "salt": Species("mol", None, "sodium chloride equivalents"),
    "nuclease": Species("U", None, "nuclease activity"),
    "endotoxin": Species("EU", None, "bacterial endotoxin"),
    "cargo": Species("mol", None, "loaded cargo"),
}


@dataclass(frozen=True, slots=True)
class ProteinPool:
    """A pool of soluble proteins that one hydrodynamic diameter [nm] stands for."""

    name: str
    diameter: float
    doc: str


# Hydrodynamic diameters: albumin 7.2 nm (6.8 to 7.6 in the literature). IgG and ferritin-like complexes are set so that
# their steric sieving through a 35 nm pore is 0.67 and 0.60, which fits the read removal of 99 % of the protein in
# 6 diavolumes (source ora_ultrafiltration). The small pool is an assumption.
PROTEIN_POOLS: tuple[ProteinPool, ...] = (
    ProteinPool("small", 4.6, "below 30 kDa"),
    ProteinPool("albumin", 7.2, "albumin-like, about 67 kDa"),
    ProteinPool("immunoglobulin", 11.0, "IgG-like, about 150 kDa"),
    ProteinPool("complex", 12.5, "complexes above 450 kDa, such as ferritin"),
)

CONSUMABLES: Mapping[str, str] = {
    "growth_medium": "L",
    "collection_medium": "L",
    "buffer": "L",
    "culture_surface": "m2",
    "fiber_area": "m2",
    "depth_filter_area": "m2",
    "sterile_filter_area": "m2",
    "membrane_area": "m2",
    "resin": "L",
    "nuclease": "U",
    "vial": "vial",
}
