"""Work shared with other processes: who does it is seen in no result."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.resource_tracker import ensure_running
from typing import Any, TypeVar

from exosim.errors import LimitError, Problem

T = TypeVar("T")


@contextlib.contextmanager
def processes(count: int, jobs: int) -> Iterator[Executor]:
    """Give an executor of `count` processes, which hear no interrupt: the process that began them ends them.

    Parameters
    ----------
    jobs : as asked for, to say so

    Raises
    ------
    LimitError
        when a process cannot be had, or ends abruptly.
    """
    try:
        pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
    except (BrokenProcessPool, OSError) as error:  # the system has no lock or pipe left
        raise no_worker(jobs, getattr(error, "strerror", None) or str(error)) from None
    with pool:
        try:
            yield pool
        except BrokenProcessPool:
            raise no_worker(jobs, "it ended abruptly, perhaps for want of memory") from None
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextlib.contextmanager
def starting(jobs: int) -> Iterator[None]:
    """Hand work to an executor, which may start its processes now.

    An interrupt waits until they are started and is inherited as blocked: else each of them would tell of it.

    Raises
    ------
    LimitError
        when the system gives no process.
    """
    masks = hasattr(signal, "pthread_sigmask")
    if masks:
        ensure_running()  # it lets interrupts through when it starts: that must be over before they are blocked
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else None
    try:
        yield
    except BrokenProcessPool:
        raise
    except OSError as error:
        raise no_worker(jobs, error.strerror or str(error)) from None
    finally:
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def no_worker(jobs: int, reason: str) -> LimitError:
    """Return the error of a process that cannot be had."""
    problem = f"a worker process cannot be had: {reason}"
    return LimitError(Problem(problem, got=f"{jobs} processes", expected="fewer: --jobs N"))


def in_order(
    count: int, here: Callable[[int], T], submit: Callable[[int], Future[T]] | None, others: int
) -> Iterator[T]:
    """Yield what comes of the tasks 0 to `count` in their order.

    This process does its share: it takes one task after another and keeps others waiting for each of its helpers.
    Results that come before their turn are held; as none is begun that is far ahead of the first that is missing, they
    are few.

    Parameters
    ----------
    here : does a task in this process
    submit : hands one to a helper; None when there are none
    others : number of helpers
    """
    begun, ahead = 0, 4 * (others + 1)
    handed: dict[int, Future[T]] = {}
    ready: dict[int, T] = {}
    try:
        for number in range(count):
            last = min(count, number + ahead)
            while number not in ready:
                if number in handed and (begun >= last or handed[number].done()):
                    ready[number] = handed.pop(number).result()
                    continue
                mine, begun = begun, begun + 1
                while submit is not None and begun < last and _unfinished(handed) < _queue(count - begun, others):
                    handed[begun] = submit(begun)
                    begun += 1
                ready[mine] = here(mine)
            yield ready.pop(number)
    finally:
        for future in handed.values():
            future.cancel()


def _queue(left: int, others: int) -> int:
    """Return how many tasks helpers may have: two each, so that none waits; one where few are left to share."""
    return 2 * others if left > 2 * others else others


def _unfinished(handed: dict[int, Future[Any]]) -> int:
    return sum(not future.done() for future in handed.values())


def helpers(jobs: int | Executor) -> int:
    """Return how many processes help this one."""
    return jobs - 1 if isinstance(jobs, int) else os.cpu_count() or 1
