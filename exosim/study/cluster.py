"""Studies on a cluster of Dask: its scheduler is found, and its workers are looked at before they work.

The cluster is its owner's: it is found running and left running, and nothing is installed on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from exosim.errors import FileError, LimitError, Problem, UsageError, in_words, shortened
from exosim.study.dask_workers import SAME_NUMBERS, DaskExecutor, lacking, no_worker, several
from exosim.study.numbers import differences, fingerprint

if TYPE_CHECKING:
    from distributed import Client

CONNECTING = 8.0
"""How long a scheduler may take to answer [s]."""
STARTING = 30.0
"""How long the first worker may take to come [s]: those of a queue start when the queue lets them."""
_SCHEMES = ("tcp", "tls", "ws", "wss")
_EXPECTED = "tcp://HOST:PORT, HOST:PORT or the scheduler file of a cluster, NAME.json"


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
        raise UsageError(
            Problem("is no address of a Dask scheduler", path="scheduler", got=in_words(address), expected=_EXPECTED)
        )
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
        raise no_worker(where, STARTING) from None


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
    problems = [_other(who, got) for got, who in alike.items()] + [lacking(who, got) for got, who in errors.items()]
    if problems:
        raise UsageError(problems)


def _other(workers: list[str], differing: str) -> Problem:
    return Problem(f"{several(workers)} would compute other numbers", got=differing, expected=SAME_NUMBERS)


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
