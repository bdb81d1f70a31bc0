"""Indicators of a run: pure functions of the event log and the batch records (words of ISO 22400).

The window of an indicator is the run without its warm-up. A batch belongs to the window when it was started in it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from exosim import folds
from exosim.folds import folded, lead_times
from exosim.history import histories, troubles
from exosim.labor import paid_hours, touched_hours
from exosim.plant import Plant
from exosim.product_indicators import YEAR, batches_by_product, doses_by_product, lead_time_by_product, on_time
from exosim.records import BatchRecord, Event, Run, log_hash
from exosim.release import is_job
from exosim.release_indicators import OF_JOBS, RELEASE, release_by_job, release_headlines
from exosim.service.dispatch import Dispatch, dispatch
from exosim.service.indicators import SERVICE, service_by_product, service_headlines
from exosim.service.orders import OrderRecord
from exosim.service.warehouse import LotRecord
from exosim.waits import WAITS

_WEEK = 168.0  # h
_ARRIVES = ("start", "parallel", "prepare")
"""Events with which a batch or a preparation takes a unit."""


@dataclass(frozen=True)
class Window:
    """A run, seen from the end of its warm-up to its end.

    Attributes
    ----------
    run, plant : what ran, and on what
    start : end of the warm-up [h]
    planned : hours for which a batch occupies each equipment class as planned: no waits, no failures
    """

    run: Run
    plant: Plant
    start: float
    planned: Mapping[str, float] = field(default_factory=dict)

    @property
    def hours(self) -> float:
        """Length of the window [h]."""
        return max(self.run.hours - self.start, 1e-9)

    @cached_property
    def batches(self) -> list[BatchRecord]:
        """The batches started in the window; those that found the line full were not."""
        return [b for b in self.run.batches if b.started >= self.start and b.disposition != "turned_away"]

    @cached_property
    def ended(self) -> list[BatchRecord]:
        """The batches that ended in the window, whenever they were started; not those that found the line full."""
        begun = (b for b in self.run.batches if b.ended is not None and b.disposition != "turned_away")
        return [b for b in begun if b.ended is not None and self.start <= b.ended <= self.run.hours]

    @cached_property
    def stays(self) -> list[tuple[str, str, float, float, float]]:
        """Each stay on a unit: class, unit, from, to, turnaround after it [h]; an open stay ends with the run."""
        turnaround = {e.id: float(np.ravel(e.turnaround)[0]) for e in self.plant.equipment}
        open_stays: dict[tuple[int, str], tuple[str, float]] = {}
        found: list[tuple[str, str, float, float, float]] = []
        for event in self.run.log:
            key = (event.batch, event.unit)
            arrives = event.event in _ARRIVES or (event.event == "begin" and is_job(event.procedure))
            if arrives and event.unit and key not in open_stays:
                open_stays[key] = (event.unit.rsplit(" ", 1)[0], event.time)
            elif event.event == "leave" or (event.event == "prepared" and event.unit):
                at_once = event.unit.rsplit(" ", 1)[0], event.time  # of a lot that was lost before its job began
                name, begun = open_stays.pop(key, at_once)
                after = event.amount if event.event == "leave" else turnaround.get(name, 0.0)
                found.append((name, event.unit, begun, event.time, after))
        found.extend((name, unit, begun, self.run.hours, 0.0) for (_, unit), (name, begun) in open_stays.items())
        return found

    @cached_property
    def by_event(self) -> Mapping[str, Sequence[Event]]:
        """The events of the log by their name, in order; none of a name that it does not have."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.run.log:
            found[event.event].append(event)
        return found

    @cached_property
    def starts(self) -> Mapping[str, int]:
        """How often each procedure was started in the window."""
        return Counter(e.procedure for e in self.by_event["start"] if e.batch >= 0 and e.time >= self.start)

    @cached_property
    def touched(self) -> Mapping[str, float]:
        """The hours of people at work in the window, by role [h]."""
        return touched_hours(self.run.log, self.plant.roles, self.start, self.run.hours)

    @cached_property
    def troubles(self) -> Mapping[int, Sequence[Event]]:
        """What went wrong, by number of the batch: its failures and deviations, in order."""
        return troubles(self.run.log)

    @cached_property
    def releases(self) -> bool:
        """Whether lots are tested and released after their recipe."""
        return bool(self.by_event["manufactured"])

    @cached_property
    def dispatch(self) -> Dispatch:
        """What became of orders and of the doses in stock, over the whole run."""
        return dispatch(self.run, self.plant.demand)

    def inside(self, begin: float, end: float) -> float:
        """Return how much of a stretch of time lies in the window [h]."""
        return max(min(end, self.run.hours) - max(begin, self.start), 0.0)


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
    **WAITS,
}
"""Indicators by equipment class, role or procedure, with units."""
HEADLINE_UNITS: Mapping[str, str] = {
    name: unit for name, (unit, _) in (*HEADLINES.items(), *RELEASE.items(), *SERVICE.items())
}
"""Unit of each indicator of the whole: of every run, then of those with a release, with orders or a warehouse."""
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


def reported(accounts: Sequence[Account]) -> dict[str, str]:
    """Return the unit of each indicator of the whole that any of the replications has."""
    return {name: unit for name, unit in HEADLINE_UNITS.items() if any(name in a.headlines for a in accounts)}


def account(window: Window) -> Account:
    """Return all indicators of a replication."""
    return Account(
        {name: indicator(window) for name, (_, indicator) in HEADLINES.items()}
        | release_headlines(window)
        | service_headlines(window),
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
    )
