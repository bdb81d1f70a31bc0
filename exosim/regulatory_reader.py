"""Read what a scenario says of quality by design, and hold its critical parameters against their ranges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exosim import units
from exosim.declarations import Block
from exosim.errors import Problem, nearest_name, shortened, unknown
from exosim.findings import Findings
from exosim.parameter import ASSUMPTION, Parameter
from exosim.quality_by_design import (
    PROFILE,
    REPORTED,
    CriticalParameter,
    ProfileElement,
    QualityByDesign,
    Reason,
    drawn_interval,
)
from exosim.quality_tables import LimitsTable
from exosim.quantities import read_number
from exosim.regulatory_tables import CriticalParameterTable
from exosim.resource_reader import unique
from exosim.sampling import Quantity
from exosim.schema import ScenarioTable
from exosim.toml_source import KeyPath
from exosim.units import QuantityError


@dataclass(frozen=True)
class RegulatoryReader:
    """One reading of the sections about quality by design of one scenario.

    Attributes
    ----------
    table, findings : the scenario as tables, and what takes the problems
    blocks : the parameters that the scenario has
    sources : keys of the sources that there are
    """

    table: ScenarioTable
    findings: Findings
    blocks: Iterable[Block]
    sources: Iterable[str]

    def read(self) -> QualityByDesign:
        """Return what the scenario says; what lies outside its range is a warning."""
        reported = self.table.reporting.model_dump(exclude_none=True)
        read = QualityByDesign(
            tuple(self._profile()),
            dict(self._limits()),
            tuple(self._parameters()),
            {key: reported[key] for key in REPORTED if key in reported},
        )
        self.findings.warnings.extend(doubt for one in read.parameters if (doubt := one.doubt()) is not None)
        return read

    def _profile(self) -> Iterator[ProfileElement]:
        profile = self.table.quality_profile
        for key, words in PROFILE.items():
            if (target := getattr(profile, key)) is not None:
                yield ProfileElement(words, target)
        for index, element in enumerate(profile.element):
            path: KeyPath = ("quality_profile", "element", index)
            yield ProfileElement(element.name, element.target, self._reason(element, path))

    def _limits(self) -> Iterator[tuple[str, Reason]]:
        for index, attribute in enumerate(self.table.attribute):
            reason = self._reason(attribute, ("attribute", index))
            if reason != Reason():
                yield attribute.id, reason

    def _reason(self, table: Any, path: KeyPath) -> Reason:
        """Return why something is as it is; the source must be known."""
        known = [*self.sources, ASSUMPTION]
        if table.source is not None and table.source not in known:
            self.findings.add((*path, "source"), unknown("source", table.source, known))
        return Reason(table.justification or "", table.source or "")

    def _parameters(self) -> Iterator[CriticalParameter]:
        tables = self.table.critical_parameter
        unique(self.findings, "critical_parameter", "parameter", [one.parameter for one in tables])
        known = {f"{block.prefix}.{name}": (block, name) for block in self.blocks for name in block.parameters}
        attributes = [attribute.id for attribute in self.table.attribute]
        for index, table in enumerate(tables):
            path: KeyPath = ("critical_parameter", index)
            for place, name in enumerate(table.affects):
                if name not in attributes:
                    self.findings.add((*path, "affects", place), unknown("attribute", name, attributes))
            reason = self._reason(table, path)
            if table.parameter not in known:
                wrong = Problem(
                    "is no parameter of this scenario", got=f'"{shortened(table.parameter, 100)}"',
                    expected='its address, such as "concentrate.flux"', nearest=nearest_name(table.parameter, known),
                )  # fmt: skip
                self.findings.add((*path, "parameter"), wrong)
                continue
            found = self._parameter(table, path, *known[table.parameter], reason)
            if found is not None:
                yield found

    def _parameter(
        self, table: CriticalParameterTable, path: KeyPath, block: Block, name: str, reason: Reason
    ) -> CriticalParameter | None:
        parameter = block.parameters[name]
        limits = self._range(table.range, (*path, "range"), parameter)
        if (why := _idle(block, name)) is not None:
            self.findings.add((*path, "parameter"), Problem(why, got=table.parameter, expected="one that is used"))
            return None
        if limits is None:
            return None
        quantity = block.given[name].quantity if name in block.given else Quantity(parameter.default or 0.0)
        drawn = drawn_interval(quantity, table.parameter)
        return CriticalParameter(
            table.parameter,
            parameter.doc,
            parameter.unit,
            *limits,
            quantity.typical,
            drawn,
            tuple(table.affects),
            reason,
        )

    def _range(
        self, table: LimitsTable, path: KeyPath, parameter: Parameter
    ) -> tuple[float | None, float | None] | None:
        """Return the limits in the unit of the parameter; None where something is wrong with them."""
        found: dict[str, float | None] = {"at_least": None, "at_most": None}
        wrong = False
        for key in found:
            raw = getattr(table, key)
            try:
                found[key] = None if raw is None else read_number(raw, parameter.unit)
            except QuantityError as error:
                self.findings.quantity((*path, key), error)
                wrong = True
        low, high = found.values()
        if table.at_least is None and table.at_most is None:
            self.findings.add(path, Problem("is empty", expected="at_least, at_most or both"))
            return None
        if low is not None and high is not None and low > high:
            got = f"{units.show(low, parameter.unit)} and {units.show(high, parameter.unit)}"
            self.findings.add(path, Problem("at_least is above at_most", got=got))
            return None
        return None if wrong else (low, high)


def _idle(block: Block, name: str) -> str | None:
    """Return why a parameter has no set point, or None when it has one."""
    if name in block.off:
        return "its effect is switched off, so that it has no set point"
    if name in block.unused:
        return "is not used here: another value replaces it"
    if name not in block.given and block.parameters[name].default is None:
        return "is not given, so that it has no set point"
    return None


def critical_candidates(blocks: Iterable[Block], stated: Mapping[str, Any]) -> list[str]:
    """Return the addresses of the parameters that are declared critical, are in use, and have no stated range."""
    return [
        path
        for block in blocks
        for name, parameter in block.parameters.items()
        if parameter.critical and _idle(block, name) is None and (path := f"{block.prefix}.{name}") not in stated
    ]
