"""A run of the facility, seen from the end of its warm-up: what all indicators are folds over."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from exosim.history import troubles
from exosim.labor import Worked, hours_by_role, work_of_people
from exosim.plant import Plant
from exosim.records import BatchRecord, Event, Run
from exosim.release import is_job
from exosim.service.dispatch import Dispatch, dispatch

_ARRIVES = ("start", "parallel", "prepare")
"""Events with which a batch or a preparation takes a unit."""


class Stay(NamedTuple):
    """A stay of a batch on a unit: class `name`, `unit`, from `begin` to `end`, and the turnaround `after` it [h]."""

    batch: int
    step: str
    name: str
    unit: str
    begin: float
    end: float
    after: float


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

    @property
    def stays(self) -> list[tuple[str, str, float, float, float]]:
        """Each stay on a unit: class, unit, from, to, turnaround after it [h]; an open stay ends with the run."""
        return [(stay.name, stay.unit, stay.begin, stay.end, stay.after) for stay in self.occupations]

    @cached_property
    def occupations(self) -> list[Stay]:
        """Each stay of a batch on a unit, with the step for which it came; an open stay ends with the run."""
        turnaround = {e.id: float(np.ravel(e.turnaround)[0]) for e in self.plant.equipment}
        open_stays: dict[tuple[int, str], tuple[str, str, float]] = {}
        found: list[Stay] = []
        for event in self.run.log:
            key = (event.batch, event.unit)
            arrives = event.event in _ARRIVES or (event.event == "begin" and is_job(event.procedure))
            if arrives and event.unit and key not in open_stays:
                open_stays[key] = (event.procedure, event.unit.rsplit(" ", 1)[0], event.time)
            elif event.event == "leave" or (event.event == "prepared" and event.unit):
                at_once = event.procedure, event.unit.rsplit(" ", 1)[0], event.time  # lost before its job began
                step, name, begun = open_stays.pop(key, at_once)
                after = event.amount if event.event == "leave" else turnaround.get(name, 0.0)
                found.append(Stay(event.batch, step, name, event.unit, begun, event.time, after))
        for (batch, unit), (step, name, begun) in open_stays.items():
            found.append(Stay(batch, step, name, unit, begun, self.run.hours, 0.0))
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
        return hours_by_role(self.work, self.plant.roles)

    @cached_property
    def work(self) -> Sequence[Worked]:
        """What people worked in the window, phase by phase."""
        return list(work_of_people(self.run.log, self.plant.roles, self.start, self.run.hours))

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
