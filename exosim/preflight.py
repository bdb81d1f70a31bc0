"""What is checked of a replication before its clock starts: that people and units are enough for every procedure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from exosim import units
from exosim.errors import Problem, ScenarioError
from exosim.facility.lots import Lots
from exosim.parameter import declared
from exosim.plant import Plant, units_filled
from exosim.recipe import UnitProcedure
from exosim.scenario import Scenario


def check(scenario: Scenario, plant: Plant, procedures: Sequence[UnitProcedure], lots: Lots) -> None:
    """Refuse procedures that could never run.

    Raises
    ------
    ScenarioError
        with all procedures that take more people at once than their role has, or more than one unit holds; and with
        all that a line without waits cannot plan ahead.
    """
    zero_wait = any(campaign.rules.storage == "zero_wait" for campaign in scenario.declarations.plant.campaigns)
    problems = [
        *(_zero_wait(plant, procedures) if zero_wait else ()),
        *(p for index, one in enumerate(procedures) if (p := _people(plant, one, lots.most_people(index)))),
        *(p for index, one in enumerate(procedures) if (p := _size(plant, one, lots.largest(index)))),
    ]
    if problems:
        raise ScenarioError([replace(problem, file=scenario.source.name) for problem in problems])


def _zero_wait(plant: Plant, procedures: Sequence[UnitProcedure]) -> Iterator[Problem]:
    """Yield what may make a batch wait although its units were reserved for it: zero wait needs plain units."""
    used = {procedure.unit for procedure in procedures}
    mine = [equipment for equipment in plant.equipment if equipment.id in used]
    again = [f for f in plant.failures if f.consequence == "rework" and f.procedure in {p.id for p in procedures}]
    found = [
        *((f"equipment.{e.id}.room", f"{e.id} stands in a room") for e in mine if e.room is not None),
        *((f"equipment.{e.id}.size_limit", f"{e.id} has a size limit") for e in mine if e.size_limit is not None),
        *((f"equipment.{e.id}.maintenance", f"{e.id} is serviced") for e in mine if e.maintenance is not None),
        *((f"failure.{k.id}", f"{k.equipment} breaks down") for k in plant.breakdowns if k.equipment in used),
        *((p.id, f"{p.id} waits in a store") for p in procedures if p.waits_in is not None),
        *((p.id, f"{p.id} takes of utilities with a limit") for p in procedures if p.utilities),
        *((f"failure.{f.id}", f"{f.procedure} is reworked") for f in again),
    ]
    for path, why in found:
        yield Problem(why, path, 'storage = "zero_wait"', 'storage = "unlimited" or "none"')


def _people(plant: Plant, procedure: UnitProcedure, needed: int) -> Problem | None:
    role = next((role for role in plant.roles if role.id == procedure.operator), None)
    if role is None or max(needed, role.minimum_crew if needed else 0) <= role.headcount:
        return None
    needed = max(needed, role.minimum_crew)
    problem = f"{procedure.id} needs {needed} people at once"
    return Problem(problem, f"personnel.{role.id}.headcount", str(role.headcount), f"at least {needed}")


def _size(plant: Plant, procedure: UnitProcedure, largest: float) -> Problem | None:
    unit = next((equipment for equipment in plant.equipment if equipment.id == procedure.unit), None)
    if unit is None or unit.size_limit is None or procedure.when_too_large != "refuse":
        return None
    if units_filled(largest, unit.size_limit) == 1:
        return None
    by = procedure.operation.sized_by
    measure = "L" if by is None else declared(type(procedure.operation))[by].unit
    got = f"{by or 'feed'} up to {units.show(largest, measure)}"
    limit = units.show(unit.size_limit, measure)
    expected = f'at most {limit}, the size limit of {unit.id}, or when_too_large = "parallel" or "cycles"'
    return Problem("is larger than one unit", procedure.id, got, expected)
