"""What materials are and weigh: liquids, powders, and things of plastic or glass that are thrown away."""

from __future__ import annotations

from collections.abc import Mapping

from exosim.vocabulary import CONSUMABLES

DEVICES: Mapping[str, float] = {
    "culture_surface": 3.0,
    "culture_vessel": 1.0,
    "fiber_area": 0.5,
    "depth_filter_area": 3.0,
    "sterile_filter_area": 1.5,
    "virus_filter_area": 2.0,
    "membrane_area": 2.5,
    "resin": 1.0,
    "affinity_resin": 1.0,
    "chip": 0.02,
    "centrifuge_tube": 0.006,
    "vial": 0.004,
}
"""Things that are used up, and what they weigh [kg for one unit, with housing]: assumptions, all of them.

No source was found that weighs them by area. They are what flasks and stacks of layers, cassettes, capsules and tubes
of usual makes weigh for their area, right within a factor of two or three.
"""
GRAMS = 1e-3  # kg
WATER = 1.0  # kg/L; media and buffers are taken for water


def is_device(material: str) -> bool:
    """Return whether a material is a thing, such as a filter or a column, and no medium, buffer or reagent."""
    return material in DEVICES or CONSUMABLES.get(material, "") not in ("L", "g", "U", "mol")


def is_liquid(material: str) -> bool:
    """Return whether a material is a medium, a buffer or another liquid that is prepared."""
    return CONSUMABLES.get(material) == "L" and material not in DEVICES


def mass(material: str, amount: float) -> float:
    """Return what an amount weighs [kg]; nothing of what is counted in units of activity or moles."""
    if material in DEVICES:
        return amount * DEVICES[material]
    unit = CONSUMABLES.get(material)
    return amount * WATER if unit == "L" else amount * GRAMS if unit == "g" else 0.0
