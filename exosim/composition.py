"""Totals and ratios of a material: what is in it, per milliliter and per microgram of protein."""

from __future__ import annotations

import numpy as np

from exosim.material import Material, plus, total
from exosim.operations.base import Context
from exosim.parameter import Array
from exosim.physics.size import vesicle_protein

_NOTHING = 1e-30


def ratio(numerator: Array, denominator: Array) -> Array:
    """Return numerator / denominator, 0 where both are nothing."""
    return np.asarray(numerator / np.maximum(denominator, _NOTHING))


def own_protein(material: Material, context: Context) -> Array:
    """Return the protein of the vesicles themselves [ug]."""
    if not isinstance(material.vesicles, np.ndarray):
        return 0.0
    return vesicle_protein(material.vesicles, context.sizes, context.protein_fraction)


def total_protein(material: Material, context: Context) -> Array:
    """Return soluble, bound and the vesicles' own protein [ug]."""
    return plus(plus(total(material.protein), material.associated_protein), own_protein(material, context))


def total_dna(material: Material) -> Array:
    """Return free and bound DNA [ng]."""
    return plus(material.free_dna, material.bound_dna)


def protein_ceiling(material: Material, context: Context) -> Array:
    """Return the vesicles per microgram that these vesicles would show if nothing else were there [EV/ug]."""
    return ratio(total(material.vesicles), own_protein(material, context))
