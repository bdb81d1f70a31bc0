"""People at work and people on duty: hours told from the log and the calendar, by role."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from exosim.plant import Role
from exosim.records import Event


def touched_hours(log: Sequence[Event], roles: Sequence[Role], start: float, end: float) -> dict[str, float]:
    """Return the hours of people at work between `start` and `end`, by role: people times hours really worked [h].

    A phase that pauses outside working time counts for its working hours only; one that still runs at the end counts
    as far as it got.
    """
    worked = {role.id: role.hours.worked for role in roles}
    hours = dict.fromkeys(worked, 0.0)
    for event, finish in _attended(log):
        first, last = max(event.time, start), min(finish, end)
        if last > first:
            hours[event.role] += event.amount * (worked[event.role](last) - worked[event.role](first))
    return hours


def paid_hours(roles: Sequence[Role], start: float, end: float) -> dict[str, float]:
    """Return the hours of people on duty between `start` and `end`, by role: headcount times hours of the shifts [h].

    A role without shifts is there always, day and night.
    """
    return {role.id: role.headcount * (role.hours.worked(end) - role.hours.worked(start)) for role in roles}


def _attended(log: Sequence[Event]) -> Iterator[tuple[Event, float]]:
    """Yield the begin of each attended phase and when it was finished; never is infinity."""
    begun: dict[tuple[int, str, str, str], Event] = {}
    for event in log:
        if event.event == "begin":
            begun[event.batch, event.procedure, event.phase, event.role] = event
        elif event.event == "finish":
            yield begun.pop((event.batch, event.procedure, event.phase, event.role)), event.time
    yield from ((event, math.inf) for event in begun.values())
