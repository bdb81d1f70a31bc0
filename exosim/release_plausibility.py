"""What of a laboratory can be read but does not fit together, or says more than it does."""

from __future__ import annotations

from collections.abc import Iterator

from exosim.declarations import Block, Declarations, TestDeclaration
from exosim.errors import Problem
from exosim.findings import Findings
from exosim.operations.vial_filling import VialFilling


def check_laboratory(declared: Declarations, findings: Findings) -> None:
    """Note what does not fit together once all sections are read; doubts only where there is no problem."""
    if declared.plant.release is None:
        return
    short = _too_few_vials(declared)
    if short is not None:
        findings.add(("release",), short)
    if not findings.problems:
        findings.warnings.extend(_doubts(declared))


def _too_few_vials(declared: Declarations) -> Problem | None:
    """Return the problem of a lot whose tests take more containers than its filling keeps back; None without one."""
    taken = sum(_typical(test.numbers, "vials", 0.0) for test in declared.plant.tests.values())
    for procedure in declared.procedures:
        if issubclass(procedure.operation.owner, VialFilling):
            kept = _retained(procedure.operation)
            if taken > kept:
                got = f"{taken:g} vials, {kept:g} retained"
                expected = f'{procedure.id}.retained = "{taken:g} vial" at least'
                return Problem("the tests of a lot take more vials than are retained", got=got, expected=expected)
    return None


def _doubts(declared: Declarations) -> Iterator[str]:
    """Yield what an analyst should look at, in words, with the address of what to change."""
    release = declared.plant.release
    if release is None:
        return
    asked_for = {attribute.assay for attribute in declared.attributes}
    for name, test in declared.plant.tests.items():
        if name not in asked_for and test.numbers.given:
            yield f"assay.{name}: every lot is tested, and no [[attribute]] asks for the result"
        yield from _of_test(name, test)
    for name, (block, _) in release.reviews.items():
        yield from _longer_than_it_takes(f"review.{name}", block)
    if release.closure is not None:
        yield from _longer_than_it_takes("release.deviation", release.closure)


def _of_test(name: str, test: TestDeclaration) -> Iterator[str]:
    yield from _longer_than_it_takes(f"assay.{name}", test.numbers)
    if _typical(test.numbers, "retests", 0.0) == 0.0:
        if "investigation" in test.numbers.given:
            yield f"assay.{name}.investigation is given but not used: there is no retest"
        if test.rule != "all":
            yield f"assay.{name}.rule is given but not used: there is no retest"


def _longer_than_it_takes(address: str, numbers: Block) -> Iterator[str]:
    """Yield work that is longer than the time in which it is done."""
    hands_on, duration = (_typical(numbers, key, 0.0) for key in ("hands_on", "duration"))
    if hands_on > duration > 0.0:
        yield f"{address}.hands_on: {hands_on:g} h of work are more than its duration of {duration:g} h"


def _retained(filling: Block) -> float:
    default = filling.parameters["retained"].default
    return _typical(filling, "retained", float(default) if default is not None else 0.0)


def _typical(numbers: Block, name: str, default: float) -> float:
    return numbers.given[name].quantity.typical if name in numbers.given else default
