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

from exosim.orders import Fate, OrderRecord
from exosim.product_indicators import YEAR
from exosim.warehouse import Kind, LotRecord, Movement

if TYPE_CHECKING:
    from exosim.indicators import Window


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


def orders_due(found: Service) -> float | None:
    """Return the orders that were due."""
    return None if found.orders is None else float(len(found.orders))


def orders_filled(found: Service) -> float | None:
    """Return the orders that were filled by the end of the run, in time or late."""
    return _count(found, "on_time", "late")


def orders_late(found: Service) -> float | None:
    """Return the orders that were filled late, or were still open at the end of the run."""
    return _count(found, "late", "open")


def orders_lost(found: Service) -> float | None:
    """Return the orders that were lost: the customer gave up, or a batch of the order was lost."""
    return _count(found, "lost")


def _count(found: Service, *fates: Fate) -> float | None:
    return None if found.orders is None else float(sum(order.fate in fates for order in found.orders))


def on_time_in_full(found: Service) -> float | None:
    """Return the share of the orders due of which everything was there by the due date."""
    on_time = _count(found, "on_time")
    return on_time / len(found.orders) if found.orders and on_time is not None else None


def fill_rate(found: Service) -> float | None:
    """Return the doses shipped by their due date, as a share of the doses due."""
    on_time = sum(order.shipped_on_time for order in found.orders or ())
    return on_time / found.ordered_doses if found.ordered_doses else None


def doses_shipped(found: Service) -> float | None:
    """Return the doses shipped from stock per year [dose/year]."""
    return _per_year(found, "shipped")


def doses_expired(found: Service) -> float | None:
    """Return the doses that expired in stock per year [dose/year]."""
    return _per_year(found, "expired")


def _per_year(found: Service, kind: Kind) -> float | None:
    if found.movements is None:
        return None
    return sum(movement.doses for movement in found.moved(kind)) * YEAR / max(found.end - found.start, 1e-9)


def doses_recalled(found: Service) -> float | None:
    """Return the doses of the lots that were recalled in the window: from stock, and those that were shipped before."""
    if found.lots is None:
        return None
    lots = (lot for lot in found.lots if lot.recalled_at is not None and found.start <= lot.recalled_at <= found.end)
    return float(sum(lot.recalled + lot.recalled_after_shipping for lot in lots))


def stock_mean(found: Service) -> float | None:
    """Return the mean of the doses in stock over the window."""
    if found.movements is None:
        return None
    times = [*(max(movement.time, found.start) for movement in found.movements), found.end]
    held = itertools.accumulate(m.doses if m.kind == "in" else -m.doses for m in found.movements)
    spans = zip(held, itertools.pairwise(times), strict=True)
    return sum(doses * (until - since) for doses, (since, until) in spans) / max(found.end - found.start, 1e-9)


def age_at_shipping(found: Service) -> float | None:
    """Return the mean age of the doses shipped, since the end of their manufacturing [h]."""
    shipped, made = found.moved("shipped"), {(lot.product, lot.batch): lot.made for lot in found.lots or ()}
    doses = sum(movement.doses for movement in shipped)
    hours = sum(movement.doses * (movement.time - made[movement.product, movement.batch]) for movement in shipped)
    return hours / doses if doses else None


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
