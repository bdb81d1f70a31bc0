"""All points that a search asked about, the front among them after each generation, and when it has come to rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from exosim.errors import ModelError, Problem
from exosim.study.answers import Asked
from exosim.study.factor import Floats
from exosim.study.model import Model
from exosim.study.objectives import Limit, Objective
from exosim.study.pareto import Box, Places, box_of, hypervolume, nondominated
from exosim.study.respond import Progress, respond

REST, GROWTH = 10, 1e-3
"""Generations over which the hypervolume must grow by this share, or the search ends."""


class Archive:
    """Asks a model about generations of points and keeps every answer.

    Attributes
    ----------
    points, values, generation : of all points so far: (points, factors), (questions, points), (points,)
    impossible : why a point is not possible, by its number
    fronts : places of the points that were not dominated after each generation
    """

    def __init__(
        self,
        model: Model,
        questions: Sequence[Asked],
        objectives: Sequence[Objective],
        limits: Sequence[Limit],
        jobs: int | Executor,
        progress: Progress | None,
        budget: int,
    ) -> None:
        self._model, self._questions, self._jobs = model, tuple(questions), jobs
        self._objectives, self._limits, self._progress, self._budget = objectives, limits, progress, budget
        self.points = np.empty((0, len(model.factors)))
        self.values = np.empty((len(self._questions), 0))
        self.generation = np.empty(0, dtype=np.int64)
        self.impossible: dict[int, str] = {}
        self.fronts: list[Places] = []
        self._costs, self._scales = np.empty((0, len(objectives))), np.ones(len(limits))

    def judge(self, points: Floats) -> tuple[Floats, Floats]:
        """Ask about a generation; return its costs, and by how much each point breaks the limits in all.

        Each limit counts in units of its largest violation among the first points.

        Raises
        ------
        ModelError
            when all of the first points fail.
        """
        begun = len(self.points)
        answers = respond(
            self._model, points, self._questions, jobs=self._jobs, progress=self._told(begun), keep_going=True
        )
        if not begun and len(answers.failed) == len(points):
            raise ModelError(Problem("none of the first points of the search is possible", got=answers.failed[0]))
        self.points = np.concatenate([self.points, points])
        self.values = np.concatenate([self.values, answers.values], axis=1)
        self.generation = np.append(self.generation, np.full(len(points), len(self.fronts) + 1))
        self.impossible |= {begun + place: why for place, why in answers.failed.items()}
        costs = costs_of(answers.values, self._questions, self._objectives)
        broken = violations_of(answers.values, self._questions, self._limits)
        if not begun:
            self._scales = _scales(broken, self._limits)
        self._costs = np.concatenate([self._costs, costs])
        total = np.where(np.isfinite(costs).all(axis=1), (broken / self._scales).sum(axis=1), np.nan)
        self._keep_front(begun + np.flatnonzero(total == 0.0))
        return costs, total

    def _keep_front(self, allowed: Places) -> None:
        before = self.fronts[-1] if self.fronts else np.empty(0, dtype=np.intp)
        rivals = np.concatenate([before, allowed])
        self.fronts.append(rivals[nondominated(self._costs[rivals])])

    def resting(self) -> bool:
        """Return whether the front grew by less than :data:`GROWTH` over the last :data:`REST` generations."""
        if len(self.fronts) <= REST or not len(self.fronts[-1]):
            return False
        box = self.box()
        now, before = (hypervolume(self._costs[self.fronts[place]], box) for place in (-1, -1 - REST))
        return now < (1.0 + GROWTH) * before

    def box(self) -> Box:
        """Return the box around the front, of at least one point."""
        return box_of(self._costs[self.fronts[-1]])

    def trace(self) -> Floats:
        """Return the hypervolume after each generation, in the box of the last front."""
        if not self.fronts or not len(self.fronts[-1]):
            return np.zeros(len(self.fronts))
        box = self.box()
        return np.array([hypervolume(self._costs[front], box) for front in self.fronts])

    def _told(self, begun: int) -> Progress | None:
        """Return a progress callback of a generation, which counts in points of the whole search."""
        tell: Callable[[int, int], None] | None = self._progress
        return None if tell is None else lambda done, _: tell(begun + done, self._budget)


def costs_of(values: Floats, questions: Sequence[Asked], objectives: Sequence[Objective]) -> Floats:
    """Return costs, shape (points, objectives), from answers, shape (questions, points)."""
    return np.stack([one.costs(values[questions.index(one.asked)]) for one in objectives], axis=1)


def violations_of(values: Floats, questions: Sequence[Asked], limits: Sequence[Limit]) -> Floats:
    """Return by how much each limit is broken, shape (points, limits), from answers, shape (questions, points)."""
    found = [one.violation(values[questions.index(one.asked)]) for one in limits]
    return np.stack(found, axis=1) if found else np.empty((values.shape[1], 0))


def allowed(costs: Floats, violations: Floats) -> NDArray[np.bool_]:
    """Return which points have every value, and meet every limit."""
    return np.asarray(np.isfinite(costs).all(axis=1) & (violations == 0.0).all(axis=1))


def _scales(violations: Floats, limits: Sequence[Limit]) -> Floats:
    known = np.where(np.isfinite(violations), violations, 0.0).max(axis=0, initial=0.0)
    own = np.array([abs(one.limit) or 1.0 for one in limits])
    return np.where(known > 0.0, known, own)
