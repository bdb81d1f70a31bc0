"""What an indicator can be at all: on a page, an interval of its mean ends there.

Student's interval knows nothing of such ends. Cut at them it holds the true mean as often as before, since that is
never beyond them; CSV and JSON keep it uncut.
"""

from __future__ import annotations

from exosim.summaries import Estimate

SHARES = frozenset({
    "right_first_time", "limited_by_companion", "released_fraction", "rejected_by_test", "patients_on_time",
    "patients_late", "patients_never_served", "on_time_in_full", "on_time_in_full_by_product", "fill_rate",
    "fill_rate_by_product", "utilization", "occupancy", "unavailability", "on_time", "run_filling",
    "out_of_specification",
})  # fmt: skip
"""Indicators that are shares of a whole; work beyond the shift may make ``labor`` more. None is ever negative."""


def interval_of_mean(row: Estimate) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a mean as far as the indicator can be so."""
    if row.low is None or row.high is None:
        return None, None
    return max(row.low, 0.0), min(row.high, 1.0) if row.name in SHARES else row.high
