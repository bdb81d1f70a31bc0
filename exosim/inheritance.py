"""Read a scenario that builds on another: ``extends = "base.toml"``, and so on down the chain.

A file holds only what differs from its base (:mod:`exosim.merging`, :mod:`exosim.recipe_patch`). Its path is relative
to the file that names it; ``base.toml#name`` builds on a variant. Variants of a base are not inherited.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from exosim.axes import SECTION as AXIS
from exosim.errors import FileError, Problem, ScenarioError, in_words
from exosim.merging import merged_table
from exosim.recipe_patch import RECIPE, patched
from exosim.schema import ScenarioTable
from exosim.study_patch import with_study
from exosim.study_tables import STUDY
from exosim.taking_out import without
from exosim.toml_source import TomlSource, read_toml
from exosim.toml_tree import Node, source_of, tree
from exosim.variants import SECTION, chosen, split_name

DEEPEST_CHAIN = 20
_KEY, _REPLACE = "extends", "replace"
_OWN = (AXIS, SECTION, _KEY, _REPLACE)
"""What a base keeps to itself."""


def read_scenario(path: str, maximum_mebibytes: float) -> tuple[TomlSource, list[Problem]]:
    """Read a scenario file and all that it extends; return it as one source, and what is wrong with their joints.

    Raises
    ------
    FileError, LimitError
        when the file cannot be read or is too large.
    ScenarioError
        when a file is not TOML, a base cannot be read, or the chain is a ring or too deep.
    """
    return _whole(read_toml(path, maximum_mebibytes=maximum_mebibytes), (path,), maximum_mebibytes)


def _whole(source: TomlSource, chain: Sequence[str], limit: float) -> tuple[TomlSource, list[Problem]]:
    wanted = source.data.get(_KEY)
    if not isinstance(wanted, str) or not wanted:  # what is of the wrong kind is told with the structure
        return _alone(source)
    file, variant = split_name(str(Path(source.name).parent / wanted))
    _refuse_chain(source, (*chain, file))
    base, problems = _whole(_base(source, file, limit), (*chain, file), limit)
    base, more = chosen(base, variant)
    merged, joints = _laid_over(tree(base), tree(source))
    return source_of(merged, source.name), [*problems, *more, *joints]


def _alone(source: TomlSource) -> tuple[TomlSource, list[Problem]]:
    """Return a source without a base, in which nothing can be replaced."""
    if _REPLACE not in source.data or _KEY in source.data:
        return source, []
    file, line = source.place((_REPLACE,))
    expected = 'extends = "base.toml" above it, or a [[variant]] that holds it'
    return source, [Problem("the file has no base in which to replace", _REPLACE, None, expected, None, file, line)]


def _base(source: TomlSource, file: str, limit: float) -> TomlSource:
    """Read a base; what is wrong with its path is told where it is named."""
    try:
        return read_toml(Path("-").absolute() if file == "-" else file, maximum_mebibytes=limit)
    except FileError as error:
        got = in_words(source.data[_KEY])
        raise ScenarioError([_at_key(source, dataclasses.replace(p, got=got)) for p in error.problems]) from None


def _refuse_chain(source: TomlSource, chain: Sequence[str]) -> None:
    places = [Path(file).resolve() for file in chain]
    told = " > ".join(chain)
    if places[-1] in places[:-1]:
        problem = Problem(
            "the files extend each other in a ring", got=told, expected="a base that extends none of them"
        )
        raise ScenarioError(_at_key(source, problem))
    if len(chain) > DEEPEST_CHAIN + 1:
        expected = f"at most {DEEPEST_CHAIN} bases one below the other"
        raise ScenarioError(_at_key(source, Problem("the chain of files is too deep", got=told, expected=expected)))


def _at_key(source: TomlSource, problem: Problem) -> Problem:
    file, line = source.place((_KEY,))
    return dataclasses.replace(problem, path=_KEY, file=file, line=line)


def _laid_over(base: Node, over: Node) -> tuple[Node, list[Problem]]:
    """Return a scenario laid over its base, and what is wrong with the places of its procedures."""
    patch, taken = (over.table.get(key, Node(None, "", None)) for key in (RECIPE, _REPLACE))
    below, procedures, wrong = without({k: node for k, node in base.table.items() if k not in _OWN}, taken.items)
    elsewhere = {STUDY, RECIPE} if isinstance(patch.value, list) else {STUDY}
    above = {key: node for key, node in over.table.items() if key not in elsewhere}
    merged = merged_table(base.holding(below), over.holding(above), ScenarioTable)
    scenario, problems = patched(merged.table, patch.items, procedures)
    scenario = with_study(base.table, scenario, over)
    formats = [node.table["format"] for node in (over, base) if "format" in node.table]
    if formats and all(isinstance(node.value, int) for node in formats):
        scenario["format"] = max(formats, key=lambda node: int(node.value))
    return merged.holding(scenario), [*wrong, *problems]
