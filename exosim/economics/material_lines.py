"""Cost lines of materials: what was used up and prepared beyond it, what expired, is replaced or thrown away."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence

from exosim.economics.costing import Costing
from exosim.economics.ledger import CostLine, line_of
from exosim.economics.masses import is_device, is_liquid, mass
from exosim.economics.usage import NOBODY, Use

_SLACK = 1e-9
"""Share of a column by which a sum of many uses may exceed a whole number of them."""


def material_lines(uses: Sequence[Use], costing: Costing) -> Iterator[CostLine]:
    """Yield what was used up and what expired; what is reused costs its share of a cycle.

    Liquids are prepared beyond what is used (overage); what expires in stock was prepared already.
    """
    for use in uses:
        if use.driver not in ("consumed", "expired"):
            continue
        name, price = material_of(use), costing.price(use.resource, use.step)
        if use.driver == "expired":
            yield line_of(use, price, _category(name))
        else:
            yield line_of(use, price / costing.cycles.get(name, 1.0), _category(name), prepared(use, costing))
    if costing.reuse == "whole":
        yield from _replaced(uses, costing)
    yield from _waste(uses, costing)


def material_of(use: Use) -> str:
    """Return the key of a material: ``buffer`` of ``material.buffer``."""
    return use.resource.removeprefix("material.")


def prepared(use: Use, costing: Costing) -> float:
    """Return how much of a material is prepared or bought for a use, in the unit of the use."""
    name = material_of(use)
    return use.quantity * (1.0 + costing.overage.get(name, costing.numbers.overage if is_liquid(name) else 0.0))


def _category(material: str) -> str:
    return "consumables" if is_device(material) else "materials"


def _replaced(uses: Sequence[Use], costing: Costing) -> Iterator[CostLine]:
    """Yield what is left of the last column or membrane of each step: it is bought whole, however few its cycles are.

    A column has the size that a run of the step uses, which is the middle of what its batches used.
    """
    found: dict[tuple[str, str], list[Use]] = defaultdict(list)
    for use in uses:
        if use.driver == "consumed" and costing.cycles.get(material_of(use), 1.0) > 1.0:
            found[use.resource, use.step].append(use)
    for (resource, step), each in found.items():
        cycles, name = costing.cycles[material_of(each[0])], material_of(each[0])
        size = statistics.median_low(prepared(use, costing) for use in each)
        spent = math.fsum(prepared(use, costing) for use in each) / cycles
        rest = math.ceil(spent / size * (1.0 - _SLACK)) * size - spent
        if rest > 0.0:
            price, begun = costing.price(resource, step), min(use.time for use in each)
            yield CostLine(NOBODY, step, resource, "replaced", rest, each[0].unit, price, _category(name), begun)


def _waste(uses: Sequence[Use], costing: Costing) -> Iterator[CostLine]:
    """Yield what it costs to throw away liquids, by volume, and things, by mass, at the end of their cycles."""
    liquid, solid = (costing.prices.get(f"economics.{kind}_waste", 0.0) for kind in ("liquid", "solid"))
    for use in uses if liquid or solid else ():
        if use.driver not in ("consumed", "expired"):
            continue
        name, amount = material_of(use), prepared(use, costing) if use.driver == "consumed" else use.quantity
        if liquid and is_liquid(name):
            yield line_of(use, liquid, "waste", amount)._replace(resource="economics.liquid_waste")
        elif solid and is_device(name):
            kilograms = mass(name, amount) / costing.cycles.get(name, 1.0)
            yield line_of(use, solid, "waste", kilograms)._replace(resource="economics.solid_waste", unit="kg")
