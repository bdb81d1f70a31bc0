"""The tests of a lot: what was reported each time, beside what was true, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from exosim.misev import method_name
from exosim.quality import Attribute, in_words
from exosim.quality_by_design import limits_text
from exosim.reasons import LotHistory
from exosim.records import Event
from exosim.release import ASSAY

_SAME = 1e-9
"""Relative distance within which a result that is worked out again is the one in the log."""


@dataclass(frozen=True, slots=True)
class ReportedResult:
    """One result of one attribute.

    Attributes
    ----------
    hour : when it was there, hours after the start of the run
    attempt : 0 for the first result, then the number of the retest
    value : as reported
    true : what an assay without bias and error would report; None where the log no longer tells
    met : whether it is within the limits
    """

    hour: float
    attempt: int
    value: float
    true: float | None
    met: bool


@dataclass(frozen=True, slots=True)
class TestOfLot:
    """One attribute of a lot with its limits and all its results.

    Attributes
    ----------
    attribute, measure, unit, limits : what was tested, in words, and within which limits
    assay, method : by which assay; empty where the attribute is known as it is
    replicates : single results of which a reported one is the mean
    critical : whether it is a critical quality attribute
    of : whether it is one of the product or of its companion
    results : in order; none where it was not tested
    verdict : of the assay by its rule for retests: "pass", "fail", or empty while it is open
    """

    __test__ = False

    attribute: str
    measure: str
    unit: str
    limits: str
    assay: str
    method: str
    replicates: int
    critical: bool
    of: str
    results: tuple[ReportedResult, ...]
    verdict: str


def tests_of(history: LotHistory) -> tuple[TestOfLot, ...]:
    """Return the specification of a lot with its results, in the order of the scenario."""
    return tuple(_test(history, attribute) for attribute in history.product.declarations.attributes)


def _test(history: LotHistory, attribute: Attribute) -> TestOfLot:
    assay = attribute.assay or ""
    tested = history.production.release is not None
    results = tuple(_results(history, attribute.id, assay)) if tested else ()
    replicates = 1.0
    if assay:
        replicates = history.product.declarations.assays[assay].typical("replicates", 1.0)
    return TestOfLot(
        attribute.id, in_words(attribute.measure), attribute.about.unit,
        limits_text(attribute.at_least, attribute.at_most, attribute.about.unit), assay,
        method_name(history.product, attribute.assay), int(replicates), attribute.critical, attribute.of,
        results,
        _verdict(history.events, assay, results),
    )  # fmt: skip


def _verdict(events: Sequence[Event], assay: str, results: Sequence[ReportedResult]) -> str:
    if not assay:
        return "" if not results else "pass" if results[-1].met else "fail"
    given = [event.note for event in events if event.event == "verdict" and event.procedure == f"{ASSAY}{assay}"]
    return given[-1] if given and results else ""


def _results(history: LotHistory, attribute: str, assay: str) -> Iterator[ReportedResult]:
    address = f"{ASSAY}{assay}" if assay else ""
    found = [
        event
        for event in history.events
        if event.event == "result" and event.procedure == address and event.phase == attribute
    ]
    for attempt, event in enumerate(found):
        true = _true(history, attribute, assay, attempt, event)
        yield ReportedResult(event.time, attempt, event.amount, true, event.note == "met")


def _true(history: LotHistory, attribute: str, assay: str, attempt: int, event: Event) -> float | None:
    """Return what was true at a result: worked out again, and only where the reported value comes out as in the log."""
    known = history.production.results
    if known is None:
        return None
    again = known.of(history.lane, assay, attempt, _contamination(history.events, event))
    one = next(reported for reported in again if reported.attribute == attribute)
    same = math.isclose(one.value, event.amount, rel_tol=_SAME, abs_tol=1e-300) or one.value == event.amount
    return float(one.true) if same and np.isfinite(one.true) else None


def _contamination(events: Sequence[Event], result: Event) -> dict[str, float]:
    """Return the organisms that were in a lot when a result came, by agent [CFU/mL]."""
    found: dict[str, float] = {}
    for event in events:
        if event is result:
            break
        if event.event == "contaminated":
            found[event.phase] = found.get(event.phase, 0.0) + event.amount
    return found
