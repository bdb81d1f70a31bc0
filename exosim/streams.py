"""Which procedure feeds which: every stream has one maker and at most one user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from exosim.errors import Problem, shortened, unknown
from exosim.operations import catalog
from exosim.operations.base import UnitOperation, VisitedOperation
from exosim.schema import ProcedureTable
from exosim.toml_source import KeyPath

Report: TypeAlias = Callable[[KeyPath, Problem], None]
Kind: TypeAlias = Literal["vesicles", "viable_cells"]
_ANYTHING = "anything"
_WORDS = {"vesicles": "vesicles", "viable_cells": "cells"}


def _made(operation: type[UnitOperation], inside: set[str]) -> str:
    """Return what the product of an operation holds; vesicles, once in, stay in."""
    if operation.makes_vesicles:
        return "vesicles"
    if operation.plain:
        return next(iter(sorted(inside)), "nothing")
    if operation.source:
        return "viable_cells"
    return next((kind for kind in ("vesicles", _ANYTHING) if kind in inside), "viable_cells")


class Streams:
    """The streams between procedures, followed from the first to the last.

    Parameters
    ----------
    report : takes each problem with its place
    ids : the procedures in order
    blind : whether the file leaves open which procedure feeds which, so that nothing can be judged
    wanted : what the product must hold for its doses to be counted
    """

    def __init__(self, report: Report, ids: Sequence[str], blind: bool = False, wanted: Kind = "vesicles") -> None:
        self._report = report
        self._ids = ids
        self._blind = blind
        self._wanted = wanted
        self._loose = blind
        self._holds: dict[str, str] = {}
        self._user: dict[str, str] = {}
        self._products: list[tuple[int, str]] = []
        self._starved = False

    def unknown(self, id: str) -> None:
        """Note a procedure whose operation is not known: what it feeds cannot be judged."""
        self._loose = True
        self._holds[f"{id}.product"] = self._holds[f"{id}.remainder"] = _ANYTHING

    def feeds(self, index: int, table: ProcedureTable, operation: type[UnitOperation]) -> tuple[str, ...]:
        """Return the streams that enter a procedure, and note those that it makes."""
        names = self._named(index, table) if table.feeds is not None else self._previous(index, operation)
        for name in names:
            if name in self._user:
                self._wrong(index, "feeds", f'"{name}" already feeds {self._user[name]}', "a stream that is free")
            self._user[name] = table.id
        inside = {self._holds.get(name, _ANYTHING) for name in names}
        good = set(_WORDS) if operation.needs == "either" else {operation.needs}
        if not (operation.source or operation.plain) and not inside & {*good, _ANYTHING}:
            self._wrong(index, "operation", *_needs(table.operation, operation))
            self._starved = True
        self._holds[f"{table.id}.product"] = _made(operation, inside)
        if issubclass(operation, VisitedOperation):
            self._holds[f"{table.id}.remainder"] = "viable_cells"
        self._products.append((index, f"{table.id}.product"))
        return names

    def finish(self) -> None:
        """Report products that nothing uses; the last procedure makes the product of the process."""
        for index, name in self._products[:-1]:
            if name not in self._user:
                self._wrong(index, "id", f"{name} goes nowhere", "a later procedure that names it in its feeds")
        plain = all(kind == "nothing" for kind in self._holds.values())
        if self._products and not plain and not self._starved:
            index, last = self._products[-1]
            if self._holds[last] not in (self._wanted, _ANYTHING):
                expected = f"one of {_makers()} after it" if self._wanted == "vesicles" else "a dose in EV or particle"
                self._wrong(index, "id", f"the last procedure makes no {_WORDS[self._wanted]}", expected)

    def _named(self, index: int, table: ProcedureTable) -> tuple[str, ...]:
        names = []
        for position, name in enumerate(table.feeds or ()):
            full = name if "." in name else f"{name}.product"
            if full in self._holds:
                names.append(full)
            else:
                self._unknown_feed(index, position, name, full)
        return tuple(names)

    def _unknown_feed(self, index: int, position: int, name: str, full: str) -> None:
        """Report a feed that no earlier procedure makes; what follows from it is not reported again."""
        problem = unknown("feed", full, self._holds)
        if full.partition(".")[0] in self._ids[index:]:
            text = f'"{shortened(name, 60)}" does not come before this procedure'
            expected = problem.expected or "no feeds: this is the first procedure"
            problem = Problem(text, expected=expected)
        if not self._blind:
            self._report(("unit_procedure", index, "feeds", position), problem)
        self._loose = True

    def _previous(self, index: int, operation: type[UnitOperation]) -> tuple[str, ...]:
        if index == 0 or not self._products or operation.source:
            return ()
        return (self._products[-1][1],)

    def _wrong(self, index: int, key: str, problem: str, expected: str) -> None:
        if not self._loose:
            self._report(("unit_procedure", index, key), Problem(problem, expected=expected))


def _needs(name: str, operation: type[UnitOperation]) -> tuple[str, str]:
    """Return what an operation lacks, and which operations before it would help."""
    if operation.needs == "vesicles":
        return f"{name} needs a feed with vesicles", f"one of {_makers()} before it"
    cells = ", ".join(name for name, made in catalog().items() if made.source and not made.makes_vesicles)
    if operation.needs == "either":
        return f"{name} needs a feed with vesicles or cells", f"one of {_makers()}, {cells} before it"
    return f"{name} needs a feed with cells", f"one of {cells} before it"


def _makers() -> str:
    return ", ".join(name for name, operation in catalog().items() if operation.makes_vesicles)
