"""Views of a cost ledger: by what its lines are added up. Every view is of all lines, so that all have one total.

The heads of cost are those of the tools and schools of the field: direct and indirect as in the theses of the group at
University College London, the heads of SuperPro Designer, the four of BioSolve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

from exosim.cost_numbers import CATEGORIES
from exosim.economics.ledger import CostLedger, CostLine, Key
from exosim.records import GOOD
from exosim.release import DEVIATION, is_job

View: TypeAlias = Callable[[CostLedger], Key]
"""What makes the key of the lines of a ledger."""
MONTH = 730.5
"""Hours of a month: a twelfth of a year."""
RELEASED, FAILED, UNFINISHED, NO_LOT = "lots that ended well", "failed lots", "lots under way at the end", "no lot"
DIRECT, INDIRECT = "direct: caused by what is made", "indirect: there with or without lots"
PEOPLE = "plant: people on duty, not at work"
_STANDING = frozenset({"equipment", "building", "maintenance", "insurance_tax", "facility", "validation", "overhead"})
_OF_TIME = frozenset({"idle", "passed"})
"""Drivers of what costs by the hour of the calendar."""
_CAPITAL = frozenset({"equipment", "building", "validation"})
_SUPERPRO: Mapping[str, str] = {
    "materials": "raw materials",
    "labor": "labor-dependent",
    **dict.fromkeys(_STANDING, "facility-dependent"),
    "quality": "laboratory, QC and QA",
    "consumables": "consumables",
    "waste": "waste treatment",
    "utilities": "utilities",
    "logistics": "transport",
    "royalties": "royalties",
    "fees": "miscellaneous",
}
_FOUR: Mapping[str, str] = {
    **dict.fromkeys(_CAPITAL, "capital charges"), "materials": "materials", "consumables": "consumables",
    "labor": "labor",
}  # fmt: skip


def category_title(category: str) -> str:
    """Return a category in words."""
    return category.replace("_", " and ")


def title_of(view: str, part: str) -> str:
    """Return what a part of a view is called in tables."""
    return f"{category_title(part)}: {CATEGORIES[part]}" if view == "category" and part in CATEGORIES else part


def by_category(_: CostLedger) -> Key:
    """Return what adds lines up by their category."""
    return lambda line: line.category


def by_step(_: CostLedger) -> Key:
    """Return what adds lines up by their step; all deviations are one, what is of no step goes by its category."""

    def key(line: CostLine) -> str:
        if line.step:
            return DEVIATION.rstrip(".") if line.step.startswith(DEVIATION) else line.step
        idle = line.driver == "idle" and line.category == "labor"
        return PEOPLE if idle else f"plant: {category_title(line.category)}"

    return key


def by_resource(_: CostLedger) -> Key:
    """Return what adds lines up by their resource."""
    return lambda line: line.resource


def by_directness(_: CostLedger) -> Key:
    """Return what adds lines up to direct and indirect cost.

    Indirect is what there is to pay with or without lots: capital and what follows from it, rooms, overhead, people on
    duty beyond their work, fees by the day. Materials, work, tests, utilities, waste are direct.
    """
    return lambda line: INDIRECT if line.category in _STANDING or line.driver in _OF_TIME else DIRECT


def by_superpro(ledger: CostLedger) -> Key:
    """Return what adds lines up to heads like those of SuperPro Designer.

    Work of the laboratory and of quality assurance stands with the tests. All that failed lots cost stands apart.
    """
    fate = by_fate(ledger)

    def key(line: CostLine) -> str:
        if fate(line) == FAILED:
            return "failed product"
        if line.category == "labor" and is_job(line.step):
            return _SUPERPRO["quality"]
        return _SUPERPRO[line.category]

    return key


def by_four(_: CostLedger) -> Key:
    """Return what adds lines up to the four heads of BioSolve: capital charges, materials, consumables, labor.

    Other is the rest: tests, maintenance, insurance, rooms, utilities, waste, logistics, fees, royalties, overhead.
    """
    return lambda line: _FOUR.get(line.category, "other")


def by_fate(ledger: CostLedger) -> Key:
    """Return what adds lines up by what became of their lots."""
    disposition = {batch.number: batch.disposition for batch in ledger.batches}

    def key(line: CostLine) -> str:
        if line.batch < 0:
            return NO_LOT
        ended = disposition.get(line.batch, "")
        return RELEASED if ended in GOOD else FAILED if ended == "rejected" else UNFINISHED

    return key


def by_product(ledger: CostLedger) -> Key:
    """Return what adds lines up by what their lots make: by campaign of a site."""
    product = {batch.number: batch.campaign for batch in ledger.batches}
    return lambda line: product.get(line.batch, "") or (NO_LOT if line.batch < 0 else "the product")


VIEWS: Mapping[str, View] = {
    "category": by_category,
    "step": by_step,
    "resource": by_resource,
    "direct": by_directness,
    "superpro": by_superpro,
    "four": by_four,
    "lots": by_fate,
    "product": by_product,
}
"""By name of the view: what makes the key of a line from its ledger."""


def by_month(ledger: CostLedger) -> dict[str, float]:
    """Return the sums by month of the window; what costs by the hour is spread over the months evenly [currency]."""
    months = max(math.ceil(ledger.hours / MONTH * (1.0 - 1e-12)), 1)
    spread = replace(ledger, lines=[part for line in ledger.lines for part in _spread(line, ledger, months)])
    found = spread.by(lambda line: _month(line, ledger, months))
    return {name: found[name] for name in (f"month {n + 1}" for n in range(months)) if name in found}


def _spread(line: CostLine, ledger: CostLedger, months: int) -> Iterator[CostLine]:
    if line.driver not in _OF_TIME or ledger.hours <= 0.0:
        yield line
        return
    for month in range(months):
        begin = month * MONTH
        share = (min(begin + MONTH, ledger.hours) - begin) / ledger.hours
        yield line._replace(quantity=line.quantity * share, time=ledger.start + begin)


def _month(line: CostLine, ledger: CostLedger, months: int) -> str:
    return f"month {min(max(int((line.time - ledger.start) // MONTH), 0), months - 1) + 1}"


def rounded(parts: Mapping[str, float], places: int = 2) -> dict[str, float]:
    """Return parts rounded so that they add up to their rounded total: the largest remainders are rounded up.

    Parameters
    ----------
    parts : money by name
    places : digits after the point; negative: before it
    """
    unit = Decimal(1).scaleb(-places)
    exact = {name: Decimal(value) / unit for name, value in parts.items()}
    whole = {name: value.to_integral_value("ROUND_FLOOR") for name, value in exact.items()}
    total = (Decimal(math.fsum(parts.values())) / unit).to_integral_value(ROUND_HALF_EVEN)
    missing = int(total - sum(whole.values(), Decimal(0)))
    by_remainder = sorted(parts, key=lambda name: (whole[name] - exact[name], name))
    return {name: float((whole[name] + (name in by_remainder[:missing])) * unit) for name in parts}
