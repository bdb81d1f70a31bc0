"""Change a recipe: take procedures out, change them, put new ones at their place.

A procedure of the patch whose id is in the recipe is merged into it. A new one stands where its `after` or `before`
says; else where one of its id was taken out; else after the procedure of the patch before it; else in place of the
first that was taken out; else at the end. Failures and critical parameters of a procedure that is no longer there go
with it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from exosim.errors import Problem, in_words, unknown
from exosim.merging import merged_table
from exosim.procedure_tables import ProcedureTable
from exosim.toml_tree import Node, Table

RECIPE = "unit_procedure"
_ABOUT = {"failure": "during", "critical_parameter": "parameter"}
"""What is about one procedure, and goes with it: by which key it names it, alone or at the begin of an address."""
PLACES = ("after", "before")


@dataclass
class _Slot:
    """A place in the recipe; empty where a procedure was taken out."""

    id: str | None
    node: Node
    empty: bool = False


def patched(scenario: Table, patch: list[Node], taken: list[Node]) -> tuple[Table, list[Problem]]:
    """Return a scenario with its recipe changed, and what is wrong with the places.

    Parameters
    ----------
    scenario : its tables by key
    patch : procedures to merge or put in
    taken : ids of procedures to take out
    """
    change = _Change(scenario[RECIPE].items if RECIPE in scenario else [])
    for node in taken:
        change.take_out(node)
    for node in patch:
        change.put(node)
    recipe = scenario.get(RECIPE) or (patch[0] if patch else None)
    changed = dict(scenario)
    if recipe is not None:
        changed[RECIPE] = recipe.holding(change.recipe())
    gone = change.gone()
    for section, key in _ABOUT.items() if gone else ():
        if section in scenario:
            left = [node for node in scenario[section].items if (node.text(key) or "").partition(".")[0] not in gone]
            changed[section] = scenario[section].holding(left)
    return changed, change.problems


class _Change:
    """The slots of a recipe while it changes."""

    def __init__(self, recipe: list[Node]) -> None:
        self.slots = [_Slot(node.text("id"), node) for node in recipe]
        self.problems: list[Problem] = []
        self._previous: _Slot | None = None

    def take_out(self, name: Node) -> None:
        """Empty the slots of one id."""
        found = [slot for slot in self.slots if slot.id is not None and slot.id == name.value]
        if not found and isinstance(name.value, str):
            self._complain("replace", name, unknown("procedure", name.value, self._ids()))
        for slot in found:
            slot.empty = True

    def put(self, procedure: Node) -> None:
        """Merge a procedure into the recipe, or put it in as a new one."""
        where = {key: procedure.table[key] for key in PLACES if key in procedure.table}
        bare = procedure
        if where:
            bare = procedure.holding({key: node for key, node in procedure.table.items() if key not in PLACES})
        slot = next((s for s in self.slots if s.id is not None and s.id == bare.text("id")), None)
        if slot is None or (where and slot.empty):
            new = _Slot(bare.text("id"), bare)
            self.slots.insert(self._position(where, new.id), new)
            self._previous = new
            return
        for key, node in where.items():
            problem = Problem(f'"{slot.id}" is in the recipe already and stays where it is', expected="no such key")
            self._complain(f"{slot.id}.{key}", node, problem)
        slot.node = bare if slot.empty else merged_table(slot.node, bare, ProcedureTable)
        slot.empty, self._previous = False, slot

    def recipe(self) -> list[Node]:
        """Return the procedures in order."""
        return [slot.node for slot in self.slots if not slot.empty]

    def gone(self) -> set[str | None]:
        """Return the ids that were taken out and not put in again."""
        return {slot.id for slot in self.slots if slot.empty} - {slot.id for slot in self.slots if not slot.empty}

    def _position(self, where: Table, id: str | None) -> int:
        ids = [slot.id for slot in self.slots]
        if len(where) == len(PLACES):
            self._complain(f"{id}.{PLACES[1]}", where[PLACES[1]], Problem("give after or before, not both"))
        for key, node in where.items():
            if isinstance(node.value, str) and node.value in ids:
                return ids.index(node.value) + (key == PLACES[0])
            known = unknown("procedure", str(node.value), self._ids())
            wrong = Problem("is of the wrong kind", got=in_words(node.value), expected="the id of a procedure")
            self._complain(f"{id}.{key}", node, known if isinstance(node.value, str) else wrong)
        if self._previous is not None:
            return self.slots.index(self._previous) + 1
        return next((index for index, slot in enumerate(self.slots) if slot.empty), len(self.slots))

    def _ids(self) -> list[str]:
        return [slot.id for slot in self.slots if slot.id is not None and not slot.empty]

    def _complain(self, path: str, node: Node, problem: Problem) -> None:
        self.problems.append(dataclasses.replace(problem, path=path, file=node.file, line=node.line))
