"""Utilities with a peak limit, such as water for injection or power: what runs at the same time must fit."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Any

import simpy

from exosim.errors import ModelError, Problem

if TYPE_CHECKING:
    from exosim.facility.batch import Batch

_SLACK = 1e-9
"""Share of the limit by which sums of many decimal amounts may differ from it."""


class UtilitySupply:
    """A limit on the sum of what is taken at the same time, with one queue.

    Attributes
    ----------
    name, limit, taken : which utility, its peak, and what is in use
    """

    def __init__(self, env: simpy.Environment, name: str, limit: float) -> None:
        self._env, self.name, self.limit, self.taken = env, name, limit, 0.0
        self.queue: list[tuple[Any, int, float, simpy.Event, Batch]] = []
        self._count = itertools.count()
        self._users = 0

    def at_once(self, amount: float) -> bool:
        """Take an amount when it is there and nobody waits before."""
        if self.queue or self.taken + amount > self.limit * (1.0 + _SLACK):
            return False
        self.taken += amount
        self._users += 1
        return True

    def queued(self, batch: Batch, key: Any, amount: float) -> simpy.Event:
        """Return the event at which the amount is there."""
        if amount > self.limit * (1.0 + _SLACK):
            problem = f"{amount:g} is needed at once"
            raise ModelError(Problem(problem, path=f"utility.{self.name}.limit", got=f"{self.limit:g}"))
        event = simpy.Event(self._env)
        heapq.heappush(self.queue, (key, next(self._count), amount, event, batch))
        batch.waits_for = self
        return event

    def release(self, amount: float) -> None:
        """Give an amount back; those in the queue have it in order."""
        self._users -= 1
        self.taken = self.taken - amount if self._users else 0.0  # nothing of a rounding error stays behind
        while self.queue and self.taken + self.queue[0][2] <= self.limit * (1.0 + _SLACK):
            _, _, wanted, event, batch = heapq.heappop(self.queue)
            self.taken += wanted
            self._users += 1
            batch.waits_for = None
            event.succeed()
