"""Check the runs that several batches share: what cannot be shared, on whatever plant the recipe is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from exosim.declarations import Block, CampaignDeclaration, Declarations, PlantDeclarations, ProcedureDeclaration
from exosim.errors import Problem
from exosim.findings import Findings
from exosim.operations.base import VisitedOperation

_NO_SHARING = "another procedure to share, or no shared_run here"


class Conflict(NamedTuple):
    """What stands against a shared run: of which procedure (from 0), at which key of it, and why."""

    place: int
    key: str
    problem: Problem


def check_shared_runs(declared: Declarations, findings: Findings) -> None:
    """Note what stands against the shared runs of a scenario on its own plant."""
    own = [campaign for campaign in declared.plant.campaigns if campaign.scenario is None]
    for index, key, problem in conflicts(declared, declared.plant, own):
        findings.add(("unit_procedure", index, key), problem)


def conflicts(
    recipe: Declarations, plant: PlantDeclarations, campaigns: Iterable[CampaignDeclaration]
) -> Iterator[Conflict]:
    """Yield what stands against the shared runs of a recipe on a plant.

    Parameters
    ----------
    campaigns : by which the recipe is made
    """
    for index, procedure in enumerate(recipe.procedures):
        if procedure.shared_run is None:
            continue
        found = (
            *_of_places(procedure.shared_run),
            *_of_itself(procedure),
            *_of_neighbors(recipe.procedures, index),
            *_of_unit(procedure, plant),
            *_of_storage(campaigns),
        )
        for key, problem in found:
            yield Conflict(index, key, problem)


def _of_places(numbers: Block) -> Iterator[tuple[str, Problem]]:
    places, controls = numbers.typical("places"), numbers.typical("controls")
    if places >= 2.0 and controls >= places:
        expected = f"less than {places:g}, its places"
        yield "shared_run", Problem("leaves no place for a batch", got=f"controls = {controls:g}", expected=expected)


def _of_itself(procedure: ProcedureDeclaration) -> Iterator[tuple[str, Problem]]:
    if issubclass(procedure.operation.owner, VisitedOperation):
        problem = "keeps to the schedule of its own vessel, which batches cannot share"
        yield "shared_run", Problem(problem, expected=_NO_SHARING)
    if procedure.waits_in is not None:
        problem = "batches that gather for a shared run wait beside it, not in a store"
        yield "waits_in", Problem(problem, got=procedure.waits_in, expected="waits_in or shared_run, not both")
    if procedure.when_too_large != "refuse":
        problem = "a batch of a shared run takes one place, whatever its size"
        yield "when_too_large", Problem(problem, got=procedure.when_too_large, expected="no such key, or no shared_run")


def _of_neighbors(procedures: tuple[ProcedureDeclaration, ...], index: int) -> Iterator[tuple[str, Problem]]:
    """Yield why a batch would go on on its unit before or after a run, which it shares with others."""
    procedure = procedures[index]
    beside = [procedures[i] for i in (index - 1, index + 1) if 0 <= i < len(procedures)]
    if procedure.unit is not None and any(other.unit == procedure.unit for other in beside):
        problem = "the procedure before or after it takes the same class, so that a batch would go on on its unit"
        yield "unit", Problem(problem, got=procedure.unit, expected="a class of equipment of its own")
    after = procedures[index + 1] if index + 1 < len(procedures) else None
    if after is not None and after.waits_in is not None:
        problem = f"{after.id} waits in a store, until which each batch would stay on the unit that all share"
        yield "shared_run", Problem(problem, got=after.waits_in, expected=_NO_SHARING)


def _of_unit(procedure: ProcedureDeclaration, plant: PlantDeclarations) -> Iterator[tuple[str, Problem]]:
    unit = plant.equipment.get(procedure.unit or "")
    if unit is not None and unit.size_limit is not None:
        problem = "has a size limit, but a batch of a shared run takes one place, whatever its size"
        yield "unit", Problem(problem, got=procedure.unit, expected="a class of equipment without size_limit")
    if unit is not None and unit.room is not None:
        problem = "stands in a room, which batches enter one by one"
        yield "unit", Problem(problem, got=procedure.unit, expected="a class of equipment without a room")


def _of_storage(campaigns: Iterable[CampaignDeclaration]) -> Iterator[tuple[str, Problem]]:
    for campaign in campaigns:
        if campaign.rules.storage != "unlimited":
            problem = "batches gather for a shared run, which the storage of the campaign does not allow"
            got = f'storage = "{campaign.rules.storage}"'
            yield "shared_run", Problem(problem, got=got, expected='storage = "unlimited"')
