"""Addresses: one path for a value, in the file, on the command line, in messages and in the ledger.

``<procedure>.<key>`` is a parameter or a key of a procedure; everything else is ``<section>.<key>`` or
``<section>.<id>.<key>``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exosim.assay import Assay
from exosim.campaign import CampaignNumbers
from exosim.companion import CompanionNumbers
from exosim.cost_numbers import EconomicsNumbers, EquipmentCostNumbers, MaterialCostNumbers, RoomCostNumbers
from exosim.culture.stimulus import Stimulus
from exosim.demand import OrderNumbers, WarehouseNumbers
from exosim.diagnostic import Interference, Monitoring, Performance, Signal
from exosim.errors import Problem, in_words, nearest_name, shortened
from exosim.lot_properties import LotProperties
from exosim.operations import catalog
from exosim.operations.base import Hold, VisitedOperation
from exosim.parameter import declared
from exosim.plant import (
    BreakdownNumbers,
    EquipmentNumbers,
    FailureNumbers,
    MaintenanceNumbers,
    RoleNumbers,
    RoomNumbers,
    StockNumbers,
    StoreNumbers,
)
from exosim.preset_catalog import KINDS, kinds_for
from exosim.product import ProteinSize, VesicleSize
from exosim.quality_by_design import PROFILE, REPORTED
from exosim.release import ClosureNumbers, ReviewNumbers, TestNumbers
from exosim.scale_numbers import ScaleNumbers
from exosim.shared_run import SharedRunNumbers
from exosim.study_tables import FACTORS, STUDY, StudyTable
from exosim.toml_source import KeyPath
from exosim.vocabulary import CONSUMABLES

DEFAULT_INSTRUMENT = "nanoparticle_tracking"
_PRICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("material", ("price", *declared(MaterialCostNumbers))),
    ("equipment", ("purchase", "purchase_size", *declared(EquipmentCostNumbers))),
    ("personnel", ("wage",)), ("assay", ("price",)), ("utility", ("price",)), ("charge", ("price",)),
    ("room", ("cleanroom", "building", "utilities", *declared(RoomCostNumbers))),
)  # fmt: skip
"""What is said of money in sections about something else."""
_ECONOMICS = (
    "currency", "year", "labor_basis", "estimate", "depreciation", "reuse", "building", "utilities", "electricity",
    "water", "liquid_waste", "solid_waste", "price_per_dose", *declared(EconomicsNumbers),
)  # fmt: skip
_TOP_LEVEL = ("currency", "name", "title", "seed", "draws", "format", "start", "horizon", "warm_up", "replications")
_PROCEDURE_KEYS = (
    "operation", "unit", "operator", "feeds", "split", "end", "expected_hold", "hold", "harvest_hold", "max_hold",
    "shared_run", "waits_in", "utilities", "prices", "when_too_large", "without", "stimulus", *KINDS,
)  # fmt: skip
_NAMED_SECTIONS = {
    "assay": "id",
    "attribute": "id",
    "equipment": "id",
    "personnel": "role",
    "failure": "id",
    "room": "id",
    "store": "id",
    "utility": "id",
    "material": "id",
    "review": "id",
    "charge": "id",
}
_PLAIN_SECTIONS = (
    "product",
    "common",
    "campaign",
    "release",
    "warehouse",
    "quality_profile",
    "reporting",
    "diagnostic",
    "economics",
    "scale",
)
_OWNERS: tuple[tuple[str, type[Any]], ...] = (
    ("equipment", EquipmentNumbers), ("personnel", RoleNumbers), ("failure", FailureNumbers),
    ("failure", BreakdownNumbers), ("room", RoomNumbers), ("store", StoreNumbers), ("material", StockNumbers),
    ("review", ReviewNumbers),
)  # fmt: skip
_TEST_KEYS = ("analyst", "unit", "sample_after", "rule", "confirmatory")
_ASSAY_KEYS = ("method", "steps", "one_run", "noise")
_DIAGNOSTIC: tuple[tuple[str, type[Any], tuple[str, ...]], ...] = (
    ("signal", Signal, ()), ("interference", Interference, ()), ("monitoring", Monitoring, ("sided", "limits")),
)  # fmt: skip
_SHOWN_KEYS = 8


def address(data: Mapping[str, Any], path: KeyPath) -> str:
    """Return the address of a key path; procedures and other tables of an array go by their id, others by number."""
    parts: list[str] = []
    holder: Any = data
    for part in path:
        holder = _inside(holder, part)
        if isinstance(part, int):
            name = (
                (holder.get("id") or holder.get("role") or holder.get("product")) if isinstance(holder, dict) else None
            )
            known = isinstance(name, str) and name != "" and parts != ["order"]
            parts[-1:] = (
                [str(name)]
                if known and parts == ["unit_procedure"]
                else [*parts[-1:], str(name if known else part + 1)]
            )
        elif part != "parameters":
            parts.append(part)
    return ".".join(parts)


def is_of_money(given: str) -> bool:
    """Return whether an address is that of a price or of a number of the costing, which no simulation knows."""
    head, *keys = given.removesuffix(".value").split(".")
    if head in ("economics", "charge"):
        return True
    return (len(keys) > 1 and keys[0] == "prices") or any(
        head == section and keys[-1:] and keys[-1] in known for section, known in _PRICES
    )


def put(data: dict[str, Any], given: str, value: Any) -> KeyPath | Problem:
    """Put a value at an address; return its key path, or what is wrong with the address."""
    given = given.removesuffix(".value")
    whole = next((known for known in known_addresses(data) if given.startswith(f"{known}.")), None)
    if whole is not None:
        return Problem("is part of a quantity", path=given, expected=f"the whole quantity: {whole} = …")
    path = _locate(data, given)
    if path is None:
        return _unknown_address(data, given)
    holder: Any = data
    for part in path[:-1]:
        holder = holder.setdefault(part, {}) if isinstance(holder, dict) else _inside(holder, part)
        if not isinstance(holder, dict | list):
            return Problem("cannot be set: there is no table to hold it", path=given, got=in_words(holder))
    holder[path[-1]] = value
    return path


def shared_out(each: Sequence[Mapping[str, Any]], changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return which values, by address, to put into each of several scenarios: those whose address it has.

    An address that none of them has goes to the one with the nearest name, whose answer says what is wrong with it.
    """
    copies = [copy.deepcopy(dict(data)) for data in each]
    shares = [{given: value for given, value in changes.items() if located(data, given)} for data in copies]
    for given in changes.keys() - {known for share in shares for known in share}:
        names = [list(known_addresses(data)) for data in copies]
        nearest = nearest_name(given, [name for known in names for name in known])
        owner = next((index for index, known in enumerate(names) if nearest in known), 0)
        shares[owner][given] = changes[given]
    return shares


def located(data: dict[str, Any], given: str) -> bool:
    """Return whether a scenario has the table in which an address stands."""
    return _locate(data, given.removesuffix(".value")) is not None


def tables(data: Mapping[str, Any], section: str) -> list[dict[str, Any]]:
    """Return the tables of an array such as ``[[unit_procedure]]``; what is no table counts as an empty one."""
    listed = data.get(section)
    return [table if isinstance(table, dict) else {} for table in listed] if isinstance(listed, list) else []


def _locate(data: dict[str, Any], given: str) -> KeyPath | None:
    head, *keys = given.split(".")
    if not all(keys):
        return None
    if not keys:
        return (head,) if head in _TOP_LEVEL else None
    for index, table in enumerate(tables(data, "unit_procedure")):
        if table.get("id") == head:
            if keys[0] == "stimulus":
                return _locate_stimulus(table, index, keys[1:])
            inside = ("parameters",) if keys[0] not in _PROCEDURE_KEYS else ()
            return None if keys[0] in ("id", "parameters") else ("unit_procedure", index, *inside, *keys)
    if head in ("order", "critical_parameter"):
        return _locate_numbered(data, head, keys)
    if head in _NAMED_SECTIONS or (head in ("campaign", "warehouse") and isinstance(data.get(head), list)):
        return _locate_named(data, head, keys)
    if head == STUDY:
        return (head, *keys) if len(keys) == 1 and keys[0] != FACTORS else None
    return (head, *keys) if head in _PLAIN_SECTIONS else None


def _locate_numbered(data: Mapping[str, Any], section: str, keys: list[str]) -> KeyPath | None:
    """Find a table by its number from 1."""
    known = len(keys) > 1 and keys[0].isdecimal() and 1 <= int(keys[0]) <= len(tables(data, section))
    return (section, int(keys[0]) - 1, *keys[1:]) if known else None


def _locate_stimulus(table: Mapping[str, Any], index: int, keys: list[str]) -> KeyPath | None:
    ids = [stimulus.get("id") for stimulus in tables(table, "stimulus")]
    if len(keys) != 2 or keys[0] not in ids:
        return None
    return ("unit_procedure", index, "stimulus", ids.index(keys[0]), keys[1])


def _locate_named(data: dict[str, Any], section: str, keys: list[str]) -> KeyPath | None:
    """Find a table by its id; the default instrument and a material that is only priced need not stand in the file."""
    ids = [table.get(_NAMED_SECTIONS.get(section, "product")) for table in tables(data, section)]
    if len(keys) < 2:
        return None
    if keys[0] not in ids and _may_be_missing(section, keys):
        listed = data.setdefault(section, [])
        if not isinstance(listed, list):
            return None
        listed.append({"id": keys[0]})
        ids = [*ids, keys[0]]
    return (section, ids.index(keys[0]), *keys[1:]) if keys[0] in ids else None


def _may_be_missing(section: str, keys: list[str]) -> bool:
    """Return whether a table is there even where the file says nothing of it."""
    if section == "assay":
        return keys[0] == DEFAULT_INSTRUMENT
    return section == "material" and keys[0] in CONSUMABLES and is_of_money(".".join((section, *keys)))


def _unknown_address(data: Mapping[str, Any], given: str) -> Problem:
    known = list(known_addresses(data))
    if f"{given}.".startswith(f"{STUDY}.{FACTORS}."):
        expected = f'it below [{STUDY}.{FACTORS}] of the file, or --vary "concentrate.flux=15..40 L/m2/h"'
        return Problem("a factor is not set by an address", path=shortened(given, 100), expected=expected)
    below = [name for name in known if name.startswith(f"{given}.")]
    if below:
        more = ", …" if len(below) > _SHOWN_KEYS else ""
        return Problem(
            "is a whole table; set its keys", path=given, expected="one of " + ", ".join(below[:_SHOWN_KEYS]) + more
        )
    nearest = nearest_name(given.replace(".parameters.", "."), known)
    return Problem(
        "unknown path", path=shortened(given, 100), expected="<procedure>.<key> or <section>.<key>", nearest=nearest
    )


def known_addresses(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of a file that a person may mean."""
    yield from _TOP_LEVEL
    yield from (
        "product.name",
        "product.dose",
        "product.instrument",
        "product.protein_assay",
        "product.protein_fraction",
        "product.course",
        "common.batch",
    )
    yield from (f"product.ev_size.{name}" for name in declared(VesicleSize))
    yield from (f"product.protein_size.{name}" for name in declared(ProteinSize))
    yield from (f"product.lot.{name}" for name in declared(LotProperties))
    if isinstance(data.get("product"), dict) and "companion" in data["product"]:
        yield from (f"product.companion.{name}" for name in ("name", "dose", "after", *declared(CompanionNumbers)))
    for table in tables(data, "unit_procedure"):
        yield from _of_procedure(table)
    for name in {str(table.get("id")): None for table in tables(data, "assay")} | {DEFAULT_INSTRUMENT: None}:
        yield from (
            f"assay.{name}.{key}" for key in (*declared(Assay), *declared(TestNumbers), *_TEST_KEYS, *_ASSAY_KEYS)
        )
    yield from (f"material.{name}.price" for name in CONSUMABLES)
    for prefix in [f"campaign.{table.get('product')}" for table in tables(data, "campaign")] or ["campaign"]:
        yield from (f"{prefix}.{name}" for name in declared(CampaignNumbers))
    for prefix in [f"warehouse.{table.get('product')}" for table in tables(data, "warehouse")] or ["warehouse"]:
        yield from (f"{prefix}.{name}" for name in declared(WarehouseNumbers))
    for number, _ in enumerate(tables(data, "order"), 1):
        yield from (f"order.{number}.{name}" for name in ("due", "batches", *declared(OrderNumbers), "partial"))
    for section, owner in _OWNERS:
        for table in tables(data, section):
            yield from (f"{section}.{table.get(_NAMED_SECTIONS[section])}.{name}" for name in declared(owner))
    for table in tables(data, "equipment"):
        yield f"equipment.{table.get('id')}.size_limit"
        yield from (f"equipment.{table.get('id')}.maintenance.{name}" for name in declared(MaintenanceNumbers))
    for table in tables(data, "review"):
        yield from (f"review.{table.get('id')}.{key}" for key in ("role", "after"))
    if "release" in data:
        yield from (f"release.{key}" for key in ("analyst", "sample_after", "conditional"))
        yield from (f"release.deviation.{key}" for key in ("role", *declared(ClosureNumbers)))
    yield from (f"economics.{key}" for key in _ECONOMICS)
    yield from (f"scale.{key}" for key in declared(ScaleNumbers))
    if STUDY in data:
        yield from (f"{STUDY}.{key}" for key in StudyTable.model_fields if key != FACTORS)
    for section, priced in _PRICES:
        for table in tables(data, section):
            yield from (f"{section}.{table.get(_NAMED_SECTIONS[section])}.{key}" for key in priced)
    for section, keys in (("quality_profile", PROFILE), ("reporting", REPORTED)):
        yield from (f"{section}.{key}" for key in keys if section in data)
    for number, _ in enumerate(tables(data, "critical_parameter"), 1):
        yield from (f"critical_parameter.{number}.range.{end}" for end in ("at_least", "at_most"))
    if isinstance(data.get("diagnostic"), dict):
        yield from _of_diagnostic(data["diagnostic"])
    yield from (f"utility.{table.get('id')}.limit" for table in tables(data, "utility"))
    for table in tables(data, "attribute"):
        held = [key for key in ("limits", "sizes") if key in table]
        yield from (f"attribute.{table.get('id')}.{key}" for key in ("label", "tolerance") if key in table)
        yield from (f"attribute.{table.get('id')}.{key}.{end}" for key in held for end in ("at_least", "at_most"))


def _of_diagnostic(table: Mapping[str, Any]) -> Iterator[str]:
    yield "diagnostic.condition"
    yield from (f"diagnostic.{name}" for name in declared(Performance))
    for group in ("diseased", "healthy"):
        yield from (f"diagnostic.{group}.{key}" for key in ("positive", "of") if group in table)
    for part, owner, words in _DIAGNOSTIC:
        yield from (f"diagnostic.{part}.{key}" for key in (*declared(owner), *words))


def _of_procedure(table: Mapping[str, Any]) -> Iterator[str]:
    name, operation = table.get("id"), catalog().get(str(table.get("operation")))
    if operation is not None:
        yield from (
            f"{name}.{key}"
            for key in [*declared(operation), "operation", "unit", "operator", "feeds", "end", "expected_hold"]
        )
        yield from (f"{name}.waits_in", f"{name}.when_too_large", f"{name}.without")
        yield from (f"{name}.{kind}" for kind in kinds_for(str(table.get("operation"))))
        for stimulus in tables(table, "stimulus"):
            yield from (f"{name}.stimulus.{stimulus.get('id')}.{key}" for key in declared(Stimulus))
        used = table.get("utilities")
        yield from (f"{name}.utilities.{utility}" for utility in (used if isinstance(used, dict) else ()))
        split = table.get("split")
        yield from (f"{name}.split.{share}" for share in (split if isinstance(split, dict) else ()))
        yield f"{name}.max_hold.limit"
        if "shared_run" in table:
            yield from (f"{name}.shared_run.{key}" for key in declared(SharedRunNumbers))
        for hold in ("hold", "harvest_hold") if issubclass(operation, VisitedOperation) else ("hold",):
            yield from (f"{name}.{hold}.{key}" for key in declared(Hold))


def _inside(holder: Any, part: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(part)
    if isinstance(holder, list) and isinstance(part, int) and part < len(holder):
        return holder[part]
    return None
