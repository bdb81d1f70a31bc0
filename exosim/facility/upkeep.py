"""Units that break down and are serviced: availability of one equipment class over time."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import simpy

from exosim.facility.clock import Pause
from exosim.plant import Breakdown, Maintenance
from exosim.records import Event, entry

if TYPE_CHECKING:
    from exosim.facility.batch import Batch
    from exosim.facility.crew import Crew
    from exosim.facility.pool import Pool

Steps = Generator[simpy.Event, Any, Any]
_NOTHING = 1e-9  # h
NOBODY = -1
"""Number of the batch in events that belong to none."""


@dataclass(slots=True)
class _Life:
    """What is left until the next breakdown of one kind on one unit, in hours of work, and how many there were."""

    kind: Breakdown
    left: float
    count: int = 0


class Worked(NamedTuple):
    """How a stretch of work went: hours lost to repairs, hours not worked, and the breakdown that stopped it."""

    repaired: float
    left: float
    broken: Breakdown | None


class Upkeep:
    """Breakdowns and planned maintenance of the units of one pool.

    A service that is due waits until the unit is given back and cleaned; a breakdown does not. A unit that is being
    repaired or serviced is out of the pool: whoever gives it back gives it to the repair. It is out for one reason at a
    time: what would strike meanwhile waits until it is up. A breakdown harms the work at the unit; a batch that only
    stands on it, waiting for people, say, is not harmed and waits for the repair. Work that is complete at the very
    moment of a breakdown is complete.
    """

    def __init__(
        self,
        env: simpy.Environment,
        pool: Pool,
        breakdowns: Sequence[Breakdown],
        maintenance: Maintenance | None,
        log: list[Event],
    ) -> None:
        self._env, self._pool, self._log = env, pool, log
        self._up: dict[int, simpy.Event] = {}
        """By unit that is out: the event at which it is up again."""
        self._due: dict[int, float] = {}
        self._withheld: set[int] = set()
        self.at_work: dict[int, Batch] = {}
        self._lives: list[list[_Life]] = [
            [_Life(kind, kind.between(label, 0)) for kind in breakdowns if kind.clock == "operating"]
            for label in pool.labels
        ]
        for unit in range(pool.capacity):
            for kind in breakdowns:
                if kind.clock == "calendar":
                    env.process(self._always_aging(unit, kind))
            if maintenance is not None:
                env.process(self._serviced(unit, maintenance))

    def keeps(self, unit: int) -> bool:
        """Take a unit that is given back when it is broken or a service is due; returns whether it was taken."""
        if unit not in self._up:
            due = self._due.pop(unit, 0.0)
            if not due:
                return False
            self._out(unit, "maintenance", due, "", NOBODY)
        self._withheld.add(unit)
        self._pool.holders[unit] = None
        return True

    def work(self, batch: Batch, units: Sequence[int], hours: float, crew: Crew | None) -> Steps:
        """Let a batch work on units for `hours`; returns a :class:`Worked`."""
        remaining, repaired = hours, 0.0
        while True:
            repaired += yield from self._until_up(units, crew)
            lives = [(life.left, unit, life) for unit in units for life in self._lives[unit]]
            left, unit, life = min(lives, key=lambda found: found[0], default=(remaining, 0, None))
            stretch = min(remaining, left)
            worked, broken = yield from self._stretch(batch, units, stretch, crew)
            remaining -= worked
            for _, _, aging in lives:
                aging.left -= worked
            if broken is None and life is not None and life.left <= 0.0:
                broken = life.kind
                self._break(unit, broken, life.count, batch.number)
                life.count += 1
                life.left = broken.between(self._pool.labels[unit], life.count)
            if remaining <= _NOTHING:
                return Worked(repaired, 0.0, None)
            if broken is not None and broken.consequence != "wait":
                return Worked(repaired, remaining, broken)

    def _stretch(self, batch: Batch, units: Sequence[int], hours: float, crew: Crew | None) -> Steps:
        """Work for some hours unless a breakdown interrupts; returns the hours that were worked, and the breakdown."""
        env, begun = self._env, self._env.now
        self.at_work.update(dict.fromkeys(units, batch))
        broken: Breakdown | None = None
        try:
            yield env.timeout(hours) if crew is None else crew.passed(hours)
        except simpy.Interrupt as interrupt:
            broken = interrupt.cause
        for unit in units:
            del self.at_work[unit]
        if broken is None:
            return hours, None
        return min(env.now - begun if crew is None else crew.worked(begun), hours), broken

    def _until_up(self, units: Sequence[int], crew: Crew | None) -> Steps:
        """Wait until units are repaired, then until the shift of the people at them; returns the hours of repair."""
        repaired, env = 0.0, self._env
        while out := [self._up[unit] for unit in units if unit in self._up]:
            begun = env.now
            yield out[0]
            repaired += env.now - begun
            if crew is not None and not any(unit in self._up for unit in units):
                yield crew.shift()  # until which a unit may break down again
        return repaired

    def _always_aging(self, unit: int, kind: Breakdown) -> Steps:
        """Break down after so many hours, whether the unit works or not; a repair makes it as new."""
        label, count = self._pool.labels[unit], 0
        while True:
            yield self._env.timeout(kind.between(label, count))
            while unit in self._up:
                yield self._up[unit]
            batch = self.at_work.get(unit)
            self._break(unit, kind, count, NOBODY if batch is None else batch.number)
            if batch is not None and batch.process is not None:
                batch.process.interrupt(kind)
            count += 1
            yield self._up[unit]

    def _serviced(self, unit: int, maintenance: Maintenance) -> Steps:
        """Service a unit on its rhythm, or as soon as it is given back; the units of a class take turns."""
        wait = maintenance.every * (unit + 1) / self._pool.capacity
        while True:
            yield self._env.timeout(wait)
            wait = maintenance.every
            if unit in self._pool.free:
                self._withhold(unit)
                self._out(unit, "maintenance", maintenance.duration, "", NOBODY)
            else:
                self._due[unit] = maintenance.duration

    def _break(self, unit: int, kind: Breakdown, count: int, number: int) -> None:
        if unit in self._pool.free:
            self._withhold(unit)
        self._out(unit, "down", kind.repair(self._pool.labels[unit], count), kind.id, number)

    def _withhold(self, unit: int) -> None:
        self._pool.take(unit)
        self._withheld.add(unit)

    def _out(self, unit: int, event: str, hours: float, note: str, number: int) -> None:
        """Note that a unit is out for some hours, and have it back after them."""
        self._log.append(entry((self._env.now, number, "", "", event, self._pool.labels[unit], "", hours, note, 0.0)))
        up = self._up[unit] = Pause(self._env, hours)
        up.callbacks.append(lambda _: self._back(unit))

    def _back(self, unit: int) -> None:
        """Give a unit back to the pool, unless a batch or its turnaround still has it."""
        del self._up[unit]
        if unit in self._withheld:
            self._withheld.discard(unit)
            self._pool.give(unit)
