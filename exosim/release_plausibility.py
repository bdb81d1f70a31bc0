"""What of a laboratory can be read but is odd: tests for nobody, work that does not fit into its time."""

from __future__ import annotations

from collections.abc import Iterator

from exosim.declarations import Block, Declarations, TestDeclaration


def laboratory_doubts(declared: Declarations) -> Iterator[str]:
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
    if test.numbers.typical("retests") == 0.0:
        if "investigation" in test.numbers.given:
            yield f"assay.{name}.investigation is given but not used: there is no retest"
        if test.rule != "all":
            yield f"assay.{name}.rule is given but not used: there is no retest"


def _longer_than_it_takes(address: str, numbers: Block) -> Iterator[str]:
    """Yield work that is longer than the time in which it is done."""
    hands_on, duration = (numbers.typical(key) for key in ("hands_on", "duration"))
    if hands_on > duration > 0.0:
        yield f"{address}.hands_on: {hands_on:g} h of work are more than its duration of {duration:g} h"
