"""Indicators of a product with a companion: pairs of doses released together, and what keeps doses from leaving so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from exosim import folds
from exosim.folds import folded
from exosim.product_indicators import YEAR

if TYPE_CHECKING:
    from exosim.records import BatchRecord
    from exosim.window import Window


def _lots(window: Window) -> list[BatchRecord]:
    """Return the lots with a companion that ended well in the window."""
    return [batch for batch in window.ended if batch.good and batch.dose_pairs is not None]


def pairs_of_good(window: Window) -> list[float]:
    """Return the pairs of doses that leave together, of each lot with a companion that ended well [pair]."""
    return [batch.dose_pairs or 0.0 for batch in _lots(window)]


def companion_doses_of_good(window: Window) -> list[float]:
    """Return the doses of the companion of each lot that ended well, expired ones included [dose]."""
    return [batch.companion_doses or 0.0 for batch in _lots(window)]


def expired_pairs_of_good(window: Window) -> list[float]:
    """Return the pairs of each lot that ended well whose companion had expired before [pair]."""
    return [min(batch.doses, batch.companion_doses or 0.0) - (batch.dose_pairs or 0.0) for batch in _lots(window)]


def fewer_of_companion(window: Window) -> list[float]:
    """Return 1 for each lot that ended well with fewer doses of the companion than of the product, else 0."""
    return [float((batch.companion_doses or 0.0) < batch.doses) for batch in _lots(window)]


@folded("sum(each) * 8766 / hours", pairs_of_good, hours=folds.hours)
def dose_pairs_per_year(window: Window) -> float:
    """Return the pairs of doses that leave together, both from one lot, per year [pair/year]."""
    return sum(pairs_of_good(window)) * YEAR / window.hours


@folded("sum(each) * 8766 / hours", companion_doses_of_good, hours=folds.hours)
def companion_doses_per_year(window: Window) -> float:
    """Return the doses of the companion in lots that ended well, expired ones included, per year [dose/year]."""
    return sum(companion_doses_of_good(window)) * YEAR / window.hours


@folded("sum(each) * 8766 / hours", expired_pairs_of_good, hours=folds.hours)
def pairs_expired_per_year(window: Window) -> float:
    """Return the pairs of which the companion expired before its lot could leave, per year [pair/year]."""
    return sum(expired_pairs_of_good(window)) * YEAR / window.hours


@folded("mean(each)", fewer_of_companion)
def limited_by_companion(window: Window) -> float:
    """Return the share of the lots that ended well in which the companion has fewer doses than the product."""
    found = fewer_of_companion(window)
    return float(np.mean(found)) if found else float("nan")


PAIRS: Mapping[str, tuple[str, Callable[[Window], float]]] = {
    "dose_pairs_per_year": ("pair/year", dose_pairs_per_year),
    "companion_doses_per_year": ("dose/year", companion_doses_per_year),
    "pairs_expired_per_year": ("pair/year", pairs_expired_per_year),
    "limited_by_companion": ("1", limited_by_companion),
}
"""Indicators of a replication as a whole where a product has a companion, with units."""


def pair_headlines(window: Window) -> dict[str, float]:
    """Return the indicators of pairs; empty where no product has a companion."""
    paired = any(batch.dose_pairs is not None for batch in window.run.batches)
    return {name: indicator(window) for name, (_, indicator) in PAIRS.items()} if paired else {}
