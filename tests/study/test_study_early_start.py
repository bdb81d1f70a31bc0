"""Processes of a study that begin while the scenario is read: only where they help, and none is left behind."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exosim import study_options
from exosim.cli import main
from exosim.errors import LimitError
from exosim.study import asked, crew, worker_processes
from exosim.study.crew import begun_ahead
from exosim.study.respond import respond
from exosim.workers import no_worker
from tests.perilous import ASKED, Perilous, callers, leave_at_once, numbered

SCENARIO = Path(__file__).parents[2] / "scenarios" / "minimal.toml"
SWEEP = (
    "--vary", "clarify.ev_recovery=0.7..0.9", "--design", "sobol", "--points", "4", "--response", "doses",
    "--draws", "5", "--quiet", "--out", "there",
)  # fmt: skip


def processes() -> int:
    """Return how many processes this one has started that have not ended."""
    return len(multiprocessing.active_children())


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which commands run, with a scenario, on a machine of four cores."""
    shutil.copy(SCENARIO, tmp_path / "scenario.toml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """All processes and threads end with what began them."""
    threads = threading.active_count()
    yield
    assert not processes()
    assert threading.active_count() <= threads


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many processes there were, each time that a scenario was about to be read."""
    found: list[int] = []

    def watched(read: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            found.append(processes())
            return read(*given)

        return counted

    monkeypatch.setattr(study_options, "load_scenario", watched(study_options.load_scenario))
    monkeypatch.setattr(asked, "plan_in", watched(asked.plan_in))
    return found


@pytest.mark.parametrize(
    ("options", "begun"),
    [
        ((), 0),
        (("--jobs", "1"), 0),
        (("--jobs", "2"), 1),
        (("--jobs", "3"), 2),
        (("--jobs", "64"), 3),  # one core is this process
        (("--jobs", "2", "--time-limit", "1 h"), 2),  # this process asks at no point
        (("--jobs", "3", "--scheduler", "tcp://127.0.0.1:1"), 0),
    ],
)
def test_processes_begin_before_the_scenario_is_read(options: tuple[str, ...], begun: int, seen: list[int]) -> None:
    """As many as have a core, and none where this process or a scheduler does it all; none is left by an error."""
    assert main(["sweep", "missing.toml", *SWEEP, *options]) == 5
    assert seen == [begun]


def test_one_core_is_shared_with_nobody(seen: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a process that reads the scenario on the only core another one would only hold it up."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert main(["sweep", "missing.toml", *SWEEP, "--jobs", "4"]) == 5
    assert seen == [0]


def test_a_wrong_scenario_is_told_as_ever(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same words and exit code as without other processes, which say nothing."""
    (place / "scenario.toml").write_text('name = "wrong"\nnothing = 1\n')
    told = []
    for jobs in ("1", "3"):
        assert main(["sweep", "scenario.toml", *SWEEP, "--jobs", jobs]) == 3
        told.append(capfd.readouterr().err)
    assert told[0] == told[1] and "Traceback" not in told[0] and "nothing" in told[0]


def test_a_study_that_goes_on_begins_with_them(place: Path, seen: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt while processes begin leaves none; `resume` begins them before it reads the scenario again."""

    def interrupt(*_: Any, **__: Any) -> None:
        assert processes() == 1
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("exosim.study.sweep.ask", interrupt)
        assert main(["sweep", "scenario.toml", *SWEEP, "--jobs", "2"]) == 130
    assert not processes()
    seen.clear()
    assert main(["resume", "there", "--quiet", "--jobs", "3"]) == 0
    assert seen[0] == 2
    seen.clear()
    assert main(["resume", "there", "--quiet", "--jobs", "3"]) == 0  # nothing is left to do
    assert set(seen) <= {0}


def test_an_interrupt_while_the_scenario_is_read_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        assert processes() == 2
        raise KeyboardInterrupt

    monkeypatch.setattr(study_options, "load_scenario", interrupt)
    assert main(["sweep", "scenario.toml", *SWEEP, "--jobs", "3"]) == 130


def test_a_process_that_cannot_be_had_is_no_matter_before_there_is_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A study so small that nobody helps is done; one that has work for it is told."""

    def refuse(_hand: object) -> None:
        raise no_worker(2, "no room")

    monkeypatch.setattr("exosim.study.worker_processes._Hand._start", refuse)
    assert main(["sweep", "scenario.toml", *SWEEP, "--jobs", "2"]) == 0
    with begun_ahead(2) as helpers, pytest.raises(LimitError, match="no room"), crew.crew(helpers) as workers:
        respond(Perilous(), numbered(40), ASKED, jobs=workers)


def test_a_process_that_never_begins_is_told_when_there_is_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_processes, "work", leave_at_once)
    monkeypatch.setenv("EXOSIM_TEST_MARKS", str(tmp_path))
    with (
        begun_ahead(2) as helpers,
        pytest.raises(LimitError, match="it ends as it begins"),
        crew.crew(helpers) as workers,
    ):
        respond(Perilous(pause=0.05), numbered(200), ASKED, jobs=workers)


def not_prepared() -> None:
    """Fail in a process that has nothing to do yet."""
    raise ImportError("not here")


@pytest.mark.parametrize("prepare", [crew.read_a_scenario, not_prepared])
def test_those_that_began_ahead_answer(
    prepare: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They and no others, to the same bits, also where they could not prepare for it."""
    monkeypatch.setattr(crew, "read_a_scenario", prepare)
    (tmp_path / "marks").mkdir()
    with begun_ahead(3) as helpers:
        children = {child.pid for child in multiprocessing.active_children()}
        with crew.crew(helpers, isolated=True) as workers:
            assert workers.chunks is None and len(children) == 2
            found = respond(Perilous(marks=str(tmp_path / "marks"), pause=0.02), numbered(60), ASKED, jobs=workers)
    assert np.array_equal(found.values, respond(Perilous(), numbered(60), ASKED).values)
    others = callers(tmp_path / "marks")
    assert os.getpid() not in others and children <= others and len(others) == 3
