"""Read the companion of a product, and whether the recipe makes what its doses count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from exosim.companion import Companion, CompanionNumbers, Of
from exosim.declarations import Block
from exosim.dose_reader import check_dose, read_dose
from exosim.errors import Problem, unknown
from exosim.findings import Findings
from exosim.operations import catalog
from exosim.quality import AGENTS, MEASURES
from exosim.quality_tables import AttributeTable
from exosim.readings import DoseRule
from exosim.resource_reader import given
from exosim.schema import ScenarioTable
from exosim.streams import Streams
from exosim.toml_source import KeyPath

_PATH: KeyPath = ("product", "companion")
_TOLD_OF_CELLS = ("viable_cells", "protein", "dna", "endotoxin", *AGENTS)
"""What measures of cells may be about."""


@dataclass(frozen=True)
class CompanionReader:
    """One reading of the companion of one scenario.

    Attributes
    ----------
    table, findings, block : the scenario as tables, what takes the problems, and what reads the numbers of one owner
    """

    table: ScenarioTable
    findings: Findings
    block: Callable[..., Block]

    def read(self) -> tuple[Companion | None, Block | None]:
        """Return the companion with the block of its numbers; None where the product has none."""
        table = self.table.product.companion
        if table is None:
            self._check_none()
            return None, None
        dose = read_dose(table.dose, self.findings, (*_PATH, "dose"))
        check_dose(self.table, self.findings, dose, (*_PATH, "dose"))
        block = self.block(CompanionNumbers, "product.companion", _PATH, given(table, CompanionNumbers))
        life = block.typical("shelf_life") if "shelf_life" in block.given else None
        return Companion(table.name, dose, table.after, life), block

    def check_maker(self, companion: Companion, streams: Streams) -> None:
        """Note a procedure that cannot make the companion: there is none, it makes something else, or it goes on."""
        name, path, ids = companion.after, (*_PATH, "after"), [one.id for one in self.table.unit_procedure]
        if name not in ids:
            self.findings.add(path, unknown("procedure", name, ids))
            return
        wanted = "viable_cells" if companion.dose.kind == "cell" else "vesicles"
        if name == self._last_maker():
            problem = f"{name} makes the product itself"
            self.findings.add(path, Problem(problem, expected="an earlier procedure, with end = true"))
        elif self._read_dose_well() and streams.holds(name) not in (wanted, "anything"):
            what = "cells" if wanted == "viable_cells" else "vesicles"
            problem = f"{name} makes no {what}, which a dose in {companion.dose.kind} counts"
            self.findings.add(path, Problem(problem, expected=f"a procedure whose product holds {what}"))
        elif (user := streams.user(name)) is not None:
            problem = f"the product of {name} feeds {user}, and doses of the companion leave where they are made"
            self.findings.add(path, Problem(problem, expected=f"end = true on {name}, and other feeds of {user}"))

    def check_attributes(self, dose: DoseRule, companion: Companion | None) -> None:
        """Note attributes about what neither product holds, and assays that would read samples of both."""
        kinds: dict[Of, str] = {"product": dose.kind}
        if companion is not None:
            kinds["companion"] = companion.dose.kind
        for index, table in enumerate(self.table.attribute):
            if table.measure in MEASURES and table.of in kinds:
                self._check_measure(table, ("attribute", index), kinds)
        self._check_assays()

    def _read_dose_well(self) -> bool:
        """Return whether the dose could be read, so that what it counts is known."""
        return not self.findings.spoiled(_PATH) and all(
            problem.path != "product.companion.dose" for problem in self.findings.problems
        )

    def _check_none(self) -> None:
        """Note attributes of a companion that is not there."""
        for index, table in enumerate(self.table.attribute):
            if table.of == "companion" and not self.findings.spoiled(_PATH):
                problem = Problem("the product has no companion", expected="[product.companion], or no such key")
                self.findings.add(("attribute", index, "of"), problem)

    def _check_measure(self, table: AttributeTable, path: KeyPath, kinds: Mapping[Of, str]) -> None:
        cells, of = kinds[table.of] == "cell", MEASURES[table.measure]
        whose = f"the {table.of} is {'cells' if cells else 'vesicles'}"
        if of.top == "viable_cells" and not cells and self._makes_something():
            problem = Problem(f"{table.measure} is of cells, and {whose}", expected=self._elsewhere(table.of, kinds))
            self.findings.add((*path, "measure"), problem)
        elif table.of == "companion" and cells and of.top not in _TOLD_OF_CELLS:
            fitting = ", ".join(name for name, one in MEASURES.items() if one.top in _TOLD_OF_CELLS)
            problem = Problem(f"{table.measure} is of vesicles, and {whose}", expected=f"one of {fitting}")
            self.findings.add((*path, "measure"), problem)

    def _elsewhere(self, of: Of, kinds: Mapping[Of, str]) -> str:
        other = next((name for name, kind in kinds.items() if name != of and kind == "cell"), None)
        return f'of = "{other}"' if other is not None else 'a dose in cell, such as "1e8 cell"'

    def _makes_something(self) -> bool:
        made = [catalog().get(table.operation) for table in self.table.unit_procedure]
        return None not in made and not all(one.plain for one in made if one is not None)

    def _check_assays(self) -> None:
        """Note an assay that reports on both products: their samples are not the same."""
        first: dict[str, Of] = {}
        for index, table in enumerate(self.table.attribute):
            if table.assay is not None and first.setdefault(table.assay, table.of) != table.of:
                problem = f"{table.assay} reports on the {first[table.assay]} already, and one sample is of one product"
                self.findings.add(("attribute", index, "assay"), Problem(problem, expected="an [[assay]] of its own"))

    def _last_maker(self) -> str | None:
        made = [(table.id, catalog().get(table.operation)) for table in self.table.unit_procedure]
        return next((name for name, one in reversed(made) if one is None or not one.plain), None)


def of_companion(attributes: Sequence[AttributeTable], assay: str) -> bool:
    """Return whether an assay reports on the companion alone."""
    about = {one.of for one in attributes if one.assay == assay}
    return about == {"companion"}
