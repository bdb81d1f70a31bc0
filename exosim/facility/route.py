"""What the batches of one product follow: their procedures, each with the resources of the plant that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exosim.facility.lots import Lots
from exosim.facility.mishaps import Mishaps
from exosim.operations.base import VisitedOperation
from exosim.plant import Campaign
from exosim.recipe import UnitProcedure

if TYPE_CHECKING:
    from exosim.facility.crew import Crew
    from exosim.facility.pool import Pool


@dataclass(frozen=True, slots=True)
class Production:
    """What one replication makes of one product.

    Attributes
    ----------
    campaign : how its batches are released
    procedures : its recipe
    lots, failures : the material of its batches, and what fails
    releases : hours at which batches are released; for a campaign that is not paced, the earliest
    donors : donor of each batch
    """

    campaign: Campaign
    procedures: Sequence[UnitProcedure]
    lots: Lots
    failures: Mishaps
    releases: Sequence[float]
    donors: Sequence[int]


@dataclass(frozen=True, slots=True)
class Stage:
    """One procedure with what it takes of the plant.

    Attributes
    ----------
    id, index : name and place of the procedure
    pool : its equipment class; None when it needs no unit
    crew : its people; None when nobody is needed or the role is not in the plant
    visited : whether it keeps to its own schedule, such as a culture with harvests
    held : whether its feed loses something while it waits
    stays : whether it goes on on the unit of the procedure before
    leaves : whether its unit is given back at its end, wherever the batch goes next
    """

    id: str
    index: int
    pool: Pool | None
    crew: Crew | None
    visited: bool
    held: bool
    stays: bool
    leaves: bool


def stages(production: Production, pools: Mapping[str, Pool], crews: Mapping[str, Crew]) -> tuple[Stage, ...]:
    """Return the procedures of a product on the units and people of a plant."""
    procedures = production.procedures
    blocking = production.campaign.storage == "none"
    found = []
    for index, procedure in enumerate(procedures):
        before = procedures[index - 1].unit if index else None
        after = procedures[index + 1].unit if index + 1 < len(procedures) else None
        found.append(
            Stage(
                procedure.id,
                index,
                pools[procedure.unit] if procedure.unit is not None else None,
                crews.get(procedure.operator or ""),
                isinstance(procedure.operation, VisitedOperation),
                procedure.hold is not None,
                stays=procedure.unit is not None and procedure.unit == before,
                leaves=not blocking and (procedure.unit is None or after != procedure.unit),
            )
        )
    return tuple(found)
