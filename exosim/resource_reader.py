"""Read the sections about what a plant shares besides units and people: rooms, stores, utilities and stocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exosim import units
from exosim.declarations import Block, StockDeclaration
from exosim.errors import Problem, in_words, shortened, unknown
from exosim.findings import Findings
from exosim.parameter import declared
from exosim.plant import PreparationNumbers, RoomNumbers, StockNumbers, StoreNumbers
from exosim.plant_tables import RoomTable, StockTable
from exosim.procedure_tables import ProcedureTable
from exosim.quantities import read_number
from exosim.schema import ScenarioTable
from exosim.toml_source import KeyPath
from exosim.units import QuantityError
from exosim.vocabulary import CONSUMABLES

BlockReader = Callable[..., Block]
_OF_A_STOCK = (*declared(StockNumbers), "preparation")


def given(table: Any, owner: type[Any]) -> dict[str, Any]:
    """Return what a table gives of the numbers of `owner`."""
    return {name: value for name in declared(owner) if (value := getattr(table, name, None)) is not None}


def unique(findings: Findings, section: str, key: str, ids: list[str]) -> None:
    """Note every id that is taken already."""
    for index, name in enumerate(ids):
        if name in ids[:index]:
            line = findings.line((section, ids.index(name), key))
            what = f'the {key} "{shortened(name, 60)}" is taken'
            problem = Problem(what, got=f"the same {key} on line {line}", expected=f"another {key}")
            findings.add((section, index, key), problem)


def read_utilities(table: ScenarioTable, findings: Findings) -> dict[str, tuple[float, str]]:
    """Return the limit of each utility and the unit in which it is stated."""
    unique(findings, "utility", "id", [utility.id for utility in table.utility])
    found = {}
    for index, utility in enumerate(table.utility):
        path: KeyPath = ("utility", index, "limit")
        try:
            unit = units.split(utility.limit)[1] or "1" if isinstance(utility.limit, str) else "1"
            limit = read_number(utility.limit, unit)
        except QuantityError as error:
            findings.quantity(path, error)
            continue
        if limit <= 0.0:
            findings.add(path, Problem("must be above 0", got=in_words(utility.limit)))
        found[utility.id] = limit, unit
    return found


def read_uses(
    procedure: ProcedureTable, path: KeyPath, utilities: Mapping[str, tuple[float, str]], findings: Findings
) -> dict[str, float]:
    """Return what a procedure takes of each utility, in the unit of its limit."""
    found = {}
    for name, raw in procedure.utilities.items():
        place: KeyPath = (*path, "utilities", name)
        if name not in utilities:
            findings.add(place, unknown("utility", name, utilities))
            continue
        limit, unit = utilities[name]
        try:
            amount = read_number(raw, unit)
        except QuantityError as error:
            findings.quantity(place, error)
            continue
        if not 0.0 <= amount <= limit:
            expected = f"at most the limit of {units.show(limit, unit)}"
            findings.add(place, Problem("is more than there is", got=in_words(raw), expected=expected))
        found[name] = amount
    return found


@dataclass(frozen=True)
class ResourceReader:
    """One reading of the rooms, stores and stocks of one scenario."""

    table: ScenarioTable
    findings: Findings
    block: BlockReader

    def rooms(self) -> Iterator[tuple[str, tuple[Block, RoomTable]]]:
        """Yield each room by id."""
        unique(self.findings, "room", "id", [room.id for room in self.table.room])
        for index, room in enumerate(self.table.room):
            path: KeyPath = ("room", index)
            if room.segregation == "batch" and room.capacity not in (None, 1):
                problem = 'segregation = "batch" lets one batch in at a time'
                expected = 'capacity = 1, or segregation = "product"'
                self.findings.add((*path, "capacity"), Problem(problem, got=in_words(room.capacity), expected=expected))
            yield room.id, (self.block(RoomNumbers, f"room.{room.id}", path, given(room, RoomNumbers)), room)

    def stores(self) -> Iterator[tuple[str, Block]]:
        """Yield each store by id."""
        unique(self.findings, "store", "id", [store.id for store in self.table.store])
        for index, store in enumerate(self.table.store):
            yield store.id, self.block(StoreNumbers, f"store.{store.id}", ("store", index), given(store, StoreNumbers))

    def stocks(self, equipment: Mapping[str, Any], roles: Mapping[str, Any]) -> Iterator[tuple[str, StockDeclaration]]:
        """Yield each stocked material by its key."""
        unique(self.findings, "material", "id", [material.id for material in self.table.material])
        for index, material in enumerate(self.table.material):
            path: KeyPath = ("material", index)
            if material.id not in CONSUMABLES:
                self.findings.add((*path, "id"), unknown("material", material.id, CONSUMABLES))
                continue
            if any(getattr(material, key) is not None for key in _OF_A_STOCK):  # a price alone makes no stock
                yield material.id, self._stock(material, path, equipment, roles)

    def _stock(
        self, material: StockTable, path: KeyPath, equipment: Mapping[str, Any], roles: Mapping[str, Any]
    ) -> StockDeclaration:
        unit, address = CONSUMABLES[material.id], f"material.{material.id}"
        numbers = self.block(StockNumbers, address, path, given(material, StockNumbers), amounts=unit)
        self._check_order(material, path, numbers)
        how = material.preparation
        if how is None:
            return StockDeclaration(numbers, unit)
        place: KeyPath = (*path, "preparation")
        for key, name, known in (("unit", how.unit, equipment), ("operator", how.operator, roles)):
            if name is not None and name not in known:
                self.findings.add((*place, key), unknown("equipment" if key == "unit" else "role", name, known))
        if material.lead_time is not None:
            problem = "a material that is prepared on site is not delivered"
            self.findings.add((*path, "lead_time"), Problem(problem, expected="lead_time or preparation, one of them"))
        block = self.block(PreparationNumbers, f"{address}.preparation", place, given(how, PreparationNumbers))
        return StockDeclaration(numbers, unit, block, how.unit, how.operator, how.people)

    def _check_order(self, material: StockTable, path: KeyPath, numbers: Block) -> None:
        """Check that a material which is reordered is reordered by some amount."""
        quantity = numbers.given.get("order_quantity")
        if material.order_quantity is not None and quantity is not None and quantity.quantity.typical <= 0.0:
            problem = Problem(
                "must be above 0", got=in_words(material.order_quantity), expected="an amount, or no reorder_point"
            )
            self.findings.add((*path, "order_quantity"), problem)
        if (material.reorder_point is None) != (material.order_quantity is None):
            missing = "order_quantity" if material.order_quantity is None else "reorder_point"
            expected = "reorder_point and order_quantity, or neither"
            self.findings.add((*path, missing), Problem(f'"{missing}" is missing', expected=expected))
