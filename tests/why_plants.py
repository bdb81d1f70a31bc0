"""Lots of plain plants asked why: from a shop of `tests.facility.plants` to the spans of each batch."""

from __future__ import annotations

from collections.abc import Sequence

from exosim.attribution.causes import Span, by_cause
from exosim.attribution.holders import holders
from exosim.attribution.line_path import PlannedStep, Route
from exosim.attribution.lot_path import LotPath, lot_path
from exosim.attribution.lot_plan import plan_of
from exosim.attribution.off_time import OffTime
from exosim.attribution.own_events import own_events
from exosim.attribution.waits import LotWaits
from exosim.attribution.words import who
from exosim.planned_lot import planned_steps
from exosim.plant import Plant
from exosim.records import BatchRecord, Event, Run
from tests.facility.plants import Ran

UNDATED = OffTime()
"""Days without a date."""


def routed(ran: Ran, number: int, off: OffTime = UNDATED) -> tuple[Route, LotWaits]:
    """Return what a batch followed, and what explains its waits."""
    batch = ran.line.batches[number]
    takes = {
        (other.product, p.id): tuple(p.utilities)
        for other in ran.line.batches
        for p in other.production.procedures
        if p.utilities
    }
    held = holders(ran.run, ran.plant, takes)
    steps = planned_steps(ran.plant, batch.production.procedures, batch.production.lots, batch.lane)
    return Route(steps, ran.plant, held, off, ran.run.hours), LotWaits(held, ran.plant, ran.run.log, off)


def path_of(ran: Ran, number: int, off: OffTime = UNDATED) -> LotPath:
    """Return how the time of a batch went."""
    own = own_events(ran.run.log)[number]
    return lot_path(ran.run.batches[number], own, *routed(ran, number, off))


def hours(ran: Ran, number: int) -> dict[str, float]:
    """Return the hours of a batch by cause."""
    return by_cause(path_of(ran, number).critical)


def told(ran: Ran, number: int, cause: str) -> dict[str, float]:
    """Return on what, or by whom, the hours of one cause went, in words."""
    found: dict[str, float] = {}
    products = {batch.number: batch.campaign for batch in ran.run.batches}
    for span in path_of(ran, number).critical:
        if span.cause == cause:
            found[who(span, products)] = found.get(who(span, products), 0.0) + span.hours
    return found


def planned(ran: Ran, number: int) -> dict[str, float]:
    """Return the hours of a batch by cause as planned."""
    path = path_of(ran, number)
    return by_cause(plan_of(path, routed(ran, number)[0].steps, ran.run.batches[number].manufactured))


def in_laboratory(log: Sequence[Event], lot: BatchRecord, plant: Plant, end: float, *others: BatchRecord) -> LotPath:
    """Return how the time of a lot went of which a log was written by hand."""
    held = holders(Run(0, log, [lot, *others], end, 0), plant, {})
    steps = dict.fromkeys((event.procedure for event in log if event.event == "start"), PlannedStep([]))
    own = [event for event in log if event.batch == lot.number]
    return lot_path(lot, own, Route(steps, plant, held, UNDATED, end), LotWaits(held, plant, log, UNDATED))


def contiguous(spans: Sequence[Span], begin: float, end: float) -> None:
    """Assert that spans follow each other without a gap from `begin` to `end`."""
    edges = [begin, *(moment for span in spans for moment in (span.begin, span.end)), end]
    assert edges[0::2] == edges[1::2]
