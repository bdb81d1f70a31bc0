"""Read the tables of a scenario into declarations, and collect everything that is wrong with its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from exosim.addresses import address
from exosim.assay import LEVEL
from exosim.axis_checks import check_names
from exosim.companion import Companion
from exosim.companion_reader import CompanionReader
from exosim.contents import counted_like, with_dose
from exosim.culture.stimulus import Stimulus
from exosim.culture_reader import check_stimuli, given_numbers, read_effects, read_presets
from exosim.declarations import Block, Declarations, ProcedureDeclaration
from exosim.diagnostic_reader import read_diagnostic
from exosim.dose_reader import check_dose, product_dose, with_assay
from exosim.economics_reader import EconomicsReader
from exosim.errors import Problem, in_words, unknown
from exosim.findings import Findings
from exosim.operations import catalog
from exosim.operations.base import Hold, UnitOperation, VisitedOperation
from exosim.parameter import ASSUMPTION, declared
from exosim.patients import PatientNumbers
from exosim.plant import AMOUNT
from exosim.plant_reader import PlantReader
from exosim.plausibility import idle_rooms, run_doubts, sampling_doubts, vial_doubts
from exosim.procedure_tables import HoldTable, ProcedureTable, SharedRunTable
from exosim.product import ProteinSize, Vesicles, VesicleSize
from exosim.quantities import Given, read_number, read_quantity, read_source
from exosim.readings import DoseRule
from exosim.recipe import Common, Wait
from exosim.references import references
from exosim.regulatory_reader import RegulatoryReader
from exosim.release_plausibility import laboratory_doubts
from exosim.resource_reader import read_uses, read_utilities, unique
from exosim.scale_numbers import ScaleNumbers
from exosim.schema import FORMAT, ScenarioTable, read_structure, stands_in_procedure
from exosim.shared_run import SharedRunNumbers
from exosim.shared_run_reader import check_shared_runs
from exosim.specification_reader import SpecificationReader
from exosim.splits import read_split
from exosim.streams import Streams
from exosim.study_declaration import read_study
from exosim.toml_source import KeyPath
from exosim.units import QuantityError

_UNCHECKED_GRADE = "C"
_ADDED_MATTER = {"free_cargo", "polymer"}
"""Species whose diameter matters only where an operation brings them."""


class Reader:
    """One reading of one scenario; collects problems instead of stopping at the first."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.table: ScenarioTable
        self._add = findings.add
        self._grades: dict[str, str] = {}
        self._common = 0.0
        self._dose_beside: DoseRule | None = None
        self._utilities: Mapping[str, tuple[float, str]] = {}

    def read(self) -> Declarations | None:
        """Return the declarations, or None when the structure is beyond repair; the findings tell what is wrong."""
        table, wrong = read_structure(self.findings.data)
        self.findings.structure(wrong)
        if table is None:
            return None
        self.table = table
        self._check_format()
        check_names(table, self.findings)
        self._grades = self._source_grades(table)
        common = self._common_factor()
        self._utilities = read_utilities(table, self.findings)
        product = table.product
        dose = product_dose(table, self.findings)
        check_dose(table, self.findings, dose)
        self._companions = CompanionReader(table, self.findings, self._block)
        companion, companion_numbers = self._companions.read()
        self._dose_beside = companion.dose if companion is not None else None
        quality = SpecificationReader(table, self.findings, self._block)
        assays = quality.assays()
        dose = with_assay(table, self.findings, dose, assays)
        self._companions.check_attributes(dose, companion)
        procedures = self._procedures(dose, companion)
        size = self._block(VesicleSize, "product.ev_size", ("product", "ev_size"), _given(product.ev_size, VesicleSize))
        vesicles = self._block(Vesicles, "product", ("product",), _given(product, Vesicles))
        proteins = self._block(
            ProteinSize, "product.protein_size", ("product", "protein_size"), _given(product.protein_size, ProteinSize)
        )
        brought = {species for p in procedures for species in p.operation.owner.brings}
        proteins = dataclasses.replace(proteins, unused=frozenset(_ADDED_MATTER - brought))
        if dose.kind == "cell" and not any(p.operation.owner.makes_vesicles for p in procedures):
            size, vesicles, proteins = (_not_needed(block) for block in (size, vesicles, proteins))
            assays = {name: block if block.given else _not_needed(block) for name, block in assays.items()}
        declared = Declarations(
            procedures,
            size,
            vesicles,
            proteins,
            quality.lot(dose),
            common if any(p.shares_common_factor for p in procedures) else _not_needed(common),
            dose,
            quality.instrument(dose, assays),
            assays,
            tuple(quality.attributes(assays)),
            PlantReader(table, self.findings, self._block, self._utilities).read(),
            self._block(PatientNumbers, "product", ("product",), _given(product, PatientNumbers)),
            diagnostic=read_diagnostic(table.diagnostic, self.findings, self._block, self._grades),
            companion=companion,
            companion_numbers=companion_numbers,
        )
        check_shared_runs(declared, self.findings)
        economics = EconomicsReader(table, self.findings, self._block, self._grades).read()
        study = read_study(table.study, self.findings)
        declared = dataclasses.replace(declared, economics=economics, scale=self._scale(), study=study)
        by_design = RegulatoryReader(table, self.findings, list(declared.blocks()), self._grades).read()
        declared = dataclasses.replace(declared, by_design=by_design)
        if not self.findings.problems:
            for doubts in (vial_doubts, sampling_doubts, run_doubts, laboratory_doubts, idle_rooms):
                self.findings.warnings.extend(doubts(declared))
        return declared

    # -- sections -----------------------------------------------------------------------------------------------------

    def _check_format(self) -> None:
        if "format" not in self.findings.data:
            self.findings.warnings.append(f"format is missing: read as format = {FORMAT}")
        if self.table.format > FORMAT:
            problem = f"this exosim reads scenario formats up to {FORMAT}"
            upgrade = "a newer exosim: pip install --upgrade exosim-ev"
            self._add(("format",), Problem(problem, got=in_words(self.table.format), expected=upgrade))

    def _common_factor(self) -> Block:
        """Return the block of the common batch factor, and note its correlation for the quantities that share it."""
        block = self._block(Common, "common", ("common",), _given(self.table.common, Common))
        if "batch" in block.given:
            batch = block.given["batch"].quantity.typical
            if batch < 1.0:
                self._common = batch
            else:
                expected = "a correlation of at least 0 and below 1"
                problem = Problem("is outside its range", got=in_words(self.table.common.batch), expected=expected)
                self._add(("common", "batch"), problem)
        return block

    def _scale(self) -> Block | None:
        """Return how large a plant may become; None where the scenario does not say."""
        own = self.table.scale
        return None if own is None else self._block(ScaleNumbers, "scale", ("scale",), _given(own, ScaleNumbers))

    def _source_grades(self, table: ScenarioTable) -> dict[str, str]:
        """Return the grade of every source: the references of exosim and those that the scenario brings."""
        known = dict.fromkeys(references(), _UNCHECKED_GRADE)
        for key in table.sources:
            if key in known or key == ASSUMPTION:
                problem = f'the source key "{key}" is taken by exosim itself'
                self._add(("sources", key), Problem(problem, expected="another key"))
        return {**{key: source.grade for key, source in table.sources.items()}, **known}

    # -- procedures ---------------------------------------------------------------------------------------------------

    def _procedures(self, dose: DoseRule, companion: Companion | None) -> tuple[ProcedureDeclaration, ...]:
        tables = self.table.unit_procedure
        ids = [table.id for table in tables]
        if not tables:
            self._add(("unit_procedure",), Problem("must not be empty", got="an empty list", expected="at least one"))
        self._check_ids(ids)
        blind = self.findings.hides_streams() or len(set(ids)) < len(ids)
        streams = Streams(self._add, ids, blind, "viable_cells" if dose.kind == "cell" else "vesicles")
        found = []
        for index, table in enumerate(tables):
            operation = catalog().get(table.operation)
            if operation is None:
                self._add(("unit_procedure", index, "operation"), _no_operation(table.operation))
                streams.unknown(table.id)
                continue
            own = companion.dose if companion is not None and companion.after == table.id else dose
            found.append(self._procedure(index, table, operation, streams.feeds(index, table, operation), own))
        streams.finish()
        if companion is not None and not blind:
            self._companions.check_maker(companion, streams)
        return tuple(found)

    def _check_ids(self, ids: list[str]) -> None:
        unique(self.findings, "unit_procedure", "id", ids)
        for index, name in enumerate(ids):
            if name in ScenarioTable.model_fields:
                problem = f'a procedure may not have the name of a section: "{name}"'
                self._add(("unit_procedure", index, "id"), Problem(problem, expected="another id"))

    def _procedure(
        self, index: int, table: ProcedureTable, operation: type[UnitOperation], feeds: tuple[str, ...], dose: DoseRule
    ) -> ProcedureDeclaration:
        path: KeyPath = ("unit_procedure", index)
        block = self._operation(index, table, operation, dose)
        wait = self._block(Wait, table.id, path, _given(table, Wait))
        visited = issubclass(operation, VisitedOperation)
        if table.harvest_hold is not None and not visited:
            problem = f"{table.operation} has no harvests that wait"
            self._add((*path, "harvest_hold"), Problem(problem, expected="hold, or no such table"))
        waits = "expected_hold" in wait.given or table.hold is not None
        return ProcedureDeclaration(
            table.id,
            block,
            feeds,
            wait,
            self._hold(table.hold, table.id, path, "hold") if waits else None,
            self._hold(table.harvest_hold, table.id, path, "harvest_hold") if visited else None,
            self._longest_hold(table, path, wait),
            table.unit,
            table.operator,
            table.max_hold.breach if table.max_hold is not None else "deviation",
            table.waits_in,
            read_uses(table, path, self._utilities, self.findings),
            table.when_too_large,
            self._split(table, path),
            table.end,
            tuple(
                (self._block(Stimulus, f"{table.id}.stimulus.{one.id}", place, given_numbers(one)), one.acts_on)
                for place, one in check_stimuli(table, path, operation, self.findings)
            ),
            None if table.shared_run is None else self._shared_run(table.shared_run, table.id, path),
        )

    def _operation(self, index: int, table: ProcedureTable, operation: type[UnitOperation], dose: DoseRule) -> Block:
        """Return the block of the operation: what its presets bring, then what the scenario says."""
        path: KeyPath = ("unit_procedure", index)
        brought = read_presets(table, path, operation, self.findings)
        off = read_effects(table, path, operation, self.findings)
        raw = {**brought, **table.parameters}
        for name in sorted(set(off) & set(table.parameters)):
            place = address(self.findings.data, (*path, "parameters", name))
            self.findings.warnings.append(f"{place} is given but not used: its effect is switched off")
        wanted = {name: value for name, value in raw.items() if name not in off}
        block = self._block(operation, table.id, (*path, "parameters"), wanted, dose)
        given = {
            name: dataclasses.replace(g, origin="preset") if name not in table.parameters else g
            for name, g in block.given.items()
        }
        return dataclasses.replace(block, given=given, off=off)

    def _shared_run(self, table: SharedRunTable, id: str, path: KeyPath) -> Block:
        given = _given(table, SharedRunNumbers)
        return self._block(SharedRunNumbers, f"{id}.shared_run", (*path, "shared_run"), given)

    def _split(self, table: ProcedureTable, path: KeyPath) -> Block | None:
        if table.split is None:
            return None
        return read_split(table.split, f"{table.id}.split", (*path, "split"), self.findings, self._grades)

    def _hold(self, table: HoldTable | None, id: str, path: KeyPath, key: str) -> Block:
        given = _given(table, Hold) if table is not None else {}
        note = self._note(table, (*path, key)) if table is not None else {}
        for name, raw in given.items():
            own = raw if isinstance(raw, dict) else {"value": raw}
            given[name] = own if "source" in own else {**note, **own}
        return self._block(Hold, f"{id}.{key}", (*path, key), given)

    def _note(self, table: HoldTable, path: KeyPath) -> dict[str, str]:
        """Return the source and grade that a hold states for its numbers; they count where a number has none."""
        note = {name: text for name in ("source", "grade") if (text := getattr(table, name)) is not None}
        try:
            read_source(note, self._grades)
        except QuantityError as error:
            self.findings.quantity((*path, next(iter(note))), error)
            return {}
        return note

    def _longest_hold(self, table: ProcedureTable, path: KeyPath, wait: Block) -> float | None:
        if table.max_hold is None:
            return None
        place: KeyPath = (*path, "max_hold", "limit")
        try:
            limit = read_number(table.max_hold.limit, "h")
        except QuantityError as error:
            self.findings.quantity(place, error)
            return None
        if limit <= 0.0:
            self._add(place, Problem("must be above 0", got=in_words(table.max_hold.limit), expected="a time"))
        planned = wait.typical("expected_hold")
        if planned > limit:
            warning = f"{table.id}: the planned hold of {planned:g} h is above its limit of {limit:g} h"
            self.findings.warnings.append(warning)
        return limit

    # -- parameters ---------------------------------------------------------------------------------------------------

    def _block(
        self,
        owner: type[Any],
        prefix: str,
        path: KeyPath,
        raw: Mapping[str, Any],
        dose: DoseRule | None = None,
        *,
        amounts: str | None = None,
    ) -> Block:
        """Return the block with all its quantities read; problems are collected."""
        parameters = counted_like(dose, declared(owner))
        if amounts is not None:
            parameters = {
                n: dataclasses.replace(p, unit=amounts) if p.unit in (AMOUNT, LEVEL) else p
                for n, p in parameters.items()
            }
        given: dict[str, Given] = {}
        for name, value in raw.items():
            if name not in parameters:
                self._unknown_parameter(name, owner, (*path, name))
                continue
            try:
                folder = self.findings.folder((*path, name))
                enclosed = self.findings.enclosures.measured.get(f"{prefix}.{name}")
                given[name] = read_quantity(value, parameters[name], self._grades, self._common, folder, enclosed)
            except QuantityError as error:
                self.findings.quantity((*path, name), with_dose(error, parameters[name], self._address_of(dose)))
        complete = len(given) == len(raw) and issubclass(owner, UnitOperation)
        unused = self._check_together(owner, path, given) if complete else frozenset()
        return Block(owner, prefix, parameters, given, unused)

    def _address_of(self, dose: DoseRule | None) -> str:
        return "product.companion.dose" if dose is not None and dose is self._dose_beside else "product.dose"

    def _check_together(self, owner: type[UnitOperation], path: KeyPath, given: Mapping[str, Given]) -> frozenset[str]:
        """Report values that contradict each other; return the parameters that do not matter beside those given."""
        typical: dict[str, Any] = {name: g.quantity.typical for name, g in given.items()}
        operation = owner(**typical)
        for name, wrong in operation.problems():
            self._add((*path, name), Problem(wrong))
        written = self.table.unit_procedure[int(path[1])].parameters  # what a preset brings was nobody's choice
        for name in sorted(operation.unused() & set(given) & set(written)):
            place = address(self.findings.data, (*path, name))
            self.findings.warnings.append(f"{place} is given but not used: another value replaces it")
        return operation.unused()

    def _unknown_parameter(self, name: str, owner: type[Any], path: KeyPath) -> None:
        homes = [key for key, operation in catalog().items() if name in declared(operation)]
        self._add(path, stands_in_procedure(name) or unknown("key", name, declared(owner), homes))


def _no_operation(name: str) -> Problem:
    """Return why there is no operation of this name: nobody brings it, or who does cannot be used."""
    refusal = catalog().refusal(name)
    return Problem(refusal) if refusal is not None else unknown("operation", name, catalog())


def _not_needed(block: Block) -> Block:
    """Return a block that the process has no use for: its defaults do not matter."""
    return dataclasses.replace(block, unused=frozenset(block.parameters))


def _given(table: Any, owner: type[Any]) -> dict[str, Any]:
    """Return what a table gives of the parameters of `owner`."""
    return {name: getattr(table, name) for name in declared(owner) if getattr(table, name) is not None}
