"""Studies on a cluster of Dask: an executor whose tasks are done by the workers of a scheduler.

The cluster is its owner's: it is found running and left running, and nothing is installed on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import pickle
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from exosim.errors import FileError, LimitError, Problem, UsageError, in_words, shortened
from exosim.study.numbers import differences, fingerprint

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

CONNECTING = 8.0
"""How long a scheduler may take to answer [s]."""
STARTING = 30.0
"""How long the first worker may take to come [s]: those of a queue start when the queue lets them."""
GONE = 600.0
"""How long a study waits for another worker when there is none any more [s]; it can be resumed."""
_RECENT = 0.5
_SHARED = "exosim-shared-"
_SCHEMES = ("tcp", "tls", "ws", "wss")
_EXPECTED = "tcp://HOST:PORT, HOST:PORT or the scheduler file of a cluster, NAME.json"
_SAME = "exosim and NumPy of the same versions on every worker, and the same kind of processor"


@contextlib.contextmanager
def dask_executor(address: str) -> Iterator[DaskExecutor]:
    """Give an executor on the workers of a Dask cluster, for every `jobs` of a study; leave the cluster as it was.

    Parameters
    ----------
    address : of the scheduler: ``tcp://host:port``, ``host:port``, or the path of its scheduler file, ``name.json``

    Raises
    ------
    UsageError
        when the address is none, Dask is not installed, or a worker would compute other numbers.
    FileError
        when the scheduler file cannot be read.
    LimitError
        when no scheduler answers or no worker comes.
    """
    where = scheduler_address(address)
    with _silent(), _connected(where) as client:
        _wait_for_worker(client, where)
        _check(client.run(fingerprint, on_error="return"))
        executor = DaskExecutor(client, where)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


class DaskExecutor(Executor):
    """An executor on the workers of a Dask cluster; build it with :func:`dask_executor`.

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
            raise _no_worker(self._address, GONE)
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
            if self._client.status == "running" and not self._client.scheduler_comm.comm.closed():
                raise
            raise self._lost() from None

    def _lost(self) -> LimitError:
        expected = "a scheduler that runs until the study is done; what is finished is kept"
        return LimitError(Problem("the connection to the Dask scheduler is lost", got=self._address, expected=expected))

    def _hand_on(self, outer: Future[T], inner: Future[T]) -> None:
        """Pass on how a task ended; Dask cancels what it does not know any more."""
        if not outer.set_running_or_notify_cancel():
            return
        if inner.cancelled():
            outer.set_exception(self._lost())
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
        return UsageError(_lacking([], str(error)))
    if str(getattr(error, "task", "")).startswith(_SHARED):  # of KilledWorker
        return ConnectionError("several workers died when they were given the model")
    return error


def scheduler_address(address: str) -> str:
    """Return the address of a scheduler as Dask writes it, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    UsageError
        when it is none.
    FileError
        when it is the name of a scheduler file that cannot be read.
    """
    written = _of_file(address) if address.endswith(".json") else address
    scheme, mark, place = written.rpartition("://")
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535 or (mark and scheme not in _SCHEMES):
        raise UsageError(Problem("is no address of a Dask scheduler", got=in_words(address), expected=_EXPECTED))
    return f"{scheme or 'tcp'}://{place}"


def _of_file(path: str) -> str:
    """Return the address that a scheduler has written into its file."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))["address"]
        return found if isinstance(found, str) else ""
    except OSError as error:
        problem = f"the scheduler file cannot be read: {error.strerror}"
    except (ValueError, KeyError, TypeError):
        problem = "is no scheduler file"
    expected = "the file that `dask scheduler --scheduler-file` wrote, on a disk that this machine sees"
    raise FileError(Problem(problem, file=path, expected=expected))


@contextlib.contextmanager
def _connected(where: str) -> Iterator[Client]:
    """Give a client of a scheduler."""
    try:
        from distributed import Client
    except ImportError:
        expected = 'the extra distributed, here and on the workers: pip install "exosim-ev[distributed]"'
        raise UsageError(Problem("a Dask cluster needs Dask", expected=expected)) from None
    try:
        with ThreadPoolExecutor(1) as thread:  # a notebook has a loop of its own in this one
            thread.submit(asyncio.run, _greet(where)).result()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other versions of Dask there; numbers are compared apart
            client = Client(where, timeout=CONNECTING, set_as_default=False, name="exosim")
    except Exception as error:
        other = "" if isinstance(error, OSError) else shortened(f", but {type(error).__name__}: {error}")
        expected = (
            "`dask scheduler` of this version of Dask that runs and can be reached from here: host, port, firewall"
        )
        raise LimitError(Problem(f"no Dask scheduler answers{other}", got=where, expected=expected)) from None
    with client:
        yield client


async def _greet(where: str) -> None:
    """Wait for an answer of a scheduler: a client waits for ever where something listens and says nothing."""
    from distributed.comm import connect
    from distributed.security import Security

    own = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(where, timeout=CONNECTING, **own), CONNECTING)
    await comm.close()


def _wait_for_worker(client: Client, where: str) -> None:
    try:
        client.wait_for_workers(1, timeout=STARTING)
    except TimeoutError:
        raise _no_worker(where, STARTING) from None


def _no_worker(where: str, seconds: float) -> LimitError:
    expected = f"`dask worker {where}` on a machine that can reach it, or jobs that have left their queue"
    return LimitError(Problem(f"the Dask scheduler has had no worker for {seconds:g} s", got=where, expected=expected))


def _check(told: Mapping[str, Mapping[str, str] | BaseException]) -> None:
    """Refuse workers that would give other bits than this process; those that are gone by now are no matter."""
    alike: dict[str, list[str]] = {}
    errors: dict[str, list[str]] = {}
    for worker, found in told.items():
        if isinstance(found, OSError):
            continue
        if isinstance(found, BaseException):
            errors.setdefault(f"{type(found).__name__}: {found}", []).append(worker)
        elif words := "; ".join(differences(found, fingerprint())):
            alike.setdefault(words, []).append(worker)
    problems = [_other(who, got) for got, who in alike.items()] + [_lacking(who, got) for got, who in errors.items()]
    if problems:
        raise UsageError(problems)


def _other(workers: list[str], differing: str) -> Problem:
    return Problem(f"{_several(workers)} would compute other numbers", got=differing, expected=_SAME)


def _lacking(workers: list[str], error: str) -> Problem:
    return Problem(f"{_several(workers)} cannot work with this exosim", got=error, expected=_SAME)


def _several(workers: list[str]) -> str:
    if not workers:
        return "a worker"
    others = len(workers) - 1
    more = f" and {others:,} other{'s' if others > 1 else ''}" if others else ""
    return f"worker {workers[0]}{more}"


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep what Dask notes for itself off the terminal: what a person must know is raised."""
    with contextlib.suppress(ImportError):
        import distributed  # noqa: F401  # sets levels of its own
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    loggers = [logging.getLogger(name) for name in known]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
