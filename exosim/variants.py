"""Variants: named changes of a scenario, each a ``[[variant]]`` table of its file.

A variant takes procedures out and puts others in (:mod:`exosim.recipe_patch`), then sets values by their address.
``FILE#name`` picks one.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from typing import Any

from exosim.addresses import known_addresses, put, tables
from exosim.errors import Problem, ScenarioError, unknown
from exosim.quantities import announces_quantity
from exosim.recipe_patch import RECIPE, patched
from exosim.schema import ScenarioTable
from exosim.taking_out import without
from exosim.toml_source import KeyPath, TomlSource
from exosim.toml_tree import Node, places, plain, source_of, tree

SECTION = "variant"


def split_name(typed: str) -> tuple[str, str | None]:
    """Return the file and the variant that ``FILE#name`` means; a file whose own name holds a # goes before."""
    if "#" not in typed or os.path.lexists(typed):
        return typed, None
    file, _, name = typed.rpartition("#")
    return file, name


def names(data: Mapping[str, Any]) -> list[str]:
    """Return the names of the variants of a scenario, in the order of the file."""
    listed = [table.get("name") for table in tables(data, SECTION)]
    return [name for name in dict.fromkeys(listed) if isinstance(name, str)]


def chosen(source: TomlSource, name: str | None) -> tuple[TomlSource, list[Problem]]:
    """Return what a variant of a scenario says, and what is wrong with its changes; None is the scenario itself.

    Raises
    ------
    ScenarioError
        when there is no variant of that name.
    """
    if name is None:
        return source, []
    known = names(source.data)
    if name not in known:
        problem = unknown("variant", name, known) if known else Problem(f'no variant "{name}": the file has none')
        raise ScenarioError(dataclasses.replace(problem, file=source.name))
    root = tree(source)
    variant = next(node for node in root.table[SECTION].items if node.text("name") == name)
    entries = {key: node.items for key, node in variant.table.items()}
    left, procedures, wrong = without(root.table, entries.get("replace", []))
    scenario, problems = patched(left, entries.get(RECIPE, []), procedures)
    problems = [*wrong, *problems]
    title = variant.table.get("title")
    if title is not None:
        scenario["title"] = title
    changed = source_of(root.holding(scenario), source.name)
    return _with_values(changed, variant.table.get("set"), problems), problems


def _with_values(source: TomlSource, changes: Node | None, problems: list[Problem]) -> TomlSource:
    """Return the source with values set by address; their lines are those of the variant."""
    data, lines, files = source.data, dict(source.lines), dict(source.files)
    known = set(known_addresses(data))
    for given, node in _values(changes, known) if changes is not None else ():
        path = put(data, given, plain(node))
        if isinstance(path, Problem):
            problems.append(dataclasses.replace(path, file=node.file, line=node.line))
            continue
        for old in [old for old in lines if old[: len(path)] == path]:
            del lines[old]
            files.pop(old, None)
        for inner, below in places(node, path):
            _note(lines, files, inner, below, source.name)
    return TomlSource(source.name, data, lines, files)


def _note(lines: dict[KeyPath, int], files: dict[KeyPath, str], path: KeyPath, node: Node, name: str) -> None:
    if node.line is not None:
        lines[path] = node.line
        if node.file != name:
            files[path] = node.file


def _values(changes: Node, known: set[str], prefix: str = "") -> Iterator[tuple[str, Node]]:
    """Yield each address and its value; ``a.b = 1`` without quotes is a table in TOML and means the same."""
    for key, node in changes.table.items():
        given = f"{prefix}{key}"
        inner = isinstance(node.value, dict) and given not in known and not announces_quantity(node.value)
        if inner and node.value:
            yield from _values(node, known, f"{given}.")
        else:
            yield given, node


def title_of(table: ScenarioTable, variant: str | None) -> str:
    """Return the title; a variant without one of its own adds its name."""
    own = variant is None or any(v.name == variant and v.title is not None for v in table.variant)
    return table.title if own or not table.title else f"{table.title}: {variant}"
