"""The structure of the section about a study: ``[study]``, and of its factors by address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import Field

from exosim.limits import MOST_REPLICATIONS
from exosim.table_base import Name, Table
from exosim.toml_source import KeyPath
from exosim.toml_tree import Node

STUDY, FACTORS = "study", "factors"
FACTOR_KEYS = ("low", "high", "scale", "step", "values", "times", "own")
MOST_OF_A_DESIGN = 10_000_000
"""Points of a design, and draws of each in the kernel."""
MOST_LEVELS = 100_000
Verb: TypeAlias = Literal["sweep", "sensitivity", "space", "front", "target"]
VERBS: tuple[Verb, ...] = get_args(Verb)
Method: TypeAlias = Literal["grid", "list", "latin_hypercube", "sobol", "one_at_a_time", "morris"]
METHODS: Mapping[Verb, tuple[Method, ...]] = {
    "sweep": ("grid", "list", "latin_hypercube", "sobol"),
    "sensitivity": ("one_at_a_time", "morris", "sobol"),
}
"""The methods of those verbs that have several."""
Engine: TypeAlias = Literal["kernel", "facility"]


class StudyTable(Table):
    verb: Verb
    method: Method | None = None
    samples: Annotated[int, Field(strict=True, ge=1, le=MOST_OF_A_DESIGN)] | None = None
    levels: Annotated[int, Field(strict=True, ge=2, le=MOST_LEVELS)] | None = None
    engine: Engine | None = None
    responses: list[Name] = Field(default_factory=list)
    conditions: list[Name] = Field(default_factory=list)
    objectives: list[Name] = Field(default_factory=list)
    probability: Any = None
    population: Annotated[int, Field(strict=True, ge=4, le=MOST_LEVELS)] | None = None
    generations: Annotated[int, Field(strict=True, ge=1, le=MOST_LEVELS)] | None = None
    draws: Annotated[int, Field(strict=True, ge=1, le=MOST_OF_A_DESIGN)] | None = None
    replications: Annotated[int, Field(strict=True, ge=1, le=MOST_REPLICATIONS)] | None = None
    factors: Annotated[dict[str, Any], Field(min_length=1)]


def factors_in(table: Mapping[str, Any], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the keys of each factor and what it is; without quotes TOML makes a table of each step of an address.

    Parameters
    ----------
    table : ``[study.factors]``, as plain data or as nodes
    path : keys of the tables that it stands in
    """
    for key, value in table.items():
        held = _held(value)
        if isinstance(held, dict) and held and not _is_factor(held):
            yield from factors_in(held, (*path, key))
        else:
            yield (*path, key), value


def address_of_factor(path: KeyPath) -> str:
    """Return the address that the keys of a factor make."""
    return ".".join(map(str, path))


def _is_factor(table: Mapping[str, Any]) -> bool:
    """Return whether one of the keys of a factor holds a value here; a step of an address holds tables alone."""
    return any(key in FACTOR_KEYS and not isinstance(_held(value), dict) for key, value in table.items())


def _held(value: Any) -> Any:
    return value.value if isinstance(value, Node) else value
