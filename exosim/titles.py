"""What the figures of a batch and the indicators of a run are called in tables, on the terminal and on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

TITLES: Mapping[str, str] = {
    "doses": "doses per batch",
    "companion_doses": "doses of the companion per batch",
    "dose_pairs": "pairs of doses per batch",
    "unpaired_share": "doses without a partner",
    "companion_limits": "batches that the companion limits",
    "potent_doses": "doses at full potency",
    "relative_potency": "relative potency",
    "ev_yield": "EV yield, harvest to vial",
    "evs_per_protein": "purity, true",
    "particles_per_protein": "purity, as counted",
    "purity_relative_to_ceiling": "purity over its ceiling",
    "particles_per_cell_per_day": "harvested per cell and day",
    "vials": "accepted vials",
    "secreted": "vesicles secreted",
    "harvested": "vesicles harvested",
    "vialed": "vesicles in vials",
    "cargo_per_dose": "cargo per dose, true",
    "apparent_cargo_per_dose": "cargo per dose, apparent",
    "cargo_per_vesicle": "molecules per vesicle, true",
    "apparent_cargo_per_vesicle": "molecules per vesicle, apparent",
    "truly_loaded": "share truly loaded",
    "lost_in_loading": "vesicles lost in loading",
    "batch_duration": "process time of a batch",
    "cell_yield": "cell yield, harvest to product",
    "fold_expansion": "fold expansion, start to harvest",
    "cells_started": "viable cells at the start",
    "cells_harvested": "viable cells harvested",
    "cells_vialed": "viable cells in the product",
    "positive_predictive_value": "positive predictive value",
    "negative_predictive_value": "negative predictive value",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "true_positives_per_100000": "found, of 100,000 tested",
    "false_positives_per_100000": "false positives, of 100,000",
    "interference": "signal that is no vesicle",
    "reference_change_value": "reference change value",
    "alarm_rise": "a rise raises an alarm above",
    "alarm_fall": "a fall raises an alarm above",
    "false_alarms_per_patient_year": "false alarms of a patient",
    "detected_change": "rise that one visit detects",
}
"""Headline figures of a batch."""
INDICATORS: Mapping[str, str] = {
    "doses_per_year": "doses per year",
    "doses_per_started_batch": "doses per started batch",
    "dose_pairs_per_year": "pairs of doses per year",
    "companion_doses_per_year": "doses of the companion per year",
    "pairs_expired_per_year": "pairs expired before release per year",
    "limited_by_companion": "lots that the companion limits",
    "batches_started": "batches started",
    "batches_finished": "batches finished",
    "batches_rejected": "batches lost",
    "batches_turned_away": "batches turned away",
    "batches_per_year": "batches per year",
    "batches_per_year_bound": "  at most, as planned",
    "right_first_time": "right first time",
    "hold_violations": "hold limits exceeded per batch",
    "lead_time": "lead time, P50",
    "lead_time_p90": "lead time, P90",
    "cycle_time": "time between two batches",
    "minimum_cycle_time": "  at least, as planned",
    "cost_per_dose": "cost of a released dose",
    "cost_per_lot": "cost of a released lot",
    "cost_per_year": "cost of a year",
    "makespan": "first start to last end",
    "work_in_progress": "work in progress",
    "batches_per_day": "batches per calendar day",
    "batches_per_working_day": "batches per working day",
    "released_fraction": "share released",
    "failures_per_year": "lost or rejected per year",
    "rejected_by_test": "share rejected by a test",
    "manufacturing_time": "start to end of recipe, P50",
    "release_time": "end of recipe to release, P50",
    "release_time_p90": "end of recipe to release, P90",
    "lots_in_quality": "lots in testing and review",
    "deviations_per_batch": "deviations per batch",
    "retests_per_batch": "retests per batch",
}
"""Indicators of a run in time; what is bounded by the plan stands below what was simulated."""
PATIENTS: Mapping[str, str] = {
    "patients_due": "patients due",
    "patients_on_time": "  share served on time",
    "patients_late": "  share served late, or waiting",
    "patients_never_served": "  share whose lot failed them",
    "patients_served_per_year": "patients served per year",
}
"""Indicators of patients, where a lot is for one."""
ORDERS: Mapping[str, str] = {
    "orders_due": "orders due",
    "orders_filled": "  filled, in time or late",
    "orders_late": "  late, or still open",
    "orders_lost": "  lost",
    "on_time_in_full": "on time in full",
    "fill_rate": "fill rate, doses on time",
    "doses_shipped": "doses shipped",
    "doses_expired": "doses expired",
    "doses_recalled": "doses recalled",
    "stock_mean": "doses in stock",
    "age_at_shipping": "age at shipping",
}
"""Indicators of orders and stock."""


COSTS: Mapping[str, str] = {
    "cost_per_dose": "cost of a released dose",
    "cost_per_lot": "cost of a released lot",
    "cost_per_year": "cost of a year",
    "doses_released_per_year": "doses released",
    "lots_released_per_year": "lots released",
    "failed_lots_per_year": "failed lots",
    "cost_of_failed_lots": "  spent on failed lots",
    "cost_of_failed_lots_with_share": "  with their share of the plant",
    "plastic_per_dose": "plastic thrown away",
    "water_per_dose": "water for injection",
    "electricity_per_dose": "electricity",
    "inputs_per_dose": "mass of all inputs",
    "room_hours_per_dose": "hours in rooms",
    "mass_intensity": "process mass intensity",
    "capital": "fixed capital with start-up",
    "annual_cost": "yearly cost without depreciation",
    "price": "price of a dose",
    "net_present_value": "net present value",
    "rate_of_return": "internal rate of return",
    "payback": "payback",
    "discounted_payback": "  discounted",
    "minimum_selling_price": "minimum selling price",
    "levelized_cost": "levelized cost, before tax",
    "net_present_cost": "net present cost, before tax",
}
"""Figures of what a run costs."""


class Reporting(Protocol):
    """What tells whether a quantity is reported: a yield, as it is or as it was saved."""

    def has(self, name: str, step: str | None = None) -> bool:
        """Return whether a quantity is reported and not empty."""


def headline_title(name: str, yields: Reporting) -> str:
    """Return the title of a headline; without a culture nothing is harvested, without vials nothing is vialed."""
    start = "harvest" if yields.has("secreted") else "start"
    end = "vial" if yields.has("vials") else "product"
    special = {
        "ev_yield": f"EV yield, {start} to {end}",
        "harvested": "vesicles harvested" if yields.has("secreted") else "vesicles at the start",
        "vialed": f"vesicles in {'vials' if yields.has('vials') else 'the product'}",
    }
    return special.get(name) or TITLES.get(name, name)
