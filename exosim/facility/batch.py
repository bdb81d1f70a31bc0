"""One batch on its way through the recipe: waits, phases, failures, and what it holds meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import simpy

from exosim.facility.lots import PlannedPhase
from exosim.facility.pool import Pool
from exosim.facility.route import Production, Stage
from exosim.records import Disposition, entry

if TYPE_CHECKING:
    from exosim.facility.crew import Crew
    from exosim.facility.line import Line

Steps = Generator[simpy.Event, Any, Any]


@dataclass(eq=False, slots=True)
class Batch:
    """A batch in the facility: the only mutable thing besides the resources.

    Attributes
    ----------
    number, lane : its place among all batches, and among those of its product
    production, stages : what it follows
    done : triggered at its end, when somebody waits for that
    """

    number: int
    lane: int
    donor: int
    production: Production
    stages: Sequence[Stage]
    released: float
    due: float
    holds: list[tuple[Pool, int]] = field(default_factory=list)
    waits_for: Pool | Crew | None = None
    disposition: Disposition = "unfinished"
    ended: float | None = None
    done: simpy.Event | None = None


def run_batch(batch: Batch, line: Line, entered: Callable[[], None] | None = None) -> Steps:
    """Take a batch through all procedures; the generator reads like the recipe."""
    log, env, number = line.log, line.env, batch.number
    log.append(entry((env.now, number, "", "", "release", "", "", 0.0, "", 0.0)))
    if line.reserved is not None:
        yield from line.zero_wait(batch)
    survived = True
    for stage in batch.stages:
        ready = env.now
        log.append(entry((ready, number, stage.id, "", "ready", "", "", 0.0, "", 0.0)))
        pool = stage.pool
        if pool is None:
            line.leave(batch)
            unit = ""
        elif stage.stays and batch.holds:
            unit = pool.labels[batch.holds[-1][1]]
        else:
            taken = pool.at_once(batch)
            if taken is None:
                taken = yield pool.queued(batch, line.key(batch, ready))
            if batch.holds:
                line.leave(batch)
            batch.holds.append((pool, taken))
            unit = pool.labels[taken]
        if entered is not None:
            entered()
            entered = None
        begun = env.now
        log.append(entry((begun, number, stage.id, "", "start", unit, "", begun - ready, "", 0.0)))
        survived = yield from _work(batch, line, stage, ready, unit)
        log.append(entry((env.now, number, stage.id, "", "end", unit, "", 0.0, "", 0.0)))
        if not survived:
            break
        if stage.leaves and batch.holds:
            line.leave(batch)
    line.leave(batch)
    batch.disposition = "finished" if survived else "rejected"
    batch.ended = env.now
    log.append(entry((env.now, number, "", "", batch.disposition, "", "", 0.0, "", 0.0)))
    if batch.done is not None:
        batch.done.succeed()


def _work(batch: Batch, line: Line, stage: Stage, ready: float, unit: str) -> Steps:
    """Run the phases of a procedure, with what fails; returns whether the batch survives."""
    lots, failures, lane = batch.production.lots, batch.production.failures, batch.lane
    asked, attempt = line.env.now, 0
    phases = lots.begin(lane, stage.index, asked - ready)
    there = False
    if stage.crew is not None and phases and phases[0].attended:
        there = phases[0].people > 0 and phases[0].hours > 0.0
        if there and not stage.crew.at_once(phases[0].people, phases[0].hours):
            phases = yield from _people(batch, line, stage, ready, phases)
            there = phases[0].hours > 0.0
    waited = line.env.now - ready
    while True:
        struck = failures.struck(lane, stage.index, attempt, sum([phase.hours for phase in phases]))
        stopped = bool(struck) and struck[0].consequence != "wait"
        some = _until(phases, struck[0].after) if stopped else phases
        visits = yield from _phases(batch, line, stage, some, unit, asked if there else None)
        for failure in struck:
            yield from _lost(batch, line, stage, failure.hours_lost, failure.id)
        if not stopped:
            if stage.visited:
                lots.visited(lane, stage.index, waited, visits)
            return True
        attempt, there = attempt + 1, False
        if struck[0].consequence == "reject" or attempt > struck[0].limit:
            return False


def _people(batch: Batch, line: Line, stage: Stage, ready: float, phases: list[PlannedPhase]) -> Steps:
    """Wait for the people of the first phase; returns the phases of a feed that has waited for them as well."""
    first, crew = phases[0], stage.crew
    assert crew is not None
    yield crew.queued(batch, line.key(batch, line.env.now), first.people, first.hours)
    if stage.held:
        phases = batch.production.lots.begin(batch.lane, stage.index, line.env.now - ready)
        if phases[0].hours <= 0.0:
            crew.release(first.people)
    return phases


def _lost(batch: Batch, line: Line, stage: Stage, hours: float, note: str) -> Steps:
    line.log.append(entry((line.env.now, batch.number, stage.id, "", "failure", "", "", hours, note, 0.0)))
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
    batch: Batch, line: Line, stage: Stage, phases: list[PlannedPhase], unit: str, asked: float | None
) -> Steps:
    """Run phases one after the other; a visited operation keeps to its schedule when a visit is late.

    Parameters
    ----------
    asked : when the people were asked for that are there for the first phase; None when they still must be

    Returns the hours of the visits, after the clock of the operation started, which is when its vessel does.
    """
    env, log, number, name, crew = line.env, line.log, batch.number, stage.id, stage.crew
    clock, due, visits = env.now, 0.0, list[float]()
    for position, (phase, hours, people, attended) in enumerate(phases):
        if stage.visited:
            due += hours
            hours = hours if attended else clock + due - env.now
        if hours > 0.0:
            if crew is None or not attended or not people:
                yield simpy.Timeout(env, hours)
            else:
                if position or asked is None:
                    asked = env.now
                    if not crew.at_once(people, hours):
                        yield crew.queued(batch, line.key(batch, asked), people, hours)
                begun = env.now
                log.append(entry((begun, number, name, phase, "begin", unit, crew.name, people, "", begun - asked)))
                taken = crew.finish(hours)
                yield simpy.Timeout(env, taken) if taken < math.inf else simpy.Event(env)  # after the calendar: never
                crew.release(people)
                log.append(entry((env.now, number, name, phase, "finish", unit, crew.name, people, "", taken - hours)))
        if stage.visited:
            if position == 0:
                clock, due = env.now, 0.0
            elif attended:
                visits.append(env.now - clock)
    return visits
