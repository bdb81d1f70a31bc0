"""People of one role: claimed together for an attended phase, within their working time."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import simpy

from exosim.errors import ModelError, Problem
from exosim.facility.clock import Pause
from exosim.plant import Role

if TYPE_CHECKING:
    from exosim.facility.batch import Batch


class Claim(NamedTuple):
    """People asked for by a batch, for how long without a break."""

    people: int
    hours: float
    event: simpy.Event
    batch: Batch


class Crew:
    """The people of a role. A claim takes all that it needs or waits; nobody is held while a shift is off.

    Attributes
    ----------
    name, capacity, hours : role, people on duty, and when
    gowning, minimum : hours to change before each phase, and least people at one
    free : people who are not at work
    queue : claims that only lack people, by their key
    later : claims that must wait for a shift, by when it begins
    lacked : whether a claim that could begin ever had to wait for people
    """

    def __init__(self, env: simpy.Environment, role: Role) -> None:
        self._env, self.name, self.capacity = env, role.id, role.headcount
        self.hours, self.gowning, self.minimum = role.hours, role.gowning, role.minimum_crew
        self.free = role.headcount
        self.lacked = False
        self.queue: list[tuple[Any, int, Claim]] = []
        self.later: list[tuple[float, Any, int, Claim]] = []
        self._count = itertools.count()
        self._alarm = math.inf
        self._until = -math.inf
        """Working time is known to last until then; the clock never goes back."""

    @property
    def ended(self) -> bool:
        """Whether no shift is left, as far as the calendar is known: to a week after the run."""
        return self.hours.next_start(self._env.now) == math.inf

    def at_once(self, people: int, hours: float) -> bool:
        """Take `people` when they are free now, nobody is before, and they can work for `hours` without a break."""
        if self.queue or people > self.free:
            return False
        now, hours = self._env.now, hours + self.gowning
        if self.later and self.later[0][0] <= now:
            return False
        if now + hours > self._until and not self._can_begin(now, hours):
            return False
        self.free -= people
        return True

    def queued(self, batch: Batch, key: Any, people: int, hours: float) -> simpy.Event:
        """Return the event at which `people` are there for `hours` without a break."""
        if people > self.capacity:
            problem = f"{people} people are needed at once"
            raise ModelError(Problem(problem, path=f"personnel.{self.name}.headcount", got=str(self.capacity)))
        claim = Claim(people, hours + self.gowning, simpy.Event(self._env), batch)
        batch.waits_for = self
        begin = self.hours.next_start(self._env.now, claim.hours)
        if begin > self._env.now:
            self._postpone(begin, key, next(self._count), claim)
        else:
            heapq.heappush(self.queue, (key, next(self._count), claim))
            self._serve()
        return claim.event

    def finish(self, hours: float) -> float:
        """Return how long `hours` of work that start now take, with the pauses of a phase longer than a shift."""
        now = self._env.now
        if now + hours <= self._until or self.hours.until(now) >= now + hours - 1e-9:
            return hours
        return self.hours.finish(now, hours) - now

    def passed(self, hours: float) -> simpy.Event:
        """Return the event at which `hours` of work that start now are done; it never comes after the calendar."""
        taken = self.finish(hours)
        return Pause(self._env, taken) if taken < math.inf else simpy.Event(self._env)

    def shift(self) -> simpy.Event:
        """Return the event at which a shift is on."""
        wait = self.hours.next_start(self._env.now) - self._env.now
        return Pause(self._env, wait) if wait < math.inf else simpy.Event(self._env)

    def worked(self, begin: float) -> float:
        """Return the working hours from `begin` to now."""
        return self.hours.worked(self._env.now) - self.hours.worked(begin)

    def release(self, people: int) -> None:
        """Let people go; the first in the queue has them as soon as there are enough."""
        self.free += people
        if self.queue:
            self._serve()

    def _can_begin(self, now: float, hours: float) -> bool:
        """Return whether work can begin now and go on for `hours`, or at all where no shift is that long."""
        if now + hours <= self._until:
            return True
        self._until = self.hours.until(now)
        if now + hours <= self._until:
            return True
        return self._until > now and self.hours.next_start(now, hours) <= now

    def _serve(self) -> None:
        """Let claims begin, in order; what cannot be done any more in this shift is passed over until another."""
        now, queue, later = self._env.now, self.queue, self.later
        while later and later[0][0] <= now:
            heapq.heappush(queue, heapq.heappop(later)[1:])
        while queue:
            key, count, claim = queue[0]
            if not self._can_begin(now, claim.hours):
                heapq.heappop(queue)
                self._postpone(self.hours.next_start(now, claim.hours), key, count, claim)
                continue
            if claim.people > self.free:
                self.lacked = True
                break
            heapq.heappop(queue)
            self.free -= claim.people
            claim.batch.waits_for = None
            claim.event.succeed()

    def _postpone(self, begin: float, key: Any, count: int, claim: Claim) -> None:
        """Look at a claim again at `begin`; infinity is after the end of the calendar."""
        heapq.heappush(self.later, (begin, key, count, claim))
        self._watch()

    def _watch(self) -> None:
        """Set an alarm for the first claim that waits for a shift."""
        if self.later and self.later[0][0] < self._alarm:
            self._alarm = self.later[0][0]
            alarm = Pause(self._env, self._alarm - self._env.now)
            alarm.callbacks.append(self._ring)

    def _ring(self, _: simpy.Event) -> None:
        self._alarm = math.inf
        self._serve()
        self._watch()
