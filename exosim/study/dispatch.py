"""Which points are asked next, by whom, and what happens to a range whose worker dies.

The bits of an answer do not depend on the range that it is asked in, so ranges are as large as suits: so large that
handing out costs nothing beside the work, and small towards the end, so that nobody waits for the last.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exosim.errors import ExosimError, Problem
from exosim.interrupt import is_interrupt
from exosim.study.chunk import Chunk, Failure, joined
from exosim.study.factor import Floats
from exosim.study.hands import Done, Hands, Task
from exosim.study.job import Job
from exosim.study.worker import unexpected

TASK = 0.5
"""How long a task is to take [s]: a thousand times what it costs to hand it out and to bring it to a disk."""
SHORTEST = 0.2
"""What is not divided any more towards the end [s]."""
MANY = 25
"""Workers beyond which tasks become longer in proportion, so that no more than fifty a second are to be kept."""
TRIES = 3
"""How often a single point is asked before it is given up."""
_POLL = 1.0
_RECENT = 0.3


@dataclass
class Pace:
    """How long a point of a kind of question takes, from those that were asked last [s]; None before the first."""

    each: float | None = None

    def learn(self, each: float) -> None:
        """Take in how long the points of one more range took, each."""
        self.each = each if self.each is None else self.each + _RECENT * (each - self.each)


def answered(
    job: Job, points: Floats, missing: Iterable[tuple[int, int]], hands: Hands, pace: Pace
) -> Iterator[tuple[int, Chunk]]:
    """Yield what comes of ranges of points, in the order in which they are done: the first point, and the chunk.

    Parameters
    ----------
    points : all of the job
    missing : the ranges to ask at, as (start, stop)
    hands : who helps
    pace : of questions of this kind; learns

    Raises
    ------
    ExosimError
        what concerns all points, such as a response that nobody knows, or a worker that cannot be had.
    """
    todo = _Todo(job, missing, hands, pace)
    hands.begin(job, points)
    try:
        yield from _answered(job, points, todo, hands)
    finally:
        if hands.under_way():
            hands.drop()


def _answered(job: Job, points: Floats, todo: _Todo, hands: Hands) -> Iterator[tuple[int, Chunk]]:
    own: _Own | None = None
    while True:
        alone = hands.width() == 1
        if own is None and hands.helped and (todo.left or (alone and todo.suspects)):
            own = _Own(job, points, todo.next(suspects=alone))
        while todo.wanted():
            hands.give(todo.next(suspects=True))
        if own is not None:
            own.step()
        for done in hands.wait(0.0 if own is not None or not hands.under_way() else _POLL):
            yield from todo.ended(done)
        if own is not None and own.done is not None:
            yield from todo.ended(own.done)
            own = None
        if own is None and not hands.under_way() and not todo.left and not todo.suspects:
            return


class _Todo:
    """What is left to ask, and how large the next range is to be."""

    def __init__(self, job: Job, missing: Iterable[tuple[int, int]], hands: Hands, pace: Pace) -> None:
        self._job, self._hands, self._pace = job, hands, pace
        self._ranges = deque((start, stop) for start, stop in missing if stop > start)
        self.left = sum(stop - start for start, stop in self._ranges)
        self.suspects: deque[Task] = deque()
        self._alone = False

    def wanted(self) -> bool:
        """Return whether something is left to hand out, and somebody to take it.

        While nobody knows how long a point takes each worker has one piece at most: many of them may be very small.
        """
        hands = self._hands
        if self._alone or (self.suspects and self.suspects[0].alone and hands.under_way()):
            return False
        if self._pace.each is None and hands.under_way() >= hands.width():
            return False
        return hands.room() > 0 and bool(self.suspects or self.left)

    def next(self, *, suspects: bool) -> Task:
        """Return the next range, as large as suits, in whole pieces; one that was lost before comes first."""
        if suspects and self.suspects:
            found = self.suspects.popleft()
            self._alone = found.alone
            return found
        start, stop = self._ranges.popleft()
        size = min(self._size(), stop - start)
        if start + size < stop:
            self._ranges.appendleft((start + size, stop))
        self.left -= size
        return Task(start, start + size)

    def _size(self) -> int:
        piece = self._job.piece
        each = self._pace.each
        if not each:
            return piece
        width = self._hands.width()
        fair, longer = self.left * each / (2 * width), max(1.0, width / MANY)
        wanted = min(TASK * longer, max(fair, SHORTEST * longer))
        return max(1, math.floor(min(wanted / each, self.left) / piece)) * piece

    def ended(self, done: Done) -> Iterator[tuple[int, Chunk]]:
        """Yield what a task has brought; what it has lost is divided and asked again, or given up."""
        if done.error is not None:
            raise done.error
        task = done.task
        self._alone = self._alone and not task.alone
        if done.chunk is not None:
            self._pace.learn(done.seconds / len(task))
            yield task.start, done.chunk
            return
        if not done.own:
            self._hands.helped = False  # whatever it was may end this process as well
        alone = task.alone or done.shared
        tried = task.tried + (0 if done.shared and not task.alone else done.tries)
        if len(task) > 1:
            half = (task.start + task.stop) // 2
            self.suspects += [Task(task.start, half, 0, alone), Task(half, task.stop, 0, alone)]
        elif tried < TRIES:
            self.suspects.append(Task(task.start, task.stop, tried, alone))
        else:
            yield task.start, self._job.lost(_given_up(done.reason, tried))


class _Own:
    """A range that this process asks at, piece by piece, so that it can look after others in between."""

    def __init__(self, job: Job, points: Floats, task: Task) -> None:
        self._job, self._points, self._task = job, points, task
        self._chunks: list[Chunk] = []
        self._at, self._seconds = task.start, 0.0
        self.done: Done | None = None

    def step(self) -> None:
        """Ask at the next piece."""
        stop = min(self._at + self._job.piece, self._task.stop)
        begun = time.perf_counter()
        try:
            self._chunks.append(self._job.chunk(self._points[self._at : stop]))
        except (ExosimError, MemoryError):
            raise
        except (Exception, SystemExit) as error:  # a point ends no study
            if is_interrupt(error):
                raise KeyboardInterrupt from None
            self.done = Done(self._task, None, reason=unexpected(error), own=True)
            return
        self._seconds += time.perf_counter() - begun
        self._at = stop
        if stop == self._task.stop:
            self.done = Done(self._task, joined(self._chunks), self._seconds)


def _given_up(reason: str, tries: int) -> Failure:
    return Failure("ModelError", (Problem(f"given up after {tries} attempts: {reason}"),), lost=True)
