"""One batch on its way through the recipe: what it waits for, and what it holds meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import simpy

from exosim.errors import ModelError, Problem
from exosim.facility.gathering import Gathering
from exosim.facility.laboratory import Dossier
from exosim.facility.pool import Pool
from exosim.facility.room import Room
from exosim.facility.route import Production, Stage
from exosim.facility.store import Store
from exosim.facility.work import work
from exosim.plant import units_and_cycles, units_filled
from exosim.records import Disposition, entry

if TYPE_CHECKING:
    from exosim.facility.line import Line

Steps = Generator[simpy.Event, Any, Any]


class Resource(Protocol):
    """What a batch can wait for."""

    @property
    def name(self) -> str:
        """Id of the resource."""


@dataclass(eq=False, slots=True)
class Batch:
    """A batch in the facility: the only mutable thing besides the resources.

    Attributes
    ----------
    number, lane : its place among all batches, and among those of its product
    production, stages : what it follows
    holds, rooms : units and rooms that it has
    cycles : how often the procedure is run because its unit is too small
    visits : how often each procedure was left for a rework, by index
    reworks : how often each failure had the batch reworked
    deviations : what deviated from the plan
    contamination : what nobody noticed, by agent [CFU/mL]
    dossier : its tests and reviews; None where the scenario has no release
    manufactured, available : when its recipe ended, and from when its doses may leave
    done, off_line : triggered at its end, and when it leaves the line, when somebody waits for that
    """

    number: int
    lane: int
    donor: int
    production: Production
    stages: Sequence[Stage]
    started: float
    due: float
    holds: list[tuple[Pool, int]] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    waits_for: Resource | None = None
    wants_store: Store | None = None
    cycles: int = 1
    visits: dict[int, int] = field(default_factory=dict)
    reworks: dict[str, int] = field(default_factory=dict)
    deviations: list[str] = field(default_factory=list)
    contamination: dict[str, float] = field(default_factory=dict)
    dossier: Dossier | None = None
    disposition: Disposition = "unfinished"
    ended: float | None = None
    manufactured: float | None = None
    available: float | None = None
    done: simpy.Event | None = None
    off_line: simpy.Event | None = None
    process: simpy.Process | None = None

    @property
    def product(self) -> str:
        """Name of what it makes."""
        return self.production.campaign.product

    @property
    def on_the_line(self) -> bool:
        """Whether it has neither ended nor gone to the laboratory."""
        return self.ended is None and self.manufactured is None


def run_batch(batch: Batch, line: Line, entered: Callable[[], object] | None = None) -> Steps:
    """Take a batch through all procedures; the generator reads like the recipe."""
    log, env, number, stages = line.log, line.env, batch.number, batch.stages
    log.append(entry((env.now, number, "", "", "launch", "", "", 0.0, batch.product, 0.0)))
    if line.reserved is not None:
        yield from line.zero_wait(batch)
    index, last, holds, release = 0, len(stages), batch.holds, batch.production.release
    dossier = batch.dossier = None if release is None else Dossier(batch, line, release)
    while 0 <= index < last:
        stage = stages[index]
        ready = begun = env.now
        pool = stage.pool
        log.append(entry((ready, number, stage.id, "", "ready", "", "", 0.0, "", 0.0)))
        if stage.gathering is not None:
            index, entered = (yield from _take_part(batch, line, stage, stage.gathering, entered)), None
            continue
        if pool is None:
            line.leave(batch)
            unit = ""
        elif holds and holds[-1][0] is pool:
            if stage.sized:
                _units(batch, stage, pool, sum(held is pool for held, _ in holds))
            unit = pool.labels[holds[-1][1]]
        elif stage.plain:
            taken = pool.at_once(batch)
            if taken is None:
                taken = yield pool.queued(batch, line.key(batch, ready))
                begun = env.now
            if holds or batch.rooms:
                line.leave(batch)
            holds.append((pool, taken))
            unit = pool.labels[taken]
        else:
            unit = yield from _enter(batch, line, stage, pool)
            begun = env.now
        if entered is not None:
            entered()
            entered = None
        log.append(entry((begun, number, stage.id, "", "start", unit, "", begun - ready, "", 0.0)))
        index = yield from work(batch, line, stage, ready, begun, unit)
        log.append(entry((env.now, number, stage.id, "", "end", unit, "", 0.0, "", 0.0)))
        if dossier is not None and index > stage.index:
            dossier.sample(stage.id)
        if 0 <= index <= stage.index:
            _go_back(batch, line, stage, stages[index])
        elif stage.leaves and holds:
            line.leave(batch, stage.next_room)
    line.leave(batch)
    yield from _end(batch, line, lost=index < 0)


def _take_part(
    batch: Batch, line: Line, stage: Stage, gathering: Gathering, entered: Callable[[], object] | None
) -> Steps:
    """Take part in a run that several batches share; returns the index of the procedure that comes next."""
    line.leave(batch)
    index = yield gathering.arrive(batch, line, stage, entered).done
    if batch.dossier is not None and index > stage.index:
        batch.dossier.sample(stage.id)
    return index


def _end(batch: Batch, line: Line, *, lost: bool) -> Steps:
    """Take a batch from the line to its disposition, through the laboratory where there is one."""
    env = line.env
    if not lost:
        batch.manufactured = env.now
    if batch.off_line is not None:
        batch.off_line.succeed()
    disposition: Disposition = "rejected" if lost else "finished"
    if not lost and batch.dossier is not None:
        disposition = yield from batch.dossier.close()
    elif not lost:
        batch.available = env.now
    batch.disposition, batch.ended = disposition, env.now
    if batch.dossier is not None:
        batch.dossier.drop()
    line.log.append(entry((env.now, batch.number, "", "", disposition, "", "", 0.0, "", 0.0)))
    if batch.done is not None:
        batch.done.succeed()


def _enter(batch: Batch, line: Line, stage: Stage, pool: Pool) -> Steps:
    """Enter the room, then take the units; meanwhile the feed waits in its store, if there is a place.

    Returns the label of the first unit. A batch that must wait stays on its unit until it finds a place in the store.
    """
    room, store, ready = stage.room, stage.store, line.env.now
    key, inside = line.key(batch, ready), ready

    def stored() -> None:
        line.leave(batch, room)

    if room is not None and room not in batch.rooms:
        if not room.at_once(batch):
            if store is not None:
                store.put(batch, key, stored)
            yield room.queued(batch, key)
            inside = line.env.now
        batch.rooms.append(room)
    wanted = _units(batch, stage, pool)
    taken = pool.several_at_once(batch, wanted)
    if taken is None:
        if store is not None and batch.wants_store is None:
            store.put(batch, key, stored)
        taken = yield pool.queued(batch, key, wanted)
    units = taken if isinstance(taken, list) else [taken]
    if store is not None:
        store.take(batch)
    line.leave(batch, room)
    if room is not None and inside > ready:  # told with the start, so that both waits belong to the same moment
        line.log.append(
            entry((line.env.now, batch.number, stage.id, "", "room", "", "", inside - ready, room.name, 0.0))
        )
    batch.holds.extend((pool, unit) for unit in reversed(units))
    for unit in units[1:]:
        line.log.append(
            entry((line.env.now, batch.number, stage.id, "", "parallel", pool.labels[unit], "", 0.0, "", 0.0))
        )
    return pool.labels[units[0]]


def _go_back(batch: Batch, line: Line, stage: Stage, first: Stage) -> None:
    """Leave for a rework, unless the batch waits for its first procedure on the unit, or goes on on it."""
    if not first.waits_on_unit and first.pool is not stage.pool:
        line.leave(batch, first.room)


def _units(batch: Batch, stage: Stage, pool: Pool, held: int = 0) -> int:
    """Return how many units a procedure takes at once, and note in how many cycles it runs.

    Parameters
    ----------
    held : units on which the batch goes on; none: it takes new ones

    Raises
    ------
    ModelError
        when one unit is too small and the recipe does not say what to do then.
    """
    batch.cycles = 1
    if pool.size_limit is None:
        return 1
    size = batch.production.lots.size(batch.lane, stage.index)
    filled = units_filled(size, pool.size_limit)
    rule = stage.procedure.when_too_large
    if filled <= max(held, 1):
        return 1
    if rule == "refuse":
        problem = f"needs a size of {size:.4g}, and one {pool.name} holds {pool.size_limit:.4g}"
        raise ModelError(Problem(problem, path=stage.id, expected='when_too_large = "parallel" or "cycles"'))
    if stage.visited and (rule == "cycles" or filled > (held or pool.capacity)):
        problem = "its visits follow one schedule and cannot run in cycles"
        raise ModelError(
            Problem(problem, path=stage.id, expected=f"at least {filled} units of {pool.name} in parallel")
        )
    at_once, batch.cycles = units_and_cycles(filled, pool.capacity, rule, held)
    return at_once
