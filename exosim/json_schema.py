"""The JSON Schema of scenario files, for editors and linters; ``exosim schema`` prints it.

It follows from the declarations that also read a scenario: the tables of :mod:`exosim.schema`, the declared parameters
of every operation and section, and the families of distributions. It knows what stands where, of what kind, and the
plausible range of bare numbers; units, feeds and ids that name each other are left to ``exosim check``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exosim import units
from exosim.assay import LEVEL
from exosim.assay_methods import methods
from exosim.description import SECTIONS, summary
from exosim.distributions import FAMILIES
from exosim.measured_column import OPTIONS as COLUMN_OPTIONS
from exosim.operations import catalog
from exosim.parameter import GRADES, Parameter, declared
from exosim.plant import AMOUNT
from exosim.price_catalog import prices
from exosim.quality import MEASURES
from exosim.quantile_given import NAMES as QUANTILES
from exosim.recipe_patch import RECIPE
from exosim.references import references
from exosim.sampling import LEVELS
from exosim.schema import ScenarioTable
from exosim.schema_words import UNITS, WORDS
from exosim.study_tables import FACTOR_KEYS
from exosim.taking_out import SECTIONS as SECTIONS_OF_IDS

DIALECT = "http://json-schema.org/draft-07/schema#"
_SECTIONS: Mapping[str, str] = {
    "SizeTable": "product.ev_size",
    "ProteinSizeTable": "product.protein_size",
    "LotTable": "product.lot",
    "CompanionTable": "product.companion",
    "ProductTable": "product",
    "AssayTable": "assay",
    "HoldTable": "hold",
    "SharedRunTable": "shared_run",
    "StimulusTable": "stimulus",
    "CommonTable": "common",
    "ProcedureTable": "unit_procedure",
    "CampaignTable": "campaign",
    "OrderTable": "order",
    "WarehouseTable": "warehouse",
    "EquipmentTable": "equipment",
    "MaintenanceTable": "equipment.maintenance",
    "RoomTable": "room",
    "StoreTable": "store",
    "StockTable": "material",
    "PreparationTable": "material.preparation",
    "PersonnelTable": "personnel",
    "FailureTable": "failure",
    "ReviewTable": "review",
    "DiagnosticTable": "diagnostic",
    "SignalTable": "diagnostic.signal",
    "InterferenceTable": "diagnostic.interference",
    "MonitoringTable": "diagnostic.monitoring",
    "ClosureTable": "release.deviation",
    "EconomicsTable": "economics",
    "ScaleTable": "scale",
}
"""Which section's declared parameters are keys of which table."""
_ALSO: Mapping[str, str] = {
    "AssayTable": "assay.test",
    "ProductTable": "product.patient",
    "EquipmentTable": "equipment.cost",
    "RoomTable": "room.cost",
    "StockTable": "material.cost",
}
"""A second section whose declared parameters are keys of a table."""
_MONEY: Mapping[str, tuple[str, ...]] = {
    "EconomicsTable": (
        "building",
        "utilities",
        "electricity",
        "water",
        "liquid_waste",
        "solid_waste",
        "price_per_dose",
    ),
    "ChargeTable": ("price",),
    "StockTable": ("price",),
    "EquipmentTable": ("purchase",),
    "PersonnelTable": ("wage",),
    "AssayTable": ("price",),
    "UtilityTable": ("price",),
    "RoomTable": ("building", "utilities"),
}
"""The keys of each table that are prices."""
_IN_PLACE_OF: Mapping[str, str] = {AMOUNT: "in the unit of the material", LEVEL: "per mL of what the assay reads"}
"""What is told of the words that stand for a unit which depends on the scenario."""
_LOCAL_TIMES = {"date-time": "date-time-local", "time": "time-local", "date": "date"}
"""A scenario has dates and times without an offset; linters of TOML know these formats."""
_NUMBER = r"[+-]?([0-9]+(_[0-9]+)*\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_UNIT = r"(1\s*/|[A-DF-Za-df-zµμ°%(]|[Ee][A-Za-z]).*"  # 1e10 is a number and no unit
_WITH_UNIT = {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*{_UNIT}$"}
_PRICE = {"anyOf": [_WITH_UNIT, {"$ref": "#/$defs/price"}]}
_PLAIN_TEXT = {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*({_UNIT})?$"}
_SPREAD = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 3}, _PLAIN_TEXT]}
_OPTIONS: Mapping[str, Any] = {
    "varies": {"enum": list(LEVELS), "description": "one value per possible world, donor or batch"},
    "donor_spread": {**_SPREAD, "description": "sigma of the logarithm of a factor with median 1, drawn per donor"},
    "batch_spread": {**_SPREAD, "description": "sigma of the logarithm of a factor with median 1, drawn per batch"},
    "source": {"type": "string", "description": 'a key of [sources] or of the references, or "assumption"'},
    "grade": {"enum": list(GRADES), "description": ", ".join(f"{key}: {text}" for key, text in GRADES.items())},
    "allow_outside_range": {"type": "boolean", "description": "accept a value outside the plausible range"},
}


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of scenario files."""
    generated = ScenarioTable.model_json_schema()
    tables = {"ScenarioTable": generated, **generated.pop("$defs")}
    defs = {name: _table(name, table) for name, table in tables.items()}
    root = defs.pop("ScenarioTable")
    defs |= {f"parameters.{name}": _parameters(operation) for name, operation in catalog().items()}
    defs |= {"quantity": _quantity_table(plain=False), "plain_quantity": _quantity_table(plain=True)}
    defs |= {"price": _price_table(), **_factors()}
    defs |= _procedures(defs["ProcedureTable"])
    needed_of_product = defs["ProductTable"].pop("required")
    for section in (RECIPE, *SECTIONS_OF_IDS):
        defs["VariantTable"]["properties"][section]["items"] = root["properties"][section]["items"]
    defs["VariantTable"]["properties"]["study"] = root["properties"]["study"]
    needed = [key for key in root.pop("required") if key != "product"]
    asked = _partial(required=defs["StudyTable"].pop("required"))
    own = {"replace": False, "unit_procedure": {"items": _alone()}, "study": asked}
    dosed = _partial(required=["product"], properties={"product": _partial(required=needed_of_product)})
    alone = _partial(required=needed, properties=own, anyOf=[_partial(required=["diagnostic"]), dosed])
    extended = _partial(required=["extends"])
    described = {"title": "exosim scenario", "description": "A process for extracellular vesicles, for exosim."}
    return {"$schema": DIALECT, **described, **root, "if": extended, "else": alone, "$defs": defs}


def _alone() -> dict[str, Any]:
    """Return what holds for a procedure of a file that extends no other."""
    return _partial(required=["operation"], properties={"after": False, "before": False})


def _partial(**conditions: Any) -> dict[str, Any]:
    """Return conditions on a table of which other keys are declared elsewhere; linters of TOML want to be told so."""
    return {"type": "object", "additionalProperties": True, **conditions}


def _table(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of one table: its keys with words, units and ranges."""
    properties = {key: _key(name, key, value) for key, value in table["properties"].items()}
    needed = {"required": list(table["required"])} if "required" in table else {}
    return {"type": "object", "additionalProperties": False, "properties": properties, **needed}


def _key(table: str, key: str, generated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of one key."""
    section = "breakdown" if (table, key) == ("FailureTable", "between") else _SECTIONS.get(table)
    for owner in (section, _ALSO.get(table)):
        parameter = None if owner is None else declared(SECTIONS[owner]).get(key)
        if parameter is not None:
            return quantity_schema(parameter)
    words = WORDS.get(table, {}).get(key)
    described = {"description": words} if words else {}
    return {**described, **_value(table, key, generated)}


def _value(table: str, key: str, generated: Mapping[str, Any]) -> dict[str, Any]:
    if (table, key) in UNITS:
        return _text_or_number(UNITS[table, key])
    if (table, key) in (("ScenarioTable", "campaign"), ("ScenarioTable", "warehouse")):
        one = {"$ref": f"#/$defs/{key.title()}Table"}
        return {"anyOf": [one, {"type": "array", "items": one}]}
    if key in _MONEY.get(table, ()):
        return dict(_PRICE)
    if (table, key) == ("StudyTable", "factors"):
        return {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/factor"}}
    if (table, key) == ("ProcedureTable", "prices"):
        return {"type": "object", "additionalProperties": dict(_PRICE)}
    if (table, key) == ("OrderTable", "due"):
        return {"anyOf": [{"type": "string", "format": form} for form in ("date", "date-time-local")]}
    if table == "LimitsTable":
        return {"anyOf": [_WITH_UNIT, {"type": "number"}]}
    if (table, key) == ("AttributeTable", "measure"):
        return {"enum": list(MEASURES)}
    if (table, key) == ("AssayTable", "method"):
        return {"enum": list(methods())}
    if (table, key) == ("AssayTable", "steps"):
        return {"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}}]}
    return dict(_tidied(generated))


def _tidied(generated: Any) -> Any:
    """Return what pydantic generated without titles and without null, which TOML does not have."""
    if isinstance(generated, list):
        return [_tidied(item) for item in generated]
    if not isinstance(generated, dict):
        return generated
    tidy = {key: _tidied(value) for key, value in generated.items() if key != "title"}
    if tidy.get("default", 0) is None:
        del tidy["default"]
    if "anyOf" in tidy:
        choices = [choice for choice in tidy.pop("anyOf") if choice != {"type": "null"}]
        tidy |= choices[0] if len(choices) == 1 else {"anyOf": choices}
    if tidy.get("format") in _LOCAL_TIMES:
        tidy["format"] = _LOCAL_TIMES[tidy["format"]]
    return tidy


def _procedures(table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schemas of procedures: one for each operation, one without, and the choice among them.

    A procedure without an operation changes one of the file that is extended.
    """
    place = {"type": "string", "description": "id of the procedure beside which a new one is put in"}
    common = {key: value for key, value in table["properties"].items() if key not in ("operation", "parameters")}
    common |= {"after": place, "before": place}
    schemas = {"procedure": _branch({**common, "parameters": _any_parameters()}, ["id"])}
    for name, operation in catalog().items():
        own = {
            "operation": {"const": name, "description": summary(operation)},
            "parameters": {"$ref": f"#/$defs/parameters.{name}"},
        }
        schemas[f"procedure.{name}"] = _branch({**common, **own}, ["id", "operation"])
    return {**schemas, "ProcedureTable": {"oneOf": [{"$ref": f"#/$defs/{key}"} for key in schemas]}}


def _branch(properties: Mapping[str, Any], needed: list[str]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": dict(properties), "required": needed}


def _any_parameters() -> dict[str, Any]:
    return {"description": WORDS["ProcedureTable"]["parameters"], "type": "object", "additionalProperties": True}


def _parameters(operation: type[Any]) -> dict[str, Any]:
    """Return the schema of the parameters of one operation."""
    properties = {name: quantity_schema(parameter) for name, parameter in declared(operation).items()}
    return {"description": WORDS["ProcedureTable"]["parameters"], **_branch(properties, [])}


def quantity_schema(parameter: Parameter) -> dict[str, Any]:
    """Return the schema of a quantity: text with a unit, a bare number where there is none, or a table."""
    plain = parameter.unit == "1"
    table = {"$ref": "#/$defs/plain_quantity" if plain else "#/$defs/quantity"}
    number = {
        "type": "integer" if parameter.whole else "number",
        "minimum": parameter.low,
        "maximum": parameter.high,
    }
    counted = parameter.unit not in _IN_PLACE_OF and units.is_dimensionless(parameter.unit)
    scalars = [number, _PLAIN_TEXT] if counted else [_WITH_UNIT]
    default = {}
    if parameter.default is not None and parameter.unit not in _IN_PLACE_OF:
        default = {"default": parameter.default if plain else units.show(parameter.default, parameter.unit)}
    return {"description": parameter_words(parameter), **default, "anyOf": [*scalars, table]}


def parameter_words(parameter: Parameter) -> str:
    """Return what an editor shows of a parameter: meaning, unit, range, default, source and grade."""
    unit = {"1": "dimensionless", **_IN_PLACE_OF}.get(parameter.unit, parameter.unit)
    default = "none" if parameter.default is None else units.show(parameter.default, parameter.unit)
    found = references().get(parameter.source)
    source = found.citation() if found is not None else parameter.source
    kind = ", one number" if parameter.planned else ""
    text = f"{parameter.doc} [{unit}{kind}]. Plausible: {parameter.range_text}. Default: {default}."
    return f"{text} Source: {source} (grade {parameter.grade})."


def _text_or_number(unit: str) -> dict[str, Any]:
    return {"anyOf": [{"type": "number"}, _PLAIN_TEXT]} if unit == "1" else dict(_WITH_UNIT)


def _quantity_table(*, plain: bool) -> dict[str, Any]:
    """Return the schema of the table of a quantity: one value or one distribution, and what is told of it."""
    number = _text_or_number("1" if plain else "any")
    values = {name: {**number, "description": f"{name[1:]} % quantile"} for name in QUANTILES}
    families = {name: _family(name, number) for name in FAMILIES if plain or name != "beta"}
    properties = {
        "value": {**number, "description": "a fixed value"},
        **families,
        **values,
        "empirical": _empirical(number),
        **_OPTIONS,
    }
    alone = [_partial(required=[name]) for name in ("value", *families, "empirical")]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "oneOf": [*alone, _partial(required=list(QUANTILES))],
    }


def _price_table() -> dict[str, Any]:
    """Return the schema of the table of a price: a quantity with the year of its money, or one of the shipped list."""
    listed = {
        "like": {"enum": list(prices()), "description": "key of a price of the shipped list"},
        "times": {"type": "number", "description": "multiplies the price of the list"},
    }
    table = _quantity_table(plain=False)
    year = {"type": "integer", "minimum": 1950, "maximum": 2100, "description": "year of the money"}
    table["properties"] = {**table["properties"], "year": year, **listed}
    table["oneOf"] = [*table["oneOf"], _partial(required=["like"])]
    return table


def _factors() -> dict[str, dict[str, Any]]:
    """Return the schemas of a factor of a study, of its table, and of a table that is a step of an address."""
    number = {"anyOf": [{"type": "number"}, {"type": "string"}]}
    kinds: dict[str, Any] = {
        "scale": {"enum": ["linear", "log"]},
        "values": {"type": "array", "minItems": 1},
        "times": {"type": "array", "minItems": 2, "items": {"type": "number", "exclusiveMinimum": 0}},
        "own": {"type": "boolean"},
    }
    keys = {key: {**kinds.get(key, number), "description": WORDS["FactorTable"][key]} for key in FACTOR_KEYS}
    table = {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": keys}
    inner = {"$ref": "#/$defs/factor"}
    step_keys = {key: {"type": "object", "additionalProperties": inner, "description": "a step"} for key in FACTOR_KEYS}
    step = {"type": "object", "minProperties": 1, "additionalProperties": inner, "properties": step_keys}
    listed = {"type": "array", "minItems": 1}
    tables = [{"$ref": f"#/$defs/{name}"} for name in ("FactorTable", "factor_step")]
    return {"factor": {"anyOf": [{"type": "string"}, listed, *tables]}, "FactorTable": table, "factor_step": step}


def _family(name: str, number: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a family of distributions: exactly one of its sets of numbers."""
    family = FAMILIES[name]
    valid = dict.fromkeys(number_name for form in family.forms for number_name in form)
    numbers = {key: dict(_text_or_number("1")) if key in family.plain else dict(number) for key in valid}
    forms = [list(form) for form in family.forms]
    needed = {"oneOf": [_partial(required=form) for form in forms]} if len(forms) > 1 else {"required": forms[0]}
    told = " or ".join("{ " + ", ".join(form) + " }" for form in family.forms)
    words = {"description": f"{name} distribution: {told}"}
    return {**words, "type": "object", "additionalProperties": False, "properties": numbers, **needed}


def _empirical(number: Mapping[str, Any]) -> dict[str, Any]:
    kinds: dict[str, Any] = {"missing": {"enum": ["refuse", "skip"]}, "below_limit": dict(number)}
    keys = {key: {**kinds.get(key, {"type": "string"}), "description": text} for key, text in COLUMN_OPTIONS.items()}
    words = {"description": "the distribution of the values in a column of a CSV file"}
    needed = {"required": ["file", "column"]}
    return {**words, "type": "object", "additionalProperties": False, "properties": keys, **needed}
