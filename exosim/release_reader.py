"""Read what a lot goes through after its recipe: the work of the assays, reviews, closures of deviations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from exosim.declarations import Block, ReleaseDeclaration, RoleDeclaration, TestDeclaration
from exosim.errors import Problem, unknown
from exosim.findings import Findings
from exosim.quality_tables import AssayTable, ReviewTable
from exosim.release import ClosureNumbers, ReviewNumbers, TestNumbers
from exosim.resource_reader import given, unique
from exosim.schema import ScenarioTable
from exosim.toml_source import KeyPath

_WORK = ("analyst", "unit", "sample_after")


@dataclass(frozen=True)
class ReleaseReader:
    """One reading of the release of one scenario.

    Attributes
    ----------
    table, findings, block : the scenario as tables, what takes the problems, and what reads the numbers of one owner
    equipment, roles : that the scenario declares, by id
    """

    table: ScenarioTable
    findings: Findings
    block: Callable[..., Block]
    equipment: Mapping[str, object]
    roles: Mapping[str, RoleDeclaration]

    def release(self) -> ReleaseDeclaration | None:
        """Return what every lot goes through; None where the scenario has no release."""
        table = self.table.release
        reviews = dict(self._reviews())
        if table is None:
            return ReleaseDeclaration(reviews=reviews) if reviews else None
        self._known("role", table.analyst, self.roles, ("release", "analyst"))
        self._known("procedure", table.sample_after, self._procedures(), ("release", "sample_after"))
        closure = None
        if table.deviation is not None:
            place: KeyPath = ("release", "deviation")
            closure = self.block(ClosureNumbers, "release.deviation", place, given(table.deviation, ClosureNumbers))
            self._worker(table.deviation.role, table.deviation.hands_on, place)
        closed_by = table.deviation.role if table.deviation is not None else None
        return ReleaseDeclaration(table.analyst, table.sample_after, table.conditional, closure, closed_by, reviews)

    def tests(self) -> Iterator[tuple[str, TestDeclaration]]:
        """Yield the assays as work of the laboratory."""
        for index, table in enumerate(self.table.assay):
            path: KeyPath = ("assay", index)
            self._known("role", table.analyst, self.roles, (*path, "analyst"))
            self._known("equipment", table.unit, self.equipment, (*path, "unit"))
            self._known("procedure", table.sample_after, self._procedures(), (*path, "sample_after"))
            numbers = given(table, TestNumbers)
            block = self.block(TestNumbers, f"assay.{table.id}", path, numbers)
            self._check_analyst(table, path)
            self._check_people(table, block, path)
            yield (
                table.id,
                TestDeclaration(block, table.analyst, table.unit, table.sample_after, table.rule, table.confirmatory),
            )

    def check(self, release: ReleaseDeclaration | None) -> None:
        """Note what does not fit together: work of assays without a release, and attributes that nobody can test."""
        if release is None:
            for table in self.table.assay:
                said = [*given(table, TestNumbers), *(key for key in _WORK if getattr(table, key) is not None)]
                if said:
                    what = f"assay.{table.id}.{said[0]} is given but not used: the scenario has no [release]"
                    self.findings.warnings.append(what)
            return
        if release.conditional and not any(table.confirmatory for table in self.table.assay):
            problem = Problem(
                "no assay is confirmatory", expected="confirmatory = true in an [[assay]] that takes long"
            )
            self.findings.add(("release", "conditional"), problem)

    def _reviews(self) -> Iterator[tuple[str, tuple[Block, ReviewTable]]]:
        unique(self.findings, "review", "id", [table.id for table in self.table.review])
        for index, table in enumerate(self.table.review):
            path: KeyPath = ("review", index)
            self._worker(table.role, table.hands_on, path)
            block = self.block(ReviewNumbers, f"review.{table.id}", path, given(table, ReviewNumbers))
            yield table.id, (block, table)

    def _worker(self, role: str | None, hands_on: object, path: KeyPath) -> None:
        self._known("role", role, self.roles, (*path, "role"))
        if hands_on is not None and role is None and self.roles:
            problem = Problem('"role" is missing: who works on it', expected="one of " + ", ".join(self.roles))
            self.findings.add((*path, "role"), problem)

    def _check_analyst(self, table: AssayTable, path: KeyPath) -> None:
        release = self.table.release
        if release is None or table.hands_on is None or table.analyst or release.analyst or not self.roles:
            return
        expected = "one of " + ", ".join(self.roles) + ", here or in [release]"
        self.findings.add((*path, "analyst"), Problem('"analyst" is missing: who works on it', expected=expected))

    def _check_people(self, table: AssayTable, block: Block, path: KeyPath) -> None:
        role = self.roles.get(table.analyst or (self.table.release.analyst if self.table.release else None) or "")
        if role is None or "people" not in block.given:
            return
        needed = block.typical("people")
        there = role.numbers.typical("headcount", 1.0)
        if needed > there:
            expected = f"at most {there:g}, the headcount"
            self.findings.add(
                (*path, "people"), Problem("is more than the role has", got=f"{needed:g}", expected=expected)
            )

    def _procedures(self) -> list[str]:
        return [procedure.id for procedure in self.table.unit_procedure]

    def _known(self, what: str, name: str | None, known: object, path: KeyPath) -> None:
        """Note a name that nothing has."""
        names = list(known)  # type: ignore[call-overload]
        if name is not None and name not in names and (names or what != "procedure"):
            self.findings.add(path, unknown(what, name, names))
