"""What is asked of a plant: orders with due dates, and the warehouse where released doses wait to be shipped."""

from __future__ import annotations

import math
from dataclasses import dataclass

from exosim.parameter import parameter

_LONGEST = 87_660.0  # h
MOST_ORDERS = 100_000
"""Orders of one table, and batches that they ask for."""


@dataclass(frozen=True, kw_only=True)
class WarehouseNumbers:
    """The numbers of the warehouse of one product, or of all."""

    shelf_life: float | None = parameter(
        None, "h", low=1, high=_LONGEST, planned=True, decided=False,
        doc="time from the end of manufacturing until a dose expires",
    )  # fmt: skip
    minimum_remaining_life: float = parameter(
        0.0, "h", low=0.0, high=_LONGEST, planned=True, doc="shelf life that a dose must still have when it is shipped"
    )
    opening_stock: float | None = parameter(
        None, "dose", low=0, high=1e9, whole=True, planned=True, doc="doses in stock at the start"
    )
    opening_age: float | None = parameter(
        None, "h", low=0.0, high=_LONGEST, planned=True, doc="how long before the start they were manufactured"
    )


@dataclass(frozen=True, kw_only=True)
class OrderNumbers:
    """The numbers of one table of orders."""

    doses: float | None = parameter(
        None, "1", low=1, high=1e9, minimum=1, whole=True, planned=True, doc="whole doses of an order from stock"
    )
    every: float | None = parameter(None, "h", low=1, high=_LONGEST, planned=True, doc="time between two due dates")
    count: float | None = parameter(
        None, "1", low=1, high=MOST_ORDERS, minimum=1, whole=True, planned=True,
        doc="orders in all; none: as many as are due within the horizon",
    )  # fmt: skip
    patience: float | None = parameter(
        None, "h", low=0.0, high=_LONGEST, planned=True, doc="how long after its due date an order is still taken"
    )


@dataclass(frozen=True, slots=True)
class Warehouse:
    """How the released doses of one product are kept.

    Attributes
    ----------
    product : name of the product; empty where the site makes one without a name
    shelf_life : hours from the end of manufacturing until a dose expires
    minimum_remaining_life : hours of shelf life that a dose must still have when it is shipped
    opening_stock, opening_age : doses at the start, and how many hours before it they were manufactured
    """

    product: str = ""
    shelf_life: float = math.inf
    minimum_remaining_life: float = 0.0
    opening_stock: int = 0
    opening_age: float = 0.0


@dataclass(frozen=True, slots=True)
class Order:
    """One order: doses from stock at its due date, or batches that are made for it.

    Attributes
    ----------
    number : from 0, in the order of the due dates
    due : hour of the due date
    doses, batches : what is ordered; the other one is 0
    patience : hours after the due date for which the order is still taken
    partial : whether doses are shipped before all of the order are there
    """

    number: int
    due: float
    product: str = ""
    doses: int = 0
    batches: int = 0
    patience: float = math.inf
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """The orders by due date, and a warehouse for each product of which doses are kept in stock."""

    orders: tuple[Order, ...] = ()
    warehouses: tuple[Warehouse, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.orders or self.warehouses)
