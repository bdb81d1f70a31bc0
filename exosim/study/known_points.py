"""What a search knows: points that were asked, each once, within a budget that is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from exosim.study.answers import Asked
from exosim.study.factor import Floats
from exosim.study.model import Model
from exosim.study.respond import respond
from exosim.study.target_space import Space


class Known(NamedTuple):
    """All that is known: places, shape (points, factors), and answers, shape (points, questions)."""

    places: Floats
    answers: Floats


class KnownPoints:
    """Asks a model at places and remembers the answers; the first question is the one that a search follows.

    A place that fails, or is not asked any more because the budget is spent, answers -inf: it is not known to reach
    anything.
    """

    def __init__(
        self,
        model: Model,
        space: Space,
        asked: Sequence[Asked],
        budget: int,
        jobs: int | Executor = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._model, self._space, self._asked = model, space, tuple(asked)
        self._budget, self._limit = budget, budget
        self._jobs, self._progress, self._spent = jobs, progress, 0
        self._rows: dict[bytes, tuple[Floats, Floats]] = {}
        self.failed: dict[str, int] = {}

    @property
    def count(self) -> int:
        """How many points were asked."""
        return len(self._rows) + self._spent

    @property
    def left(self) -> int:
        """How many more may be asked now."""
        return self._limit - self.count

    def spend(self, points: int) -> None:
        """Count points that were asked elsewhere."""
        self._spent += points

    @contextmanager
    def at_most(self, points: int) -> Iterator[None]:
        """Let no more than so many new points be asked within."""
        before, self._limit = self._limit, min(self._limit, self.count + points)
        try:
            yield
        finally:
            self._limit = before

    def ask(self, places: Floats) -> Floats:
        """Return the first answer at places, shape (points,)."""
        return self.answers(places)[:, 0]

    def answers(self, places: Floats) -> Floats:
        """Return all answers at places, shape (points, questions)."""
        points = self._space.points(places)
        keys = [row.tobytes() for row in points + 0.0]
        new = list({key: n for n, key in reversed(list(enumerate(keys))) if key not in self._rows}.values())[::-1]
        new = new[: max(self.left, 0)]
        if new:
            self._learn(keys, places, points, new)
        unknown = np.full(len(self._asked), -np.inf)
        return np.array([self._rows[key][1] if key in self._rows else unknown for key in keys])

    def _learn(self, keys: Sequence[bytes], places: Floats, points: Floats, new: Sequence[int]) -> None:
        start, told = self.count, self._progress
        progress = None if told is None else lambda done, _: told(start + done, self._budget)
        found = respond(self._model, points[new], self._asked, jobs=self._jobs, progress=progress, keep_going=True)
        values = np.where(np.isnan(found.values), -np.inf, found.values).T
        for why in (told.partition("; got ")[0] for told in found.failed.values()):
            self.failed[why] = self.failed.get(why, 0) + 1
        for row, n in enumerate(new):
            self._rows[keys[n]] = places[n], values[row]

    def within(self, moved: Sequence[int]) -> Known:
        """Return all that is known where only some factors are moved."""
        others = np.ones(len(self._space.factors), dtype=bool)
        others[list(moved)] = False
        places, answers = (np.array(part) for part in zip(*self._rows.values(), strict=True))
        own = (places[:, others] == self._space.origin[others]).all(axis=1)
        return Known(places[own], answers[own])
