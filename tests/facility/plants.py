"""Plain plants for tests: stages of given durations, units, people, failures; no vesicles needed."""

from __future__ import annotations

import importlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from unittest import mock

import numpy as np

from exosim.campaign import Campaign
from exosim.facility.batch import Batch
from exosim.facility.line import Line
from exosim.facility.lots import Lots
from exosim.facility.mishaps import Mishaps
from exosim.facility.operate import operate
from exosim.facility.route import Production
from exosim.material import Material, lane_of
from exosim.operations.base import Outcome, Phase, UnitOperation, standard_context
from exosim.operations.timed_step import TimedStep
from exosim.parameter import Array
from exosim.plant import Breakdown, Equipment, Failure, Maintenance, Plant, Role, Room, Stock, Store, Utility
from exosim.recipe import Recipe, UnitProcedure
from exosim.records import Event, Run
from exosim.release import Release
from exosim.shared_run import SharedRun
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


@dataclass(frozen=True, kw_only=True)
class UsingStep(TimedStep):
    """A timed step that uses material up."""

    consumed: tuple[tuple[str, Array], ...] = ()

    def transform(self, feed: Material) -> Outcome:
        return replace(super().transform(feed), consumption=dict(self.consumed))


@dataclass(frozen=True, kw_only=True)
class SizedStep(TimedStep):
    """A timed step with a size of its own."""

    sized_by: ClassVar[str | None] = "area"
    area: Array = 1.0


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
    room, size_limit, maintenance : of its class; the first stage on a class says it
    size, when_too_large : what it needs of a unit, and what happens when one is too small
    consumes : amounts of materials for each batch or for all
    utilities, waits_in, longest_hold, breach, shared_run : as of a procedure
    """

    hours: Any = 0.0
    count: int = 1
    turnaround: Array = 0.0
    people: int = 0
    unit: str | None = None
    role: str | None = None
    phases: tuple[Phase, ...] = ()
    room: str | None = None
    size_limit: float | None = None
    maintenance: Maintenance | None = None
    size: Array | None = None
    when_too_large: str = "refuse"
    consumes: Mapping[str, Array] = field(default_factory=dict)
    utilities: Mapping[str, float] = field(default_factory=dict)
    waits_in: str | None = None
    longest_hold: float | None = None
    breach: str = "deviation"
    shared_run: SharedRun | None = None

    def procedure(self, position: int) -> UnitProcedure:
        """Return the procedure of the stage."""
        known: dict[str, Any] = {"context": CONTEXT, "step_time": self.hours, "people": self.people}
        operation: UnitOperation = TimedStep(**known)
        if self.phases:
            operation = PhasedStep(context=CONTEXT, parts=self.phases)
        elif self.size is not None:
            operation = SizedStep(**known, area=self.size)
        elif self.consumes:
            operation = UsingStep(**known, consumed=tuple(self.consumes.items()))
        return UnitProcedure(
            f"p{position}",
            operation,
            unit=self.unit_class(position),
            operator=self.role,
            longest_hold=self.longest_hold,
            breach=self.breach,  # type: ignore[arg-type]
            waits_in=self.waits_in,
            utilities=self.utilities,
            when_too_large=self.when_too_large,  # type: ignore[arg-type]
            shared_run=self.shared_run,
        )

    def equipment(self, name: str) -> Equipment:
        """Return the class of its units."""
        return Equipment(name, self.count, self.turnaround, self.size_limit, self.room, self.maintenance)

    def unit_class(self, position: int) -> str | None:
        """Return the equipment class, or None."""
        return f"u{position}" if self.unit is None else self.unit or None


@dataclass(frozen=True)
class Setting:
    """How the batches of a plant are started, and what else is there."""

    launches: Sequence[float] | None = None
    mode: str = "paced"
    storage: str = "unlimited"
    priority: str = "fifo"
    work_in_progress: int | None = None
    roles: tuple[Role, ...] = ()
    failures: tuple[Failure, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    rooms: tuple[Room, ...] = ()
    stores: tuple[Store, ...] = ()
    stocks: tuple[Stock, ...] = ()
    utilities: tuple[Utility, ...] = ()
    spare: tuple[Equipment, ...] = ()
    """Equipment that no procedure uses, such as for preparations."""
    when_full: str = "wait"
    rank: int = 0
    product: str = ""
    dues: Sequence[float] = ()
    horizon: float = math.inf
    seed: int = 1
    replication: int = 0
    release: Release | None = None
    results: Any = None


@dataclass(frozen=True)
class Ran:
    """A run with the line as it was left."""

    run: Run
    line: Line
    lots: Any
    plant: Plant = Plant()
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
    return together(plant, [produced(procedures, setting, lots, count, donors)], setting)


def produced(
    procedures: Sequence[UnitProcedure], setting: Setting, lots: Lots, count: int, donors: Any = None
) -> Production:
    """Return what is made of one product."""
    campaign = Campaign(
        mode=setting.mode,  # type: ignore[arg-type]
        storage=setting.storage,  # type: ignore[arg-type]
        priority=setting.priority,  # type: ignore[arg-type]
        work_in_progress=setting.work_in_progress,
        rank=setting.rank,
        when_full=setting.when_full,  # type: ignore[arg-type]
        product=setting.product,
    )
    launches = [0.0] * count if setting.launches is None else list(setting.launches)
    mishaps = Mishaps(setting.failures, [p.id for p in procedures], setting.seed, setting.replication, count)
    made = donors or list(range(count))
    quality = {"release": setting.release, "results": setting.results}
    return Production(campaign, procedures, lots, mishaps, launches, made, setting.dues, **quality)


def together(plant: Plant, productions: Sequence[Production], setting: Setting) -> Ran:
    """Run products on one plant and keep the line."""
    kept: list[Line] = []

    def keep(*arguments: Any, **named: Any) -> Line:
        kept.append(Line(*arguments, **named))
        return kept[-1]

    with mock.patch.object(OPERATE, "Line", keep):
        run = operate(plant, productions, setting.horizon, setting.replication)
    return Ran(run, kept[0], productions[0].lots if productions else None, plant)


LotsOf = Callable[[Recipe, int], Lots]
Times = Callable[[str, int], float]


def always(hours: float) -> Times:
    """Return a time that is always the same."""
    return lambda name, n: hours


def listed(*hours: float) -> Times:
    """Return given times, one after the other, and then none any more."""
    return lambda name, n: hours[n] if n < len(hours) else 1e9


def planned(recipe: Recipe, count: int) -> Lots:
    """Return lots whose procedures take as long on every visit."""
    return Lots(recipe, lambda batch: alone(recipe, batch), count)


def alone(recipe: Recipe, batch: int) -> Recipe:
    """Return the recipe with the values of one batch."""
    own = [
        replace(p, operation=replace(p.operation, **{
            name: lane_of(value, batch) for name, value in vars(p.operation).items() if isinstance(value, np.ndarray)
        }))
        for p in recipe.procedures
    ]  # fmt: skip
    return Recipe(tuple(own), recipe.context)


def shop(stages: Sequence[Stage], count: int, setting: Setting = Setting(), lots_of: LotsOf = planned) -> Ran:
    """Run `count` batches through stages."""
    return shops([(stages, count, setting)], lots_of)


def shops(products: Sequence[tuple[Sequence[Stage], int, Setting]], lots_of: LotsOf = planned) -> Ran:
    """Run several products, each with its stages, batches and setting, on the plant of the first one's setting.

    Failures belong to procedures by their position, so that they are those of all products.
    """
    equipment: dict[str, Equipment] = {}
    productions = []
    for stages, count, setting in products:
        procedures = tuple(stage.procedure(position) for position, stage in enumerate(stages))
        for position, stage in enumerate(stages):
            name = stage.unit_class(position)
            if name is not None:
                equipment.setdefault(name, stage.equipment(name))
        productions.append(produced(procedures, setting, lots_of(Recipe(procedures, CONTEXT), count), count))
    first = products[0][2]
    plant = Plant(
        (*equipment.values(), *first.spare), first.roles, first.failures, first.breakdowns,
        first.rooms, first.stores, first.stocks, first.utilities,
    )  # fmt: skip
    return together(plant, productions, first)


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
    """Assert that every unit, person, place and utility was given back, and that nobody waits any more.

    Where a run ends with its last batch, units may be out for a repair, a service, turnaround or a preparation.
    """
    preparing = [e for e in ran.run.log if e.event == "prepare"][len(ran.by["prepared"]) :]
    for pool in ran.line.pools.values():
        having = [*pool.holders.values(), *(entry[4] for entry in pool.queue)]
        assert not any(isinstance(holder, Batch) for holder in having), pool.name
        assert sorted([*pool.free, *pool.holders]) == list(range(pool.capacity)), pool.name
        if pool.upkeep is None and not ran.line.restless:
            assert not pool.holders, pool.name
        if pool.upkeep is not None:
            assert not any(isinstance(holder, Batch) for holder in pool.upkeep.at_work.values()), pool.name
    for people in ran.line.crews.values():
        away = sum(event.amount for event in preparing if event.role == people.name)
        assert people.free + away == people.capacity, people.name
        claims = [claim for *_, claim in [*people.queue, *people.later]]
        assert not any(isinstance(claim.batch, Batch) for claim in claims), people.name
    for room in ran.line.rooms.values():
        assert not room.inside and not room.queue, room.name
    for store in ran.line.stores.values():
        assert not store.inside, store.name
    for utility in ran.line.utilities.values():
        assert utility.taken == 0.0 and not utility.queue, utility.name
    for stock in ran.line.stocks.values():
        assert not stock.queue, stock.name
    for batch in ran.line.batches:
        assert not batch.holds and not batch.rooms and batch.waits_for is None and batch.wants_store is None, batch


def told(ran: Ran, *events: str) -> list[tuple[Any, ...]]:
    """Return what the log tells of some kinds of events: time, batch, event, unit, amount, note."""
    return [(e.time, e.batch, e.event, e.unit, e.amount, e.note) for e in ran.run.log if e.event in events]


Sampler = Callable[[int, int, int], np.ndarray]
