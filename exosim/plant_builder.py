"""The plant of one replication: the declarations of a scenario with the values of its world and its batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from exosim.campaign import Campaign, CampaignNumbers
from exosim.declarations import (
    Block,
    CampaignDeclaration,
    EquipmentDeclaration,
    PlantDeclarations,
    RoleDeclaration,
    StockDeclaration,
)
from exosim.demand_builder import demand_of
from exosim.parameter import Array
from exosim.plant import (
    Breakdown,
    BreakdownNumbers,
    Equipment,
    EquipmentNumbers,
    Failure,
    FailureNumbers,
    Maintenance,
    MaintenanceNumbers,
    Plant,
    Preparation,
    Role,
    RoleNumbers,
    Room,
    RoomNumbers,
    Stock,
    StockNumbers,
    Store,
    StoreNumbers,
    Utility,
)
from exosim.sampling import Quantity, Repeated
from exosim.working_time import Shift, WorkingTime, working_time

Values = Mapping[str, Array]


def plant_of(declared: PlantDeclarations, values: Values, seed: int, replication: int) -> Plant:
    """Return the plant of one replication.

    Parameters
    ----------
    values : of every given quantity, by address
    seed, replication : address of what is drawn anew each time, such as the n-th repair of a unit
    """
    return Plant(
        tuple(_equipment(name, one, values) for name, one in declared.equipment.items()),
        tuple(_role(name, one, declared, values) for name, one in declared.roles.items()),
        tuple(_failures(declared, values)),
        tuple(_breakdowns(declared, values, seed, replication)),
        tuple(_rooms(declared, values)),
        tuple(
            Store(name, round(StoreNumbers(**block.pick(values)).capacity)) for name, block in declared.stores.items()
        ),
        tuple(_stock(name, one, values, seed, replication) for name, one in declared.stocks.items()),
        tuple(Utility(name, limit, unit) for name, (limit, unit) in declared.utilities.items()),
        demand_of(declared, values),
    )


def campaign_of(declared: CampaignDeclaration, values: Values) -> Campaign:
    """Return how the batches of one campaign are started."""
    numbers, rules = CampaignNumbers(**declared.numbers.pick(values)), declared.rules
    return Campaign(
        rules.mode,
        numbers.every,
        _whole(numbers.batches),
        _whole(numbers.work_in_progress),
        round(numbers.batches_per_donor),
        rules.priority,
        rules.storage,
        round(numbers.rank or 0),
        rules.when_full,
        declared.product,
        begin=numbers.begin or 0.0,
        lead_time=numbers.lead_time or 0.0,
        promise=numbers.promise,
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _equipment(name: str, declared: EquipmentDeclaration, values: Values) -> Equipment:
    numbers = EquipmentNumbers(**declared.numbers.pick(values))
    service = None
    if declared.maintenance is not None:
        planned = MaintenanceNumbers(**declared.maintenance.pick(values))
        service = Maintenance(planned.every, planned.duration)
    return Equipment(name, round(numbers.count), numbers.turnaround, declared.size_limit, declared.room, service)


def _role(name: str, declared: RoleDeclaration, plant: PlantDeclarations, values: Values) -> Role:
    numbers = RoleNumbers(**declared.numbers.pick(values))
    return Role(
        name,
        round(numbers.headcount),
        _working_time(declared, plant),
        numbers.gowning or 0.0,
        round(numbers.minimum_crew or 1),
    )


def _working_time(role: RoleDeclaration, plant: PlantDeclarations) -> WorkingTime:
    shifts = [Shift(shift.days, shift.start, shift.end) for shift in role.shifts]
    return working_time(shifts, plant.start, plant.horizon, plant.closed)


def _rooms(declared: PlantDeclarations, values: Values) -> Iterator[Room]:
    for name, (block, table) in declared.rooms.items():
        numbers = RoomNumbers(**block.pick(values))
        yield Room(name, round(numbers.capacity), table.segregation, numbers.line_clearance, numbers.changeover)


def _failures(declared: PlantDeclarations, values: Values) -> Iterator[Failure]:
    for name, (block, table) in declared.failures.items():
        numbers = FailureNumbers(**block.pick(values))
        yield Failure(
            name,
            table.during or "",
            table.consequence,
            numbers.rate,
            numbers.probability,
            numbers.repair,
            round(numbers.limit),
            numbers.per_manipulation,
            table.back_to,
            table.agent,
            numbers.level,
        )


def _breakdowns(declared: PlantDeclarations, values: Values, seed: int, replication: int) -> Iterator[Breakdown]:
    for name, (block, table) in declared.breakdowns.items():
        between = Repeated(_given(block, "between"), seed, f"failure.{name}.between", replication, exponential=True)
        repair = Repeated(_given(block, "repair"), seed, f"failure.{name}.repair", replication)
        limit = BreakdownNumbers(**block.pick(values)).limit
        yield Breakdown(name, table.unit or "", between, repair, table.consequence, table.clock, round(limit))  # type: ignore[arg-type]


def _stock(name: str, declared: StockDeclaration, values: Values, seed: int, replication: int) -> Stock:
    numbers = StockNumbers(**declared.numbers.pick(values))
    how = None
    if declared.preparation is not None:
        hours = Repeated(_given(declared.preparation, "duration"), seed, f"material.{name}.preparation", replication)
        how = Preparation(hours, declared.equipment, declared.role, declared.people)
    return Stock(
        name,
        numbers.on_hand,
        numbers.reorder_point,
        numbers.order_quantity,
        Repeated(_given(declared.numbers, "lead_time"), seed, f"material.{name}.lead_time", replication),
        math.inf if numbers.shelf_life is None else numbers.shelf_life,
        how,
        declared.unit,
    )


def _given(block: Block, name: str) -> Quantity:
    """Return what the scenario gives for a parameter, or its default."""
    default = block.parameters[name].default
    return block.given[name].quantity if name in block.given else Quantity(default if default is not None else 0.0)
