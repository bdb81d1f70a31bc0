"""The balance of a step: what went in against what came out, of every species and size class."""

from __future__ import annotations

import numpy as np

from exosim.material import FIELDS, Material
from exosim.operations.base import Outcome

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
