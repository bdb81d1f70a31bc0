"""People at work and people on duty: hours told from the log and the calendar, by role."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from exosim.plant import Role
from exosim.records import Event

_ENDS = {"begin": "finish", "prepare": "prepared"}
"""Events with which people begin and end: phases of batches, preparations of media and buffers."""
_Key = tuple[str, int, str, str, str, str]


class _Work(NamedTuple):
    """People at work from `begun` to `ended`.

    Attributes
    ----------
    idle : hours of repair and of waiting for a utility in between, within working time or not
    paused : hours outside working time besides
    """

    role: str
    people: float
    begun: float
    ended: float
    idle: float = 0.0
    paused: float = 0.0
    batch: int = -1
    step: str = ""


class Worked(NamedTuple):
    """Hours of people at work for one batch in one step [h]; batch -1 belongs to none."""

    batch: int
    step: str
    role: str
    hours: float
    begun: float


def touched_hours(log: Sequence[Event], roles: Sequence[Role], start: float, end: float) -> dict[str, float]:
    """Return the hours of people at work between `start` and `end`, by role: people times hours really worked [h].

    What pauses outside working time counts for its working hours only, changing clothes before a phase counts, and
    work that still runs at the end counts as far as it got. The time in which people stand at a unit that is repaired
    or wait for a utility does not count; it is taken evenly from the whole phase.
    """
    return hours_by_role(work_of_people(log, roles, start, end), roles)


def hours_by_role(work: Iterable[Worked], roles: Sequence[Role]) -> dict[str, float]:
    """Return the hours of people at work, by role; 0 of those who did nothing [h]."""
    hours = {role.id: 0.0 for role in roles}
    for worked in work:
        hours[worked.role] += worked.hours
    return hours


def work_of_people(log: Sequence[Event], roles: Sequence[Role], start: float, end: float) -> Iterator[Worked]:
    """Yield what people worked between `start` and `end`, phase by phase; see :func:`touched_hours`."""
    there = {role.id: role.hours.worked for role in roles}
    for work in _work(log):
        on = there[work.role]
        first, last = max(work.begun, start), min(work.ended, end)
        if last > first:
            hours = work.people * _share(work, on) * (on(last) - on(first))
            yield Worked(work.batch, work.step, work.role, hours, first)


def _share(work: _Work, on: Callable[[float], float]) -> float:
    """Return the share of the working time of a phase in which people were not idle."""
    there = on(work.ended) - on(work.begun)
    if work.idle <= 0.0 or there <= 0.0:
        return 1.0
    return min(max(work.ended - work.begun - work.paused - work.idle, 0.0) / there, 1.0)


def paid_hours(roles: Sequence[Role], start: float, end: float) -> dict[str, float]:
    """Return the hours of people on duty between `start` and `end`, by role: headcount times hours of the shifts [h].

    A role without shifts is there always, day and night.
    """
    return {role.id: role.headcount * (role.hours.worked(end) - role.hours.worked(start)) for role in roles}


def _work(log: Sequence[Event]) -> Iterator[_Work]:
    """Yield all work of people; what is not finished goes on for ever."""
    begun: dict[_Key, list[Event]] = defaultdict(list)
    idle: dict[tuple[int, str], float] = {}
    for event in log:
        if event.event in _ENDS and event.role:
            begun[_key(event, _ENDS[event.event])].append(event)
            idle[event.batch, event.procedure] = 0.0
        elif event.event in _ENDS.values() and event.role:
            since = begun[_key(event, event.event)].pop(0)
            lost = idle[event.batch, event.procedure]
            yield _Work(
                event.role, event.amount, since.time, event.time, lost, event.waited, event.batch, event.procedure
            )
        elif event.event in ("repaired", "utility") and (event.batch, event.procedure) in idle:
            idle[event.batch, event.procedure] += event.amount if event.event == "repaired" else event.waited
    for events in begun.values():
        for event in events:
            yield _Work(event.role, event.amount, event.time, math.inf, batch=event.batch, step=event.procedure)


def _key(event: Event, end: str) -> _Key:
    return end, event.batch, event.procedure, event.phase, event.role, event.unit
