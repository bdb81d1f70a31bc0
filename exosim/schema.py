"""The structure of a scenario file: tables, keys and the plain values among them.

Quantities stay as they stand in the file (text, numbers or inline tables); :mod:`exosim.quantities` reads them against
the declared parameters. pydantic checks the structure and will write the JSON Schema from the same declarations.
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from exosim.diagnostic_tables import CountsTable, DiagnosticTable, InterferenceTable, MonitoringTable, SignalTable
from exosim.economics_tables import ChargeTable, EconomicsTable
from exosim.errors import Problem, in_words, nearest_name, shortened, unknown
from exosim.limits import LARGEST_SEED, MOST_DRAWS, MOST_REPLICATIONS
from exosim.operations import catalog
from exosim.parameter import declared
from exosim.plant_tables import (
    CalendarTable,
    CampaignTable,
    EquipmentTable,
    FailureTable,
    MaintenanceTable,
    OrderTable,
    PersonnelTable,
    PreparationTable,
    RoomTable,
    ShiftTable,
    ShutdownTable,
    StockTable,
    StoreTable,
    UtilityTable,
    WarehouseTable,
)
from exosim.procedure_tables import HoldTable, LongestHoldTable, ProcedureTable, SharedRunTable, StimulusTable
from exosim.product_tables import CompanionTable, LotTable, ProductTable, ProteinSizeTable, SizeTable
from exosim.quality_tables import AssayTable, AttributeTable, ClosureTable, LimitsTable, ReleaseTable, ReviewTable
from exosim.regulatory_tables import CriticalParameterTable, ElementTable, QualityProfileTable, ReportingTable
from exosim.scale_tables import ScaleTable
from exosim.study_tables import StudyTable
from exosim.table_base import ID, LONGEST_NAME, Grade, Id, Name, Table, Text
from exosim.toml_source import KeyPath

FORMAT = 1
_ITEMS = {
    "feeds": "unnamed",
    "without": "unnamed",
    "shifts": "unnamed",
    "affects": "unnamed",
    "responses": "unnamed",
    "conditions": "unnamed",
    "objectives": "unnamed",
    "days": "Mon",
    "holidays": datetime.date(2000, 1, 1),
}
"""Stand-ins for entries of lists by the name of the list; others hold tables."""
_ROUNDS = 6
"""A stand-in may lack keys of its own: as deep as tables are nested, with room to spare."""

_VARIANT_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
VariantName = Annotated[str, StringConstraints(strict=True, pattern=_VARIANT_NAME, min_length=1, max_length=60)]


class CommonTable(Table):
    batch: Any = None


class SourceTable(Table):
    text: Name
    grade: Grade = "D"
    doi: Name | None = None


class AxisTable(Table):
    id: Id
    base: VariantName
    title: Text | None = None


class VariantTable(Table):
    name: VariantName
    axis: Name | None = None
    title: Text | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    replace: list[Name] = Field(default_factory=list)
    unit_procedure: list[dict[str, Any]] = Field(default_factory=list)
    equipment: list[dict[str, Any]] = Field(default_factory=list)
    personnel: list[dict[str, Any]] = Field(default_factory=list)
    room: list[dict[str, Any]] = Field(default_factory=list)
    store: list[dict[str, Any]] = Field(default_factory=list)
    utility: list[dict[str, Any]] = Field(default_factory=list)
    material: list[dict[str, Any]] = Field(default_factory=list)
    failure: list[dict[str, Any]] = Field(default_factory=list)
    assay: list[dict[str, Any]] = Field(default_factory=list)
    attribute: list[dict[str, Any]] = Field(default_factory=list)
    review: list[dict[str, Any]] = Field(default_factory=list)
    charge: list[dict[str, Any]] = Field(default_factory=list)
    study: dict[str, Any] = Field(default_factory=dict)


_ONE_OR_MORE = ("campaign", "warehouse")
"""Sections that are one table, or a list of tables where a site makes several products."""


def _listed(tables: Any) -> Any:
    """Return the tables as a list: ``[campaign]`` alone is one of them."""
    return tables if isinstance(tables, list) else [tables]


class ScenarioTable(Table):
    format: Annotated[int, Field(strict=True, ge=1)] = FORMAT
    name: Name
    title: Text = ""
    seed: Annotated[int, Field(strict=True, ge=0, le=LARGEST_SEED)] = 0
    draws: Annotated[int, Field(strict=True, ge=1, le=MOST_DRAWS)] = 100_000
    start: Annotated[datetime.datetime, Field(strict=True)] | None = None
    horizon: Any = None
    warm_up: Any = None
    replications: Annotated[int, Field(strict=True, ge=1, le=MOST_REPLICATIONS)] = 50
    extends: Name | None = None
    replace: list[Name] = Field(default_factory=list)
    axis: list[AxisTable] = Field(default_factory=list)
    variant: list[VariantTable] = Field(default_factory=list)
    product: ProductTable
    campaign: Annotated[list[CampaignTable], BeforeValidator(_listed)] = Field(default_factory=list)
    equipment: list[EquipmentTable] = Field(default_factory=list)
    room: list[RoomTable] = Field(default_factory=list)
    store: list[StoreTable] = Field(default_factory=list)
    utility: list[UtilityTable] = Field(default_factory=list)
    material: list[StockTable] = Field(default_factory=list)
    order: list[OrderTable] = Field(default_factory=list)
    warehouse: Annotated[list[WarehouseTable], BeforeValidator(_listed)] = Field(default_factory=list)
    personnel: list[PersonnelTable] = Field(default_factory=list)
    calendar: CalendarTable = Field(default_factory=CalendarTable)
    failure: list[FailureTable] = Field(default_factory=list)
    common: CommonTable = Field(default_factory=CommonTable)
    unit_procedure: list[ProcedureTable]
    assay: list[AssayTable] = Field(default_factory=list)
    attribute: list[AttributeTable] = Field(default_factory=list)
    diagnostic: DiagnosticTable | None = None
    release: ReleaseTable | None = None
    review: list[ReviewTable] = Field(default_factory=list)
    quality_profile: QualityProfileTable = Field(default_factory=QualityProfileTable)
    critical_parameter: list[CriticalParameterTable] = Field(default_factory=list)
    reporting: ReportingTable = Field(default_factory=ReportingTable)
    currency: Name | None = None
    economics: EconomicsTable | None = None
    charge: list[ChargeTable] = Field(default_factory=list)
    scale: ScaleTable | None = None
    study: StudyTable | None = None
    sources: dict[Name, SourceTable] = Field(default_factory=dict)


_TABLES: Mapping[str, type[BaseModel]] = {
    "the top level": ScenarioTable,
    "[product]": ProductTable,
    "[product.ev_size]": SizeTable,
    "[product.protein_size]": ProteinSizeTable,
    "[product.lot]": LotTable,
    "[product.companion]": CompanionTable,
    "[common]": CommonTable,
    "[[unit_procedure]]": ProcedureTable,
    "hold": HoldTable,
    "max_hold": LongestHoldTable,
    "[unit_procedure.shared_run]": SharedRunTable,
    "[[unit_procedure.stimulus]]": StimulusTable,
    "[[assay]]": AssayTable,
    "[[attribute]]": AttributeTable,
    "limits": LimitsTable,
    "[diagnostic]": DiagnosticTable,
    "[diagnostic.diseased]": CountsTable,
    "[diagnostic.healthy]": CountsTable,
    "[diagnostic.signal]": SignalTable,
    "[diagnostic.interference]": InterferenceTable,
    "[diagnostic.monitoring]": MonitoringTable,
    "[sources]": SourceTable,
    "[[axis]]": AxisTable,
    "[[variant]]": VariantTable,
    "[campaign]": CampaignTable,
    "[[equipment]]": EquipmentTable,
    "maintenance": MaintenanceTable,
    "[[room]]": RoomTable,
    "[[store]]": StoreTable,
    "[[utility]]": UtilityTable,
    "[[material]]": StockTable,
    "preparation": PreparationTable,
    "[[order]]": OrderTable,
    "[warehouse]": WarehouseTable,
    "[[personnel]]": PersonnelTable,
    "[calendar]": CalendarTable,
    "[calendar.shift]": ShiftTable,
    "[[calendar.shutdowns]]": ShutdownTable,
    "[[failure]]": FailureTable,
    "[release]": ReleaseTable,
    "[release.deviation]": ClosureTable,
    "[[review]]": ReviewTable,
    "[quality_profile]": QualityProfileTable,
    "[[quality_profile.element]]": ElementTable,
    "[[critical_parameter]]": CriticalParameterTable,
    "[reporting]": ReportingTable,
    "[economics]": EconomicsTable,
    "[[charge]]": ChargeTable,
    "[scale]": ScaleTable,
    "[study]": StudyTable,
}
_BY_KEY: Mapping[str, type[BaseModel]] = {
    **{name.strip("[]").rpartition(".")[2]: table for name, table in _TABLES.items()},
    "harvest_hold": HoldTable,
    "sizes": LimitsTable,
    "range": LimitsTable,
}
_STAND_INS: Mapping[str, Any] = {
    "name": "unnamed", "product": {"dose": "1 EV"}, "dose": "1 EV", "unit_procedure": [], "id": "unnamed",
    "operation": "none", "limit": "1 h", "measure": "none", "limits": {}, "text": "none", "role": "unnamed",
    "days": ["Mon"], "from": datetime.time(6), "to": datetime.time(14), "consequence": "wait",
    "every": "1 h", "duration": "1 h", "fold": 1.0, "basis": "per cell", "due": datetime.date(2027, 1, 4),
    "after": "unnamed", "base": "unnamed",
    "places": 2,
    "parameter": "unnamed", "range": {}, "target": "none",
    "positive": 0, "of": 1,
    "price": "1 EUR/lot", "category": "quality", "verb": "sweep", "factors": {"unnamed": "own"},
}  # fmt: skip
_EXAMPLES: Mapping[str, str] = {
    "name": 'name = "my_process"',
    "base": 'base = "flasks", the name of what the file itself does on this axis',
    "product": '[product] with dose = "1e10 EV"',
    "dose": 'dose = "1e10 EV" or "1e10 particle"',
    "unit_procedure": "[[unit_procedure]] with id and operation",
    "id": 'id = "clarify"',
    "fold": "fold = 3",
    "places": "places = 8",
    "basis": 'basis = "per cell"',
    "after": 'after = "fill_cells"',
    "operation": 'operation = "depth_filtration"',
    "limit": 'limit = "24 h" (of a utility: limit = "500 L/h")',
    "start": "start = 2027-01-04T06:00:00",
    "measure": 'measure = "particles_per_protein"',
    "parameter": 'parameter = "concentrate.flux"',
    "range": 'range = { at_least = "20 L/m2/h", at_most = "60 L/m2/h" }',
    "target": 'target = "sterile, as tested"',
    "affects": 'affects = ["residual_dna"]',
    "limits": 'limits = { at_least = "1e10 particle/mL" }',
    "every": 'every = "26 week"',
    "duration": 'duration = "8 h"',
    "due": "due = 2027-03-01",
    "positive": "diseased = { positive = 99, of = 139 }",
    "of": "diseased = { positive = 99, of = 139 }",
    "price": 'price = "10000 EUR/lot"',
    "category": 'category = "quality"',
    "verb": 'verb = "sensitivity"',
    "factors": '[study.factors] with "concentrate.flux" = "15..40 L/m2/h"',
    "responses": 'responses = ["doses", "p90(cost_per_dose)"]',
    "conditions": 'conditions = ["cost_per_dose <= 500 EUR/dose"]',
    "objectives": 'objectives = ["less cost_per_dose", "more doses_per_year"]',
    "text": 'text = "measured here in 2026"',
    "split": "split = { batch = 0.95, waste = 0.05 }",
}
_KINDS: Mapping[str, str] = {
    "string_type": "text", "list_type": "a list", "dict_type": "a table", "model_type": "a table",
    "model_attributes_type": "a table", "int_type": "a whole number", "bool_type": "true or false",
    "datetime_type": "a date and time", "float_type": "a number",
}  # fmt: skip


def read_structure(data: Mapping[str, Any]) -> tuple[ScenarioTable | None, list[tuple[KeyPath, Problem]]]:
    """Return the scenario as tables, and the problems of its structure with their key paths.

    What is wrong is reported and then replaced by a stand-in, so that the rest of the file can be checked all the same.
    """
    problems: list[tuple[KeyPath, Problem]] = []
    mended = copy.deepcopy(dict(data))
    _without_dose(mended)
    for attempt in range(_ROUNDS):
        try:
            return ScenarioTable.model_validate(mended), problems
        except ValidationError as error:
            for path, problem, missing in _problems(error, mended):
                problems += [(path, problem)] if attempt == 0 else []
                _mend(mended, path, missing)
    return None, problems


def _without_dose(data: dict[str, Any]) -> None:
    """Let the product of a scenario with a diagnostic test do without a dose: a line of a report fills none."""
    product = data.setdefault("product", {}) if "diagnostic" in data else None
    if isinstance(product, dict):
        product.setdefault("dose", None)


def _mend(data: dict[str, Any], path: KeyPath, missing: bool) -> None:
    """Take out what is wrong at a path, or put a stand-in where something is missing."""
    holder: Any = data
    for part in path[:-1]:
        holder = holder[part]
    key: Any = path[-1]
    if missing:
        holder[key] = copy.deepcopy(_STAND_INS[key])
    elif isinstance(holder, list):
        holder[key] = _ITEMS.get(str(path[-2]), {})
    else:
        holder.pop(key, None)


def _problems(error: ValidationError, data: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Problem, bool]]:
    """Yield each problem with its path, and whether a key is missing there."""
    for item in error.errors(include_url=False, include_context=True):
        path = tuple(part for part in item["loc"] if part != "[key]")
        if path[0] in _ONE_OR_MORE and path[1:2] == (0,) and not isinstance(data.get(path[0]), list):
            path = (path[0], *path[2:])
        yield path, _in_words(item["type"], path, item["input"], item.get("ctx", {})), item["type"] == "missing"


def _in_words(kind: str, path: KeyPath, value: Any, context: Mapping[str, Any]) -> Problem:
    key, got = str(path[-1]), in_words(value)
    if kind == "extra_forbidden":
        return _unknown_key(path, value)
    if kind == "missing":
        return Problem(f'"{key}" is missing', expected=_EXAMPLES.get(key))
    if kind in ("string_too_short", "too_short"):
        return Problem("must not be empty", got=got, expected="text" if kind == "string_too_short" else "at least one")
    if kind == "string_too_long":
        expected = f"at most {LONGEST_NAME} characters"
        return Problem(f"is too long: {len(value)} characters", got=f'"{shortened(value, 40)}"', expected=expected)
    if kind == "string_pattern_mismatch":
        if context["pattern"] == ID:
            return Problem("is not an id", got=got, expected="a letter, then letters, digits and _")
        if context["pattern"] == _VARIANT_NAME:
            return Problem("is no name for FILE#name", got=got, expected="letters, digits, _ . and -, without spaces")
        return Problem("has a control character in it", got=got, expected="printable text on one line")
    if kind == "literal_error":
        return _not_a_choice(value, context["expected"])
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return Problem("is outside its range", got=got, expected=f"a whole number, {bound}")
    return Problem(
        "is of the wrong kind", got=got, expected=_wanted(_KINDS.get(kind, "another kind of value"), key, value)
    )


def _wanted(wanted: str, key: str, value: Any) -> str:
    """Return what is wanted in place of `value`, with an example that is as near to it as possible."""
    if wanted == "a list" and isinstance(value, dict):
        return f"a list of tables: write [[{key}]] with two brackets"
    if wanted == "a list" and isinstance(value, str) and key == "feeds":
        return f'a list of text: feeds = ["{shortened(value, 60)}"]'
    if key in _EXAMPLES:
        return f"{wanted}, such as {_EXAMPLES[key]}"
    return wanted


def _not_a_choice(value: Any, choices: str) -> Problem:
    """Return the problem of a value that is none of the `choices`, which pydantic lists as ``'a', 'b' or 'c'``."""
    names = choices.split("'")[1::2]
    nearest = nearest_name(value, names) if isinstance(value, str) else None
    expected = choices.replace("'", '"')
    return Problem("is not one of the choices", got=in_words(value), expected=expected, nearest=nearest)


def _unknown_key(path: KeyPath, value: Any) -> Problem:
    """Return the problem of a key that its table does not know, with the nearest name or the table that knows it."""
    key, owner = str(path[-1]), _owner(path)
    if owner is ProcedureTable and any(key in declared(operation) for operation in catalog().values()):
        problem = f'"{shortened(key, 60)}" is a parameter of an operation'
        return Problem(problem, expected="it below [unit_procedure.parameters]")
    if owner is ProcedureTable and key == "after":
        problem = '"after" places a procedure among those of the file that this one extends, and this one extends none'
        return Problem(
            problem, expected='no such key; procedures run in the order of the file, and "feeds" names another'
        )
    what = "section" if owner is ScenarioTable and isinstance(value, dict | list) else "key"
    homes = [name for name, table in _TABLES.items() if key in table.model_fields]
    return unknown(what, key, _keys(owner), homes)


def _keys(table: type[BaseModel]) -> list[str]:
    """Return the keys of a table as files write them: `from` is no name in Python."""
    return [field.alias or name for name, field in table.model_fields.items()]


def _owner(path: KeyPath) -> type[BaseModel]:
    """Return the table in which the last key of `path` stands."""
    names = [part for part in path[:-1] if isinstance(part, str)]
    if not names:
        return ScenarioTable
    if names[:2] == ["calendar", "shift"] and len(names) > len(("calendar", "shift")):
        return ShiftTable  # whatever the shift is called
    return SourceTable if names[0] == "sources" else _BY_KEY[names[-1]]


def stands_in_procedure(key: str) -> Problem | None:
    """Return the problem of a key of a procedure that stands among its parameters, or None when it is no such key."""
    if key not in ProcedureTable.model_fields:
        return None
    problem = f'"{key}" belongs to the procedure, not to its parameters'
    return Problem(problem, expected="it in [[unit_procedure]], above [unit_procedure.parameters]")
