"""Who answers for a study, and where finished answers are kept: an executor that goes through all its questions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from exosim.errors import Problem, UsageError, in_words
from exosim.study.chunk import Chunk, Failure
from exosim.study.chunks import Chunks
from exosim.study.dispatch import Pace, answered
from exosim.study.executor_hands import ExecutorHands
from exosim.study.factor import Floats
from exosim.study.hands import Hands
from exosim.study.job import Job
from exosim.study.worker_processes import WorkerProcesses

T = TypeVar("T")


class Crew(Executor):
    """Whoever answers, and the chunks that are finished; build it with :func:`crew`.

    It goes wherever `jobs` is asked for: every study takes it for all that it asks, so that processes are started once
    and what was answered before is read instead of asked.

    Attributes
    ----------
    chunks : where finished answers are kept; None: nowhere
    lost : points that were given up, as told with their inputs, with the reason
    """

    def __init__(self, hands: Hands, chunks: Chunks | None = None, executor: Executor | None = None) -> None:
        self.chunks = chunks
        self.lost: dict[str, Failure] = {}
        self._hands, self._executor = hands, executor
        self._paces: dict[str, Pace] = {}

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Call a function where the points are asked: on the executor that was given, else here and at once."""
        if self._executor is not None:
            return self._executor.submit(fn, *args, **kwargs)
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def answers(self, job: Job, points: Floats) -> Iterator[tuple[int, Chunk]]:
        """Yield what comes of all points, in ranges and in any order: the first point of a range, and its chunk.

        What is kept already comes first; what is new is kept before it is told.

        Raises
        ------
        ExosimError
            what concerns all points; the chunks that are finished are kept.
        """
        key = None if self.chunks is None else job.key(points)
        missing: list[tuple[int, int]] = []
        done = 0
        if self.chunks is not None and key is not None:
            for start, chunk in self.chunks.found(key, len(points), len(job.asked)):
                missing.append((done, start))
                done = start + len(chunk)
                self._remember(job, points, start, chunk)
                yield start, chunk
        missing.append((done, len(points)))
        for start, chunk in answered(job, points, missing, self._hands, self._pace(job)):
            if self.chunks is not None and key is not None:
                self.chunks.keep(key, start, chunk)
            self._remember(job, points, start, chunk)
            yield start, chunk

    def end(self) -> None:
        """End what is under way, and the processes of our own."""
        self._hands.drop()

    def _pace(self, job: Job) -> Pace:
        model = job.model
        kind = f"{type(model).__name__} {model.draws} {[response.name for response in model.responses]}"
        return self._paces.setdefault(kind, Pace())

    def _remember(self, job: Job, points: Floats, start: int, chunk: Chunk) -> None:
        for place, failure in chunk.failures.items():
            if failure.lost:
                self.lost[inputs(job, points, start + place)] = failure


@contextlib.contextmanager
def crew(
    jobs: int | Executor | WorkerProcesses = 1,
    chunks: Chunks | None = None,
    *,
    time_limit: float | None = None,
    isolated: bool = False,
) -> Iterator[Crew]:
    """Give whoever answers for a study; a crew that is given is given on.

    Parameters
    ----------
    jobs : processes, this one included; or those of :func:`begun_ahead`, which know their time limit; or any executor,
        which does all of the work
    chunks : where finished answers are kept and looked for
    time_limit : longest time that a point may take [s], then its process is ended and it is tried again
    isolated : whether this process asks at no point itself, since one that did has died

    Raises
    ------
    UsageError
        when `jobs` is below 1, or a time limit is to hold in processes that are not ours.
    """
    if isinstance(jobs, Crew):
        yield jobs
        return
    own = _crew(jobs, chunks, time_limit, isolated)
    try:
        yield own
    finally:
        own.end()


@contextlib.contextmanager
def begun_ahead(jobs: int, time_limit: float | None = None) -> Iterator[WorkerProcesses]:
    """Give processes of our own that begin while nobody knows yet what they will be asked.

    Parameters
    ----------
    jobs, time_limit : as of :func:`crew`
    """
    own = _processes(jobs, time_limit)
    try:
        own.begin_ahead(read_a_scenario)
        yield own
    finally:
        own.drop()


def read_a_scenario() -> None:
    """Import what almost any model needs, and learn the units: all that takes longer than to answer a range."""
    from exosim.scenario import load
    from exosim.study import kernel_model  # noqa: F401
    from exosim.templates import templates

    load(templates()["minimal"].path)


def _processes(jobs: int, time_limit: float | None) -> WorkerProcesses:
    if not isinstance(jobs, int) or jobs < 1:
        raise UsageError(Problem("jobs must be at least 1", got=in_words(jobs), expected="a whole number"))
    return WorkerProcesses(jobs, helped=time_limit is None, time_limit=time_limit)


def _crew(
    jobs: int | Executor | WorkerProcesses, chunks: Chunks | None, time_limit: float | None, isolated: bool
) -> Crew:
    if isinstance(jobs, Executor):
        if time_limit is not None:
            expected = "processes of our own: jobs = N, or --jobs N"
            raise UsageError(
                Problem("a time limit ends processes, and those of an executor are not ours", expected=expected)
            )
        return Crew(ExecutorHands(jobs), chunks, jobs)
    hands = jobs if isinstance(jobs, WorkerProcesses) else _processes(jobs, time_limit)
    hands.helped = hands.helped and not isolated
    return Crew(hands, chunks)


def inputs(job: Job, points: Floats, number: int) -> str:
    """Return a point in words, such as ``point 3: concentrate.flux = 20 L/m2/h``."""
    settings = zip(job.model.factors, points[number].tolist(), strict=True)
    return f"point {number + 1:,}: " + ", ".join(f"{f.path} = {f.setting(value)}" for f, value in settings)
