"""Stocks of material: lots with expiry, reordered from a supplier or prepared on site."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import simpy

from exosim.facility.upkeep import NOBODY
from exosim.plant import Stock
from exosim.records import Event, entry

if TYPE_CHECKING:
    from exosim.facility.batch import Batch

_SLACK = 1e-9
"""Share by which a sum of deliveries may fall short of an amount: ten times 0.1 L are 1 L."""


class StockRoom:
    """One material: first expired, first out; ordered when what is there and on order falls to the reorder point.

    Parameters
    ----------
    prepare : starts the preparation of one order quantity on site, and is given what to call when it is done
    """

    def __init__(
        self,
        env: simpy.Environment,
        stock: Stock,
        log: list[Event],
        prepare: Callable[[Stock, int, Callable[[], None]], None],
    ) -> None:
        self._env, self.stock, self._log, self._prepare = env, stock, log, prepare
        self._lots: deque[list[float]] = deque()  # expiry and amount
        self._on_order, self._orders = 0.0, 0
        self.queue: list[tuple[Any, int, float, simpy.Event, Batch]] = []
        self._count = itertools.count()
        if stock.on_hand > 0.0:
            self._lots.append([env.now + stock.shelf_life, stock.on_hand])
            self._watch_expiry(stock.shelf_life)
        self._reorder()

    @property
    def name(self) -> str:
        """Key of the material."""
        return self.stock.id

    @property
    def on_hand(self) -> float:
        """What is there and has not expired."""
        return math.fsum(amount for expires, amount in self._lots if expires > self._env.now)

    def at_once(self, batch: Batch, amount: float) -> bool:
        """Take an amount when it is there and nobody waits before."""
        if self.queue or not self._enough(amount):
            return False
        self._draw(amount, batch.number)
        return True

    def queued(self, batch: Batch, key: Any, amount: float) -> simpy.Event:
        """Return the event at which the amount has been taken."""
        event = simpy.Event(self._env)
        heapq.heappush(self.queue, (key, next(self._count), amount, event, batch))
        batch.waits_for = self
        self._reorder()
        return event

    def _enough(self, amount: float) -> bool:
        return self.on_hand >= amount * (1.0 - _SLACK)

    def _draw(self, amount: float, number: int) -> None:
        self._note("draw", amount, number)
        left = amount
        while left > 0.0 and self._lots:
            taken = min(left, self._lots[0][1])
            left -= taken
            self._lots[0][1] -= taken
            if self._lots[0][1] <= amount * _SLACK:
                self._lots.popleft()
        self._reorder()

    def _reorder(self) -> None:
        """Order until what is there, less what is waited for, and what is on order is above the reorder point."""
        stock = self.stock
        if stock.reorder_point is None or stock.order_quantity <= 0.0:
            return
        wanted = math.fsum(amount for _, _, amount, _, _ in self.queue)
        while self.on_hand + self._on_order - wanted <= stock.reorder_point * (1.0 + _SLACK):
            self._on_order += stock.order_quantity
            number = self._orders
            self._orders += 1
            self._note("order", stock.order_quantity)
            if stock.preparation is not None:
                self._prepare(stock, number, self._receive)
            else:
                due = simpy.Timeout(self._env, stock.lead_time(stock.id, number))
                due.callbacks.append(lambda _: self._receive())

    def _receive(self) -> None:
        """Put one order quantity into the stock and serve those who wait."""
        stock = self.stock
        self._on_order -= stock.order_quantity
        self._note("receive", stock.order_quantity)
        self._lots.append([self._env.now + stock.shelf_life, stock.order_quantity])
        self._watch_expiry(stock.shelf_life)
        while self.queue and self._enough(self.queue[0][2]):
            _, _, amount, event, batch = heapq.heappop(self.queue)
            batch.waits_for = None
            self._draw(amount, batch.number)
            event.succeed()
        self._reorder()

    def _watch_expiry(self, hours: float) -> None:
        if math.isfinite(hours):
            alarm = simpy.Timeout(self._env, hours)
            alarm.callbacks.append(lambda _: self._expire())

    def _expire(self) -> None:
        while self._lots and self._lots[0][0] <= self._env.now:
            self._note("expire", self._lots.popleft()[1])
        self._reorder()

    def _note(self, event: str, amount: float, number: int = NOBODY) -> None:
        self._log.append(entry((self._env.now, number, "", "", event, "", "", amount, self.stock.id, 0.0)))
