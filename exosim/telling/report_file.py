"""The report as a file: where it goes, and the report of results that were never saved."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exosim.folder import identity_of
from exosim.picture_folder import write_run_folder, write_yield
from exosim.results import FacilityResults, Yields
from exosim.saved import Saved, load_saved
from exosim.telling.answers import answer
from exosim.telling.page_file import check_place, write_page
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
    """Write the report of results, saved or not; return its path. Errors are those of a page and of a saved folder."""
    place = check_place(Path(file), overwrite)
    if not isinstance(results, Yields | FacilityResults):
        return write_page(report(results), place, overwrite)
    with saved_results(results) as saved:
        return write_page(report(saved), place, overwrite)


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
