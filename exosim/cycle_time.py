"""The analytic side of a cycle time: for how long one batch occupies each equipment class when all goes as planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.facility.lots import Lots
from exosim.plant import Equipment, Plant
from exosim.recipe import UnitProcedure

_Lanes: TypeAlias = NDArray[np.float64]
_SLACK = 1e-9
"""Share by which a size may exceed that of its units, as on the line."""


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
    classes = {e.id: e for e in plant.equipment}
    gowning = {role.id: role.gowning for role in plant.roles}
    taken: dict[str, float] = {}
    if not count:
        return taken
    before: str | None = None
    for index, procedure in enumerate(procedures):
        if procedure.unit is not None:
            own = classes[procedure.unit]
            hours = _durations(procedure, index, lots, count, gowning.get(procedure.operator or "", 0.0))
            units, cycles = _shares(own, procedure, [lots.size(batch, index) for batch in range(count)])
            stay = 0.0 if procedure.unit == before else np.asarray(own.turnaround)
            taken[own.id] = taken.get(own.id, 0.0) + float(np.mean(units * (cycles * hours + stay)))
        before = procedure.unit
    return taken


def _durations(procedure: UnitProcedure, index: int, lots: Lots, count: int, gowning: float) -> _Lanes:
    """Return the planned hours of a procedure for each batch; its feed has waited as long as planned."""
    waits = np.broadcast_to(np.ravel(procedure.expected_hold), (count,)).tolist()
    found = [
        sum(phase.hours + (gowning if phase.attended and phase.people and phase.hours else 0.0) for phase in phases)
        for phases in (lots.begin(batch, index, wait) for batch, wait in enumerate(waits))
    ]
    return np.array(found, dtype=np.float64)


def _shares(own: Equipment, procedure: UnitProcedure, sizes: Sequence[float]) -> tuple[_Lanes, _Lanes]:
    """Return on how many units at once and in how many cycles each batch runs, because one unit is too small."""
    one = np.ones(len(sizes))
    if own.size_limit is None:
        return one, one
    parts = np.maximum(np.ceil(np.asarray(sizes) / own.size_limit * (1.0 - _SLACK)), 1.0)
    units = np.minimum(parts, own.count) if procedure.when_too_large == "parallel" else one
    return units, np.ceil(parts / units)
