"""One batch on its way through the recipe: waits, phases, failures, and what it holds meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import simpy

from exosim.facility.lots import PlannedPhase
from exosim.facility.pool import Pool
from exosim.operations.base import VisitedOperation
from exosim.recipe import UnitProcedure
from exosim.records import Disposition, Event

if TYPE_CHECKING:
    from exosim.facility.crew import Crew
    from exosim.facility.line import Line

Steps = Generator[simpy.Event, Any, Any]


@dataclass(eq=False, slots=True)
class Batch:
    """A batch in the facility: the only mutable thing besides pools and crews."""

    number: int
    donor: int
    released: float
    due: float
    done: simpy.Event
    holds: list[tuple[Pool, int]] = field(default_factory=list)
    waits_for: Pool | Crew | None = None
    disposition: Disposition = "unfinished"
    ended: float | None = None


def run_batch(batch: Batch, line: Line, entered: Callable[[], None]) -> Steps:
    """Take a batch through all procedures; the generator reads like the recipe."""
    log, env, number = line.log, line.env, batch.number
    log.append(Event(env.now, number, event="release"))
    yield from line.zero_wait(batch)
    ready = env.now
    for index, procedure in enumerate(line.procedures):
        name = procedure.id
        log.append(Event(ready, number, name, "", "ready"))
        unit = yield from _enter(batch, line, procedure.unit)
        if index == 0:
            entered()
        begun = env.now
        log.append(Event(begun, number, name, "", "start", unit, "", begun - ready))
        survived = yield from _work(batch, line, index, begun - ready, unit)
        ready = env.now
        log.append(Event(ready, number, name, "", "end", unit))
        if not survived:
            break
        stays = index + 1 < len(line.procedures) and line.procedures[index + 1].unit == procedure.unit
        if not line.blocking and not stays:
            line.leave(batch)
    line.leave(batch)
    batch.disposition = "finished" if survived else "rejected"
    batch.ended = env.now
    log.append(Event(env.now, batch.number, event=batch.disposition))
    batch.done.succeed()


def _enter(batch: Batch, line: Line, name: str | None) -> Steps:
    """Take a unit of the next class; with no storage between units, the last one is held until then.

    Returns the label of the unit. A batch that goes on in the class in which it is stays on its unit.
    """
    if name is None:
        line.leave(batch)
        return ""
    if batch.holds and batch.holds[-1][0].name == name:
        pool, unit = batch.holds[-1]
        return pool.labels[unit]
    pool = line.pools[name]
    free = pool.at_once(batch)
    unit = (yield pool.queued(batch, line.priority(batch, line.env.now))) if free is None else free
    line.leave(batch)
    batch.holds.append((pool, unit))
    return pool.labels[unit]


def _work(batch: Batch, line: Line, index: int, waited: float, unit: str) -> Steps:
    """Run the phases of a procedure, with what fails; returns whether the batch survives."""
    attempt = 0
    while True:
        phases = line.lots.begin(batch.number, index, waited)
        planned = sum(phase.hours for phase in phases)
        struck = line.failures.struck(batch.number, index, attempt, planned)
        if not struck or struck[0].consequence == "wait":
            yield from _phases(batch, line, index, waited, phases, unit)
            for failure in struck:
                yield from _lost(batch, line, index, failure.hours_lost, failure.id)
            return True
        failure = struck[0]
        done = _until(phases, failure.after)
        yield from _phases(batch, line, index, waited, done, unit, complete=False)
        yield from _lost(batch, line, index, failure.hours_lost, failure.id)
        attempt += 1
        if failure.consequence == "reject" or attempt > failure.limit:
            return False


def _lost(batch: Batch, line: Line, index: int, hours: float, note: str) -> Steps:
    place = line.procedures[index].id
    line.log.append(Event(line.env.now, batch.number, place, event="failure", amount=hours, note=note))
    if hours > 0.0:
        yield simpy.Timeout(line.env, hours)


def _until(phases: list[PlannedPhase], hours: float) -> list[PlannedPhase]:
    """Return the phases as far as `hours` of work reach."""
    reached = []
    for phase in phases:
        if hours <= 0.0:
            break
        reached.append(phase._replace(hours=min(phase.hours, hours)))
        hours -= phase.hours
    return reached


def _phases(
    batch: Batch,
    line: Line,
    index: int,
    waited: float,
    phases: list[PlannedPhase],
    unit: str,
    *,
    complete: bool = True,
) -> Steps:
    """Run phases one after the other; a running operation keeps to its schedule when a visit is late."""
    env, procedure = line.env, line.procedures[index]
    if not isinstance(procedure.operation, VisitedOperation):
        for phase in phases:
            if phase.hours > 0.0:
                yield from _phase(batch, line, procedure, phase, phase.hours, unit)
        return
    begun = env.now
    due, visits = 0.0, []
    for position, phase in enumerate(phases):
        due += phase.hours
        hours = phase.hours if phase.attended else begun + due - env.now
        if hours > 0.0:
            yield from _phase(batch, line, procedure, phase, hours, unit)
        if position == 0:
            begun, due = env.now, 0.0  # the clock of the operation starts when its vessel does
        elif phase.attended:
            visits.append(env.now - begun)
    if complete:
        line.lots.visited(batch.number, index, waited, visits)


def _phase(batch: Batch, line: Line, procedure: UnitProcedure, phase: PlannedPhase, hours: float, unit: str) -> Steps:
    """Let the hours of a phase pass, with people when it is attended."""
    env = line.env
    crew = line.crews.get(procedure.operator or "") if phase.attended and phase.people else None
    if crew is None:
        yield simpy.Timeout(env, hours)
        return
    log, number, place, who, people = line.log, batch.number, procedure.id, crew.name, phase.people
    asked = env.now
    if not crew.at_once(people, hours):
        yield crew.queued(batch, line.priority(batch, asked), people, hours)
    begun = env.now
    log.append(Event(begun, number, place, phase.name, "begin", unit, who, people, "", begun - asked))
    taken = crew.finish(hours)
    yield simpy.Timeout(env, taken)
    crew.release(people)
    log.append(Event(env.now, number, place, phase.name, "finish", unit, who, people, "", taken - hours))
