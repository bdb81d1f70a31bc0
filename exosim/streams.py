"""Which procedure feeds which: every stream has one maker and at most one user.

A product that several procedures use is divided by its maker into streams of their own, each with its share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from exosim.errors import Problem, shortened, unknown
from exosim.operations import catalog
from exosim.operations.base import UnitOperation, VisitedOperation
from exosim.procedure_tables import ProcedureTable
from exosim.recipe import PRODUCT, REMAINDER, WASTE
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
        self._closed: dict[str, Problem] = {}
        self._made: list[tuple[int, ProcedureTable]] = []
        self._starved = False

    def unknown(self, id: str) -> None:
        """Note a procedure whose operation is not known: what it feeds cannot be judged."""
        self._loose = True
        self._holds[f"{id}.{PRODUCT}"] = self._holds[f"{id}.{REMAINDER}"] = _ANYTHING

    def feeds(self, index: int, table: ProcedureTable, operation: type[UnitOperation]) -> tuple[str, ...]:
        """Return the streams that enter a procedure, and note those that it makes."""
        names = self._named(index, table) if table.feeds is not None else self._previous(index, operation)
        for name in names:
            if name in self._user:
                expected = f"a stream that is free, or a split of {name.partition('.')[0]} into one for each"
                self._wrong(index, "feeds", f'"{name}" already feeds {self._user[name]}', expected)
            self._user[name] = table.id
        inside = {self._holds.get(name, _ANYTHING) for name in names}
        good = set(_WORDS) if operation.needs == "either" else {operation.needs}
        if not (operation.source or operation.plain) and not inside & {*good, _ANYTHING}:
            self._wrong(index, "operation", *_needs(table.operation, operation))
            self._starved = True
        self._make(index, table, _made(operation, inside))
        if issubclass(operation, VisitedOperation):
            self._holds[f"{table.id}.{REMAINDER}"] = "viable_cells"
        return names

    def holds(self, id: str) -> str:
        """Return what the product of a procedure holds; where that cannot be judged, anything."""
        unjudged = self._loose or self._starved
        return _ANYTHING if unjudged else self._holds.get(f"{id}.{PRODUCT}", _ANYTHING)

    def user(self, id: str) -> str | None:
        """Return the procedure that the product of another one feeds, or a share of it; None where none does."""
        return next((user for name, user in self._user.items() if name.partition(".")[0] == id), None)

    def finish(self) -> None:
        """Report products that nothing uses; the last procedure makes the product of the process."""
        for index, table in self._made[:-1]:
            for name in () if table.end else _to_be_used(table):
                if name not in self._user:
                    key, other = ("split", f"the share as {WASTE}") if table.split else ("id", "end = true")
                    expected = f"a later procedure that names it in its feeds, or {other}"
                    self._wrong(index, key, f"{name} goes nowhere", expected)
        if self._made:
            self._check_last(*self._made[-1])

    def _check_last(self, index: int, table: ProcedureTable) -> None:
        """Report a last procedure that makes no product of the process."""
        if table.split:
            self._wrong(index, "split", "the product of the process stays whole", "a later procedure for each share")
            return
        plain = all(kind == "nothing" for kind in self._holds.values())
        made = self._holds[f"{table.id}.{PRODUCT}"]
        if not plain and not self._starved and made not in (self._wanted, _ANYTHING):
            expected = f"one of {_makers()} after it" if self._wanted == "vesicles" else "a dose in EV or particle"
            self._wrong(index, "id", f"the last procedure makes no {_WORDS[self._wanted]}", expected)

    def _make(self, index: int, table: ProcedureTable, kind: str) -> None:
        """Note what a procedure makes, and why some of it cannot be used."""
        self._made.append((index, table))
        product, free = f"{table.id}.{PRODUCT}", _to_be_used(table)
        self._holds[product] = kind
        if table.split:
            self._holds.update(dict.fromkeys(free, kind))
            self._closed[product] = Problem(
                f'"{product}" is split', expected=f"one of {', '.join(free)}" if free else None
            )
            self._closed[f"{table.id}.{WASTE}"] = Problem(f'"{table.id}.{WASTE}" is waste', expected="another stream")
        if table.end:
            self._closed.update({name: Problem(f'"{name}" leaves the process there') for name in (product, *free)})

    def _named(self, index: int, table: ProcedureTable) -> tuple[str, ...]:
        names = []
        for position, name in enumerate(table.feeds or ()):
            full = name if "." in name else f"{name}.{PRODUCT}"
            if full in self._holds and full not in self._closed:
                names.append(full)
            else:
                self._unknown_feed(index, position, name, full)
        return tuple(names)

    def _unknown_feed(self, index: int, position: int, name: str, full: str) -> None:
        """Report a feed that no earlier procedure makes; what follows from it is not reported again."""
        free = [made for made in self._holds if made not in self._closed]
        problem = self._closed.get(full) or unknown("feed", full, free)
        if full.partition(".")[0] in self._ids[index:]:
            text = f'"{shortened(name, 60)}" does not come before this procedure'
            expected = problem.expected or "no feeds: this is the first procedure"
            problem = Problem(text, expected=expected)
        if not self._blind:
            self._report(("unit_procedure", index, "feeds", position), problem)
        self._loose = True

    def _previous(self, index: int, operation: type[UnitOperation]) -> tuple[str, ...]:
        if index == 0 or not self._made or operation.source:
            return ()
        name = f"{self._made[-1][1].id}.{PRODUCT}"
        if name not in self._closed:
            return (name,)
        closed = self._closed[name]
        self._wrong(index, "id", f'"feeds" is missing: {closed.problem}', closed.expected or "the streams that enter")
        self._loose = True
        return ()

    def _wrong(self, index: int, key: str, problem: str, expected: str) -> None:
        if not self._loose:
            self._report(("unit_procedure", index, key), Problem(problem, expected=expected))


def _to_be_used(table: ProcedureTable) -> list[str]:
    """Return the streams of a procedure that a later one must use, unless the procedure is an end."""
    if not table.split:
        return [f"{table.id}.{PRODUCT}"]
    return [f"{table.id}.{name}" for name in table.split if name not in (PRODUCT, REMAINDER, WASTE)]


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
