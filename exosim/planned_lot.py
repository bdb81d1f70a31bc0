"""One lot as planned: the phases of its procedures, without waits, pauses and failures."""

from __future__ import annotations

from collections.abc import Sequence

from exosim.attribution.line_path import PlannedStep
from exosim.facility.lots import Lots
from exosim.operations.base import VisitedOperation
from exosim.plant import Plant, units_and_cycles, units_filled
from exosim.recipe import UnitProcedure


def planned_steps(plant: Plant, procedures: Sequence[UnitProcedure], lots: Lots, lane: int) -> dict[str, PlannedStep]:
    """Return the procedures of a lot as planned, by id, in order.

    Parameters
    ----------
    plant : with its equipment and people
    procedures : of the recipe
    lots : with the material of the lot
    lane : the lot among those of its product
    """
    gowning = {role.id: role.gowning for role in plant.roles}
    stocked = {stock.id for stock in plant.stocks}
    found: dict[str, PlannedStep] = {}
    held, before = 0, None
    for index, procedure in enumerate(procedures):
        held, cycles = _units(plant, procedure, lots.planned_size(lane, index), held if procedure.unit == before else 0)
        before = procedure.unit
        needs = procedure.operator in gowning
        phases = [
            (phase.hours, needs and phase.attended and phase.people > 0) for phase in lots.as_planned(lane, index)
        ]
        used = lots.consumption(lane, index) if stocked else {}
        found[procedure.id] = PlannedStep(
            phases * cycles,
            procedure.unit or "",
            procedure.operator or "",
            gowning.get(procedure.operator or "", 0.0),
            tuple(name for name, amount in used.items() if name in stocked and amount > 0.0),
            isinstance(procedure.operation, VisitedOperation),
            procedure.shared_run is not None,
        )
    return found


def _units(plant: Plant, procedure: UnitProcedure, size: float, held: int) -> tuple[int, int]:
    """Return on how many units a procedure runs at once, and in how many cycles."""
    own = next((e for e in plant.equipment if e.id == procedure.unit), None)
    if own is None or own.size_limit is None:
        return 1, 1
    at_once, cycles = units_and_cycles(units_filled(size, own.size_limit), own.count, procedure.when_too_large, held)
    return int(at_once), cycles
