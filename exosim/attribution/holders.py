"""Who had what, and when: units, rooms and people, told from the log of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from exosim.attribution.causes import SAME
from exosim.parameter import Array
from exosim.plant import Plant, Room
from exosim.records import Event, Run
from exosim.release import is_job


@dataclass(frozen=True, slots=True)
class Holding:
    """Something that a resource was taken by.

    Attributes
    ----------
    begin, end : hours after the start of the run
    cause : what somebody who waits for the resource meanwhile waits for; of :data:`exosim.attribution.causes.CAUSES`
    resource : unit, room or role
    lot : number of the batch that had it, from 0; -1 for none
    note : procedure of that lot, kind of a repair, material of a preparation, product after a changeover
    """

    begin: float
    end: float
    cause: str
    resource: str
    lot: int = -1
    note: str = ""


@dataclass(frozen=True)
class Holders:
    """All that was taken in a run: units by class, rooms, people by role, utilities."""

    units: Mapping[str, Sequence[Holding]]
    rooms: Mapping[str, Sequence[Holding]]
    people: Mapping[str, Sequence[Holding]]
    utilities: Mapping[str, Sequence[Holding]]


def holders(run: Run, plant: Plant, takes: Mapping[tuple[str, str], Collection[str]]) -> Holders:
    """Return who had which unit, room, people and utility in a run.

    Parameters
    ----------
    run, plant : what ran, and on what
    takes : utilities of each procedure, by product and id; those that take none may be left out
    """
    units: dict[str, list[Holding]] = defaultdict(list)
    for holding in [*_stays(run, plant), *_outages(run)]:
        units[class_of(holding.resource)].append(holding)
    people: dict[str, list[Holding]] = defaultdict(list)
    for holding in _at_work(run):
        people[holding.resource].append(holding)
    product = {batch.number: batch.campaign for batch in run.batches}
    inside = room_stays(run, plant)
    rooms = {room.id: _room(room, inside[room.id], product) for room in plant.rooms}
    return Holders(units, rooms, people, _utilities(run, takes, product))


def class_of(unit: str) -> str:
    """Return the class of a unit such as ``tff_skid 1``."""
    return unit.rsplit(" ", 1)[0]


def _stays(run: Run, plant: Plant) -> Iterator[Holding]:
    """Yield all stays on units with the turnarounds after them; open ones end with the run."""
    after = {e.id: value_of(e.turnaround, 0) for e in plant.equipment}
    begun: dict[tuple[int, str], Event] = {}
    worked: dict[tuple[int, str], Event] = {}
    free: dict[str, float] = {}
    out: dict[str, list[Event]] = defaultdict(list)
    for event in (event for event in run.log if event.unit):
        key, kind = (event.batch, event.unit), event.event
        if kind in ("down", "maintenance"):
            out[event.unit].append(event)
        elif kind in ("start", "parallel", "prepare"):
            begun.setdefault(key, event)
        elif kind == "begin" and is_job(event.procedure):
            taken = _taken(event.time - event.waited, free.get(event.unit, 0.0), out[event.unit])
            begun[key] = event._replace(time=min(taken, event.time))
        elif kind == "finish" and is_job(event.procedure):
            worked[key] = begun.pop(key, event)
            yield _stay(worked[key], event.time)
            free[event.unit] = event.time
        elif kind in ("leave", "prepared") and (key in begun or key in worked):
            first = begun.pop(key) if key in begun else worked.pop(key)
            if not is_job(first.procedure):
                yield _stay(first, event.time)
            hours = event.amount if kind == "leave" else after.get(class_of(event.unit), 0.0)
            yield Holding(event.time, event.time + hours, "turnaround", event.unit, event.batch, first.procedure)
            free[event.unit] = event.time + hours
        elif kind == "leave":  # of a lot that was lost while a job of it had the unit and waited for people
            yield _stay(event._replace(time=free.get(event.unit, 0.0)), event.time)
            free[event.unit] = event.time
    for first in begun.values():
        yield _stay(first, run.hours)


def _taken(asked: float, free: float, out: Sequence[Event]) -> float:
    """Return since when a job has had the unit with which it then waited for people: since that was free and up."""
    taken = max(asked, free)
    for event in out:
        if event.time <= taken:  # what strikes later strikes a unit that is taken
            taken = max(taken, event.time + event.amount)
    return taken


def _stay(first: Event, end: float) -> Holding:
    cause = "unit_preparation" if first.event == "prepare" else "unit"
    return Holding(first.time, end, cause, first.unit, first.batch, first.procedure)


def _outages(run: Run) -> Iterator[Holding]:
    for event in run.log:
        if event.event in ("down", "maintenance"):
            note = event.note if event.event == "down" else "service"
            yield Holding(event.time, event.time + event.amount, "unit_out", event.unit, -1, note)


_ENDS = {"finish": "begin", "prepared": "prepare"}


def _at_work(run: Run) -> Iterator[Holding]:
    """Yield when people of each role were at work, and on what."""
    begun: dict[tuple[str, int, str, str, str, str], list[Event]] = defaultdict(list)
    for event in run.log:
        if not event.role or not event.amount:  # in a shared run, people work on the lot that leads it
            continue
        kind = _ENDS.get(event.event, event.event)
        key = (kind, event.batch, event.procedure, event.phase, event.role, event.unit)
        if event.event in _ENDS and begun[key]:
            first = begun[key].pop(0)
            yield Holding(first.time, event.time, "people", event.role, event.batch, event.procedure)
        elif event.event in _ENDS.values():
            begun[key].append(event)
    for events in begun.values():
        for first in events:
            yield Holding(first.time, run.hours, "people", first.role, first.batch, first.procedure)


def _utilities(
    run: Run, takes: Mapping[tuple[str, str], Collection[str]], product: Mapping[int, str]
) -> dict[str, list[Holding]]:
    """Return who took each utility when: from the start of a procedure to its end, without its own waits for it."""
    found: dict[str, list[Holding]] = defaultdict(list)
    since: dict[tuple[int, str, str], float] = {}
    for event in run.log if takes else ():
        used = takes.get((product.get(event.batch, ""), event.procedure), ())
        for name in used:
            key = (event.batch, event.procedure, name)
            if event.event == "start":
                since[key] = event.time
            elif key in since and (event.event == "end" or (event.event == "utility" and event.note == name)):
                until = event.time - event.waited
                found[name].append(Holding(since[key], until, "utility", name, event.batch, event.procedure))
                since[key] = event.time
                if event.event == "end":
                    del since[key]
    for (number, procedure, name), begin in since.items():
        found[name].append(Holding(begin, run.hours, "utility", name, number, procedure))
    return found


def room_stays(run: Run, plant: Plant) -> dict[str, list[Holding]]:
    """Return which batch was in which room when, told from the units that stand in it.

    A batch is in a room from when it may enter until it gives back its units, unless its next unit stands there, too.
    """
    room_of = {e.id: e.room for e in plant.equipment if e.room is not None}
    found: dict[str, list[Holding]] = {room.id: [] for room in plant.rooms}
    inside: dict[int, tuple[str, float, str]] = {}
    left: dict[int, float] = {}
    waited: dict[int, float] = {}
    on: set[tuple[int, str]] = set()
    for event in run.log if room_of else ():
        number = event.batch
        if event.event in ("start", "parallel"):
            on.add((number, event.unit))
        if event.event == "room":
            waited[number] = event.amount
        elif event.event == "leave" and (number, event.unit) in on:  # not an instrument of the laboratory
            on.discard((number, event.unit))
            left[number] = event.time
        elif event.event == "start" or event.event in ("finished", "rejected", "manufactured"):
            room = room_of.get(class_of(event.unit)) if event.event == "start" else None
            entered = event.time - event.amount + waited.pop(number, 0.0)
            if number in inside and inside[number][0] != room:
                name, since, procedure = inside.pop(number)
                found[name].append(Holding(since, left.get(number, event.time), "room", name, number, procedure))
            if room is not None and number not in inside:
                inside[number] = room, entered, event.procedure
    for number, (name, since, procedure) in inside.items():
        found[name].append(Holding(since, run.hours, "room", name, number, procedure))
    return found


def _room(room: Room, stays: Iterable[Holding], product: Mapping[int, str]) -> list[Holding]:
    """Return by whom a room was taken, with clearances after the last batch and changeovers before the first."""
    ordered = sorted(stays, key=lambda stay: (stay.begin, stay.lot))
    found = list(ordered)
    if room.segregation == "none":
        return found
    for place, stay in enumerate(ordered):
        if not any(other is not stay and other.begin <= stay.end < other.end for other in ordered):
            hours = value_of(room.line_clearance, stay.lot)
            found.append(replace(stay, begin=stay.end, end=stay.end + hours, cause="clearance"))
        before = ordered[place - 1] if place else None
        if before is not None and product.get(before.lot) != product.get(stay.lot):
            hours = value_of(room.changeover, stay.lot)
            note = f"from {product.get(before.lot)} to {product.get(stay.lot)}"
            found.append(Holding(stay.begin - hours, stay.begin, "changeover", room.id, stay.lot, note))
    return found


def value_of(value: Array, number: int) -> float:
    """Return the value of one batch of an array, or the one of all."""
    array = np.ravel(value)
    return float(array[0] if array.size == 1 else array[number])


def shares(
    begin: float, end: float, taken: Sequence[Holding], order: Sequence[str]
) -> Iterator[Holding | tuple[float, float]]:
    """Yield by what a resource was taken from `begin` to `end`, piece by piece; a pair where nothing is known.

    Parameters
    ----------
    taken : what the resource was taken by, in any order
    order : causes, the first of which counts where several hold at once; of several of one cause, the one counts that
        ended last and not after `end`: it made way
    """
    near = [holding for holding in taken if holding.end > begin and holding.begin < end]
    moments = sorted({begin, end, *(m for h in near for m in (h.begin, h.end) if begin < m < end)})

    def rank(holding: Holding) -> tuple[int, bool, float]:
        late = holding.end > end + SAME
        return order.index(holding.cause), late, holding.end if late else -holding.end

    for first, second in pairwise(moments):
        there = [h for h in near if h.begin <= first and h.end >= second and h.cause in order]
        if there:
            yield replace(min(there, key=rank), begin=first, end=second)
        else:
            yield first, second
