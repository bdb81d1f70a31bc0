"""Plants sized for a demand: for each size of a lot the lots a year, units, people, rooms and what goes too far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.economics.fixed import YEAR
from exosim.plant import Plant
from exosim.scale_numbers import ScaleNumbers
from exosim.scaling.lots import Lots, Sizes

Bounds = tuple["Bound", ...]
_ENDLESS = 1e9
"""Lots a year that stand for lots without end, where none brings a dose."""


class Bound(NamedTuple):
    """Something of which a plant would need more than it may have.

    Attributes
    ----------
    kind : ``lots``, ``units``, ``people``, ``area``, ``room``, ``specification``, or why no such lot can be made
    need, most : how much is needed, and the most that there may be [unit]
    why : in words, with both numbers
    """

    kind: str
    need: float
    most: float
    unit: str
    why: str

    @property
    def excess(self) -> float:
        """How many times too much it is."""
        return self.need / self.most if self.most > 0.0 else np.inf


@dataclass(frozen=True)
class Premises:
    """What a technology has to build plants from.

    Attributes
    ----------
    plant : of the scenario
    stated, footprint : floor area of each room, and of one unit of each class [m2]
    purchase : of one unit of each class, typical, by size of the lot [currency]
    area_factor : purchase of equipment per floor area where neither room nor unit has an area [currency/m2]
    """

    plant: Plant
    stated: Mapping[str, float]
    footprint: Mapping[str, float]
    purchase: Mapping[str, Sizes]
    area_factor: float

    def taken(self, equipment: str) -> Sizes | float:
        """Return the floor area of one unit of a class [m2], by size of the lot: as stated, else by its purchase."""
        return self.footprint.get(equipment, 0.0) or self.purchase[equipment] / self.area_factor


@dataclass(frozen=True)
class Plants:
    """One plant for each size of a lot, all for the same demand; arrays of shape (sizes,)."""

    demand: float
    lots: Sizes
    units: Mapping[str, Sizes]
    people: Mapping[str, Sizes]
    area: Sizes
    room_area: Mapping[str, Sizes]
    room_capacity: Mapping[str, Sizes]
    bounds: tuple[Bounds, ...]

    @property
    def feasible(self) -> NDArray[np.bool_]:
        """Which of them can be built, shape (sizes,)."""
        return np.array([not found for found in self.bounds])


def plants(lots: Lots, premises: Premises, limits: ScaleNumbers, demand: float) -> Plants:
    """Return the plants that meet a demand in so many of the worlds as `limits` ask for.

    Parameters
    ----------
    lots : of a technology
    premises : what there is to build
    limits : how large a plant may become, and how full it may be planned
    demand : doses a year
    """
    counted_on = doses_counted_on(lots, limits)
    count = np.maximum(np.ceil(demand / np.maximum(counted_on, demand / _ENDLESS) * (1.0 - 1e-12)), 1.0)
    time = YEAR * limits.occupancy
    owned = {e.id: np.ones(len(count)) for e in premises.plant.equipment}
    for name, hours in lots.unit_hours.items():
        owned[name] = np.maximum(np.ceil(count * hours / time), lots.at_once[name])
    people = {
        role.id: np.maximum(
            np.ceil(count * lots.person_hours.get(role.id, 0.0) / (lots.on_duty[role.id] * time)),
            float(lots.crew[role.id]),
        )
        for role in premises.plant.roles
    }
    inside = {name: count * hours / time for name, hours in lots.room_hours.items()}
    capacity = {r.id: np.maximum(np.ceil(inside.get(r.id, 0.0 * count)), r.capacity) for r in premises.plant.rooms}
    rooms = _rooms(premises, owned)
    stated = any(premises.stated.values())
    taken = (premises.taken(name) * number for name, number in owned.items())
    area = np.asarray(sum(rooms.values() if stated else taken, start=0.0 * count))
    found = Plants(demand, count, owned, people, area, rooms, capacity, ())
    bounds = tuple(tuple(_bounds(lots, found, premises, limits, inside, place)) for place in range(len(count)))
    return Plants(demand, count, owned, people, area, rooms, capacity, bounds)


def doses_counted_on(lots: Lots, limits: ScaleNumbers) -> Sizes:
    """Return the doses that a started lot brings at least in so many of the worlds as are asked for."""
    return np.asarray(np.quantile(lots.doses, 1.0 - limits.certainty, axis=1, method="inverted_cdf"))


def _rooms(premises: Premises, owned: Mapping[str, Sizes]) -> dict[str, Sizes]:
    """Return the area of each room: as stated, and the footprint of what stands in it besides what the scenario has."""
    some = next(iter(owned.values()))
    found = {name: np.full(len(some), area) for name, area in premises.stated.items()}
    for one in premises.plant.equipment:
        if one.room is not None and premises.stated.get(one.room, 0.0) > 0.0:
            more = np.maximum(owned[one.id] - one.count, 0.0)
            found[one.room] = found[one.room] + more * premises.footprint.get(one.id, 0.0)
    return found


def _bounds(
    lots: Lots, own: Plants, premises: Premises, limits: ScaleNumbers, inside: Mapping[str, Sizes], place: int
) -> Iterator[Bound]:
    """Yield what a plant would need more of than it may have."""
    for limit in lots.impossible[place]:
        yield Bound(limit.kind, limit.value, limit.most, limit.unit, limit.why)
    doses = float(doses_counted_on(lots, limits)[place])
    if doses <= 0.0:
        share = f"{limits.certainty:.0%} of the worlds"
        yield Bound(
            "specification", 1.0, 0.0, "1", f"too few lots meet their specification: none brings doses in {share}"
        )
        return
    count = own.lots[place]
    if count > limits.most_lots:
        needed = f"{_number(count)} lots of {_number(doses)} doses"
        told = f"{needed} would be needed, {_most('lots', limits)} a year are the most"
        yield Bound("lots", count, limits.most_lots, "1/year", told)
    for kind, wanted in (("units", own.units), ("people", own.people)):
        most = limits.most_units if kind == "units" else limits.most_people
        for name, number in wanted.items():
            if number[place] > most:
                what = f"units of {name}" if kind == "units" else f"people of {name} on duty"
                told = f"{_number(number[place])} {what} would be needed, {_most(kind, limits)} are the most"
                yield Bound(kind, number[place], most, "1", told)
    if own.area[place] > limits.most_area:
        told = f"{_number(own.area[place])} m2 of floor would be needed, {_most('area', limits)} m2 are the most"
        yield Bound("area", own.area[place], limits.most_area, "m2", told)
    for room in premises.plant.rooms:
        if room.segregation == "batch" and inside.get(room.id, 0.0 * own.lots)[place] > 1.0:
            full = float(inside[room.id][place])
            told = f"{room.id} takes one lot at a time and would have to hold {full:.3g} at a time"
            yield Bound("room", full, 1.0, "1", told)


def _most(kind: str, limits: ScaleNumbers) -> str:
    return _number(getattr(limits, f"most_{kind}"))


def _number(value: float) -> str:
    return f"{value:,.0f}" if 10 <= value < 1e6 else units.show(float(value), "1", 3)
