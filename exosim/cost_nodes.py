"""The nodes of a formula tree of what a replication costs: money by category and resource, down to prices."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from exosim.cost_prices import addresses_of
from exosim.distributions import Distribution
from exosim.economics.headlines import cost_headlines, cost_units
from exosim.economics.ledger import CostLedger, CostLine
from exosim.economics.views import title_of
from exosim.economics_builder import costing
from exosim.formula_tree import Input, Node
from exosim.price_reader import PriceDeclaration, money_unit
from exosim.references import references
from exosim.sampling import BatchSample

if TYPE_CHECKING:
    from exosim.scenario import Scenario

_SAME = 1e-12
_ABOUT: Mapping[str, str] = {
    "cost_per_dose": "all costs of the window over the doses released in it",
    "cost_per_lot": "all costs of the window over the lots released in it",
    "cost_per_year": "all costs of the window, for a year",
}


class CostNodes:
    """What a replication costs, and how that is computed.

    Attributes
    ----------
    units : of the costs of the replication as a whole, by name
    """

    def __init__(self, scenario: Scenario, seed: int, replication: int, ledger: CostLedger) -> None:
        self._ledger, self.units = ledger, cost_units(ledger.currency)
        self._sample = BatchSample(seed, replication, [0], 0)
        self._declared = scenario.declarations.economics
        self._rooms = {} if self._declared is None else costing(scenario).rooms

    def node(self, name: str) -> Node:
        """Return the node of a cost of the replication as a whole."""
        ledger, value = self._ledger, cost_headlines(self._ledger)[name]
        found, unit = (value if math.isfinite(value) else None), self.units[name]
        cost = self._total()
        if name == "cost_per_year":
            hours = Node("hours", ledger.hours, "h", "length of the window")
            return Node(name, found, unit, _ABOUT[name], "cost * 8766 / hours", {"cost": cost, "hours": hours})
        counted = ("doses", ledger.released, "dose") if name == "cost_per_dose" else ("lots", float(ledger.lots), "lot")
        per = Node(f"{counted[0]}_released", counted[1], counted[2], f"{counted[0]} released in the window")
        if found is None:
            return Node(name, None, unit, _ABOUT[name], related=(cost, per))
        return Node(name, found, unit, _ABOUT[name], f"cost / {counted[0]}", {"cost": cost, counted[0]: per})

    def _total(self) -> Node:
        by_category: dict[str, list[CostLine]] = defaultdict(list)
        for line in self._ledger.lines:
            by_category[line.category].append(line)
        nodes = {name: self._category(name, lines) for name, lines in by_category.items()}
        return self._sum("cost", "all costs of the window", nodes)

    def _category(self, category: str, lines: Sequence[CostLine]) -> Node:
        by_resource: dict[str, list[CostLine]] = defaultdict(list)
        for line in lines:
            by_resource[line.resource].append(line)
        nodes = {_symbol(name): self._resource(category, name, own) for name, own in by_resource.items()}
        return self._sum(f"cost.{category}", title_of("category", category), nodes)

    def _sum(self, name: str, about: str, nodes: Mapping[str, Node]) -> Node:
        """Return the sum of nodes, the largest first; those of nothing are left out."""
        largest = sorted(nodes.items(), key=lambda item: -(item[1].value or 0.0))
        kept = {symbol: node for symbol, node in largest if node.value}
        total = math.fsum(node.value or 0.0 for node in kept.values())
        return Node(name, total, self._ledger.currency, about, " + ".join(kept), kept)

    def _resource(self, category: str, resource: str, lines: Sequence[CostLine]) -> Node:
        """Return what a resource costs: its quantity times its price, where there is one price."""
        cost, name = math.fsum(line.cost for line in lines), f"cost.{category}.{resource}"
        first, about = lines[0], f"what {resource} costs over the window"
        alike = all(line.unit == first.unit and math.isclose(line.price, first.price, rel_tol=_SAME) for line in lines)
        if not alike or first.price == 0.0:
            return Node(name, cost, self._ledger.currency, about)
        amount = math.fsum(line.quantity for line in lines)
        quantity = Node(f"{name}.quantity", amount, first.unit, "amount over the window")
        terms = {"quantity": quantity, "price": self._price(f"{name}.price", first)}
        return Node(name, cost, self._ledger.currency, about, "quantity * price", terms)

    def _price(self, name: str, line: CostLine) -> Node:
        """Return the price of a line: what is stated, brought to the money of the scenario."""
        unit, declared = money_unit(self._ledger.currency, line.unit), self._price_of(line)
        if declared is None:
            return Node(name, line.price, unit, "money for one unit")
        stated = float(np.ravel(self._sample.values(declared.address, declared.given.quantity))[0])
        if stated == 0.0:
            return Node(name, line.price, unit, "money for one unit")
        about = f"exchange, rise of prices from {declared.year}, cycles, life and hours that are paid"
        terms = {
            "stated": Node(declared.address, stated, _unit(declared), "", parameter=_input(declared, stated)),
            "factor": Node(f"{name}.factor", line.price / stated, "1", about),
        }
        return Node(name, line.price, unit, "money for one unit", "stated * factor", terms)

    def _price_of(self, line: CostLine) -> PriceDeclaration | None:
        """Return the one price that a line has; None where it has none, or several rooms have their own."""
        if self._declared is None:
            return None
        addresses = [address for address, _ in addresses_of(line, self._declared, self._rooms)]
        return self._declared.every_price.get(addresses[0]) if len(addresses) == 1 else None


def _symbol(resource: str) -> str:
    return resource.replace(".", "_")


def _unit(declared: PriceDeclaration) -> str:
    return declared.block.parameters[declared.field].unit


def _input(declared: PriceDeclaration, stated: float) -> Input:
    """Return a price as a parameter, with its source."""
    given = declared.given
    source = references().get(given.source)
    cited = "" if source is None else source.citation()
    base = given.quantity.base
    known = dict(base.numbers) if isinstance(base, Distribution) else {}
    low, high = known.get("low", stated), known.get("high", stated)
    return Input(
        declared.address, stated, _unit(declared), given.text, low, high, "amount of money", given.origin, given.grade,
        given.source, cited,
    )  # fmt: skip
