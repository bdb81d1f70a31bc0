"""The arithmetic of a balance: what an outcome holds, how far it is off, and whether two amounts agree."""

from __future__ import annotations

import numpy as np

from exosim.material import FIELDS, Material
from exosim.operations.base import Outcome
from exosim.parameter import Array


def expect(holds: object, message: str) -> None:
    """Raise an AssertionError with a message unless something holds, also where Python runs without assertions."""
    if not holds:
        raise AssertionError(message)


def assert_same(found: Array, expected: Array, scale: Array = 0.0, tolerance: float = 1e-12) -> None:
    """Assert that two amounts agree to `tolerance` of the larger of the value and `scale`."""
    one, other = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    allowed = tolerance * np.maximum(np.maximum(np.abs(one), np.abs(other)), np.asarray(scale))
    expect(np.all(np.abs(one - other) <= allowed), f"{found} is not {expected}")


_FULL_PRECISION = 1e-290
"""Amounts below this are made of parts near 1e-308, where numbers have fewer digits: a balance says nothing there."""


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
        worst[name] = float(np.max(np.abs(difference) / np.maximum(largest, _FULL_PRECISION)))
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
