"""Turn what was used into cost lines, at the prices of one world."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from exosim.economics.costing import Charge, Costing
from exosim.economics.fixed import fixed_costs
from exosim.economics.ledger import CostLedger, CostLine
from exosim.economics.usage import NOBODY, Use
from exosim.records import BatchRecord

LIQUID = "L"
_MATERIALS = frozenset({LIQUID, "g", "U", "mol"})
"""Units of what is a material; everything else that is used up is a consumable."""


def booked(uses: Sequence[Use], costing: Costing, batches: Sequence[BatchRecord]) -> CostLedger:
    """Return the cost ledger of one replication.

    Parameters
    ----------
    uses : what it used, as :func:`exosim.economics.usage.usage` tells it
    costing : the prices of its world
    batches : what became of each batch
    """
    hours = math.fsum(use.quantity for use in uses if use.driver == "passed")
    lines = [
        *_materials(uses, costing), *_labor(uses, costing), *_tests(uses, costing), *_utilities(uses, costing),
        *fixed_costs(uses, costing, hours), *_charges(uses, costing, hours),
    ]  # fmt: skip
    lines += _shares(lines, costing)
    released = math.fsum(use.quantity for use in uses if use.driver == "released")
    lines.sort(key=lambda line: (line.batch, line.time, line.step, line.resource, line.driver))
    idle = math.fsum(line.cost for line in lines if line.driver == "idle")
    return CostLedger(lines, batches, released, hours, costing.currency, idle, _unpriced(uses, costing))


def _line(use: Use, price: float, category: str, quantity: float | None = None) -> CostLine:
    amount = use.quantity if quantity is None else quantity
    return CostLine(use.batch, use.step, use.resource, use.driver, amount, use.unit, price, category, use.time)


def _materials(uses: Iterable[Use], costing: Costing) -> Iterator[CostLine]:
    """Yield what was used up, with what is prepared beyond it, and what is reused over the number of its uses."""
    for use in uses:
        if use.driver != "consumed":
            continue
        name = use.resource.removeprefix("material.")
        overage = costing.overage.get(name, costing.numbers.overage if use.unit == LIQUID else 0.0)
        price = costing.price(use.resource, use.step) / costing.cycles.get(name, 1.0)
        category = "materials" if use.unit in _MATERIALS else "consumables"
        yield _line(use, price, category, use.quantity * (1.0 + overage))


def _labor(uses: Sequence[Use], costing: Costing) -> Iterator[CostLine]:
    """Yield the hours at work of each batch, and on the staffing basis the hours that people are paid beyond them."""
    rate = 1.0 + costing.numbers.loading
    worked: dict[str, float] = defaultdict(float)
    for use in uses:
        if use.driver == "worked":
            worked[use.resource] += use.quantity
            yield _line(use, _wage(use, costing) * rate, "labor")
    for use in uses:
        if use.driver == "paid" and costing.labor_basis == "staffing":
            idle = use.quantity - worked[use.resource]
            yield _line(use, _wage(use, costing) * rate, "labor", idle)._replace(driver="idle")


def _wage(use: Use, costing: Costing) -> float:
    return costing.wages.get(use.resource.removeprefix("personnel."), 0.0)


def _tests(uses: Iterable[Use], costing: Costing) -> Iterator[CostLine]:
    for use in uses:
        if use.driver == "tested":
            yield _line(use, costing.price(use.resource), "quality")


def _utilities(uses: Iterable[Use], costing: Costing) -> Iterator[CostLine]:
    """Yield what was drawn of utilities, and the electricity of units while they are used."""
    electricity = costing.prices.get("economics.electricity", 0.0)
    for use in uses:
        if use.driver == "drawn":
            yield _line(use, costing.price(use.resource), "utilities")
        elif use.driver == "occupied":
            own = costing.equipment.get(use.resource.removeprefix("equipment."))
            if own is not None and own.power > 0.0:
                used = use.quantity * own.power
                line = _line(use, electricity, "utilities", used)
                yield line._replace(resource="economics.electricity", driver="drawn", unit="kWh")


def _charges(uses: Sequence[Use], costing: Costing, hours: float) -> Iterator[CostLine]:
    for charge in costing.charges:
        yield from _charged(charge, uses, costing, hours)


def _charged(charge: Charge, uses: Sequence[Use], costing: Costing, hours: float) -> Iterator[CostLine]:
    """Yield the lines of one charge: by the lot, dose or vial, or for the time that passes."""
    resource, step = f"charge.{charge.id}", charge.procedure
    if charge.per in ("h", "m2*h"):
        area = math.fsum(room.area for room in costing.rooms.values()) if charge.per == "m2*h" else 1.0
        start = next((use.time for use in uses if use.driver == "passed"), 0.0)
        yield CostLine(NOBODY, step, resource, "passed", area * hours, charge.per, charge.price, charge.category, start)
        return
    drivers = {"lot": "started", "dose": "released", "vial": "consumed"}
    for use in uses:
        counted = use.driver == drivers[charge.per] and (charge.per != "vial" or use.resource == "material.vial")
        if counted:
            yield _line(use, charge.price, charge.category)._replace(resource=resource, step=step or use.step)


def _shares(lines: Sequence[CostLine], costing: Costing) -> list[CostLine]:
    """Return what is charged as a share of other costs: supervision, miscellaneous materials, overhead, royalty."""
    numbers = costing.numbers
    direct = [
        _share(line, "supervision", numbers.supervision, "labor") for line in lines if line.category == "labor"
    ] + [
        _share(line, "miscellaneous", numbers.miscellaneous, "materials")
        for line in lines
        if line.category == "materials"
    ]
    direct += [_share(line, "overhead", numbers.overhead, "overhead") for line in lines if line.category == "labor"]
    kept = [line for line in direct if line.price != 0.0]
    royalties = [_share(line, "royalty", numbers.royalty, "royalties") for line in (*lines, *kept)]
    return [*kept, *(line for line in royalties if line.price != 0.0)]


def _share(line: CostLine, name: str, share: float, category: str) -> CostLine:
    return line._replace(resource=f"economics.{name}", price=line.price * share, category=category)


def _unpriced(uses: Iterable[Use], costing: Costing) -> Mapping[str, float]:
    """Return what was used and has no price."""
    found: dict[str, float] = defaultdict(float)
    for use in uses:
        if use.driver in ("consumed", "tested", "drawn"):
            known = f"{use.step}.{use.resource}" in costing.prices or use.resource in costing.prices
        elif use.driver in ("paid", "worked"):
            known = use.resource.removeprefix("personnel.") in costing.wages
        elif use.driver == "owned":
            known = f"{use.resource}.purchase" not in costing.unpriced
        else:
            known = True
        if not known:
            found[use.resource] += use.quantity
    return dict(found)
