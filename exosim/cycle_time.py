"""The analytic side of a cycle time: for how long one batch occupies each equipment class when all goes as planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.facility.lots import Lots
from exosim.plant import Equipment, Plant, units_and_cycles, units_filled
from exosim.recipe import UnitProcedure

_Lanes: TypeAlias = NDArray[np.float64]


def planned_occupation(
    plant: Plant, procedures: Sequence[UnitProcedure], lots: Lots, count: int
) -> Mapping[str, float]:
    """Return the mean hours for which a batch occupies a unit of each class, turnarounds included.

    A batch that goes on in its class stays on its unit, and the time between its first and its last procedure there
    counts once. A run that batches share counts in equal parts for as many as fit. There are no waits, no pauses and no
    failures in it. To be asked before the clock starts.

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
    held = [0] * count
    for index, procedure in enumerate(procedures):
        if procedure.unit is not None:
            own = classes[procedure.unit]
            hours = _durations(procedure, index, lots, count, gowning.get(procedure.operator or "", 0.0))
            goes_on = procedure.unit == before
            sizes = [lots.size(batch, index) for batch in range(count)]
            units, cycles = _shares(own, procedure, sizes, held if goes_on else [0] * count)
            held, stay = units.astype(int).tolist(), 0.0 if goes_on else np.asarray(own.turnaround)
            together = 1 if procedure.shared_run is None else procedure.shared_run.usable
            taken[own.id] = taken.get(own.id, 0.0) + float(np.mean(units * (cycles * hours + stay))) / together
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


def _shares(
    own: Equipment, procedure: UnitProcedure, sizes: Sequence[float], held: Sequence[int]
) -> tuple[_Lanes, _Lanes]:
    """Return on how many units at once and in how many cycles each batch runs; on those it holds, it goes on."""
    if own.size_limit is None:
        return np.ones(len(sizes)), np.ones(len(sizes))
    filled = (units_filled(size, own.size_limit) for size in sizes)
    rule = procedure.when_too_large
    found = [units_and_cycles(parts, own.count, rule, on) for parts, on in zip(filled, held, strict=True)]
    units, cycles = np.array(found, dtype=np.float64).T
    return units, cycles
