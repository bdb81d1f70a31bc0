"""Which way is better, for every indicator of a run in time: more, less, or neither.

Neither stands where more may be good or bad news: a year costs more where more is made, an occupied unit earns its keep
or holds a plant back, and a campaign lasts longer because it is slow or because it makes more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Direction: TypeAlias = Literal["more", "less", "neither"]
DIRECTIONS: Mapping[str, Direction] = {
    "doses_per_year": "more",
    "doses_per_started_batch": "more",
    "dose_pairs_per_year": "more",
    "companion_doses_per_year": "more",
    "pairs_expired_per_year": "less",
    "limited_by_companion": "neither",
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
    "batches_per_day": "more",
    "batches_per_working_day": "more",
    "released_fraction": "more",
    "failures_per_year": "less",
    "rejected_by_test": "less",
    "manufacturing_time": "less",
    "release_time": "less",
    "release_time_p90": "less",
    "lots_in_quality": "neither",
    "deviations_per_batch": "less",
    "retests_per_batch": "less",
    "patients_due": "neither",
    "patients_on_time": "more",
    "patients_late": "less",
    "patients_never_served": "less",
    "patients_served_per_year": "more",
    "orders_due": "neither",
    "orders_filled": "more",
    "orders_late": "less",
    "orders_lost": "less",
    "on_time_in_full": "more",
    "fill_rate": "more",
    "doses_shipped": "more",
    "doses_expired": "less",
    "doses_recalled": "less",
    "stock_mean": "neither",
    "age_at_shipping": "less",
    "cost_per_dose": "less",
    "cost_per_lot": "less",
    "cost_per_year": "neither",
    "utilization": "neither",
    "occupancy": "neither",
    "labor": "neither",
    "labor_touch_hours": "neither",
    "labor_paid_hours": "less",
    "unavailability": "less",
    "doses_by_product": "more",
    "batches_by_product": "more",
    "on_time": "more",
    "runs": "neither",
    "run_filling": "neither",
    "waiting": "less",
    "waiting_for_run": "less",
    "waiting_for_room": "less",
    "waiting_for_material": "less",
    "waiting_for_utility": "less",
    "waiting_for_people": "less",
    "waiting_for_shift": "less",
    "lost_to_failures": "less",
    "job_time": "less",
    "job_waiting": "less",
    "out_of_specification": "less",
}
_OF_PRODUCT = "_by_product"


def declared_as(indicator: str) -> str:
    """Return the name under which the direction is declared: that of the whole serves the products, too."""
    return indicator if indicator in DIRECTIONS else indicator.removesuffix(_OF_PRODUCT)


def direction_of(indicator: str) -> Direction:
    """Return which way is better; neither for an indicator that this version does not know."""
    return DIRECTIONS.get(declared_as(indicator), "neither")
