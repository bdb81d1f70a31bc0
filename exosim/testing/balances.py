"""The arithmetic of a balance: what an outcome holds, and whether two amounts agree."""

from __future__ import annotations

import numpy as np

from exosim.balance import imbalance as imbalance  # part of the kit
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
    if not np.all(np.abs(one - other) <= allowed):
        raise AssertionError(f"{found} is not {expected}")


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
