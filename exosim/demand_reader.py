"""Read the sections about what is asked of a plant: orders with due dates, and the warehouse."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from exosim.declarations import Block, OrderDeclaration, WarehouseDeclaration
from exosim.demand import MOST_ORDERS, OrderNumbers, WarehouseNumbers
from exosim.errors import Problem, in_words, unknown
from exosim.findings import Findings
from exosim.plant_tables import CampaignTable, OrderTable, WarehouseTable
from exosim.resource_reader import given, unique
from exosim.schema import ScenarioTable
from exosim.toml_source import KeyPath

BlockReader = Callable[..., Block]


@dataclass(frozen=True)
class DemandReader:
    """One reading of the orders and warehouses of one scenario.

    Attributes
    ----------
    table : the scenario as tables
    findings : takes the problems
    block : reads the numbers of one owner
    start, horizon : hour 0, and the length of a run [h]
    """

    table: ScenarioTable
    findings: Findings
    block: BlockReader
    start: datetime.datetime
    horizon: float

    # -- orders -------------------------------------------------------------------------------------------------------

    def orders(self) -> Iterator[OrderDeclaration]:
        """Yield the tables of orders; a day alone stands for its end."""
        for index, table in enumerate(self.table.order):
            path: KeyPath = ("order", index)
            self._check_product(table.product, path)
            numbers = self.block(OrderNumbers, f"order.{index + 1}", path, given(table, OrderNumbers))
            batches = self._batches(table, path)
            due = self._due(table, path)
            if due is not None:
                dues = self._dues(due, max(batches, 1), numbers, path)
                yield OrderDeclaration(numbers, dues, batches, table.partial, table.product)
        self._check_modes()

    def _due(self, table: OrderTable, path: KeyPath) -> float | None:
        """Return the first due date in hours after the start; None when it cannot be read."""
        due = table.due
        if not isinstance(due, datetime.date):
            wrong = Problem("is not a date", got=in_words(due), expected="such as due = 2027-03-01, without quotes")
            self.findings.add((*path, "due"), wrong)
            return None
        if not isinstance(due, datetime.datetime):
            due = datetime.datetime.combine(due, datetime.time()) + datetime.timedelta(days=1)
        hours = (due.replace(tzinfo=None) - self.start).total_seconds() / 3600.0
        if hours <= 0.0:
            problem = Problem("is due before the run starts", got=str(table.due), expected=f"after {self.start}")
            self.findings.add((*path, "due"), problem)
        return hours

    def _batches(self, table: OrderTable, path: KeyPath) -> int:
        """Return the batches of each order; 0 for an order of doses."""
        if table.doses is None:
            if table.partial:
                problem = "an order of batches is filled by whole batches"
                self.findings.add((*path, "partial"), Problem(problem, expected="partial with doses, or no such key"))
            return 1 if table.batches is None else table.batches
        if table.batches is not None:
            got = f"batches = {table.batches} and doses = {in_words(table.doses)}"
            expected = "batches (made to order) or doses (from stock), one of them"
            self.findings.add(
                (*path, "doses"), Problem("an order is of batches or of doses", got=got, expected=expected)
            )
        return 0

    def _dues(self, due: float, batches: int, numbers: Block, path: KeyPath) -> tuple[float, ...]:
        """Return when each order of a table is due: all within the horizon, and the first in any case."""
        every, count = (numbers.given.get(key) for key in ("every", "count"))
        if every is None:
            if count is not None and count.quantity.typical > 1.0:
                problem = Problem('"every" is missing', expected='every = "4 week", the time between two due dates')
                self.findings.add((*path, "every"), problem)
            return (due,)
        gap = every.quantity.typical
        within = max(math.floor((self.horizon - due) / gap) + 1, 1)
        number = within if count is None else min(within, round(count.quantity.typical))
        if number * batches > MOST_ORDERS:
            what = f"{number:,} orders" + (f" of {batches:,} batches" if batches > 1 else "")
            expected = f"at most {MOST_ORDERS:,} orders or batches within the horizon"
            self.findings.add((*path, "every"), Problem("asks for too much", got=what, expected=expected))
            return (due,)
        return tuple(due + k * gap for k in range(number))

    def _check_product(self, product: str | None, path: KeyPath) -> None:
        products = self._products()
        if product is not None and product not in products:
            self.findings.add((*path, "product"), unknown("product", product, products))
        if product is None and len(self.table.campaign) > 1:
            problem = Problem('"product" is missing', expected="one of " + ", ".join(products))
            self.findings.add((*path, "product"), problem)

    def _products(self) -> list[str]:
        return [campaign.product for campaign in self.table.campaign if campaign.product]

    def _check_modes(self) -> None:
        """Check that batches are ordered of what is made on order, and of nothing else."""
        listed = isinstance(self.findings.data.get("campaign"), list)
        for index, campaign in enumerate(self.table.campaign):
            ordered = any(order.doses is None for order in self._of(campaign))
            if (campaign.mode == "on_order") != ordered:
                expected = 'mode = "on_order" and at least one [[order]] of batches, or neither'
                if ordered:
                    expected += "; doses = 100, say, orders from stock"
                path: KeyPath = ("campaign", index) if listed else ("campaign",)
                self.findings.add(path, Problem("mode and orders do not belong together", expected=expected))

    def _of(self, campaign: CampaignTable) -> list[OrderTable]:
        return [order for order in self.table.order if order.product in (None, campaign.product)]

    # -- warehouse ----------------------------------------------------------------------------------------------------

    def warehouses(self) -> Iterator[WarehouseDeclaration]:
        """Yield the warehouse of all products, or of each that has one."""
        listed = isinstance(self.findings.data.get("warehouse"), list)
        tables = self.table.warehouse
        unique(self.findings, "warehouse", "product", [table.product or "" for table in tables if table.product])
        for index, table in enumerate(tables):
            path: KeyPath = ("warehouse", index) if listed else ("warehouse",)
            if table.product is not None or len(tables) > 1:
                self._check_owner(table, path)
            prefix = f"warehouse.{table.product}" if listed and table.product else "warehouse"
            numbers = self.block(WarehouseNumbers, prefix, path, given(table, WarehouseNumbers))
            self._check_life(numbers, table, path)
            yield WarehouseDeclaration(numbers, table.product)

    def _check_owner(self, table: WarehouseTable, path: KeyPath) -> None:
        products = self._products()
        if table.product is None:
            problem = Problem('"product" is missing', expected="a product in each [[warehouse]], or one [warehouse]")
            self.findings.add((*path, "product"), problem)
        elif table.product not in products:
            self.findings.add((*path, "product"), unknown("product", table.product, products))

    def _check_life(self, numbers: Block, table: WarehouseTable, path: KeyPath) -> None:
        """Check that a dose can be shipped before it expires, and that it is clear whose doses are there."""
        life = numbers.typical("shelf_life", math.inf)
        for key, what in (("minimum_remaining_life", "leaves no time to ship a dose"), ("opening_age", "has expired")):
            found = numbers.typical(key, 0.0)
            if found >= life > 0.0:
                expected = f"below the shelf life of {life:g} h"
                self.findings.add((*path, key), Problem(what, got=in_words(getattr(table, key)), expected=expected))
        if table.opening_age is not None and table.opening_stock is None:
            missing = Problem(
                '"opening_stock" is missing', expected='opening_stock = "200 dose", say, or no opening_age'
            )
            self.findings.add((*path, "opening_age"), missing)
        if table.opening_stock is not None and table.product is None and len(self.table.campaign) > 1:
            expected = "[[warehouse]] with product in place of [warehouse]"
            self.findings.add(
                (*path, "opening_stock"), Problem("of which product it is, is not told", expected=expected)
            )
