"""Costs of what is there whether a batch is or not: equipment, building, rooms, maintenance, insurance, start-up.

A year of the cost of goods carries the average depreciation over the life, which is the same for every method: all of
them write off the cost less the salvage value. The schedule of the method, year by year, is for the cash flow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exosim.economics.capital import LangEstimate, estimate, installed_cost
from exosim.economics.costing import Costing
from exosim.economics.ledger import CostLine
from exosim.economics.usage import NOBODY, Use

YEAR = 8766.0
"""Hours of a year."""


@dataclass(frozen=True, slots=True)
class PlantCapital:
    """The fixed capital of a plant [currency].

    Attributes
    ----------
    equipment : by class; installed, or with what is not listed beside it, as the estimate has it
    building : everything else: rooms, piping, engineering, fees, contingency
    """

    equipment: Mapping[str, float]
    building: float

    @property
    def fixed(self) -> float:
        """The direct fixed capital."""
        return math.fsum(self.equipment.values()) + self.building


def capital_of(uses: Sequence[Use], costing: Costing, hours: float) -> PlantCapital:
    """Return the fixed capital: units of each class at their price, and the rest by the estimate of the scenario."""
    owned, purchase = _bought(uses, costing, hours)
    bought = math.fsum(purchase.values())
    if costing.estimate == "installed":
        installed = float(installed_cost(1.0, costing.numbers.installation))
        return PlantCapital({n: money * installed for n, money in purchase.items()}, _building(costing, owned))
    lang = LangEstimate(multiplier=costing.numbers.lang_factor, start_up=costing.numbers.start_up)
    of_one = (lang if costing.estimate == "lang" else estimate(costing.estimate)).capital(1.0)
    listed = float(of_one.purchase)
    return PlantCapital({n: money * listed for n, money in purchase.items()}, float(of_one.fixed - listed) * bought)


def _bought(uses: Sequence[Use], costing: Costing, hours: float) -> tuple[dict[str, float], dict[str, float]]:
    """Return the units that are there, and what they cost to buy, by class."""
    owned = {u.resource.removeprefix("equipment."): u.quantity / hours for u in uses if u.driver == "owned"}
    return owned, {n: count * costing.equipment[n].purchase for n, count in owned.items() if n in costing.equipment}


def floor_area(uses: Sequence[Use], costing: Costing, hours: float) -> float:
    """Return the floor area of the plant [m2]; see :func:`area_of`."""
    return area_of(costing, _bought(uses, costing, hours)[0])


def _building(costing: Costing, owned: Mapping[str, float]) -> float:
    """Return what the rooms cost; where none has an area, it follows from the equipment that stands in them."""
    if any(room.area for room in costing.rooms.values()):
        return math.fsum(room.area * room.building for room in costing.rooms.values())
    return area_of(costing, owned) * costing.prices.get("economics.building", 0.0)


def area_of(costing: Costing, owned: Mapping[str, float]) -> float:
    """Return the floor area [m2]: of the rooms, else what the equipment takes, else estimated from its purchase.

    Parameters
    ----------
    owned : units by class; a class that states no area takes its purchase over `area_factor`
    """
    stated = math.fsum(room.area for room in costing.rooms.values())
    if stated > 0.0:
        return stated
    factor, classes = costing.numbers.area_factor, costing.equipment
    kept = {name: count for name, count in owned.items() if name in classes}
    return math.fsum(
        count * (classes[name].footprint or classes[name].purchase / factor) for name, count in kept.items()
    )


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
    running = costing.prices.get("economics.utilities", 0.0) * YEAR
    if running and not any(room.area for room in costing.rooms.values()):
        yield _yearly("economics.utilities", floor_area(uses, costing, hours) * running, "facility", hours, start)


def _yearly(resource: str, money: float, category: str, hours: float, start: float) -> CostLine:
    """Return a cost of so much money a year, for the hours of the window."""
    return CostLine(NOBODY, "", resource, "passed", hours, "h", money / YEAR, category, start)
