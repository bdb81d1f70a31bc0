"""What is wrong with the axes of a scenario: names that are taken or unknown, and variants that cannot be combined.

Two variants of different axes may not change the same procedure or resource, nor set the same address. A value set
inside what another axis puts in is no clash: values are set after the recipe is changed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

from exosim.errors import Problem, unknown
from exosim.findings import Findings
from exosim.recipe_patch import RECIPE
from exosim.schema import ScenarioTable
from exosim.study_tables import FACTORS, STUDY, address_of_factor, factors_in
from exosim.taking_out import SECTIONS
from exosim.toml_source import KeyPath
from exosim.toml_tree import Node

Touched = tuple[str, Node]
Values = Callable[[Node], Iterable[Touched]]


def check_names(table: ScenarioTable, findings: Findings) -> None:
    """Note names of variants, axes and choices that are taken, and axes that are not in the file."""
    names: list[tuple[str, KeyPath]] = [(v.name, ("variant", i, "name")) for i, v in enumerate(table.variant)]
    _refuse_taken([*names, *((a.base, ("axis", i, "base")) for i, a in enumerate(table.axis))], findings)
    _refuse_taken([(axis.id, ("axis", index, "id")) for index, axis in enumerate(table.axis)], findings)
    known = [axis.id for axis in table.axis]
    for index, variant in enumerate(table.variant):
        if variant.axis is not None and variant.axis not in known:
            problem = unknown("axis", variant.axis, known)
            bare = Problem(f'no axis "{variant.axis}"', expected=f'[[axis]] with id = "{variant.axis}"')
            findings.add(("variant", index, "axis"), problem if known else bare)


def _refuse_taken(named: list[tuple[str, KeyPath]], findings: Findings) -> None:
    for index, (name, path) in enumerate(named):
        earlier = next((place for other, place in named[:index] if other == name), None)
        if earlier is not None:
            got = f"the same name on line {findings.line(earlier)}"
            findings.add(path, Problem(f'the name "{name}" is taken', got=got))


def clashes(variants: Iterable[Node], values: Values) -> list[Problem]:
    """Return what two variants of different axes both change.

    Parameters
    ----------
    variants : the tables of all variants of a file
    values : gives the addresses that the table ``set`` of a variant sets
    """
    placed = [variant for variant in variants if variant.text("axis") is not None]
    pairs = ((a, b) for a, b in itertools.combinations(placed, 2) if a.text("axis") != b.text("axis"))
    return [problem for first, second in pairs for problem in _both(first, second, values)]


def _both(first: Node, second: Node, values: Values) -> Iterator[Problem]:
    """Yield each procedure, resource and address that two variants change, once."""
    told: set[str] = set()
    for touched in (_changed, lambda variant: _set(variant, values)):
        for (name, here), (other, there) in itertools.product(touched(first), touched(second)):
            outer, inner = sorted((f"{name}.", f"{other}."), key=len)
            if inner.startswith(outer) and inner not in told:
                told.add(inner)
                yield _clash(inner[:-1], (first, here), (second, there))


def _changed(variant: Node) -> list[Touched]:
    """Return what a variant takes out, changes or puts in, by id and by address: procedures, resources, its study."""
    found = [(str(node.value), node) for node in (variant.table["replace"].items if "replace" in variant.table else [])]
    for section, key in ((RECIPE, "id"), *SECTIONS.items()):
        for node in variant.table[section].items if section in variant.table else ():
            own = node.text(key)
            found += [] if own is None else [(own if section == RECIPE else f"{section}.{own}", node)]
    return [*found, *_of_study(variant)]


def _of_study(variant: Node) -> Iterator[Touched]:
    """Yield the keys and the factors of a study that a variant changes."""
    for key, node in variant.table[STUDY].table.items() if STUDY in variant.table else ():
        if key == FACTORS:
            yield from ((f"{STUDY}.{key}.{address_of_factor(keys)}", one) for keys, one in factors_in(node.table))
        else:
            yield f"{STUDY}.{key}", node


def _set(variant: Node, values: Values) -> list[Touched]:
    return list(values(variant.table["set"])) if "set" in variant.table else []


def _clash(name: str, *changing: tuple[Node, Node]) -> Problem:
    got = " and ".join(f'"{variant.text("name")}" on line {node.line}' for variant, node in changing)
    place = changing[-1][1]
    expected = "each procedure, resource and address changed on one axis alone"
    return Problem("is changed on two axes", name, got, expected, None, place.file, place.line)
