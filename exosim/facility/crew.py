"""People of one role: claimed together for an attended phase, within their working time."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from exosim.errors import ModelError, Problem
from exosim.plant import Role

if TYPE_CHECKING:
    from exosim.facility.batch import Batch

Steps = Generator[simpy.Event, Any, Any]


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
        self.queue: list[tuple[Any, int, int, simpy.Event, Batch]] = []
        self._count = itertools.count()

    def claim(self, batch: Batch, key: Any, people: int, hours: float) -> Steps:
        """Wait until `people` are free and can work for `hours` without a break."""
        while True:
            begin = self._hours.next_start(self._env.now, hours)
            if math.isinf(begin):
                problem = f"{self.name} has no working time left after {self._env.now:.0f} h"
                raise ModelError(Problem(problem, path=f"personnel.{self.name}"))
            if begin > self._env.now:
                yield simpy.Timeout(self._env, begin - self._env.now)
                continue
            if self.queue or self.free < people:
                event = simpy.Event(self._env)
                heapq.heappush(self.queue, (key, next(self._count), people, event, batch))
                batch.waits_for = self
                yield event
            else:
                self.free -= people
            if self._hours.next_start(self._env.now, hours) <= self._env.now:
                return
            self.release(people)

    def finish(self, hours: float) -> float:
        """Return how long `hours` of work that start now take, with the pauses of a phase longer than a shift."""
        if hours <= self._hours.longest or self._hours.always:
            return hours
        return self._hours.finish(self._env.now, hours) - self._env.now

    def release(self, people: int) -> None:
        """Let people go; the first in the queue has them as soon as there are enough."""
        self.free += people
        while self.queue and self.queue[0][2] <= self.free:
            _, _, wanted, event, batch = heapq.heappop(self.queue)
            self.free -= wanted
            batch.waits_for = None
            event.succeed()
