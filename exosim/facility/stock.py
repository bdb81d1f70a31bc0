"""Stocks of material: lots with expiry, reordered from a supplier or prepared on site.

Amounts are kept exactly, as the fractions that their shortest decimals stand for: ten times 0.1 L are 1 L.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import simpy

from exosim.facility.clock import Pause
from exosim.facility.upkeep import NOBODY
from exosim.plant import Stock
from exosim.records import Event, entry

if TYPE_CHECKING:
    from exosim.facility.batch import Batch
    from exosim.facility.preparation import Order

_SLACK = Fraction(1, 10**9)
"""Share by which what is there may fall short of an amount, which is then what is there: 0.1 + 0.2 L are enough for a
volume that was computed as 0.30000000000000004 L."""


def exact(amount: float) -> Fraction:
    """Return the number that a person means by a decimal."""
    return Fraction(repr(float(amount)))


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
        prepare: Callable[[Stock, int, Callable[[Order], None]], Order],
    ) -> None:
        self._env, self.stock, self._log, self._prepare = env, stock, log, prepare
        self._lots: deque[tuple[float, Fraction]] = deque()  # expiry and amount, in the order of expiry
        self._open, self._orders = 0, 0
        self._preparing: list[Order] = []
        self._order_quantity = exact(stock.order_quantity)
        self.queue: list[tuple[Any, int, Fraction, simpy.Event, Batch]] = []
        self._count = itertools.count()
        self.watch: Callable[[Batch], None] | None = None
        if stock.on_hand > 0.0:
            self._put(exact(stock.on_hand))
        self._reorder()

    @property
    def name(self) -> str:
        """Key of the material."""
        return self.stock.id

    @property
    def on_hand(self) -> Fraction:
        """What is there and has not expired."""
        return sum((amount for expires, amount in self._lots if expires > self._env.now), Fraction(0))

    def at_once(self, batch: Batch, amount: float) -> bool:
        """Take an amount when it is there and nobody waits before."""
        wanted = exact(amount)
        if self.queue or not self._enough(wanted):
            return False
        self._draw(wanted, batch.number)
        self._reorder()
        return True

    def queued(self, batch: Batch, key: Any, amount: float) -> simpy.Event:
        """Return the event at which the amount has been taken."""
        event = simpy.Event(self._env)
        heapq.heappush(self.queue, (key, next(self._count), exact(amount), event, batch))
        batch.waits_for = self
        self._reorder()
        if self.watch is not None:
            self.watch(batch)
        return event

    def lacks(self, _: object) -> int:
        """Return how many deliveries must come, at least, so that a batch that waits can go on."""
        return 1

    def held_by(self, _: object) -> Iterable[Order | None]:
        """Return what must come so that a batch can go on; None stands for deliveries, and for hope without any."""
        return self._preparing if self._open == len(self._preparing) > 0 else [None]

    def coming(self) -> Iterable[Order | None]:
        """Return what is on order: preparations, and None for each delivery."""
        return [*self._preparing, *[None] * (self._open - len(self._preparing))]

    def _enough(self, amount: Fraction) -> bool:
        return self.on_hand >= amount * (1 - _SLACK)

    def _draw(self, amount: Fraction, number: int) -> None:
        """Take an amount, or what is there when it is the same but for rounding, from the lots that expire first."""
        self._expire()
        left = amount = min(amount, self.on_hand)
        self._note("draw", amount, number)
        while left > 0:
            expires, there = self._lots.popleft()
            if there > left:
                self._lots.appendleft((expires, there - left))
            left -= min(there, left)

    def _reorder(self) -> None:
        """Order until what is there, less what is waited for, and what is on order is above the reorder point."""
        stock = self.stock
        if stock.reorder_point is None or stock.order_quantity <= 0.0:
            return
        point, wanted = exact(stock.reorder_point), sum(entry[2] for entry in self.queue)
        while self.on_hand + self._open * self._order_quantity - wanted <= point * (1 + _SLACK):
            self._order()

    def _order(self) -> None:
        number = self._orders
        self._open += 1
        self._orders += 1
        self._note("order", self._order_quantity)
        if self.stock.preparation is not None:
            self._preparing.append(self._prepare(self.stock, number, self._prepared))
            return
        due = Pause(self._env, self.stock.lead_time(self.stock.id, number))
        due.callbacks.append(lambda _: self._receive())

    def _prepared(self, order: Order) -> None:
        self._preparing.remove(order)
        self._receive()

    def _receive(self) -> None:
        """Put one order quantity into the stock and serve those who wait."""
        self._open -= 1
        self._note("receive", self._order_quantity)
        self._put(self._order_quantity)
        while self.queue and self._enough(self.queue[0][2]):
            _, _, amount, event, batch = heapq.heappop(self.queue)
            batch.waits_for = None
            self._draw(amount, batch.number)
            event.succeed()
        self._reorder()

    def _put(self, amount: Fraction) -> None:
        """Store a lot until it expires."""
        life = self.stock.shelf_life
        self._lots.append((self._env.now + life, amount))
        if math.isfinite(life):
            alarm = Pause(self._env, life)
            alarm.callbacks.append(lambda _: self._expired())

    def _expired(self) -> None:
        self._expire()
        self._reorder()

    def _expire(self) -> None:
        """Take out what has expired."""
        while self._lots and self._lots[0][0] <= self._env.now:
            self._note("expire", self._lots.popleft()[1])

    def _note(self, event: str, amount: Fraction, number: int = NOBODY) -> None:
        self._log.append(entry((self._env.now, number, "", "", event, "", "", float(amount), self.stock.id, 0.0)))
