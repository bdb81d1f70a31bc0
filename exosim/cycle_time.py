"""The analytic side of a cycle time: for how long one batch occupies each equipment class when all goes as planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from exosim.facility.lots import Lots
from exosim.plant import Plant
from exosim.recipe import UnitProcedure


def planned_occupation(
    plant: Plant, procedures: Sequence[UnitProcedure], lots: Lots, count: int
) -> Mapping[str, float]:
    """Return the mean hours for which a batch occupies a unit of each class, turnarounds included.

    A batch that goes on in its class stays on its unit, and the time between its first and its last procedure there
    counts once. There are no waits, no pauses and no failures in it. To be asked before the clock starts.

    Parameters
    ----------
    plant : with its equipment
    procedures : of the recipe, in order
    lots : the batches, none of which has begun
    count : number of batches
    """
    turnaround = {e.id: float(np.mean(e.turnaround)) for e in plant.equipment}
    hours: dict[str, float] = {}
    before: str | None = None
    for index, procedure in enumerate(procedures):
        if procedure.unit is not None:
            stay = 0.0 if procedure.unit == before else turnaround[procedure.unit]
            hours[procedure.unit] = hours.get(procedure.unit, 0.0) + stay + _duration(procedure, index, lots, count)
        before = procedure.unit
    return hours


def _duration(procedure: UnitProcedure, index: int, lots: Lots, count: int) -> float:
    """Return the mean of the planned hours of a procedure; its feed has waited as long as planned."""
    waits = np.broadcast_to(np.ravel(procedure.expected_hold), (count,)).tolist()
    hours = [sum(phase.hours for phase in lots.begin(batch, index, wait)) for batch, wait in enumerate(waits)]
    return float(np.mean(hours))
