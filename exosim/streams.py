"""Which procedure feeds which: every stream has one maker and at most one user."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from exosim.errors import Problem, nearest_name, shortened
from exosim.operations.base import UnitOperation
from exosim.schema import ProcedureTable

Report: TypeAlias = Callable[[tuple[str | int, ...], Problem], None]


class Streams:
    """Which procedure feeds which: every stream has one maker and at most one user."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._holds: dict[str, str] = {}
        self._user: dict[str, str] = {}
        self._products: list[tuple[int, str]] = []
        self._blind = False

    def unknown(self, id: str) -> None:
        """Note a procedure whose operation is not known: what it feeds cannot be judged."""
        self._blind = True
        self._holds[f"{id}.product"] = self._holds[f"{id}.remainder"] = "anything"

    def feeds(self, index: int, table: ProcedureTable, operation: type[UnitOperation]) -> tuple[str, ...]:
        """Return the streams that enter a procedure, and note those that it makes."""
        names = self._named(index, table) if table.feeds is not None else self._previous(index, operation)
        for name in names:
            if name in self._user:
                self._wrong(index, "feeds", f'"{name}" already feeds {self._user[name]}', None)
            self._user[name] = table.id
        inside = {self._holds.get(name, "anything") for name in names}
        needed = operation.needs
        if not operation.source and not inside & {needed, "anything"}:
            what = (
                "vesicles: a conditioned_medium or a culture" if needed == "vesicles" else "cells: a planar_expansion"
            )
            self._wrong(index, "operation", f"{table.operation} needs a feed with {what} before it", None)
        made = (
            "vesicles"
            if operation.makes_vesicles
            else ("viable_cells" if operation.source else next(iter(inside), "anything"))
        )
        self._holds[f"{table.id}.product"] = made
        self._holds[f"{table.id}.remainder"] = "viable_cells"
        self._products.append((index, f"{table.id}.product"))
        return names

    def finish(self) -> None:
        """Report products that nothing uses; the last procedure makes the product of the process."""
        for index, name in self._products[:-1]:
            if name not in self._user and not self._blind:
                self._wrong(index, "id", f"{name} goes nowhere", "a later procedure that names it in its feeds")
        if self._products and self._holds[self._products[-1][1]] == "viable_cells":
            self._wrong(self._products[-1][0], "id", "the last procedure makes no vesicles", None)

    def _named(self, index: int, table: ProcedureTable) -> tuple[str, ...]:
        names = []
        for position, name in enumerate(table.feeds or ()):
            full = name if "." in name else f"{name}.product"
            if full not in self._holds:
                problem = Problem(
                    f'no earlier procedure makes "{shortened(name, 60)}"',
                    expected="one of " + ", ".join(self._holds),
                    nearest=nearest_name(full, self._holds),
                )
                self._report(("unit_procedure", index, "feeds", position), problem)
                continue
            names.append(full)
        return tuple(names)

    def _previous(self, index: int, operation: type[UnitOperation]) -> tuple[str, ...]:
        if index == 0 or not self._products or operation.source:
            return ()
        return (self._products[-1][1],)

    def _wrong(self, index: int, key: str, problem: str, expected: str | None) -> None:
        self._report(("unit_procedure", index, key), Problem(problem, expected=expected))
