"""What a run delivers: its batches and recalls put against orders and warehouses, after the clock has stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from exosim.demand import Demand, Order
from exosim.records import Run
from exosim.service.orders import OrderRecord, made_to_order
from exosim.service.warehouse import Lot, LotRecord, Movement, stock_course


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What became of all orders and lots of a run.

    Attributes
    ----------
    orders : that were due in the run, by number
    lots : of the products that are kept in stock
    movements : doses that came in and went out, by time
    """

    orders: tuple[OrderRecord, ...] = ()
    lots: tuple[LotRecord, ...] = ()
    movements: tuple[Movement, ...] = ()


def dispatch(run: Run, demand: Demand) -> Dispatch:
    """Return what a run delivers.

    Parameters
    ----------
    run : with the batches and, for recalls, the log
    demand : orders and warehouses
    """
    if not demand:
        return Dispatch()
    courses = [
        stock_course(rules, list(_lots(run, rules.product)), _of_doses(demand, rules.product), run.hours)
        for rules in demand.warehouses
    ]
    filled = (*_of_batches(run, demand), *(order for course in courses for order in course.orders))
    orders = sorted(filled, key=attrgetter("number"))
    movements = sorted((step for course in courses for step in course.movements), key=attrgetter("time"))
    return Dispatch(tuple(orders), tuple(lot for course in courses for lot in course.lots), tuple(movements))


def _lots(run: Run, product: str) -> Iterator[Lot]:
    """Yield what comes into the warehouse of a product; a batch without doses brings nothing."""
    recalls = {event.batch: event.time for event in run.log if event.event == "recalled"}
    for batch in run.batches:
        if batch.campaign == product and batch.available is not None and round(batch.doses) >= 1:
            made = batch.available if batch.manufactured is None else batch.manufactured
            yield Lot(batch.number, made, batch.available, round(batch.doses), recalls.get(batch.number))


def _of_doses(demand: Demand, product: str) -> list[Order]:
    return [order for order in demand.orders if order.doses and order.product == product]


def _of_batches(run: Run, demand: Demand) -> Iterator[OrderRecord]:
    """Yield what became of the orders of batches, product by product."""
    for product in dict.fromkeys(order.product for order in demand.orders if order.batches):
        orders = [order for order in demand.orders if order.batches and order.product == product]
        yield from made_to_order(orders, [b for b in run.batches if b.campaign == product], run.hours)
