"""Tasks become longer where there are many workers, so that one process can keep what they bring."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import pytest

from exosim.study.answers import Of, Response
from exosim.study.crew import Crew
from exosim.study.dispatch import MANY, SHORTEST, TASK
from exosim.study.factor import Factor, Floats
from exosim.study.hands import Done, Task
from exosim.study.job import Job
from exosim.study.model import FunctionModel

EACH = 0.1
"""Seconds that a point is said to take."""


@dataclass
class Wide:
    """So many workers that are done at once, and say that each point took a tenth of a second."""

    workers: int
    helped: bool = False
    tasks: list[Task] = field(default_factory=list)
    _open: deque[Task] = field(default_factory=deque)

    def begin(self, job: Job, points: Floats) -> None:
        self._job, self._points = job, points

    def width(self) -> int:
        return self.workers

    def room(self) -> int:
        return 2 * self.workers - len(self._open)

    def under_way(self) -> int:
        return len(self._open)

    def give(self, task: Task) -> None:
        self.tasks.append(task)
        self._open.append(task)

    def wait(self, seconds: float) -> list[Done]:
        task = self._open.popleft()
        return [Done(task, self._job.chunk(self._points[task.start : task.stop]), EACH * len(task))]

    def drop(self) -> None:
        self._open.clear()


@pytest.mark.parametrize("workers", [1, 10, MANY, 4 * MANY])
def test_the_longest_task_grows_with_the_workers(workers: int) -> None:
    """Half a second up to fifty workers, ten seconds with a thousand; towards the end 0.4 of that."""
    count = int(6 * workers * max(1.0, workers / MANY) * TASK / EACH)
    model = FunctionModel((Factor("x", "1", 0.0, 1.0),), (Response("y", "1"),), lambda x: 2.0 * x, chunk=1)
    points, hands = np.linspace(0.0, 1.0, count)[:, None], Wide(workers)
    found = np.full(count, np.nan)
    for start, chunk in Crew(hands).answers(Job(model, (Of("y", "mean"),)), points):
        found[start : start + len(chunk)] = chunk.values[0]
    assert found.tobytes() == (2.0 * points[:, 0]).tobytes()
    longer = max(1.0, workers / MANY)
    sizes = [len(task) for task in hands.tasks]
    assert max(sizes) == pytest.approx(longer * TASK / EACH, abs=1)
    last = sizes[-2]  # the very last is what is left
    assert last == pytest.approx(longer * SHORTEST / EACH, abs=1)
