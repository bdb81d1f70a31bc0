"""Identical units that batches take and give back.

A free unit is granted without an event; only a batch that has to wait costs one.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import simpy

from exosim.facility.clock import Pause

if TYPE_CHECKING:
    from exosim.facility.batch import Batch
    from exosim.facility.upkeep import Upkeep


class Pool:
    """A number of identical units with one queue.

    Attributes
    ----------
    name, capacity : which equipment, how many units
    labels : class and number of each unit, from 1
    free : units that nobody holds, as a heap: the lowest is taken first
    holders : who holds which unit; None while a unit is cleaned, serviced or repaired
    turnaround : hours of cleaning after a batch, by its number
    size_limit : largest size of one unit; None: no limit
    lacked : whether anybody ever had to ask for a unit while none was free
    upkeep : breakdowns and maintenance; None where units are always up
    """

    __slots__ = (
        "_count", "_env", "capacity", "free", "holders", "labels", "lacked", "name", "queue", "size_limit",
        "turnaround", "upkeep", "watch",
    )  # fmt: skip

    def __init__(
        self, env: simpy.Environment, name: str, capacity: int, turnaround: Callable[[int], float] = lambda _: 0.0
    ) -> None:
        self._env, self.name, self.capacity, self.turnaround = env, name, capacity, turnaround
        self.labels = [f"{name} {unit + 1}" for unit in range(capacity)]
        self.free = list(range(capacity))
        self.holders: dict[int, Batch | None] = {}
        self.queue: list[tuple[Any, int, int, simpy.Event, Batch]] = []
        self._count = itertools.count()
        self.size_limit: float | None = None
        self.lacked = False
        self.upkeep: Upkeep | None = None
        self.watch: Callable[[Batch], None] | None = None

    def at_once(self, batch: Batch) -> int | None:
        """Take a unit when one is free now and nobody waits before; returns its number."""
        if not self.free or self.queue:
            return None
        unit = heapq.heappop(self.free)
        self.holders[unit] = batch
        return unit

    def several_at_once(self, batch: Batch, count: int) -> list[int] | None:
        """Take some units when so many are free now and nobody waits before."""
        if len(self.free) < count or self.queue:
            return None
        return self._taken(batch, count)

    def queued(self, batch: Batch, key: Any, count: int = 1) -> simpy.Event:
        """Return the event whose value is the number of the unit that the batch has then; a list when it takes some."""
        self.lacked = True
        event = simpy.Event(self._env)
        heapq.heappush(self.queue, (key, next(self._count), count, event, batch))
        batch.waits_for = self
        if self.watch is not None:
            self.watch(batch)
        return event

    def take(self, unit: int) -> None:
        """Take a unit that is free out of use."""
        self.free.remove(unit)
        heapq.heapify(self.free)
        self.holders[unit] = None

    def give(self, unit: int) -> None:
        """Give a unit back; the first in the queue has it at once, unless it is broken or a service is due."""
        if self.upkeep is not None and self.upkeep.keeps(unit):
            return
        if self.queue and self.queue[0][2] == 1 and not self.free:
            _, _, _, event, batch = heapq.heappop(self.queue)
            self.holders[unit] = batch
            batch.waits_for = None
            event.succeed(unit)
            return
        del self.holders[unit]
        heapq.heappush(self.free, unit)
        while self.queue and len(self.free) >= self.queue[0][2]:
            _, _, count, event, batch = heapq.heappop(self.queue)
            batch.waits_for = None
            units = self._taken(batch, count)
            event.succeed(units if count > 1 else units[0])
        if self.queue and self.watch is not None:  # free units are too few for the first in the queue
            self.watch(self.queue[0][4])

    def clean(self, unit: int, hours: float) -> None:
        """Give a unit back after its turnaround."""
        if hours <= 0.0:
            self.give(unit)
            return
        self.holders[unit] = None
        done = Pause(self._env, hours)
        done.callbacks.append(lambda _: self.give(unit))

    def lacks(self, batch: object) -> int:
        """Return how many units must be given back so that a batch that waits, and all before it, can go on."""
        if self.size_limit is None:
            return 1
        own = next(entry for entry in self.queue if entry[4] is batch)
        return max(entry[2] for entry in self.queue if entry <= own) - len(self.free)

    def held_by(self, _: object) -> Iterable[Batch | None]:
        """Return those who can give units back so that a batch can go on; None stands for cleaning and repair."""
        return self.holders.values()

    def _taken(self, batch: Batch, count: int) -> list[int]:
        units = [heapq.heappop(self.free) for _ in range(count)]
        self.holders.update(dict.fromkeys(units, batch))
        return units
