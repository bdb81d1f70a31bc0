"""Indicators of orders and of the warehouse: on time in full (OTIF), fill rate, doses shipped, expired, recalled.

An order belongs to the window when it was due in it; a movement of doses when it happened in it. What a scenario does
not have (orders, orders of doses, a warehouse) has no indicator, and what cannot be told (a share of nothing) no value.

OTIF counts orders: all of an order by its due date. ``on_time`` of :mod:`exosim.product_indicators` counts batches.
Both agree where each order is one batch and the batches are started before they are due.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exosim.folds import folded
from exosim.product_indicators import YEAR
from exosim.service.orders import Fate, OrderRecord
from exosim.service.warehouse import Kind, LotRecord, Movement

if TYPE_CHECKING:
    from exosim.window import Window


@dataclass(frozen=True, slots=True)
class Service:
    """What a window holds of orders and stock, of one product or of all.

    Attributes
    ----------
    start, end : of the window [h]
    orders : due in the window; None where the scenario has none of the product
    movements, lots : of the warehouse since the start of the run; None where the product is not kept in stock
    """

    start: float
    end: float
    orders: Sequence[OrderRecord] | None
    movements: Sequence[Movement] | None
    lots: Sequence[LotRecord] | None

    def moved(self, kind: Kind) -> list[Movement]:
        """Return the movements of a kind in the window."""
        return [m for m in self.movements or () if m.kind == kind and self.start <= m.time <= self.end]

    @property
    def ordered_doses(self) -> int:
        """Doses that were due in the window."""
        return sum(order.doses for order in self.orders or ())


def service(window: Window, product: str | None = None) -> Service:
    """Return what a window holds of orders and stock of one product, or of all."""
    demand, found, end = window.plant.demand, window.dispatch, window.run.hours
    ordered = any(product in (None, order.product) for order in demand.orders)
    stocked = any(product in (None, kept.product) for kept in demand.warehouses)
    orders = [o for o in found.orders if product in (None, o.product) and window.start <= o.due <= end]
    return Service(
        window.start,
        end,
        orders if ordered else None,
        [m for m in found.movements if product in (None, m.product)] if stocked else None,
        [lot for lot in found.lots if product in (None, lot.product)] if stocked else None,
    )


def hours(found: Service) -> float:
    """Return the length of the window: the run without its warm-up [h]."""
    return max(found.end - found.start, 1e-9)


def ordered(found: Service) -> list[float]:
    """Return the due date of each order that was due in the window [h]."""
    return [order.due for order in found.orders or ()]


def filled(found: Service) -> list[float]:
    """Return 1 for each order due that was filled, in time or late, else 0."""
    return _fates(found, "on_time", "late")


def late(found: Service) -> list[float]:
    """Return 1 for each order due that was filled late or is still open, else 0."""
    return _fates(found, "late", "open")


def lost(found: Service) -> list[float]:
    """Return 1 for each order due that was lost, else 0."""
    return _fates(found, "lost")


def in_time(found: Service) -> list[float]:
    """Return 1 for each order due of which everything was there by the due date, else 0."""
    return _fates(found, "on_time")


def _fates(found: Service, *fates: Fate) -> list[float]:
    return [float(order.fate in fates) for order in found.orders or ()]


def shipped_in_time(found: Service) -> list[float]:
    """Return the doses of each order due that were shipped by its due date [dose]."""
    return [float(order.shipped_on_time) for order in found.orders or ()]


def doses_due(found: Service) -> float:
    """Return the doses of all orders due [dose]."""
    return float(found.ordered_doses)


def shipped(found: Service) -> list[float]:
    """Return the doses of each shipment in the window [dose]."""
    return [float(movement.doses) for movement in found.moved("shipped")]


def expired(found: Service) -> list[float]:
    """Return the doses of each lot that expired in the window, as many as were left [dose]."""
    return [float(movement.doses) for movement in found.moved("expired")]


def recalled(found: Service) -> list[float]:
    """Return the doses of each lot that was recalled in the window, shipped before or not [dose]."""
    lots = (lot for lot in found.lots or () if lot.recalled_at is not None)
    return [
        float(lot.recalled + lot.recalled_after_shipping)
        for lot in lots
        if lot.recalled_at is not None and found.start <= lot.recalled_at <= found.end
    ]


def held(found: Service) -> list[float]:
    """Return doses in stock times the hours of the window until the next movement, for each movement [dose h]."""
    movements = found.movements or ()
    times = [*(max(movement.time, found.start) for movement in movements), found.end]
    stock = itertools.accumulate(m.doses if m.kind == "in" else -m.doses for m in movements)
    return [doses * (until - since) for doses, (since, until) in zip(stock, itertools.pairwise(times), strict=True)]


def dose_hours(found: Service) -> float:
    """Return the age of each dose shipped, since the end of its manufacturing, summed up [dose h]."""
    made = {(lot.product, lot.batch): lot.made for lot in found.lots or ()}
    return sum(m.doses * (m.time - made[m.product, m.batch]) for m in found.moved("shipped"))


@folded("count(each)", ordered)
def orders_due(found: Service) -> float | None:
    """Return the orders that were due."""
    return None if found.orders is None else float(len(found.orders))


@folded("sum(each)", filled)
def orders_filled(found: Service) -> float | None:
    """Return the orders that were filled by the end of the run, in time or late."""
    return _count(found, "on_time", "late")


@folded("sum(each)", late)
def orders_late(found: Service) -> float | None:
    """Return the orders that were filled late, or were still open at the end of the run."""
    return _count(found, "late", "open")


@folded("sum(each)", lost)
def orders_lost(found: Service) -> float | None:
    """Return the orders that were lost: the customer gave up, or a batch of the order was lost."""
    return _count(found, "lost")


def _count(found: Service, *fates: Fate) -> float | None:
    return None if found.orders is None else float(sum(order.fate in fates for order in found.orders))


@folded("mean(each)", in_time)
def on_time_in_full(found: Service) -> float | None:
    """Return the share of the orders due of which everything was there by the due date."""
    on_time = _count(found, "on_time")
    return on_time / len(found.orders) if found.orders and on_time is not None else None


@folded("sum(each) / doses_due", shipped_in_time, doses_due=doses_due)
def fill_rate(found: Service) -> float | None:
    """Return the doses shipped by their due date, as a share of the doses due."""
    return sum(shipped_in_time(found)) / found.ordered_doses if found.ordered_doses else None


@folded("sum(each) * 8766 / hours", shipped, hours=hours)
def doses_shipped(found: Service) -> float | None:
    """Return the doses shipped from stock per year [dose/year]."""
    return _per_year(found, "shipped")


@folded("sum(each) * 8766 / hours", expired, hours=hours)
def doses_expired(found: Service) -> float | None:
    """Return the doses that expired in stock per year [dose/year]."""
    return _per_year(found, "expired")


def _per_year(found: Service, kind: Kind) -> float | None:
    if found.movements is None:
        return None
    return sum(movement.doses for movement in found.moved(kind)) * YEAR / max(found.end - found.start, 1e-9)


@folded("sum(each)", recalled)
def doses_recalled(found: Service) -> float | None:
    """Return the doses of the lots that were recalled in the window: from stock, and those that were shipped before."""
    if found.lots is None:
        return None
    return sum(recalled(found))


@folded("sum(each) / hours", held, hours=hours)
def stock_mean(found: Service) -> float | None:
    """Return the mean of the doses in stock over the window."""
    if found.movements is None:
        return None
    return sum(held(found)) / hours(found)


@folded("dose_hours / sum(each)", shipped, dose_hours=dose_hours)
def age_at_shipping(found: Service) -> float | None:
    """Return the mean age of the doses shipped, since the end of their manufacturing [h]."""
    doses = sum(shipped(found))
    return dose_hours(found) / doses if doses else None


SERVICE: Mapping[str, tuple[str, Callable[[Service], float | None]]] = {
    "orders_due": ("1", orders_due),
    "orders_filled": ("1", orders_filled),
    "orders_late": ("1", orders_late),
    "orders_lost": ("1", orders_lost),
    "on_time_in_full": ("1", on_time_in_full),
    "fill_rate": ("1", fill_rate),
    "doses_shipped": ("dose/year", doses_shipped),
    "doses_expired": ("dose/year", doses_expired),
    "doses_recalled": ("dose", doses_recalled),
    "stock_mean": ("dose", stock_mean),
    "age_at_shipping": ("h", age_at_shipping),
}
"""Indicators of orders and stock, with units; None where a scenario does not have what they tell of."""


def service_headlines(window: Window) -> dict[str, float]:
    """Return the indicators of orders and stock as far as there are any."""
    return _told(service(window)) if window.plant.demand else {}


def service_by_product(window: Window) -> dict[str, dict[str, float]]:
    """Return the same by product where a site makes several: name of the indicator, then of the product."""
    demand, found = window.plant.demand, dict[str, dict[str, float]]()
    for product in dict.fromkeys([*(o.product for o in demand.orders), *(kept.product for kept in demand.warehouses)]):
        for name, value in _told(service(window, product)).items() if product else ():
            found.setdefault(f"{name}_by_product", {})[product] = value
    return found


def _told(found: Service) -> dict[str, float]:
    values = {name: indicator(found) for name, (_, indicator) in SERVICE.items()}
    return {name: value for name, value in values.items() if value is not None}
