"""Read what fails: failures of procedures, and breakdowns of equipment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exosim.declarations import Block
from exosim.errors import Problem, unknown
from exosim.findings import Findings
from exosim.plant import BreakdownNumbers, FailureNumbers
from exosim.plant_tables import FailureTable
from exosim.resource_reader import given, unique
from exosim.schema import ScenarioTable
from exosim.toml_source import KeyPath

_CHANCES = ("rate", "probability", "per_manipulation")
_OF_UNITS = ("wait", "repeat", "reject")


@dataclass(frozen=True)
class FailureReader:
    """One reading of the failures of one scenario."""

    table: ScenarioTable
    findings: Findings
    block: Callable[..., Block]

    def of_procedures(self) -> Iterator[tuple[str, tuple[Block, FailureTable]]]:
        """Yield what fails during a procedure."""
        unique(self.findings, "failure", "id", [table.id for table in self.table.failure])
        for index, table in enumerate(self.table.failure):
            path: KeyPath = ("failure", index)
            if (table.during is None) == (table.unit is None):
                expected = 'during = "a procedure", or unit = "an equipment class"'
                self.findings.add(path, Problem("needs to say what fails", expected=expected))
            if table.unit is not None:
                continue
            if table.during is not None:
                self._check(table, path)
            numbers = given(table, FailureNumbers)
            yield table.id, (self.block(FailureNumbers, f"failure.{table.id}", path, numbers), table)

    def of_units(self, equipment: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Block, FailureTable]]]:
        """Yield how equipment breaks down."""
        for index, table in enumerate(self.table.failure):
            path: KeyPath = ("failure", index)
            if table.unit is None:
                continue
            if table.unit not in equipment:
                self.findings.add((*path, "unit"), unknown("equipment", table.unit, equipment))
            for key in (*_CHANCES, "back_to", "agent", "level"):
                if getattr(table, key) is not None:
                    problem = f'"{key}" is for failures of a procedure'
                    self.findings.add((*path, key), Problem(problem, expected="between: the time between breakdowns"))
            if table.consequence not in _OF_UNITS:
                expected = " or ".join(f'"{name}"' for name in _OF_UNITS)
                got = f'"{table.consequence}"'
                self.findings.add((*path, "consequence"), Problem("is not for breakdowns", got=got, expected=expected))
            for key, example in (("between", "2500 h"), ("repair", "6 h")):
                if getattr(table, key) is None:
                    self.findings.add((*path, key), Problem(f'"{key}" is missing', expected=f'{key} = "{example}"'))
            numbers = given(table, BreakdownNumbers)
            yield table.id, (self.block(BreakdownNumbers, f"failure.{table.id}", path, numbers), table)

    def _check(self, table: FailureTable, path: KeyPath) -> None:
        ids = [procedure.id for procedure in self.table.unit_procedure]
        if table.during not in ids:
            self.findings.add((*path, "during"), unknown("procedure", str(table.during), ids))
        if sum(getattr(table, key) is not None for key in _CHANCES) != 1:
            self.findings.add(path, Problem("needs a rate, a probability or one per_manipulation, one of them"))
        if table.between is not None:
            expected = 'unit = "an equipment class" in place of during'
            self.findings.add((*path, "between"), Problem("is for breakdowns of equipment", expected=expected))
        if table.consequence == "wait" and table.rate is None and table.repair is None:
            self.findings.add((*path, "repair"), Problem('"repair" is missing: how long the work waits'))
        for key in ("agent", "level"):
            if (table.consequence == "contaminate") != (getattr(table, key) is not None):
                expected = 'consequence = "contaminate" with agent = "bacteria" and level = "10 CFU/mL", say'
                self.findings.add((*path, key), Problem(f"contaminate and {key} belong together", expected=expected))
        if table.consequence == "contaminate" and table.repair is not None:
            noticed = Problem("nobody notices a contamination, so that nothing is repaired", expected="no repair")
            self.findings.add((*path, "repair"), noticed)
        if (table.consequence == "rework") != (table.back_to is not None):
            problem = "rework and back_to belong together"
            self.findings.add((*path, "back_to"), Problem(problem, expected='back_to = "an earlier procedure"'))
        elif table.back_to is not None and table.during in ids:
            earlier = ids[: ids.index(table.during) + 1]
            if table.back_to not in earlier:
                self.findings.add((*path, "back_to"), unknown("procedure", table.back_to, earlier))
