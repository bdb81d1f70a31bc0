"""A page as a file: refused where something is there already, and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from exosim.errors import FileError, Problem, shortened


def check_place(place: Path, overwrite: bool) -> Path:
    """Return a place where a page may be written.

    Raises
    ------
    FileError
        when a folder is there, or a file that may not be replaced.
    """
    try:
        if place.is_dir():
            problem = Problem("this is a folder, not a file", file=str(place), expected="a file, such as page.html")
            raise FileError(problem)
        if place.exists() and not overwrite:
            expected = "another --out, or --overwrite to replace it"
            raise FileError(Problem("there is a file of this name already", file=str(place), expected=expected))
    except (OSError, ValueError) as error:
        raise _unwritable(place, error) from None
    return place


def write_page(text: str, place: Path, overwrite: bool = False) -> Path:
    """Write a page; return its path.

    Parameters
    ----------
    text : the page
    place : where; folders are made when they do not exist
    overwrite : whether a file that is there may be replaced

    Raises
    ------
    FileError
        when something is there already, or it cannot be written.
    """
    check_place(place, overwrite)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _replace(place, text)
    except (OSError, ValueError) as error:
        raise _unwritable(place, error) from None
    return place


def _replace(place: Path, text: str) -> None:
    """Write beside the place and move it there at the end, so that nothing is ever half written."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".page-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as draft:
            draft.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _unwritable(place: Path, error: Exception) -> FileError:
    reason = getattr(error, "strerror", None) or shortened(str(error))
    problem = Problem(f"cannot be written: {reason}", file=str(place), expected="a place that can be written")
    return FileError(problem)
