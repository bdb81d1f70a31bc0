"""Any executor of :mod:`concurrent.futures` as hands: threads, processes, MPI, a cluster of Dask."""

from __future__ import annotations

import contextlib
import os
import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from exosim.errors import ExosimError, Problem, UsageError
from exosim.study.chunk import Chunk
from exosim.study.factor import Floats
from exosim.study.hands import Done, Task
from exosim.study.job import Job
from exosim.study.numbers import differences, fingerprint
from exosim.study.worker import packed, unexpected, unpacked
from exosim.workers import no_worker, starting

_KILLED = {"KilledWorker": 3}
"""What is raised after so many attempts: Dask gives up a task when workers died that had it, perhaps of another one."""


class _Reply(NamedTuple):
    chunk: Chunk
    seconds: float
    numbers: Mapping[str, str]


class ExecutorHands:
    """Hands that are an executor; this process only hands out, and what is under way is told to be given up."""

    helped = False

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._ended: queue.SimpleQueue[Future[_Reply]] = queue.SimpleQueue()
        self._handed: dict[Future[_Reply], Task] = {}
        self._job: Job | None = None
        self._shared: Any = None
        self._points: Floats = np.empty((0, 0))
        self._same: set[tuple[str, ...]] = {tuple(fingerprint().values())}

    def begin(self, job: Job, points: Floats) -> None:
        """Take up a job; an executor that can share data has it brought to each of its workers once."""
        self._job, self._shared, self._points = job, None, points

    def width(self) -> int:
        """Return how many tasks the executor works on at the same time."""
        return width(self._executor)

    def room(self) -> int:
        """Return how many tasks are wanted: one is done and one waits for each worker."""
        return max(2 * self.width(), 2) - len(self._handed)

    def under_way(self) -> int:
        """Return how many tasks have not come back."""
        return len(self._handed)

    def give(self, task: Task) -> None:
        """Submit a task.

        Raises
        ------
        LimitError
            when the executor is broken.
        UsageError
            when the model cannot travel to another process.
        """
        if self._shared is None and self._job is not None:
            share: Callable[[bytes], Any] = getattr(self._executor, "share", bytes)
            self._shared = share(packed(self._job))
        points = self._points[task.start : task.stop]
        try:
            with starting(self.width()):
                future = self._executor.submit(_in_worker, self._shared, points)
        except BrokenExecutor:
            raise no_worker(self.width(), "it ended abruptly, perhaps for want of memory") from None
        self._handed[future] = task
        future.add_done_callback(self._ended.put)

    def wait(self, seconds: float) -> list[Done]:
        """Return tasks that have ended; wait for one at most so long."""
        found: list[Done] = []
        with contextlib.suppress(queue.Empty):
            found += self._told(self._ended.get(timeout=seconds) if seconds else self._ended.get_nowait())
            while True:
                found += self._told(self._ended.get_nowait())
        return found

    def drop(self) -> None:
        """Give up what is under way."""
        handed, self._handed = list(self._handed), {}
        for future in handed:
            future.cancel()

    def _told(self, future: Future[_Reply]) -> list[Done]:
        task = self._handed.pop(future, None)
        if task is None:
            return []
        try:
            reply = future.result()
        except (ExosimError, MemoryError) as error:
            return [Done(task, None, error=error)]
        except (Exception, SystemExit) as error:
            tries = _KILLED.get(type(error).__name__)
            return [Done(task, None, reason=unexpected(error), tries=tries or 1, shared=tries is not None)]
        self._check(reply.numbers)
        return [Done(task, reply.chunk, reply.seconds)]

    def _check(self, numbers: Mapping[str, str]) -> None:
        """Refuse a worker that computes other bits than this process."""
        if tuple(numbers.values()) in self._same:
            return
        told = "; ".join(differences(numbers, fingerprint()))
        expected = "workers with the same versions of exosim and NumPy, and the same kind of processor"
        raise UsageError(Problem("a worker computes other numbers than this process", got=told, expected=expected))


def width(executor: Executor) -> int:
    """Return how many tasks an executor works on at the same time, as far as it tells."""
    own = getattr(executor, "width", None)
    if callable(own):
        return max(1, int(own()))
    for name in ("num_workers", "_max_workers"):  # of mpi4py, and of the standard library
        found = getattr(executor, name, None)
        if isinstance(found, int) and found > 0:
            return found
    return os.cpu_count() or 1


def _in_worker(data: bytes, points: Floats) -> _Reply:
    begun = time.perf_counter()
    chunk = _job(data).chunk(points)
    return _Reply(chunk, time.perf_counter() - begun, fingerprint())


@lru_cache(maxsize=2)
def _job(data: bytes) -> Job:
    """Return what a worker is at: it is read once, not for every task."""
    return unpacked(data)
