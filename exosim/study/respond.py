"""Ask a model at many points: in chunks, on several processes, with points that fail told and not hidden."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from exosim.errors import ExosimError, LimitError, Problem, UsageError, in_words
from exosim.study.answers import Asked
from exosim.study.factor import Floats
from exosim.study.model import Model
from exosim.workers import helpers, in_order, processes, starting

Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True)
class Answers:
    """What a model answered.

    Attributes
    ----------
    points : shape (points, factors)
    values : shape (questions, points); NaN at a point that failed, or where no draw has a value
    failed : why, by number of the point from 0
    sample : all draws, shape (points, responses, draws), where they were asked for; else None
    """

    points: Floats
    values: Floats
    failed: Mapping[int, str]
    sample: Floats | None = None


@dataclass(frozen=True)
class _Chunk:
    """What comes of some points: answers (questions, points), draws where they are kept, and failures."""

    values: Floats
    sample: Floats | None
    failed: dict[int, str]
    error: ExosimError | None


@dataclass(frozen=True)
class _Task:
    model: Model
    asked: tuple[Asked, ...]
    keep: bool


def respond(
    model: Model,
    points: Floats,
    asked: Sequence[Asked],
    *,
    jobs: int | Executor = 1,
    progress: Progress | None = None,
    keep_going: bool = False,
    keep: bool = False,
) -> Answers:
    """Return the answers of a model at many points.

    Parameters
    ----------
    points : shape (points, factors)
    asked : what is asked at each
    jobs : processes, this one included, or an executor that helps this one; changes speed, never a bit of an answer
    progress : called with (points done, points asked for)
    keep_going : whether a point that is not possible is NaN, with its reason, instead of an error in the end
    keep : whether all draws are kept

    Raises
    ------
    ExosimError
        of the first point that is not possible, told with its number, unless `keep_going`; all others are done first.
    UsageError
        when `jobs` is below 1.
    LimitError
        when a worker process cannot be had.
    """
    if not isinstance(jobs, Executor) and (not isinstance(jobs, int) or jobs < 1):
        raise UsageError(Problem("jobs must be at least 1", got=in_words(jobs), expected="a whole number"))
    points = np.ascontiguousarray(points, dtype=np.float64)
    task = _Task(model, tuple(asked), keep)
    size = max(1, model.at_once)
    starts = range(0, len(points), size)
    values = np.full((len(asked), len(points)), np.nan)
    sample = np.full((len(points), len(model.responses), model.draws), np.nan) if keep else None
    failed: dict[int, str] = {}
    first: ExosimError | None = None

    def here(number: int) -> _Chunk:
        return _chunk(task, points[starts[number] : starts[number] + size])

    with _helpers(task, jobs, points, starts, size) as submit:
        for number, found in enumerate(in_order(len(starts), here, submit, helpers(jobs))):
            at = starts[number]
            stop = min(at + size, len(points))
            values[:, at:stop] = found.values
            if sample is not None and found.sample is not None:
                sample[at:stop] = found.sample
            failed |= {at + place: why for place, why in found.failed.items()}
            first = first or found.error
            if progress is not None:
                progress(stop, len(points))
    if first is not None and not keep_going:
        raise _told(first, failed, len(points))
    return Answers(points, values, failed, sample)


def _chunk(task: _Task, points: Floats) -> _Chunk:
    """Ask at some points; where that fails, at each half of them, down to the one that is to blame."""
    try:
        sample = task.model.sample(points)
    except (UsageError, LimitError):
        raise
    except ExosimError as error:
        if len(points) == 1:
            shape = len(task.model.responses), task.model.draws
            lost = np.full((1, *shape), np.nan) if task.keep else None
            return _Chunk(np.full((len(task.asked), 1), np.nan), lost, {0: str(error)}, error)
        half = len(points) // 2
        one, other = _chunk(task, points[:half]), _chunk(task, points[half:])
        both = None if one.sample is None or other.sample is None else np.concatenate([one.sample, other.sample])
        failed = one.failed | {half + place: why for place, why in other.failed.items()}
        return _Chunk(np.concatenate([one.values, other.values], axis=1), both, failed, one.error or other.error)
    draws = {response.name: sample[:, place, :] for place, response in enumerate(task.model.responses)}
    values = np.stack([one.of(draws) for one in task.asked]) if task.asked else np.empty((0, len(points)))
    return _Chunk(values, sample if task.keep else None, {}, None)


def _told(error: ExosimError, failed: Mapping[int, str], points: int) -> ExosimError:
    """Return the error of the first point that failed, with how many did."""
    number = min(failed)
    words = f"point {number + 1:,} of {points:,} is not possible"
    more = f", nor are {len(failed) - 1:,} others" if len(failed) > 1 else ""
    head = replace(error.problems[0], problem=f"{words}{more}: {error.problems[0].problem}")
    return type(error)([head, *error.problems[1:]])


@contextlib.contextmanager
def _helpers(
    task: _Task, jobs: int | Executor, points: Floats, starts: range, size: int
) -> Iterator[Callable[[int], Future[_Chunk]] | None]:
    """Give a function that hands a chunk to a helper, or None where there is none."""
    if len(starts) < 2 or jobs == 1:
        yield None
        return
    data = pickle.dumps(task)
    count = min(jobs - 1, len(starts) - 1) if isinstance(jobs, int) else 0
    with processes(count, count + 1) if isinstance(jobs, int) else contextlib.nullcontext(jobs) as executor:

        def submit(number: int) -> Future[_Chunk]:
            with starting(count + 1):
                return executor.submit(_in_worker, data, points[starts[number] : starts[number] + size])

        yield submit


def _in_worker(data: bytes, points: Floats) -> _Chunk:
    return _chunk(_task(data), points)


@lru_cache(maxsize=1)
def _task(data: bytes) -> _Task:
    """Return what a process works on: it is read once, not for every chunk."""
    task: _Task = pickle.loads(data)
    return task
