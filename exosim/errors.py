"""Everything that can go wrong, as values that a person can act on.

::

    ExosimError                     exit code
    ├── UsageError                      2   the command line or a call is off
    ├── ScenarioError                   3   the scenario file says something impossible
    ├── ModelError                      4   the model cannot go on
    ├── FileError                       5   a file or folder cannot be read or written
    ├── LimitError                      6   the request is larger than a stated limit
    └── CheckpointError                 7   a saved run is damaged or belongs to another scenario

An interrupted run exits with 130.

An error carries all its :class:`Problem` values at once: each says where, what is wrong, what was got, what is
expected and the nearest valid name.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

INTERRUPTED = 130
SHOWN_AT_MOST = 50
_LONGEST_TEXT = 120
_LONGEST_NUMBER = 10


def shortened(value: object, limit: int = _LONGEST_TEXT) -> str:
    """Return `value` as one printable line of at most `limit` characters; control characters become escapes."""
    text = value if isinstance(value, str) else repr(value)
    text = printable(text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    """Return `text` with control characters as escapes, so that it can do nothing to a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def in_words(value: object) -> str:
    """Return a value of a TOML file as a person would call it: ``"10 L"``, ``a list of 3``, ``the date 2026-01-31``."""
    if isinstance(value, bool):
        return f"boolean {str(value).lower()}"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, datetime.date | datetime.time):
        return f"the {'date' if isinstance(value, datetime.date) else 'time'} {value}"
    if isinstance(value, float) and len(str(value)) > _LONGEST_NUMBER:
        return f"{value:.6g}".replace("e+", "e")
    return f'"{shortened(value, 60)}"' if isinstance(value, str) else shortened(value, 60)


def nearest_name(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name that a person most likely meant, or None."""
    names = sorted(set(valid))
    by_lower = {candidate.lower(): candidate for candidate in names}
    if name.lower() in by_lower:
        return by_lower[name.lower()]
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with its place.

    Attributes
    ----------
    problem : what is wrong, as a clause
    path : address of the value, such as ``concentrate.flux``; empty when the whole file is meant
    got, expected, nearest : what was found, what would be accepted, the nearest valid name
    file, line, column : place in the file; `column` only for syntax errors
    """

    problem: str
    path: str = ""
    got: str | None = None
    expected: str | None = None
    nearest: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = shortened(self.file, 400) if self.file else ""
        for number in (self.line, self.column):
            place += f":{number}" if number is not None else ""
        head = ": ".join(part for part in (place, shortened(self.path, 200), self.problem) if part)
        tail = [f"got {self.got}" if self.got is not None else "", f"expected {self.expected}" if self.expected else ""]
        tail.append(f"did you mean {self.nearest}?" if self.nearest else "")
        return "; ".join([head, *(part for part in tail if part)])

    def as_dict(self) -> dict[str, object]:
        """Return the problem as a JSON object with the eight keys of ``exosim.error/1``."""
        keys = ("file", "line", "column", "path", "problem", "got", "expected", "nearest")
        return {key: getattr(self, key) for key in keys}


def unknown(what: str, name: str, valid: Iterable[str], homes: Sequence[str] = ()) -> Problem:
    """Return the problem of a name that is not known.

    Parameters
    ----------
    what : kind of the name, such as ``key`` or ``operation``
    name : as written
    valid : the names that are known here, in the order in which they are listed
    homes : where else the name is known; told when no valid name is near
    """
    names = list(valid)
    nearest = nearest_name(name, names)
    problem = f'unknown {what} "{shortened(name, 60)}"'
    if homes and nearest is None:
        *others, last = homes
        problem += f"; {', '.join(others)} and {last} accept it" if others else f"; {last} accepts it"
    return Problem(problem, expected="one of " + ", ".join(names) if names else None, nearest=nearest)


class ExosimError(Exception):
    """Base of all errors that exosim raises on purpose; `problems` holds one or more :class:`Problem`."""

    exit_code = 1

    def __init__(self, problems: str | Problem | Sequence[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        listed = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems = tuple(sorted(listed, key=lambda p: (p.file or "", p.line or 0, p.column or 0)))
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN_AT_MOST]]
        more = len(self.problems) - SHOWN_AT_MOST
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)


class UsageError(ExosimError):
    """The command line or a call is off."""

    exit_code = 2


class ScenarioError(ExosimError):
    """The scenario file says something impossible; all its problems are listed."""

    exit_code = 3


class ModelError(ExosimError):
    """The model cannot go on; `log` holds the events of a run in time up to there."""

    exit_code = 4
    log: Sequence[Any] = ()


class FileError(ExosimError):
    """A file or folder cannot be read or written."""

    exit_code = 5


class LimitError(ExosimError):
    """The request is larger than a stated limit."""

    exit_code = 6


class CheckpointError(ExosimError):
    """A saved run is damaged beyond repair or belongs to another or an edited scenario."""

    exit_code = 7
