"""Ask a model at many points: in ranges, by whoever helps, with points that fail told and not hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from exosim.errors import ExosimError
from exosim.study.answers import Asked
from exosim.study.chunk import Failure
from exosim.study.crew import crew, inputs
from exosim.study.factor import Floats
from exosim.study.job import Job
from exosim.study.model import Model

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
    points = np.ascontiguousarray(points, dtype=np.float64)
    job = Job(model, tuple(asked), keep)
    values = np.full((len(asked), len(points)), np.nan)
    sample = np.full((len(points), len(model.responses), model.draws), np.nan) if keep else None
    failures: dict[int, Failure] = {}
    done = 0
    with crew(jobs) as workers:
        for start, chunk in workers.answers(job, points):
            stop = start + len(chunk)
            values[:, start:stop] = chunk.values
            if sample is not None and chunk.sample is not None:
                sample[start:stop] = chunk.sample
            failures |= {start + place: failure for place, failure in chunk.failures.items()}
            done += len(chunk)
            if progress is not None:
                progress(done, len(points))
    if failures and not keep_going:
        raise _told(job, points, failures)
    return Answers(points, values, {place: _why(job, points, place, failures) for place in sorted(failures)}, sample)


def _why(job: Job, points: Floats, place: int, failures: Mapping[int, Failure]) -> str:
    """Return why a point failed; of one that was lost nobody else tells at which inputs."""
    failure = failures[place]
    return f"{inputs(job, points, place)}: {failure}" if failure.lost else str(failure)


def _told(job: Job, points: Floats, failures: Mapping[int, Failure]) -> ExosimError:
    """Return the error of the first point that failed, with how many did."""
    number = min(failures)
    error = failures[number].error()
    words = f"point {number + 1:,} of {len(points):,} is not possible"
    if failures[number].lost:
        words = f"{inputs(job, points, number)}: cannot be computed"
    more = f", nor are {len(failures) - 1:,} others" if len(failures) > 1 else ""
    head = replace(error.problems[0], problem=f"{words}{more}: {error.problems[0].problem}")
    return type(error)([head, *error.problems[1:]])
