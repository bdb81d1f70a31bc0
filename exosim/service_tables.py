"""Orders, lots and movements of doses as tables, and read back from them.

Orders and lots are those of all replications, movements those of the first. Replications, orders and batches are
numbered from 1 as in all tables; batch 0 is what was in stock at the start, order 0 stands for none.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from exosim.service.orders import OrderRecord
from exosim.service.warehouse import LotRecord, Movement

if TYPE_CHECKING:
    from exosim.results import FacilityResults

Record = TypeVar("Record", OrderRecord, LotRecord, Movement)
_REPLICATION = "replication"
_FATE = ("fate", "late_by")
_NUMBERED: Mapping[type, tuple[str, ...]] = {
    OrderRecord: ("number",),
    LotRecord: ("batch",),
    Movement: ("batch", "order"),
}
"""Fields that count from 0, and from 1 in a table."""


@dataclass(frozen=True, slots=True)
class ServiceTable:
    """One table: the name of its file, its columns and its rows."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def service_tables(results: FacilityResults) -> Iterator[ServiceTable]:
    """Yield the tables ``orders``, ``stock_lots`` and ``stock`` of a run, as far as it has orders or a warehouse."""
    demand, counted = results.first.plant.demand, list(enumerate(results.accounts, start=1))
    if demand.orders:
        orders = ((n, *_counted(order), order.fate, order.late_by) for n, found in counted for order in found.orders)
        yield ServiceTable("orders", (_REPLICATION, *OrderRecord._fields, *_FATE), orders)
    if demand.warehouses:
        lots = ((n, *_counted(lot)) for n, found in counted for lot in found.lots)
        yield ServiceTable("stock_lots", (_REPLICATION, *LotRecord._fields), lots)
        yield ServiceTable("stock", Movement._fields, (_counted(step) for step in results.first.dispatch.movements))


def _counted(record: Any) -> tuple[Any, ...]:
    """Return the fields of a record as a table shows them."""
    return tuple(record._replace(**{name: getattr(record, name) + 1 for name in _NUMBERED[type(record)]}))


def read_records(kind: type[Record], rows: Iterable[Mapping[str, str]]) -> list[Record]:
    """Return the records of a table that was written from :func:`service_tables`."""
    hints = typing.get_type_hints(kind)
    read = ({name: _value(hint, row[name]) for name, hint in hints.items()} for row in rows)
    return [kind(**values | {name: values[name] - 1 for name in _NUMBERED[kind]}) for values in read]


def read_by_replication(kind: type[Record], rows: Sequence[Mapping[str, str]], count: int) -> list[list[Record]]:
    """Return the records of each of `count` replications."""
    found: list[list[Record]] = [[] for _ in range(count)]
    for row, record in zip(rows, read_records(kind, rows), strict=True):
        found[int(row[_REPLICATION]) - 1].append(record)
    return found


def _value(hint: Any, cell: str) -> Any:
    if hint in (int, float):
        return hint(cell)
    if hint == float | None:
        return float(cell) if cell else None
    return cell
