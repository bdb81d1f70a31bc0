"""The lock of a folder: who is at work keeps others out, from wherever they come; who is gone keeps nobody out."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exosim import lock as locks
from exosim.errors import FileError
from exosim.lock import locked

LINUX = Path("/proc/self/ns/pid").exists()
NOTHING_LEFT = 5.0
"""Longest that a test waits for what must come [s]."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let locks be renewed and watched in fractions of a second."""
    monkeypatch.setattr(locks, "BEAT", 0.02)
    monkeypatch.setattr(locks, "WATCH", 0.5)
    monkeypatch.setattr(locks, "WATCH_EMPTY", 0.2)
    monkeypatch.setattr(locks, "_POLL", 0.01)


def file_of(folder: Path) -> Path:
    return folder / ".there.lock"


@contextlib.contextmanager
def holding(folder: Path, notes: list[str] | None = None) -> Iterator[bool]:
    """Lock a folder."""
    said = [] if notes is None else notes
    with locked(folder / "there", Path("there"), said.append) as taken_over:
        yield taken_over


def left(folder: Path, **changes: object) -> None:
    """Leave the lock of a process that is gone."""
    file_of(folder).unlink(missing_ok=True)
    with holding(folder):
        held = json.loads(file_of(folder).read_text())
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    file_of(folder).write_text(json.dumps({**held, "pid": ended.pid, **changes}))


def go_elsewhere(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Be a process of another machine."""
    (folder / "boot").write_text("another")
    monkeypatch.setattr(locks, "_BOOT_ID", folder / "boot")
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")


def test_a_lock_is_renewed_until_it_goes(tmp_path: Path) -> None:
    threads = threading.active_count()
    with holding(tmp_path):
        begun = file_of(tmp_path).stat().st_mtime_ns
        end = time.monotonic() + NOTHING_LEFT
        while file_of(tmp_path).stat().st_mtime_ns == begun:
            assert time.monotonic() < end
    assert not list(tmp_path.iterdir())
    assert threading.active_count() == threads


def test_who_works_on_another_machine_keeps_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long ago it began by its clock: the time stamp moves, that is enough."""
    notes: list[str] = []
    monkeypatch.setattr(locks, "WATCH", 60.0)
    with holding(tmp_path):
        before = file_of(tmp_path).read_text()
        go_elsewhere(monkeypatch, tmp_path)
        begun = time.monotonic()
        with pytest.raises(FileError, match=f"another process is writing this folder: pid {os.getpid()}, host "):
            holding(tmp_path, notes).__enter__()
        assert time.monotonic() - begun < NOTHING_LEFT
        assert file_of(tmp_path).read_text() == before
    (said,) = notes
    assert said.startswith(f"there: locked by pid {os.getpid()}, host ")
    assert said.endswith("; watching for up to 60 s whether that is at work")


def test_who_is_gone_on_another_machine_loses_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a queue starts a job again on another node after the first one failed."""
    notes: list[str] = []
    left(tmp_path)
    go_elsewhere(monkeypatch, tmp_path)
    with holding(tmp_path, notes) as taken_over:
        assert taken_over
        assert json.loads(file_of(tmp_path).read_text())["host"] == "elsewhere"
    assert [note.split(": ")[1].split(" by")[0] for note in notes] == [
        "locked", "took over the lock of a process that is gone",
    ]  # fmt: skip
    assert not file_of(tmp_path).exists()


@pytest.mark.skipif(not LINUX, reason="only Linux tells whose numbers of processes are valid where")
@pytest.mark.parametrize("host", ["this", "another"])
def test_numbers_of_processes_are_those_of_one_container(host: str, tmp_path: Path) -> None:
    """A process of another container cannot be asked for, so that its lock is watched, too."""
    changes = {"processes": "pid:[1]", **({} if host == "this" else {"host": "pod-2"})}
    notes: list[str] = []
    left(tmp_path, **changes, pid=os.getpid())
    with holding(tmp_path, notes) as taken_over:
        assert taken_over and len(notes) == 2
    left(tmp_path, **changes, beat=None)
    with pytest.raises(FileError):
        holding(tmp_path).__enter__()


@pytest.mark.skipif(not LINUX, reason="only Linux tells when a process began")
def test_another_process_with_the_same_number_is_another_one(tmp_path: Path) -> None:
    """Numbers come again, most of all in containers, where each program is number 1."""
    left(tmp_path, pid=os.getpid())
    with pytest.raises(FileError):
        holding(tmp_path).__enter__()
    left(tmp_path, pid=os.getpid(), born="1")
    with holding(tmp_path) as taken_over:
        assert taken_over


@pytest.mark.skipif(not LINUX, reason="only Linux tells the state of a process")
def test_a_process_of_which_only_the_number_is_left_is_gone(tmp_path: Path) -> None:
    """Whoever started it has not asked how it ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        state = Path(f"/proc/{ended.pid}/stat")
        end = time.monotonic() + NOTHING_LEFT
        while state.read_text().rpartition(")")[2].split()[0] != "Z":
            assert time.monotonic() < end
        left(tmp_path, pid=ended.pid, born="")
        with holding(tmp_path) as taken_over:
            assert taken_over


def test_who_lost_the_folder_leaves_the_lock_of_its_heir(tmp_path: Path) -> None:
    """A process that was stopped for long and goes on takes no lock away but its own."""
    with holding(tmp_path):
        held = json.loads(file_of(tmp_path).read_text())
        file_of(tmp_path).write_text(json.dumps({**held, "host": "elsewhere"}))
    assert file_of(tmp_path).exists()


def test_a_lock_that_goes_while_it_is_watched_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left(tmp_path, host="elsewhere", boot="another", processes="")
    monkeypatch.setattr(locks, "WATCH", 60.0)
    threading.Timer(0.1, file_of(tmp_path).unlink).start()
    with holding(tmp_path) as taken_over:
        assert not taken_over


def test_a_lock_that_says_nothing_is_of_nobody(tmp_path: Path) -> None:
    """Its process was killed between two calls of the system, or the machine lost power."""
    notes: list[str] = []
    file_of(tmp_path).touch()
    with holding(tmp_path, notes) as taken_over:
        assert taken_over
    assert notes == ["there: took over the lock of a process that is gone: pid ?, host ?, started ?"]


def test_a_lock_that_is_being_written_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes between the two calls of another process waits for the second one."""
    monkeypatch.setattr(locks, "BEAT", 60.0)
    with holding(tmp_path):
        words = file_of(tmp_path).read_bytes()
        file_of(tmp_path).write_bytes(b"")
        monkeypatch.setattr(locks, "WATCH_EMPTY", 60.0)
        threading.Timer(0.05, file_of(tmp_path).write_bytes, (words,)).start()
        with pytest.raises(FileError, match=f"pid {os.getpid()}, "):
            holding(tmp_path).__enter__()
