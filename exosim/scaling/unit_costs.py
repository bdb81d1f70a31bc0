"""What one unit of each use costs, by category and world: the cost ledger is linear in what is used.

The same booking prices a screened plant and a simulated one (:func:`exosim.economics.booking.booked`): here it is asked
what one unit of each use costs, once in each world, and a plant then costs the sum over its uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.cost_numbers import CATEGORIES
from exosim.economics.booking import booked
from exosim.economics.costing import Costing
from exosim.economics.fixed import YEAR
from exosim.economics.usage import NOBODY, Use

Money: TypeAlias = NDArray[np.float64]
"""Shape (categories, worlds) [currency]."""
_PLACE = {category: place for place, category in enumerate(CATEGORIES)}
_PASSED = Use(NOBODY, "", "calendar", "passed", YEAR, "h", 0.0)


@dataclass(frozen=True)
class UnitCosts:
    """What one unit of everything costs.

    Attributes
    ----------
    each : of the uses of a lot, in their order, shape (uses, categories, worlds)
    dose : of a dose that is released
    paid : of an hour for which a person of a role is paid; nothing where people cost what they work
    owned : of a unit of an equipment class that is there for a year
    year : of a year in which nothing is done: rooms, and what is charged for time
    area : of a square meter of a room more for a year
    """

    each: NDArray[np.float64]
    dose: Money
    paid: Mapping[str, Money]
    owned: Mapping[str, Money]
    year: Money
    area: Mapping[str, Money]


def unit_costs(worlds: Sequence[Costing], uses: Sequence[Use], roles: Sequence[str]) -> UnitCosts:
    """Return what one unit of each use costs.

    Parameters
    ----------
    worlds : the prices of each
    uses : of one lot; their quantities do not matter
    roles : of the people who are paid
    """
    numbered = [use._replace(batch=place, quantity=1.0) for place, use in enumerate(uses)]
    dose = [Use(0, "", "dose", "released", 1.0, "dose", 0.0)]
    year = _of_year(worlds)

    def beyond(uses: list[Use]) -> Money:
        return _each(worlds, lambda costing: _by_category(costing, [_PASSED, *uses])) - year

    return UnitCosts(
        np.stack([_by_use(costing, numbered) for costing in worlds], axis=-1),
        _each(worlds, lambda costing: _by_category(costing, dose)),
        {role: beyond([Use(NOBODY, "", f"personnel.{role}", "paid", 1.0, "h", 0.0)]) for role in roles},
        {k: beyond([Use(NOBODY, "", f"equipment.{k}", "owned", YEAR, "h", 0.0)]) for k in worlds[0].equipment},
        year,
        {name: _of_year([_wider(costing, name) for costing in worlds]) - year for name in _sized(worlds)},
    )  # fmt: skip


def _each(worlds: Sequence[Costing], priced: Callable[[Costing], NDArray[np.float64]]) -> Money:
    return np.stack([priced(costing) for costing in worlds], axis=-1)


def _of_year(worlds: Sequence[Costing]) -> Money:
    return _each(worlds, lambda costing: _by_category(costing, [_PASSED]))


def _by_category(costing: Costing, uses: Sequence[Use]) -> NDArray[np.float64]:
    found = np.zeros(len(_PLACE))
    for line in booked(uses, costing, ()).lines:
        found[_PLACE[line.category]] += line.cost
    return found


def _by_use(costing: Costing, uses: Sequence[Use]) -> NDArray[np.float64]:
    """Return what each use costs by category; its batch is its place."""
    found = np.zeros((len(uses), len(_PLACE)))
    for line in booked([*uses, _PASSED], costing, ()).lines:
        if line.batch != NOBODY:
            found[line.batch, _PLACE[line.category]] += line.cost
    return found


def _sized(worlds: Sequence[Costing]) -> list[str]:
    return [name for name, room in worlds[0].rooms.items() if room.area > 0.0]


def _wider(costing: Costing, room: str) -> Costing:
    wider = replace(costing.rooms[room], area=costing.rooms[room].area + 1.0)
    return replace(costing, rooms={**costing.rooms, room: wider})
