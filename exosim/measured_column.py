"""Read a column of measured values from a CSV file beside the scenario.

``{ empirical = { file = "titers.csv", column = "titer", unit = "EV/mL" } }``: the path is relative to the file in which
the table stands. The rows are read one by one; what is kept is one number for each.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from exosim import units
from exosim.empirical import Empirical, empirical
from exosim.errors import LimitError, Problem, in_words, nearest_name, shortened, unknown
from exosim.toml_source import binary_kind, file_names
from exosim.units import QuantityError

FORM = '{ file = "titers.csv", column = "titer", unit = "EV/mL" }'
OPTIONS = {
    "file": "CSV file with a header line; relative to the file in which this stands",
    "column": "name of the column in the header line",
    "unit": "unit of the numbers in the column; may be left out where the parameter has none",
    "missing": 'what an empty cell means: "refuse" (default) or "skip"',
    "below_limit": 'the value that stands for cells that begin with "<", such as "<LOD"; without it they are refused',
}
"""The keys of the table, with their meaning."""
_MISSING = ("refuse", "skip")
_LARGEST_GIBIBYTES = 1
_SHOWN = 5
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*")


@dataclass(frozen=True, slots=True)
class _Request:
    """What a table asks for: where the values stand and how their cells are read, in the unit of the parameter."""

    path: Path
    shown: str
    column: str
    factor: float
    skip_empty: bool
    below_limit: float | None


def read_column(table: Any, unit: str, folder: str) -> Empirical:
    """Return the distribution of the values that `table` names, in `unit`; paths are relative to `folder`.

    Raises
    ------
    QuantityError
        when the table, the file or a cell is wrong.
    LimitError
        when the file is larger than 1 GiB.
    """
    request = _request(table, unit, folder)
    cells = _Cells(request)
    digest = hashlib.sha256()
    try:
        with request.path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > _LARGEST_GIBIBYTES * 1024**3:
                expected = f"at most {_LARGEST_GIBIBYTES} GiB"
                raise LimitError(Problem("the file is too large", file=request.shown, expected=expected))
            _refuse_binary(file.peek(8), request)
            cells.read(_Lines(file, digest))
    except (OSError, ValueError, csv.Error) as error:
        if isinstance(error, QuantityError):
            raise
        raise _unreadable(error, request) from None
    return empirical(cells.values(), digest.hexdigest(), asked(table))


def asked(table: Any) -> str:
    """Return a table that names measured values as text; equal tables have equal texts."""
    return json.dumps(table, sort_keys=True, default=str)


def _request(table: Any, unit: str, folder: str) -> _Request:
    if not isinstance(table, dict):
        raise QuantityError("empirical needs the file and the column by name", in_words(table), FORM)
    for key in table:
        if key not in OPTIONS:
            problem = unknown("key", key, OPTIONS)
            raise QuantityError(f"empirical: {problem.problem}", None, problem.expected, problem.nearest)
    texts = {key: table.get(key) for key in ("file", "column")}
    for key, text in texts.items():
        if not isinstance(text, str) or not text:
            raise QuantityError(f"empirical needs {key} as text", in_words(text) if key in table else "nothing", FORM)
    missing = table.get("missing", "refuse")
    if missing not in _MISSING:
        raise QuantityError("empirical.missing is not one of the choices", in_words(missing), '"refuse" or "skip"')
    file, column = str(texts["file"]), str(texts["column"])
    below = _below_limit(table["below_limit"], unit) if "below_limit" in table else None
    return _Request(Path(folder) / file, file, column, _factor(table, unit), missing == "skip", below)


def _factor(table: dict[str, Any], unit: str) -> float:
    """Return the factor from the numbers of the column to the unit of the parameter."""
    stated = table.get("unit")
    if stated is None and units.is_dimensionless(unit):
        return 1.0
    if not isinstance(stated, str):
        got = "nothing" if stated is None else in_words(stated)
        raise QuantityError("empirical: the unit of the column is missing", got, f'unit = "{unit}"')
    try:
        return units.parse(f"1 {stated}", unit)
    except QuantityError as error:
        raise QuantityError(
            f"empirical.unit: {error.problem}", in_words(stated), error.expected, error.nearest
        ) from None


def _below_limit(raw: Any, unit: str) -> float:
    try:
        if isinstance(raw, str):
            return units.parse(raw, unit)
        if isinstance(raw, (int, float)) and not isinstance(raw, bool) and units.is_dimensionless(unit):
            return float(raw)
    except QuantityError as error:
        raise QuantityError(f"empirical.below_limit: {error.problem}", in_words(raw), error.expected) from None
    raise QuantityError("empirical.below_limit is of the wrong kind", in_words(raw), f"a quantity in {unit}")


class _Lines:
    """The lines of a file as text, while their bytes go into a digest."""

    def __init__(self, file: io.BufferedReader, digest: Any) -> None:
        self._file, self._digest = file, digest

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline()
        if not line:
            raise StopIteration
        self._digest.update(line)
        return line.decode("utf-8").removeprefix("\ufeff")


@dataclass
class _Cells:
    """The cells of one column, read row by row; what is no number is collected."""

    request: _Request
    numbers: array[float] = field(default_factory=lambda: array("d"))
    wrong: list[str] = field(default_factory=list)
    count: int = 0

    def read(self, lines: Iterator[str]) -> None:
        """Read the header and every row."""
        first = next(lines, "")
        stated = _SEPARATOR_LINE.fullmatch(first)
        first, offset = (next(lines, ""), 1) if stated else (first, 0)
        separator = stated[1] if stated else self._separator(first)
        header = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
        index = self._index(header)
        rows = csv.reader(lines, delimiter=separator)
        for row in rows:
            if row:
                self._cell(row[index].strip() if index < len(row) else "", offset + 1 + rows.line_num, first)

    def values(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the values in the unit of the parameter, or say what is wrong with the cells."""
        place = f'{self.request.shown}, column "{shortened(self.request.column, 60)}"'
        if self.count:
            more = f" and {self.count - _SHOWN} more" if self.count > _SHOWN else ""
            cells = "a cell is no number" if self.count == 1 else f"{self.count} cells are no numbers"
            raise QuantityError(f"{place}: {cells}", ", ".join(self.wrong) + more, self._remedy())
        if len(self.numbers) < 2:
            found = "one value" if len(self.numbers) else "no values"
            raise QuantityError(f"{place}: there are too few values for a distribution", found, "at least two rows")
        return np.frombuffer(self.numbers, dtype=np.float64)

    def _separator(self, header: str) -> str:
        """Return the first separator with which the column is found; a comma when none does."""
        for separator in (",", ";", "\t"):
            names = next(csv.reader([header], delimiter=separator), [])
            if self.request.column in (name.strip() for name in names):
                return separator
        return ","

    def _index(self, header: Sequence[str]) -> int:
        twice = sorted({name for name in header if name and header.count(name) > 1})
        if twice:
            names = ", ".join(f'"{shortened(name, 60)}"' for name in twice)
            raise QuantityError(
                f"{self.request.shown}: a column name stands twice", names, "a name of its own for each"
            )
        if self.request.column not in header:
            problem = unknown("column", self.request.column, [shortened(name, 60) for name in header if name])
            text = f"{self.request.shown}: {problem.problem}"
            raise QuantityError(text, None, problem.expected or "a header line with the names", problem.nearest)
        return header.index(self.request.column)

    def _cell(self, text: str, line: int, header: str) -> None:
        below = self.request.below_limit
        if (not text and self.request.skip_empty) or (text.startswith("<") and below is not None):
            self.numbers.extend([] if below is None or not text else [below])
            return
        try:
            number = math.nan if "_" in text else float(text)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            self.numbers.append(number * self.request.factor)
            return
        if _DECIMAL_COMMA.fullmatch(text):
            problem = f"{self.request.shown}:{line}: a number with a decimal comma"
            expected = f"a decimal point; the file begins with {in_words(header.strip())}"
            raise QuantityError(problem, in_words(text), expected)
        self.count += 1
        if len(self.wrong) < _SHOWN:
            self.wrong.append(f"line {line}: {in_words(text) if text else 'empty'}")

    def _remedy(self) -> str:
        text = "numbers with a decimal point"
        if any(cell.endswith("empty") for cell in self.wrong):
            text += '; missing = "skip" leaves empty cells out'
        if any(': "<' in cell for cell in self.wrong):
            text += '; below_limit = "…" gives the value that stands for cells such as "<LOD"'
        return text


def _refuse_binary(start: bytes, request: _Request) -> None:
    kind = binary_kind(start)
    if kind is not None:
        raise QuantityError(f"{request.shown} is a binary file", kind, "a CSV file: save the table as CSV (UTF-8)")


def _unreadable(error: Exception, request: _Request) -> QuantityError:
    place = shortened(str(request.path.absolute()), 400)
    name = shortened(request.shown, 100)
    if isinstance(error, UnicodeDecodeError):
        return QuantityError(f"{name} is not UTF-8 text", None, "a CSV file saved as UTF-8")
    if isinstance(error, FileNotFoundError):
        return QuantityError(
            f"there is no file {name} (looked at {place})",
            None,
            None,
            nearest_name(request.path.name, file_names(str(request.path.parent))),
        )
    reason = getattr(error, "strerror", None) or shortened(str(error))
    return QuantityError(f"{name} cannot be read: {reason} (looked at {place})", None, "a CSV file")
