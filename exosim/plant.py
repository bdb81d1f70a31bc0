"""The plant as values: equipment, rooms, people, stocks, utilities, campaigns and what fails (ISA-95 resources)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from exosim.demand import Demand
from exosim.parameter import Array, parameter
from exosim.patients import Promise
from exosim.recipe import WhenTooLarge
from exosim.working_time import WorkingTime

Consequence = Literal["wait", "repeat", "reject", "rework", "deviation", "contaminate"]
Agent = Literal["bacteria", "mycoplasma"]
BreakdownConsequence = Literal["wait", "repeat", "reject"]
Clock = Literal["operating", "calendar"]
Segregation = Literal["none", "product", "batch"]
Sampled: TypeAlias = Callable[[str, int], float]
"""The n-th value of something of its own, such as the n-th repair of a unit: (name, n) to the value."""


@dataclass(frozen=True, kw_only=True)
class EquipmentNumbers:
    """The numbers of one equipment class."""

    count: float = parameter(1, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="identical units")
    turnaround: Array = parameter(0.0, "h", low=0.0, high=168, doc="cleaning and set-up after each use, per unit")


@dataclass(frozen=True, kw_only=True)
class MaintenanceNumbers:
    """The numbers of planned maintenance."""

    every: float = parameter(4383.0, "h", low=1, high=87660, planned=True, doc="time between two services of a unit")
    duration: float = parameter(
        8.0, "h", low=0.1, high=2000, planned=True, doc="hours that a service takes", decided=False
    )


@dataclass(frozen=True, kw_only=True)
class RoomNumbers:
    """The numbers of one room."""

    capacity: float = parameter(
        1, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="batches in the room at once"
    )
    line_clearance: Array = parameter(0.0, "h", low=0.0, high=168, doc="clearance after the last batch has left")
    changeover: Array = parameter(0.0, "h", low=0.0, high=1000, doc="preparation of the room for another product")


@dataclass(frozen=True, kw_only=True)
class StoreNumbers:
    """The numbers of one store for material that waits."""

    capacity: float = parameter(
        1, "1", low=1, high=1e5, minimum=1, whole=True, planned=True, doc="batches that can wait in the store at once"
    )


@dataclass(frozen=True, kw_only=True)
class RoleNumbers:
    """The numbers of one role."""

    headcount: float = parameter(
        1, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="people on duty in each shift"
    )
    gowning: float | None = parameter(
        None, "h", low=0.0, high=4, planned=True, doc="time to change clothes before each attended phase", decided=False
    )
    minimum_crew: float | None = parameter(
        None, "1", low=1, high=10, minimum=1, whole=True, planned=True,
        doc="least people at any attended phase; 2 is a two-person rule",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FailureNumbers:
    """The numbers of one failure: a rate while a procedure runs, a probability at its end, or one per manipulation."""

    rate: Array | None = parameter(None, "1/h", low=0.0, high=10, doc="failures per hour of the procedure")
    probability: Array | None = parameter(None, "1", low=0.0, high=1.0, doc="probability that the procedure fails")
    per_manipulation: Array | None = parameter(
        None, "1", low=0.0, high=1.0, doc="probability that an attended phase of the procedure fails"
    )
    repair: Array = parameter(0.0, "h", low=0.0, high=1000, doc="time lost before work goes on or starts again")
    limit: float = parameter(1, "1", low=0, high=100, whole=True, planned=True, doc="repeats before the batch is lost")
    level: Array | None = parameter(
        None, "CFU/mL", low=0.0, high=1e9, doc="organisms that a contamination leaves in the product"
    )


@dataclass(frozen=True, kw_only=True)
class BreakdownNumbers:
    """The numbers of one kind of breakdown; a plain time between two of them is the mean of an exponential."""

    between: Array = parameter(
        None, "h", low=1, high=1e6, doc="time between a repair and the next breakdown of a unit", repeated=True
    )
    repair: Array = parameter(0.0, "h", low=0.0, high=5000, doc="time to repair", repeated=True)
    limit: float = parameter(1, "1", low=0, high=100, whole=True, planned=True, doc="repeats before the batch is lost")


AMOUNT = "amount"
"""Stands for the unit of a stocked material, which follows the material."""


@dataclass(frozen=True, kw_only=True)
class StockNumbers:
    """The numbers of one stocked material."""

    on_hand: float = parameter(0.0, AMOUNT, low=0.0, high=1e9, planned=True, doc="amount in stock at the start")
    reorder_point: float | None = parameter(
        None, AMOUNT, low=0.0, high=1e9, planned=True, doc="amount in stock and on order at which it is ordered"
    )
    order_quantity: float = parameter(0.0, AMOUNT, low=0.0, high=1e9, planned=True, doc="amount of one order")
    lead_time: Array | None = parameter(
        None, "h", low=0.0, high=8766, doc="time from an order to its delivery", repeated=True
    )
    shelf_life: float | None = parameter(
        None, "h", low=1, high=87_660, planned=True, doc="time until it expires", decided=False
    )


@dataclass(frozen=True, kw_only=True)
class PreparationNumbers:
    """The numbers of a material that is prepared on site."""

    duration: Array = parameter(4.0, "h", low=0.1, high=1000, doc="time to prepare one order quantity", repeated=True)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned maintenance of each unit of a class: how often, how long [h]."""

    every: float
    duration: float


@dataclass(frozen=True, slots=True)
class Equipment:
    """An equipment class: identical units.

    Attributes
    ----------
    size_limit : largest size of one unit, in the unit of what its procedures are sized by; None: no limit
    room : where the units stand
    """

    id: str
    count: int
    turnaround: Array = 0.0
    size_limit: float | None = None
    room: str | None = None
    maintenance: Maintenance | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """A room, and which batches may be in it at the same time.

    Attributes
    ----------
    capacity : batches at once
    segregation : whether batches of several products, of one product, or one batch alone may be in it
    line_clearance : hours of clearance when the last batch has left, where batches are segregated
    changeover : hours to prepare the room for another product
    """

    id: str
    capacity: int = 1
    segregation: Segregation = "batch"
    line_clearance: Array = 0.0
    changeover: Array = 0.0


@dataclass(frozen=True, slots=True)
class Store:
    """A store for material that waits, such as a cold room."""

    id: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Utility:
    """A utility with a peak limit, in its own unit."""

    id: str
    limit: float
    unit: str = "1"


@dataclass(frozen=True, slots=True)
class Role:
    """People who do the same work, and when they are there.

    Attributes
    ----------
    gowning : hours to change clothes before each attended phase
    minimum_crew : least people at any attended phase
    """

    id: str
    headcount: int
    hours: WorkingTime = field(default_factory=WorkingTime)
    gowning: float = 0.0
    minimum_crew: int = 1


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a material is made on site, such as a buffer: one order quantity at a time."""

    duration: Sampled
    equipment: str | None = None
    role: str | None = None
    people: int = 1


@dataclass(frozen=True, slots=True)
class Stock:
    """A material on stock, reordered when what is there and on order falls to the reorder point.

    Attributes
    ----------
    id, unit : key of :data:`exosim.vocabulary.CONSUMABLES`, and its unit
    on_hand : amount at the start
    reorder_point, order_quantity : None: never reordered
    lead_time : of the n-th order [h]
    shelf_life : hours after which a delivery expires
    preparation : made on site instead of delivered
    """

    id: str
    on_hand: float
    reorder_point: float | None = None
    order_quantity: float = 0.0
    lead_time: Sampled = lambda name, n: 0.0
    shelf_life: float = float("inf")
    preparation: Preparation | None = None
    unit: str = "1"


@dataclass(frozen=True, slots=True)
class Failure:
    """What can go wrong in a procedure, and what follows.

    Attributes
    ----------
    rate, probability, per_manipulation : per hour of work, at the end of the procedure, or at the end of each attended
        phase; one of them
    back_to : the procedure at which a rework starts
    agent, level : what a contamination that nobody notices leaves in the product, and how much [CFU/mL]
    """

    id: str
    procedure: str
    consequence: Consequence
    rate: Array | None = None
    probability: Array | None = None
    repair: Array = 0.0
    limit: int = 1
    per_manipulation: Array | None = None
    back_to: str | None = None
    agent: Agent | None = None
    level: Array | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """How the units of an equipment class break down.

    Attributes
    ----------
    between, repair : hours from a repair to the next breakdown, and of the n-th repair, by unit
    clock : whether the hours between count while a unit works, or always
    """

    id: str
    equipment: str
    between: Sampled
    repair: Sampled
    consequence: BreakdownConsequence = "wait"
    clock: Clock = "operating"
    limit: int = 1


@dataclass(frozen=True, slots=True)
class Plant:
    """Everything that batches share, and what is asked of it; `promises` are by product."""

    equipment: tuple[Equipment, ...] = ()
    roles: tuple[Role, ...] = ()
    failures: tuple[Failure, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    rooms: tuple[Room, ...] = ()
    stores: tuple[Store, ...] = ()
    stocks: tuple[Stock, ...] = ()
    utilities: tuple[Utility, ...] = ()
    demand: Demand = Demand()
    promises: Mapping[str, Promise] = field(default_factory=dict)


SLACK = 1e-9
"""Share by which a size may exceed that of its units before one more is taken."""


def units_filled(size: float, limit: float) -> int:
    """Return how many units of one size limit a batch of some size fills: at least 1."""
    return max(math.ceil(size / limit * (1.0 - SLACK)), 1)


def units_and_cycles(filled: int, count: int, rule: WhenTooLarge, held: int = 0) -> tuple[int, int]:
    """Return on how many units at once, and in how many cycles, a procedure runs.

    Parameters
    ----------
    filled : units that the batch fills
    count : units of the class
    rule : what a procedure does that needs more than one
    held : units on which the batch goes on; none: it takes new ones
    """
    at_once = held or (min(filled, count) if rule == "parallel" else 1)
    return at_once, math.ceil(filled / at_once)
