"""Limits that the operating system really sets: full disks, few descriptors, little memory, two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exosim.lock import _take_away
from tests.test_bad_inputs import ROOT, ROWS, stale_lock, table, with_source
from tests.test_bad_plants import plant
from tests.texts import BASE, FILE, Door

resource = pytest.importorskip("resource")
REFERENCE = ROOT / "scenarios" / "msc_hollow_fiber.toml"
LIMITED = """
import resource, sys
kind, value = sys.argv[1:3]
resource.setrlimit(getattr(resource, kind), (int(value), int(value)))
from exosim.cli import main
sys.exit(main(sys.argv[3:]))
"""


def limited(folder: Path, kind: str, value: int, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own below a limit of the operating system."""
    command = [sys.executable, "-c", LIMITED, kind, str(value), *arguments]
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, timeout=120, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


@pytest.mark.parametrize("size", [0, 100, 2_000, 30_000])
@pytest.mark.parametrize("command", ["yield", "run"])
def test_FIL_003(command: str, size: int, door: Door) -> None:
    """The disk takes no more after some bytes, wherever that is: the reason, and nothing half written."""
    door.write(plant() if command == "run" else BASE)
    done = limited(door.folder, "RLIMIT_FSIZE", size, command, FILE, "--out", "there", "--quiet")
    assert done.returncode == int(ROWS["FIL-003"]["exit_code"])
    assert done.stderr == b"there: cannot be written: File too large; expected a folder that can be written\n"
    assert [path.name for path in door.folder.iterdir()] == [FILE]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_FIL_003_full_output(options: tuple[str, ...], door: Door) -> None:
    """Standard output on a full disk: code 5 and the reason; the folder is whole."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    door.write(BASE)
    command = [sys.executable, "-m", "exosim", "yield", FILE, "--out", "there", *options]
    with full.open("wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (5, b"standard output: cannot be written: No space left on device\n")
    files = json.loads((door.folder / "there" / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert {"yields.json", "ledger.csv"} <= set(files)
    with full.open("wb") as out:
        command = [sys.executable, "-m", "exosim", "check", "nowhere.toml", *options]
        silent = subprocess.run(command, stdout=out, stderr=out, timeout=60, check=False)
    assert silent.returncode == 5


@pytest.mark.parametrize("command", ["yield", "run"])
def test_FIL_005(command: str, door: Door) -> None:
    """Thirty-two open files are enough, with pictures and with worker processes."""
    door.write(plant() if command == "run" else BASE)
    options = ("--jobs", "2", "--replications", "5") if command == "run" else ()
    done = limited(door.folder, "RLIMIT_NOFILE", 32, command, FILE, "--out", "there", "--quiet", *options)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (door.folder / "there" / "manifest.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is not kept elsewhere")
def test_FIL_006(door: Door) -> None:
    """A gibibyte of address space: what fits is run, what does not is refused with its size and what does fit."""
    done = limited(
        door.folder, "RLIMIT_AS", 1024**3, "yield", str(REFERENCE), "--draws", "1000", "--out", "a", "--quiet"
    )
    assert (done.returncode, done.stderr) == (0, b"")
    done = limited(
        door.folder, "RLIMIT_AS", 1024**3, "yield", str(REFERENCE), "--draws", "5e6", "--keep", "5e6", "--out", "b"
    )
    assert done.returncode == int(ROWS["FIL-006"]["exit_code"])
    words = done.stderr.decode()
    assert words.startswith("5,000,000 draws would need about ")
    assert "GiB for their results" in words
    assert "--draws N asks for fewer" in words
    assert "kept (--keep N)" in words
    assert [path.name for path in door.folder.iterdir()] == ["a"]


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(
    ("command", "words"), [("yield", "fewer draws: --draws N"), ("run", "fewer processes (--jobs N), fewer batches or")]
)
def test_FIL_006_without_an_estimate(command: str, words: str, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that runs out where no estimate saw it is told with what needs less; nothing is left behind."""

    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("exosim.picture_folder.write_manifest", fails)
    door.write(plant() if command == "run" else BASE)
    answer = door.run(command, FILE)
    assert (answer.code, answer.out) == (6, "")
    assert answer.err.startswith(f"there is not enough memory; expected {words}")
    assert [path.name for path in door.folder.iterdir()] == [FILE]


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", "\uff20"])
def test_FIL_012(start: str, door: Door) -> None:
    """A source that would be a formula is text in every table of a run, also with full-width signs."""
    door.write(
        with_source(f'{start}HYPERLINK("x";"y")').replace("seed = 1", 'seed = 1\nhorizon = "100 h"') + "[campaign]\n"
    )
    assert door.run("run", FILE, "--quiet", "--out", "there").code == 0
    cells = [c for path in (door.folder / "there").glob("*.csv") for row in table(path) for c in row.values()]
    assert f'\'{start}HYPERLINK("x";"y")' in cells
    assert not any(cell.startswith(("=", "@", "\uff1d", "\uff20")) for cell in cells)


def test_FIL_016_two_at_the_same_time(door: Door) -> None:
    """Of two processes that start together one writes; the other is refused, or finds the folder written."""
    door.write(BASE)
    command = [sys.executable, "-m", "exosim", "yield", FILE, "--out", "there", "--quiet"]
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen(command, env=settings, stderr=subprocess.PIPE) for _ in range(2)]
    told = [process.communicate(timeout=120)[1].decode() for process in both]
    assert sorted(process.returncode for process in both) == [0, 5]
    (refusal,) = [text for text in told if text]
    assert "another process is writing this folder: pid " in refusal or "the folder holds another run" in refusal
    assert sorted(path.name for path in door.folder.iterdir()) == [FILE, "there"]


def test_FIL_017_only_one_takes_over(door: Door) -> None:
    """Who comes late to a stale lock and meets the new lock of another process gives it back untouched."""
    lock = stale_lock(door.folder, pid=os.getpid())
    before, notes = lock.read_bytes(), list[str]()
    _take_away(lock, {"pid": 1}, Path("there"), notes.append)
    assert (lock.read_bytes(), notes) == (before, [])
    assert [path.name for path in door.folder.iterdir()] == [lock.name]
    gone = json.loads(stale_lock(door.folder).read_text())
    for _ in range(2):
        _take_away(lock, gone, Path("there"), notes.append)
    assert len(notes) == 1
    assert not list(door.folder.iterdir())
