"""Results as data frames of pandas and polars and as datasets of xarray: column by column, never value by value.

Columns of pandas and xarray are read-only views of the arrays of a result: nothing is copied, and nothing that is done
to a frame changes the result. It needs the extra ``interop``.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from exosim.errors import Problem, UsageError, unknown

if TYPE_CHECKING:
    import pandas
    import polars
    import xarray

Column: TypeAlias = "np.ndarray[Any, Any] | list[Any]"


@dataclass(frozen=True, slots=True)
class Frame:
    """A table by its columns.

    Attributes
    ----------
    rows : what a row is, such as ``draw``
    columns : each of the same length
    units : by column; columns of words have none
    first : number of the first row
    layers : arrays with one more axis in front, by name: what that axis is, and the values; only xarray takes them
    about : what the whole is of
    """

    rows: str
    columns: Mapping[str, Column]
    units: Mapping[str, str] = field(default_factory=dict)
    first: int = 0
    layers: Mapping[str, tuple[str, np.ndarray[Any, Any]]] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def numbers(self) -> np.ndarray[Any, Any]:
        """The number of each row."""
        return np.arange(self.first, self.first + len(self))


def of_rows(rows: str, names: Sequence[str], table: Iterable[Sequence[Any]], **more: Any) -> Frame:
    """Return a frame of a table of rows; a number that is missing is NaN."""
    columns = zip(*table, strict=True)
    return Frame(rows, dict(zip(names, map(_column, columns), strict=False)) or {name: [] for name in names}, **more)


def _column(values: Sequence[Any]) -> Column:
    known = [value for value in values if value is not None]
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known):
        if len(known) == len(values) and all(isinstance(value, int) for value in known):
            return np.array(values, dtype=np.int64)
        return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    return list(values)


class Framed:
    """What can be looked at as frames; `_frames` gives them by name, the one that is meant by default first."""

    __slots__ = ()

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        raise TypeError(f"{type(self).__name__} has no frames")

    def _frame(self, table: str | None) -> Frame:
        frames = self._frames()
        name = next(iter(frames)) if table is None else table
        if name not in frames:
            raise UsageError(unknown("table", str(name), frames))
        return frames[name]()

    def to_pandas(self, table: str | None = None) -> pandas.DataFrame:
        """Return a table as a data frame of pandas; units are in its ``attrs``.

        Parameters
        ----------
        table : which one; by default the numbers themselves, one row for each draw, replication or parameter

        Raises
        ------
        UsageError
            when there is no such table, or the extra ``interop`` is missing.
        """
        pd = _library("pandas")
        frame = self._frame(table)
        index = pd.RangeIndex(frame.first, frame.first + len(frame), name=frame.rows)
        made: pandas.DataFrame = pd.DataFrame({k: _locked(v) for k, v in frame.columns.items()}, index, copy=False)
        made.attrs.update({**frame.about, "units": dict(frame.units)})
        return made

    def to_polars(self, table: str | None = None) -> polars.DataFrame:
        """Return a table as a data frame of polars, with the number of each row as its first column.

        Parameters
        ----------
        table : which one; by default the numbers themselves, one row for each draw, replication or parameter

        Raises
        ------
        UsageError
            when there is no such table, or the extra ``interop`` is missing.
        """
        pl = _library("polars")
        frame = self._frame(table)
        numbered = {frame.rows: frame.numbers, **frame.columns}
        made: polars.DataFrame = pl.DataFrame([pl.Series(name, _whole(values)) for name, values in numbered.items()])
        return made

    def to_xarray(self, table: str | None = None) -> xarray.Dataset:
        """Return a table as a dataset of xarray: one variable for each column, its unit in ``attrs["units"]``.

        Parameters
        ----------
        table : which one; by default the numbers themselves, one row for each draw, replication or parameter

        Raises
        ------
        UsageError
            when there is no such table, or the extra ``interop`` is missing.
        """
        xr = _library("xarray")
        frame = self._frame(table)
        units = {name: {"units": unit} for name, unit in frame.units.items()}
        flat = {name: ((frame.rows,), _locked(v), units.get(name, {})) for name, v in frame.columns.items()}
        deep = {name: ((axis, frame.rows), _locked(v), units.get(name, {})) for name, (axis, v) in frame.layers.items()}
        made: xarray.Dataset = xr.Dataset({**flat, **deep}, {frame.rows: frame.numbers}, dict(frame.about))
        return made


def _library(name: str) -> Any:
    """Import a library of the extra.

    Raises
    ------
    UsageError
        naming the extra that is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        expected = "the extra interop: pip install 'exosim-ev[interop]'"
        raise UsageError(Problem(f"this needs {name}, which is not installed", expected=expected)) from None


def _locked(values: Column) -> Column:
    """Return a view of an array that cannot be written to; words stay a list."""
    if isinstance(values, list):
        return values
    view = values.view()
    view.flags.writeable = False
    return view


def _whole(values: Column) -> Column:
    """Return an array as one piece of memory, which polars needs."""
    return values if isinstance(values, list) else np.ascontiguousarray(values)
