"""A job of the laboratory or of quality assurance: people work on it, then time passes until it is done."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple

import simpy

from exosim.facility.clock import Pause
from exosim.records import entry

if TYPE_CHECKING:
    from exosim.facility.batch import Batch
    from exosim.facility.crew import Crew
    from exosim.facility.line import Line
    from exosim.facility.pool import Pool

Steps = Generator[simpy.Event, Any, Any]


class Task(NamedTuple):
    """What a job asks for.

    Attributes
    ----------
    address, phase, note : as the log names it
    role, people, hands_on : who works on it at its begin, and for how long [h]
    unit : class of equipment on which they work; empty: none
    duration : hours from its begin to its end
    """

    address: str
    phase: str = ""
    note: str = ""
    role: str = ""
    people: int = 1
    hands_on: float = 0.0
    unit: str = ""
    duration: float = 0.0


class Job:
    """What takes people and units in place of a batch, which has several jobs at once.

    Attributes
    ----------
    batch, number : whose job it is
    """

    def __init__(self, batch: Batch) -> None:
        self.batch, self.number = batch, batch.number
        self.waits_for: Any = None
        self.wants_store: Any = None
        self.holds: list[tuple[Pool, int]] = []
        self.rooms: list[Any] = []
        self.process: simpy.Process | None = None

    @property
    def product(self) -> str:
        """Name of what the batch makes."""
        return self.batch.product


def do(job: Any, line: Line, task: Task, still: Callable[[], bool]) -> Steps:
    """Do a job: wait for the unit and the people, let them work, let the rest of its time pass.

    Parameters
    ----------
    still : whether the job is wanted; asked each time that it goes on, since a batch may be lost meanwhile
    """
    env, log, number = line.env, line.log, job.number
    asked = env.now
    log.append(entry((asked, number, task.address, task.phase, "ask", "", "", 0.0, task.note, 0.0)))
    label, crew = "", line.crews.get(task.role) if task.hands_on > 0.0 else None
    if task.unit:
        label = yield from _unit(job, line, line.pools[task.unit], still)
    if crew is not None and still():
        people = max(task.people, crew.minimum)
        if not crew.at_once(people, task.hands_on):
            yield crew.queued(job, line.key(job.batch, asked), people, task.hands_on)
        if not still():
            crew.release(people)
    begun = env.now
    if still():
        yield from _hands_on(job, line, task, crew, label, begun - asked)
        _give_back(job, line)
    else:
        withdraw(job, line)
    rest = begun + task.duration - env.now
    if rest > 0.0 and still():
        yield Pause(env, rest)
    if still():
        log.append(entry((env.now, number, task.address, task.phase, "done", "", "", 0.0, task.note, 0.0)))


def _unit(job: Any, line: Line, pool: Pool, still: Callable[[], bool]) -> Steps:
    """Take a unit, unless the job is not wanted any more when one is free; returns its label."""
    unit = pool.at_once(job)
    if unit is None:
        unit = yield pool.queued(job, line.key(job.batch, line.env.now))
    if not still():
        pool.give(unit)
        return ""
    job.holds.append((pool, unit))
    return pool.labels[unit]


def withdraw(job: Job, line: Line) -> None:
    """Give back the unit of a job that is not wanted any more before people came: it needs no turnaround."""
    while job.holds:
        pool, unit = job.holds.pop()
        line.log.append(entry((line.env.now, job.number, "", "", "leave", pool.labels[unit], "", 0.0, "", 0.0)))
        pool.give(unit)


def _hands_on(job: Any, line: Line, task: Task, crew: Crew | None, label: str, waited: float) -> Steps:
    """Let people work on a job, or its unit alone; the work pauses outside their working time."""
    env, log, hours = line.env, line.log, task.hands_on
    role, people = ("", 0.0) if crew is None else (crew.name, max(task.people, crew.minimum))
    about = task.address, task.phase
    if crew is not None or label:
        log.append(entry((env.now, job.number, *about, "begin", label, role, people, task.note, waited)))
    if crew is not None:
        hours += crew.gowning
    begun, repaired = env.now, 0.0
    pool = job.holds[-1][0] if job.holds else None
    if pool is not None and pool.upkeep is not None:
        repaired, hours = yield from _until_done(job, hours, crew)
        if repaired > 0.0:
            log.append(entry((env.now, job.number, *about, "repaired", label, "", repaired, "", 0.0)))
    elif crew is not None:
        if crew.finish(hours) == float("inf"):  # the calendar is over
            job.waits_for = crew
        yield crew.passed(hours)
    elif hours > 0.0:
        yield Pause(env, hours)
    if crew is not None:
        crew.release(int(people))
    if crew is not None or label:
        pause = max(env.now - begun - hours - repaired, 0.0)
        log.append(entry((env.now, job.number, *about, "finish", label, role, people, task.note, pause)))


def _until_done(job: Any, hours: float, crew: Crew | None) -> Steps:
    """Work on a unit that may break down, again after each breakdown that stops the work.

    Returns the hours that were lost to repairs, and those that were worked.
    """
    pool, unit = job.holds[-1]
    repaired = worked = 0.0
    while True:
        lost, left, broken = yield from pool.upkeep.work(job, [unit], hours, crew)
        repaired, worked = repaired + lost, worked + hours - left
        if broken is None:
            return repaired, worked


def _give_back(job: Any, line: Line) -> None:
    """Give back the unit of a job, if it has one; it goes into its turnaround."""
    while job.holds:
        pool, unit = job.holds.pop()
        hours = pool.turnaround(job.number)
        line.log.append(entry((line.env.now, job.number, "", "", "leave", pool.labels[unit], "", hours, "", 0.0)))
        pool.clean(unit, hours)
