"""Feeds for the tests: typical materials, and the arithmetic on materials that several tests share."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from exosim.material import FIELDS, Material
from exosim.operations.base import Outcome, UnitOperation, standard_context
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


def assert_same(found: Array, expected: Array, scale: Array = 0.0, tolerance: float = 1e-12) -> None:
    """Assert that two amounts agree to `tolerance` of the larger of the value and `scale`."""
    one, other = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    allowed = tolerance * np.maximum(np.maximum(np.abs(one), np.abs(other)), np.asarray(scale))
    assert np.all(np.abs(one - other) <= allowed), f"{found} is not {expected}"


def imbalance(feed: Material, outcome: Outcome) -> dict[str, float]:
    """Return, for each field, the worst of |in - out| over the largest term of the same class and lane."""
    inward = (feed, outcome.added, outcome.generated)
    outward = (outcome.product, outcome.remainder, *outcome.losses.values())
    worst = {}
    for name in FIELDS:
        terms = np.broadcast_arrays(*(np.asarray(getattr(m, name), dtype=np.float64) for m in (*inward, *outward)))
        signs = [1.0] * len(inward) + [-1.0] * len(outward)
        difference = sum(sign * term for sign, term in zip(signs, terms, strict=True))
        largest = np.maximum.reduce([np.abs(term) for term in terms])
        worst[name] = float(np.max(np.abs(difference) / np.maximum(largest, 1e-300)))
    return worst


def streams(outcome: Outcome) -> dict[str, Material]:
    """Return every material of an outcome by name."""
    return {
        "product": outcome.product,
        "remainder": outcome.remainder,
        "added": outcome.added,
        "generated": outcome.generated,
        **{f"loss: {channel}": lost for channel, lost in outcome.losses.items()},
    }


def largest_terms(feed: Material, outcome: Outcome) -> dict[str, float]:
    """Return the largest amount of each field anywhere in a balance."""
    materials = (feed, *streams(outcome).values())
    return {name: max(float(np.max(np.abs(np.asarray(getattr(m, name))))) for m in materials) for name in FIELDS}
