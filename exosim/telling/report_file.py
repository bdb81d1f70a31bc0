"""The report as a file: where it goes, whole or not at all; and the report of results that were never saved."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exosim.errors import FileError, Problem, shortened
from exosim.folder import identity_of
from exosim.picture_folder import write_run_folder, write_yield
from exosim.results import FacilityResults, Yields
from exosim.saved import Saved, load_saved
from exosim.telling.answers import answer
from exosim.telling.report import remarks, report
from exosim.version import __version__

FORM = "exosim.report/1"


def default_place(folder: Path) -> Path:
    """Return where the report of a folder goes unless a place is named: beside it, under its name."""
    whole = folder.resolve()
    return (
        folder.parent / f"{folder.name}.html"
        if folder.name not in ("", "..")
        else whole.with_name(f"{whole.name}.html")
    )


def check_place(place: Path, overwrite: bool) -> Path:
    """Return a place where a report may be written.

    Raises
    ------
    FileError
        when something is there that is no file, or a file that may not be replaced.
    """
    if place.is_dir():
        raise FileError(
            Problem("this is a folder, not a file", file=str(place), expected="a file, such as report.html")
        )
    if place.exists() and not overwrite:
        expected = "another --out, or --overwrite to replace it"
        raise FileError(Problem("there is a file of this name already", file=str(place), expected=expected))
    return place


def write_page(saved: Saved, place: Path, overwrite: bool = False) -> Path:
    """Write the report of a saved folder, whole or not at all; return its path.

    Parameters
    ----------
    saved : as :func:`exosim.saved.load_saved` reads it
    place : where; folders are made when they do not exist
    overwrite : whether a file that is there may be replaced

    Raises
    ------
    FileError
        when the file is there already or cannot be written, or the folder does not hold its scenario.
    """
    check_place(place, overwrite)
    text = report(saved)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _replace(place, text)
    except OSError as error:
        reason = error.strerror or shortened(str(error))
        expected = "a place that can be written"
        raise FileError(Problem(f"cannot be written: {reason}", file=str(place), expected=expected)) from None
    return place


def _replace(place: Path, text: str) -> None:
    """Write beside the place and move it there at the end, so that nothing is ever half written."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as draft:
            draft.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def saved_results(results: Yields | FacilityResults) -> Iterator[Saved]:
    """Give results as they would be read from their folder: so they make the very page that the folder makes."""
    is_yield = isinstance(results, Yields)
    scenario = results.scenario
    identity = identity_of("yield" if is_yield else "run", scenario.name, scenario.hash, results.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if isinstance(results, Yields):
            write_yield(results, folder, identity)
        else:
            write_run_folder(results, folder, identity)
        yield load_saved(folder)


def write_report(results: Yields | FacilityResults | Saved, file: str | os.PathLike[str], overwrite: bool) -> Path:
    """Write the report of results, saved or not; return its path. Errors are those of :func:`write_page`."""
    place = check_place(Path(file), overwrite)
    if not isinstance(results, Yields | FacilityResults):
        return write_page(results, place, overwrite)
    with saved_results(results) as saved:
        return write_page(saved, place, overwrite)


def document(saved: Saved, place: Path) -> dict[str, Any]:
    """Return the JSON document ``exosim.report/1`` of a report that was written: no time, path or machine."""
    return {
        "form": FORM,
        "version": __version__,
        "scenario": {"name": saved.scenario.name, "hash": saved.scenario.hash},
        "seed": saved.seed,
        "of": saved.manifest["command"],
        "answer": [{"about": line.about, "says": str(line).removeprefix(f"{line.about}: ")} for line in answer(saved)],
        "warnings": list(remarks(saved)),
        "ledger": saved.document["ledger"],
        "sha256": hashlib.sha256(place.read_bytes()).hexdigest(),
    }
