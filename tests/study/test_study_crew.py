"""Whoever answers may die, hang or fail: no answer is lost, none changes by a bit, and what is to blame is told."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exosim as xs
from exosim.errors import LimitError, ModelError, Problem, UsageError
from exosim.interrupt import is_interrupt
from exosim.study import dispatch, worker_processes
from exosim.study.answers import Of, Response
from exosim.study.chunks import Chunks
from exosim.study.crew import Crew, crew
from exosim.study.factor import Floats
from exosim.study.job import Job
from exosim.study.kernel_model import kernel_model
from exosim.study.model import FunctionModel, Model
from exosim.study.reading import read_factors
from exosim.study.respond import Answers, respond
from tests.perilous import ASKED, LongRead, Perilous, X, callers, calls, leave_at_once, never_read, numbered, told_oddly

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
STEP = 0.02
"""How often something is looked at [s]."""


def bits(found: Answers) -> tuple[bytes, bytes | None, dict[int, str]]:
    """Return all that was answered, to the bit."""
    return found.values.tobytes(), None if found.sample is None else found.sample.tobytes(), dict(found.failed)


def soon(holds: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something holds; fail where it does not."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(STEP)


def runs(process: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def beneath(process: int) -> set[int]:
    """Return the processes that a process has started, and those that they have."""
    found = {int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()}
    return found.union(*map(beneath, found))


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """Return a folder in which calls are counted."""
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


# ---------------------------------------------------------------- who asks is seen in no bit


class InAnyOrder(Executor):
    """An executor that does what it is given in an order of chance."""

    def __init__(self, seed: int, width: int) -> None:
        self._random, self.width = random.Random(seed), lambda: width

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        threading.Timer(self._random.random() / 500.0, lambda: future.set_result(fn(*args, **kwargs))).start()
        return future


Ranges = list[tuple[int, int]]
RANGES = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), max_size=6)
"""First points and lengths; they may overlap and go beyond the last point."""


def fill(chunks: Chunks, model: Model, points: Floats, ranges: Ranges, *, keep: bool) -> None:
    """Keep some ranges as if they had been answered."""
    job = Job(model, ASKED, keep)
    key = job.key(points)
    assert key is not None
    for start, length in ranges:
        if start < len(points):
            chunks.keep(key, start, job.chunk(points[start : start + length]))


@dataclass(frozen=True)
class Case:
    """A study, and what of it is there already."""

    count: int
    chunk: int
    refused: frozenset[int]
    there: Ranges
    keep: bool
    task: float

    @property
    def model(self) -> Perilous:
        return Perilous(dict.fromkeys(map(float, self.refused), "refuse"), chunk=self.chunk)


CASES = st.builds(
    Case, st.integers(0, 40), st.integers(1, 20), st.frozensets(st.integers(0, 39), max_size=3), RANGES, st.booleans(),
    st.sampled_from([0.0, 0.5]),
)  # fmt: skip


def assert_same(case: Case, workers: Crew) -> None:
    """Answers do not depend on who gave them, nor on what was there."""
    points = numbered(case.count)
    alone = respond(case.model, points, ASKED, keep_going=True, keep=case.keep)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "TASK", case.task)  # of 0: every task is one piece
        workers.chunks = Chunks(Path(folder))
        fill(Chunks(Path(folder)), case.model, points, case.there, keep=case.keep)
        for _ in range(2):  # the second time nothing is left to ask
            found = respond(case.model, points, ASKED, jobs=workers, keep_going=True, keep=case.keep)
            assert bits(found) == bits(alone)
        again = Chunks(Path(folder))
        key = Job(case.model, ASKED, case.keep).key(points)
        assert key is not None
        assert sum(len(chunk) for _, chunk in again.found(key, case.count, len(ASKED))) == case.count


@settings(max_examples=30)
@given(CASES)
def test_alone(case: Case) -> None:
    with crew(1) as workers:
        assert_same(case, workers)


@settings(max_examples=30)
@given(CASES, st.integers(0, 1000), st.integers(1, 5))
def test_in_any_order(case: Case, seed: int, width: int) -> None:
    with crew(InAnyOrder(seed, width)) as workers:
        assert_same(case, workers)


@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_of_our_own(jobs: int) -> None:
    with crew(jobs) as workers:
        settings(max_examples=25)(given(CASES)(lambda case: assert_same(case, workers)))()


def test_executors_of_the_standard_library() -> None:
    with ThreadPoolExecutor(3) as threads, crew(threads) as workers:
        settings(max_examples=25)(given(CASES)(lambda case: assert_same(case, workers)))()
    with ProcessPoolExecutor(2, get_context("spawn")) as pool, crew(pool) as workers:
        settings(max_examples=15)(given(CASES)(lambda case: assert_same(case, workers)))()


@settings(max_examples=15)
@given(st.integers(1, 13), st.integers(0, 13))
def test_a_range_of_lanes_has_the_bits_of_all_of_them(length: int, first: int) -> None:
    """The kernel computes many points at once: which of them go together is seen in no bit."""
    model = replace(KERNEL, seed=KERNEL.seed)
    points = KERNEL_POINTS[first : first + length]
    assert model.sample(points).tobytes() == KERNEL_ALL[first : first + length].tobytes()


KERNEL_SCENARIO = xs.load(SCENARIOS / "minimal.toml")
KERNEL = kernel_model(KERNEL_SCENARIO, read_factors(KERNEL_SCENARIO, {"clarify.flux": "50..200 L/m2/h"}), ["doses"], 70)
KERNEL_POINTS = KERNEL.factors[0].grid(14)[:, None]
KERNEL_ALL = KERNEL.sample(KERNEL_POINTS)


def test_what_is_there_is_not_asked_again(tmp_path: Path, marks: Path) -> None:
    """CHK-004: only the ranges that are missing are asked."""
    points = numbered(40)
    for _ in range(2):
        with crew(1, Chunks(tmp_path / "chunks")) as workers:
            model = Perilous(marks=str(marks))
            fill(Chunks(tmp_path / "chunks"), Perilous(), points, [(5, 10), (30, 4)], keep=False)
            respond(model, points, ASKED, jobs=workers)
    asked = [x for points_ in calls(marks).elements() for x in points_]
    assert sorted(asked) == [x for x in map(float, range(40)) if not (5 <= x < 15 or 30 <= x < 34)]


# ---------------------------------------------------------------- points that are to blame

DEADLY = {
    "kill": "its process died (SIGKILL)",
    "leave": "its process died (exit code 3)",
    "raise": "KeyError: 'no such thing'",
    "hang": "it took longer than 0.1 s",
}


def assert_found(peril: str, jobs: int, count: int, marks: Path) -> None:
    """One point is to blame; it is tried three times, told with its inputs, and all others are answered."""
    bad = count // 2
    # one call for each task, so that calls are attempts
    model = Perilous({float(bad): peril}, str(marks), chunk=1000)
    limit = 0.1 if peril == "hang" else None
    with crew(jobs, time_limit=limit, isolated=peril in ("kill", "leave")) as workers:
        found = respond(model, numbered(count), ASKED, jobs=workers, keep_going=True)
        told = f"point {bad + 1}: x = {float(bad)}"
        assert found.failed == {bad: f"{told}: given up after 3 attempts: {DEADLY[peril]}"}
        assert list(workers.lost) == [told]
    others = [number for number in range(count) if number != bad]
    plain = respond(Perilous(), numbered(count), ASKED)
    assert np.array_equal(found.values[:, others], plain.values[:, others])
    assert np.all(np.isnan(found.values[:, bad]))
    assert calls(marks)[float(bad),] == 3
    assert all(number == 1 for points, number in calls(marks).items() if points != (float(bad),))


@pytest.mark.parametrize("peril", DEADLY)
def test_a_point_that_is_to_blame_is_found(peril: str, marks: Path) -> None:
    """CHK-009, CHK-011: the process of a point is killed, leaves, fails or does not come back."""
    assert_found(peril, 2, 2, marks)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2, 3, 5])
@pytest.mark.parametrize("peril", DEADLY)
def test_a_point_that_is_to_blame_is_found_by_any_number_of_processes(peril: str, jobs: int, marks: Path) -> None:
    assert_found(peril, jobs, 37, marks)


@pytest.mark.parametrize("who", [1, 2, ThreadPoolExecutor])
def test_a_point_that_leaves_politely_ends_no_study(who: Any) -> None:
    """The code of somebody else calls sys.exit(): the command must not end there as if all had been well."""
    with who(2) if who is ThreadPoolExecutor else contextlib.nullcontext(who) as jobs:
        found = respond(Perilous({3.0: "exit"}), numbered(9), ASKED, jobs=jobs, keep_going=True)
    assert found.failed == {3: "point 4: x = 3.0: given up after 3 attempts: SystemExit: 0"}


def test_a_range_of_a_function_has_the_bits_of_all_of_it() -> None:
    """Also where it returns arrays whose draws do not lie side by side: sums do not follow the layout."""
    weights = np.random.default_rng(0).random(300)

    def function(points: Floats) -> Floats:
        return np.moveaxis(np.exp(weights[:, None, None] * points), 0, -1)

    asked, points = (Of("y", "mean"), Of("y", "sd")), np.linspace(0.0, 1.0, 50)[:, None]
    whole = Job(FunctionModel((X,), (Response("y", "1"),), function, 300), asked).chunk(points).values
    for size in (1, 7):
        job = Job(FunctionModel((X,), (Response("y", "1"),), function, 300, size), asked)
        assert job.chunk(points).values.tobytes() == whole.tobytes()


def test_a_thread_that_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system has a limit of them; the process that was started for it ends."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(LimitError, match="can't start new thread"), crew(2, isolated=True) as workers:
        respond(Perilous(), numbered(9), ASKED, jobs=workers)
    soon(lambda: not multiprocessing.active_children())


def test_an_answer_that_cannot_be_taken_in_is_asked_of_another_process(
    marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For want of memory, half way: what is left in the pipe would be taken for the next answer."""
    receive, failed = Connection.recv, list[int]()

    def half(pipe: Connection) -> Any:
        if callers(marks) and not failed:
            failed.append(len(os.read(pipe.fileno(), 7)))
            raise MemoryError
        return receive(pipe)

    monkeypatch.setattr(Connection, "recv", half)
    with crew(2, isolated=True) as workers:
        found = respond(Perilous(marks=str(marks), pause=0.01), numbered(40), ASKED, jobs=workers)
    assert set(failed) == {7} and bits(found) == bits(respond(Perilous(), numbered(40), ASKED))


@pytest.mark.slow
def test_processes_that_die_leave_nothing_open(marks: Path) -> None:
    """Started anew a hundred times: as many files and threads are open as before."""
    with crew(2, isolated=True) as workers:
        respond(Perilous(), numbered(4), ASKED, jobs=workers)
        before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
        perils = dict.fromkeys(map(float, range(0, 64, 4)), "leave")
        found = respond(Perilous(perils, chunk=1), numbered(64), ASKED, jobs=workers, keep_going=True)
        assert len(found.failed) == 16
        soon(lambda: (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) <= before, 5.0)


def test_CHK_009_model() -> None:
    """Without --keep-going the error is that of a model, after all others were answered."""
    done: list[tuple[int, int]] = []
    with pytest.raises(ModelError) as caught:
        model = Perilous({3.0: "raise"}, chunk=2)
        respond(model, numbered(9), ASKED, progress=lambda some, of: done.append((some, of)))
    words = "point 4: x = 3.0: cannot be computed: given up after 3 attempts: KeyError: 'no such thing'"
    assert (str(caught.value), caught.value.exit_code) == (words, 4)
    assert done[-1] == (9, 9)


def test_points_that_are_to_blame_are_kept_apart_from_those_that_are_not_possible(marks: Path) -> None:
    model = Perilous({3.0: "raise", 5.0: "refuse", 8.0: "raise"}, str(marks))
    with crew(2) as workers:
        found = respond(model, numbered(20), ASKED, jobs=workers, keep_going=True)
        assert sorted(workers.lost) == ["point 4: x = 3.0", "point 9: x = 8.0"]
    assert found.failed[5] == "is not for this model" and sorted(found.failed) == [3, 5, 8]


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_executor_tries_as_often(pool: type[Any], marks: Path) -> None:
    more = {"mp_context": get_context("spawn")} if pool is ProcessPoolExecutor else {}
    with pool(2, **more) as executor:
        found = respond(Perilous({5.0: "raise"}, str(marks), 1000), numbered(8), ASKED, jobs=executor, keep_going=True)
    assert found.failed == {5: "point 6: x = 5.0: given up after 3 attempts: KeyError: 'no such thing'"}
    assert calls(marks)[5.0,] == 3


class KilledWorker(Exception):  # noqa: N818 - the name that Dask gives it
    """What Dask raises for each task that was on workers which died."""


class OneWorker(Executor):
    """An executor whose only worker has all that is under way, and dies of one point: all of that is told as killed."""

    def __init__(self, deadly: float) -> None:
        self._deadly, self._waiting = deadly, list[tuple[Future[Any], Callable[[], Any], Floats]]()
        self.width = lambda: 4
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            self._waiting.append((future, lambda: fn(*args, **kwargs), args[1]))
        return future

    def _work(self) -> None:
        while not self._ended.wait(STEP):
            with self._lock:
                had, self._waiting = self._waiting, []
            died = any(self._deadly in points for _future, _call, points in had)
            for future, call, _points in had:
                future.set_exception(KilledWorker("1")) if died else future.set_result(call())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._ended.set()
        self._thread.join()


@pytest.mark.parametrize("deadly", [0.0, 5.0, 19.0])
def test_who_dies_beside_a_point_that_is_to_blame_is_not_given_up(deadly: float) -> None:
    """What is killed with others is asked alone, and only the point that kills by itself is given up."""
    with OneWorker(deadly) as executor, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "TASK", 0.0)
        found = respond(Perilous(chunk=1), numbered(20), ASKED, jobs=executor, keep_going=True)
    told = f"point {deadly + 1:g}: x = {deadly}: given up after 3 attempts: KilledWorker: 1"
    assert found.failed == {int(deadly): told}
    others = [point for point in range(20) if point != deadly]
    assert found.values[:, others].tobytes() == respond(Perilous(), numbered(20), ASKED).values[:, others].tobytes()


def test_an_executor_whose_process_dies_is_told_and_what_is_finished_is_kept(tmp_path: Path, marks: Path) -> None:
    """A pool of the standard library ends with the first of its processes; processes of our own go on."""
    chunks = Chunks(tmp_path / "chunks")
    model = Perilous({17.0: "kill"}, str(marks), mended=str(tmp_path / "mended"))
    with ProcessPoolExecutor(1, get_context("spawn")) as executor, crew(executor, chunks) as workers:
        with pytest.raises(LimitError, match="it ended abruptly, perhaps for want of memory") as caught:
            dispatch_one_by_one(model, workers)
        assert caught.value.exit_code == 6
    kept = sum(entry.stop - entry.start for entry in Chunks(tmp_path / "chunks").entries())
    assert 4 <= kept <= 16
    (tmp_path / "mended").touch()
    with crew(1, Chunks(tmp_path / "chunks")) as workers:
        again = respond(model, numbered(20), ASKED, jobs=workers)
        assert workers.chunks is not None and workers.chunks.read == kept
    assert bits(again) == bits(respond(Perilous(), numbered(20), ASKED))


def dispatch_one_by_one(model: Model, workers: Crew) -> Answers:
    """Ask in tasks of one piece each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "TASK", 0.0)
        return respond(model, numbered(20), ASKED, jobs=workers)


# ---------------------------------------------------------------- processes that are not to blame


def test_CHK_009_innocent(marks: Path) -> None:
    """A process that is killed from outside loses nothing, and no point is blamed for it."""
    killed: list[int] = []

    def kill(done: int, _all: int) -> None:
        if not killed and callers(marks) - {os.getpid()}:
            killed.extend(sorted({p.pid for p in multiprocessing.active_children()} & callers(marks))[:1])
            os.kill(killed[0], signal.SIGKILL)

    model = Perilous(marks=str(marks), pause=0.02)
    with crew(2) as workers, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "TASK", 0.1)
        found = respond(model, numbered(80), ASKED, jobs=workers, progress=kill)
        assert not workers.lost
    assert killed and not runs(killed[0])
    assert bits(found) == bits(respond(Perilous(), numbered(80), ASKED))
    asked = sum(len(points) * number for points, number in calls(marks).items())
    assert 80 <= asked <= 80 + 12  # no more than what the process was at


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_many_processes_are_killed_at_any_moment(seed: int, marks: Path) -> None:
    """Ten times each, while they are asked and while they wait."""
    chance = random.Random(seed)
    ended = threading.Event()
    killed: list[int] = []

    def kill() -> None:
        while not ended.wait(chance.uniform(0.0, 0.6)):
            children = {child.pid for child in multiprocessing.active_children()}
            begun = sorted(children & callers(marks))  # one that never begins is another matter
            if len(killed) < 10 and begun:
                killed.append(chance.choice(begun))
                os.kill(killed[-1], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with crew(3) as workers:
            found = respond(Perilous(marks=str(marks), pause=0.01), numbered(1500), ASKED, jobs=workers)
    finally:
        ended.set()
        killer.join()
    assert len(killed) >= 5 and bits(found) == bits(respond(Perilous(), numbered(1500), ASKED))


def test_a_process_that_never_begins_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is started three times and not for ever; what this process has done meanwhile is kept."""
    monkeypatch.setattr(worker_processes, "work", leave_at_once)
    monkeypatch.setenv("EXOSIM_TEST_MARKS", str(tmp_path))
    with pytest.raises(LimitError, match=r"it ends as it begins \(exit code 9\)") as caught:
        respond(Perilous(pause=0.05), numbered(200), ASKED, jobs=2)
    assert caught.value.exit_code == 6
    assert 3 <= len(list(tmp_path.iterdir())) <= 6  # for each of the ranges that it had
    assert not multiprocessing.active_children()


SCRIPT = """
import sys
from pathlib import Path
from exosim.interrupt import is_interrupt
from exosim.study import dispatch, worker_processes
from exosim.study.chunks import Chunks
from exosim.study.crew import crew
from exosim.study.respond import respond
from tests.perilous import ASKED, Perilous, numbered

def main():
    marks, count, pause, limit = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    worker_processes._TICK = 0.1
    dispatch.TASK = 0.1
    with crew(3, time_limit=limit or None) as workers:
        found = respond(Perilous(marks=marks, chunk=1, pause=pause), numbered(count), ASKED, jobs=workers)
    assert not found.failed
    print("done", workers.lost)
"""
GUARDED = SCRIPT + '\nif __name__ == "__main__":\n    main()\n'


def script(text: str, folder: Path, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a script as a leader of its own group of processes; what it says is in files."""
    file = folder / "script.py"
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, str(file), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err, start_new_session=True)


def test_processes_end_with_the_one_that_began_them(tmp_path: Path, marks: Path) -> None:
    """Killed without a word: after 3 s none of those that it had started is left."""
    parent = script(GUARDED, tmp_path, marks, 100_000, 0.01, 0)
    try:
        soon(lambda: len(callers(marks)) == 3)
        children = beneath(parent.pid)
        assert len(callers(marks) & children) == 2
    finally:
        parent.kill()
        parent.wait()
    soon(lambda: not any(map(runs, children)), 3.0)


def test_CHK_007(tmp_path: Path, marks: Path) -> None:
    """Processes that are stopped for longer than the time limit go on: none is late, each point is asked once."""
    parent = script(GUARDED, tmp_path, marks, 60, 0.02, 0.8)
    soon(lambda: len(callers(marks)) >= 2)
    os.killpg(parent.pid, signal.SIGSTOP)
    time.sleep(1.2)
    os.killpg(parent.pid, signal.SIGCONT)
    assert parent.wait(30.0) == 0
    assert (tmp_path / "out").read_text() == "done {}\n"
    assert calls(marks) == {(float(number),): 1 for number in range(60)}


def test_CHK_007_worker(marks: Path) -> None:
    """A process that is stopped and goes on is not taken for dead."""
    stopped: list[int] = []

    def stop(done: int, _all: int) -> None:
        others = callers(marks) - {os.getpid()}
        if not stopped and others:
            stopped.extend(others)
            os.kill(stopped[0], signal.SIGSTOP)
            threading.Timer(0.7, os.kill, (stopped[0], signal.SIGCONT)).start()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "TASK", 0.05)
        respond(Perilous(marks=str(marks), chunk=1, pause=0.01), numbered(60), ASKED, jobs=2, progress=stop)
    assert stopped and calls(marks) == {(float(number),): 1 for number in range(60)}


def test_a_time_limit_does_not_count_the_start_of_a_process(marks: Path) -> None:
    """A process takes longer to begin than a point may take; no point is late, and none is asked twice."""
    with crew(2, time_limit=0.05) as workers, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "TASK", 0.01)
        model = Perilous(marks=str(marks), chunk=1)
        assert not respond(model, numbered(30), ASKED, jobs=workers, keep_going=True).failed
    assert calls(marks) == {(float(number),): 1 for number in range(30)}


def test_a_time_limit_does_not_count_what_a_model_imports(marks: Path) -> None:
    """A model takes longer to be read in another process than a point may take; no point is late, nor asked twice."""
    model = LongRead(marks=str(marks), chunk=1)
    with crew(2, time_limit=0.1) as workers:
        assert not respond(model, numbered(6), ASKED, jobs=workers, keep_going=True).failed
    assert calls(marks) == {(float(number),): 1 for number in range(6)}


def test_CHK_025(marks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is forked, which with threads would hang sooner or later: each is started afresh."""
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    with crew(2, isolated=True) as workers:
        respond(Perilous(marks=str(marks), pause=0.01), numbered(40), ASKED, jobs=workers)
        children = multiprocessing.active_children()
        assert callers(marks) == {child.pid for child in children}
        assert {type(child).__name__ for child in children} == {"SpawnProcess"}


# ---------------------------------------------------------------- the process that leads


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_running(error: type[BaseException], marks: Path) -> None:
    """Whatever ends the process that leads: the others end at once, with all threads that talked to them."""
    threads = threading.active_count()

    def leave(done: int, _all: int) -> None:
        if len(callers(marks)) == 2:
            raise error

    with pytest.raises(error), pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "TASK", 0.05)
        respond(Perilous(marks=str(marks), pause=0.01), numbered(10_000), ASKED, jobs=2, progress=leave)
    assert not multiprocessing.active_children()
    assert not any(runs(process) for process in callers(marks) - {os.getpid()})
    soon(lambda: threading.active_count() == threads, 2.0)


def test_answers_that_nobody_waits_for_any_more_are_not_asked(marks: Path) -> None:
    with crew(2, isolated=True) as workers:
        model = Perilous(marks=str(marks), pause=0.01)
        slow = replace(model, pause=0.5)  # so that something is under way, however late this process looks
        some = workers.answers(Job(slow, ASKED), numbered(10_000))
        next(some)
        assert isinstance(some, Iterator)
        del some
        before = calls(marks)
        time.sleep(0.2)
        assert calls(marks) == before
        found = respond(model, numbered(40), ASKED, jobs=workers)  # and can be asked something else
    assert bits(found) == bits(respond(Perilous(), numbered(40), ASKED))


# ---------------------------------------------------------------- what cannot travel


def doubled(points: Floats) -> Floats:
    return 2.0 * points


def a_model(function: Callable[[Floats], Floats]) -> FunctionModel:
    return FunctionModel((X,), (Response("y", "1"), Response("z", "1")), function, chunk=4)


def test_a_model_that_cannot_travel_is_told() -> None:
    """A function without a name, in processes of our own and in a pool; alone it is asked all the same."""
    model = a_model(lambda x: np.hstack([x, x]))
    respond(model, numbered(20), ASKED)
    with ThreadPoolExecutor(2) as pool:
        for jobs in (2, pool):
            with pytest.raises(UsageError, match="the model cannot travel to other processes") as caught:
                respond(model, numbered(20), ASKED, jobs=jobs)
            assert caught.value.problems[0].expected == "jobs = 1, or a function at the top of a module"
    assert not multiprocessing.active_children()


def test_a_model_that_the_other_process_cannot_read_is_told_at_once(marks: Path) -> None:
    """Such as a function of a prompt: it is not asked point by point whether it can be read."""
    model = replace(Perilous(marks=str(marks), pause=0.02), factors=(replace(X, choices=(never_read(),)),))
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        for jobs in (2, pool):
            with pytest.raises(UsageError, match="the model cannot be read in another process: ImportError: not here"):
                respond(model, numbered(400), ASKED, jobs=jobs)
    assert callers(marks) == {os.getpid()}


@pytest.mark.parametrize("peril", ["cannot be sent", "cannot be read"])
def test_an_error_that_cannot_travel_is_told_and_nobody_waits_for_ever(peril: str, marks: Path) -> None:
    """The error of a plug-in may hold anything, a lock or a value that only its own module can make."""
    with crew(2, isolated=True) as workers:
        found = respond(told_oddly(peril, 3.0), numbered(6), ASKED, jobs=workers, keep_going=True)
    assert list(found.failed) == [3]
    assert found.failed[3].startswith("point 4: x = 3.0: given up after 3 attempts: TypeError: ")


def test_an_error_that_concerns_all_points_is_raised_as_it_is() -> None:
    with crew(2, isolated=True) as workers, pytest.raises(UsageError) as caught:
        respond(told_oddly("usage", 3.0), numbered(6), ASKED, jobs=workers, keep_going=True)
    assert caught.value.problems == (Problem("is no question", path="x", got="3"),)


@pytest.mark.slow
def test_a_script_that_begins_itself_again_is_told(tmp_path: Path, marks: Path) -> None:
    """Without the guard every process that it starts would start others."""
    parent = script(SCRIPT + "\nmain()\n", tmp_path, marks, 1000, 0.01, 0)
    assert parent.wait(60.0) == 1
    words = (tmp_path / "err").read_text()
    assert 'a script needs if __name__ == "__main__"' in words
    assert callers(marks) == {parent.pid}


def test_a_function_of_a_prompt_is_told() -> None:
    """What stands in no file cannot be found by another process."""
    text = """
import numpy as np
from exosim.errors import UsageError
from exosim.study.answers import Of, Response
from exosim.study.model import FunctionModel
from exosim.study.respond import respond
from tests.perilous import X, numbered
def twice(x): return 2.0 * x
model = FunctionModel((X,), (Response("y", "1"),), twice, chunk=2)
try:
    respond(model, numbered(9), [Of("y")], jobs=2)
except UsageError as error:
    print(error)
"""
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("the model cannot be read in another process: AttributeError")


def test_an_interrupt_that_a_library_tells_as_something_else_is_one() -> None:
    """As a compiled module does that is interrupted while it is imported: no point is blamed for it."""

    def interrupted(_points: Floats) -> Floats:
        raise ImportError("initialization failed") from KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt):
        respond(a_model(interrupted), numbered(4), ASKED, keep_going=True)
    assert not is_interrupt(KeyError("x")) and is_interrupt(KeyboardInterrupt())


def test_a_process_that_begins_hears_no_interrupt(tmp_path: Path) -> None:
    """Also the first one, with which Python starts a helper that lets interrupts through: none tells of them."""
    text = """
import signal
from multiprocessing import get_context
from exosim.workers import starting

def tell():
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))

if __name__ == "__main__":
    for _ in range(2):
        process = get_context("spawn").Process(target=tell)
        with starting(2):
            process.start()
        process.join()
"""
    assert script(text, tmp_path).wait(60.0) == 0
    assert (tmp_path / "out").read_text() == "True\nTrue\n"
