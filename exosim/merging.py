"""Lay one table of a scenario over another.

Tables merge by key, lists of tables by the id, role or parameter of each table, with what is new at the end. Every
other value is replaced as a whole: a quantity with its source, a list of names, a list of dates, the shares of a split.
A procedure that names another operation than before keeps none of its parameters. The factors of a study merge by
address. What is a table and what is a quantity follows from the declarations in :mod:`exosim.schema`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from exosim.procedure_tables import ProcedureTable
from exosim.study_tables import FACTORS, StudyTable, address_of_factor, factors_in
from exosim.toml_tree import Node, Table

_IDENTITIES = ("id", "role", "parameter")
_WHOLE = ("split",)
"""Tables that are one value: shares that sum to 1."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What stands at a key: a table, one of named tables, quantities or factors, or a list of tables that have ids."""

    kind: Literal["table", "named", "factors", "list"]
    model: type[BaseModel] | None
    identity: str = ""


def merged_table(base: Node, over: Node, model: type[BaseModel] | None) -> Node:
    """Return the table `over` laid over the table `base`; both are declared by `model`, None for named quantities."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    below = base.table
    if model is ProcedureTable and "operation" in over.table and over.text("operation") != base.text("operation"):
        below = {key: node for key, node in below.items() if key != "parameters"}
    merged: Table = dict(below)
    for key, node in over.table.items():
        merged[key] = _merged(below[key], node, _shape(model, key)) if key in below else node
    return over.holding(merged)


def _merged(base: Node, over: Node, shape: _Shape | None) -> Node:
    if shape is None:
        return over
    if shape.kind == "table":
        return merged_table(base, over, shape.model)
    if shape.kind == "factors":
        return _merged_factors(base, over)
    if shape.kind == "named":
        return _merged_names(base, over, shape.model)
    return _merged_lists(base, over, shape)


def _merged_names(base: Node, over: Node, model: type[BaseModel] | None) -> Node:
    if model is None or not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return merged_table(base, over, None)
    merged = dict(base.table)
    for key, node in over.table.items():
        merged[key] = merged_table(merged[key], node, model) if key in merged else node
    return over.holding(merged)


def _merged_factors(base: Node, over: Node) -> Node:
    """Return factors by address: a factor is replaced as a whole, however its address is written."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    each = (factors_in(base.table), factors_in(over.table))
    return over.holding({address_of_factor(keys): node for factors in each for keys, node in factors})


def _merged_lists(base: Node, over: Node, shape: _Shape) -> Node:
    if not isinstance(base.value, list) or not isinstance(over.value, list):
        return over
    merged = list(base.items)
    for node in over.items:
        name = node.text(shape.identity)
        known = [index for index, other in enumerate(base.items) if other.text(shape.identity) == name]
        if name is not None and known:
            merged[known[0]] = merged_table(merged[known[0]], node, shape.model)
        else:
            merged.append(node)
    return over.holding(merged)


@functools.cache
def _shape(model: type[BaseModel] | None, key: str) -> _Shape | None:
    """Return what a table declares at a key, or None for a value that is replaced as a whole."""
    declared = model.model_fields.get(key) if model is not None else None
    if declared is None or key in _WHOLE:
        return None
    if model is StudyTable and key == FACTORS:
        return _Shape("factors", None)
    parts = tuple(_parts(declared.annotation))
    inner = next((p for p in parts if isinstance(p, type) and issubclass(p, BaseModel)), None)
    origins = {get_origin(part) for part in parts}
    if dict in origins:
        return _Shape("named", inner)
    if list not in origins:
        return _Shape("table", inner) if inner is not None else None
    identity = next((name for name in _IDENTITIES if inner is not None and name in inner.model_fields), None)
    return _Shape("list", inner, identity) if identity is not None else None


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield an annotation and all that it is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
