"""Runs that keep some of their draws: summaries of all of them, the same bits whoever does the work, in any order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Door

import exosim as xs
from exosim import stretches
from exosim.collecting import Kept
from exosim.errors import FileError, LimitError, ModelError, UsageError
from exosim.lane_files import DRAW
from exosim.sampling import FLAT
from exosim.sketch import ERROR
from exosim.stretches import Job, run_stretch
from exosim.totals import Totals

SCENARIOS = Path(__file__).parent.parent / "scenarios"
REFERENCE, MINIMAL = SCENARIOS / "msc_hollow_fiber.toml", SCENARIOS / "minimal.toml"
SHIPPED = sorted(SCENARIOS.glob("*.toml"))
DRAWS = 2003  # a prime


@pytest.fixture(scope="module")
def reference() -> xs.Scenario:
    return xs.load(REFERENCE)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make tiles and stretches so short that a small run has many."""
    monkeypatch.setattr(stretches, "TILE", 128)
    monkeypatch.setattr(stretches, "STRETCH", 512)
    monkeypatch.setattr("exosim.simulation.TILE", 128)


def bits(yields: xs.Yields) -> list[Any]:
    """Return everything that a run tells, to the last bit."""
    kept = [
        (kind, key, np.ascontiguousarray(array).tobytes())
        for kind, arrays in yields._kept.items()
        for key, array in arrays.items()
        if array is not None
    ]
    told = [[repr(q) for q in yields.quantities()], yields.limits(), yields.in_specification(), yields.bounds()]
    return [kept, told, yields.draws, yields.kept]


class Backwards(Executor):
    """Does what waits only when a result is asked for, the last first."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.order: list[int] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        executor = self

        class Late(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                executor.work()
                return super().result(timeout)

        future = Late()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        self.order.append(args[-1])
        if len(self.waiting) == 4:
            self.work()
        return future

    def work(self) -> None:
        while self.waiting:
            future, task = self.waiting.pop()
            if future.set_running_or_notify_cancel():
                future.set_result(task())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_summaries_of_every_shipped_scenario(path: Path, short: None) -> None:
    """Streamed and kept runs agree: quantiles within the stated error, moments to rounding, shares exactly."""
    scenario = xs.load(path)
    exact, streamed = xs.evaluate(scenario, DRAWS), xs.evaluate(scenario, DRAWS, keep=100)
    assert (exact.streamed, exact.kept, exact.quantile_error) == (False, DRAWS, 0.0)
    varies = bool(streamed._totals.spreads)
    assert (streamed.streamed, streamed.kept) == (varies, 100 if varies else DRAWS)
    for a, b in zip(exact.quantities(), streamed.quantities(), strict=True):
        assert (a.name, a.step, a.unit, a.n, a.reason) == (b.name, b.step, b.unit, b.n, b.reason)
        if a.n:
            assert b.mean == pytest.approx(a.mean, rel=1e-12, abs=1e-300)
            assert b.sd == pytest.approx(a.sd, rel=1e-9, abs=1e-12 * abs(a.mean or 0.0))
            for quantile in ("median", "p5", "p95"):
                assert getattr(b, quantile) == pytest.approx(getattr(a, quantile), rel=ERROR, abs=1e-300), (a, b)
    assert streamed.limits() == exact.limits()
    assert streamed.in_specification() == exact.in_specification()
    for mine, other in zip(streamed.bounds(), exact.bounds(), strict=True):
        assert (mine.step, mine.limit, mine.share) == (other.step, other.limit, other.share)
        assert mine.headroom == pytest.approx(other.headroom, rel=ERROR)
    name = "doses" if exact.has("doses") else "ev_yield"
    assert np.array_equal(streamed.values(name)[:100], exact.values(name)[:100])


@pytest.mark.parametrize("block", [64, 100, 1000, 8192])
def test_bits_do_not_depend_on_the_block(reference: xs.Scenario, block: int) -> None:
    """A streamed run sums up tiles that no block size moves."""
    assert bits(xs.evaluate(reference, 9001, keep=70, block=block)) == bits(xs.evaluate(reference, 9001, keep=70))


@pytest.mark.parametrize("keep", [1, 63, 513, 700, 1024, 1025, DRAWS])
def test_bits_do_not_depend_on_who_works(reference: xs.Scenario, keep: int, short: None) -> None:
    """Alone, with threads, and with a helper that does the last thing first: the same bits, also of what is kept."""
    alone = bits(xs.evaluate(reference, DRAWS, keep=keep))
    backwards = Backwards()
    assert bits(xs.evaluate(reference, DRAWS, keep=keep, jobs=backwards)) == alone
    assert backwards.order
    with ThreadPoolExecutor(3) as threads:
        assert bits(xs.evaluate(reference, DRAWS, keep=keep, jobs=threads)) == alone


def test_bits_do_not_depend_on_the_processes() -> None:
    """Two processes share three stretches; what they keep and sum up is what one does."""
    scenario = xs.load(SCENARIOS / "reference_vesicles.toml")
    alone = xs.evaluate(scenario, 70_001, keep=40_000)
    assert bits(xs.evaluate(scenario, 70_001, keep=40_000, jobs=2)) == bits(alone)
    assert bits(xs.evaluate(scenario, 70_001, jobs=3)) == bits(xs.evaluate(scenario, 70_001))


def test_a_stretch_alone_is_that_part_of_the_run(reference: xs.Scenario, short: None) -> None:
    """The lanes 512 to 1024 do not know what was run before them; the totals of all stretches are those of the run."""
    whole = xs.evaluate(reference, DRAWS)
    job, kept = Job(reference, reference.seed, FLAT, DRAWS, DRAWS, 128), Kept(512, 512)
    run_stretch(job, 1, kept, lambda _: None)
    for kind, arrays in kept.values.items():
        for key, array in arrays.items():
            expected = whole._kept[kind][key]
            if array is not None and expected is not None and array.shape[-1] > 1:
                assert np.array_equal(array, expected[..., 512:1024]), key
    streamed, totals = Job(reference, reference.seed, FLAT, DRAWS, 64, 128), Totals()
    for number in range(streamed.count):
        totals.merge(run_stretch(streamed, number, Kept(0, 0), lambda _: None))
    of_run = xs.evaluate(reference, DRAWS, keep=64)._totals
    assert (totals.lanes, totals.hits) == (DRAWS, of_run.hits)
    assert [repr(spread.summary("", None, "")) for spread in totals.spreads.values()] == [
        repr(spread.summary("", None, "")) for spread in of_run.spreads.values()
    ]


@pytest.mark.parametrize("draws", [1, 2, 61, 127, 128, 129, 641])
def test_any_number_of_draws(reference: xs.Scenario, draws: int, short: None) -> None:
    """One draw, primes, a last tile of a single lane: streamed to one kept lane, every summary is finite."""
    exact, streamed = xs.evaluate(reference, draws), xs.evaluate(reference, draws, keep=1)
    assert streamed.values("doses").shape == (1,)
    for a, b in zip(exact.quantities(), streamed.quantities(), strict=True):
        assert (a.n, a.reason) == (b.n, b.reason)
        if a.n:
            assert b.median == pytest.approx(a.median, rel=ERROR)
            assert (a.sd is None) == (b.sd is None)
    assert streamed.as_dict()["n"] == draws


def test_nothing_is_streamed_that_is_kept(reference: xs.Scenario) -> None:
    """With all draws kept, however they are asked for, results are those of the draws themselves."""
    assert bits(xs.evaluate(reference, 300, keep=10**9)) == bits(xs.evaluate(reference, 300))
    assert not xs.evaluate(reference, 300).remarks()


def test_shares_and_ranking_come_from_the_kept_worlds(reference: xs.Scenario) -> None:
    """They are those of a run of the kept draws; of a nested run whole worlds count."""
    few, streamed = xs.evaluate(reference, 700), xs.evaluate(reference, 1500, keep=700)
    assert streamed.ranking() == few.ranking()
    assert "the first 700 draws" in streamed.remarks()[0]
    nested, part = xs.evaluate(reference, nested=(100, 2, 3)), xs.evaluate(reference, nested=(300, 2, 3), keep=605)
    assert part.kept_worlds == (100, 2, 3)
    assert part.shares() == nested.shares()
    assert part.ranking() == nested.ranking()
    alone = xs.evaluate(reference, nested=(2, 20, 20), keep=30)  # no world is kept whole
    assert all(row.worlds * row.donors * row.batches <= 800 for row in alone.shares())
    assert alone.ranking() == ()


def test_what_does_not_vary_takes_one_stretch() -> None:
    """A scenario without spread is as quick over many draws as over a few, and streams nothing."""
    heard: list[tuple[int, int]] = []
    yields = xs.evaluate(xs.load(MINIMAL), 10**12, progress=lambda done, asked: heard.append((done, asked)))
    assert heard[-1] == (10**12, 10**12)
    assert (yields.streamed, yields.values("doses").shape) == (False, (10**12,))


def test_what_is_not_finite_is_counted(reference: xs.Scenario) -> None:
    """A quantity that overflows in some draws says in how many, streamed or not."""
    wild = reference.with_({"product.dose": "1e-300 EV"})
    with np.errstate(all="ignore"):
        exact, streamed = xs.evaluate(wild, 300), xs.evaluate(wild, 300, keep=10)
    for a, b in zip(exact.quantities(), streamed.quantities(), strict=True):
        assert (a.n, a.reason) == (b.n, b.reason)


@pytest.mark.parametrize("wrong", [{"draws": 0}, {"keep": 0}, {"jobs": 0}, {"jobs": 1.5}, {"keep": "all"}])
def test_impossible_requests_are_usage_errors(reference: xs.Scenario, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        xs.evaluate(reference, **wrong)


def test_memory_is_that_of_what_is_kept(reference: xs.Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is refused for what it keeps, not for its draws; hours are shared by the processes."""
    monkeypatch.setattr("exosim.budget.memory_limit", lambda: 100 * 1024**2)
    with pytest.raises(LimitError, match=r"at most [0-9,]+ kept \(--keep N\) \(limits: 0.0977 GiB"):
        xs.evaluate(reference, 100_001)

    class AcceptedError(Exception):
        pass

    def accept(*_: object) -> None:
        raise AcceptedError

    monkeypatch.setattr("exosim.simulation.run_all", accept)
    with pytest.raises(AcceptedError):
        xs.evaluate(reference, 10**8, keep=10_000)


def test_a_failure_in_another_process_is_the_same_error(tmp_path: Path) -> None:
    """What cannot be computed is told alike, whoever tried; a folder for lanes is gone again."""

    class Failing(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(ModelError(stretches._BEYOND))
            return future

    scenario = xs.load(SCENARIOS / "reference_vesicles.toml")
    with pytest.raises(ModelError, match="beyond what can be computed"), Failing(1) as failing:
        xs.evaluate(scenario, 70_000, jobs=failing, lanes=tmp_path / "lanes")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("parquet", [True, False])
def test_lanes_on_disk(
    reference: xs.Scenario, tmp_path: Path, parquet: bool, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All lanes of the headlines and attributes stand in the files, the same bytes from one process and several."""
    if parquet:
        pq = pytest.importorskip("pyarrow.parquet")
    else:
        monkeypatch.setattr("exosim.column_files.importlib.util.find_spec", lambda _: None)
    exact = xs.evaluate(reference, DRAWS)
    streamed = xs.evaluate(reference, DRAWS, keep=64, lanes=tmp_path / "a")
    assert streamed.lanes == tmp_path / "a"
    xs.evaluate(reference, DRAWS, keep=64, lanes=tmp_path / "b", jobs=Backwards())
    files = sorted((tmp_path / "a").iterdir())
    assert [file.name for file in files] == [f"part-{n:06}.{'parquet' if parquet else 'npz'}" for n in range(1, 5)]
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in sorted((tmp_path / "b").iterdir())]
    tables = [pq.read_table(f).to_pydict() if parquet else np.load(f) for f in files]
    together = {name: np.concatenate([np.asarray(table[name]) for table in tables]) for name in tables[0]}
    assert np.array_equal(together.pop(DRAW), np.arange(DRAWS))
    headlines = {s.name for s in exact.headlines() if exact.has(s.name)}
    attributes = {key[0] for key in exact._kept["attribute"]}
    assert set(together) == headlines | attributes
    for name in headlines:
        assert np.array_equal(together[name], exact.values(name)), name
    with pytest.raises(FileError):
        xs.evaluate(reference, 64, lanes=tmp_path / "a")


def test_command(door: Door) -> None:
    """The command tells what was streamed, in words and as JSON, and writes the lanes into its folder."""
    command = ("yield", str(REFERENCE), "--draws", "400", "--keep", "100")
    answer = door.run(*command, "--lanes", "--out", "there")
    assert answer.code == 0
    told = " ".join(answer.out.split())
    assert "streamed: quantiles err by at most 0.098 %" in told
    assert "the first 100 draws" in told
    manifest = json.loads((door.folder / "there" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["draws"], manifest["kept"]) == (400, 100)
    assert any(name.startswith("lanes/part-000001.") for name in manifest["files"])
    document = door.run(*command, "--json", "--jobs", "2", "--out", "again").document()
    assert (document["n"], document["kept"], document["quantile_error"]) == (400, 100, ERROR)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("after", [0.0, 4.0])
def test_interrupting_several_processes(door: Door, after: float) -> None:
    """An interrupt of all processes of a run, as a terminal sends it, ends them with code 130 and no word of theirs."""
    command = [
        sys.executable,
        "-m",
        "exosim",
        "yield",
        str(REFERENCE),
        "--draws",
        "1e7",
        "--jobs",
        "3",
        "--out",
        "there",
    ]
    pipe = subprocess.PIPE

    def listen() -> None:  # a shell lets its background jobs ignore the interrupt, and children inherit that
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        command, cwd=door.folder, stdout=pipe, stderr=pipe, preexec_fn=listen, start_new_session=True
    ) as running:
        started = time.monotonic()
        while not (door.folder / ".there.lock").exists():
            assert running.poll() is None
            assert time.monotonic() - started < 60
            time.sleep(0.02)
        time.sleep(after)
        os.killpg(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err.decode().strip().splitlines()[-1] == "interrupted; nothing was written"
    assert b"Traceback" not in err
    assert list(door.folder.iterdir()) == []
