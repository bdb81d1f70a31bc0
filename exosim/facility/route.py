"""What the batches of one product follow: their procedures, each with the resources of the plant that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exosim.campaign import Campaign
from exosim.companion import Companion
from exosim.facility.gathering import Gathering
from exosim.facility.lots import Lots
from exosim.facility.mishaps import Mishaps
from exosim.lot_results import LotResults
from exosim.operations.base import VisitedOperation
from exosim.plant import Plant
from exosim.recipe import UnitProcedure
from exosim.release import Release

if TYPE_CHECKING:
    from exosim.facility.crew import Crew
    from exosim.facility.pool import Pool
    from exosim.facility.room import Room
    from exosim.facility.stock import StockRoom
    from exosim.facility.store import Store
    from exosim.facility.utility import UtilitySupply


@dataclass(frozen=True, slots=True)
class Production:
    """What one replication makes of one product.

    Attributes
    ----------
    campaign : how its batches are started
    procedures : its recipe
    lots, failures : the material of its batches, and what fails
    launches : hours at which batches are started; for a campaign that is not paced, the earliest
    donors : donor of each batch
    dues : when each batch is due; empty: when it is started
    release : what a lot goes through after its recipe; None: nothing
    results : what its assays report
    companion : the second product of its batches; None: there is none
    """

    campaign: Campaign
    procedures: Sequence[UnitProcedure]
    lots: Lots
    failures: Mishaps
    launches: Sequence[float]
    donors: Sequence[int]
    dues: Sequence[float] = ()
    release: Release | None = None
    results: LotResults | None = None
    companion: Companion | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One procedure with what it takes of the plant.

    Attributes
    ----------
    id, index, procedure : name and place of the procedure, and itself
    pool : its equipment class; None when it needs no unit
    crew : its people; None when nobody is needed or the role is not in the plant
    visited : whether it keeps to its own schedule, such as a culture with harvests
    held : whether its feed loses something while it waits
    stays : whether it goes on on the unit of the procedure before
    waits_on_unit : whether a batch stays on the unit of the procedure before while it waits
    leaves : whether its unit is given back at its end, wherever the batch goes next
    room, next_room : where its units stand, and those of the procedure after it
    store : where its feed waits
    stocks : of the materials that it uses up
    utilities : what it takes of them while it runs
    longest_hold : of its feed
    back_to : where each kind of rework starts, by id of the failure
    gathering : where its batches wait for a run that several share; None: each has a run of its own
    """

    id: str
    index: int
    procedure: UnitProcedure
    pool: Pool | None
    crew: Crew | None
    visited: bool
    held: bool
    stays: bool
    waits_on_unit: bool
    leaves: bool
    room: Room | None
    next_room: Room | None
    store: Store | None
    stocks: Mapping[str, StockRoom]
    utilities: Sequence[tuple[UtilitySupply, float]]
    back_to: Mapping[str, int]
    plain: bool
    """Whether one unit of its pool, whatever the size, is all that it waits for."""
    sized: bool
    """Whether its units have a limit of size."""
    adapted: bool
    """Whether its phases are more than planned: run in cycles, or by more people than they need."""
    longest_hold: float | None
    limited: bool
    """Whether its work may wait for a utility, or be held up by a breakdown."""
    gathering: Gathering | None = None


@dataclass(frozen=True, slots=True)
class Resources:
    """What stages take, by id."""

    pools: Mapping[str, Pool]
    crews: Mapping[str, Crew]
    rooms: Mapping[str, Room]
    stores: Mapping[str, Store]
    stocks: Mapping[str, StockRoom]
    utilities: Mapping[str, UtilitySupply]


def stages(production: Production, plant: Plant, resources: Resources) -> tuple[Stage, ...]:
    """Return the procedures of a product on the resources of a plant."""
    procedures = production.procedures
    stands_in = {equipment.id: equipment.room for equipment in plant.equipment}
    rooms = [resources.rooms.get(stands_in.get(p.unit or "") or "") for p in procedures]
    places = {procedure.id: index for index, procedure in enumerate(procedures)}
    found = []
    for index, procedure in enumerate(procedures):
        before = procedures[index - 1].unit if index else None
        last = index + 1 == len(procedures)
        blocking = production.campaign.storage == "none"
        found.append(
            Stage(
                procedure.id,
                index,
                procedure,
                resources.pools[procedure.unit] if procedure.unit is not None else None,
                resources.crews.get(procedure.operator or ""),
                isinstance(procedure.operation, VisitedOperation),
                procedure.hold is not None,
                stays=procedure.unit is not None and procedure.unit == before,
                waits_on_unit=blocking or procedure.waits_in is not None,
                leaves=last
                or not (
                    blocking
                    or procedures[index + 1].waits_in is not None
                    or (procedure.unit is not None and procedures[index + 1].unit == procedure.unit)
                ),
                room=rooms[index],
                next_room=None if last else rooms[index + 1],
                store=resources.stores.get(procedure.waits_in or ""),
                stocks=_stocks(production.lots, index, resources.stocks),
                utilities=_utilities(procedure, resources.utilities),
                back_to={
                    failure.id: places[failure.back_to]
                    for failure in plant.failures
                    if failure.back_to in places and failure.procedure == procedure.id
                },
                plain=rooms[index] is None and procedure.waits_in is None and not _is_sized(procedure, resources),
                sized=_is_sized(procedure, resources),
                adapted=_is_sized(procedure, resources) or _least(procedure, resources) > 1,
                longest_hold=procedure.longest_hold,
                limited=bool(procedure.utilities) or _breaks(procedure, resources),
                gathering=None if procedure.shared_run is None else Gathering(procedure.id, procedure.shared_run),
            )
        )
    return tuple(found)


def _is_sized(procedure: UnitProcedure, resources: Resources) -> bool:
    return procedure.unit is not None and resources.pools[procedure.unit].size_limit is not None


def _least(procedure: UnitProcedure, resources: Resources) -> int:
    crew = resources.crews.get(procedure.operator or "")
    return crew.minimum if crew is not None else 1


def _utilities(procedure: UnitProcedure, supplies: Mapping[str, UtilitySupply]) -> list[tuple[UtilitySupply, float]]:
    """Return what it takes of each utility, in the order of the plant, so that nobody waits in a ring."""
    names = sorted(procedure.utilities, key=list(supplies).index)
    return [(supplies[name], procedure.utilities[name]) for name in names]


def _breaks(procedure: UnitProcedure, resources: Resources) -> bool:
    return procedure.unit is not None and resources.pools[procedure.unit].upkeep is not None


def _stocks(lots: Lots, index: int, stocks: Mapping[str, StockRoom]) -> dict[str, StockRoom]:
    return {name: stocks[name] for name in lots.uses(index) if name in stocks} if stocks else {}
