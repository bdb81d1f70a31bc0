"""The time of a lot on its units and of its people, as planned: procedure by procedure, on all lanes at once.

A lot that is too large for one unit runs on several at once or in cycles, as its procedure says; people change clothes
before each attended phase. What runs more than once, in cycles or run by run of a device that does not grow, lets part
of the lot wait meanwhile: the first part for the last run to end, or the last part for it to begin. A lot that the
plant cannot run at all is told as if its unit were large enough, or as if there were units enough for a culture.

There are no waits for units or people here, no pauses and no failures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exosim.kernel import Step
from exosim.lot_units import needed
from exosim.material import plus, times
from exosim.operations.base import Outcome, VisitedOperation
from exosim.parameter import Array
from exosim.plant import SLACK, Equipment, Plant, Role
from exosim.recipe import UnitProcedure

_A_PART = 1e-9
"""Share of a lot that surely goes into one run."""


class LotTimes:
    """Collects the times of the procedures of a recipe, step by step; hand :meth:`add` each step in order.

    Parameters
    ----------
    plant : its equipment with limits of size and turnaround, and its people
    procedures : of the recipe

    Attributes
    ----------
    hours : of each procedure, in all its cycles, with changing clothes [h]
    attended : hours of each procedure in which its people are at it, in all its cycles [h]
    work : people at work by role and procedure [person-h]
    occupied : units of each class, with their turnaround [unit-h]
    run_waits : how long part of the lot waits in a procedure that runs more than once [h]
    runs : of the procedures that say how often they do what takes them longer, in all cycles
    filled, cycles : units that each procedure fills, and its cycles
    """

    def __init__(self, plant: Plant, procedures: Sequence[UnitProcedure]) -> None:
        self._equipment = {one.id: one for one in plant.equipment}
        self._roles = {role.id: role for role in plant.roles}
        self._before: str | None = None
        self._held: Array = 0.0
        self.hours: dict[str, Array] = {}
        self.attended: dict[str, Array] = {}
        self.work: dict[tuple[str, str], Array] = {}
        self.occupied: dict[str, Array] = {}
        self.run_waits: dict[str, Array] = {}
        self.runs: dict[str, Array] = {}
        self.filled: dict[str, Array] = {}
        self.cycles: dict[str, Array] = {}

    def add(self, step: Step) -> None:
        """Add the times of the next step."""
        procedure, name = step.procedure, step.procedure.id
        own = self._equipment.get(procedure.unit or "")
        filled, at_once, cycles = self._units(step, own)
        once, attended, people = self._once(procedure, step.outcome)
        self.filled[name], self.cycles[name] = filled, cycles
        self.hours[name], self.attended[name] = times(once, cycles), times(attended, cycles)
        self.run_waits[name] = _waiting(step, once, cycles)
        repeats = procedure.operation.repeats
        if repeats is not None:
            self.runs[name] = times(step.outcome.monitors.get(repeats, 1.0), cycles)
        together = 1 if procedure.shared_run is None else procedure.shared_run.usable
        if procedure.operator is not None:
            self.work[procedure.operator, name] = times(people, cycles) / together
        if procedure.unit is not None:
            stay = 0.0 if procedure.unit == self._before or own is None else own.turnaround
            taken = times(plus(self.hours[name], stay), at_once) / together
            self.occupied[procedure.unit] = plus(self.occupied.get(procedure.unit, 0.0), taken)
        self._before, self._held = procedure.unit, at_once

    def _units(self, step: Step, own: Equipment | None) -> tuple[Array, Array, Array]:
        """Return the units that a lot fills, on how many it runs at once, and in how many cycles."""
        if own is None or own.size_limit is None:
            return 1.0, 1.0, 1.0
        filled = np.maximum(np.ceil(needed(step.procedure, step.held.volume) / own.size_limit * (1.0 - SLACK)), 1.0)
        rule, visited = step.procedure.when_too_large, isinstance(step.procedure.operation, VisitedOperation)
        if step.procedure.unit == self._before:
            at_once = self._held
        elif rule == "parallel":
            at_once = filled if visited else np.minimum(filled, own.count)
        else:
            at_once = 1.0
        in_cycles = rule != "refuse" and not visited
        return filled, at_once, np.ceil(filled / at_once) if in_cycles else 1.0

    def _once(self, procedure: UnitProcedure, outcome: Outcome) -> tuple[Array, Array, Array]:
        """Return the hours of one cycle, those in which people are at it, and those that they work [person-h]."""
        role = self._roles.get(procedure.operator or "", _ANYBODY)
        hours, attended, people = outcome.duration, 0.0 * outcome.duration, 0.0 * outcome.duration
        for phase in outcome.phases:
            if phase.attended and phase.operators:
                gowning = times(role.gowning, np.greater(phase.duration, 0.0) * 1.0) if role.gowning else 0.0
                hours, taken = plus(hours, gowning), plus(phase.duration, gowning)
                attended = plus(attended, taken)
                people = plus(people, times(taken, max(phase.operators, role.minimum_crew)))
        return hours, attended, people


_ANYBODY = Role("", 1)


def _waiting(step: Step, once: Array, cycles: Array) -> Array:
    """Return how long part of a lot waits for the other runs of its procedure; a culture is no wait."""
    operation = step.procedure.operation
    if isinstance(operation, VisitedOperation):
        return 0.0
    runs: Array = 0.0
    if operation.takes_longer is not None:
        first = operation.transform(step.held.portion(_A_PART)).duration
        runs = np.maximum(step.outcome.duration - first, 0.0)
    return plus(runs, times(once, cycles - 1.0))
