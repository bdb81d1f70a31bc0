"""Variants: named changes of a scenario, each a ``[[variant]]`` table of its file.

A variant takes procedures and resources out and puts others in (:mod:`exosim.recipe_patch`), changes the study, then
sets values by their address. ``FILE#name`` picks one, ``FILE#name+other`` one on each of several axes
(:mod:`exosim.axes`): first all change what there is, then all set values. On an axis, a value holds in each combination
that has what it names.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from exosim.addresses import known_addresses, located, put, tables
from exosim.axes import JOINT, chosen_on, picked
from exosim.axis_checks import clashes
from exosim.errors import Problem
from exosim.merging import merged_table
from exosim.quantities import announces_quantity
from exosim.recipe_patch import RECIPE, patched
from exosim.schema import ScenarioTable
from exosim.study_patch import with_study
from exosim.taking_out import SECTIONS, without
from exosim.toml_source import KeyPath, TomlSource
from exosim.toml_tree import Node, Table, places, plain, source_of, tree

SECTION = "variant"
Elsewhere = Callable[[str], bool]


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
    wanted = picked(source, name, names(source.data))
    root = tree(source)
    variants = root.table[SECTION].items if SECTION in root.table else []
    known = set(known_addresses(source.data))
    problems = clashes(variants, lambda changes: _values(changes, known))
    scenario, taken = root.table, [next(v for v in variants if v.text("name") == one) for one in wanted]
    for variant in taken:
        scenario, wrong = _changed(scenario, variant)
        problems += wrong
    title = _title(source.data, name, taken)
    if title is not None:
        scenario = {**scenario, "title": title}
    said = source_of(root.holding(scenario), source.name)
    for variant in taken:
        said = _with_values(said, variant.table.get("set"), problems, partial(_is_elsewhere, source, variant))
    return said, problems


def _changed(scenario: Table, variant: Node) -> tuple[Table, list[Problem]]:
    """Return a scenario with procedures, resources and the study of a variant taken out, changed and put in."""
    entries = {key: node.items for key, node in variant.table.items()}
    left, procedures, wrong = without(scenario, entries.get("replace", []))
    resources = {key: node for key, node in variant.table.items() if key in SECTIONS and node.items}
    left = merged_table(variant.holding(left), variant.holding(resources), ScenarioTable).table
    changed, problems = patched(left, entries.get(RECIPE, []), procedures)
    return with_study(scenario, changed, variant), [*wrong, *problems]


def _title(data: Mapping[str, Any], name: str, taken: list[Node]) -> Node | None:
    """Return the title that a variant brings; a combination has those of its choices on all axes."""
    if JOINT not in name:
        return next((variant.table["title"] for variant in taken if "title" in variant.table), None)
    return Node(f" {JOINT} ".join(choice.title for choice in chosen_on(data, name).values()), "", None)


def _is_elsewhere(source: TomlSource, variant: Node, given: str) -> bool:
    """Return whether the file itself, or it with a choice of another axis than that of `variant`, has an address."""
    axis, root = variant.text("axis"), tree(source)
    if axis is None:
        return False
    other = [one for one in root.table[SECTION].items if one.text("axis") not in (None, axis)]
    each = [root.table, *(_changed(root.table, one)[0] for one in other)]
    return any(located(plain(root.holding(tables)), given) for tables in each)


def _with_values(source: TomlSource, changes: Node | None, problems: list[Problem], elsewhere: Elsewhere) -> TomlSource:
    """Return the source with values set by address; their lines are those of the variant."""
    data, lines, files = source.data, dict(source.lines), dict(source.files)
    known = set(known_addresses(data))
    for given, node in _values(changes, known) if changes is not None else ():
        if not located(data, given) and elsewhere(given):
            continue
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
    """Return the title; a variant without one of its own adds its name, a combination has one."""
    own = variant is None or JOINT in variant or any(v.name == variant and v.title is not None for v in table.variant)
    return table.title if own or not table.title else f"{table.title}: {variant}"
