"""Read the specification: the assays, the instrument of the product, and the quality attributes with their limits."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exosim.addresses import DEFAULT_INSTRUMENT, address
from exosim.assay import READS, Assay, Reads
from exosim.assay_methods import methods
from exosim.assay_plausibility import idle, unfit_method, window_problem
from exosim.cargo_contents import CARGO
from exosim.cargo_readings import CARGO_HEADLINES
from exosim.cell_readings import CELL_HEADLINES
from exosim.companion import PAIR_HEADLINES
from exosim.companion_reader import of_companion
from exosim.declarations import Block
from exosim.diagnostic import DIAGNOSTIC_HEADLINES
from exosim.errors import Problem, in_words, unknown
from exosim.findings import Findings
from exosim.lot_properties import LotProperties
from exosim.operations import catalog
from exosim.parameter import declared
from exosim.potency import POTENCY_HEADLINES
from exosim.procedure_tables import ProcedureTable
from exosim.quality import AGENTS, GIVEN, MARKERS, MEASURES, Attribute, Measure
from exosim.quality_tables import AssayTable, AttributeTable, LimitsTable
from exosim.quantities import read_number
from exosim.readings import ALL_ATTRIBUTES, HEADLINES, DoseRule
from exosim.resource_reader import given, unique
from exosim.schema import ScenarioTable
from exosim.toml_source import KeyPath
from exosim.units import QuantityError, show

_DETECTION = frozenset(
    {"detection_limit", "detection_width", "upper_size", "counts_vesicles", "counts_nonvesicular"}
    | {"counts_lipoproteins", "window_low", "window_high", "dilution", "tracks"}
)
_OF_ORGANISMS = frozenset({"volume_tested"})
_OF_AMOUNTS = frozenset(
    {"bias", "between_laboratories", "between_days", "repeatability", "replicates", "quantification_limit"}
)
_REPORTED = frozenset((*HEADLINES, *POTENCY_HEADLINES, *CARGO_HEADLINES, *CELL_HEADLINES, *PAIR_HEADLINES)) | frozenset(
    (*DIAGNOSTIC_HEADLINES, ALL_ATTRIBUTES)
)
_AT_THE_END = ("endotoxin", "potency")
"""What is read of the product alone: no operation of the recipe makes it."""
_LABEL = 'limits = { at_least = …, at_most = … }, or label = "1e10 particle/vial" with tolerance = "20 %"'


@dataclass(frozen=True)
class SpecificationReader:
    """One reading of the specification of one scenario.

    Attributes
    ----------
    table, findings, block : the scenario as tables, what takes the problems, and what reads the numbers of one owner
    """

    table: ScenarioTable
    findings: Findings
    block: Callable[..., Block]

    def assays(self) -> dict[str, Block]:
        """Return the numbers of the assays by id; the default instrument need not stand in the file."""
        unique(self.findings, "assay", "id", [table.id for table in self.table.assay])
        named = self.table.product.instrument or DEFAULT_INSTRUMENT
        blocks = {}
        for index, table in enumerate(self.table.assay):
            block = self._of_method(index, table, self._read(index, table, named))
            blocks[table.id] = self._without_unused(block, index, table, named)
        if named == DEFAULT_INSTRUMENT or named not in blocks:
            default = Block(Assay, f"assay.{DEFAULT_INSTRUMENT}", declared(Assay), unused=_OF_ORGANISMS)
            blocks.setdefault(DEFAULT_INSTRUMENT, default)
        return blocks

    def _read(self, index: int, table: AssayTable, instrument: str) -> Reads:
        """Return what an assay reads: as its method does, or what the attributes that name it are about."""
        if table.method is not None:
            if table.method in methods():
                return methods()[table.method].reads
            self.findings.add(("assay", index, "method"), unknown("method", table.method, methods()))
        if table.id == instrument:
            return "particles"
        if table.id == self.table.product.protein_assay:
            return "protein"
        about = [MEASURES[a.measure] for a in self.table.attribute if a.assay == table.id and a.measure in MEASURES]
        asked = ["protein" if one.bottom == "protein" else one.top for one in about]
        return next((what for what in READS if what in asked), "")

    def _of_method(self, index: int, table: AssayTable, reads: Reads) -> Block:
        """Return the block of an assay: what its method brings, then what the scenario says."""
        method = methods().get(table.method or "")
        own = given(table, Assay)
        raw = {**(method.parameters if method is not None else {}), **own}
        block = self.block(Assay, f"assay.{table.id}", ("assay", index), raw, amounts=READS[reads])
        if wrong := window_problem(block):
            self.findings.add(("assay", index, "window_low"), wrong)
        brought = {n: dataclasses.replace(g, origin="preset") for n, g in block.given.items() if n not in own}
        samples = self._samples(index, table, reads)
        words = {"noise": table.noise, "reads": reads, "one_run": table.one_run, "samples": samples}
        return dataclasses.replace(block, given={**block.given, **brought}, words=words)

    def _samples(self, index: int, table: AssayTable, reads: Reads) -> tuple[str, ...]:
        """Return the ids of the procedures after which an assay reads a sample, that of the product last."""
        procedures = [one.id for one in self.table.unit_procedure if not _only_takes_time(one)]
        asked = procedures if table.steps == "all" else table.steps or []
        if not isinstance(asked, list):
            expected = '"all" or a list of ids of procedures'
            self.findings.add(("assay", index, "steps"), Problem("is no list", got=in_words(asked), expected=expected))
            asked = []
        for place, name in enumerate(asked):
            if name not in procedures:
                self.findings.add(("assay", index, "steps", place), unknown("procedure", str(name), procedures))
        cells = re.search(r"\bcells?\b", str(self.table.product.dose)) is not None
        idling = idle(reads, cells=cells, endotoxin=self.table.product.lot.endotoxin is not None)
        if idling and (asked or table.method in methods()):
            self.findings.warnings.append(f"assay.{table.id} reads no sample: {idling}")
        if not reads or not procedures or cells or of_companion(self.table.attribute, table.id):
            return ()
        before = [name for name in procedures[:-1] if name in asked and reads not in _AT_THE_END]
        return (*before, procedures[-1])

    def instrument(self, dose: DoseRule, assays: Mapping[str, Block]) -> str:
        """Return the id of the assay that counts particles."""
        name = self.table.product.instrument
        if name is None and dose.kind == "particle":
            warning = f"product.instrument is missing: doses are counted by {DEFAULT_INSTRUMENT}"
            self.findings.warnings.append(warning)
        if name is not None and name not in assays:
            self.findings.add(("product", "instrument"), unknown("assay", name, assays))
            return DEFAULT_INSTRUMENT
        reads = assays[name].words.get("reads") if name else None
        if reads and reads != "particles":
            expected = 'an assay that counts particles, such as method = "nta"'
            self.findings.add(("product", "instrument"), Problem(f"the assay {name} reads {reads}", expected=expected))
        return name or DEFAULT_INSTRUMENT

    def lot(self, dose: DoseRule) -> Block:
        """Return what the scenario says of the lots of the product."""
        path: KeyPath = ("product", "lot")
        raw = given(self.table.product.lot, LotProperties)
        asked: set[str] = {MEASURES[a.measure].top for a in self.table.attribute if a.measure in MEASURES}
        known = (methods().get(assay.method or "") for assay in self.table.assay)
        asked |= {method.reads for method in known if method is not None}
        asked |= {"potency", *(["mhc_ii"] if dose.kind == "molecule" else [])}
        for name in raw:
            if name not in asked:
                whose = "the dose does not count it" if name == "mhc_ii" else "no attribute and no assay asks for it"
                warning = f"product.lot.{name} is given but not used: {whose}"
                self.findings.warnings.append(warning)
        return self.block(LotProperties, "product.lot", path, raw)

    def attributes(self, assays: Mapping[str, Block]) -> Iterator[Attribute]:
        """Yield the quality attributes."""
        unique(self.findings, "attribute", "id", [table.id for table in self.table.attribute])
        for index, table in enumerate(self.table.attribute):
            path: KeyPath = ("attribute", index)
            if table.id in _REPORTED:
                problem = f'"{table.id}" is the name of a reported figure'
                self.findings.add((*path, "id"), Problem(problem, expected="another id"))
            if table.assay is not None and table.assay not in assays:
                self.findings.add((*path, "assay"), unknown("assay", table.assay, assays))
            if table.measure not in MEASURES:
                self.findings.add((*path, "measure"), unknown("measure", table.measure, MEASURES))
                continue
            self._check_known(table, path, assays)
            self._check_method(table, path)
            self._check_made(table.measure, path)
            self._check_vials(table.measure, path)
            low, high = self._range(table, path)
            self._check_fraction(table.measure, low, path)
            sizes = self._sizes(table, path)
            yield Attribute(table.id, table.measure, table.assay, low, high, table.critical, sizes, table.of)

    def _without_unused(self, block: Block, index: int, table: AssayTable, instrument: str) -> Block:
        """Return the block of an assay without the numbers that do not matter for what it reports."""
        reported = {a.measure for a in self.table.attribute if a.assay == table.id and a.measure in MEASURES}
        of_organisms = {measure for measure in reported if MEASURES[measure].top in AGENTS}
        counts = block.words["reads"] == "particles" or any(MEASURES[measure].counts for measure in reported)
        unused = dict.fromkeys([] if counts else _DETECTION, "this assay counts no particles")
        if not of_organisms:
            unused |= dict.fromkeys(_OF_ORGANISMS, "this assay tests for no organisms")
        elif of_organisms == reported and not counts:
            unused |= dict.fromkeys(_OF_AMOUNTS, "a test for organisms finds them or does not")
        for name in sorted(set(unused) & set(block.given)):
            place = address(self.findings.data, ("assay", index, name))
            self.findings.warnings.append(f"{place} is given but not used: {unused[name]}")
        return dataclasses.replace(block, unused=frozenset(unused))

    def _check_known(self, table: AttributeTable, path: KeyPath, assays: Mapping[str, Block]) -> None:
        """Note what an attribute needs and the scenario does not give."""
        measure = MEASURES[table.measure]
        given_there = measure.top not in GIVEN or getattr(self.table.product.lot, measure.top) is not None
        if not given_there and not self.findings.spoiled(("product", "lot")):
            unit = declared(LotProperties)[measure.top].unit
            wanted = "a fraction" if unit == "1" else f"a quantity in {unit}"
            problem = f"{table.measure} needs the true value of the lots"
            self.findings.add((*path, "measure"), Problem(problem, expected=f"product.lot.{measure.top}: {wanted}"))
        known = assays.get(table.assay or "")
        if measure.top in AGENTS and known is not None and "volume_tested" not in known.given:
            problem = f"the assay {table.assay} finds organisms in the volume that it tests, and that is missing"
            expected = 'volume_tested = "10 mL", say, in its [[assay]]'
            self.findings.add((*path, "assay"), Problem(problem, expected=expected))

    def _check_method(self, table: AttributeTable, path: KeyPath) -> None:
        """Note an attribute about what the method of its assay does not read."""
        named = (assay.method for assay in self.table.assay if assay.id == table.assay)
        method = methods().get(next(named, None) or "")
        wrong = None if method is None else unfit_method(MEASURES[table.measure], table.measure, method)
        if wrong is not None:
            self.findings.add((*path, "assay"), wrong)

    def _check_made(self, name: str, path: KeyPath) -> None:
        """Note a measure of what the recipe does not make: it would report 0 for every lot."""
        made = [catalog().get(table.operation) for table in self.table.unit_procedure]
        if not made or None in made:
            return
        if any(one.makes_vesicles for one in made if one is not None):
            self._check_loaded(name, path, {species for one in made if one is not None for species in one.brings})
            return
        nothing = all(one.plain for one in made if one is not None)
        missing = [other for other, measure in MEASURES.items() if _needs_a_product(measure, cells=not nothing)]
        if name in missing:
            problem = f"the recipe makes no vesicles of which {name} could be measured"
            expected = "one of " + ", ".join(other for other in MEASURES if other not in missing)
            self.findings.add((*path, "measure"), Problem(problem, expected=expected))

    def _check_vials(self, name: str, path: KeyPath) -> None:
        """Note a content of vials where the product is in none."""
        made = [table.operation for table in self.table.unit_procedure if not _only_takes_time(table)]
        if MEASURES[name].bottom == "vial" and made and "vial_filling" not in made:
            others = ", ".join(other for other, of in MEASURES.items() if of.bottom == "volume")
            problem = f"{name} needs vials, and the recipe has no vial_filling"
            self.findings.add((*path, "measure"), Problem(problem, expected=f"such as {others}"))

    def _check_loaded(self, name: str, path: KeyPath, brought: set[str]) -> None:
        """Note a measure of cargo where no operation brings any."""
        if MEASURES[name].top in CARGO and "free_cargo" not in brought:
            problem = f"no operation of the recipe brings a cargo of which {name} could be measured"
            self.findings.add((*path, "measure"), Problem(problem, expected="cargo_loading in the recipe"))

    def _check_fraction(self, name: str, low: float | None, path: KeyPath) -> None:
        """Note a limit that no lot could meet."""
        of = MEASURES[name]
        fraction = of.top in MARKERS or of.bottom in ("particles", "all cargo", "all cells")
        if low is not None and low > 1.0 and fraction:
            problem = Problem("a fraction is never above 1", got=show(low, "1"), expected="0..1")
            self.findings.add((*path, "limits", "at_least"), problem)

    def _sizes(self, table: AttributeTable, path: KeyPath) -> tuple[float, float] | None:
        """Return the diameters between which the particles of an attribute count [nm]."""
        in_range = MEASURES[table.measure].bottom == "particles"
        if in_range and table.sizes is None:
            expected = 'sizes = { at_least = "50 nm", at_most = "400 nm" }, say'
            self.findings.add(path, Problem('"sizes" is missing', expected=expected))
        if table.sizes is None:
            return None
        if not in_range:
            problem = f"{table.measure} takes no sizes"
            self.findings.add((*path, "sizes"), Problem(problem, expected='measure = "particles_in_size_range"'))
            return None
        low, high = self._limits(table.sizes, (*path, "sizes"), "nm")
        return 0.0 if low is None else low, math.inf if high is None else high

    def _range(self, table: AttributeTable, path: KeyPath) -> tuple[float | None, float | None]:
        """Return the limits of an attribute: as they stand, or those of a label claim with its tolerance."""
        unit, claims = MEASURES[table.measure].unit, table.label is not None or table.tolerance is not None
        if (table.limits is None) != claims:
            problem = '"limits" is missing' if table.limits is None else "has limits and a label"
            self.findings.add(path, Problem(problem, expected=_LABEL))
            return None, None
        if table.limits is not None:
            return self._limits(table.limits, (*path, "limits"), unit)
        if table.label is None or table.tolerance is None:
            missing = "label" if table.label is None else "tolerance"
            self.findings.add(path, Problem(f'"{missing}" is missing', expected=_LABEL))
            return None, None
        label = self._limit(table.label, (*path, "label"), unit)
        tolerance = self._limit(table.tolerance, (*path, "tolerance"), "1")
        if tolerance is not None and tolerance >= 1.0:
            wrong = Problem("must be below 1", got=in_words(table.tolerance), expected='"20 %", say')
            self.findings.add((*path, "tolerance"), wrong)
        if label is None or tolerance is None:
            return None, None
        return label * (1.0 - tolerance), label * (1.0 + tolerance)

    def _limits(self, table: LimitsTable, path: KeyPath, unit: str) -> tuple[float | None, float | None]:
        low, high = (self._limit(getattr(table, key), (*path, key), unit) for key in ("at_least", "at_most"))
        if table.at_least is None and table.at_most is None:
            self.findings.add(path, Problem("is empty", expected="at_least, at_most or both"))
        elif low is not None and high is not None and low > high:
            got = f"{show(low, unit)} and {show(high, unit)}"
            self.findings.add(path, Problem("at_least is above at_most", got=got))
        return low, high

    def _limit(self, raw: Any, path: KeyPath, unit: str) -> float | None:
        try:
            limit = None if raw is None else read_number(raw, unit)
        except QuantityError as error:
            self.findings.quantity(path, error)
            return None
        if limit is not None and limit < 0.0:
            self.findings.add(path, Problem("must be at least 0", got=in_words(raw)))
        return limit


def _only_takes_time(table: ProcedureTable) -> bool:
    operation = catalog().get(table.operation)
    return operation is not None and operation.plain


def _needs_a_product(measure: Measure, *, cells: bool) -> bool:
    """Return whether a measure is about what operations make, and not of what the scenario says of its lots.

    Parameters
    ----------
    measure : what is asked for
    cells : whether operations make cells, in a volume with what else is in it, but no vesicles
    """
    if cells:
        return measure.top in ("particles", "vesicles", "potency", *CARGO)
    return measure.top not in (*GIVEN, *AGENTS) or measure.bottom == "dose"
