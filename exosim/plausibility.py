"""What of a plant can be read but never works, or hardly: told as warnings before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from exosim.declarations import Declarations, PlantDeclarations
from exosim.operations.base import UnitOperation, VisitedOperation
from exosim.operations.vial_filling import VialFilling


def doubts(plant: PlantDeclarations) -> Iterator[str]:
    """Yield what a planner should look at, in words, with the address of what to change."""
    if not plant.campaigns:
        return
    yield from _orders(plant)
    yield from _of_doses(plant)
    yield from _stocked(plant)
    yield from _outages(plant)


def sampling_doubts(declared: Declarations) -> Iterator[str]:
    """Yield tests that use up more containers than the fill keeps back."""
    companion = declared.companion
    of_companion = {one.assay for one in declared.attributes if one.of == "companion"}
    taken = {False: 0.0, True: 0.0}
    for name, test in declared.plant.tests.items():
        taken[name in of_companion] += test.numbers.typical("vials")
    for procedure in declared.procedures:
        used = taken[companion is not None and procedure.id == companion.after]
        block = procedure.operation
        retained = block.parameters.get("retained")
        if retained is None or retained.unit != "vial" or not used:
            continue
        kept = block.typical("retained", retained.default or 0.0)
        if used > kept:
            yield f"the assays use up {used:g} vials of a lot, more than the {kept:g} of {procedure.id}.retained"


def vial_doubts(declared: Declarations) -> Iterator[str]:
    """Yield procedures that work on a bulk after the product was filled: vials would stay, and hold what is left."""
    filled: set[str] = set()
    for procedure in declared.procedures:
        owner = procedure.operation.owner
        fed = any(feed.partition(".")[0] in filled for feed in procedure.feeds)
        if fed and not (issubclass(owner, UnitOperation) and owner.in_vials):
            yield f"{procedure.id}: its feed is in vials, and its operation works on a bulk; move it before the filling"
        elif fed or issubclass(owner, VialFilling):
            filled.add(procedure.id)


def run_doubts(declared: Declarations) -> Iterator[str]:
    """Yield procedures that run as often as a lot needs, and whose runs are told anew for each unit that it fills."""
    for procedure in declared.procedures:
        owner, unit = procedure.operation.owner, declared.plant.equipment.get(procedure.unit or "")
        if unit is None or unit.size_limit is None or procedure.when_too_large == "refuse":
            continue
        if owner.takes_longer is not None and not issubclass(owner, VisitedOperation):
            runs = f"the time of a large lot is already that of all its runs, limited by the {owner.takes_longer}"
            again = f'when_too_large = "{procedure.when_too_large}" tells it for each unit that the lot fills'
            expected = f'"refuse", or no equipment.{procedure.unit}.size_limit'
            yield f"{procedure.id}: {runs}, and {again}; expected {expected}"


def _orders(plant: PlantDeclarations) -> Iterator[str]:
    """Yield orders that are started late or never, and campaigns that never begin."""
    for campaign in plant.campaigns:
        begin, lead = campaign.numbers.typical("begin"), campaign.numbers.typical("lead_time")
        if begin >= plant.horizon:
            yield f"{campaign.numbers.prefix}.begin: {begin:g} h is after the end of the run at {plant.horizon:g} h"
        if campaign.rules.mode != "on_order":
            continue
        own = [order for order in plant.orders if order.product in (None, campaign.product)]
        dues = [(due, order.batches) for order in own for due in order.dues]
        late = sum(batches for due, batches in dues if due - lead < begin)
        after = sum(batches for due, batches in dues if max(due - lead, begin) >= plant.horizon)
        if late:
            then = "the start of the run" if begin == 0.0 else f"its begin at {begin:g} h"
            yield (
                f"{campaign.numbers.prefix}.lead_time: {lead:g} h before their due dates is before {then} "
                f"for {_batches(late)}, started later than planned"
            )
        if after:
            yield f"{campaign.numbers.prefix}: {_batches(after)} on order would be started after the end of the run"


def _of_doses(plant: PlantDeclarations) -> Iterator[str]:
    """Yield orders of doses that no run sees."""
    for order in plant.orders:
        if not order.batches and order.dues[0] > plant.horizon:
            when = f"is due at {order.dues[0]:g} h, after the end of the run at {plant.horizon:g} h"
            yield f"{order.numbers.prefix}.due: {when}"


def _stocked(plant: PlantDeclarations) -> Iterator[str]:
    """Yield warehouses that nothing enters or leaves, and opening stock that is too old to be shipped."""
    for warehouse in plant.warehouses:
        name, numbers = warehouse.numbers.prefix, warehouse.numbers
        own = [o for o in plant.orders if warehouse.product in (None, o.product)]
        if not any(order.batches == 0 for order in own):
            made = "what is made to order does not go there" if own else "every dose in it will expire or stay"
            yield f"{name}: no order takes doses from it: {made}"
        life, age, least = (numbers.typical(key) for key in ("shelf_life", "opening_age", "minimum_remaining_life"))
        if life > age > life - least and numbers.typical("opening_stock") > 0.0:
            yield f"{name}.opening_age: {age:g} h leave less than the minimum remaining life of {least:g} h"


def _outages(plant: PlantDeclarations) -> Iterator[str]:
    """Yield breakdowns and services that leave a unit out of use for most of the time."""
    for name, (numbers, table) in plant.breakdowns.items():
        between, repair = numbers.typical("between"), numbers.typical("repair")
        if repair > between > 0.0:
            yield f"failure.{name}: a repair of {repair:g} h takes longer than {table.unit} is up, {between:g} h"
    for name, equipment in plant.equipment.items():
        if equipment.maintenance is None:
            continue
        every, duration = (equipment.maintenance.typical(key) for key in ("every", "duration"))
        if duration >= every:
            took = f"a service of {duration:g} h takes as long as the {every:g} h between two"
            yield f"equipment.{name}.maintenance: {took}"


def idle_rooms(declared: Declarations) -> Iterator[str]:
    """Yield the rooms in which nothing stands, but those that are there for their cost."""
    plant = declared.plant
    used = {equipment.room for equipment in plant.equipment.values()} if plant.campaigns else set(plant.rooms)
    for room in plant.rooms:
        costs = declared.economics is not None and "area" in declared.economics.rooms[room].given
        if room not in used and not costs:
            yield f'room.{room}: no equipment stands in it; expected room = "{room}" with some [[equipment]]'


def _batches(count: int) -> str:
    return "1 batch" if count == 1 else f"{count:,} batches"
