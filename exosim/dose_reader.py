"""Read what a dose is, and whether the scenario gives what counting it needs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from exosim import units
from exosim.declarations import Block
from exosim.errors import Problem, in_words, nearest_name, unknown
from exosim.findings import Findings
from exosim.operations import catalog
from exosim.quality import MEASURES
from exosim.quantities import read_number
from exosim.readings import DoseRule
from exosim.schema import ScenarioTable
from exosim.toml_source import KeyPath
from exosim.units import QuantityError
from exosim.vocabulary import DOSE_WORDS, DoseKind

_AMOUNTS: Mapping[DoseKind, str] = {
    "EV": "1e10 EV",
    "particle": "1e10 particle",
    "cell": "1e7 cell",
    "ug": "20 ug",
    "cell_equivalent": "4e7 cell_equivalent",
    "molecule": "1e13 molecule",
}
_DOSES = "one of " + ", ".join(f'"{amount}" ({DOSE_WORDS[kind]})' for kind, amount in _AMOUNTS.items())
_PATH: KeyPath = ("product", "dose")


def product_dose(table: ScenarioTable, findings: Findings) -> DoseRule:
    """Return what a dose of the product is; a diagnostic line may fill none, and its dose is then without end."""
    if table.product.dose is None and table.diagnostic is not None:
        return DoseRule(math.inf, "EV")
    return read_dose(table.product.dose, findings)


def read_dose(raw: Any, findings: Findings, path: KeyPath = _PATH) -> DoseRule:
    """Return what a dose is; what it counts follows from the dimension of its unit."""
    amount = 1.0
    kind: DoseKind = "EV"
    try:
        kind = _kind(raw)
        amount = read_number(raw, kind)
    except QuantityError as error:
        findings.add(path, Problem(error.problem, got=error.got, expected=_DOSES, nearest=error.nearest))
    if amount <= 0.0:
        findings.add(path, Problem("must be above 0", got=in_words(raw), expected=_DOSES))
    return DoseRule(amount, kind)


def _kind(raw: Any) -> DoseKind:
    """Return what a dose counts; what has no unit is read as EV, and refused there.

    Raises
    ------
    QuantityError
        when the unit is none that a dose can have.
    """
    unit = units.split(raw)[1] if isinstance(raw, str) else ""
    if not unit:
        return "EV"
    found = units.dimension(unit)
    kind = next((kind for kind in _AMOUNTS if units.dimension(kind) == found), None)
    if kind is not None:
        return kind
    per_weight = "/kg" in unit.replace(" ", "")
    hint = " (a dose is what one person gets: multiply by the body weight)" if per_weight else ""
    nearest = "molecule" if found == units.dimension("mol") else nearest_name(unit, _AMOUNTS)
    raise QuantityError(f"{unit} is no unit of a dose{hint}", in_words(raw), None, nearest)


def check_dose(table: ScenarioTable, findings: Findings, dose: DoseRule, path: KeyPath = _PATH) -> None:
    """Note what counting the dose needs and the scenario does not give."""
    if dose.kind == "molecule" and table.product.lot.mhc_ii is None and not findings.spoiled(("product", "lot")):
        problem = "a dose in molecule needs the MHC class II molecules on a vesicle"
        findings.add(path, Problem(problem, expected='product.lot.mhc_ii = "100 molecule/EV", say'))
    if table.diagnostic is not None and path == _PATH:
        _check_line(table, findings, dose)
    if dose.kind != "cell_equivalent":
        return
    for index, procedure in enumerate(table.unit_procedure):
        operation = catalog().get(procedure.operation)
        if operation is None or not (operation.source and operation.makes_vesicles):
            continue
        key, place = operation.tells_cells, ("unit_procedure", index)
        if key is None:
            problem = f"{procedure.operation} comes from no cells that a dose in cell_equivalent could count"
            findings.add((*place, "operation"), Problem(problem, expected="a culture or conditioned_medium"))
        elif key not in procedure.parameters:
            problem = "a dose in cell_equivalent needs the number of cells that conditioned the medium"
            findings.add((*place, "parameters", key), Problem(problem, expected=f'{key} = "1e6 cell/mL", say'))


def _check_line(table: ScenarioTable, findings: Findings, dose: DoseRule) -> None:
    """Note what a diagnostic line cannot have: cells to read, and doses that it does not fill."""
    if dose.kind == "cell":
        findings.add(_PATH, Problem("a diagnostic test reads vesicles, not cells", expected="no dose, or one in EV"))
    if dose.stated:
        return
    asked: list[KeyPath] = [("order", index, "doses") for index, one in enumerate(table.order) if one.doses is not None]
    asked += [("product", key) for key in ("course", "companion") if getattr(table.product, key) is not None]
    asked += [("warehouse", index) for index, _ in enumerate(table.warehouse)]
    asked += [
        ("attribute", index, "measure")
        for index, one in enumerate(table.attribute)
        if one.measure in MEASURES and MEASURES[one.measure].bottom == "dose"
    ]
    for path in asked:
        stands = path[0] == "product" or isinstance(findings.data.get(str(path[0])), list)
        place = path if stands else path[:1]
        findings.add(
            place, Problem("counts doses, and the scenario states none", expected='product.dose = "1e10 EV", say')
        )


def with_assay(table: ScenarioTable, findings: Findings, dose: DoseRule, assays: Mapping[str, Block]) -> DoseRule:
    """Return the dose with the assay that reports its protein; without one its true protein counts."""
    name = table.product.protein_assay
    if name is None:
        return dose
    if name not in assays:
        findings.add(("product", "protein_assay"), unknown("assay", name, assays))
        return dose
    reads = assays[name].words.get("reads")
    if reads not in (None, "", "protein"):
        problem = Problem(f"the assay {name} reads {reads}", expected='an assay of protein, such as method = "bca"')
        findings.add(("product", "protein_assay"), problem)
        return dose
    if dose.kind != "ug":
        findings.warnings.append(f"product.protein_assay is given but not used: a dose is counted in {dose.kind}")
        return dose
    return dataclasses.replace(dose, assay=name)
