"""Studies that are killed, interrupted, stopped or poisoned at any moment: they go on, to the same bits."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

import exosim as xs
from exosim.study.chunks import Chunks
from exosim.study.designs import sobol
from exosim.study.reading import read_factors
from tests.test_bad_inputs import KILLS, ROWS
from tests.warm_command import ROOT, WarmCommands

SWEEP = (
    "sweep", "scenario.toml", "--vary", "clarify.ev_recovery=0.7..0.9", "--vary", "clarify.flux=50..200 L/m2/h",
    "--response", "doses", "--design", "sobol", "--points", "3000", "--draws", "500", "--out", "there",
)  # fmt: skip
POISONED = (
    "sweep", "scenario.toml", "--vary", "clarify.ev_recovery=0.7..0.9", "--design", "sobol", "--points", "2",
    "--response", "doses", "--draws", "20", "--seed", "0", "--out", "there",
)  # fmt: skip
RESUME = ("resume", "there")
POINTS = 3000
KILLED = -signal.SIGKILL
INTERRUPTED = 130


class Commands(Protocol):
    """Commands in a folder, one at a time."""

    folder: Path

    def start(self, *words: str, peril: str = "") -> int:
        """Begin a command and return its process."""

    def ended(self, seconds: float = 120.0) -> int:
        """Return its exit code."""

    def asked(self) -> list[tuple[int, int]]:
        """Return all calls of a model so far, where that is known."""

    @property
    def said(self) -> str:
        """What it has said."""


class ColdCommands:
    """Commands as a person starts them, with all their imports and pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str, peril: str = "") -> int:
        """Begin a command; whoever started the tests may ignore interrupts, a command does not."""
        assert not peril
        text = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        text += "from exosim.__main__ import run\nopen('begun', 'w').close()\nraise SystemExit(run())"
        (self.folder / "begun").unlink(missing_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self.folder / "said").open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-c", text, *words], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip
        until((self.folder / "begun").exists)
        return self._process.pid

    def ended(self, seconds: float = 120.0) -> int:
        """Return its exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def asked(self) -> list[tuple[int, int]]:
        """Return nothing: these tell of no calls."""
        return []

    @property
    def said(self) -> str:
        """What it has said."""
        return (self.folder / "said").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Whole:
    """A study that nothing has interrupted: its files and how long it took [s]."""

    files: dict[str, str]
    seconds: float
    asked: int


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmCommands]:
    """Give commands that start at once."""
    folder = tmp_path_factory.mktemp("warm")
    shutil.copy(ROOT / "scenarios" / "minimal.toml", folder / "scenario.toml")
    commands = WarmCommands(folder)
    try:
        yield commands
    finally:
        commands.close()


@pytest.fixture(scope="module")
def whole(warm: WarmCommands) -> Whole:
    """Return the study as it should be."""
    return undisturbed(warm)


@pytest.fixture
def there(warm: WarmCommands) -> Path:
    """Return the folder of the study, which is empty."""
    shutil.rmtree(warm.folder / "there", ignore_errors=True)
    return warm.folder / "there"


def undisturbed(commands: Commands) -> Whole:
    """Do the study without any harm."""
    shutil.rmtree(commands.folder / "there", ignore_errors=True)
    before = len(commands.asked())
    commands.start(*SWEEP)
    begun = time.monotonic()
    assert commands.ended() == 0, commands.said
    seconds = time.monotonic() - begun
    return Whole(bits(commands.folder / "there"), seconds, sum(n for _, n in commands.asked()[before:]))


def bits(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file but the manifest, which tells the time, and pictures, which tell no number."""
    found = sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix not in (".png", ".svg"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    digests = {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in found}
    del digests["manifest.json"]
    assert digests == {name: digest for name, digest in manifest.items() if name in digests}
    assert {"study.json", "points.csv", "points.parquet", "effects.csv"} <= set(digests)
    return digests


def finished(there: Path) -> dict[str, tuple[int, int]]:
    """Return the finished chunks, with what would change if any was written again."""
    entries = Chunks(there / "unfinished").entries()
    stats = {entry.file.name: entry.file.stat() for entry in entries}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def size(name: str) -> int:
    """Return how many points a chunk has."""
    _, start, stop, _ = name.split("-")
    return int(stop) - int(start)


def state(there: Path) -> tuple[bool, bool]:
    """Return whether a study is on its way, and whether there are results."""
    return (there / "unfinished" / "asked.json").exists(), (there / "manifest.json").exists()


def runs(process: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def going_on(there: Path) -> tuple[str, ...]:
    """Return the command that begins or goes on."""
    return RESUME if any(state(there)) else SWEEP


def until(holds: object, seconds: float = 30.0) -> None:
    """Wait until a function returns what is true."""
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@dataclass
class Tale:
    """What happened.

    Attributes
    ----------
    stops, studies : how often a process was ended, and how many studies were done
    redone : points that were asked and not kept, for each end
    largest : points of the largest chunk that was seen
    seconds : from an interrupt to the end of the process
    """

    stops: int = 0
    studies: int = 0
    redone: list[int] = field(default_factory=list)
    largest: int = 1
    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        late = f", longest {max(self.seconds):.2f} s" if self.seconds else ""
        most = max(self.redone, default=0)
        redone = f", redone at most {most} points, {most / self.largest:.2f} chunks" if self.redone else ""
        return f"{self.stops} ends in {self.studies} studies, all identical{redone}{late}"


def told(commands: Commands, whole: Whole, stops: int, seed: int, how: str) -> Tale:
    """End a study at moments of chance and go on, again and again, with 1 to 3 processes; return what happened.

    Parameters
    ----------
    how : ``kill``: the process that leads, or all of them; ``interrupt``: as Ctrl-C does; ``twice``: and again
    """
    chance, tale, there = random.Random(seed), Tale(), commands.folder / "there"
    while tale.stops < stops:
        shutil.rmtree(there, ignore_errors=True)
        assert tale.studies <= 2 * stops + 9, "they are faster than those who would end them"
        while True:
            before, called, was = finished(there), len(commands.asked()), state(there)
            jobs = chance.choice((1, 1, 1, 2, 3))
            process = commands.start(*going_on(there), "--jobs", str(jobs))
            if tale.stops < stops:  # a study of a second gains nothing by processes, which take a second to begin
                time.sleep(chance.uniform(0.0, whole.seconds * (1 if jobs == 1 else 2)))
                _end(commands, process, chance, how, tale)
            code = commands.ended()
            if code == 0:
                break
            tale.stops += 1
            assert code == (KILLED if how == "kill" else INTERRUPTED), commands.said
            _look(commands, there, before, called, tale)
            if how == "interrupt":
                _heard(commands, there, was)
        tale.studies += 1
        assert bits(there) == whole.files
        assert not (there / "unfinished").exists()
    return tale


def _end(commands: Commands, process: int, chance: random.Random, how: str, tale: Tale) -> None:
    """End a command in some way."""
    with contextlib.suppress(ProcessLookupError):
        if how == "kill":
            chance.choice([os.kill, os.killpg])(process, signal.SIGKILL)
            return
        begun = time.monotonic()
        os.killpg(process, signal.SIGINT)
        if how == "twice":
            time.sleep(chance.uniform(0.0, 0.1))
            os.killpg(process, signal.SIGINT)
    if how != "kill":
        until(lambda: not runs(process), 10.0)
        tale.seconds.append(time.monotonic() - begun)


def _look(commands: Commands, there: Path, before: dict[str, tuple[int, int]], called: int, tale: Tale) -> None:
    """Look at what an end has left: all finished chunks are as they were, and whole, and little was for nothing."""
    if not (there / "unfinished" / "asked.json").exists():
        return
    after = finished(there)
    tale.largest = max([tale.largest, *map(size, after)])
    assert before.items() <= after.items()
    assert not Chunks(there / "unfinished").check()
    asked = sum(points for _, points in commands.asked()[called:])
    if asked:
        lost = asked - sum(size(name) for name in after.keys() - before.keys())
        assert lost >= 0
        tale.redone.append(lost)


def _heard(commands: Commands, there: Path, before: tuple[bool, bool]) -> None:
    """An interrupted command tells what is safe and how to go on, unless it had not begun and changed nothing."""
    said = commands.said
    assert "Traceback" not in said
    after = state(there)
    if after == before and re.search("interrupted; nothing was written$|^$", said.strip()):
        return
    if after[0]:
        assert re.search(r"go on with: exosim resume there( --jobs \d)?$", said.strip())
    else:
        assert after[1] and said.strip().endswith("interrupted; the results are in there")


# ---------------------------------------------------------------- ended at any moment


def test_CHK_004(warm: WarmCommands, whole: Whole) -> None:
    """Killed ten times: the same bits, no finished chunk lost, and no more redone than was in flight."""
    tale = told(warm, whole, 10, 4, "kill")
    assert tale.stops == 10 and max(tale.redone, default=0) <= whole.asked // 2


def test_CHK_001(warm: WarmCommands, whole: Whole) -> None:
    """Interrupted: it says how to go on, in less than 5 s."""
    tale = told(warm, whole, 3, 1, "interrupt")
    assert max(tale.seconds) < 5.0


def test_CHK_002(warm: WarmCommands, whole: Whole) -> None:
    """Interrupted twice: at once, and what is finished is whole."""
    tale = told(warm, whole, 2, 2, "twice")
    assert max(tale.seconds) < 2.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(15))
def test_CHK_004_many(seed: int, warm: WarmCommands, whole: Whole) -> None:
    """Ten more kills each."""
    tale = told(warm, whole, 10, 100 + seed, "kill")
    write(f"kill, seed {seed}: {tale}")
    assert max(tale.redone, default=0) <= whole.asked // 2


@pytest.mark.slow
def test_CHK_004_cold(tmp_path: Path) -> None:
    """Forty kills of the command as a person starts it, with its imports and its pictures."""
    shutil.copy(ROOT / "scenarios" / "minimal.toml", tmp_path / "scenario.toml")
    commands = ColdCommands(tmp_path)
    write(f"kill, cold: {told(commands, undisturbed(commands), 40, 5, 'kill')}")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["interrupt", "twice"])
def test_CHK_001_cold(how: str, tmp_path: Path) -> None:
    """Seventeen interrupts of the command as a person starts it."""
    shutil.copy(ROOT / "scenarios" / "minimal.toml", tmp_path / "scenario.toml")
    commands = ColdCommands(tmp_path)
    tale = told(commands, undisturbed(commands), 17, 6, how)
    write(f"{how}, cold: {tale}")
    assert max(tale.seconds) < 5.0


@pytest.mark.slow
@pytest.mark.parametrize("how", ["interrupt", "twice"])
def test_CHK_001_many(how: str, warm: WarmCommands, whole: Whole) -> None:
    """Forty more of both."""
    tale = told(warm, whole, 40, 7, how)
    write(f"{how}: {tale}")
    assert max(tale.seconds) < 5.0


def write(line: str) -> None:
    """Tell figures to whoever looks at what a test prints."""
    sys.stdout.write(line + "\n")


# ---------------------------------------------------------------- processes that stop or die


def test_CHK_007(warm: WarmCommands, whole: Whole, there: Path) -> None:
    """All processes are stopped and go on as if nothing had been; with a time limit: tests of the processes alone."""
    before = len(warm.asked())
    process = warm.start(*SWEEP, "--jobs", "2")
    until(lambda: len(finished(there)) >= 3)
    os.killpg(process, signal.SIGSTOP)
    time.sleep(1.0)
    os.killpg(process, signal.SIGCONT)
    assert warm.ended() == 0, warm.said
    assert bits(there) == whole.files
    assert sum(points for _, points in warm.asked()[before:]) == whole.asked


def test_CHK_009_innocent(warm: WarmCommands, whole: Whole, there: Path) -> None:
    """A process that is killed from outside is replaced: exit code 0 and the same bits."""
    before = len(warm.asked())
    leader = warm.start(*SWEEP, "--jobs", "2")

    def others() -> set[int]:
        return {process for process, _ in warm.asked()[before:]} - {leader}

    until(others)
    for process in others():
        os.kill(process, signal.SIGKILL)
    assert warm.ended() == 0, warm.said
    assert bits(there) == whole.files


@pytest.fixture(scope="module")
def bad() -> float:
    """Return the second point of the study that is poisoned, which stands nowhere else in it."""
    factors = read_factors(xs.load(ROOT / "scenarios" / "minimal.toml"), {"clarify.ev_recovery": "0.7..0.9"})
    return float(sobol(factors, 2, 0)[1, 0])


@pytest.mark.parametrize("jobs", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_CHK_009(jobs: str, bad: float, warm: WarmCommands, there: Path) -> None:
    """A point that kills whoever asks at it: the command at first; then others ask, and it is found and told."""
    assert warm.run(*POISONED, "--jobs", jobs, peril=f"kill {bad!r}") == KILLED
    code = warm.run(*RESUME, "--jobs", jobs, peril=f"kill {bad!r}")
    assert code == int(ROWS["CHK-009"]["exit_code"]), warm.said
    words = f"point 2: clarify.ev_recovery = {bad!r}: cannot be computed: given up after 3 attempts: its process died"
    assert words in warm.said and "SIGKILL" in warm.said
    assert "--keep-going to accept that; all the rest is in there" in warm.said
    rows = (there / "points.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 3 and not (there / "unfinished").exists()


def test_CHK_009_raise(bad: float, warm: WarmCommands, there: Path) -> None:
    """An error that no model should raise is told in the same way, at the first attempt of the command."""
    assert warm.run(*POISONED, peril=f"raise {bad!r}") == 4
    words = f"point 2: clarify.ev_recovery = {bad!r}: cannot be computed: given up after 3 attempts: KeyError"
    assert words in warm.said
    assert warm.run(*POISONED, "--overwrite", "--keep-going", peril=f"raise {bad!r}") == 0
    assert "Traceback" not in warm.said


@pytest.mark.parametrize("jobs", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_CHK_011(jobs: str, bad: float, warm: WarmCommands, there: Path) -> None:
    """A point that does not come back is ended after the time limit, three times, and told."""
    code = warm.run(*POISONED, "--jobs", jobs, "--time-limit", "1 s", peril=f"hang {bad!r}")
    assert code == int(ROWS["CHK-011"]["exit_code"]), warm.said
    words = (
        f"point 2: clarify.ev_recovery = {bad!r}: cannot be computed: given up after 3 attempts: it took longer than"
    )
    assert words in warm.said
    assert len((there / "points.csv").read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.slow
def test_a_base_that_kills_is_told(warm: WarmCommands, there: Path) -> None:
    """Where the scenario stands is a point as any other: it is asked by others when it has killed the command."""
    factors = read_factors(xs.load(ROOT / "scenarios" / "minimal.toml"), {"clarify.ev_recovery": "0.7..0.9"})
    base = float(factors[0].at(np.array([0.5]))[0]) if factors[0].base is None else factors[0].base
    assert warm.run(*POISONED, peril=f"kill {base!r}") == KILLED
    assert warm.run(*RESUME, peril=f"kill {base!r}") == 4, warm.said
    assert f"point 1: clarify.ev_recovery = {base!r}: cannot be computed: given up after 3 attempts" in warm.said


# ---------------------------------------------------------------- damage


@pytest.fixture(scope="module")
def half(warm: WarmCommands, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a study that was killed half way."""
    there = warm.folder / "there"
    shutil.rmtree(there, ignore_errors=True)
    process = warm.start(*SWEEP, "--jobs", "2")
    until(lambda: len(finished(there)) >= 6)
    os.kill(process, signal.SIGKILL)
    assert warm.ended() == KILLED
    kept = tmp_path_factory.mktemp("half") / "there"
    shutil.copytree(there, kept)
    return kept


@pytest.mark.parametrize("jobs", ["1", pytest.param("4", marks=pytest.mark.slow)])
def test_a_damaged_study_is_mended(jobs: str, half: Path, warm: WarmCommands, whole: Whole, there: Path) -> None:
    """CHK-012, 013, 017, 021: an empty chunk, half a chunk, files of somebody else, and another number of processes."""
    shutil.copytree(half, there)
    empty, cut, *_ = Chunks(there / "unfinished").entries()
    empty.file.write_bytes(b"")
    cut.file.write_bytes(cut.file.read_bytes()[: cut.file.stat().st_size // 2])
    (there / "unfinished" / "notes.txt").write_text("mine")
    (there / "unfinished" / "copy of a chunk.npz").write_bytes(b"mine")
    before = len(warm.asked())
    assert warm.run(*RESUME, "--jobs", jobs) == 0, warm.said
    assert "is empty; it is asked again" in warm.said
    assert "differs from what was written; it is asked again" in warm.said
    left = whole.asked - sum(entry.stop - entry.start for entry in Chunks(half / "unfinished").entries())
    damaged = sum(entry.stop - entry.start for entry in (empty, cut))
    assert sum(points for _, points in warm.asked()[before:]) == left + damaged
    assert sorted(file.name for file in (there / "unfinished").iterdir()) == ["copy of a chunk.npz", "notes.txt"]
    shutil.rmtree(there / "unfinished")
    assert bits(there) == whole.files


# ---------------------------------------------------------------- the table


def test_every_row_about_kills_is_tested() -> None:
    """In this file, or where chunks and processes are tested by themselves."""
    own = Path(__file__).parent
    text = "".join((own / f"test_study_{name}.py").read_text(encoding="utf-8") for name in ("kills", "chunks", "crew"))
    assert {row.replace("_", "-") for row in re.findall(r"def test_(CHK_\d{3})", text)} == KILLS
