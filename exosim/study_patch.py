"""The study of a scenario that another builds on: laid over, and without the factors of what is gone."""

from __future__ import annotations

from exosim.merging import merged_table
from exosim.recipe_patch import RECIPE
from exosim.study_tables import FACTORS, STUDY, StudyTable, address_of_factor, factors_in
from exosim.taking_out import SECTIONS
from exosim.toml_tree import Node, Table


def with_study(before: Table, after: Table, over: Node) -> Table:
    """Return a scenario with its study.

    Parameters
    ----------
    before, after : the tables of the base, as it was and with its recipe and resources changed
    over : what changes it: another file, or a variant; its study is laid over that of the base
    """
    left = {key: node for key, node in after.items() if key != STUDY}
    base, own = before.get(STUDY), over.table.get(STUDY)
    kept = None if base is None else _without(base, _owners(before) - _owners(after))
    study = own if kept is None else kept if own is None else merged_table(kept, own, StudyTable)
    if study is None or (study is not own and kept is not base and _is_empty(study)):
        return left
    return {**left, STUDY: study}


def _without(study: Node, gone: set[tuple[str, str | None]]) -> Node:
    """Return a study without the factors of procedures and resources that are gone."""
    heads = tuple(f"{owner}." for owner, _ in gone)
    factors = study.table.get(FACTORS)
    if factors is None:
        return study
    listed = [(address_of_factor(keys), node) for keys, node in factors_in(factors.table)]
    left = {address: node for address, node in listed if not address.startswith(heads)}
    return study if len(left) == len(listed) else study.holding({**study.table, FACTORS: factors.holding(left)})


def _is_empty(study: Node) -> bool:
    """Return whether no factor is left: the study was of what is gone, and goes with it."""
    return not (study.table[FACTORS].table if FACTORS in study.table else {})


def _owners(scenario: Table) -> set[tuple[str, str | None]]:
    """Return the begin of the addresses of each procedure, with what it does, and of each resource."""
    found: set[tuple[str, str | None]] = set()
    for section, key in ((RECIPE, "id"), *SECTIONS.items()):
        for node in scenario[section].items if section in scenario else ():
            own = str(node.text(key))
            found.add((own, node.text("operation")) if section == RECIPE else (f"{section}.{own}", None))
    return found
