"""Which way is better, for every indicator of a run in time: more, less, or neither.

Neither stands where more may be good or bad news: an occupied unit earns its keep or holds a plant back, and a campaign
lasts longer because it is slow or because it makes more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Direction: TypeAlias = Literal["more", "less", "neither"]
DIRECTIONS: Mapping[str, Direction] = {
    "doses_per_year": "more",
    "doses_per_started_batch": "more",
    "batches_started": "neither",
    "batches_finished": "more",
    "batches_rejected": "less",
    "batches_turned_away": "less",
    "batches_per_year": "more",
    "batches_per_year_bound": "more",
    "right_first_time": "more",
    "hold_violations": "less",
    "lead_time": "less",
    "lead_time_p90": "less",
    "cycle_time": "less",
    "minimum_cycle_time": "less",
    "makespan": "neither",
    "work_in_progress": "neither",
    "utilization": "neither",
    "occupancy": "neither",
    "labor": "neither",
    "labor_touch_hours": "neither",
    "labor_paid_hours": "less",
    "unavailability": "less",
    "doses_by_product": "more",
    "batches_by_product": "more",
    "lead_time_by_product": "less",
    "on_time": "more",
    "waiting": "less",
    "waiting_for_room": "less",
    "waiting_for_material": "less",
    "waiting_for_utility": "less",
    "waiting_for_people": "less",
    "waiting_for_shift": "less",
    "lost_to_failures": "less",
    "released_fraction": "more",
    "failures_per_year": "less",
    "rejected_by_test": "less",
    "manufacturing_time": "less",
    "release_time": "less",
    "release_time_p90": "less",
    "lots_in_quality": "neither",
    "deviations_per_batch": "less",
    "retests_per_batch": "less",
    "job_time": "less",
    "job_waiting": "less",
    "out_of_specification": "less",
    **dict.fromkeys(("orders_due", "orders_due_by_product"), "neither"),
    **dict.fromkeys(("orders_filled", "orders_filled_by_product"), "more"),
    **dict.fromkeys(("orders_late", "orders_late_by_product"), "less"),
    **dict.fromkeys(("orders_lost", "orders_lost_by_product"), "less"),
    **dict.fromkeys(("on_time_in_full", "on_time_in_full_by_product"), "more"),
    **dict.fromkeys(("fill_rate", "fill_rate_by_product"), "more"),
    **dict.fromkeys(("doses_shipped", "doses_shipped_by_product"), "more"),
    **dict.fromkeys(("doses_expired", "doses_expired_by_product"), "less"),
    **dict.fromkeys(("doses_recalled", "doses_recalled_by_product"), "less"),
    **dict.fromkeys(("stock_mean", "stock_mean_by_product"), "neither"),
    **dict.fromkeys(("age_at_shipping", "age_at_shipping_by_product"), "less"),
}


def direction_of(indicator: str) -> Direction:
    """Return which way is better; neither for an indicator that this version does not know."""
    return DIRECTIONS.get(indicator, "neither")
