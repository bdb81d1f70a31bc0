"""Factors as settings to choose: how many points they have together, and where a point stands among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from exosim.study.designs import grid
from exosim.study.factor import Factor, Floats


def as_settings(factors: Sequence[Factor]) -> tuple[Factor, ...]:
    """Return factors as settings to choose: between their ends, however the scenario's own values are drawn."""
    return tuple(replace(factor, distribution=None) for factor in factors)


def size(factors: Sequence[Factor]) -> int | None:
    """Return how many points the factors have together; None where they are without end."""
    counts = [_count(factor) for factor in factors]
    return None if None in counts else math.prod(count or 1 for count in counts)


def all_points(factors: Sequence[Factor]) -> Floats:
    """Return every point that factors have, of those that have an end to them."""
    return grid(factors, [_count(factor) or 1 for factor in factors])


def shares_of(factors: Sequence[Factor], point: Floats) -> Floats | None:
    """Return shares of the ranges at which a point stands, shape (factors,); None where it stands outside of them."""
    found = [_share_of(factor, float(value)) for factor, value in zip(factors, point, strict=True)]
    shares = [share for share in found if share is not None]
    return np.array(shares) if len(shares) == len(found) else None


def _count(factor: Factor) -> int | None:
    """Return how many values a factor takes; None where it takes all between two."""
    if factor.levels or factor.choices:
        return len(factor.levels or factor.choices)
    if factor.low == factor.high:
        return 1
    return int(factor.high - factor.low) + 1 if factor.whole else None


def _share_of(factor: Factor, value: float) -> float | None:
    listed = factor.levels or tuple(range(len(factor.choices)))
    if listed:
        return (listed.index(value) + 0.5) / len(listed) if value in listed else None
    if not factor.low <= value <= factor.high:
        return None
    if factor.whole:
        return (value - factor.low + 0.5) / (factor.high - factor.low + 1.0) if value == round(value) else None
    return float(np.clip(factor.share(np.array(value)), 0.0, 1.0))
