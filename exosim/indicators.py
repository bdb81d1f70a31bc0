"""Indicators of a run: pure functions of the event log and the batch records (words of ISO 22400).

The window of an indicator is the run without its warm-up. A batch belongs to the window when it was released in it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from exosim.plant import Plant
from exosim.records import BatchRecord, Event, Run

YEAR = 8766.0  # h
_WEEK = 168.0  # h


@dataclass(frozen=True)
class Window:
    """A run, seen from the end of its warm-up to its end.

    Attributes
    ----------
    run, plant : what ran, and on what
    start : end of the warm-up [h]
    """

    run: Run
    plant: Plant
    start: float

    @property
    def hours(self) -> float:
        """Length of the window [h]."""
        return max(self.run.hours - self.start, 1e-9)

    @cached_property
    def batches(self) -> list[BatchRecord]:
        """The batches released in the window."""
        return [batch for batch in self.run.batches if batch.released >= self.start]

    @cached_property
    def ended(self) -> list[BatchRecord]:
        """The batches that ended in the window, whenever they were released."""
        return [b for b in self.run.batches if b.ended is not None and self.start <= b.ended <= self.run.hours]

    @cached_property
    def stays(self) -> list[tuple[str, str, float, float, float]]:
        """Each stay on a unit: class, unit, from, to, turnaround after it [h]; an open stay ends with the run."""
        open_stays: dict[tuple[int, str], tuple[str, float]] = {}
        found: list[tuple[str, str, float, float, float]] = []
        for event in self.run.log:
            if event.event == "start" and event.unit and (event.batch, event.unit) not in open_stays:
                open_stays[event.batch, event.unit] = (event.unit.rsplit(" ", 1)[0], event.time)
            elif event.event == "leave":
                name, begun = open_stays.pop((event.batch, event.unit))
                found.append((name, event.unit, begun, event.time, event.amount))
        found.extend((name, unit, begun, self.run.hours, 0.0) for (_, unit), (name, begun) in open_stays.items())
        return found

    def inside(self, begin: float, end: float) -> float:
        """Return how much of a stretch of time lies in the window [h]."""
        return max(min(end, self.run.hours) - max(begin, self.start), 0.0)


def batches_started(window: Window) -> float:
    """Return the batches released in the window."""
    return float(len(window.batches))


def batches_finished(window: Window) -> float:
    """Return the batches that ended well in the window."""
    return float(sum(batch.disposition == "finished" for batch in window.ended))


def batches_rejected(window: Window) -> float:
    """Return the batches that were lost in the window."""
    return float(sum(batch.disposition == "rejected" for batch in window.ended))


def doses_per_year(window: Window) -> float:
    """Return the doses of the batches that ended well, per year [dose/year]."""
    return sum(batch.doses for batch in window.ended) * YEAR / window.hours


def doses_per_started_batch(window: Window) -> float:
    """Return the doses of a batch that was released and has ended, lost ones included; NaN when none has."""
    ended = [batch.doses for batch in window.batches if batch.ended is not None]
    return float(np.mean(ended)) if ended else float("nan")


def lead_times(window: Window) -> list[float]:
    """Return the time from release to the end of each batch that ended well in the window [h]."""
    return [b.ended - b.released for b in window.ended if b.disposition == "finished" and b.ended is not None]


def _quantile(values: list[float], q: float) -> float:
    return float(np.quantile(values, q)) if values else float("nan")


def work_in_progress(window: Window) -> float:
    """Return the mean number of batches on the line."""
    spent = sum(
        window.inside(b.released, b.ended if b.ended is not None else window.run.hours) for b in window.run.batches
    )
    return spent / window.hours


def cycle_time(window: Window) -> float:
    """Return the mean time between the ends of two batches [h]; NaN with fewer than two."""
    ends = sorted(b.ended for b in window.ended if b.ended is not None)
    return (ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else float("nan")


def makespan(window: Window) -> float:
    """Return the time from the first release to the last end of a batch [h]; NaN when none has ended."""
    ends = [batch.ended for batch in window.batches if batch.ended is not None and batch.ended <= window.run.hours]
    return max(ends) - min(batch.released for batch in window.batches) if ends else float("nan")


HEADLINES: Mapping[str, tuple[str, Callable[[Window], float]]] = {
    "doses_per_year": ("dose/year", doses_per_year),
    "doses_per_started_batch": ("dose", doses_per_started_batch),
    "batches_started": ("1", batches_started),
    "batches_finished": ("1", batches_finished),
    "batches_rejected": ("1", batches_rejected),
    "lead_time": ("h", lambda window: _quantile(lead_times(window), 0.5)),
    "lead_time_p90": ("h", lambda window: _quantile(lead_times(window), 0.9)),
    "cycle_time": ("h", cycle_time),
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


def labor(window: Window) -> dict[str, float]:
    """Return the share of the people's working time that is spent at work, by role."""
    touched: dict[str, float] = defaultdict(float)
    begun: dict[tuple[int, str, str], float] = {}
    for event in window.run.log:
        key = (event.batch, event.procedure, event.phase)
        if event.event == "begin":
            begun[key] = event.time
        elif event.event == "finish":
            touched[event.role] += event.amount * window.inside(begun.pop(key), event.time)
    there = {
        r.id: r.headcount * (r.hours.worked(window.run.hours) - r.hours.worked(window.start))
        for r in window.plant.roles
    }
    return {role: touched[role] / max(hours, 1e-9) for role, hours in there.items()}


def waiting(window: Window) -> dict[str, float]:
    """Return the mean wait before each procedure, for a unit [h]."""
    waits: dict[str, list[float]] = defaultdict(list)
    for event in window.run.log:
        if event.event == "start" and event.time >= window.start:
            waits[event.procedure].append(event.amount)
    return {procedure: float(np.mean(found)) for procedure, found in waits.items()}


def waiting_for_people(window: Window) -> dict[str, float]:
    """Return the mean time for which a procedure waits for people within their working time [h]."""
    hours = {role.id: role.hours for role in window.plant.roles}

    def within(event: Event) -> float:
        if event.event != "begin" or event.waited <= 0.0:
            return 0.0
        worked = hours[event.role].worked
        return worked(event.time) - worked(event.time - event.waited)

    return _per_procedure(window, within)


def waiting_for_shift(window: Window) -> dict[str, float]:
    """Return the mean time for which a procedure waits or pauses outside working time [h]."""
    people = waiting_for_people(window)
    both = _per_procedure(window, lambda event: event.waited)
    return {procedure: max(found - people[procedure], 0.0) for procedure, found in both.items()}


def lost_to_failures(window: Window) -> dict[str, float]:
    """Return the mean time that a procedure loses while failures are repaired [h]."""
    return _per_procedure(window, lambda event: event.amount if event.event == "failure" else 0.0)


def _per_procedure(window: Window, hours_of: Callable[[Event], float]) -> dict[str, float]:
    """Return the hours of the events in the window, per start of the procedure."""
    hours: dict[str, float] = defaultdict(float)
    starts: dict[str, int] = defaultdict(int)
    for event in window.run.log:
        if event.procedure and event.time >= window.start:
            hours[event.procedure] += hours_of(event)
            starts[event.procedure] += event.event == "start"
    return {procedure: hours[procedure] / count for procedure, count in starts.items() if count}


BY_RESOURCE: Mapping[str, tuple[str, Callable[[Window], dict[str, float]]]] = {
    "utilization": ("1", utilization),
    "occupancy": ("1", occupancy),
    "labor": ("1", labor),
    "waiting": ("h", waiting),
    "waiting_for_people": ("h", waiting_for_people),
    "waiting_for_shift": ("h", waiting_for_shift),
    "lost_to_failures": ("h", lost_to_failures),
}
"""Indicators by equipment class, role or procedure, with units."""


def minimum_cycle_time(window: Window) -> tuple[str, float]:
    """Return the equipment class that is occupied longest per batch and unit, and that time [h]: the analytic bound."""
    taken: dict[str, list[float]] = defaultdict(list)
    for name, _, begin, end, turnaround in window.stays:
        taken[name].append(end + turnaround - begin)
    count = {e.id: e.count for e in window.plant.equipment}
    finished = max(len({b.number for b in window.run.batches}), 1)
    bound = {name: sum(hours) / finished / count[name] for name, hours in taken.items()}
    name = max(bound, key=lambda key: bound[key], default="")
    return name, bound.get(name, float("nan"))


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
    minimum_cycle_time : analytic bound of the time between two batches [h]
    batches : what became of each batch
    """

    headlines: Mapping[str, float]
    by_resource: Mapping[str, Mapping[str, float]]
    lead_times: Sequence[float]
    weekly: Mapping[str, Sequence[float]]
    minimum_cycle_time: float
    batches: Sequence[BatchRecord]


def account(window: Window) -> Account:
    """Return all indicators of a replication."""
    return Account(
        {name: indicator(window) for name, (_, indicator) in HEADLINES.items()},
        {name: indicator(window) for name, (_, indicator) in BY_RESOURCE.items()},
        lead_times(window),
        weekly_occupancy(window),
        minimum_cycle_time(window)[1],
        [replace(batch, product=None) for batch in window.run.batches],
    )
