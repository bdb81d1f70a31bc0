"""The prices of a costing: what stands for what, of which year, on which source."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from exosim.cost_words import money, span
from exosim.distributions import Distribution
from exosim.economics.costing import RoomCost
from exosim.economics.fixed import YEAR
from exosim.economics.ledger import CostLedger, CostLine
from exosim.economics_builder import costing
from exosim.economics_declaration import EconomicsDeclaration
from exosim.price_reader import PriceDeclaration
from exosim.summaries import Row

if TYPE_CHECKING:
    from exosim.scenario import Scenario

_OF_THE_PLANT = "economics"
_KEYS = ("price", "purchase", "wage")
Share: TypeAlias = tuple[str, float]
"""Address of a price, and the share of the money of a line that is spent at it."""
_ENDS = (("low", 0.05), ("high", 0.95))


@dataclass(frozen=True, slots=True)
class Price(Row):
    """A price of what a run used.

    Attributes
    ----------
    address : by which ``--set`` changes it, such as ``material.buffer.price``
    value : as it is given, in its own currency and year
    currency, year : of the value
    source, grade : the evidence; ``assumption`` where there is none
    origin : ``scenario`` or ``price list``
    listed : key of the price list; empty of one's own
    assumed : whether it counts as an assumption: without a year or without a source
    per_year : what is spent at this price, mean of a year in the money of the scenario
    """

    address: str
    value: str
    currency: str
    year: int | None
    source: str
    grade: str
    origin: str
    listed: str
    assumed: bool
    per_year: float


def prices_of(scenario: Scenario, ledgers: Sequence[CostLedger]) -> list[Price]:
    """Return every price of what was used, those at which most is spent first.

    Parameters
    ----------
    ledgers : of each replication
    """
    declared = scenario.declarations.economics
    if declared is None:
        return []
    spent: dict[str, float] = defaultdict(float)
    rooms = costing(scenario).rooms
    for ledger in ledgers:
        per_year = YEAR / ledger.hours / len(ledgers)
        for line in ledger.lines:
            for address, share in addresses_of(line, declared, rooms):
                spent[address] += share * line.cost * per_year
    found = [_price(price, spent[a]) for a, price in declared.every_price.items() if spent.get(a)]
    return sorted(found, key=lambda price: -price.per_year)


def addresses_of(line: CostLine, declared: EconomicsDeclaration, rooms: Mapping[str, RoomCost]) -> Iterator[Share]:
    """Yield the addresses of the prices at which the money of a line is spent, and the share of each."""
    head, _, name = line.resource.partition(".")
    if head == "building":
        yield from _of_building(declared, rooms)
    elif head == "room":
        yield _of_room(declared, name, "utilities"), 1.0
    else:
        own = f"{line.step}.prices.{name}"
        usual = [f"{line.resource}.{key}" for key in _KEYS]
        yield next((one for one in (own, *usual) if one in declared.prices), _charge_or_plant(line.resource)), 1.0


def _charge_or_plant(resource: str) -> str:
    return resource if resource.startswith(f"{_OF_THE_PLANT}.") else f"{resource}.price"


def _of_building(declared: EconomicsDeclaration, rooms: Mapping[str, RoomCost]) -> Iterator[Share]:
    """Yield whose price the building is: that of each room by what it is worth, else that of the whole plant."""
    if declared.estimate != "installed":
        return  # a multiple of the purchase of equipment, whatever a room costs
    worth = {name: room.area * room.building for name, room in rooms.items()}
    whole = math.fsum(worth.values())
    if whole <= 0.0:
        yield f"{_OF_THE_PLANT}.building", 1.0
    else:
        yield from ((_of_room(declared, name, "building"), one / whole) for name, one in worth.items() if one)


def _of_room(declared: EconomicsDeclaration, name: str, key: str) -> str:
    own = f"room.{name}.{key}"
    return own if own in declared.prices else f"{_OF_THE_PLANT}.{key}"


def _price(declared: PriceDeclaration, per_year: float) -> Price:
    given, listed = declared.given, declared.listed
    return Price(
        declared.address, _told(declared), declared.currency, declared.year if declared.stated else None, given.source,
        given.grade, "price list" if declared.default else "scenario", "" if listed is None else listed.key,
        declared.assumed, per_year,
    )  # fmt: skip


def _told(declared: PriceDeclaration) -> str:
    """Return a price as people read it: the most likely amount, and between what and what."""
    base, unit = declared.given.quantity.base, declared.block.parameters[declared.field].unit
    times, unit = _yearly(unit)
    if not isinstance(base, Distribution):
        return f"{money(times * base)} {unit}"
    known = dict(base.numbers)
    middle = known.get("mode", base.median())
    low, high = (times * known.get(name, float(base.quantile(np.array([q]))[0])) for name, q in _ENDS)
    return f"{money(times * middle)} ({span(low, high)}) {unit}"


def _yearly(unit: str) -> tuple[float, str]:
    """Return a unit in which people read a price, and what one of it is: salaries and rents are for a year."""
    for hourly, yearly in (("/(FTE*h)", "/FTE/year"), ("/(m2*h)", "/m2/year")):
        if unit.endswith(hourly):
            return YEAR, unit.removesuffix(hourly) + yearly
    return 1.0, unit
