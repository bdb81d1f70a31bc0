"""What the variants of a scenario change and how they combine, as tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from exosim.addresses import address
from exosim.console_base import table_lines
from exosim.errors import in_words
from exosim.parameter import Resolved
from exosim.study_tables import FACTORS, StudyTable

if TYPE_CHECKING:
    from exosim.scenario import Scenario
    from exosim.study_declaration import StudyDeclaration
    from exosim.toml_source import KeyPath

_OF_THE_FILE = ("format", "name", "title", "extends", "axis", "variant", "sources", "study")


def variant_table(scenario: Scenario, variants: Sequence[Scenario]) -> Table:
    """Return what each variant changes among the values that are given; a dash stands where there is no such one."""
    table = Table(box=table_lines(), pad_edge=False)
    for title in ("variant", "parameter", "here", "in the variant", "unit"):
        table.add_column(title, overflow="fold")
    before = {line.path: line for line in scenario.ledger()}
    for variant in variants:
        after = {line.path: line for line in variant.ledger()}
        given = [line.path for line in (*before.values(), *after.values()) if line.origin != "default"]
        changed = [path for path in dict.fromkeys(given) if _value(before, path) != _value(after, path)]
        switched = [*_switched(scenario.data, variant.data, {**before, **after}), *_asked(scenario, variant)]
        for row in switched:
            table.add_row(*map(Text, (variant.name, *row, "")))
        for path in changed or ([] if switched else ["nothing"]):
            unit = (after.get(path) or before.get(path) or next(iter(after.values()))).unit if changed else ""
            shown = "" if unit == "1" else unit
            table.add_row(*map(Text, (variant.name, path, _value(before, path), _value(after, path), shown)))
    return table


def combination_table(combined: Sequence[Scenario]) -> Table:
    """Return every combination of one choice per axis, with its title."""
    table = Table(box=table_lines(), pad_edge=False)
    for title in ("combination", "title"):
        table.add_column(title, overflow="fold")
    for scenario in combined:
        table.add_row(Text(scenario.name), Text(scenario.title))
    return table


def _value(ledger: Mapping[str, Resolved], path: str) -> str:
    return ledger[path].value if path in ledger else "-"


def _switched(
    here: Mapping[str, Any], there: Mapping[str, Any], quantities: Mapping[str, Resolved]
) -> Iterator[tuple[str, ...]]:
    """Yield the address of each choice that differs, such as a switch or a rule, and what it is in both.

    What belongs to a table that only one of them has, such as a procedure, is told by its quantities.
    """
    both = dict(_choices(here)), dict(_choices(there))
    holders = [{where.rpartition(".")[0] for where in choices} for choices in both]
    for where in dict.fromkeys([*both[0], *both[1]]):
        is_quantity = any(where == known or where.startswith(f"{known}.") for known in quantities)
        shared = all(where.rpartition(".")[0] in known for known in holders)
        if shared and not is_quantity and both[0].get(where) != both[1].get(where):
            yield where, *("-" if where not in one else _shown(one[where]) for one in both)


def _asked(here: Scenario, there: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yield the keys and factors of their studies that differ; those of what is gone, gone with it, are not told."""
    studies = [one.declarations.study for one in (here, there)]
    before, after = ({} if one is None else _keys_of(one) for one in studies)
    for where, value in after.items():
        if before.get(where) != value:
            yield where, _listed(before[where]) if where in before else "-", _listed(value)


def _keys_of(study: StudyDeclaration) -> dict[str, Any]:
    """Return what a study says, by address."""
    said = {f"study.{key}": getattr(study, key) for key in StudyTable.model_fields if key != FACTORS}
    factors = {f"study.{FACTORS}.{path}": value for path, value in study.factors.items()}
    return {key: value for key, value in {**said, **factors}.items() if value not in (None, ())}


def _listed(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_listed(inner)}" for key, inner in value.items())
    return ", ".join(map(_shown, value)) if isinstance(value, list | tuple) else _shown(value)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else in_words(value)


def _choices(data: Mapping[str, Any], table: Any = None, path: KeyPath = ()) -> Iterator[tuple[str, Any]]:
    """Yield every value of the tables of a scenario with its address, but for what is about the file."""
    table = data if table is None else table
    if isinstance(table, Mapping | list):
        for key, value in table.items() if isinstance(table, Mapping) else enumerate(table):
            if path or key not in _OF_THE_FILE:
                yield from _choices(data, value, (*path, key))
    else:
        yield address(data, path), table
