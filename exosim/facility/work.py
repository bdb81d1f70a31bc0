"""The work of one procedure of one batch: material, people, phases, and what fails."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import simpy

from exosim.facility.clock import Pause
from exosim.facility.lots import PlannedPhase
from exosim.plant import Breakdown
from exosim.records import entry

if TYPE_CHECKING:
    from exosim.facility.batch import Batch
    from exosim.facility.crew import Crew
    from exosim.facility.line import Line
    from exosim.facility.mishaps import Mishap
    from exosim.facility.route import Stage

Steps = Generator[simpy.Event, Any, Any]
LOST = -1
"""In place of the index of the next procedure: the batch is lost."""
ATTEMPTS = 2**20
"""More attempts than a procedure can have before the batch goes back for a rework."""


def work(batch: Batch, line: Line, stage: Stage, ready: float, begun: float, unit: str) -> Steps:
    """Run a procedure with what fails; returns the index of the procedure that comes next, or :data:`LOST`.

    Parameters
    ----------
    ready, begun : when the batch was ready for it, and when it has its unit, which is now
    """
    lots, failures, lane = batch.production.lots, batch.production.failures, batch.lane
    asked, crew, there = begun, stage.crew, False
    waited = asked - ready
    phases = planned(batch, stage, waited) if stage.adapted else lots.begin(lane, stage.index, waited)
    if stage.stocks:
        yield from _draw(batch, line, stage)
        asked = line.env.now
        waited = asked - ready
        phases = planned(batch, stage, waited)
    if crew is not None and phases and phases[0].attended:
        first = phases[0]
        there = first.people > 0 and first.hours > 0.0
        if there and not crew.at_once(first.people, first.hours):
            phases = yield from _people(batch, line, stage, crew, ready, phases)
            there = phases[0].hours > 0.0
            waited = line.env.now - ready
    if stage.longest_hold is not None and waited > stage.longest_hold + 1e-9:
        deviates(batch, line, stage, waited - stage.longest_hold, "max_hold")
        if stage.procedure.breach == "reject":
            if there and crew is not None:
                crew.release(phases[0].people)
            return LOST
    attempt = 0
    earlier = batch.visits.get(stage.index, 0) * ATTEMPTS if batch.visits else 0
    while True:
        struck = failures.struck(lane, stage.index, earlier + attempt, phases)
        stopped = struck[0].stops if struck else False
        some = until(phases, struck[0].after) if stopped else phases
        visits, broken = yield from phases_run(batch, line, stage, some, unit, asked if there else None)
        if broken is None:
            for failure in struck:
                yield from _lost(batch, line, stage, failure)
            if not stopped:
                if stage.visited:
                    lots.visited(lane, stage.index, waited, visits)
                return stage.index + 1
        attempt, there = attempt + 1, False
        stop: Mishap | Breakdown = struck[0] if broken is None else broken
        if stop.consequence == "rework":
            return back(batch, stage, stop.id, stop.limit)
        if stop.consequence == "reject" or attempt > stop.limit:
            return LOST
        line.repeats.append((line.env.now, batch.number, stage.id))
        if stage.stocks:
            yield from _draw(batch, line, stage)


def planned(batch: Batch, stage: Stage, waited: float) -> list[PlannedPhase]:
    """Return the phases of a feed that has waited for so long, with the people that the role sends."""
    phases = batch.production.lots.begin(batch.lane, stage.index, waited)
    if stage.crew is not None and stage.crew.minimum > 1:
        least = stage.crew.minimum
        phases = [p._replace(people=max(p.people, least)) if p.attended and p.people else p for p in phases]
    return phases * batch.cycles if stage.sized and batch.cycles > 1 else phases


def _people(batch: Batch, line: Line, stage: Stage, crew: Crew, ready: float, phases: list[PlannedPhase]) -> Steps:
    """Wait for the people of the first phase; returns the phases of a feed that has waited for them as well."""
    first = phases[0]
    yield crew.queued(batch, line.key(batch, line.env.now), first.people, first.hours)
    if stage.held:
        phases = planned(batch, stage, line.env.now - ready)
        if phases[0].hours <= 0.0:
            crew.release(first.people)
    return phases


def _draw(batch: Batch, line: Line, stage: Stage) -> Steps:
    """Take the materials that the procedure uses up from stock."""
    needed = batch.production.lots.consumption(batch.lane, stage.index)
    for name, stock in stage.stocks.items():
        asked, amount = line.env.now, needed[name]
        if amount <= 0.0:
            continue
        if not stock.at_once(batch, amount):
            yield stock.queued(batch, line.key(batch, asked), amount)
        wait = line.env.now - asked
        line.log.append(entry((line.env.now, batch.number, stage.id, "", "supplied", "", "", amount, name, wait)))


def deviates(batch: Batch, line: Line, stage: Stage, amount: float, note: str) -> None:
    """Note a deviation of a batch."""
    batch.deviations.append(f"{stage.id}: {note}")
    line.log.append(entry((line.env.now, batch.number, stage.id, "", "deviation", "", "", amount, note, 0.0)))


def _contaminates(batch: Batch, line: Line, stage: Stage, failure: Mishap) -> None:
    """Leave organisms in the product; the log knows, and people only when a test finds them."""
    agent = failure.agent or ""
    batch.contamination[agent] = batch.contamination.get(agent, 0.0) + failure.level
    line.log.append(
        entry((line.env.now, batch.number, stage.id, agent, "contaminated", "", "", failure.level, failure.id, 0.0))
    )


def _lost(batch: Batch, line: Line, stage: Stage, failure: Mishap) -> Steps:
    """Note a failure and let its repair pass."""
    hours = strikes(batch, line, stage, failure)
    if hours > 0.0:
        yield Pause(line.env, hours)


def strikes(batch: Batch, line: Line, stage: Stage, failure: Mishap) -> float:
    """Note what a failure does to a batch; returns the hours that it costs."""
    if failure.consequence == "contaminate":
        _contaminates(batch, line, stage, failure)
        return 0.0
    if failure.consequence == "deviation":
        deviates(batch, line, stage, failure.hours_lost, failure.id)
    hours = failure.hours_lost
    if hours > 0.0 or failure.consequence != "deviation":
        line.log.append(entry((line.env.now, batch.number, stage.id, "", "failure", "", "", hours, failure.id, 0.0)))
    return hours


def back(batch: Batch, stage: Stage, id: str, limit: int) -> int:
    """Send a batch back for a rework; returns the index of the procedure, or that the batch is lost."""
    batch.reworks[id] = batch.reworks.get(id, 0) + 1
    if batch.reworks[id] > limit:
        return LOST
    first = stage.back_to[id]
    batch.production.lots.rework(batch.lane, stage.index, first)
    for index in range(first, stage.index + 1):
        batch.visits[index] = batch.visits.get(index, 0) + 1
    return first


def until(phases: Sequence[PlannedPhase], hours: float) -> list[PlannedPhase]:
    """Return the phases as far as `hours` of work reach."""
    reached = []
    for phase in phases:
        if hours <= 0.0:
            break
        reached.append(phase._replace(hours=min(phase.hours, hours)))
        hours -= phase.hours
    return reached


def phases_run(
    batch: Batch, line: Line, stage: Stage, phases: list[PlannedPhase], unit: str, asked: float | None
) -> Steps:
    """Run phases one after the other; a visited operation keeps to its schedule when a visit is late.

    Parameters
    ----------
    asked : when the people were asked for that are there for the first phase; None when they still must be

    Returns the hours of the visits, after the clock of the operation started, which is when its vessel does; and the
    breakdown that stopped the work, or None.
    """
    env, log, number, name, visited = line.env, line.log, batch.number, stage.id, stage.visited
    clock, due, broken = env.now, 0.0, None
    visits: list[float] = []  # an alias such as list[float]() would be made anew each time
    for position, (phase, hours, people, attended) in enumerate(phases):
        if visited:
            due += hours
            hours = hours if attended else clock + due - env.now
        if hours > 0.0:
            crew = stage.crew if attended and people else None
            if crew is not None:
                if position or asked is None:
                    asked = env.now
                    if not crew.at_once(people, hours):
                        yield crew.queued(batch, line.key(batch, asked), people, hours)
                begun = env.now
                log.append(entry((begun, number, name, phase, "begin", unit, crew.name, people, "", begun - asked)))
                hours += crew.gowning
                if stage.limited:
                    idle, left, broken = yield from _limited(batch, line, stage, hours, crew)
                    pause = max(env.now - begun - (hours - left) - idle, 0.0)
                else:
                    taken = crew.finish(hours)
                    if taken == math.inf:  # the calendar is over
                        batch.waits_for = crew
                    yield Pause(env, taken) if taken < math.inf else simpy.Event(env)
                    pause = taken - hours
                crew.release(people)
                log.append(entry((env.now, number, name, phase, "finish", unit, crew.name, people, "", pause)))
            elif stage.limited:
                _, _, broken = yield from _limited(batch, line, stage, hours, None)
            else:
                yield Pause(env, hours)
            if broken is not None:
                return visits, broken
        if visited:
            if position == 0:
                clock, due = env.now, 0.0
            elif attended:
                visits.append(env.now - clock)
    return visits, None


def _limited(batch: Batch, line: Line, stage: Stage, hours: float, crew: Crew | None) -> Steps:
    """Let hours of work pass on utilities with a limit and on units that may break down.

    Returns the hours that were lost to waits and repairs, those that were not worked, and the breakdown that stopped
    the work or None.
    """
    env, pool, asked = line.env, stage.pool, line.env.now
    yield from _supply(batch, line, stage)
    waited = env.now - asked
    repaired, left, broken = 0.0, 0.0, None
    if pool is not None and pool.upkeep is not None:
        units = sorted(unit for held, unit in batch.holds if held is pool)
        repaired, left, broken = yield from pool.upkeep.work(batch, units, hours, crew)
        if repaired > 0.0:
            label = pool.labels[units[0]]
            line.log.append(entry((env.now, batch.number, stage.id, "", "repaired", label, "", repaired, "", 0.0)))
    else:
        yield Pause(env, hours) if crew is None else crew.passed(hours)
    for utility, amount in stage.utilities:
        utility.release(amount)
    return waited + repaired, left, broken


def _supply(batch: Batch, line: Line, stage: Stage) -> Steps:
    """Take what the procedure needs of each utility."""
    for utility, amount in stage.utilities:
        asked = line.env.now
        if not utility.at_once(amount):
            yield utility.queued(batch, line.key(batch, asked), amount)
            wait = line.env.now - asked
            line.log.append(
                entry((line.env.now, batch.number, stage.id, "", "utility", "", "", amount, utility.name, wait))
            )
