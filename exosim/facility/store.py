"""Stores: places for material that waits, so that a batch need not stay on its unit until the next one is free."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exosim.facility.batch import Batch


class Store:
    """A store with a number of places.

    Attributes
    ----------
    name, capacity : which store, how many batches
    inside : the batches that wait in it
    lacked : whether a batch ever found it full
    """

    def __init__(self, name: str, capacity: int) -> None:
        self.name, self.capacity = name, capacity
        self.inside: dict[Batch, None] = {}
        self.lacked = False
        self._queue: list[tuple[Any, int, Batch, Callable[[], None]]] = []
        self._count = itertools.count()

    def put(self, batch: Batch, key: Any, stored: Callable[[], None]) -> None:
        """Store a batch as soon as there is a place, and call `stored` then; a batch that has gone on is skipped."""
        heapq.heappush(self._queue, (key, next(self._count), batch, stored))
        batch.wants_store = self
        self.lacked |= len(self.inside) >= self.capacity
        self._serve()

    def take(self, batch: Batch) -> None:
        """Let a batch go on, out of the store or out of its queue."""
        batch.wants_store = None
        if batch in self.inside:
            del self.inside[batch]
            self._serve()

    def _serve(self) -> None:
        while self._queue and len(self.inside) < self.capacity:
            _, _, batch, stored = heapq.heappop(self._queue)
            if batch.wants_store is self and batch not in self.inside:
                self.inside[batch] = None
                stored()
