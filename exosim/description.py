"""What an operation or a section is, in words: read from its docstrings, its declarations and one run at defaults.

Nothing is written down twice: model, assumptions and validity stand in the docstring of the operation, equations in
that of the physics it uses, parameters on their declarations. Consumables, loss channels and limits are those of the
operation at its defaults, with its mechanism and, where it accepts one, with a measured recovery.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from exosim.assay import Assay
from exosim.assay_methods import methods
from exosim.campaign import CampaignNumbers
from exosim.companion import CompanionNumbers
from exosim.cost_numbers import EconomicsNumbers, EquipmentCostNumbers, MaterialCostNumbers, RoomCostNumbers
from exosim.culture.stimulus import Stimulus
from exosim.demand import OrderNumbers, WarehouseNumbers
from exosim.diagnostic import Interference, Monitoring, Performance, Signal
from exosim.lot_properties import LotProperties
from exosim.material import Material, is_number
from exosim.operations import catalog
from exosim.operations.base import Hold, Outcome, UnitOperation, VisitedOperation
from exosim.parameter import ASSUMPTION, Parameter, declared
from exosim.patients import PatientNumbers
from exosim.plant import (
    BreakdownNumbers,
    EquipmentNumbers,
    FailureNumbers,
    MaintenanceNumbers,
    PreparationNumbers,
    RoleNumbers,
    RoomNumbers,
    StockNumbers,
    StoreNumbers,
)
from exosim.preset_catalog import fitting, kinds_for
from exosim.product import ProteinSize, Vesicles, VesicleSize
from exosim.recipe import Common, Wait
from exosim.references import references
from exosim.release import ClosureNumbers, ReviewNumbers, TestNumbers
from exosim.scale_numbers import ScaleNumbers
from exosim.shared_run import SharedRunNumbers
from exosim.vocabulary import CONSUMABLES

SECTIONS: Mapping[str, type[Any]] = {
    "product": Vesicles,
    "product.ev_size": VesicleSize,
    "product.protein_size": ProteinSize,
    "product.lot": LotProperties,
    "product.companion": CompanionNumbers,
    "product.patient": PatientNumbers,
    "common": Common,
    "unit_procedure": Wait,
    "hold": Hold,
    "shared_run": SharedRunNumbers,
    "stimulus": Stimulus,
    "assay": Assay,
    "campaign": CampaignNumbers,
    "order": OrderNumbers,
    "warehouse": WarehouseNumbers,
    "equipment": EquipmentNumbers,
    "equipment.maintenance": MaintenanceNumbers,
    "room": RoomNumbers,
    "store": StoreNumbers,
    "material": StockNumbers,
    "material.preparation": PreparationNumbers,
    "personnel": RoleNumbers,
    "failure": FailureNumbers,
    "breakdown": BreakdownNumbers,
    "assay.test": TestNumbers,
    "review": ReviewNumbers,
    "release.deviation": ClosureNumbers,
    "economics": EconomicsNumbers,
    "scale": ScaleNumbers,
    "equipment.cost": EquipmentCostNumbers,
    "room.cost": RoomCostNumbers,
    "material.cost": MaterialCostNumbers,
    "diagnostic": Performance,
    "diagnostic.signal": Signal,
    "diagnostic.interference": Interference,
    "diagnostic.monitoring": Monitoring,
}
"""Sections of a scenario with declared numbers."""
_PARTS = ("Model", "Assumptions", "Validity", "Sources")
_OWN, _PHYSICS, _SHARED = "exosim.", "exosim.physics.", "exosim.culture."
_TRIED_RECOVERY = 0.8
_MARKUP = re.compile(r":\w+:`~?([^`]*)`|``([^`]*)``|`([^`]*)`")


@dataclass(frozen=True)
class OperationDescription:
    """An operation in words.

    Attributes
    ----------
    name, summary : as in a scenario; the first line of its docstring
    model, assumptions, validity, sources, notes : parts of its docstring; empty where it has none
    equations : docstrings of the physics that it uses, by module
    feed : what it must be fed with
    parameters : declarations, by name
    assumed : names of the parameters whose default is an assumption
    losses, phases, limits : names, as results show them
    consumables : unit by name
    references : citation by source key, of the parameters
    brought_by : the plug-in that brings it; empty for what exosim itself has
    effects : names of the effects that a scenario can switch off
    presets : keys of the presets that fit, by kind
    grows : names of the parameters that grow with the lot
    takes_longer : what makes a larger lot take longer; empty where nothing does
    """

    name: str
    summary: str
    model: str
    assumptions: str
    validity: str
    sources: str
    notes: str
    equations: Mapping[str, str]
    feed: str
    parameters: Mapping[str, Parameter]
    assumed: tuple[str, ...]
    losses: tuple[str, ...]
    phases: tuple[str, ...]
    limits: tuple[str, ...]
    consumables: Mapping[str, str]
    references: Mapping[str, str]
    brought_by: str = ""
    effects: tuple[str, ...] = ()
    presets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grows: tuple[str, ...] = ()
    takes_longer: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the description as a JSON object; bounds that are infinite are null."""
        parameters = {name: parameter_dict(parameter) for name, parameter in self.parameters.items()}
        return {**{key: _json(getattr(self, key)) for key in self.__dataclass_fields__}, "parameters": parameters}


def describe_operation(name: str) -> OperationDescription:
    """Return the description of an operation of the catalog."""
    operation = catalog()[name]
    parts = _parts(inspect.getdoc(sys.modules[operation.__module__]) or "")
    outcomes = list(_outcomes(operation))
    parameters = declared(operation)
    consumed = dict.fromkeys(key for outcome in outcomes for key in outcome.consumption)
    return OperationDescription(
        name=name,
        summary=parts["summary"],
        model=parts["Model"],
        assumptions=parts["Assumptions"],
        validity=parts["Validity"],
        sources=parts["Sources"],
        notes=parts["notes"],
        equations=equations_of(operation),
        feed=_feed_words(operation),
        parameters=parameters,
        assumed=tuple(key for key, parameter in parameters.items() if parameter.source == ASSUMPTION),
        losses=_names(channel for outcome in outcomes for channel in outcome.losses),
        phases=_names(phase.name for outcome in outcomes for phase in outcome.phases),
        limits=_names(limit for outcome in outcomes for limit in outcome.limits),
        consumables={key: CONSUMABLES[key] for key in consumed},
        references=cited(parameters),
        brought_by=str(operation.plugin or ""),
        effects=tuple(operation.effects),
        presets={kind: fitting(kind, name) for kind in kinds_for(name)},
        grows=operation.grows,
        takes_longer=operation.takes_longer or "",
    )


def summary(operation: type[UnitOperation]) -> str:
    """Return the first line of what an operation says of itself."""
    return _parts(inspect.getdoc(sys.modules[operation.__module__]) or "")["summary"]


def methods_of(section: str) -> dict[str, str]:
    """Return the methods that a section knows by key, each with its name and what it reads; only assays have any."""
    if SECTIONS.get(section) is not Assay:
        return {}
    return {key: f"{method.name}; reads {method.reads.replace('_', ' ')}" for key, method in methods().items()}


def cited(parameters: Mapping[str, Parameter]) -> dict[str, str]:
    """Return the citation of every source of some parameters, by key."""
    keys = sorted({parameter.source for parameter in parameters.values()} - {ASSUMPTION})
    return {key: references()[key].citation() for key in keys if key in references()}


def parameter_dict(parameter: Parameter) -> dict[str, Any]:
    """Return a declaration as a JSON object."""
    return {key: _json(value) for key, value in asdict(parameter).items()}


def _json(value: Any) -> Any:
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _names(found: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


def _parts(docstring: str) -> dict[str, str]:
    """Return the parts of a docstring: its summary, its paragraphs that begin with a known word, and the rest."""
    first, *paragraphs = re.split(r"\n\s*\n", docstring.strip())
    parts = {"summary": _as_text(first), **dict.fromkeys(_PARTS, "")}
    notes = []
    for paragraph in _by_heading(paragraphs):
        head, sign, rest = paragraph.partition(":")
        if sign and head in _PARTS:
            parts[head] = _as_text(rest)
        else:
            notes.append(_as_text(paragraph))
    return {**parts, "notes": "\n\n".join(notes)}


def _by_heading(paragraphs: list[str]) -> Iterator[str]:
    """Yield the paragraphs, split where a line begins with the word of a part."""
    heading = re.compile(rf"\n(?=(?:{'|'.join(_PARTS)}):)")
    for paragraph in paragraphs:
        yield from heading.split(paragraph)


def _as_text(docstring: str) -> str:
    """Return a docstring without its markup, paragraph by paragraph on one line."""
    return " ".join(_plain(docstring).split())


def _plain(docstring: str) -> str:
    return _MARKUP.sub(lambda found: next(group for group in found.groups() if group is not None), docstring)


def equations_of(operation: type[UnitOperation]) -> dict[str, str]:
    """Return the docstring of every physics module that an operation uses, itself or through what it shares."""
    modules = set[str]()
    pending = [cls.__module__ for cls in operation.__mro__ if cls.__module__.startswith(_OWN)]
    seen = set[str]()
    while pending:
        module = pending.pop()
        if module in seen or module == UnitOperation.__module__:
            continue
        seen.add(module)
        used = vars(sys.modules[module]).values()
        names = set(map(_home, used))
        modules |= {name for name in names if name.startswith(_PHYSICS)}
        pending += [name for name in names if name.startswith(_SHARED)]
    return {name.removeprefix(_PHYSICS): _plain(inspect.getdoc(sys.modules[name]) or "") for name in sorted(modules)}


def _home(value: object) -> str:
    """Return the module that a value is, or that it comes from."""
    return value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", "") or ""


def _feed_words(operation: type[UnitOperation]) -> str:
    if operation.source:
        return "none: a process starts here"
    if operation.plain:
        return "anything, or nothing"
    return "vesicles or viable cells" if operation.needs == "either" else operation.needs.replace("_", " ")


def _outcomes(operation: type[UnitOperation]) -> Iterator[Outcome]:
    """Yield what an operation does at its defaults, and with a measured recovery where it accepts one."""
    ways: list[dict[str, Any]] = [{}]
    if "ev_recovery" in declared(operation):
        ways.append({"ev_recovery": _TRIED_RECOVERY})
    for way in ways:
        held: dict[str, Any] = {"harvest_hold": Hold()} if issubclass(operation, VisitedOperation) else {}
        yield operation(**way, **held).transform(_typical_feed(operation))


def _typical_feed(operation: type[UnitOperation]) -> Material:
    """Return what suits an operation among the products of those that start a process."""
    if operation.source or operation.plain:
        return Material()
    starts = _starting_materials()
    needed = "vesicles" if operation.needs == "either" else operation.needs
    return next((feed for feed in starts if not is_number(getattr(feed, needed), 0.0)), starts[0])


@functools.cache
def _starting_materials() -> tuple[Material, ...]:
    return tuple(start().transform(Material()).product for start in catalog().values() if start.source)
