"""The warehouse of one product: lots come in, orders are served, doses expire or are recalled.

The rules are those of one queue and one shelf. Orders are served by due date; one that cannot be served yet keeps what
is there for itself, and later ones do not overtake it. First expired, first out (FEFO): an order takes the doses that
expire first among those with the minimum remaining life. Everything happens at its exact time. At one moment lots come
in first, then lots are recalled, doses expire, orders come due and are served; last, customers give up one by one, and
those who were behind them are served.

The warehouse does not act on production, so that it is a function of what the run left behind.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import Literal, NamedTuple

from exosim.demand import Order, Warehouse
from exosim.service.orders import OrderRecord

OPENING = -1
"""Stands for the batch of what is in stock at the start."""
NOBODY = -1
"""Stands for the order of a movement that belongs to none."""
Kind = Literal["in", "shipped", "expired", "recalled"]
_IN, _RECALL, _EXPIRE, _DUE, _GIVE_UP = range(5)


@dataclass(frozen=True, slots=True)
class Lot:
    """The doses of one batch as they come into the warehouse.

    Attributes
    ----------
    batch : its number; :data:`OPENING` for what is there at the start
    made, available : hours at which its shelf life begins, and from which its doses may leave
    doses : whole doses
    recalled : when it was recalled; None when it was not
    """

    batch: int
    made: float
    available: float
    doses: int
    recalled: float | None = None


class Movement(NamedTuple):
    """Doses that came in or went out.

    Attributes
    ----------
    time : hours after the start
    kind : ``in``, ``shipped``, ``expired`` or ``recalled``
    product : name of the product
    batch : number of the lot's batch
    order : number of the order that they were shipped for; :data:`NOBODY` where there is none
    doses : how many
    stock : doses of the product in stock afterwards
    """

    time: float
    kind: Kind
    product: str
    batch: int
    order: int
    doses: int
    stock: int


class LotRecord(NamedTuple):
    """What became of the doses of a lot: those shipped, expired, recalled from stock and left add up to all.

    Attributes
    ----------
    product, batch, made, available, doses : of the lot
    shipped, expired, recalled, left : doses
    recalled_after_shipping : of those that were shipped, when the lot was recalled
    recalled_at : hour of the recall; None when there was none
    """

    product: str
    batch: int
    made: float
    available: float
    doses: int
    shipped: int
    expired: int
    recalled: int
    left: int
    recalled_after_shipping: int = 0
    recalled_at: float | None = None


@dataclass(frozen=True, slots=True)
class StockCourse:
    """What happened in the warehouse of one product, in order, and what became of its lots and orders."""

    movements: tuple[Movement, ...]
    lots: tuple[LotRecord, ...]
    orders: tuple[OrderRecord, ...]


@dataclass(eq=False, slots=True)
class _Shelved:
    """A lot in stock."""

    lot: Lot
    expiry: float
    last: float
    """The last moment at which its doses may be shipped."""
    left: int = 0
    gone: dict[Kind, int] = field(default_factory=lambda: {"shipped": 0, "expired": 0, "recalled": 0})
    recalled_after: int = 0

    @property
    def rank(self) -> tuple[float, float, int]:
        """What expires first comes first; of those the one that came in first."""
        return self.expiry, self.lot.available, self.lot.batch


@dataclass(eq=False, slots=True)
class _Open:
    """An order, and what it was given so far."""

    order: Order
    shipped: int = 0
    on_time: int = 0
    filled: float | None = None
    lost: float | None = None

    @property
    def rank(self) -> tuple[float, int]:
        return self.order.due, self.order.number

    @property
    def missing(self) -> int:
        return self.order.doses - self.shipped


def stock_course(rules: Warehouse, lots: Sequence[Lot], orders: Sequence[Order], end: float) -> StockCourse:
    """Return what happens in the warehouse of one product until the end of the run.

    Parameters
    ----------
    rules : shelf life, minimum remaining life and opening stock
    lots : that become available, in any order
    orders : of doses, in any order
    end : hour of the end of the run
    """
    opening = [Lot(OPENING, -rules.opening_age, 0.0, rules.opening_stock)] if rules.opening_stock else []
    shelved = [_shelved(rules, lot) for lot in (*opening, *lots)]
    asked = [_Open(order) for order in sorted(orders, key=attrgetter("due", "number")) if order.due <= end]
    shelf = _Shelf(rules.product)
    happening = sorted(_happening(shelved, asked), key=itemgetter(0, 1, 2))
    for time, moment in itertools.groupby(happening, key=itemgetter(0)):
        if time > end:
            break
        for _, what, _, subject in moment:
            shelf.go_on(time, what, subject)
        shelf.serve(time)
    arrived = [one for one in shelved if one.lot.available <= end]
    records = (_lot_record(rules.product, one, end) for one in arrived)
    return StockCourse(tuple(shelf.movements), tuple(records), tuple(_order_record(one) for one in asked))


def fit_to_ship(rules: Warehouse, course: StockCourse) -> list[tuple[float, int]]:
    """Return when the doses with the minimum remaining life change, and how many of those in stock there are then.

    Parameters
    ----------
    rules : shelf life and minimum remaining life
    course : of the warehouse with these rules; its orders do not matter
    """
    last = {lot.batch: lot.made + rules.shelf_life - rules.minimum_remaining_life for lot in course.lots}
    left = dict.fromkeys(last, 0)
    too_old = ((at, len(course.movements), batch) for batch, at in last.items() if at < math.inf)
    moved = ((move.time, number, move.batch) for number, move in enumerate(course.movements))
    found, stock = [], 0
    for time, number, batch in sorted((*moved, *too_old)):
        if number == len(course.movements):
            change = -left[batch]
        else:
            move = course.movements[number]
            change = (move.doses if move.kind == "in" else -move.doses) if time <= last[batch] else 0
        left[batch] += change
        stock += change
        found.append((time, stock))
    return found


def _shelved(rules: Warehouse, lot: Lot) -> _Shelved:
    expiry = lot.made + rules.shelf_life
    return _Shelved(lot, expiry, expiry - rules.minimum_remaining_life)


_Happening = tuple[float, int, int, "_Shelved | _Open"]


def _happening(lots: Sequence[_Shelved], orders: Sequence[_Open]) -> list[_Happening]:
    """Return all that will happen: when, what, a number that parts what happens at one moment, and to whom."""
    found: list[_Happening] = []
    for number, one in enumerate(sorted(lots, key=attrgetter("rank"))):
        arrival = one.lot.available
        found.append((arrival, _IN, number, one))
        found.append((max(one.expiry, arrival), _EXPIRE, number, one))
        if one.lot.recalled is not None:
            found.append((max(one.lot.recalled, arrival), _RECALL, number, one))
    for number, open_order in enumerate(orders):
        found.append((open_order.order.due, _DUE, number, open_order))
        found.append((open_order.order.due + open_order.order.patience, _GIVE_UP, number, open_order))
    return [what for what in found if what[0] < math.inf]


class _Shelf:
    """The doses in stock, what expires first in front, and the orders that wait, what was due first in front."""

    def __init__(self, product: str) -> None:
        self.product = product
        self.movements: list[Movement] = []
        self.stock = 0
        self._lots: list[_Shelved] = []
        self._queue: list[_Open] = []

    def go_on(self, time: float, what: int, subject: _Shelved | _Open) -> None:
        """Let one thing happen; before a customer gives up, everybody is served."""
        if isinstance(subject, _Open):
            if what == _DUE:
                bisect.insort(self._queue, subject, key=attrgetter("rank"))
                return
            self.serve(time)
            if subject.filled is None:
                subject.lost = time
                self._queue.remove(subject)
        elif what == _IN:
            subject.left = subject.lot.doses
            bisect.insort(self._lots, subject, key=attrgetter("rank"))
            self._move(time, "in", subject, subject.left)
        else:
            if what == _RECALL:
                subject.recalled_after = subject.gone["shipped"]
            self._take(time, "expired" if what == _EXPIRE else "recalled", subject, subject.left)

    def serve(self, time: float) -> None:
        """Serve the orders in front, as far as there are doses for them."""
        while self._queue:
            first = self._queue[0]
            fit = [one for one in self._lots if one.last >= time]
            there = sum(one.left for one in fit)
            if not there or (there < first.missing and not first.order.partial):
                return
            for one in fit:
                self._ship(time, one, first)
            if first.missing:
                return
            first.filled = time
            self._queue.pop(0)

    def _ship(self, time: float, one: _Shelved, to: _Open) -> None:
        doses = min(one.left, to.missing)
        self._take(time, "shipped", one, doses, to.order.number)
        to.shipped += doses
        to.on_time += doses if time <= to.order.due else 0

    def _take(self, time: float, kind: Kind, one: _Shelved, doses: int, order: int = NOBODY) -> None:
        """Take doses of a lot from the shelf."""
        if not doses:
            return
        one.left -= doses
        one.gone[kind] += doses
        if not one.left:
            self._lots.remove(one)
        self._move(time, kind, one, doses, order)

    def _move(self, time: float, kind: Kind, one: _Shelved, doses: int, order: int = NOBODY) -> None:
        self.stock += doses if kind == "in" else -doses
        self.movements.append(Movement(time, kind, self.product, one.lot.batch, order, doses, self.stock))


def _lot_record(product: str, one: _Shelved, end: float) -> LotRecord:
    lot, gone = one.lot, one.gone
    known = lot.recalled if lot.recalled is not None and lot.recalled <= end else None
    return LotRecord(
        product, lot.batch, lot.made, lot.available, lot.doses, gone["shipped"], gone["expired"], gone["recalled"],
        one.left, one.recalled_after, known,
    )  # fmt: skip


def _order_record(one: _Open) -> OrderRecord:
    order = one.order
    return OrderRecord(
        order.number, order.product, order.due, order.doses, 0, one.shipped, one.on_time, one.filled, one.lost
    )
