"""The structure of a scenario file: tables, keys and the plain values among them.

Quantities stay as they stand in the file (text, numbers or inline tables); :mod:`exosim.quantities` reads them against the
declared parameters. pydantic checks the structure and will write the JSON Schema from the same declarations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from exosim.errors import Problem, nearest_name, shortened

FORMAT = 1
LONGEST_NAME = 200
LATER_SECTIONS: tuple[str, ...] = (
    "start", "horizon", "warm_up", "replications", "currency", "campaign", "equipment", "personnel", "calendar",
    "material", "failure", "release", "economics", "study", "variant", "extends",
)  # fmt: skip
"""Sections of the format whose code does not exist yet."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME, strict=True)]
Id = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=r"^[A-Za-z][A-Za-z0-9_]*$", strict=True)
]
Text = Annotated[str, StringConstraints(strict=True)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HoldTable(_Table):
    rate: Any = None
    size_exponent: Any = None
    matrix: Text | None = None
    source: Name | None = None
    grade: Literal["A", "B", "C", "D"] | None = None


class LongestHoldTable(_Table):
    limit: Any
    breach: Literal["deviation", "reject"] = "deviation"


class ProcedureTable(_Table):
    id: Id
    operation: Name
    unit: Name | None = None
    operator: Name | None = None
    feeds: list[Name] | None = None
    expected_hold: Any = None
    hold: HoldTable | None = None
    harvest_hold: HoldTable | None = None
    max_hold: LongestHoldTable | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)


class SizeTable(_Table):
    median: Any = None
    gsd: Any = None
    classes: Any = None


class ProductTable(_Table):
    name: Name = "product"
    dose: Any
    instrument: Name | None = None
    ev_size: SizeTable = Field(default_factory=SizeTable)
    protein_fraction: Any = None


class CommonTable(_Table):
    batch: Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)] = 0.0


class AssayTable(_Table):
    id: Id
    bias: Any = None
    repeatability: Any = None
    detection_limit: Any = None
    detection_width: Any = None


class LimitsTable(_Table):
    at_least: Any = None
    at_most: Any = None


class AttributeTable(_Table):
    id: Id
    measure: Name
    limits: LimitsTable
    assay: Name | None = None
    critical: bool = True


class SourceTable(_Table):
    text: Name
    grade: Literal["A", "B", "C", "D"] = "D"
    doi: Name | None = None


class ScenarioTable(_Table):
    format: Annotated[int, Field(strict=True, ge=1)] = FORMAT
    name: Name
    title: Text = ""
    seed: Annotated[int, Field(strict=True, ge=0)] = 0
    draws: Annotated[int, Field(strict=True, ge=1)] = 100_000
    product: ProductTable
    common: CommonTable = Field(default_factory=CommonTable)
    unit_procedure: Annotated[list[ProcedureTable], Field(min_length=1)]
    assay: list[AssayTable] = Field(default_factory=list)
    attribute: list[AttributeTable] = Field(default_factory=list)
    sources: dict[str, SourceTable] = Field(default_factory=dict)


_TABLES: Mapping[str, type[BaseModel]] = {
    "the top level": ScenarioTable,
    "[product]": ProductTable,
    "[product.ev_size]": SizeTable,
    "[common]": CommonTable,
    "[[unit_procedure]]": ProcedureTable,
    "hold": HoldTable,
    "max_hold": LongestHoldTable,
    "[[assay]]": AssayTable,
    "[[attribute]]": AttributeTable,
    "[sources]": SourceTable,
}
_KINDS = {
    "string": "text",
    "list": "a list",
    "dict": "a table",
    "model": "a table",
    "int": "a whole number",
    "bool": "true or false",
}


def kind_of(value: object) -> str:
    """Return what a value of a TOML file is, in words, with the value."""
    if isinstance(value, bool):
        return f"boolean {str(value).lower()}"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f'"{shortened(value, 60)}"' if isinstance(value, str) else shortened(value, 60)


def read_structure(data: Mapping[str, Any]) -> tuple[ScenarioTable | None, list[tuple[tuple[str | int, ...], Problem]]]:
    """Return the scenario as tables, or None with the problems and their key paths.

    Sections of a later version are reported as such; the rest of the file is checked all the same.
    """
    problems: list[tuple[tuple[str | int, ...], Problem]] = []
    for key in data:
        if key in LATER_SECTIONS:
            problems.append(((key,), Problem("this section is not in this version of exosim")))
    known = {key: value for key, value in data.items() if key not in LATER_SECTIONS}
    try:
        return ScenarioTable.model_validate(known), problems
    except ValidationError as error:
        problems.extend(_problems(error))
        return None, problems


def _problems(error: ValidationError) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    for item in error.errors(include_url=False, include_context=True):
        path = tuple(item["loc"])
        yield path, _in_words(item["type"], path, item["input"], item.get("ctx", {}))


def _in_words(kind: str, path: tuple[str | int, ...], value: object, context: Mapping[str, Any]) -> Problem:
    key = str(path[-1])
    if kind == "extra_forbidden":
        return unknown_key(key, _owner(path))
    if kind == "missing":
        return Problem(f'"{key}" is missing', expected=_EXAMPLES.get(key))
    if kind in ("string_too_short", "too_short"):
        return Problem("must not be empty" if kind == "string_too_short" else "at least one is needed", kind_of(value))
    if kind == "string_too_long":
        return Problem(
            f"is too long: {len(str(value))} characters",
            got=f'"{shortened(value, 40)}"',
            expected=f"at most {LONGEST_NAME} characters",
        )
    if kind == "string_pattern_mismatch":
        return Problem("is not a name", got=kind_of(value), expected="a letter, then letters, digits and _")
    if kind == "literal_error":
        return Problem(
            "is not one of the choices", got=kind_of(value), expected=str(context.get("expected", "")), nearest=None
        )
    if kind in ("greater_than_equal", "less_than"):
        bound = f"at least {context['ge']}" if "ge" in context else f"below {context['lt']}"
        return Problem(
            "is outside its range",
            got=kind_of(value),
            expected=("a whole number, " if key in ("seed", "draws") else "") + bound,
        )
    wanted = _KINDS.get(kind.split("_")[0], "another kind of value")
    example = _EXAMPLES.get(key)
    return Problem(
        "is of the wrong kind", got=kind_of(value), expected=wanted + (f", such as {example}" if example else "")
    )


_EXAMPLES = {
    "name": 'name = "my_process"',
    "product": '[product] with dose = "1e10 EV"',
    "dose": 'dose = "1e10 EV" or "1e10 particle"',
    "unit_procedure": "[[unit_procedure]] with id and operation",
    "feeds": 'feeds = ["culture.product"]',
    "limits": '{ at_least = "1e10 particle/mL" }',
}


def _owner(path: tuple[str | int, ...]) -> type[BaseModel]:
    """Return the table in which the last key of `path` stands."""
    names = [part for part in path[:-1] if isinstance(part, str)]
    tables: dict[str, type[BaseModel]] = {
        "product": ProductTable, "ev_size": SizeTable, "common": CommonTable, "unit_procedure": ProcedureTable,
        "hold": HoldTable, "harvest_hold": HoldTable, "max_hold": LongestHoldTable, "assay": AssayTable,
        "attribute": AttributeTable, "limits": LimitsTable, "sources": SourceTable,
    }  # fmt: skip
    return tables[names[-1]] if names and names[-1] in tables else (SourceTable if names else ScenarioTable)


def unknown_key(key: str, owner: type[BaseModel], elsewhere: Mapping[str, str] | None = None) -> Problem:
    """Return the problem of a key that `owner` does not know, with the nearest name or the table that does know it."""
    valid = list(owner.model_fields)
    nearest = nearest_name(key, valid)
    what = "table" if owner is ScenarioTable else "key"
    homes = [name for name, table in _TABLES.items() if key in table.model_fields and table is not owner]
    homes += [(elsewhere or {})[key]] if key in (elsewhere or {}) else []
    problem = f'unknown {what} "{shortened(key, 60)}"' + (
        f"; {' and '.join(homes)} accepts it" if homes and not nearest else ""
    )
    return Problem(problem, expected="one of " + ", ".join(valid), nearest=nearest)
