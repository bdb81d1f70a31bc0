"""Feeds to try an operation with: typical materials, on as many lanes as a test wants."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from exosim.material import FIELDS, Material
from exosim.operations.base import UnitOperation, standard_context
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from exosim.operations.planar_expansion import PlanarExpansion
from exosim.parameter import Array

Floats = NDArray[np.float64]


@functools.cache
def cells() -> Material:
    """Return the cells that the default seed train hands on."""
    return PlanarExpansion().transform(Material()).product


@functools.cache
def harvest() -> Material:
    """Return the conditioned medium of the default hollow-fiber culture: all harvests in one pool."""
    return HollowFiberCulture().transform(cells()).product


@functools.cache
def everything() -> Material:
    """Return conditioned medium that holds some of every species, so that no balance is trivial."""
    medium = ConditionedMedium(volume=2.0).transform(Material()).product
    context = standard_context()
    shares = np.asarray(context.secreted)
    return medium.replaced(
        lipoproteins=shares * 3e11,
        viable_cells=2e4,
        dead_cells=5e5,
        nuclease=3e3,
        endotoxin=40.0,
        cargo=2e-9,
        free_cargo=1e-8,
        aggregated_cargo=1e-9,
        polymer=0.5,
        cell_equivalents=3e7,
    )


def feed_for(operation: type[UnitOperation]) -> Material:
    """Return a feed that suits an operation."""
    if operation.source:
        return Material()
    return cells() if operation.needs == "viable_cells" else everything()


def on_lanes(material: Material, factors: Floats) -> Material:
    """Return a material on as many lanes as there are `factors`, each lane a different multiple."""
    lanes = {}
    for name in FIELDS:
        amount = getattr(material, name)
        lanes[name] = amount if isinstance(amount, float) and amount == 0.0 else np.asarray(amount) * factors
    return Material(**lanes)


def lane(array: Array, index: int) -> Array:
    """Return one lane of an amount: a number, or shape (classes, 1)."""
    values = np.asarray(array)
    if values.ndim == 0 or values.shape[-1] == 1:
        return array
    return values[..., index : index + 1] if values.ndim == 2 else float(values[index])


def lane_of(material: Material, index: int) -> Material:
    """Return one lane of a material."""
    return Material(**{name: lane(getattr(material, name), index) for name in FIELDS})
