"""The orders and warehouses of one replication: the declarations of a scenario with their values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from exosim.declarations import OrderDeclaration, PlantDeclarations, WarehouseDeclaration
from exosim.demand import Demand, Order, OrderNumbers, Warehouse, WarehouseNumbers
from exosim.parameter import Array

Values = Mapping[str, Array]


def demand_of(declared: PlantDeclarations, values: Values) -> Demand:
    """Return the orders by due date, and a warehouse for each product that is kept in stock.

    A product is kept in stock where doses of it are ordered, and where there is a warehouse for it and it is not made
    to order.
    """
    products = [campaign.product for campaign in declared.campaigns] or [""]
    asked = [order for table in declared.orders for order in _orders(table, products, values)]
    asked.sort(key=lambda order: order.due)  # stable: at one moment in the order of the file
    orders = tuple(replace(order, number=number) for number, order in enumerate(asked))
    kept = (_warehouse(product, declared.warehouses, orders, values) for product in products)
    return Demand(orders, tuple(warehouse for warehouse in kept if warehouse is not None))


def _orders(declared: OrderDeclaration, products: list[str], values: Values) -> Iterator[Order]:
    numbers = OrderNumbers(**declared.numbers.pick(values))
    doses = round(numbers.doses or 0)
    patience = math.inf if numbers.patience is None else numbers.patience
    product = products[0] if declared.product is None else declared.product
    for due in declared.dues:
        yield Order(0, due, product, doses, declared.batches, patience, declared.partial)


def _warehouse(
    product: str, declared: tuple[WarehouseDeclaration, ...], orders: tuple[Order, ...], values: Values
) -> Warehouse | None:
    """Return the warehouse of a product; None where it is not kept in stock."""
    own = [order for order in orders if order.product == product]
    rules = next((rules for rules in declared if rules.product in (None, product)), None)
    made_to_order = any(order.batches for order in own)
    if not any(order.doses for order in own) and (rules is None or made_to_order):
        return None
    if rules is None:
        return Warehouse(product)
    numbers = WarehouseNumbers(**rules.numbers.pick(values))
    return Warehouse(
        product,
        math.inf if numbers.shelf_life is None else numbers.shelf_life,
        numbers.minimum_remaining_life,
        round(numbers.opening_stock or 0),
        numbers.opening_age or 0.0,
    )
