"""What a process of our own does: it answers ranges of points that come through a pipe, until nobody asks any more."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import Any

from exosim.errors import ExosimError, Problem, UsageError
from exosim.study.chunk import Chunk
from exosim.study.factor import Floats
from exosim.study.job import Job

READY = "ready"
"""What a process says when it has read the model, with all that this imports: the time of the points begins."""
_GRACE = 0.05


def work(pipe: Connection, prepare: Callable[[], None] | None = None) -> None:
    """Answer in a process of its own until nobody asks any more, or until the process that asks is gone.

    Parameters
    ----------
    prepare : what is done before anything is asked; where it fails, whatever needs it tells why
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the process that asks
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    jobs: dict[bytes, Job] = {}
    with contextlib.suppress(OSError):
        pipe.send("begun")
    if prepare is not None:
        with contextlib.suppress(Exception):
            prepare()
    while True:
        try:
            data, points = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            _tell(pipe, _answer(pipe, jobs, data, points))
        except OSError:
            return


def _tell(pipe: Connection, answer: tuple[str, Any, float]) -> None:
    """Send an answer; of one that cannot travel, why."""
    try:
        pipe.send(answer)
    except OSError:
        raise
    except Exception as error:
        pipe.send(("lost", unexpected(error), answer[-1]))


def _answer(pipe: Connection, jobs: dict[bytes, Job], data: bytes, points: Floats) -> tuple[str, Any, float]:
    """Return ("chunk", Chunk, seconds), ("error", what is to be raised, …) or ("lost", why there is none, …)."""
    begun = time.perf_counter()
    try:
        if data not in jobs:
            jobs.clear()
            jobs[data] = unpacked(data)
        pipe.send(READY)
        begun = time.perf_counter()
        found: Chunk = jobs[data].chunk(points)
    except (ExosimError, MemoryError) as error:
        return "error", error, time.perf_counter() - begun
    except (Exception, SystemExit) as error:
        return "lost", unexpected(error), time.perf_counter() - begun
    return "chunk", found, time.perf_counter() - begun


def packed(job: Job) -> bytes:
    """Return a job as it travels to other processes.

    Raises
    ------
    UsageError
        when it cannot, such as one with a function that has no name.
    """
    try:
        return pickle.dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        expected = "jobs = 1, or a function at the top of a module"
        problem = f"the model cannot travel to other processes: {error}"
        raise UsageError(Problem(problem, expected=expected)) from None


def unpacked(data: bytes) -> Job:
    """Return the job that another process has packed.

    Raises
    ------
    UsageError
        when this process does not find what it is made of, such as a function that was typed at a prompt.
    """
    try:
        job: Job = pickle.loads(data)
    except MemoryError:
        raise
    except Exception as error:
        expected = "jobs = 1, or a function at the top of a module that can be imported there"
        problem = f"the model cannot be read in another process: {unexpected(error)}"
        raise UsageError(Problem(problem, expected=expected)) from None
    return job


def unexpected(error: BaseException) -> str:
    """Return in words what ended a task that should have ended in no such way."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        time.sleep(_GRACE)
        os._exit(1)
