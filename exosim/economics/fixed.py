"""Costs of what is there whether a batch is or not: equipment, building, rooms, maintenance, insurance, start-up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exosim.cost_numbers import CapitalEstimate
from exosim.economics.costing import Costing
from exosim.economics.ledger import CostLine
from exosim.economics.usage import NOBODY, Use

YEAR = 8766.0
"""Hours of a year."""
_MULTIPLIERS: Mapping[CapitalEstimate, float] = {"light": 4.33, "standard": 5.30, "gmp_purification": 9.99}


@dataclass(frozen=True, slots=True)
class Capital:
    """The fixed capital of a plant [currency].

    Attributes
    ----------
    equipment : by class, installed
    building : everything else: rooms, engineering, fees, contingency
    """

    equipment: Mapping[str, float]
    building: float

    @property
    def fixed(self) -> float:
        """The direct fixed capital."""
        return math.fsum(self.equipment.values()) + self.building


def capital_of(uses: Sequence[Use], costing: Costing, hours: float) -> Capital:
    """Return the fixed capital: units of each class at their price, and the rest by the estimate of the scenario."""
    owned = {u.resource.removeprefix("equipment."): u.quantity / hours for u in uses if u.driver == "owned"}
    purchase = {n: count * costing.equipment[n].purchase for n, count in owned.items() if n in costing.equipment}
    bought = math.fsum(purchase.values())
    if costing.estimate == "installed":
        installed = {name: money * (1.0 + costing.numbers.installation) for name, money in purchase.items()}
        return Capital(installed, _building(costing, bought))
    factor = costing.numbers.lang_factor if costing.estimate == "lang" else _MULTIPLIERS[costing.estimate]
    return Capital(purchase, (factor - 1.0) * bought)


def _building(costing: Costing, bought: float) -> float:
    """Return what the rooms cost; where none has an area, it follows from the equipment that stands in them."""
    if any(room.area for room in costing.rooms.values()):
        return math.fsum(room.area * room.building for room in costing.rooms.values())
    return area_of(costing, bought) * costing.prices.get("economics.building", 0.0)


def area_of(costing: Costing, bought: float) -> float:
    """Return the floor area [m2]: of the rooms, else estimated from the purchase of equipment."""
    stated = math.fsum(room.area for room in costing.rooms.values())
    return stated if stated > 0.0 else bought / costing.numbers.area_factor


def fixed_costs(uses: Sequence[Use], costing: Costing, hours: float) -> Iterator[CostLine]:
    """Yield the costs of capital and rooms over the window."""
    numbers, capital = costing.numbers, capital_of(uses, costing, hours)
    start = next((use.time for use in uses if use.driver == "passed"), 0.0)
    rest = 1.0 - numbers.salvage
    for name, money in capital.equipment.items():
        life = costing.equipment[name].life
        yield _yearly(f"equipment.{name}", money * rest / life, "equipment", hours, start)
    yield _yearly("building", capital.building * rest / numbers.building_life, "building", hours, start)
    shares = {
        "maintenance": numbers.maintenance,
        "insurance_tax": numbers.insurance + numbers.local_tax + numbers.factory_expense,
    }
    for category, share in shares.items():
        yield _yearly(f"economics.{category}", capital.fixed * share, category, hours, start)
    yield _yearly(
        "economics.start_up", capital.fixed * numbers.start_up / numbers.project_life, "validation", hours, start
    )
    for name, room in costing.rooms.items():
        yield _yearly(f"room.{name}", room.area * room.utilities * YEAR, "facility", hours, start)


def _yearly(resource: str, money: float, category: str, hours: float, start: float) -> CostLine:
    """Return a cost of so much money a year, for the hours of the window."""
    return CostLine(NOBODY, "", resource, "passed", hours, "h", money / YEAR, category, start)
