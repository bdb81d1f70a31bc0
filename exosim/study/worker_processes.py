"""Processes of our own that answer ranges of points: any of them may die, and only the range that it had is lost.

A process has one task at a time and is watched by a thread of this one, which hands it the next as soon as it is done.
So it is always known which points a process died of, and one that hangs can be ended without touching the others.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import NamedTuple

import numpy as np

from exosim.errors import ExosimError, LimitError
from exosim.study.factor import Floats
from exosim.study.hands import Done, Task
from exosim.study.job import Job
from exosim.study.worker import READY, packed, unexpected, work
from exosim.workers import no_worker, starting

_LEAVE = 2.0
"""Longest that a thread is awaited whose process was ended [s]; it has nothing left to wait for."""
_STARTS = 3
"""How often a process may end before it has begun: then it never will."""
_TICK = 1.0
"""Longest step in which waiting is counted: a machine that slept, or a process that was stopped, is not late."""


class _Order(NamedTuple):
    """A task with all that is needed for it."""

    round: int
    task: Task
    job: bytes
    points: Floats


class WorkerProcesses:
    """As many processes as are asked for; started when there is work for them or ahead, and again when they die.

    Parameters
    ----------
    jobs : processes, this one included where it helps
    helped : whether this process works as well
    time_limit : longest time that a task may take [s]; None: any
    """

    def __init__(self, jobs: int, *, helped: bool = True, time_limit: float | None = None) -> None:
        self.helped = helped
        self._jobs, self._limit = jobs, time_limit
        self._hands: list[_Hand] = []
        self._ended: queue.SimpleQueue[tuple[int, Done]] = queue.SimpleQueue()
        self._round, self._open = 0, 0
        self._job: Job | None = None
        self._data, self._points = b"", np.empty((0, 0))
        self._prepare: Callable[[], None] | None = None

    def begin_ahead(self, prepare: Callable[[], None]) -> None:
        """Start processes before there is a job, as many as have a core of their own besides this one.

        One that cannot be had is no matter before there is work for it.

        Parameters
        ----------
        prepare : what they do meanwhile; it travels by its name
        """
        self._prepare = prepare
        with contextlib.suppress(LimitError):
            self._start(min(self._others(), (os.cpu_count() or 1) - 1))

    def begin(self, job: Job, points: Floats) -> None:
        """Take up a job."""
        self._job, self._data, self._points = job, b"", points

    def width(self) -> int:
        """Return how many processes work, this one included."""
        return max(self._jobs, 1)

    def room(self) -> int:
        """Return how many tasks are wanted: one is done and one waits for each process."""
        return 2 * self._others() - self._open

    def under_way(self) -> int:
        """Return how many tasks have not come back."""
        return self._open

    def give(self, task: Task) -> None:
        """Hand a task to the process that has the least to do.

        Raises
        ------
        LimitError
            when the system gives no process.
        UsageError
            when the model cannot travel to another one.
        """
        if not self._data and self._job is not None:
            self._data = packed(self._job)
        self._start(self._others())
        hand = min(self._hands, key=lambda one: one.waiting)
        self._open += 1
        hand.give(_Order(self._round, task, self._data, self._points[task.start : task.stop]))

    def wait(self, seconds: float) -> list[Done]:
        """Return tasks that have ended; wait for one at most so long, and end processes that are over their time."""
        found: list[Done] = []
        if self._limit is not None:
            seconds = min(seconds, self._limit)
        with contextlib.suppress(queue.Empty):
            found += self._current(self._ended.get(timeout=seconds) if seconds else self._ended.get_nowait())
            while True:
                found += self._current(self._ended.get_nowait())
        if self._limit is not None:
            for hand in self._hands:
                hand.end_if_late(self._limit)
        return found

    def drop(self) -> None:
        """End all processes at once: they have nothing that is not told, and what they were at is asked again."""
        self._round += 1
        self._open = 0
        for hand in self._hands:
            hand.close()
        self._hands.clear()

    def _start(self, count: int) -> None:
        while len(self._hands) < count:
            self._hands.append(_Hand(self._ended.put, self._jobs, self._prepare))

    def _others(self) -> int:
        return self._jobs - 1 if self.helped else self._jobs

    def _current(self, ended: tuple[int, Done]) -> list[Done]:
        number, done = ended
        if number != self._round:
            return []
        self._open -= 1
        return [done]


class _Turn:
    """How long a process is at a task, by steps in which this one was awake, and why it was ended if it was."""

    def __init__(self) -> None:
        self._seen, self._awake = time.monotonic(), 0.0
        self.late = ""

    def is_late(self, limit: float) -> bool:
        """Return whether it takes longer than that; true once."""
        now = time.monotonic()
        self._awake += min(now - self._seen, _TICK)
        self._seen = now
        if self.late or self._awake <= limit:
            return False
        self.late = f"it took longer than {limit:g} s"
        return True


class _Hand:
    """A process, with the thread that talks to it and the tasks that wait for it."""

    def __init__(self, tell: Callable[[tuple[int, Done]], None], jobs: int, prepare: Callable[[], None] | None) -> None:
        self._tell, self._jobs, self._prepare = tell, jobs, prepare
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._closed = False
        self._turn: _Turn | None = None
        self.waiting = 0
        self._process, self._pipe = self._start()
        self._new = True
        try:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()
        except RuntimeError as error:  # the system gives no thread
            self._process.kill()
            raise no_worker(jobs, str(error)) from None

    def give(self, order: _Order) -> None:
        """Let a task wait for the process."""
        self.waiting += 1
        self._orders.put(order)

    def end_if_late(self, limit: float) -> None:
        """End the process when its task takes longer than that."""
        turn = self._turn  # the thread may begin another one meanwhile
        if turn is not None and turn.is_late(limit):
            self._process.kill()

    def close(self) -> None:
        """End the process now, and the thread that talks to it: two that wait for one process may miss its end."""
        self._closed = True
        self._orders.put(None)
        self._process.kill()
        self._thread.join(_LEAVE)
        self._process.kill()  # which may be another one by now
        self._process.join()

    def _begin(self) -> None:
        """Wait until the process is there; one that ends before it has begun is started again, some times.

        Raises
        ------
        LimitError
            when it does not begin.
        """
        for begun in range(_STARTS):
            if begun:
                self._process, self._pipe = self._start()
                self._end_if_closed()
            with contextlib.suppress(EOFError, OSError):
                self._pipe.recv()
                return
            self._process.join()
            self._pipe.close()
            if self._closed:
                return
        ending = _ending(self._process.exitcode)
        raise no_worker(self._jobs, f'it ends as it begins ({ending}); a script needs if __name__ == "__main__"')

    def _start(self) -> tuple[BaseProcess, Connection]:
        context = get_context("spawn")
        try:
            here, there = context.Pipe()
        except OSError as error:
            raise no_worker(self._jobs, error.strerror or str(error)) from None
        process = context.Process(target=work, args=(there, self._prepare), daemon=True)
        with starting(self._jobs):
            process.start()
        there.close()
        return process, here

    def _serve(self) -> None:
        while (order := self._orders.get()) is not None and not self._closed:
            done = self._ask(order)
            self.waiting -= 1
            if self._closed:
                break
            self._tell((order.round, done))
        self._pipe.close()

    def _ask(self, order: _Order) -> Done:
        try:
            if self._new:
                self._begin()
                self._new = False
        except ExosimError as error:
            return Done(order.task, None, error=error)
        turn = _Turn()
        try:
            self._pipe.send((order.job, order.points))
            answer = self._pipe.recv()
            if answer == READY:
                turn = self._turn = _Turn()
                answer = self._pipe.recv()
            kind, found, seconds = answer
        except (EOFError, OSError):
            self._process.join()
            reason = turn.late or f"its process died ({_ending(self._process.exitcode)})"
            return self._again(order.task, reason)
        except Exception as error:  # of an answer that cannot be read here; what is left of it in the pipe is no other
            self._process.kill()
            self._process.join()
            return self._again(order.task, unexpected(error))
        finally:
            self._turn = None
        if kind == "chunk":
            return Done(order.task, found, seconds)
        if kind == "error":
            return Done(order.task, None, seconds, error=found)
        return Done(order.task, None, seconds, reason=found)

    def _again(self, task: Task, reason: str) -> Done:
        """Start another process in place of the one that died."""
        if self._closed:
            return Done(task, None, reason=reason)
        self._pipe.close()
        try:
            self._process, self._pipe = self._start()
            self._new = True
        except ExosimError as error:
            return Done(task, None, error=error)
        self._end_if_closed()
        return Done(task, None, reason=reason)

    def _end_if_closed(self) -> None:
        """End a process that was started while the one before it was ended for good."""
        if self._closed:
            self._process.kill()


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
