"""Indicators of a run: pure functions of the event log and the batch records (words of ISO 22400).

The window of an indicator is the run without its warm-up. A batch belongs to the window when it was started in it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exosim import folds
from exosim.economics.headlines import cost_headlines, cost_units
from exosim.economics.ledger import CostLedger
from exosim.economics.usage import Use
from exosim.folds import folded, lead_times
from exosim.history import histories
from exosim.labor import paid_hours
from exosim.pair_indicators import PAIRS, pair_headlines
from exosim.patient_indicators import PATIENTS, patient_headlines
from exosim.product_indicators import YEAR, batches_by_product, doses_by_product, lead_time_by_product, on_time
from exosim.records import BatchRecord, log_hash
from exosim.release_indicators import OF_JOBS, RELEASE, release_by_job, release_headlines
from exosim.run_indicators import BY_RUN, SHARED, shared_headlines
from exosim.service.indicators import SERVICE, service_by_product, service_headlines
from exosim.service.orders import OrderRecord
from exosim.service.warehouse import LotRecord
from exosim.waits import WAITS
from exosim.window import Window

_WEEK = 168.0  # h


@folded("count(each)", folds.starts)
def batches_started(window: Window) -> float:
    """Return the batches started in the window."""
    return float(len(window.batches))


@folded("count(each)", folds.ends_of_good)
def batches_finished(window: Window) -> float:
    """Return the batches that ended well in the window."""
    return float(sum(batch.good for batch in window.ended))


@folded("count(each)", folds.ends_of_rejected)
def batches_rejected(window: Window) -> float:
    """Return the batches that were lost in the window."""
    return float(sum(batch.disposition == "rejected" for batch in window.ended))


@folded("count(each)", folds.arrivals_turned_away)
def batches_turned_away(window: Window) -> float:
    """Return the batches that found the line full in the window, and of which nothing was made."""
    away = [b for b in window.run.batches if b.disposition == "turned_away"]
    return float(sum(b.started >= window.start for b in away))


@folded("sum(each) * 8766 / hours", folds.doses_of_good, hours=folds.hours)
def doses_per_year(window: Window) -> float:
    """Return the doses of the batches that ended well, per year [dose/year]."""
    return sum(batch.doses for batch in window.ended if batch.good) * YEAR / window.hours


@folded("mean(each)", folds.doses_of_started)
def doses_per_started_batch(window: Window) -> float:
    """Return the doses of a batch that was started and has ended, lost ones included; NaN when none has."""
    ended = [batch.doses if batch.good else 0.0 for batch in window.batches if batch.ended is not None]
    return float(np.mean(ended)) if ended else float("nan")


def _quantile(values: list[float], q: float) -> float:
    return float(np.quantile(values, q)) if values else float("nan")


@folded("median(each)", lead_times)
def lead_time(window: Window) -> float:
    """Return the median time from the start of a batch until its doses may leave [h]; NaN when none ended well."""
    return _quantile(lead_times(window), 0.5)


@folded("quantile(each, 0.9)", lead_times)
def lead_time_p90(window: Window) -> float:
    """Return the time until the doses may leave that nine in ten batches keep [h]; NaN when none ended well."""
    return _quantile(lead_times(window), 0.9)


@folded("sum(each) / hours", folds.hours_on_the_line, hours=folds.hours)
def work_in_progress(window: Window) -> float:
    """Return the mean number of batches on the line."""
    spent = sum(
        window.inside(b.started, b.ended if b.ended is not None else window.run.hours) for b in window.run.batches
    )
    return spent / window.hours


@folded("(last(each) - first(each)) / (count(each) - 1)", folds.ends)
def cycle_time(window: Window) -> float:
    """Return the mean time between the ends of two batches [h]; NaN with fewer than two."""
    ends = sorted(b.ended for b in window.ended if b.ended is not None)
    return (ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else float("nan")


@folded("last_end - first_start", last_end=folds.last_end, first_start=folds.first_start)
def makespan(window: Window) -> float:
    """Return the time from the first start to the last end of a batch [h]; NaN when none has ended."""
    ends = [batch.ended for batch in window.batches if batch.ended is not None and batch.ended <= window.run.hours]
    return max(ends) - min(batch.started for batch in window.batches) if ends else float("nan")


@folded("finished * 8766 / hours", finished=folds.finished, hours=folds.hours)
def batches_per_year(window: Window) -> float:
    """Return the batches that ended well, per year [1/year]."""
    return batches_finished(window) * YEAR / window.hours


def limiting_class(window: Window) -> tuple[str, float]:
    """Return the class that one batch occupies longest as planned, per unit, and that time [h]; none: ("", NaN)."""
    count = {e.id: e.count for e in window.plant.equipment}
    per_unit = {name: hours / count[name] for name, hours in window.planned.items()}
    name = max(per_unit, key=lambda key: per_unit[key], default="")
    return name, per_unit.get(name, float("nan"))


@folded("last(each)", folds.planned_per_unit)
def minimum_cycle_time(window: Window) -> float:
    """Return the analytic minimum of the time between two batches [h]: the longest planned occupation of a class."""
    return limiting_class(window)[1]


@folded("8766 / minimum_cycle_time", minimum_cycle_time=minimum_cycle_time)
def batches_per_year_bound(window: Window) -> float:
    """Return the batches per year that the most occupied class allows at most, as planned [1/year]."""
    shortest = minimum_cycle_time(window)
    return YEAR / shortest if shortest > 0.0 else float("nan")


@folded("mean(each)", folds.right)
def right_first_time(window: Window) -> float:
    """Return the share of the batches ended in the window that finished without any failure or deviation."""
    right = [b.good and b.number not in window.troubles for b in window.ended]
    return float(np.mean(right)) if right else float("nan")


@folded("mean(each)", folds.violations)
def hold_violations(window: Window) -> float:
    """Return how often a hold limit was exceeded, per batch that ended in the window."""
    events = [event for batch in window.ended for event in window.troubles.get(batch.number, ())]
    count = sum(event.event == "deviation" and event.note.startswith("max_hold") for event in events)
    return count / len(window.ended) if window.ended else float("nan")


HEADLINES: Mapping[str, tuple[str, Callable[[Window], float]]] = {
    "doses_per_year": ("dose/year", doses_per_year),
    "doses_per_started_batch": ("dose", doses_per_started_batch),
    "batches_started": ("1", batches_started),
    "batches_finished": ("1", batches_finished),
    "batches_rejected": ("1", batches_rejected),
    "batches_turned_away": ("1", batches_turned_away),
    "batches_per_year": ("1/year", batches_per_year),
    "batches_per_year_bound": ("1/year", batches_per_year_bound),
    "right_first_time": ("1", right_first_time),
    "hold_violations": ("1", hold_violations),
    "lead_time": ("h", lead_time),
    "lead_time_p90": ("h", lead_time_p90),
    "cycle_time": ("h", cycle_time),
    "minimum_cycle_time": ("h", minimum_cycle_time),
    "makespan": ("h", makespan),
    "work_in_progress": ("1", work_in_progress),
}
"""Indicators of a replication as a whole, with units."""


def utilization(window: Window) -> dict[str, float]:
    """Return the share of the time in which units are used, by equipment class."""
    used: dict[str, float] = defaultdict(float)
    for name, _, begin, end, _ in window.stays:
        used[name] += window.inside(begin, end)
    return {e.id: used[e.id] / (e.count * window.hours) for e in window.plant.equipment}


def occupancy(window: Window) -> dict[str, float]:
    """Return the share of the time in which units are used or in turnaround, by equipment class."""
    taken: dict[str, float] = defaultdict(float)
    for name, _, begin, end, turnaround in window.stays:
        taken[name] += window.inside(begin, end + turnaround)
    return {e.id: taken[e.id] / (e.count * window.hours) for e in window.plant.equipment}


def unavailability(window: Window) -> dict[str, float]:
    """Return the share of the time in which units are repaired or serviced, by class to which that happens."""
    out = {e.id: 0.0 for e in window.plant.equipment if e.maintenance is not None}
    out |= {kind.equipment: 0.0 for kind in window.plant.breakdowns}
    for event in window.run.log:
        if event.event in ("down", "maintenance"):
            name = event.unit.rsplit(" ", 1)[0]
            out[name] += window.inside(event.time, event.time + event.amount)
    count = {e.id: e.count for e in window.plant.equipment}
    return {name: hours / (count[name] * window.hours) for name, hours in out.items()}


def labor_touch_hours(window: Window) -> dict[str, float]:
    """Return the hours of people at work per year, by role [h/year]: people times the hours that they really worked."""
    return {role: touched * YEAR / window.hours for role, touched in window.touched.items()}


def labor_paid_hours(window: Window) -> dict[str, float]:
    """Return the hours of people on duty per year, by role [h/year]: headcount times the hours of the shifts.

    A role without shifts is there always: each of its people counts 8766 h a year.
    """
    hours = paid_hours(window.plant.roles, window.start, window.run.hours)
    return {role: paid * YEAR / window.hours for role, paid in hours.items()}


def labor(window: Window) -> dict[str, float]:
    """Return the share of the people's working time that is spent at work, by role; NaN where nobody is on duty."""
    touched = labor_touch_hours(window)
    return {role: touched[role] / paid if paid else math.nan for role, paid in labor_paid_hours(window).items()}


BY_RESOURCE: Mapping[str, tuple[str, Callable[[Window], dict[str, float]]]] = {
    "utilization": ("1", utilization),
    "occupancy": ("1", occupancy),
    "labor": ("1", labor),
    "labor_touch_hours": ("h/year", labor_touch_hours),
    "labor_paid_hours": ("h/year", labor_paid_hours),
    "unavailability": ("1", unavailability),
    "doses_by_product": ("dose/year", doses_by_product),
    "batches_by_product": ("1/year", batches_by_product),
    "lead_time_by_product": ("h", lead_time_by_product),
    "on_time": ("1", on_time),
    **BY_RUN,
    **WAITS,
}
"""Indicators by equipment class, role or procedure, with units."""
HEADLINE_UNITS: Mapping[str, str] = {
    name: unit for part in (HEADLINES, PAIRS, SHARED, RELEASE, PATIENTS, SERVICE) for name, (unit, _) in part.items()
}
"""Unit of each indicator of the whole: of every run, then of those that have what it is about."""
RESOURCE_UNITS: Mapping[str, str] = {
    **{name: unit for name, (unit, _) in (*BY_RESOURCE.items(), *OF_JOBS.items())},
    **{f"{name}_by_product": unit for name, (unit, _) in SERVICE.items()},
}
"""Unit of each indicator by resource or product, likewise."""


def weekly_occupancy(window: Window) -> dict[str, list[float]]:
    """Return the share of each week in which units are used or in turnaround, by equipment class, warm-up included."""
    weeks = max(1, math.ceil(window.run.hours / _WEEK))
    edges = np.arange(weeks + 1) * _WEEK
    taken = {e.id: np.zeros(weeks) for e in window.plant.equipment}
    for name, _, begin, end, turnaround in window.stays:
        taken[name] += np.clip(np.minimum(end + turnaround, edges[1:]) - np.maximum(begin, edges[:-1]), 0.0, None)
    return {e.id: (taken[e.id] / (e.count * _WEEK)).tolist() for e in window.plant.equipment}


@dataclass(frozen=True, slots=True)
class Account:
    """All indicators of one replication: what is kept when its log is not.

    Attributes
    ----------
    headlines : by name
    by_resource : by name, then by equipment class, role or procedure
    lead_times : of the batches that ended well in the window [h]
    weekly : occupancy of each week, by equipment class
    limiting_class : equipment class that sets the analytic minimum cycle time; empty when there is none
    batches : what became of each batch
    log_hash : SHA-256 of the log in its canonical form
    orders, lots : what became of each order, and of each lot in the warehouse
    uses : what was used, without money
    currency : of what it costs, which is among the headlines; empty where the scenario says nothing of money
    """

    headlines: Mapping[str, float]
    by_resource: Mapping[str, Mapping[str, float]]
    lead_times: Sequence[float]
    weekly: Mapping[str, Sequence[float]]
    limiting_class: str
    batches: Sequence[BatchRecord]
    log_hash: str
    orders: Sequence[OrderRecord] = ()
    lots: Sequence[LotRecord] = ()
    uses: Sequence[Use] = ()
    currency: str = ""


def reported(accounts: Sequence[Account]) -> dict[str, str]:
    """Return the unit of each indicator of the whole that any of the replications has."""
    currency = next((account.currency for account in accounts if account.currency), "")
    known = {**HEADLINE_UNITS, **cost_units(currency)}
    return {name: unit for name, unit in known.items() if any(name in a.headlines for a in accounts)}


def account(window: Window, uses: Sequence[Use] = (), ledger: CostLedger | None = None) -> Account:
    """Return all indicators of a replication, which keeps what it used.

    Parameters
    ----------
    ledger : what that cost; None where the scenario says nothing of money
    """
    return Account(
        {name: indicator(window) for name, (_, indicator) in HEADLINES.items()}
        | pair_headlines(window)
        | shared_headlines(window)
        | release_headlines(window)
        | patient_headlines(window)
        | service_headlines(window)
        | ({} if ledger is None else cost_headlines(ledger)),
        {name: indicator(window) for name, (_, indicator) in BY_RESOURCE.items()}
        | release_by_job(window)
        | service_by_product(window),
        lead_times(window),
        weekly_occupancy(window),
        limiting_class(window)[0],
        histories(window.run, window.troubles),
        log_hash(window.run.log),
        window.dispatch.orders,
        window.dispatch.lots,
        uses,
        "" if ledger is None else ledger.currency,
    )
