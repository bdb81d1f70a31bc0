"""One run that several batches share: it takes the unit and the people once, in place of its batches.

Its work is told once with its unit and its people, of the leading batch, and of each other batch without them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, cast

import simpy

from exosim.facility.clock import EndOfMoment, Pause
from exosim.facility.lots import PlannedPhase
from exosim.facility.stock import exact
from exosim.facility.work import ATTEMPTS, LOST, back, deviates, phases_run, planned, strikes, until
from exosim.records import Event, entry

if TYPE_CHECKING:
    from exosim.facility.batch import Batch
    from exosim.facility.crew import Crew
    from exosim.facility.gathering import Gathering
    from exosim.facility.line import Line
    from exosim.facility.pool import Pool
    from exosim.facility.route import Production, Stage

Steps = Generator[simpy.Event, Any, Any]


class Member:
    """A batch that waits for a shared run, or takes part in one.

    Attributes
    ----------
    batch, line, stage : who, where, before which procedure
    ready, due, start : when it came, when only units and people kept its run from starting, when that had its unit
    key : its place among those who wait
    done : triggered with the index of the procedure that comes next
    """

    def __init__(self, batch: Batch, line: Line, stage: Stage, entered: Callable[[], object] | None) -> None:
        self.batch, self.line, self.stage, self._entered = batch, line, stage, entered
        self.ready = line.env.now
        self.key = line.key(batch, self.ready)
        self.due: float | None = None
        self.start = 0.0
        self.done = simpy.Event(line.env)

    def enter(self) -> None:
        """Let the line take the next batch."""
        if self._entered is not None:
            self._entered()
            self._entered = None

    def is_due(self) -> None:
        """Note that its run may start, as soon as it has its unit and its people."""
        if self.due is None:
            self.due = self.line.env.now
            self.tell("due", "", self.due - self.ready)

    def begin(self, label: str, leader: Batch) -> None:
        """Note that its run has its unit; the unit is that of the leading batch."""
        self.start, usable = self.line.env.now, self.stage.procedure.shared_run.usable  # type: ignore[union-attr]
        self.is_due()
        self.tell("run", label, usable, str(leader.number + 1), (self.due or 0.0) - self.ready)
        self.tell("start", label if self.batch is leader else "", self.start - self.ready)
        self.enter()

    def tell(self, event: str, unit: str = "", amount: float = 0.0, note: str = "", waited: float = 0.0) -> None:
        """Note an event of the batch at its procedure."""
        now, place = self.line.env.now, self.stage.id
        self.line.log.append(entry((now, self.batch.number, place, "", event, unit, "", amount, note, waited)))

    @property
    def waited(self) -> float:
        """Hours since it came."""
        return self.line.env.now - self.ready


class Load:
    """Batches in one run: what takes people and units in place of a batch.

    Attributes
    ----------
    leader : the first of its batches, whose number, place in queues, turnaround and failures count for all
    members : who takes part
    """

    def __init__(self, gathering: Gathering, line: Line, stage: Stage, leader: Batch) -> None:
        self._gathering, self._line, self._stage, self.leader = gathering, line, stage, leader
        self.members: list[Member] = []
        self.holds: list[tuple[Pool, int]] = []
        self.rooms: list[Any] = []
        self.waits_for: Any = None
        self.wants_store: Any = None
        self.process: simpy.Process | None = None
        self._as_batch = cast("Batch", self)

    @property
    def name(self) -> str:
        """What it waits for, or its procedure."""
        return self._stage.id if self.waits_for is None else str(self.waits_for.name)

    @property
    def number(self) -> int:
        """Number of the leading batch."""
        return self.leader.number

    @property
    def production(self) -> Production:
        """What its batches follow."""
        return self.leader.production

    @property
    def started(self) -> float:
        """When the leading batch was started."""
        return self.leader.started

    @property
    def due(self) -> float:
        """When the leading batch is due."""
        return self.leader.due

    @property
    def label(self) -> str:
        """Its unit; empty where it needs none."""
        return self.holds[0][0].labels[self.holds[0][1]] if self.holds else ""

    def admits(self, member: Member) -> bool:
        """Let a batch that comes last take part when there is a place and the materials for it are there."""
        if len(self.members) >= self._gathering.rule.usable:
            return False
        needed, stocks = self._needed(member), self._stage.stocks
        if any(stocks[name].queue or stocks[name].on_hand < exact(amount) for name, amount in needed.items()):
            return False
        self.take([member])
        for name, amount in needed.items():
            stocks[name].at_once(member.batch, amount)
            member.tell("supplied", "", amount, name)
        return True

    def take(self, members: Sequence[Member]) -> None:
        """Let batches take part from now on."""
        if not self.members:
            self.leader = members[0].batch
        self.members += members
        for member in members:
            member.batch.waits_for = self
            member.begin(self.label, self.leader)

    def run(self) -> Steps:
        """Take the unit, whoever waits then, and the people; work; give all back."""
        if not self.members:
            yield from self._unit()
        yield from self._work()
        self._line.leave(self._as_batch)

    def _unit(self) -> Steps:
        """Take the unit, and whoever waits at the end of that moment."""
        pool = self._stage.pool
        if pool is not None:
            unit = pool.at_once(self._as_batch)
            if unit is None:
                unit = yield pool.queued(self._as_batch, self._key())
            self.holds.append((pool, unit))
        yield EndOfMoment(self._line.env)
        self._gathering.asking.remove(self)
        self.take(self._gathering.next_members())

    def _end(self, after: Mapping[Member, int]) -> None:
        """Let batches go on, each at its next procedure."""
        for member, index in after.items():
            member.tell("end")
            member.batch.waits_for = None
            member.done.succeed(index)
        self.members = [member for member in self.members if member not in after]

    def _key(self) -> Any:
        return self._line.key(self._as_batch, self._line.env.now)

    def _needed(self, member: Member) -> dict[str, float]:
        """Return what a batch uses up of the materials on stock."""
        if not self._stage.stocks:
            return {}
        batch = member.batch
        needed = batch.production.lots.consumption(batch.lane, self._stage.index)
        return {name: needed[name] for name in self._stage.stocks if needed[name] > 0.0}

    def _draw(self) -> Steps:
        """Take the materials that all batches use up from stock, together."""
        each = [(member, self._needed(member)) for member in self.members]
        for name, stock in self._stage.stocks.items():
            total, asked = sum(needed.get(name, 0.0) for _, needed in each), self._line.env.now
            if total <= 0.0:
                continue
            if not stock.at_once(self._as_batch, total):
                yield stock.queued(self._as_batch, self._key(), total)
            for member, needed in each:
                if name in needed:
                    member.tell("supplied", "", needed[name], name, self._line.env.now - asked)

    def _planned(self) -> list[PlannedPhase]:
        """Return the phases of the run: each as long as the longest of its batches."""
        each = [planned(member.batch, self._stage, member.waited) for member in self.members]
        return [_longest([phase for phase in phases if phase is not None]) for phases in zip_longest(*each)]

    def _work(self) -> Steps:
        """Work with what fails; its batches go on at its end."""
        stage, env, crew = self._stage, self._line.env, self._stage.crew
        if stage.stocks:
            yield from self._draw()
        asked, people, phases = env.now, 0, self._planned()
        if crew is not None and phases and phases[0].attended and phases[0].hours > 0.0:
            people = phases[0].people
            if people and not crew.at_once(people, phases[0].hours):
                phases = yield from self._people(crew, phases[0])
        if stage.longest_hold is not None:
            phases = self._without_late(phases, stage.longest_hold)
        if people and crew is not None and (not self.members or phases[0].hours <= 0.0):
            crew.release(people)
            people = 0
        if self.members:
            yield from self._attempts(phases, asked if people else None)

    def _people(self, crew: Crew, first: PlannedPhase) -> Steps:
        """Wait for the people of the first phase, while others may still come; returns the phases as they are then."""
        still_open = self._gathering.rule.every is None
        if still_open:
            self._gathering.open.append(self)
        yield crew.queued(self._as_batch, self._key(), first.people, first.hours)
        if still_open:
            self._gathering.open.remove(self)
        phases = self._planned()
        return [phases[0]._replace(people=first.people), *phases[1:]]

    def _without_late(self, phases: list[PlannedPhase], limit: float) -> list[PlannedPhase]:
        """Note who has waited longer than allowed, and let go who is lost by that; returns the phases of the others."""
        stage, late = self._stage, [member for member in self.members if member.waited > limit + 1e-9]
        for member in late:
            deviates(member.batch, self._line, stage, member.waited - limit, "max_hold")
        if not late or stage.procedure.breach != "reject":
            return phases
        self._end(dict.fromkeys(late, LOST))
        if not self.members:
            return phases
        left = self._planned()
        return [left[0]._replace(people=phases[0].people), *left[1:]]

    def _attempts(self, phases: list[PlannedPhase], asked: float | None) -> Steps:
        """Run the phases until they are done or the batches leave for a rework or are lost: all of them together."""
        leader, stage, attempt = self.leader, self._stage, 0
        earlier = leader.visits.get(stage.index, 0) * ATTEMPTS
        beside = self._told_of_all()
        while True:
            struck = self.production.failures.struck(leader.lane, stage.index, earlier + attempt, phases)
            stopped = struck[0].stops if struck else False
            some = until(phases, struck[0].after) if stopped else phases
            _, broken = yield from phases_run(self._as_batch, beside, stage, some, self.label, asked)
            if broken is None:
                for failure in struck:
                    lost = [strikes(member.batch, self._line, stage, failure) for member in self.members]
                    if lost[0] > 0.0:
                        yield Pause(self._line.env, lost[0])
                if not stopped:
                    return self._end(dict.fromkeys(self.members, stage.index + 1))
            attempt, asked = attempt + 1, None
            stop = struck[0] if broken is None else broken
            if stop.consequence == "rework":
                return self._end({m: back(m.batch, stage, stop.id, stop.limit) for m in self.members})
            if stop.consequence == "reject" or attempt > stop.limit:
                return self._end(dict.fromkeys(self.members, LOST))
            self._line.repeats += [(self._line.env.now, member.batch.number, stage.id) for member in self.members]
            if stage.stocks:
                yield from self._draw()

    def _told_of_all(self) -> Line:
        """Return the line with a log that tells of all batches what it is told of the run."""
        line = copy.copy(self._line)
        line.log = cast(list[Event], _Log(self._line.log, self))
        return line


class _Log:
    """A log that tells what it is told of the leading batch of each other one as well, without unit and people."""

    def __init__(self, log: list[Event], load: Load) -> None:
        self._log, self._load = log, load

    def append(self, event: Event) -> None:
        """Note an event of the run."""
        self._log.append(event)
        for member in self._load.members:
            if member.batch.number != event.batch:
                amount = 0.0 if event.role else event.amount
                waited = min(event.waited, event.time - member.start)  # who came last has waited less
                number = member.batch.number
                self._log.append(event._replace(batch=number, unit="", amount=amount, waited=waited))


def _longest(phases: Sequence[PlannedPhase]) -> PlannedPhase:
    """Return the first of some phases with the hours of the longest."""
    return phases[0]._replace(hours=max(phase.hours for phase in phases))
