"""The structure of the sections about the plant: campaigns, orders, warehouse, equipment, rooms, people and so on."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from exosim.table_base import Day, Id, Name, Table


class CampaignTable(Table):
    product: Id | None = None
    scenario: Name | None = None
    mode: Literal["paced", "as_soon_as_possible", "on_order"] = "paced"
    priority: Literal["fifo", "oldest", "earliest_due"] = "fifo"
    storage: Literal["unlimited", "none", "zero_wait"] = "unlimited"
    every: Any = None
    batches: Any = None
    work_in_progress: Any = None
    batches_per_donor: Any = None
    when_full: Literal["wait", "turn_away"] = "wait"
    rank: Any = None
    begin: Any = None
    lead_time: Any = None
    promise: Any = None


class OrderTable(Table):
    due: Any
    batches: Annotated[int, Field(strict=True, ge=1, le=100_000)] | None = None
    doses: Any = None
    every: Any = None
    count: Any = None
    patience: Any = None
    partial: Annotated[bool, Field(strict=True)] = False
    product: Name | None = None


class WarehouseTable(Table):
    product: Name | None = None
    shelf_life: Any = None
    minimum_remaining_life: Any = None
    opening_stock: Any = None
    opening_age: Any = None


class MaintenanceTable(Table):
    every: Any
    duration: Any


class EquipmentTable(Table):
    id: Id
    count: Any = None
    turnaround: Any = None
    size_limit: Any = None
    room: Name | None = None
    maintenance: MaintenanceTable | None = None
    purchase: Any = None
    purchase_size: Any = None
    exponent: Any = None
    life: Any = None
    footprint: Any = None
    power: Any = None


class RoomTable(Table):
    id: Id
    capacity: Any = None
    segregation: Literal["none", "product", "batch"] = "batch"
    line_clearance: Any = None
    changeover: Any = None
    area: Any = None
    cleanroom: Literal["A", "B", "C", "D", "CNC"] | None = None
    building: Any = None
    utilities: Any = None


class StoreTable(Table):
    id: Id
    capacity: Any = None


class UtilityTable(Table):
    id: Id
    limit: Any
    price: Any = None


class PreparationTable(Table):
    duration: Any
    unit: Name | None = None
    operator: Name | None = None
    people: Annotated[int, Field(strict=True, ge=1, le=100)] = 1


class StockTable(Table):
    id: Name
    on_hand: Any = None
    reorder_point: Any = None
    order_quantity: Any = None
    lead_time: Any = None
    shelf_life: Any = None
    preparation: PreparationTable | None = None
    price: Any = None
    overage: Any = None
    cycles: Any = None


class PersonnelTable(Table):
    role: Id
    headcount: Any = None
    gowning: Any = None
    minimum_crew: Any = None
    shifts: list[Name] | None = None
    wage: Any = None


class ShiftTable(Table):
    days: list[Day]
    start: Annotated[datetime.time, Field(alias="from", strict=True)]
    end: Annotated[datetime.time, Field(alias="to", strict=True)]


class ShutdownTable(Table):
    first: Annotated[datetime.date, Field(alias="from", strict=True)]
    last: Annotated[datetime.date, Field(alias="to", strict=True)]


class CalendarTable(Table):
    holidays: list[Annotated[datetime.date, Field(strict=True)]] = Field(default_factory=list)
    shutdowns: list[ShutdownTable] = Field(default_factory=list)
    shift: dict[Name, ShiftTable] = Field(default_factory=dict)


class FailureTable(Table):
    id: Id
    during: Name | None = None
    unit: Name | None = None
    consequence: Literal["wait", "repeat", "reject", "rework", "deviation", "contaminate"]
    agent: Literal["bacteria", "mycoplasma"] | None = None
    level: Any = None
    rate: Any = None
    probability: Any = None
    per_manipulation: Any = None
    between: Any = None
    clock: Literal["operating", "calendar"] = "operating"
    back_to: Name | None = None
    repair: Any = None
    limit: Any = None
