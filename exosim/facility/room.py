"""Rooms: which batches may be in one at the same time, clearance between them, changeover between products."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import simpy

from exosim.facility.clock import Pause
from exosim.plant import Segregation

if TYPE_CHECKING:
    from exosim.facility.batch import Batch

Hours = Callable[[int], float]


class Room:
    """A room with its queue; first come, first served by key, so that no product is passed over for ever.

    Attributes
    ----------
    name, capacity, segregation : which room, batches at once, and which of them may share it
    inside : the batches that are in it
    lacked : whether a batch ever had to wait because the room was full
    """

    def __init__(
        self,
        env: simpy.Environment,
        name: str,
        capacity: int,
        segregation: Segregation,
        clearance: Hours,
        change: Hours,
    ) -> None:
        self._env, self.name, self.segregation = env, name, segregation
        self.capacity = 1 if segregation == "batch" else capacity
        self._clearance, self._changeover = clearance, change
        self.inside: dict[Batch, None] = {}
        self.lacked = False
        self._product: str | None = None
        self._busy = False
        """Whether the room is being cleared or changed over."""
        self.queue: list[tuple[Any, int, simpy.Event, Batch]] = []
        self._count = itertools.count()
        self.watch: Callable[[Batch], None] | None = None

    def at_once(self, batch: Batch) -> bool:
        """Let a batch in when it may enter now and nobody waits before it."""
        if self.queue or not self._open_for(batch) or self._must_change(batch):
            return False
        self._admit(batch)
        return True

    def queued(self, batch: Batch, key: Any) -> simpy.Event:
        """Return the event at which the batch is in the room."""
        event = simpy.Event(self._env)
        heapq.heappush(self.queue, (key, next(self._count), event, batch))
        batch.waits_for = self
        self._serve()
        if batch.waits_for is self and self.watch is not None:
            self.watch(batch)
        return event

    def leave(self, batch: Batch) -> None:
        """Let a batch out; where batches are segregated, the empty room is cleared."""
        del self.inside[batch]
        hours = self._clearance(batch.number) if self.segregation != "none" and not self.inside else 0.0
        self._occupy(hours)

    def lacks(self, batch: object) -> int:
        """Return how many batches must leave so that a batch that waits, and all before it, can enter."""
        own = next(entry for entry in self.queue if entry[3] is batch)
        products = {entry[3].product for entry in self.queue if entry <= own} | {self._product}
        if self.segregation == "product" and len(products) > 1:
            return len(self.inside)
        return len(self.inside) + 1 - self.capacity

    def held_by(self, _: object) -> Iterable[Batch | None]:
        """Return those who can leave so that a batch can enter; None stands for the clearance."""
        return [None] * self.capacity if self._busy else self.inside

    def _open_for(self, batch: Batch) -> bool:
        if self._busy:
            return False
        if len(self.inside) >= self.capacity:
            self.lacked = True
            return False
        return not (self.segregation == "product" and self.inside and self._product != batch.product)

    def _must_change(self, batch: Batch) -> bool:
        known = self.segregation != "none" and self._product is not None
        return known and self._product != batch.product and self._changeover(batch.number) > 0.0

    def _admit(self, batch: Batch) -> None:
        self.inside[batch] = None
        self._product = batch.product

    def _serve(self) -> None:
        """Let in those at the head of the queue; another product has the room changed over first."""
        while self.queue:
            _, _, event, batch = self.queue[0]
            if not self._open_for(batch):
                return
            if self._must_change(batch):
                hours, self._product = self._changeover(batch.number), batch.product
                self._occupy(hours)
                return
            heapq.heappop(self.queue)
            self._admit(batch)
            batch.waits_for = None
            event.succeed()

    def _occupy(self, hours: float) -> None:
        if hours <= 0.0:
            self._serve()
            return
        self._busy = True
        done = Pause(self._env, hours)
        done.callbacks.append(self._free)

    def _free(self, _: simpy.Event) -> None:
        self._busy = False
        self._serve()
