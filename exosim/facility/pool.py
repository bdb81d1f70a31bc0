"""Identical units that batches take and give back.

A free unit is granted without an event; only a batch that has to wait costs one.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import simpy

if TYPE_CHECKING:
    from exosim.facility.batch import Batch


class Pool:
    """A number of identical units with one queue.

    Attributes
    ----------
    name, capacity : which equipment, how many units
    labels : class and number of each unit, from 1
    free : units that nobody holds, as a heap: the lowest is taken first
    holders : who holds which unit; None while a unit is cleaned
    turnaround : hours of cleaning after a batch, by its number
    """

    __slots__ = ("_count", "_env", "capacity", "free", "holders", "labels", "name", "queue", "turnaround", "watch")

    def __init__(
        self, env: simpy.Environment, name: str, capacity: int, turnaround: Callable[[int], float] = lambda _: 0.0
    ) -> None:
        self._env, self.name, self.capacity, self.turnaround = env, name, capacity, turnaround
        self.labels = [f"{name} {unit + 1}" for unit in range(capacity)]
        self.free = list(range(capacity))
        self.holders: dict[int, Batch | None] = {}
        self.queue: list[tuple[Any, int, simpy.Event, Batch]] = []
        self._count = itertools.count()
        self.watch: Callable[[Batch], None] | None = None

    def at_once(self, batch: Batch) -> int | None:
        """Take a unit when one is free now; returns its number."""
        if not self.free:
            return None
        unit = heapq.heappop(self.free)
        self.holders[unit] = batch
        return unit

    def queued(self, batch: Batch, key: Any) -> simpy.Event:
        """Return the event whose value is the number of the unit that the batch has then."""
        event = simpy.Event(self._env)
        heapq.heappush(self.queue, (key, next(self._count), event, batch))
        batch.waits_for = self
        if self.watch is not None:
            self.watch(batch)
        return event

    def give(self, unit: int) -> None:
        """Give a unit back; the first in the queue has it at once."""
        if self.queue:
            _, _, event, batch = heapq.heappop(self.queue)
            self.holders[unit] = batch
            batch.waits_for = None
            event.succeed(unit)
        else:
            del self.holders[unit]
            heapq.heappush(self.free, unit)

    def clean(self, unit: int, hours: float) -> None:
        """Give a unit back after its turnaround."""
        if hours <= 0.0:
            self.give(unit)
            return
        self.holders[unit] = None
        done = simpy.Timeout(self._env, hours)
        done.callbacks.append(lambda _: self.give(unit))
