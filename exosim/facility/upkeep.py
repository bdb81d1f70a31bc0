"""Units that break down and are serviced: availability of one equipment class over time."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simpy

from exosim.plant import Breakdown, Maintenance
from exosim.records import Event, entry

if TYPE_CHECKING:
    from exosim.facility.batch import Batch
    from exosim.facility.crew import Crew
    from exosim.facility.pool import Pool

Steps = Generator[simpy.Event, Any, Any]
_NOTHING = 1e-12  # h
NOBODY = -1
"""Number of the batch in events that belong to none."""


@dataclass(slots=True)
class _Life:
    """What is left until the next breakdown of one kind on one unit, in hours of work, and how many there were."""

    kind: Breakdown
    left: float
    count: int = 0


class Upkeep:
    """Breakdowns and planned maintenance of the units of one pool.

    A service that is due waits until the unit is given back; a breakdown does not. A unit that is being repaired or
    serviced is out of the pool: whoever gives it back gives it to the repair.
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
        self._down_until: dict[int, float] = {}
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
        due = self._due.pop(unit, 0.0)
        if due:
            self._begin_service(unit, due)
        if self._down_until.get(unit, -math.inf) <= self._env.now:
            return False
        self._withheld.add(unit)
        self._pool.holders[unit] = None
        return True

    def work(self, batch: Batch, units: Sequence[int], hours: float, crew: Crew | None) -> Steps:
        """Let a batch work on units for `hours`; returns the hours lost, and the breakdown that stops it or None."""
        env, remaining, lost = self._env, hours, 0.0
        while True:
            lost += yield from self._until_up(units, crew)
            lives = [(life.left, unit, life) for unit in units for life in self._lives[unit]]
            left, unit, life = min(lives, key=lambda found: found[0], default=(math.inf, 0, None))
            stretch = min(remaining, left)
            begun, kind = env.now, None
            self.at_work.update(dict.fromkeys(units, batch))
            try:
                taken = stretch if crew is None else crew.finish(stretch)
                yield simpy.Timeout(env, taken) if taken < math.inf else simpy.Event(env)
            except simpy.Interrupt as interrupt:
                kind = interrupt.cause
            for own in units:
                del self.at_work[own]
            worked = stretch if kind is None else env.now - begun if crew is None else crew.worked(begun)
            remaining -= worked
            for _, _, aging in lives:
                aging.left -= worked
            if kind is None and life is not None and life.left <= 0.0:
                kind = life.kind
                life.count += 1
                life.left = kind.between(self._pool.labels[unit], life.count)
                self._break(unit, kind, life.count - 1, batch.number)
            if kind is not None and kind.consequence != "wait":
                return lost, kind
            if kind is None and remaining <= _NOTHING:
                return lost, None

    def _until_up(self, units: Sequence[int], crew: Crew | None) -> Steps:
        """Wait until units are repaired, then until the shift of the people at them; returns the hours of repair."""
        begun = self._env.now
        while (up := max(self._down_until.get(unit, -math.inf) for unit in units)) > self._env.now:
            yield simpy.Timeout(self._env, up - self._env.now)
        lost = self._env.now - begun
        if lost and crew is not None:
            begin = crew.hours.next_start(self._env.now)
            if begin > self._env.now:
                yield simpy.Timeout(self._env, begin - self._env.now) if begin < math.inf else simpy.Event(self._env)
        return lost

    def _always_aging(self, unit: int, kind: Breakdown) -> Steps:
        """Break down after so many hours, whether the unit works or not; a repair makes it as new."""
        label, count = self._pool.labels[unit], 0
        while True:
            yield simpy.Timeout(self._env, kind.between(label, count))
            while self._down_until.get(unit, -math.inf) > self._env.now:
                yield simpy.Timeout(self._env, self._down_until[unit] - self._env.now)
            batch = self.at_work.get(unit)
            self._break(unit, kind, count, NOBODY if batch is None else batch.number)
            if batch is not None and batch.process is not None:
                batch.process.interrupt(kind)
            count += 1
            if self._down_until[unit] > self._env.now:
                yield simpy.Timeout(self._env, self._down_until[unit] - self._env.now)

    def _serviced(self, unit: int, maintenance: Maintenance) -> Steps:
        """Service a unit on its rhythm, or as soon as it is given back."""
        while True:
            yield simpy.Timeout(self._env, maintenance.every)
            if unit in self._pool.free:
                self._pool.take(unit)
                self._withheld.add(unit)
                self._begin_service(unit, maintenance.duration)
            else:
                self._due[unit] = maintenance.duration

    def _break(self, unit: int, kind: Breakdown, count: int, number: int) -> None:
        hours = kind.repair(self._pool.labels[unit], count)
        if unit in self._pool.free:
            self._pool.take(unit)
            self._withheld.add(unit)
        self._out(unit, "down", hours, kind.id, number)

    def _begin_service(self, unit: int, hours: float) -> None:
        self._out(unit, "maintenance", hours, "", NOBODY)

    def _out(self, unit: int, event: str, hours: float, note: str, number: int) -> None:
        """Note that a unit is out for some hours, after those for which it is out already."""
        env = self._env
        self._log.append(entry((env.now, number, "", "", event, self._pool.labels[unit], "", hours, note, 0.0)))
        self._down_until[unit] = max(self._down_until.get(unit, env.now), env.now) + hours
        back = simpy.Timeout(env, self._down_until[unit] - env.now)
        back.callbacks.append(lambda _: self._back(unit))

    def _back(self, unit: int) -> None:
        """Give a unit back to the pool when nothing keeps it out any more."""
        if self._down_until.get(unit, math.inf) <= self._env.now + 1e-12:
            del self._down_until[unit]
            if unit in self._withheld:
                self._withheld.discard(unit)
                self._pool.give(unit)
