"""What MISEV2023 asks to be reported of an EV preparation, and what a scenario knows of it.

The items follow the order of the guideline (welsh2024): names, source, culture and harvest, storage, separation,
characterization, controls and function; those of cell culture are told apart as in shekari2023. A simulation has no
blots and no micrographs: what a scenario does not know is said to be missing, not left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from exosim import units
from exosim.assay_methods import methods
from exosim.declarations import Block, ProcedureDeclaration
from exosim.description import summary
from exosim.preset_catalog import presets
from exosim.quality import MARKERS, MEASURES, Attribute
from exosim.quality_by_design import REPORTED, limits_text

if TYPE_CHECKING:
    from exosim.scenario import Scenario

Origin = Literal["scenario", "stated", "missing"]
NOT_PART = "not part of this scenario"
NAMES, SOURCE, CULTURE, STORAGE, SEPARATION, CHARACTERIZATION, OTHER = (
    "name and size", "source", "culture and harvest", "storage", "separation", "characterization",
    "controls and function",
)  # fmt: skip
_OF_CULTURE: Mapping[str, tuple[str, ...]] = {
    "seeding": ("inoculum", "seeding_density"),
    "passages": ("passages", "passage"),
    "cell density": ("harvest_density", "capacity"),
    "doubling time": ("doubling_time",),
    "viability": ("post_thaw_viability", "death_rate"),
    "vessel": ("fiber_area", "extracapillary_volume", "bed_area", "vessels", "vessel_area", "volume"),
    "medium": ("medium_rate", "medium_volume", "medium_glucose", "supplement", "growth_supplement", "perfusion_rate"),
    "harvest": ("growth_period", "collection", "harvest_every", "pool_every", "harvest_fraction"),
}
"""Items of cell culture, and the parameters that tell of them."""
_OF_STORAGE = ("temperature", "storage_time", "cycles")
_PRESETS: Mapping[str, str] = {"vessel": "vessel", "medium": "medium"}
_SECTIONS: Mapping[str, str] = {
    "source": SOURCE, "culture": CULTURE, "storage": STORAGE, "separation": SEPARATION,
    "characterization": CHARACTERIZATION, "controls": OTHER, "function": OTHER, "ev_track": OTHER,
}  # fmt: skip
_ALWAYS_ASKED = ("controls", "function", "ev_track")


@dataclass(frozen=True, slots=True)
class ReportingItem:
    """One item of the guideline.

    Attributes
    ----------
    section, item : where it stands in the list, and what is asked for
    answer : what is told
    origin : from the numbers of the scenario, stated by it in words, or missing
    """

    section: str
    item: str
    answer: str
    origin: Origin = "scenario"


def reporting_items(scenario: Scenario) -> tuple[ReportingItem, ...]:
    """Return every item that is asked for, in order."""
    found = [
        *_names(scenario),
        *_source(scenario),
        *_culture(scenario),
        *_storage(scenario),
        *_separation(scenario),
        *_characterization(scenario),
    ]
    stated = scenario.declarations.by_design.reported
    for key, section in _SECTIONS.items():
        if key in stated:
            found.append(ReportingItem(section, f"{REPORTED[key]}, as stated", stated[key], "stated"))
        elif key in _ALWAYS_ASKED:
            found.append(_missing(section, REPORTED[key]))
    order = list(dict.fromkeys((NAMES, *_SECTIONS.values())))
    return tuple(sorted(found, key=lambda one: order.index(one.section)))


def _missing(section: str, item: str) -> ReportingItem:
    return ReportingItem(section, item, NOT_PART, "missing")


def _item(section: str, item: str, parts: Iterable[str]) -> ReportingItem:
    told = "; ".join(part for part in parts if part)
    return ReportingItem(section, item, told) if told else _missing(section, item)


def _names(scenario: Scenario) -> Iterator[ReportingItem]:
    product = scenario.data.get("product", {}).get("name")
    term = "extracellular vesicles (EVs); no origin within the cell is claimed"
    yield _item(NAMES, "what is prepared", [product or "", term])
    size = scenario.declarations.size
    told = f"median diameter {_value(size, 'median')}, geometric standard deviation {_value(size, 'gsd')}"
    yield _item(NAMES, "true size", [told])


def _source(scenario: Scenario) -> Iterator[ReportingItem]:
    found = [f"{one.id}: {_summary(one.operation)}" for one in _makers(scenario)]
    yield _item(SOURCE, "kind of source", found)
    yield _item(SOURCE, "type of cells", (_preset(scenario, one.id, "cells") for one in _makers(scenario)))


def _culture(scenario: Scenario) -> Iterator[ReportingItem]:
    makers = _makers(scenario)
    if not any("doubling_time" in one.operation.parameters for one in makers):
        return
    for item, names in _OF_CULTURE.items():
        told = [_preset(scenario, one.id, _PRESETS[item]) for one in makers if item in _PRESETS]
        told += [f"{one.id}: {values}" for one in makers if (values := _values(one.operation, names))]
        yield _item(CULTURE, item, told)
    stimuli = [block.prefix for one in makers for block, _ in one.stimuli]
    yield ReportingItem(CULTURE, "stimulus", "; ".join(stimuli) or "none")


def _storage(scenario: Scenario) -> Iterator[ReportingItem]:
    held = [f"before {one.id}: at most {units.show(one.longest_hold, 'h')}" for one in _procedures(scenario)
            if one.longest_hold is not None]  # fmt: skip
    matrix = [
        f"{table['id']}: {table[key]['matrix']}"
        for table in scenario.data.get("unit_procedure", [])
        for key in ("hold", "harvest_hold")
        if isinstance(table.get(key), dict) and "matrix" in table[key]
    ]
    yield _item(STORAGE, "holds in the process", [*held, *matrix])
    stored = [one for one in _procedures(scenario) if {"storage_time", "temperature"} <= set(one.operation.parameters)]
    told = [f"{one.id}: {_values(one.operation, _OF_STORAGE, or_default=True)}" for one in stored]
    yield _item(STORAGE, "of the product", told)


def _separation(scenario: Scenario) -> Iterator[ReportingItem]:
    makers = {one.id for one in _makers(scenario)}
    steps = [one for one in _procedures(scenario) if one.id not in makers]
    for number, one in enumerate(steps, start=1):
        block = one.operation
        names = tuple(name for name in block.given if block.parameters[name].critical)
        yield _item(SEPARATION, f"{number}. {one.id}", [_summary(block), _values(block, names)])


def _characterization(scenario: Scenario) -> Iterator[ReportingItem]:
    declared = scenario.declarations
    counter = _assay(scenario, declared.instrument)
    yield _item(
        CHARACTERIZATION, "number of particles", [counter, *_tested(scenario, "particles", "volume", "dose", "vial")]
    )
    by_protein = [a for a in declared.attributes if "protein" in (a.about.top, a.about.bottom)]
    reads = [_assay(scenario, name) for name, block in declared.assays.items() if block.words.get("reads") == "protein"]
    yield _item(CHARACTERIZATION, "protein, and particles per protein", [*reads, *map(_limited, by_protein)])
    yield _item(CHARACTERIZATION, "size, as measured", _tested(scenario, "particles", "particles"))
    markers = [text for name in MARKERS for text in _tested(scenario, name)]
    yield _item(CHARACTERIZATION, "proteins of the vesicles", markers)
    others = [text for top in ("dna", "endotoxin", "bacteria", "mycoplasma") for text in _tested(scenario, top)]
    yield _item(CHARACTERIZATION, "what is separated along with them", others)
    yield _item(CHARACTERIZATION, "potency", _tested(scenario, "potency"))
    yield _missing(CHARACTERIZATION, "topology, morphology, single vesicles")


def _tested(scenario: Scenario, top: str, *bottoms: str) -> list[str]:
    """Return the attributes about something, over one of some amounts, with their limits."""
    attributes = scenario.declarations.attributes
    return [_limited(a) for a in attributes if a.about.top == top and (not bottoms or a.about.bottom in bottoms)]


def _limited(attribute: Attribute) -> str:
    limits = limits_text(attribute.at_least, attribute.at_most, MEASURES[attribute.measure].unit)
    return f"{attribute.id}: {limits}" + (f", by {attribute.assay}" if attribute.assay else "")


def _assay(scenario: Scenario, name: str) -> str:
    """Return an assay in words: its method, what it cannot see, how well it repeats."""
    block = scenario.declarations.assays[name]
    told = [method_name(scenario, name)]
    if "detection_limit" not in block.unused and block.words.get("reads") == "particles":
        told.append(f"half of the particles counted at {_value(block, 'detection_limit')}")
    told.append(f"coefficient of variation {_value(block, 'repeatability')}")
    return f"{name}: " + ", ".join(part for part in told if part)


def method_name(scenario: Scenario, assay: str | None) -> str:
    """Return the kind of an assay in words; empty where the scenario names none."""
    key = next((table.get("method") for table in scenario.data.get("assay", []) if table.get("id") == assay), None)
    method = methods().get(str(key))
    return "" if method is None else method.name


def _procedures(scenario: Scenario) -> Sequence[ProcedureDeclaration]:
    return scenario.declarations.procedures


def _makers(scenario: Scenario) -> list[ProcedureDeclaration]:
    """Return the procedures that a process starts with or that make vesicles."""
    found = [one for one in _procedures(scenario) if one.operation.owner.source or one.operation.owner.makes_vesicles]
    last = _procedures(scenario).index(found[-1]) + 1 if found else 0
    grown = [one for one in _procedures(scenario)[:last] if "doubling_time" in one.operation.parameters]
    return [one for one in _procedures(scenario)[:last] if one in found or one in grown]


def _summary(block: Block) -> str:
    return summary(block.owner).rstrip(".")


def _preset(scenario: Scenario, procedure: str, kind: str) -> str:
    tables: list[dict[str, Any]] = scenario.data.get("unit_procedure", [])
    key = next((table.get(kind) for table in tables if table.get("id") == procedure), None)
    return presets(kind)[key].name if key is not None else ""


def _values(block: Block, names: Iterable[str], *, or_default: bool = False) -> str:
    """Return the parameters of a block that the scenario or a preset gives, in words."""
    known = [name for name in names if name in block.given or (or_default and name in block.parameters)]
    return ", ".join(f"{name.replace('_', ' ')} {_value(block, name)}" for name in known)


def _value(block: Block, name: str) -> str:
    """Return a parameter as text: its number, its median, or its default."""
    parameter = block.parameters[name]
    if name not in block.given:
        return "not set" if parameter.default is None else f"{units.show(parameter.default, parameter.unit)}"
    quantity = block.given[name].quantity
    shown = units.show(quantity.typical, parameter.unit)
    return shown if quantity.is_fixed else f"{shown} (typical)"
