"""The regulatory view of a scenario: what its product shall be, what decides on that, and what is reported of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exosim import units
from exosim.declarations import Block
from exosim.misev import ReportingItem, method_name, reporting_items
from exosim.parameter import ASSUMPTION
from exosim.quality import MEASURES, Attribute, in_words
from exosim.quality_by_design import CriticalParameter, ProfileElement, Reason, limits_text
from exosim.references import references
from exosim.regulatory_reader import critical_candidates
from exosim.version import __version__

if TYPE_CHECKING:
    from exosim.scenario import Scenario

FORM = "exosim.profile/1"
GUIDELINES = ("ich_q8r2", "welsh2024", "shekari2023")
"""Sources of the terms and of the items."""
_LONG = 48.0  # h: told in days


@dataclass(frozen=True, slots=True)
class QualityAttribute:
    """A quality attribute with its limits, how it is tested, and why its limits are what they are.

    Attributes
    ----------
    id, measure, unit : the attribute, what is measured in words, and the unit of the limits
    at_least, at_most : limits; None where there is none
    assay, method : id of the assay, and its kind in words; empty where there is none
    critical : whether it is a critical quality attribute
    reason : why the limits are as they are
    affected_by : addresses of the critical process parameters that affect it
    """

    id: str
    measure: str
    unit: str
    at_least: float | None
    at_most: float | None
    assay: str
    method: str
    critical: bool
    reason: Reason
    affected_by: tuple[str, ...]

    @property
    def limits(self) -> str:
        """The limits as text."""
        return limits_text(self.at_least, self.at_most, self.unit)


@dataclass(frozen=True, slots=True)
class ReleaseStep:
    """A test or a review that a lot goes through before it may leave.

    Attributes
    ----------
    kind, id : "test" or "review", and its name
    role : who does it; empty where nobody is named
    hours : median time from its begin to its end [h]; None where it takes none
    rule : what decides, in words
    """

    kind: str
    id: str
    role: str
    hours: float | None
    rule: str

    @property
    def duration(self) -> str:
        """The median time as text; empty where it takes none."""
        if self.hours is None:
            return ""
        return units.show(self.hours / 24.0, "d", 3) if self.hours >= _LONG else units.show(self.hours, "h", 3)


@dataclass(frozen=True)
class RegulatoryView:
    """What a scenario says in terms of ICH Q8(R2), ICH Q6B and MISEV2023.

    Attributes
    ----------
    scenario, title, hash, version : what it is the view of
    product, dose : in words
    profile : the quality target product profile
    attributes : quality attributes with their limits: the specification
    parameters : critical process parameters with their proven acceptable ranges
    candidates : addresses of parameters that exosim declares critical and of which no range is stated
    release : tests and reviews of a lot; empty where the scenario has no [release]
    reporting : items of MISEV2023
    sources : citation by key, of all that is cited here
    """

    scenario: str
    title: str
    hash: str
    version: str
    product: str
    dose: str
    profile: tuple[ProfileElement, ...]
    attributes: tuple[QualityAttribute, ...]
    parameters: tuple[CriticalParameter, ...]
    candidates: tuple[str, ...]
    release: tuple[ReleaseStep, ...]
    reporting: tuple[ReportingItem, ...]
    sources: Mapping[str, str]

    @property
    def critical_attributes(self) -> tuple[QualityAttribute, ...]:
        """The critical quality attributes."""
        return tuple(attribute for attribute in self.attributes if attribute.critical)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What lies outside its proven acceptable range, in words."""
        return tuple(doubt for one in self.parameters if (doubt := one.doubt()) is not None)

    @property
    def unreported(self) -> int:
        """Number of the items of MISEV2023 that the scenario does not tell."""
        return sum(item.origin == "missing" for item in self.reporting)

    def headline(self) -> str:
        """Return a sentence on how much is told."""
        justified = sum(bool(one.reason.text or one.reason.source) for one in self.critical_attributes)
        inside = sum(one.doubt() is None for one in self.parameters)
        told = len(self.reporting) - self.unreported
        return (
            f"{len(self.profile)} elements of the target profile; {len(self.critical_attributes)} critical attributes, "
            f"{justified} with a reason; {len(self.parameters)} critical parameters, {inside} inside their ranges; "
            f"{told} of {len(self.reporting)} reporting items told"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the view as a JSON object."""
        named = {"name": self.scenario, "title": self.title, "hash": self.hash}
        parameters = [
            {**dataclasses.asdict(one), "drawn": list(one.drawn), "affects": list(one.affects), "inside": one.inside,
             "drawn_inside": one.drawn_inside}
            for one in self.parameters
        ]  # fmt: skip
        return {
            "form": FORM, "version": self.version, "scenario": named, "product": self.product, "dose": self.dose,
            "headline": self.headline(), "profile": _dicts(self.profile), "attributes": _dicts(self.attributes),
            "parameters": parameters, "candidates": list(self.candidates), "release": _dicts(self.release),
            "reporting": _dicts(self.reporting), "sources": dict(self.sources), "warnings": list(self.doubts),
        }  # fmt: skip


def _dicts(rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [
        {key: list(value) if isinstance(value, tuple) else value for key, value in dataclasses.asdict(row).items()}
        for row in rows
    ]


def regulatory_view(scenario: Scenario) -> RegulatoryView:
    """Return what a scenario says in terms of ICH Q8(R2), ICH Q6B and MISEV2023.

    Parameters
    ----------
    scenario : of :func:`exosim.load`; of a site with several products, its own recipe

    Returns
    -------
    the target profile, the attributes with limits and reasons, the critical parameters with range and set point, the
    tests and reviews of a lot, and the items of reporting
    """
    by_design, product = scenario.declarations.by_design, scenario.data.get("product", {})
    stated = {one.address for one in by_design.parameters}
    attributes = tuple(_attribute(scenario, attribute) for attribute in scenario.declarations.attributes)
    dose = str(product.get("dose", ""))
    return RegulatoryView(
        scenario.name, scenario.title, scenario.hash, __version__, str(product.get("name") or scenario.name), dose,
        by_design.profile, attributes, by_design.parameters,
        tuple(critical_candidates(scenario.declarations.of_recipe(), dict.fromkeys(stated))),
        tuple(_release(scenario)), reporting_items(scenario), dict(_sources(scenario)),
    )  # fmt: skip


def _attribute(scenario: Scenario, attribute: Attribute) -> QualityAttribute:
    by_design = scenario.declarations.by_design
    return QualityAttribute(
        attribute.id,
        in_words(attribute.measure),
        MEASURES[attribute.measure].unit,
        attribute.at_least,
        attribute.at_most,
        attribute.assay or "",
        method_name(scenario, attribute.assay),
        attribute.critical,
        by_design.limits.get(attribute.id, Reason()),
        tuple(one.address for one in by_design.parameters if attribute.id in one.affects),
    )


def _release(scenario: Scenario) -> Iterator[ReleaseStep]:
    plant = scenario.declarations.plant
    if plant.release is None:
        return
    for name, test in plant.tests.items():
        yield ReleaseStep("test", name, test.analyst or plant.release.analyst or "", _hours(test.numbers), _rule(test))
    for name, (block, table) in plant.release.reviews.items():
        after = "begins when the batch has ended" if table.after == "batch" else "begins when all results are there"
        yield ReleaseStep("review", name, table.role or "", _hours(block), after)


def _hours(block: Block) -> float | None:
    return block.typical("duration") if "duration" in block.given else None


_RULES = {
    "all": "all of them must be in specification",
    "any": "any of them in specification is enough",
    "mean": "the mean of all results decides",
}


def _rule(test: Any) -> str:
    """Return what decides after a result out of specification."""
    retests = int(test.numbers.typical("retests"))
    times = f"{retests} retest{'s' if retests != 1 else ''}"
    told = f"{times} after a result out of specification: {_RULES[test.rule]}" if retests else "no retest"
    return f"{told}; confirmatory" if test.confirmatory else told


def _sources(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield the citation of each source that the view names."""
    by_design = scenario.declarations.by_design
    reasons = [*(one.reason for one in by_design.profile), *by_design.limits.values()]
    named = [*GUIDELINES, *(one.source for one in [*reasons, *(one.reason for one in by_design.parameters)])]
    own = scenario.data.get("sources", {})
    for key in sorted({*named} - {"", ASSUMPTION}):
        found = references().get(key)
        yield key, found.citation() if found is not None else str(own[key]["text"])
