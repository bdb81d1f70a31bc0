"""Amounts of money and what a run costs in words, for people who decide on money."""

from __future__ import annotations

import math
from collections.abc import Sequence

from exosim.summaries import Estimate

_DIGITS = 3
_SMALL = 1e-3


def money(value: float | None, digits: int = _DIGITS) -> str:
    """Return an amount with as many digits as are known, and separators of thousands: ``1,230,000``."""
    if value is None or not math.isfinite(value):
        return "-"
    if value == 0.0 or abs(value) < _SMALL:
        return f"{value:.{digits}g}"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    return f"{rounded:,.{max(places, 0)}f}" if rounded else "0"


def span(low: float | None, high: float | None) -> str:
    """Return an interval: ``210 to 640``."""
    return "-" if low is None or high is None else f"{money(low)} to {money(high)}"


def per_dose_in_words(found: Estimate, unit: str, replications: int) -> str:
    """Return what a dose costs, between what and what."""
    if found.median is None:
        runs = "the one replication" if replications == 1 else f"any of {replications:,} replications"
        return f"No dose was released in {runs}: a dose has no cost."
    if found.n == 1:
        return f"A released dose costs {money(found.median)} {unit} (one replication: there is no interval)."
    worlds = f"5 to 95 % of {found.n:,} replications: {span(found.p5, found.p95)}"
    mean = f"mean {money(found.mean)}, 95 % interval {span(found.low, found.high)}"
    return f"A released dose costs {money(found.median)} {unit} at the median ({worlds}); {mean}."


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return names in a row, of many the first ones and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def share(value: float | None) -> str:
    """Return a share in percent, as a table tells it."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{100.0 * value:.1f} %" if abs(value) >= 0.0005 or value == 0.0 else "<0.1 %"
