"""Indicators of what is owed: by product where a site makes several, and of orders with due dates."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from exosim.window import Window

YEAR = 8766.0  # h


def doses_by_product(window: Window) -> dict[str, float]:
    """Return the doses per year of each product, where the site makes several [dose/year]."""
    doses = {batch.campaign: 0.0 for batch in window.run.batches if batch.campaign}
    for batch in window.ended:
        if batch.campaign:
            doses[batch.campaign] += batch.doses if batch.good else 0.0
    return {product: amount * YEAR / window.hours for product, amount in doses.items()}


def batches_by_product(window: Window) -> dict[str, float]:
    """Return the batches of each product that ended well per year, where the site makes several [1/year]."""
    count = {batch.campaign: 0 for batch in window.run.batches if batch.campaign}
    for batch in window.ended:
        if batch.campaign and batch.good:
            count[batch.campaign] += 1
    return {product: number * YEAR / window.hours for product, number in count.items()}


def lead_time_by_product(window: Window) -> dict[str, float]:
    """Return the median time from the start of a batch until its doses may leave, by product [h]."""
    times: dict[str, list[float]] = defaultdict(list)
    for batch in window.ended:
        if batch.campaign and batch.good and batch.available is not None:
            times[batch.campaign].append(batch.available - batch.started)
    return {product: float(np.median(found)) for product, found in times.items()}


def on_time(window: Window) -> dict[str, float]:
    """Return the share of the batches due that finished by their due date, by product, or for all of them.

    Due are batches on order, and those that are promised: of the latter, what never came to its start counts, too.
    """
    promised = {name for name, promise in window.plant.promises.items() if promise.within is not None}
    kept = defaultdict[str, list[bool]](list)
    for batch in window.run.batches:
        owed = batch.campaign in promised or batch.due > batch.started
        if owed and window.start <= batch.due <= window.run.hours:
            in_time = batch.available is not None and batch.available <= batch.due
            kept[_owed_as(batch.campaign, promised)].append(batch.good and in_time)
    for product, due in window.run.outside:
        if product in promised and window.start <= due <= window.run.hours:
            kept[_owed_as(product, promised)].append(False)
    return {product: sum(found) / len(found) for product, found in kept.items()}


def _owed_as(product: str, promised: set[str]) -> str:
    return product or ("batches" if product in promised else "orders")
