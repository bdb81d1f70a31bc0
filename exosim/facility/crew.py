"""People of one role: claimed together for an attended phase, within their working time."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import TYPE_CHECKING, Any

import simpy

from exosim.errors import ModelError, Problem
from exosim.plant import Role

if TYPE_CHECKING:
    from exosim.facility.batch import Batch


class Crew:
    """The people of a role. A claim takes all that it needs or waits; nobody is held while a shift is off.

    Attributes
    ----------
    name, capacity : role and people on duty
    free : people who are not at work
    """

    def __init__(self, env: simpy.Environment, role: Role) -> None:
        self._env, self.name, self.capacity = env, role.id, role.headcount
        self._hours = role.hours
        self.free = role.headcount
        self.queue: list[tuple[Any, int, int, float, simpy.Event, Batch]] = []
        self._count = itertools.count()
        self._alarm = math.inf
        self._until = -math.inf
        """Working time is known to last until then; the clock never goes back."""

    def at_once(self, people: int, hours: float) -> bool:
        """Take `people` when they are free now, nobody is before, and they can work for `hours` without a break."""
        if self.queue or people > self.free or not self._can_begin(self._env.now, hours):
            return False
        self.free -= people
        return True

    def _can_begin(self, now: float, hours: float) -> bool:
        """Return whether work can begin now and go on for `hours`, or at all where no shift is that long."""
        if now + hours <= self._until:
            return True
        self._until = self._hours.until(now)
        return now + hours <= self._until or self._hours.next_start(now, hours) <= now

    def queued(self, batch: Batch, key: Any, people: int, hours: float) -> simpy.Event:
        """Return the event at which `people` are there for `hours` without a break."""
        if people > self.capacity:
            problem = f"{people} people are needed at once"
            raise ModelError(Problem(problem, path=f"personnel.{self.name}.headcount", got=str(self.capacity)))
        event = simpy.Event(self._env)
        heapq.heappush(self.queue, (key, next(self._count), people, hours, event, batch))
        batch.waits_for = self
        begin = self._hours.next_start(self._env.now, hours)
        if begin > self._env.now:
            self._wake(begin)
        elif people <= self.free:
            self._serve()
        return event

    def finish(self, hours: float) -> float:
        """Return how long `hours` of work that start now take, with the pauses of a phase longer than a shift."""
        now = self._env.now
        if now + hours <= self._until or self._hours.until(now) >= now + hours - 1e-9:
            return hours
        return self._hours.finish(now, hours) - now

    def release(self, people: int) -> None:
        """Let people go; the first in the queue has them as soon as there are enough."""
        self.free += people
        if self.queue:
            self._serve()

    def _serve(self) -> None:
        """Let those in the queue begin, in order; who cannot work long enough now is passed over until a shift."""
        later = []
        while self.queue:
            _, _, people, hours, event, batch = self.queue[0]
            begin = self._hours.next_start(self._env.now, hours)
            if begin > self._env.now:
                later.append(heapq.heappop(self.queue))
                self._wake(begin)
                continue
            if people > self.free:
                break
            heapq.heappop(self.queue)
            self.free -= people
            batch.waits_for = None
            event.succeed()
        for entry in later:
            heapq.heappush(self.queue, entry)

    def _wake(self, begin: float) -> None:
        """Look at the queue again at `begin`; infinity is after the end of the calendar."""
        if begin >= self._alarm:
            return
        self._alarm = begin
        alarm = simpy.Timeout(self._env, begin - self._env.now)
        alarm.callbacks.append(self._ring)

    def _ring(self, _: simpy.Event) -> None:
        self._alarm = math.inf
        self._serve()
