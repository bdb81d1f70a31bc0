"""An executor whose tasks are done by the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import math
import pickle
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from exosim.errors import LimitError, Problem, UsageError

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

SAME_NUMBERS = "exosim and NumPy of the same versions on every worker, and the same kind of processor"
"""What a worker needs."""
GONE = 600.0
"""How long a study waits for another worker when there is none any more [s]; it can be resumed."""
_RECENT = 0.5
_SHARED = "exosim-shared-"


class DaskExecutor(Executor):
    """An executor on the workers of a Dask cluster; build it with :func:`exosim.study.cluster.dask_executor`.

    A task whose worker dies is done by another one; when several died of it, it ends with Dask's ``KilledWorker``.
    """

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address
        self._pool = client.get_executor(pure=False)  # a task that is handed out again is done again
        self._threads, self._told, self._alive = 0, -math.inf, time.monotonic()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have a worker call a function; what :meth:`share` returned stands for its data among the arguments.

        Raises
        ------
        LimitError
            when the connection to the scheduler is lost; of tasks that were under way then, as their exception.
        """
        outer: Future[T] = Future()
        payload, shared = _packed(partial(fn, **kwargs) if kwargs else fn, args)
        with self._reached():
            for one in shared:
                if one.future.status not in ("pending", "finished"):
                    one.future = self._brought(one.data)
            inner = self._pool.submit(pickle.loads, payload, buffers=[one.future for one in shared])
        inner.add_done_callback(partial(self._hand_on, outer))
        outer.add_done_callback(lambda future: inner.cancel() if future.cancelled() else None)
        return outer

    def width(self) -> int:
        """Return how many tasks are done at the same time: the threads of all workers there are now.

        Raises
        ------
        LimitError
            when there has been no worker for ten minutes.
        """
        now = time.monotonic()
        if now - self._told >= _RECENT:
            with self._reached():
                self._threads, self._told = sum(self._client.nthreads().values()), now
        if self._threads:
            self._alive = now
        elif now - self._alive > GONE:
            raise no_worker(self._address, GONE)
        return self._threads

    def share(self, data: bytes) -> Shared:
        """Return what stands for data in the arguments of :meth:`submit`; each worker gets the data once."""
        with self._reached():
            return Shared(data, self._brought(data))

    def _brought(self, data: bytes) -> Any:
        """Bring data to the cluster, as a task: it is done again when all die who have the data."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")
            return self._client.submit(bytes, data, key=_SHARED + uuid4().hex)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; the cluster goes on."""
        if self._client.status == "running":
            self._pool.shutdown(wait=wait and not cancel_futures)

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        """Say so when the scheduler is not there any more."""
        if self._client.status != "running":
            raise self._lost()
        try:
            yield
        except (OSError, RuntimeError):
            link = self._client.scheduler_comm
            if self._client.status == "running" and link is not None and not link.comm.closed():
                raise
            raise self._lost() from None

    def _lost(self) -> LimitError:
        expected = "a scheduler that runs until the study is done; what is finished is kept"
        return LimitError(Problem("the connection to the Dask scheduler is lost", got=self._address, expected=expected))

    def _hand_on(self, outer: Future[T], inner: Future[T]) -> None:
        """Pass on how a task ended; Dask cancels what its scheduler does not know any more."""
        if not outer.set_running_or_notify_cancel():
            return
        if inner.cancelled():
            running = self._client.status == "running"  # then its owner has restarted the cluster
            outer.set_exception(ConnectionError("the scheduler has forgotten the task") if running else self._lost())
        elif (error := inner.exception()) is not None:
            outer.set_exception(_meant(error))
        else:
            outer.set_result(inner.result())


@dataclass
class Shared:
    """Data that each worker gets once, with the task of Dask that brings them."""

    data: bytes
    future: Any


class _Call:
    """A call that is made where it is unpickled."""

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._reduced = fn, args

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._reduced


def _packed(fn: Callable[..., Any], args: tuple[Any, ...]) -> tuple[bytes, list[Shared]]:
    """Return a call as bytes that make it when they are unpickled, and the shared data that these are to be given.

    So the scheduler needs no exosim, and a worker without it ends a task: it would lose its connection if Dask had to
    read a function that it does not have.
    """
    places = [(arg, pickle.PickleBuffer(b"")) for arg in args if isinstance(arg, Shared)]
    each = iter(places)
    call = _Call(fn, tuple(next(each)[1] if isinstance(arg, Shared) else arg for arg in args))
    payload = pickle.dumps(call, 5, buffer_callback=lambda buffer: not any(buffer is place for _, place in places))
    return payload, [shared for shared, _ in places]


def _meant(error: BaseException) -> BaseException:
    """Return what an error of a task means: no fault of the task is that its worker has no exosim, or its data died."""
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "exosim":
        return UsageError(lacking([], str(error)))
    if str(getattr(error, "task", "")).startswith(_SHARED):  # of KilledWorker
        return ConnectionError("several workers died when they were given the model")
    return error


def no_worker(where: str, seconds: float) -> LimitError:
    """Return the error of a cluster that has nobody to work."""
    expected = f"`dask worker {where}` on a machine that can reach it, or jobs that have left their queue"
    return LimitError(Problem(f"the Dask scheduler has had no worker for {seconds:g} s", got=where, expected=expected))


def lacking(workers: Sequence[str], error: str) -> Problem:
    """Return what is wrong with workers that do not find what a task needs of exosim."""
    return Problem(f"{several(workers)} cannot work with this exosim", got=error, expected=SAME_NUMBERS)


def several(workers: Sequence[str]) -> str:
    """Return workers in words; none: one whose address nobody knows."""
    if not workers:
        return "a worker"
    others = len(workers) - 1
    more = f" and {others:,} other{'s' if others > 1 else ''}" if others else ""
    return f"worker {workers[0]}{more}"
