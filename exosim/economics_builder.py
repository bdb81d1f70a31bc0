"""The costing of one possible world: the declared prices and numbers of a scenario with the values of that world."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from exosim.cost_numbers import EconomicsNumbers, EquipmentCostNumbers, MaterialCostNumbers
from exosim.economics.costing import Charge, Costing, EquipmentCost, RoomCost
from exosim.economics.fixed import YEAR
from exosim.economics_declaration import EconomicsDeclaration
from exosim.plant import units_filled
from exosim.price_catalog import ListPrice, escalation
from exosim.price_reader import PriceDeclaration
from exosim.sampling import BatchSample
from exosim.units import QuantityError, parse

if TYPE_CHECKING:
    from exosim.declarations import Declarations
    from exosim.scenario import Scenario


def costing(scenario: Scenario, replication: int | None = None, seed: int | None = None) -> Costing:
    """Return the prices and numbers of the world of one replication.

    Parameters
    ----------
    scenario : with ``[economics]``
    replication : counted from 0; None: every price at its fixed value or median
    seed : of the addressed random values; default: as in the scenario
    """
    return costing_of(scenario.declarations, cost_values(scenario, replication, seed))


def cost_values(scenario: Scenario, replication: int | None = None, seed: int | None = None) -> dict[str, float]:
    """Return the numbers and prices of the world of one replication as they are stated, by address."""
    declared = scenario.declarations.economics
    if declared is None:
        raise ValueError("the scenario has no [economics]")
    if replication is None:
        return {f"{b.prefix}.{n}": g.quantity.typical for b in declared.blocks() for n, g in b.given.items()}
    sample = BatchSample(scenario.seed if seed is None else seed, replication, [0], 0)
    return {
        f"{block.prefix}.{name}": float(np.ravel(sample.values(f"{block.prefix}.{name}", given.quantity))[0])
        for block in declared.blocks()
        for name, given in block.given.items()
    }


def costing_of(declarations: Declarations, values: Mapping[str, Any]) -> Costing:
    """Return the prices and numbers with the given values, by address; arrays over worlds are taken as well."""
    declared = declarations.economics
    if declared is None:
        raise ValueError("the scenario has no [economics]")
    numbers = EconomicsNumbers(**declared.numbers.pick(values))
    rates = {declared.currency: 1.0} | {code: values[f"economics.exchange.{code}"] for code in declared.exchange.given}
    money = _Money(declared, numbers, rates, values)
    prices = {_resource(a): money.of(p) for a, p in declared.prices.items() if not a.endswith(_OWN)}
    materials = {n: MaterialCostNumbers(**b.pick(values)) for n, b in declared.materials.items()}
    return Costing(
        declared.currency, declared.year, numbers, declared.labor_basis, declared.estimate, declared.depreciation,
        prices,
        {a.split(".")[1]: money.wage(p) for a, p in declared.prices.items() if a.endswith(".wage")},
        {n: m.overage for n, m in materials.items() if m.overage is not None},
        {n: m.cycles for n, m in materials.items() if m.cycles is not None},
        {name: _equipment(name, declarations, declared, money) for name in declarations.plant.equipment},
        _rooms(declarations, declared, money),
        tuple(Charge(n, money.of(c.price), c.per, c.category, c.procedure) for n, c in declared.charges.items()),
        money.of(declared.prices[_PER_DOSE]) if _PER_DOSE in declared.prices else None,
        frozenset(declared.unpriced), declared.reuse,
    )  # fmt: skip


_OWN = (".purchase", ".wage", "price_per_dose")
"""Keys whose prices stand elsewhere than among those of resources."""
_PER_DOSE = "economics.price_per_dose"


def _resource(address: str) -> str:
    """Return the resource of a price: ``material.buffer.price`` is of ``material.buffer``."""
    head, _, key = address.rpartition(".")
    if head.endswith(".prices"):
        return f"{head.removesuffix('.prices')}.material.{key}"
    return address if head == "economics" else head


@dataclasses.dataclass(frozen=True)
class _Money:
    """What turns a price into money of the scenario: exchange, then the index or the escalation."""

    declared: EconomicsDeclaration
    numbers: EconomicsNumbers
    rates: Mapping[str, float]
    values: Mapping[str, Any]

    def of(self, price: PriceDeclaration) -> float:
        """Return a price in the money of the scenario."""
        stated: float = self.values[price.address]
        return stated * self.rates[price.currency] * self.risen(price.year)

    def wage(self, price: PriceDeclaration) -> float:
        """Return the money for an hour of one person; a salary is for the hours that a person is paid."""
        full_time = "FTE" in price.block.parameters[price.field].unit
        return self.of(price) * (YEAR / self.numbers.paid_hours if full_time else 1.0)

    def risen(self, year: int) -> float:
        """Return by how much prices have risen from a year to that of the scenario."""
        index, to = self.declared.index, self.declared.year
        if index:
            return index[to] / _interpolated(index, year)
        return escalation(year, to, self.numbers.escalation)


def _interpolated(index: Mapping[int, float], year: int) -> float:
    """Return the index of a year; between two known years it rises evenly, outside them it is the nearest."""
    years = sorted(index)
    return float(np.interp(year, years, [index[known] for known in years]))


def _equipment(name: str, declarations: Declarations, declared: EconomicsDeclaration, money: _Money) -> EquipmentCost:
    own = EquipmentCostNumbers(**declared.equipment[name].pick(money.values))
    price, size = declared.prices.get(f"equipment.{name}.purchase"), unit_size(declarations, name)
    purchase = 0.0 if price is None else money.of(price)
    reference = declared.sizes.get(name)
    exponent = own.exponent
    if price is not None and price.listed is not None:
        reference = _listed_size(price.listed, declarations, name) if reference is None else reference
        if price.listed.exponent is not None and "exponent" not in declared.equipment[name].given:
            exponent = price.listed.exponent
    if size is not None and reference is not None:
        purchase *= (size / reference) ** exponent
    life = money.numbers.equipment_life if own.life is None else own.life
    power, footprint = (0.0 if given is None else given for given in (own.power, own.footprint))
    return EquipmentCost(purchase, life, power, footprint, size)


def unit_size(declarations: Declarations, equipment: str) -> float | None:
    """Return the size of one unit of a class that the recipe needs; None where no procedure has a size of its own."""
    limit, sizes = declarations.plant.equipment[equipment].size_limit, []
    for procedure in declarations.procedures:
        by = procedure.operation.owner.sized_by
        if procedure.unit == equipment and by is not None:
            default = procedure.operation.parameters[by].default or 0.0
            size = procedure.operation.typical(by, default)
            sizes.append(size if limit is None else size / units_filled(size, limit))
    return max(sizes, default=None)


def _listed_size(found: ListPrice, declarations: Declarations, equipment: str) -> float | None:
    """Return the size that a price of the list is for, in the unit of the class; None where they cannot be compared."""
    unit = _size_unit(declarations, equipment)
    if found.size is None or unit is None:
        return None
    try:
        return parse(f"{found.size!r} {found.size_unit}", unit)
    except QuantityError:
        return None


def _size_unit(declarations: Declarations, equipment: str) -> str | None:
    for procedure in declarations.procedures:
        by = procedure.operation.owner.sized_by
        if procedure.unit == equipment and by is not None:
            return procedure.operation.parameters[by].unit
    return None


def _rooms(declarations: Declarations, declared: EconomicsDeclaration, money: _Money) -> dict[str, RoomCost]:
    found = {}
    for name, block in declared.rooms.items():
        area = block.pick(money.values).get("area")
        building, utilities = (_of_room(declared, name, key, money) for key in ("building", "utilities"))
        found[name] = RoomCost(0.0 if area is None else area, building, utilities)
    return found


def _of_room(declared: EconomicsDeclaration, name: str, key: str, money: _Money) -> float:
    """Return a price of a room: its own, else that of all rooms, else 0.

    What the list would add is nothing where what the room costs to run includes it already.
    """
    price, running = _price_of_room(declared, name, key), _price_of_room(declared, name, "utilities")
    if price is None or (price.default and running is not None and key in running.covers):
        return 0.0
    return money.of(price)


def _price_of_room(declared: EconomicsDeclaration, name: str, key: str) -> PriceDeclaration | None:
    return declared.prices.get(f"room.{name}.{key}") or declared.prices.get(f"economics.{key}")
