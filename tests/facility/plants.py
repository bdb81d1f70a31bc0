"""Plain plants for tests: stages of given durations, units, people, failures; no vesicles needed."""

from __future__ import annotations

import importlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from unittest import mock

import numpy as np

from exosim.facility.line import Line
from exosim.facility.lots import Lots
from exosim.facility.mishaps import Mishaps
from exosim.facility.operate import operate
from exosim.facility.route import Production
from exosim.material import Material
from exosim.operations.base import Outcome, Phase, UnitOperation, standard_context
from exosim.operations.timed_step import TimedStep
from exosim.parameter import Array
from exosim.plant import Campaign, Equipment, Failure, Plant, Role
from exosim.recipe import Recipe, UnitProcedure
from exosim.records import Event, Run
from exosim.working_time import WorkingTime

OPERATE = importlib.import_module("exosim.facility.operate")
CONTEXT = standard_context()


@dataclass(frozen=True, kw_only=True)
class PhasedStep(UnitOperation):
    """A step of given phases, attended or not."""

    source: ClassVar[bool] = True
    parts: tuple[Phase, ...] = ()

    def transform(self, feed: Material) -> Outcome:
        return Outcome(feed, phases=self.parts)


@dataclass(frozen=True)
class Stage:
    """One procedure: hours for each batch or for all, on a class of units.

    Attributes
    ----------
    hours : duration; one number or one per batch
    count, turnaround : units of its class, and the cleaning after each use
    people : people at work; 0 is not attended
    unit : class; by default one of its own; ``""`` for none
    role : who attends
    phases : in place of `hours`
    """

    hours: Any = 0.0
    count: int = 1
    turnaround: Array = 0.0
    people: int = 0
    unit: str | None = None
    role: str | None = None
    phases: tuple[Phase, ...] = ()

    def procedure(self, position: int) -> UnitProcedure:
        """Return the procedure of the stage."""
        if self.phases:
            operation: UnitOperation = PhasedStep(context=CONTEXT, parts=self.phases)
        else:
            operation = TimedStep(context=CONTEXT, step_time=self.hours, people=self.people)
        return UnitProcedure(f"p{position}", operation, unit=self.unit_class(position), operator=self.role)

    def unit_class(self, position: int) -> str | None:
        """Return the equipment class, or None."""
        return f"u{position}" if self.unit is None else self.unit or None


@dataclass(frozen=True)
class Setting:
    """How the batches of a plant are released, and what else is there."""

    releases: Sequence[float] | None = None
    mode: str = "paced"
    storage: str = "unlimited"
    priority: str = "fifo"
    work_in_progress: int | None = None
    roles: tuple[Role, ...] = ()
    failures: tuple[Failure, ...] = ()
    horizon: float = math.inf
    seed: int = 1
    replication: int = 0


@dataclass(frozen=True)
class Ran:
    """A run with the line as it was left."""

    run: Run
    line: Line
    lots: Lots
    by: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for event in self.run.log:
            self.by[event.event].append(event)

    @property
    def makespan(self) -> float:
        """Hours until the last batch ended."""
        return max(batch.ended for batch in self.run.batches if batch.ended is not None)

    def ended(self) -> list[float]:
        """Return when each batch ended."""
        return [math.inf if batch.ended is None else batch.ended for batch in self.run.batches]

    def waits(self, procedure: str) -> dict[int, float]:
        """Return the hours that each batch waited for a unit."""
        return {event.batch: event.amount for event in self.by["start"] if event.procedure == procedure}

    def begun(self, procedure: str) -> list[float]:
        """Return when each batch had its unit, in batch order."""
        times = {event.batch: event.time for event in self.by["start"] if event.procedure == procedure}
        return [times[number] for number in sorted(times)]


def operated(
    procedures: Sequence[UnitProcedure], plant: Plant, setting: Setting, lots: Lots, count: int, donors: Any = None
) -> Ran:
    """Run procedures on a plant and keep the line."""
    kept: list[Line] = []

    def keep(*arguments: Any, **named: Any) -> Line:
        kept.append(Line(*arguments, **named))
        return kept[-1]

    campaign = Campaign(
        mode=setting.mode,  # type: ignore[arg-type]
        storage=setting.storage,  # type: ignore[arg-type]
        priority=setting.priority,  # type: ignore[arg-type]
        work_in_progress=setting.work_in_progress,
    )
    releases = [0.0] * count if setting.releases is None else list(setting.releases)
    mishaps = Mishaps(setting.failures, [p.id for p in procedures], setting.seed, setting.replication, count)
    production = Production(campaign, procedures, lots, mishaps, releases, donors or list(range(count)))
    with mock.patch.object(OPERATE, "Line", keep):
        run = operate(plant, [production], setting.horizon, setting.replication)
    return Ran(run, kept[0], lots)


def shop(stages: Sequence[Stage], count: int, setting: Setting = Setting()) -> Ran:
    """Run `count` batches through stages."""
    procedures = tuple(stage.procedure(position) for position, stage in enumerate(stages))
    recipe = Recipe(procedures, CONTEXT)
    equipment: dict[str, Equipment] = {}
    for position, stage in enumerate(stages):
        name = stage.unit_class(position)
        if name is not None:
            equipment.setdefault(name, Equipment(name, stage.count, stage.turnaround))
    plant = Plant(tuple(equipment.values()), setting.roles, setting.failures)
    return operated(procedures, plant, setting, Lots(recipe, lambda _: recipe, count), count)


def flow(times: Any, setting: Setting = Setting(), counts: Sequence[int] = (), turnaround: float = 0.0) -> Ran:
    """Run batches (rows) through stages (columns) of the given hours."""
    table = np.asarray(times, dtype=np.float64)
    counts = counts or [1] * table.shape[1]
    stages = [Stage(table[:, j].copy(), counts[j], turnaround) for j in range(table.shape[1])]
    return shop(stages, len(table), setting)


def crew(headcount: int = 1, hours: WorkingTime | None = None, name: str = "crew") -> Role:
    """Return a role."""
    return Role(name, headcount, hours or WorkingTime())


def stays(ran: Ran) -> dict[str, list[tuple[float, float, int]]]:
    """Return by unit from when to when which batch had it, its turnaround included."""
    open_since: dict[tuple[int, str], float] = {}
    found: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    for event in ran.run.log:
        if event.event == "start" and event.unit:
            open_since.setdefault((event.batch, event.unit), event.time)
        if event.event == "leave":
            begun = open_since.pop((event.batch, event.unit))
            found[event.unit].append((begun, event.time + event.amount, event.batch))
    return found


def most_at_once(intervals: Iterable[tuple[float, float, float]]) -> float:
    """Return the largest sum of the amounts of (from, to, amount) that overlap; touching is not overlapping."""
    changes = sorted(
        change for begin, end, amount in intervals if end > begin + 1e-9 for change in ((begin, amount), (end, -amount))
    )
    level = peak = 0.0
    index = 0
    while index < len(changes):
        moment = changes[index][0]
        while index < len(changes) and changes[index][0] <= moment + 1e-9:
            level += changes[index][1]
            index += 1
        peak = max(peak, level)
    return peak


def attended(ran: Ran) -> list[tuple[float, float, float, str]]:
    """Return (begin, end, people, role) of every attended phase that was finished."""
    found, open_since = [], {}
    for event in ran.run.log:
        key = (event.batch, event.procedure, event.phase)
        if event.event == "begin":
            open_since[key] = event.time
        elif event.event == "finish":
            found.append((open_since.pop(key), event.time, event.amount, event.role))
    return found


def everything_is_back(ran: Ran) -> None:
    """Assert that every unit and every person was given back."""
    for pool in ran.line.pools.values():
        assert sorted(pool.free) == list(range(pool.capacity)), pool.name
        assert not pool.holders and not pool.queue, pool.name
    for people in ran.line.crews.values():
        assert people.free == people.capacity and not people.queue and not people.later, people.name


Sampler = Callable[[int, int, int], np.ndarray]
