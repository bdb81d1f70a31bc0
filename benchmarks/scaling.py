"""What a study costs beside its model, at scale: ``python benchmarks/scaling.py`` (minutes).

The command measures on this machine, keeps the figures (figures.json, scaling.csv), and writes what is made of them:
the table of README.md, those of docs/explanation/scaling.md and its picture.
"""

from __future__ import annotations

import pickle
import runpy
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import crowds
import goals
import numpy as np
import study
import write_figures
from pairs import interleaved, timed

import exosim as xs
from exosim.study.chunk import Chunk, to_bytes
from exosim.study.chunks import Chunks, read
from exosim.study.crew import Crew, crew
from exosim.study.designs import latin_hypercube
from exosim.study.executor_hands import ExecutorHands
from exosim.study.facility_model import FacilityModel, facility_model
from exosim.study.factor import Floats
from exosim.study.front import front
from exosim.study.hands import Hands
from exosim.study.job import Job
from exosim.study.model import Model
from exosim.study.objectives import Objective
from exosim.study.reading import read_factors
from exosim.study.respond import respond
from exosim.study.worker_processes import WorkerProcesses

HERE = Path(__file__).parent
PAGE_SCRIPT = HERE.parent / "docs" / "scaling_pictures.py"
YEARS = 20
"""Facility-years of a point."""
ROUNDS = 5
POPULATION = 1_000
"""Points of a generation of a front."""
PURITY = "purity_relative_to_ceiling"
MANY_POINTS = 200_000
"""Points by which the memory of one is found."""
KERNEL_POINTS, FACILITY_POINTS = 100, 3
"""Points of one round."""
_LARGE, _LARGE_CHUNKS = 16 * 2**20, 16
"""Bytes of a large chunk, and how many of them."""
_TASKS, _SECOND_TASKS = 2_000, 8


class Watched(Model):
    """A model that notes how long it took, so that all else of a study is what is left."""

    def __init__(self, model: Model) -> None:
        self.factors, self.responses, self.draws = model.factors, model.responses, model.draws
        self._model = model
        self.spent = 0.0

    @property
    def at_once(self) -> int:
        """As the model has it."""
        return self._model.at_once

    @property
    def identity(self) -> str | None:
        """As the model has it."""
        return self._model.identity

    def sample(self, points: Floats) -> Floats:
        """Return the responses, and note the time."""
        begun = time.perf_counter()
        try:
            return self._model.sample(points)
        finally:
            self.spent += time.perf_counter() - begun


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder on the disk of the project: one for temporary files may be in memory."""
    with tempfile.TemporaryDirectory(dir=HERE, prefix=".scaling-") as folder:
        yield Path(folder)


def facility(years: int = YEARS) -> FacilityModel:
    """Return the plant of the reference scenario with two factors."""
    scenario = xs.load(study.REFERENCE)
    return facility_model(scenario, read_factors(scenario, study.FACTORS), ["doses_per_year", "lead_time"], years)


def overhead(model: Model, count: int, asked: study.Asked | tuple[study.Asked, ...]) -> tuple[float, float]:
    """Return the seconds of a point in a study that keeps its chunks, and those of them that the model did not take."""
    questions = asked if isinstance(asked, tuple) else (asked,)
    own = Watched(model)
    points = latin_hypercube(model.factors, count, 1)
    own.sample(points[:1])
    rounds = []
    for _ in range(ROUNDS):
        own.spent = 0.0
        with _folder() as folder, crew(1, Chunks(folder)) as alone:
            taken = timed(lambda alone=alone: respond(own, points, questions, jobs=alone))  # type: ignore[misc]
        rounds.append((taken / count, (taken - own.spent) / count))
    whole, beside = zip(*rounds, strict=True)
    return min(whole), statistics.median(beside)


def of_points() -> dict[str, float]:
    """Return what lanes and facility-years cost, and what a study adds to them."""
    kernel, plant = study.model(), facility()
    lane, lane_beside = (seconds / study.DRAWS for seconds in overhead(kernel, KERNEL_POINTS, study.ASKED))
    point, point_beside = overhead(plant, FACILITY_POINTS, study.Of("doses_per_year", "median"))
    bare = timed(lambda: xs.evaluate(kernel.scenario, KERNEL_POINTS * study.DRAWS)) / (KERNEL_POINTS * study.DRAWS)
    return {
        "scaling_lane_us": 1e6 * lane,
        "scaling_lane_vs_evaluate": lane / bare,
        "scaling_lane_overhead_us": 1e6 * lane_beside,
        "scaling_facility_year_ms": 1e3 * point / YEARS,
        "scaling_point_overhead_ms": 1e3 * point_beside,
    }


def of_tasks() -> dict[str, float]:
    """Return what a task costs the process that leads while its workers have nothing to do."""
    with crowds.processes(2) as own:
        found = {"scaling_task_own_ms": 1e3 / crowds.rate(own, 0.0, _TASKS)}
    with _pool(2) as pool:
        found["scaling_task_pool_ms"] = 1e3 / crowds.rate(pool, 0.0, _TASKS)
    if crowds.has_dask():
        with crowds.dask(crowds.FEW_OF_DASK) as cluster:
            found["scaling_task_dask_ms"] = 1e3 / crowds.rate(cluster, 0.0, _TASKS)
    with _folder() as folder:
        kept, chunk = Chunks(folder), _answer()
        taken = timed(lambda: [kept.keep("0" * 16, number, chunk) for number in range(_TASKS)])
    return found | {"scaling_keep_ms": 1e3 * taken / _TASKS}


def of_search() -> dict[str, float]:
    """Return what the search for a front takes for a point, while its model answers at once."""
    model = Idle(study.model())
    objectives = [Objective(study.Of("doses", "mean"), "more"), Objective(study.Of(PURITY, "mean"), "more")]
    searched = lambda: front(model, objectives, population=POPULATION, generations=6, fresh=False)  # noqa: E731
    return {"scaling_search_us": 1e6 * min(timed(searched) for _ in range(3)) / (6 * POPULATION)}


def of_bytes() -> dict[str, float]:
    """Return how large a task and its answer are on their way, and what a point takes in the process that leads."""
    model = study.model()
    job, chunk = pickle.dumps(Job(model, study.ASKED)), _answer()
    points = latin_hypercube(model.factors, model.at_once, 1)
    return {
        "scaling_task_bytes": len(pickle.dumps((job, points))),
        "scaling_answer_bytes": len(pickle.dumps(("chunk", chunk, 0.0))),
        "scaling_chunk_bytes": len(to_bytes(chunk)),
        "scaling_point_bytes": _memory_of_points(),
    }


def of_chunks() -> dict[str, float]:
    """Return the seconds of a gigabyte of chunks: with fsync and SHA-256, and read again and verified."""
    values = np.random.default_rng(1).random((1, _LARGE // 8))
    with _folder() as folder:
        chunks = Chunks(folder)
        chunk = Chunk(values, None, {})
        written = timed(lambda: [chunks.keep(f"{n:016x}", 0, chunk) for n in range(_LARGE_CHUNKS)])
        back = timed(lambda: [read(entry) for entry in chunks.entries()])
    size = 1e-9 * _LARGE * _LARGE_CHUNKS
    return {"scaling_gb_written_s": written / size, "scaling_gb_read_s": back / size}


def of_workers() -> dict[str, float]:
    """Return the start of a process, what a second one saves, and a cluster on this machine beside a pool."""
    kernel, plant = study.model(), facility(5)
    found = {
        "scaling_start_s": _start(),
        "scaling_lane_speedup": _speedup(kernel, latin_hypercube(kernel.factors, 512, 1), study.ASKED),
        "scaling_point_speedup": _speedup(
            plant, latin_hypercube(plant.factors, 24, 1), (study.Of("doses_per_year", "median"),)
        ),
    }
    if crowds.has_dask():
        with _pool(2) as pool, crowds.dask(2, per_process=1) as cluster:
            rounds = interleaved(_seconds_of(pool), _seconds_of(cluster), rounds=3)
        found["scaling_dask_vs_pool"] = rounds.ratio(0, 1)
    return found


def of_crowds(rows: list[crowds.Row]) -> dict[str, float]:
    """Return, of each kind of workers, the highest rate over what was predicted for it."""
    best = {kind: max((row for row in rows if row.workers_of == kind), key=lambda r: r.workers) for kind, *_ in rows}
    return {f"scaling_{kind.replace(' ', '_').lower()}_rate": row.rate / row.predicted for kind, row in best.items()}


def figures() -> dict[str, float]:
    """Return what a study costs at scale, and write the rows of the workers that sleep."""
    found: dict[str, float] = {}
    for part in (of_points, of_workers, of_tasks, of_search, of_bytes, of_chunks):  # what fills the disk comes last
        found |= _told(part)
    rows = [row for crowd in crowds.crowds() for row in crowds.measured(crowd)]
    crowds.write(rows)
    return found | of_crowds(rows)


def _told(part: Callable[[], dict[str, float]]) -> dict[str, float]:
    begun = time.perf_counter()
    found = part()
    print(f"{part.__name__}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    return found


def _answer() -> Chunk:
    """Return what comes of the points that the reference scenario is asked at together."""
    model = study.model()
    return Job(model, study.ASKED).chunk(latin_hypercube(model.factors, model.at_once, 1))


def _memory_of_points() -> float:
    """Return the bytes of a point while a study of many is asked, its place in the design included."""
    model = study.model()
    nothing = Idle(model)
    tracemalloc.start()
    try:
        points = latin_hypercube(model.factors, MANY_POINTS, 1)
        found = respond(nothing, points, study.ASKED)
        return tracemalloc.get_traced_memory()[1] / len(found.points)
    finally:
        tracemalloc.stop()


class Idle(Watched):
    """A model with the points of another that answers at once, with one draw."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.draws = 1

    def sample(self, points: Floats) -> Floats:
        """Return two responses that pull apart."""
        x, y = points.T
        return np.stack([x, 1.0 / x - 1e-9 * y], axis=1)[:, :, None]


@contextmanager
def _pool(count: int) -> Iterator[Hands]:
    """Give a pool of processes as hands; they have begun."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        hands = ExecutorHands(pool)
        crowds.rate(hands, 0.0, 4 * count)
        yield hands


def _start() -> float:
    """Return the seconds until a process of our own has answered for the first time."""
    taken = []
    for _ in range(3):
        hands = WorkerProcesses(1, helped=False)
        taken.append(timed(lambda hands=hands: crowds.rate(hands, 0.0, 1)))  # type: ignore[misc]
        hands.drop()
    return min(taken)


def _speedup(model: Model, points: Floats, asked: tuple[study.Asked, ...]) -> float:
    """Return how many times as fast two processes are as one, once they have begun."""
    with crew(1) as one, crew(2) as two:
        rounds = interleaved(*(_asking(model, points, asked, each) for each in (one, two)), rounds=3)
    return rounds.ratio(0, 1)


def _asking(model: Model, points: Floats, asked: tuple[study.Asked, ...], jobs: Crew) -> Callable[[], object]:
    return lambda: respond(model, points, asked, jobs=jobs)


def _seconds_of(hands: Hands) -> Callable[[], object]:
    """Return a run of tasks that keep a processor busy for a second each."""
    return lambda: crowds.rate(hands, 1.0, _SECOND_TASKS, busy=True)


def main() -> None:
    """Measure, keep the figures and write what is made of them."""
    found = goals.rounded(figures())
    print(goals.table(found))
    write_figures.keep(found)
    for path in runpy.run_path(str(PAGE_SCRIPT))["write"]():
        print(path)


if __name__ == "__main__":
    main()
