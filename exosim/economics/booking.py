"""Turn what was used into cost lines, at the prices of one world."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from exosim.economics.charges import charge_lines, share_lines
from exosim.economics.costing import Costing
from exosim.economics.fixed import fixed_costs
from exosim.economics.ledger import CostLedger, CostLine, Occupation, line_of
from exosim.economics.material_lines import material_lines
from exosim.economics.people_lines import people_lines
from exosim.economics.usage import Use
from exosim.records import BatchRecord


def booked(uses: Sequence[Use], costing: Costing, batches: Sequence[BatchRecord]) -> CostLedger:
    """Return the cost ledger of one replication.

    Parameters
    ----------
    uses : what it used, as :func:`exosim.economics.recording.usage` tells it
    costing : the prices of its world
    batches : what became of each batch
    """
    hours = math.fsum(use.quantity for use in uses if use.driver == "passed")
    lines = [
        *material_lines(uses, costing), *people_lines(uses, costing), *_tests(uses, costing),
        *_utilities(uses, costing), *fixed_costs(uses, costing, hours), *charge_lines(uses, costing, hours),
    ]  # fmt: skip
    lines += share_lines(lines, costing)
    lines.sort(key=attrgetter("batch", "time", "step", "resource", "driver"))
    idle = math.fsum(line.cost for line in lines if line.driver == "idle")
    released = math.fsum(use.quantity for use in uses if use.driver == "released")
    return CostLedger(
        lines, batches, released, hours, costing.currency, idle, _unpriced(uses, lines, costing),
        math.fsum(use.quantity for use in uses if use.driver == "contained"),
        sum(use.driver == "released" for use in uses), _occupation(uses),
        next((use.time for use in uses if use.driver == "passed"), 0.0),
    )  # fmt: skip


def _tests(uses: Iterable[Use], costing: Costing) -> Iterator[CostLine]:
    for use in uses:
        if use.driver == "tested":
            yield line_of(use, costing.price(use.resource), "quality")


def _utilities(uses: Iterable[Use], costing: Costing) -> Iterator[CostLine]:
    """Yield what was drawn of utilities, and the electricity of units while they are used."""
    electricity = costing.prices.get("economics.electricity", 0.0)
    for use in uses:
        if use.driver == "drawn":
            yield line_of(use, costing.price(use.resource), "utilities")
        elif use.driver == "occupied" and (drawn := electricity_of(use, costing)) > 0.0:
            line = line_of(use, electricity, "utilities", drawn)
            yield line._replace(resource="economics.electricity", driver="drawn", unit="kWh")


def electricity_of(use: Use, costing: Costing) -> float:
    """Return the electricity of a unit that is used [kWh]; 0 where its power is not known."""
    own = costing.equipment.get(use.resource.removeprefix("equipment."))
    return 0.0 if own is None else use.quantity * own.power


def _occupation(uses: Iterable[Use]) -> Mapping[str, Occupation]:
    """Return by class for how long units are there, and for how long each batch occupied them."""
    owned, taken = dict[str, float](), defaultdict[str, dict[int, float]](dict)
    for use in uses:
        if use.driver == "owned":
            owned[use.resource] = use.quantity
        elif use.driver == "occupied" and use.batch >= 0:
            of = taken[use.resource]
            of[use.batch] = of.get(use.batch, 0.0) + use.quantity
    return {name: Occupation(hours, taken[name]) for name, hours in owned.items()}


def _unpriced(uses: Iterable[Use], lines: Sequence[CostLine], costing: Costing) -> Mapping[str, float]:
    """Return what was used and has no price; rooms of known area whose running costs nothing count by their area."""
    found: dict[str, float] = defaultdict(float)
    for use in uses:
        if use.driver in _PRICED and not _is_priced(use, costing):
            found[use.resource] += use.quantity
    area = math.fsum(room.area for room in costing.rooms.values())
    if area > 0.0 and not any(line.category == "facility" and line.price for line in lines):
        found["economics.utilities"] = area
    return dict(found)


_PRICED = frozenset({"consumed", "expired", "tested", "drawn", "worked", "paid", "owned"})
"""Drivers of what has a price of its own."""


def _is_priced(use: Use, costing: Costing) -> bool:
    if use.driver in ("worked", "paid"):
        return use.resource.removeprefix("personnel.") in costing.wages
    if use.driver == "owned":
        return f"{use.resource}.purchase" not in costing.unpriced
    return use.resource in costing.prices or f"{use.step}.{use.resource}" in costing.prices
