"""Hours of units and rooms: who stays where, for which step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from exosim.economics.usage import NOBODY, Use, used
from exosim.window import Stay, Window

_Starts = Mapping[tuple[int, str], Sequence[tuple[float, str]]]


def stays_by_step(window: Window) -> list[Stay]:
    """Return each stay on a unit, parted at the start of each further step for which the batch stays on it.

    What a batch waits on its unit belongs to the step that is over, and the turnaround to the last step.
    """
    starts = _starts(window)
    return [part for stay in window.occupations for part in _parts(stay, starts.get((stay.batch, stay.name), ()))]


def _starts(window: Window) -> _Starts:
    """Return when each batch started which step on which class of units."""
    found: dict[tuple[int, str], list[tuple[float, str]]] = defaultdict(list)
    for event in window.by_event["start"]:
        if event.unit:
            found[event.batch, event.unit.rpartition(" ")[0]].append((event.time, event.procedure))
    return found


def _parts(stay: Stay, starts: Sequence[tuple[float, str]]) -> Sequence[Stay]:
    """Return a stay parted by the steps that start in it."""
    if stay.batch == NOBODY:
        return [stay._replace(step=f"material.{stay.step}")]
    inside = [(time, step) for time, step in starts if stay.begin < time < stay.end]
    if not inside:
        return [stay]
    edges = [stay.begin, *(time for time, _ in inside), stay.end]
    steps = [stay.step, *(step for _, step in inside)]
    parts = [
        stay._replace(step=step, begin=begin, end=end, after=0.0)
        for step, begin, end in zip(steps, edges, edges[1:], strict=False)
    ]
    return [*parts[:-1], parts[-1]._replace(after=stay.after)]


def occupied(window: Window, stays: Sequence[Stay]) -> Iterator[Use]:
    """Yield the hours of units, turnaround included."""
    for batch, step, name, _, begin, end, after in stays:
        hours = window.inside(begin, end + after)
        yield used((batch, step, f"equipment.{name}", "occupied", hours, "h", max(begin, window.start)))


def owned(window: Window) -> Iterator[Use]:
    """Yield the hours of the calendar for which units are there."""
    for equipment in window.plant.equipment:
        hours = equipment.count * window.hours
        yield Use(NOBODY, "", f"equipment.{equipment.id}", "owned", hours, "h", window.start)


def stayed(window: Window, stays: Sequence[Stay]) -> Iterator[Use]:
    """Yield the hours of batches in rooms: once for a batch that is on several units of a room at the same time."""
    rooms = {equipment.id: equipment.room for equipment in window.plant.equipment if equipment.room is not None}
    inside = [stay for stay in stays if stay.name in rooms] if rooms else []
    until: dict[tuple[int, str], float] = {}
    for stay in sorted(inside, key=lambda stay: stay.begin):
        room = rooms[stay.name]
        begin = max(stay.begin, until.get((stay.batch, room), stay.begin))
        until[stay.batch, room] = max(stay.end, until.get((stay.batch, room), stay.end))
        hours = window.inside(begin, stay.end)
        yield Use(stay.batch, stay.step, f"room.{room}", "stayed", hours, "h", max(begin, window.start))
