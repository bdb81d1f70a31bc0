"""What happens to the material of each batch while the clock runs.

Everything that does not depend on the clock is evaluated once, with the batches as lanes, before the clock starts. A
batch whose feed really waited longer or shorter than planned, or whose harvests were late, is followed on its own from
there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np

from exosim.companion import Of
from exosim.errors import ModelError, Problem
from exosim.kernel import Step, last_maker, run
from exosim.material import FIELDS, Material, lane_of
from exosim.operations.base import Context, Outcome, Visit, VisitedOperation
from exosim.parameter import Array
from exosim.recipe import REMAINDER, Recipe

_SAME = 1e-9  # h


CountDoses = Callable[[Outcome, Context], Array]
"""Returns the whole doses in the outcome of a procedure."""


class PlannedPhase(NamedTuple):
    """A phase of one batch: how long, who is needed, how many."""

    name: str
    hours: float
    people: int
    attended: bool


def material_of(material: Material, lane: int) -> Material:
    """Return one lane of a material."""
    return Material(**{name: lane_of(getattr(material, name), lane) for name in FIELDS})


def outcome_of(outcome: Outcome, lane: int) -> Outcome:
    """Return one lane of what an operation made and counted."""
    monitors = {name: lane_of(value, lane) for name, value in outcome.monitors.items()}
    return dataclasses.replace(outcome, product=material_of(outcome.product, lane), monitors=monitors)


def _check_durations(place: str, outcome: Outcome) -> None:
    """Refuse durations that the clock cannot take."""
    for phase in outcome.phases:
        if not np.all(np.isfinite(phase.duration)):
            raise ModelError(Problem(f"the duration of the phase {phase.name} is not a finite number", path=place))


class Lots:
    """The material of all batches of one replication.

    Parameters
    ----------
    recipe : with the parameter values of the batches as lanes
    alone : returns the recipe with the values of one batch
    count : number of batches
    count_doses : returns the doses in the outcome of the last procedure
    companion : id of the procedure that makes the companion, and what counts its doses; None: there is none
    """

    def __init__(
        self,
        recipe: Recipe,
        alone: Callable[[int], Recipe],
        count: int,
        count_doses: CountDoses = lambda outcome, context: 0.0,
        companion: tuple[str, CountDoses] | None = None,
    ) -> None:
        self._recipe, self._alone, self._count = recipe, alone, count
        self._made_at: dict[Of, int] = {"product": last_maker(recipe.procedures)}
        self._counts: dict[Of, CountDoses] = {"product": count_doses}
        if companion is not None:
            self._made_at["companion"] = [procedure.id for procedure in recipe.procedures].index(companion[0])
            self._counts["companion"] = companion[1]
        self._planned_doses: dict[Of, list[float]] = {}
        self._steps: Sequence[Step] = run(recipe)
        self._planned = [self._phases(step.procedure.id, step.outcome) for step in self._steps]
        self._streams: dict[int, dict[str, Material]] = {}
        self._own: dict[int, dict[int, Step]] = {}
        """Steps of batches that have left their plan, by index, as they really ran."""
        self._loops: dict[int, list[tuple[int, int, dict[int, Step]]]] = {}
        """What was run before each rework of a batch: from which index to which, and the steps that left the plan."""
        self._recipes: dict[int, Recipe] = {}
        self._returned: dict[int, tuple[int, Material]] = {}
        self._aside: dict[int, dict[str, Material]] = {}
        self._waits = [self._spread(procedure.expected_hold) for procedure in recipe.procedures]

    def _spread(self, value: Array) -> list[float]:
        found: list[float] = np.broadcast_to(np.ravel(value).astype(np.float64), (self._count,)).tolist()
        return found

    def _phases(self, place: str, outcome: Outcome) -> list[list[PlannedPhase]]:
        """Return the phases of one procedure for each batch."""
        _check_durations(place, outcome)
        by_phase = [
            map(
                PlannedPhase._make,
                zip(
                    repeat(phase.name),
                    self._spread(np.maximum(phase.duration, 0.0)),
                    repeat(phase.operators),
                    repeat(phase.attended),
                ),
            )
            for phase in outcome.phases
        ]
        return (
            [list(phases) for phases in zip(*by_phase, strict=True)] if by_phase else [[] for _ in range(self._count)]
        )

    def begin(self, batch: int, index: int, waited: float) -> list[PlannedPhase]:
        """Return the phases of a procedure whose feed has really waited for some hours."""
        on_plan = batch not in self._streams
        procedure = self._recipe.procedures[index]
        if on_plan and (procedure.hold is None or abs(waited - self._waits[index][batch]) <= _SAME):
            return self._planned[index][batch]
        outcome = self._follow(batch, index, waited, None)
        _check_durations(procedure.id, outcome)
        return self._alone_phases(outcome)

    def as_planned(self, batch: int, index: int) -> list[PlannedPhase]:
        """Return the phases of a procedure whose feed has waited as long as planned."""
        return self._planned[index][batch]

    def planned_size(self, batch: int, index: int) -> float:
        """Return the size that a procedure needs of its unit, as planned."""
        operation = self._recipe.procedures[index].operation
        by = operation.sized_by
        return self._of(self._steps[index].held.volume if by is None else getattr(operation, by), batch)

    def most_people(self, index: int) -> int:
        """Return the most people that an attended phase of a procedure takes, as planned."""
        found = (phase.people for phases in self._planned[index] for phase in phases if phase.attended)
        return max(found, default=0)

    def size(self, batch: int, index: int) -> float:
        """Return the size that a procedure needs of its unit: the volume of its feed [L], or the parameter of it."""
        operation = self._recipe.procedures[index].operation
        if operation.sized_by is not None:
            return self._of(getattr(operation, operation.sized_by), batch)
        if batch not in self._streams:
            return self._of(self._steps[index].held.volume, batch)
        return float(np.squeeze(self._feed(batch, index).volume))

    def largest(self, index: int) -> float:
        """Return the largest size that a procedure needs of its unit, as planned."""
        operation = self._recipe.procedures[index].operation
        by = operation.sized_by
        size = self._steps[index].held.volume if by is None else getattr(operation, by)
        return float(np.max(np.ravel(size)))

    def uses(self, index: int) -> tuple[str, ...]:
        """Return the keys of what a procedure uses up."""
        return tuple(self._steps[index].outcome.consumption)

    def consumption(self, batch: int, index: int) -> dict[str, float]:
        """Return what a procedure uses up, by key of the vocabulary."""
        own = self._own.get(batch, {}).get(index)
        if own is None:
            return {key: self._of(v, batch) for key, v in self._steps[index].outcome.consumption.items()}
        return {key: float(np.squeeze(value)) for key, value in own.outcome.consumption.items()}

    def used_up(self, batch: int, index: int, number: int) -> dict[str, float]:
        """Return what the n-th run of a procedure used up, counted from 0: a rework runs it again."""
        loops = [own for first, last, own in self._loops.get(batch, ()) if first <= index <= last]
        if number >= len(loops):
            return self.consumption(batch, index)
        own = loops[number].get(index)
        consumption = self._steps[index].outcome.consumption if own is None else own.outcome.consumption
        return {key: self._of(value, batch if own is None else 0) for key, value in consumption.items()}

    def rework(self, batch: int, index: int, back_to: int) -> None:
        """Let the product of a procedure enter an earlier one again.

        What entered from outside the loop is in the product already and does not enter again; what left the loop for
        later procedures stays aside, and what leaves it the next time is added.
        """
        streams = self._streams.setdefault(batch, self._planned_streams(batch, index + 1))
        own = self._own.get(batch, {}).get(index)
        entered, _ = self._returned.get(batch, (0, None))
        self._loops.setdefault(batch, []).append((entered, index, dict(self._own.get(batch, {}))))
        self._returned[batch] = back_to, own.outcome.product if own is not None else self._planned_product(batch, index)
        loop = self._recipe.procedures[back_to : index + 1]
        used = {name for procedure in loop for name in procedure.feeds}
        for name, material in streams.items():
            maker, _, part = name.partition(".")
            inside = any(procedure.id == maker for procedure in loop)
            if name in used and not inside:
                streams[name] = Material()
            elif inside and name not in used and (maker != loop[-1].id or part == REMAINDER):
                self._aside.setdefault(batch, {})[name] = material

    def _planned_product(self, batch: int, index: int) -> Material:
        return material_of(self._steps[index].outcome.product, batch)

    @staticmethod
    def _of(value: Array, batch: int) -> float:
        return float(np.ravel(lane_of(value, batch))[0])

    def visited(self, batch: int, index: int, waited: float, times: Sequence[float]) -> None:
        """Note when the visits of an operation really were; times in hours after its clock started."""
        operation = self._recipe.procedures[index].operation
        if not isinstance(operation, VisitedOperation):
            return
        planned = operation.schedule()
        if all(abs(visit.time - real) <= _SAME for visit, real in zip(planned, times, strict=True)):
            return
        real = tuple(dataclasses.replace(visit, time=time) for visit, time in zip(planned, times, strict=True))
        self._follow(batch, index, waited, real)

    def product(self, batch: int) -> Material:
        """Return the product of a batch."""
        last = len(self._steps) - 1
        if batch in self._streams:
            return self._own[batch][last].outcome.product
        return self._planned_product(batch, last)

    def passes(self, batch: int) -> list[list[Step]]:
        """Return the steps of a batch as they ran, or as planned where they have not; a rework begins another pass."""
        last = self._returned.get(batch, (0, None))[0], len(self._steps) - 1, self._own.get(batch, {})
        return [
            [own[index] if index in own else self._planned_step(batch, index) for index in range(first, end + 1)]
            for first, end, own in [*self._loops.get(batch, ()), last]
        ]

    def _planned_step(self, batch: int, index: int) -> Step:
        step, outcome = self._steps[index], outcome_of(self._steps[index].outcome, batch)
        held, waited, left = (material_of(m, batch) for m in (step.held, step.waited, step.outcome.remainder))
        losses = {channel: material_of(material, batch) for channel, material in step.outcome.losses.items()}
        own = self._recipe_of(batch).procedures[index]
        return Step(own, held, waited, dataclasses.replace(outcome, remainder=left, losses=losses))

    def doses(self, batch: int, of: Of = "product") -> float:
        """Return the whole doses of a batch."""
        made = self.off_plan(batch, of)
        if made is not None:
            return float(np.squeeze(self._counts[of](*made)))
        if of not in self._planned_doses:
            self._planned_doses[of] = self._spread(self._counts[of](*self.planned(of)))
        return self._planned_doses[of][batch]

    def planned(self, of: Of = "product") -> tuple[Outcome, Context]:
        """Return the outcome of the procedure that makes the product, of all batches as planned, and their context."""
        return self._steps[self._made_at[of]].outcome, self._recipe.context

    def off_plan(self, batch: int, of: Of = "product") -> tuple[Outcome, Context] | None:
        """Return that outcome of a batch that has left its plan, and its context; None of one that ran as planned."""
        if batch not in self._streams:
            return None
        return self._made(batch, self._made_at[of]), self._recipe_of(batch).context

    def _made(self, batch: int, index: int) -> Outcome:
        """Return what a procedure made of a batch that has left its plan, there or later."""
        own = self._own.get(batch, {}).get(index)
        return own.outcome if own is not None else outcome_of(self._steps[index].outcome, batch)

    def _recipe_of(self, batch: int) -> Recipe:
        if batch not in self._recipes:
            self._recipes[batch] = self._alone(batch)
        return self._recipes[batch]

    def _follow(self, batch: int, index: int, waited: float, visits: tuple[Visit, ...] | None) -> Outcome:
        """Evaluate one procedure of one batch as it really ran, and remember what came of it."""
        recipe = self._recipe_of(batch)
        streams = self._streams.setdefault(batch, self._planned_streams(batch, index))
        procedure = recipe.procedures[index]
        feed, lost = self._feed(batch, index), Material()
        if procedure.hold is not None:
            feed, lost = procedure.hold.apply(feed, waited, recipe.context.sizes)
        operation = procedure.operation
        if visits is not None and isinstance(operation, VisitedOperation):
            outcome = operation.transform(feed, visits)
        else:
            outcome = operation.transform(feed)
        streams.update(procedure.streams(outcome))
        for name, material in self._aside.get(batch, {}).items():
            if name.partition(".")[0] == procedure.id:
                streams[name] = streams[name] + material
        self._own.setdefault(batch, {})[index] = Step(procedure, feed, lost, outcome)
        return outcome

    def _feed(self, batch: int, index: int) -> Material:
        """Return what enters a procedure of a batch that is followed on its own, before its wait."""
        back_to, returned = self._returned.get(batch, (-1, Material()))
        return returned if back_to == index else self._recipe_of(batch).procedures[index].feed(self._streams[batch])

    def _planned_streams(self, batch: int, index: int) -> dict[str, Material]:
        """Return the streams of the procedures before `index`, which ran as planned."""
        streams: dict[str, Material] = {}
        for step in self._steps[:index]:
            product, remainder = (material_of(m, batch) for m in (step.outcome.product, step.outcome.remainder))
            streams.update(step.procedure.streams(Outcome(product, remainder)))
        return streams

    @staticmethod
    def _alone_phases(outcome: Outcome) -> list[PlannedPhase]:
        return [
            PlannedPhase(phase.name, max(float(np.squeeze(phase.duration)), 0.0), phase.operators, phase.attended)
            for phase in outcome.phases
        ]
