"""Cost lines that no resource causes: charges by the lot, dose, delivery or time, and shares of other costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exosim.economics.costing import Charge, Costing
from exosim.economics.fixed import floor_area
from exosim.economics.ledger import CostLine, line_of
from exosim.economics.usage import NOBODY, Use

_USES = {
    "lot": ("lot", "started"),
    "dose": ("dose", "released"),
    "vial": ("material.vial", "consumed"),
    "dose*h": ("dose", "stored"),
    "vial*h": ("vial", "stored"),
    "shipment": ("shipment", "shipped"),
}
"""Resource and driver of what a charge is for one of."""
_TIMES = ("h", "m2*h")
CHARGED = (*_USES, *_TIMES)
"""Of what a charge can be the price: see :class:`~exosim.economics.costing.Charge`."""


def charge_lines(uses: Sequence[Use], costing: Costing, hours: float) -> Iterator[CostLine]:
    """Yield the lines of all charges."""
    for charge in costing.charges:
        yield from _of_time(charge, uses, costing, hours) if charge.per in _TIMES else _of_uses(charge, uses)


def _of_uses(charge: Charge, uses: Sequence[Use]) -> Iterator[CostLine]:
    counted = _USES[charge.per]
    for use in uses:
        if (use.resource, use.driver) == counted:
            line = line_of(use, charge.price, charge.category)
            yield line._replace(resource=f"charge.{charge.id}", step=charge.procedure or use.step)


def _of_time(charge: Charge, uses: Sequence[Use], costing: Costing, hours: float) -> Iterator[CostLine]:
    start = next((use.time for use in uses if use.driver == "passed"), 0.0)
    area = floor_area(uses, costing, hours) if charge.per == "m2*h" else 1.0
    resource, amount = f"charge.{charge.id}", area * hours
    yield CostLine(
        NOBODY, charge.procedure, resource, "passed", amount, charge.per, charge.price, charge.category, start
    )


def share_lines(lines: Sequence[CostLine], costing: Costing) -> list[CostLine]:
    """Return what is charged as a share of other costs: supervision, miscellaneous materials, overhead, royalty.

    Overhead is a share of the labor of operators, royalty of everything else.
    """
    numbers = costing.numbers
    shares = (
        ("supervision", numbers.supervision, "labor", "labor"),
        ("miscellaneous", numbers.miscellaneous, "materials", "materials"),
        ("overhead", numbers.overhead, "labor", "overhead"),
    )
    kept = [
        _share(line, name, share, category)
        for name, share, of, category in shares
        if share != 0.0
        for line in lines
        if line.category == of
    ]
    if numbers.royalty == 0.0:
        return kept
    return [*kept, *(_share(line, "royalty", numbers.royalty, "royalties") for line in (*lines, *kept))]


def _share(line: CostLine, name: str, share: float, category: str) -> CostLine:
    return line._replace(resource=f"economics.{name}", price=line.price * share, category=category)
