"""The lock of a folder: one process writes it, and one that is gone without a word keeps nobody out.

The lock is a file beside the folder that says who has it. On the same machine the system tells whether that process
still runs. What another machine, or a container with processes of its own, has locked shows life by its time stamp,
which the holder renews; nobody compares clocks: who comes watches whether the stamp moves.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from exosim.errors import FileError, LimitError, Problem, shortened

BEAT = 15.0
"""How often a lock is renewed [s]."""
WATCH = 120.0
"""How long a lock of another machine is watched [s]: file systems that are shared may tell news a minute late."""
WATCH_EMPTY = 5.0
"""The same of a lock that says nothing yet, as of a process that was killed just then, or after a power cut [s]."""
_POLL = 1.0
_NO_PROCESS = 2**31
_ENDED = ("Z", "X")
"""States of a process that has ended, while nobody has taken note of that, as in containers without an init."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
Note = Callable[[str], None]
Held = Mapping[str, Any]


@contextlib.contextmanager
def locked(place: Path, path: Path, note: Note | None) -> Iterator[bool]:
    """Keep a folder to this process, and give whether that took over the lock of one that is gone.

    Parameters
    ----------
    place : the folder, as an absolute path; the one above it must be there
    path : the same as it was typed, for messages
    note : told when the lock of a process that is gone is taken over, or one of another machine is watched

    Raises
    ------
    FileError
        when another process has it.
    LimitError
        when the system gives no thread to renew it.
    """
    lock = place.with_name(f".{place.name}.lock")
    gone = _gone(lock, path, note)
    taken_over = gone is not None and _take_away(lock, gone, path, note)
    own = _of_this_process()
    words = json.dumps(own).encode()
    ours = True  # until proven otherwise: an interrupt at any moment leaves no lock behind
    try:
        try:
            file = lock.open("xb", buffering=0)
        except OSError as error:
            ours = False
            if not isinstance(error, FileExistsError):
                raise
            expected = f"to wait, or another folder; delete {shortened(str(lock), 400)} if no such process runs"
            problem = f"another process is writing this folder: {_holder(_read(lock))}"
            raise FileError(Problem(problem, file=str(path), expected=expected)) from None
        with file:
            file.write(words)
        with _beating(lock):
            yield taken_over
    finally:
        if ours and _read(lock) in ({}, own):  # a process that was stopped for long may have lost it to another
            lock.unlink(missing_ok=True)


@contextlib.contextmanager
def _beating(lock: Path) -> Iterator[None]:
    """Renew the time stamp of a lock in a thread, as long as the file is there."""
    ended = threading.Event()

    def beat() -> None:
        with contextlib.suppress(OSError):
            while not ended.wait(BEAT):
                os.utime(lock)

    thread = threading.Thread(target=beat, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise LimitError(Problem(f"the system gives no thread: {error}")) from None
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _gone(lock: Path, path: Path, note: Note | None) -> Held | None:
    """Return what a lock says whose process is gone; None where that may run, or nothing is locked."""
    held = _read(lock)
    if not held:
        return {} if _is_empty(lock) and not _moves(lock, WATCH_EMPTY) else None
    here = _of_this_process()
    same_host, same_boot = held.get("host") == here["host"], held.get("boot") == here["boot"]
    if same_host and not same_boot:
        return held
    same_machine = same_host or (same_boot and bool(here["boot"]))
    if same_machine and held.get("processes", here["processes"] if same_host else None) == here["processes"]:
        return None if _may_run(held.get("pid"), held.get("born", "")) else held
    if not held.get("beat"):
        return None
    if note is not None:
        note(f"{_shown(path)}: locked by {_holder(held)}; watching for up to {WATCH:g} s whether that is at work")
    return None if _moves(lock, WATCH) else held


def _take_away(lock: Path, gone: Held, path: Path, note: Note | None) -> bool:
    """Remove the lock of a process that is gone; return whether it was there to be removed.

    It is moved aside and looked at again: of two processes that see the same stale lock only one can move it, and the
    other one may meet the new lock of the first, which it gives back.
    """
    aside = lock.with_name(f"{lock.name}-{secrets.token_hex(4)}")
    try:
        lock.rename(aside)
    except FileNotFoundError:
        return False
    if _read(aside) != gone:
        aside.rename(lock)
        return False
    if note is not None:
        note(f"{_shown(path)}: took over the lock of a process that is gone: {_holder(gone)}")
    aside.unlink(missing_ok=True)
    return True


def _moves(lock: Path, seconds: float) -> bool:
    """Watch for so long whether the time stamp of a lock moves, or the lock goes."""
    seen = _stamp(lock)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(_POLL)
        if _stamp(lock) != seen:
            return True
    return False


def _stamp(lock: Path) -> int:
    try:
        with lock.open("rb") as file:  # opened anew: a shared file system then asks for what is new
            return os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return 0


def _is_empty(lock: Path) -> bool:
    try:
        return lock.stat().st_size == 0
    except OSError:
        return False


def _of_this_process() -> dict[str, Any]:
    """Return what a lock of this process says."""
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "boot": _text(_BOOT_ID),
        "processes": _namespace(),
        "born": _looked_up("self")[1],
        "beat": BEAT,
    }


def _read(lock: Path) -> dict[str, Any]:
    try:
        held = json.loads(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}


def _holder(held: Held) -> str:
    return ", ".join(f"{key} {shortened(held.get(key, '?'), 60)}" for key in ("pid", "host", "started"))


def _may_run(process: Any, born: Any) -> bool:
    """Return whether a process runs that began at that tick; where that cannot be asked, it may."""
    if os.name != "posix" or not isinstance(process, int) or not 0 < process < _NO_PROCESS:
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    state, now = _looked_up(process)
    if state in _ENDED:
        return False
    return not (born and now) or born == now  # else another process got its number


def _looked_up(process: int | str) -> tuple[str, str]:
    """Return the state of a process and the clock tick at which it began; empty where nobody tells."""
    fields = _text(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")


def _namespace() -> str:
    """Return whose numbers of processes are valid here: those of the machine, or of a container."""
    try:
        return str(_NAMESPACE.readlink())
    except OSError:
        return ""


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _shown(path: Path) -> str:
    return shortened(str(path), 400)
