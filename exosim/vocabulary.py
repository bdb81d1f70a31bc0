"""The words that travel between operations: species, protein pools and consumables, each with its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias


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
    "potency": Species("EV", None, "vesicles weighted with their relative potency, follow them"),
    "viable_cells": Species("cell", None, "viable cells"),
    "doublings": Species("cell", None, "population doublings since isolation, summed over the viable cells"),
    "dead_cells": Species("cell", None, "dead cells"),
    "salt": Species("mol", None, "sodium chloride equivalents"),
    "glucose": Species("mmol", None, "glucose"),
    "lactate": Species("mmol", None, "lactate"),
    "ammonia": Species("mmol", None, "ammonia and ammonium"),
    "nuclease": Species("U", None, "nuclease activity"),
    "endotoxin": Species("EU", None, "bacterial endotoxin"),
    "cargo": Species("mol", None, "loaded cargo, inside or on vesicles, follows them"),
    "free_cargo": Species("mol", None, "cargo that is not loaded, dissolved"),
    "aggregated_cargo": Species("mol", None, "cargo in aggregates as large as vesicles: mistaken for loaded cargo"),
    "polymer": Species("g", None, "polymer or gradient medium added to separate: PEG, dextran, iodixanol"),
    "vials": Species("vial", None, "accepted vials that hold the material"),
    "retained_vials": Species("vial", None, "those of them that are kept for tests, stability and retain"),
    "cell_equivalents": Species(
        "cell_equivalent", None, "cells whose medium this is: vesicles may be lost, the origin is not"
    ),
}

DoseKind: TypeAlias = Literal["EV", "particle", "cell", "ug", "cell_equivalent", "molecule"]
"""What a dose counts, each by its unit: true vesicles, particles as the instrument counts them, viable cells, protein,
cells whose medium it is, or MHC class II molecules."""

DOSE_WORDS: Mapping[DoseKind, str] = {
    "EV": "true vesicles",
    "particle": "particles as the instrument counts them",
    "cell": "viable cells",
    "ug": "protein",
    "cell_equivalent": "cells whose medium it is",
    "molecule": "MHC class II molecules",
}
"""What each kind of dose counts, in words."""

SMALL_MOLECULES: tuple[str, ...] = ("glucose", "lactate", "ammonia")
"""Species besides salt that pass every ultrafilter and elute with salt."""

PROTEIN_POOLS: tuple[str, ...] = ("small", "albumin", "immunoglobulin", "complex")
"""Pools of soluble protein by size, in the order of axis 0; their diameters are parameters of the product."""

CONSUMABLES: Mapping[str, str] = {
    "growth_medium": "L",
    "collection_medium": "L",
    "detachment_reagent": "L",
    "formulation_medium": "L",
    "buffer": "L",
    "water_for_injection": "L",
    "culture_surface": "m2",
    "culture_vessel": "vessel",
    "fiber_area": "m2",
    "depth_filter_area": "m2",
    "sterile_filter_area": "m2",
    "virus_filter_area": "m2",
    "membrane_area": "m2",
    "resin": "L",
    "affinity_resin": "L",
    "separation_polymer": "g",
    "chip": "chip",
    "nuclease": "U",
    "trehalose": "g",
    "human_albumin": "g",
    "cargo": "mol",
    "centrifuge_tube": "tube",
    "gradient_medium": "g",
    "vial": "vial",
}
