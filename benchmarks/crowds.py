"""How many tasks a second one process can hand out and keep: two cores play a large cluster, as the workers sleep.

Each number of workers is a row of scaling.csv: the rate as measured, beside what one task was found to cost the process
that leads while few workers had nothing to do. Below workers = seconds of a task / that cost, workers are the limit.
"""

from __future__ import annotations

import contextlib
import csv
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from exosim.study import dispatch
from exosim.study.answers import Of, Response
from exosim.study.chunks import Chunks
from exosim.study.crew import Crew
from exosim.study.executor_hands import ExecutorHands
from exosim.study.factor import Factor, Floats
from exosim.study.hands import Hands
from exosim.study.job import Job
from exosim.study.model import Model
from exosim.study.worker_processes import WorkerProcesses

HERE = Path(__file__).parent
ROWS = HERE / "scaling.csv"
BALLAST = 20_000
"""Bytes of a model beside its function: about those of the reference scenario."""
IDLE = 600
"""Tasks by which the cost of one is found."""
FEW, FEW_OF_DASK = 2, 32
"""Workers by which it is found: as many as keep the process that leads busy, for a scheduler waits for few of them."""
WAVES, BRIEFEST, LONGEST = 6, 2.0, 6.0
"""Tasks of each worker; more where they take less than so long [s], two where to keep all takes longer than that."""


@dataclass(frozen=True)
class Sleeping(Model):
    """A model that takes its time at every point, and none of the processor's; or, where it is busy, all of it."""

    seconds: float
    busy: bool = False
    ballast: bytes = b"\0" * BALLAST
    factors: tuple[Factor, ...] = (Factor("x", "1", 0.0, 1.0),)
    responses: tuple[Response, ...] = (Response("y", "1"),)
    draws: int = 1

    @property
    def at_once(self) -> int:
        """One point."""
        return 1

    @property
    def identity(self) -> str:
        """How long it takes."""
        return f"sleeping {self.seconds} {self.busy}"

    def sample(self, points: Floats) -> Floats:
        """Return the points, later."""
        begun = time.thread_time()
        while self.busy and time.thread_time() - begun < self.seconds * len(points):
            np.sort(np.arange(1e4)[::-1])
        if self.seconds and not self.busy:
            time.sleep(self.seconds * len(points))
        return points[:, :, None]


class Row(NamedTuple):
    """One number of workers.

    Attributes
    ----------
    workers_of : kind of the workers
    workers : how many
    task : what each takes for a task [s]
    cost : what a task costs the process that leads, as found with few workers that have nothing to do [s]
    rate : tasks per second, measured
    """

    workers_of: str
    workers: int
    task: float
    cost: float
    rate: float

    @property
    def predicted(self) -> float:
        """Tasks per second by the model: what the workers can do, and at most what the process that leads can."""
        return min(self.workers / self.task, 1.0 / self.cost)


@contextlib.contextmanager
def threads(count: int) -> Iterator[Hands]:
    """Give threads of this process as hands."""
    with ThreadPoolExecutor(count) as pool:
        yield ExecutorHands(pool)


@contextlib.contextmanager
def processes(count: int) -> Iterator[Hands]:
    """Give processes of our own as hands; they have begun."""
    hands = WorkerProcesses(count, helped=False)
    try:
        rate(hands, 0.0, 4 * count)
        yield hands
    finally:
        hands.drop()


@contextlib.contextmanager
def dask(count: int, *, per_process: int = 256) -> Iterator[Hands]:
    """Give threads of a Dask cluster on this machine as hands, by the scheduler's own protocol."""
    from distributed import LocalCluster

    from exosim.study.cluster import dask_executor

    own = max(1, count // per_process)
    with (
        LocalCluster(n_workers=own, threads_per_worker=count // own, dashboard_address=":0") as cluster,
        dask_executor(cluster.scheduler_address) as executor,
    ):
        hands = ExecutorHands(executor)
        rate(hands, 0.0, 4 * own)
        yield hands


def has_dask() -> bool:
    """Return whether Dask is installed."""
    return find_spec("distributed") is not None


@dataclass(frozen=True)
class Crowd:
    """A kind of workers, how many are asked for, how long each sleeps for a task [s], and how many are few of them."""

    name: str
    hands: Callable[[int], AbstractContextManager[Hands]]
    workers: tuple[int, ...]
    task: float
    few: int = FEW


def crowds() -> tuple[Crowd, ...]:
    """Return the kinds of workers that are there."""
    own = (
        Crowd("threads", threads, (16, 64, 128, 256, 512, 1024), 0.5),
        Crowd("own processes", processes, (2, 4, 8, 16), 0.02),
    )
    return (*own, Crowd("Dask", dask, (16, 64, 128, 256), 0.5, FEW_OF_DASK)) if has_dask() else own


@contextlib.contextmanager
def one_by_one() -> Iterator[None]:
    """Make every point a task of its own, however short."""
    before = dispatch.TASK, dispatch.SHORTEST
    dispatch.TASK = dispatch.SHORTEST = 0.0
    try:
        yield
    finally:
        dispatch.TASK, dispatch.SHORTEST = before


def rate(hands: Hands, seconds: float, tasks: int, folder: Path | None = None, *, busy: bool = False) -> float:
    """Return how many tasks a second are handed out, taken back and, where a folder is given, kept."""
    job = Job(Sleeping(seconds, busy), (Of("y"),))
    points = np.linspace(0.0, 1.0, tasks)[:, None]
    own = Crew(hands, None if folder is None else Chunks(folder))
    with one_by_one():
        begun = time.perf_counter()
        done = sum(len(chunk) for _, chunk in own.answers(job, points))
        taken = time.perf_counter() - begun
    if done != tasks:
        raise ValueError(f"{done} of {tasks} tasks were done")
    return tasks / taken


def kept(hands: Hands, seconds: float, tasks: int) -> float:
    """Return the rate of tasks whose answers are brought to the disk, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(dir=HERE, prefix=".scaling-") as folder:
        return rate(hands, seconds, tasks, Path(folder))


def measured(crowd: Crowd) -> list[Row]:
    """Return the rate for each number of workers; before each, the cost of a task, as disks have their moods."""
    costs, rates = [], []
    with crowd.hands(crowd.few) as few:
        for count in crowd.workers:
            costs.append(1.0 / kept(few, 0.0, IDLE))
            with crowd.hands(count) as hands:
                waves = max(WAVES, round(BRIEFEST / crowd.task))
                tasks = min(waves * count, max(2 * count, round(LONGEST / costs[-1])))
                rates.append(kept(hands, crowd.task, tasks))
    cost = statistics.median(costs)
    return [Row(crowd.name, n, crowd.task, cost, found) for n, found in zip(crowd.workers, rates, strict=True)]


def write(rows: list[Row]) -> None:
    """Write the rows in place of what was measured before of these kinds of workers."""
    others = [row for row in read() if row.workers_of not in {one.workers_of for one in rows}]
    rows = [*rows, *others]
    with ROWS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows((*row[:3], f"{row.cost:.4g}", f"{row.rate:.4g}") for row in rows)


def read() -> list[Row]:
    """Return the rows as they were written."""
    if not ROWS.exists():
        return []
    with ROWS.open(newline="", encoding="utf-8") as file:
        return [
            Row(one["workers_of"], int(one["workers"]), *(float(one[name]) for name in ("task", "cost", "rate")))
            for one in csv.DictReader(file)
        ]
