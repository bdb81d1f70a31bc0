"""Columns as one file: Parquet where the extra ``parquet`` is installed, else a NumPy archive (``.npz``).

In Parquet a number that is missing is null and not NaN, so that a query leaves it out instead of taking it for the
largest of all; read again it is NaN. Each page has a checksum (CRC-32), which is looked at. Both hold what a frame is
of, its units and which columns are words.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.event_files import check_extra
from exosim.frames import Column, Frame

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
_FRAME = "exosim"
"""Name under which a file says what it holds."""


def with_parquet() -> bool:
    """Return whether the extra ``parquet`` is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def write_arrays(path: Path, arrays: Arrays) -> Path:
    """Write columns of numbers under a path without suffix; return the file."""
    if not with_parquet():
        return _write_archive(path, arrays)
    import pyarrow as pa

    return _write_parquet(path, pa.table({name: pa.array(values) for name, values in arrays.items()}))


def write_frame(path: Path, frame: Frame) -> Path:
    """Write a frame under a path without suffix, with the number of each row as its first column; return the file.

    A layer is a column of lists of one length in Parquet, and an array with one more axis in front in an archive.
    """
    told = json.dumps(_told(frame), allow_nan=False)
    columns: dict[str, Column] = {frame.rows: frame.numbers, **frame.columns}
    if with_parquet():
        import pyarrow as pa

        lists = {name: _lists(values) for name, (_, values) in frame.layers.items()}
        table = pa.table({name: _arrow(values) for name, values in columns.items()} | lists)
        return _write_parquet(path, table.replace_schema_metadata({_FRAME: told}))
    arrays = {name: _bytes(values) if isinstance(values, list) else values for name, values in columns.items()}
    layers = {name: values for name, (_, values) in frame.layers.items()}
    return _write_archive(path, {**arrays, **layers, _FRAME: np.array(told)})


def read_frame(path: Path) -> Frame:
    """Return the frame of a file that :func:`write_frame` wrote.

    Raises
    ------
    UsageError
        when it is a Parquet file and the extra ``parquet`` is missing.
    ValueError, KeyError, OSError
        when it is no such file.
    """
    return _read_parquet(path) if path.suffix == ".parquet" else _read_archive(path)


def _told(frame: Frame) -> dict[str, Any]:
    return {
        "rows": frame.rows,
        "first": frame.first,
        "units": dict(frame.units),
        "about": dict(frame.about),
        "words": [name for name, values in frame.columns.items() if isinstance(values, list)],
        "layers": {name: axis for name, (axis, _) in frame.layers.items()},
    }


def _framed(told: Mapping[str, Any], arrays: Mapping[str, Column]) -> Frame:
    """Return the frame of arrays by name, the number of each row among them."""
    layers = {name: (axis, arrays[name]) for name, axis in told["layers"].items()}
    columns = {name: values for name, values in arrays.items() if name not in layers and name != told["rows"]}
    return Frame(told["rows"], columns, told["units"], told["first"], layers, told["about"])  # type: ignore[arg-type]


def _write_parquet(path: Path, table: Any) -> Path:
    from pyarrow import parquet

    file = path.with_name(f"{path.name}.parquet")
    parquet.write_table(table, file, compression="zstd", write_page_checksum=True)
    return file


def _read_parquet(path: Path) -> Frame:
    check_extra()
    from pyarrow import parquet

    table = parquet.ParquetFile(path, page_checksum_verification=True).read()
    told = json.loads(table.schema.metadata[_FRAME.encode()])
    arrays: dict[str, Column] = {}
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        if name in told["words"]:
            arrays[name] = column.to_pylist()
        elif name in told["layers"]:
            arrays[name] = column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1).T
        else:
            arrays[name] = column.to_numpy(zero_copy_only=False)
    return _framed(told, arrays)


def _arrow(values: Column) -> Any:
    """Return a column of a Parquet table; what is missing is null."""
    import pyarrow as pa

    if not isinstance(values, list):
        return pa.array(values, from_pandas=True)
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return pa.array(values, type=pa.bool_())
    return pa.array([None if value is None else str(value) for value in values], type=pa.string())


def _lists(layer: NDArray[Any]) -> Any:
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(pa.array(layer.T.ravel(), from_pandas=True), layer.shape[0])


def _write_archive(path: Path, arrays: Arrays) -> Path:
    file = path.with_name(f"{path.name}.npz")
    with file.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    return file


def _read_archive(path: Path) -> Frame:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        told = json.loads(str(archive[_FRAME]))
        arrays = {name: archive[name] for name in archive.files if name != _FRAME}
    words = {name: json.loads(arrays[name].tobytes()) for name in told["words"]}
    return _framed(told, {**arrays, **words})


def _bytes(words: list[Any]) -> NDArray[np.uint8]:
    """Return words as the bytes of their JSON: they take no more room than the longest of them asks for."""
    return np.frombuffer(json.dumps(words).encode(), dtype=np.uint8)
