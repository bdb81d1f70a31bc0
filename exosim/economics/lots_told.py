"""What is charged by the lot, the test, the dose: lots started and released, tests, storage and deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import groupby

import numpy as np

from exosim.economics.usage import Use
from exosim.records import GOOD, BatchRecord
from exosim.release import ASSAY
from exosim.service.warehouse import Movement
from exosim.window import Window

Attended = Set[tuple[str, str]]
"""Product and address of each test that waits for people or a unit before it begins."""


def tested(window: Window, attended: Attended) -> Iterator[Use]:
    """Yield the tests that the laboratory began, retests as well; a lot that is lost before is not tested.

    A test counts once with all of its replicates: they are how the method reports one result.
    """
    product = {batch.number: batch.campaign for batch in window.run.batches}
    for name in ("ask", "begin"):
        for event in window.by_event[name]:
            address = event.procedure
            if not address.startswith(ASSAY) or event.time < window.start:
                continue
            if ((product[event.batch], address) in attended) == (name == "begin"):
                yield Use(event.batch, address, address, "tested", 1.0, "1", event.time)


def lots(window: Window) -> Iterator[Use]:
    """Yield the lots that are started in the window, and the doses and vesicles that are released in it."""
    for batch in window.batches:
        yield Use(batch.number, "", "lot", "started", 1.0, "lot", batch.started)
    for batch in _released(window):
        ended = batch.ended or 0.0
        yield Use(batch.number, "", "dose", "released", batch.doses, "dose", ended)
        if batch.product is not None:
            vesicles = float(np.sum(batch.product.vesicles))
            yield Use(batch.number, "", "vesicles", "contained", vesicles, "EV", ended)


def _released(window: Window) -> Iterator[BatchRecord]:
    return (batch for batch in window.ended if batch.disposition in GOOD)


def stored(window: Window) -> Iterator[Use]:
    """Yield doses and vials in the warehouse, times hours: from release until they leave, expire, or the run ends."""
    vials = dict(_vials_per_dose(window))
    for move in window.dispatch.movements:
        sign = 1.0 if move.kind == "in" else -1.0
        hours = sign * move.doses * window.inside(move.time, window.run.hours)
        time = max(move.time, window.start)
        yield Use(move.batch, "", "dose", "stored", hours, "dose*h", time)
        if move.batch in vials:
            yield Use(move.batch, "", "vial", "stored", hours * vials[move.batch], "vial*h", time)


def _vials_per_dose(window: Window) -> Iterator[tuple[int, float]]:
    for batch in window.run.batches:
        if batch.product is not None and round(batch.doses) >= 1:
            vials = float(np.sum(batch.product.vials)) - float(np.sum(batch.product.retained_vials))
            if vials > 0.0:
                yield batch.number, vials / round(batch.doses)


def shipped(window: Window) -> Iterator[Use]:
    """Yield the deliveries: those of orders from stock, shared among their lots; else one of each lot released."""
    kept = {rules.product for rules in window.plant.demand.warehouses}
    for batch in _released(window):
        if batch.campaign not in kept and batch.doses > 0.0:
            yield Use(batch.number, "", "shipment", "shipped", 1.0, "shipment", batch.ended or 0.0)
    left = [move for move in window.dispatch.movements if move.kind == "shipped" and move.time >= window.start]
    for _, together in groupby(left, key=lambda move: (move.time, move.order)):
        yield from _shared(list(together))


def _shared(delivery: list[Movement]) -> Iterator[Use]:
    """Yield the shares of the lots in one delivery."""
    doses = sum(move.doses for move in delivery)
    for move in delivery:
        yield Use(move.batch, "", "shipment", "shipped", move.doses / doses, "shipment", move.time)
