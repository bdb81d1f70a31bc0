"""The event logs of all replications as Parquet files: one partition for each replication, written as it ends.

The layout is ``<folder>/replication=<number>/events.parquet``, which readers of partitioned data sets know as hive
partitions. Replications and batches are numbered from 1, as in all tables. It needs the extra ``parquet``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from exosim.errors import FileError, Problem, UsageError
from exosim.records import Event

EVENTS = "events.parquet"
_NEEDED = "pyarrow"


def check_extra() -> None:
    """Refuse to go on without the library that writes and reads Parquet.

    Raises
    ------
    UsageError
        naming the extra that is not installed.
    """
    if importlib.util.find_spec(_NEEDED) is None:
        expected = "the extra parquet: pip install 'exosim-ev[parquet]'"
        raise UsageError(Problem(f"Parquet files need {_NEEDED}, which is not installed", expected=expected))


@contextlib.contextmanager
def log_folder(path: Path | None) -> Iterator[Path | None]:
    """Give a new folder for the logs of a run, or None; when the run fails, the folder disappears.

    Raises
    ------
    UsageError
        when the extra is missing.
    FileError
        when there is something at that place.
    """
    if path is not None:
        check_extra()
    with new_folder(path) as made:
        yield made


@contextlib.contextmanager
def new_folder(path: Path | None) -> Iterator[Path | None]:
    """Give a new folder, or None; on failure it disappears.

    Raises
    ------
    FileError
        when there is something at that place.
    """
    if path is None:
        yield None
        return
    try:
        path.mkdir(parents=True)
    except OSError as error:
        problem = f"cannot be made: {error.strerror}"
        raise FileError(Problem(problem, file=str(path), expected="a folder that does not exist")) from None
    try:
        yield path
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def part(folder: Path, replication: int) -> Path:
    """Return the file of a replication, which is counted from 0."""
    return folder / f"replication={replication + 1}" / EVENTS


def write_log(log: Sequence[Event], folder: Path, replication: int) -> Path:
    """Write the log of a replication, counted from 0; return its file."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = zip(*log, strict=True) if log else ((),) * len(Event._fields)
    arrays = [pa.array(column, type=kind) for column, kind in zip(columns, _kinds(), strict=True)]
    table = pa.Table.from_arrays(arrays, names=list(Event._fields))
    batch = Event._fields.index("batch")
    table = table.set_column(batch, "batch", pa.array([event.batch + 1 for event in log], type=pa.int64()))
    path = part(folder, replication)
    path.parent.mkdir()
    parquet.write_table(table, path, compression="zstd", write_page_checksum=True)
    return path


def read_log(folder: Path, replication: int) -> list[Event]:
    """Return the log of a replication, counted from 0."""
    check_extra()
    from pyarrow import parquet

    table = parquet.ParquetFile(part(folder, replication), page_checksum_verification=True).read(
        columns=list(Event._fields)
    )
    rows = zip(*(table.column(name).to_pylist() for name in Event._fields), strict=True)
    return [event._replace(batch=event.batch - 1) for event in map(Event._make, rows)]


def _kinds() -> list[Any]:
    """Return the Arrow type of each field of an event."""
    import pyarrow as pa

    arrow = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    return [arrow[kind] for kind in typing.get_type_hints(Event).values()]
