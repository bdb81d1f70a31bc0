"""Who answers ranges of points besides this process: what the dispatcher needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from exosim.study.chunk import Chunk
from exosim.study.factor import Floats
from exosim.study.job import Job


@dataclass(frozen=True)
class Task:
    """A range of points to ask at, and how often that was tried in vain.

    Attributes
    ----------
    alone : whether nothing else is to be under way meanwhile, so that nobody else can be to blame
    """

    start: int
    stop: int
    tried: int = 0
    alone: bool = False

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Done:
    """How a task ended.

    Attributes
    ----------
    task : which
    chunk : what came of it; None when whoever had it died, hung or failed in a way that no model should
    seconds : for which it was worked on
    reason : why there is no chunk
    error : what is to be raised at once, as it concerns all points
    tries : how many attempts this stands for
    own : whether this process had it
    shared : whether other tasks that were under way may be to blame
    """

    task: Task
    chunk: Chunk | None
    seconds: float = 0.0
    reason: str = ""
    error: BaseException | None = None
    tries: int = 1
    own: bool = False
    shared: bool = False


class Hands(Protocol):
    """Whoever answers besides this process."""

    helped: bool
    """Whether this process works, too, and does not only hand out."""

    def begin(self, job: Job, points: Floats) -> None:
        """Take up a job, after the one before it was done or dropped."""

    def room(self) -> int:
        """Return how many more tasks are wanted now."""

    def width(self) -> int:
        """Return how many tasks are worked on at the same time, at best, this process included."""

    def give(self, task: Task) -> None:
        """Hand out a task."""

    def under_way(self) -> int:
        """Return how many tasks were handed out and have not come back."""

    def wait(self, seconds: float) -> list[Done]:
        """Return tasks that have ended; wait for one at most so long."""

    def drop(self) -> None:
        """Forget what is under way."""
