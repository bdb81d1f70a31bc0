"""Stretches of lanes: what one process works on at a time, and how their results become those of the run.

A stretch is a fixed range of lanes. Its kept lanes and totals depend on the scenario, the seed and the range alone, and
they are joined in the order of the lanes: so that no bit of a result depends on the number of processes, or on which of
them is first.
"""

from __future__ import annotations

import contextlib
import pickle
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.collecting import TILE, Block, Kept, joined, padded, show
from exosim.errors import ModelError, Problem
from exosim.lane_files import columns_of, write_part
from exosim.precision import Precision
from exosim.sampling import Nesting, SampleMatrix
from exosim.scenario import Scenario
from exosim.totals import Totals
from exosim.workers import helpers, in_order, processes, starting

STRETCH = 2 * TILE
"""Lanes of a stretch."""
_BEYOND = Problem(
    "the numbers of this scenario lead beyond what can be computed",
    expected="values near their plausible ranges; `exosim check` tells which are outside",
)


@dataclass(frozen=True)
class Job:
    """What every process must know of a run.

    Attributes
    ----------
    scenario, seed, nesting : what is drawn
    draws : number of lanes
    keep : how many of them are kept, the first
    block : lanes that are worked on at once
    folder : into which all lanes are written; None for nowhere
    precision : of the kernel
    samples : of other runs on the same draws in this process; None: every run draws its own
    """

    scenario: Scenario
    seed: int
    nesting: Nesting
    draws: int
    keep: int
    block: int
    folder: Path | None = None
    precision: Precision = "float64"
    samples: SampleMatrix | None = None

    @property
    def streamed(self) -> bool:
        """Whether some lanes are not kept."""
        return self.keep < self.draws

    @property
    def count(self) -> int:
        """Number of stretches."""
        return -(-self.draws // STRETCH)

    def part(self, number: int) -> tuple[int, int]:
        """Return the first lane of a stretch, and the one after its last."""
        return number * STRETCH, min((number + 1) * STRETCH, self.draws)


Told: TypeAlias = Callable[[int], None]
"""Is called with the number of lanes that are done in addition."""
_Part: TypeAlias = tuple[Kept | None, Totals]


def run_all(job: Job, jobs: int | Executor, told: Told) -> tuple[Kept, Totals]:
    """Return the kept lanes and the totals of a run.

    Parameters
    ----------
    jobs : number of processes, this one included; or an executor, which helps this process

    Raises
    ------
    ModelError
        when the numbers of the scenario lead beyond what can be computed.
    LimitError
        when a worker process cannot be had.
    """
    kept, totals = Kept(0, job.keep), Totals()

    def here(number: int) -> _Part:
        return None, run_stretch(job, number, kept, told)

    with _helpers(job, jobs) as submit:
        for number, (part, found) in enumerate(in_order(job.count, here, submit, helpers(jobs))):
            start, stop = job.part(number)
            if part is not None:
                told(stop - start)
                kept.put(part.values, start, stop)
            totals.merge(found)
            if not kept.varies and job.folder is None:  # nothing varies: one stretch says all
                break
    return kept, totals


def run_stretch(job: Job, number: int, kept: Kept, told: Told) -> Totals:
    """Run one stretch: put its lanes that are kept into `kept`, write them where asked for, and return its totals."""
    first, last = job.part(number)
    totals, written = Totals(), list[dict[str, NDArray[np.float64]]]()
    for start in range(first, last, TILE):
        stop, parts = min(start + TILE, last), list[Block]()
        for at in range(start, stop, job.block):
            end = min(at + job.block, stop)
            block = _shown(job, at, end)
            if at < kept.first + kept.lanes:
                kept.take(block, at, end)
            if job.streamed or job.folder is not None:
                parts.append(block)
            told(end - at)
        if job.streamed:
            totals.add(joined(parts).shown, stop - start)
        if job.folder is not None:
            written.append(columns_of(joined(parts).shown, stop - start))
    if job.folder is not None:
        write_part(job.folder, number, first, written)
    return totals


def _shown(job: Job, start: int, stop: int) -> Block:
    try:
        matrix = SampleMatrix(0) if job.samples is None else job.samples
        sample = matrix.block(job.seed, start, start + padded(stop - start), job.nesting)
        return show(job.scenario, sample, job.precision)
    except ArithmeticError:
        raise ModelError(_BEYOND) from None


@contextlib.contextmanager
def _helpers(job: Job, jobs: int | Executor) -> Iterator[Callable[[int], Future[_Part]] | None]:
    """Give a function that hands a stretch to a helper, or None where there is none."""
    if job.count < 2 or jobs == 1:
        yield None
        return
    data = pickle.dumps(replace(job, samples=None))
    count = min(jobs - 1, job.count - 1) if isinstance(jobs, int) else 0
    with processes(count, count + 1) if isinstance(jobs, int) else contextlib.nullcontext(jobs) as executor:

        def submit(number: int) -> Future[_Part]:
            with starting(count + 1):
                return executor.submit(_in_worker, data, number)

        yield submit


def _in_worker(data: bytes, number: int) -> _Part:
    """Run one stretch in another process."""
    job = _job(data)
    start, stop = job.part(number)
    kept = Kept(start, padded(max(min(stop, job.keep) - start, 0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # what is not finite is reported with a reason
        totals = run_stretch(job, number, kept, lambda _: None)
    return kept, totals


@lru_cache(maxsize=1)
def _job(data: bytes) -> Job:
    """Return the run that a process works on: it is read once, not for every stretch."""
    job: Job = pickle.loads(data)
    return job
