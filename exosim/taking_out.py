"""Take resources and rules out of a base by address: ``replace = ["equipment.hollow_fiber_bioreactor"]``.

Procedures are named by their id alone and are left to :mod:`exosim.recipe_patch`, since something may take their place.
"""

from __future__ import annotations

import dataclasses

from exosim.errors import Problem, unknown
from exosim.toml_tree import Node, Table

SECTIONS = {
    "equipment": "id", "personnel": "role", "room": "id", "store": "id", "utility": "id", "material": "id",
    "failure": "id", "assay": "id", "attribute": "id", "review": "id",
    "charge": "id",
}  # fmt: skip
"""The lists of tables of which one can be taken out, and by which key it is known."""


def without(scenario: Table, taken: list[Node]) -> tuple[Table, list[Node], list[Problem]]:
    """Return a scenario without what addresses name, the names that are no addresses, and what is wrong with them.

    Parameters
    ----------
    scenario : its tables by key
    taken : ids of procedures, and addresses such as ``equipment.tff_skid``
    """
    left, procedures, problems = dict(scenario), list[Node](), list[Problem]()
    for name in taken:
        section, dot, own = name.value.partition(".") if isinstance(name.value, str) else ("", "", "")
        if not dot:
            procedures.append(name)
            continue
        wrong = _take(left, section, own)
        if wrong is not None:
            problems.append(dataclasses.replace(wrong, path="replace", file=name.file, line=name.line))
    return left, procedures, problems


def _take(scenario: Table, section: str, own: str) -> Problem | None:
    """Take one table out of its list; returns what is wrong, or None."""
    if section not in SECTIONS:
        return unknown("section", section, SECTIONS)
    held = scenario.get(section, Node([], "", None))
    names = [item.text(SECTIONS[section]) for item in held.items]
    if own not in names:
        return unknown(section, own, [name for name in names if name is not None])
    kept = [item for item, name in zip(held.items, names, strict=True) if name != own]
    scenario[section] = held.holding(kept)
    return None
