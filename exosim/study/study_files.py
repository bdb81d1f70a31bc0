"""Any study as a folder of tables, and such a folder read again.

``study.json`` is the document of the result. Each of its tables is one file, Parquet where the extra ``parquet`` is
installed, else ``.npz``; those of few rows are written for spreadsheets, too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from exosim.column_files import read_frame, write_frame
from exosim.errors import CheckpointError, ExosimError, FileError, Problem, shortened
from exosim.export import write_csv, write_json, write_ledger
from exosim.folder import Target, check_files, identity_of, write_manifest, writing
from exosim.frames import Column, Frame, Framed
from exosim.plugin_trial import versions
from exosim.saved_scenario import read_saved_scenario, write_scenario
from exosim.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from exosim.scenario import Scenario

DOCUMENT = "study.json"
MOST_ROWS_OF_CSV = 20_000
"""Larger tables are for programs: a spreadsheet is slow with them."""


class Found(Protocol):
    """What a study found: a name, a hash and a seed, a document, and frames (:class:`exosim.frames.Framed`)."""

    @property
    def name(self) -> str:
        """What was studied."""

    @property
    def hash(self) -> str:
        """Of what was asked."""

    @property
    def seed(self) -> int:
        """Of the random values."""

    def as_dict(self) -> dict[str, Any]:
        """Return the document."""

    def _frames(self) -> Mapping[str, Callable[[], Frame]]: ...


def write_tables(found: Found, folder: Path, scenario: Scenario | None = None) -> list[Path]:
    """Write ``study.json``, every table, the ledger and the scenario where there is one; return the paths."""
    paths = [write_json(folder / DOCUMENT, found.as_dict())]
    for name, make in found._frames().items():
        frame = make()
        paths.append(write_frame(folder / name, frame))
        if len(frame) <= MOST_ROWS_OF_CSV:
            paths.append(_write_small(folder / f"{name}.csv", frame))
    return (
        paths
        if scenario is None
        else [*paths, write_ledger(scenario.ledger(), folder), write_scenario(scenario, folder)]
    )


def close_folder(found: Found, folder: Path, identity: Mapping[str, Any], scenario: Scenario | None = None) -> None:
    """Write the manifest over all files of the folder, with what the tables are called."""
    names = {name: _table_file(folder, name).name for name in found._frames()}
    extra = {"version": __version__, "tables": names}
    plugins = {} if scenario is None else {"plugins": versions(scenario)}
    write_manifest(folder, {**identity, **extra, **plugins})


def save_study(found: Found, path: str | Path, overwrite: bool = False, scenario: Scenario | None = None) -> list[Path]:
    """Write a study as a folder of tables, whole or not at all; return the paths.

    Raises
    ------
    FileError
        when the folder holds something and `overwrite` is False, or cannot be written.
    """
    target = Path(path)
    command = str(found.as_dict()["form"]).removeprefix("exosim.").partition("/")[0]
    identity = identity_of(command, found.name, found.hash, found.seed)
    with writing(Target(target, True, identity, overwrite)) as draft:
        written = write_tables(found, draft, scenario)
        close_folder(found, draft, identity, scenario)
    return [target / file.name for file in written]


def _write_small(path: Path, frame: Frame) -> Path:
    columns = [frame.numbers.tolist(), *(_cells(values) for values in frame.columns.values())]
    return write_csv(path, [frame.rows, *frame.columns], zip(*columns, strict=True))


def _cells(values: Column) -> list[Any]:
    listed = values if isinstance(values, list) else values.tolist()
    return [None if isinstance(value, float) and not math.isfinite(value) else value for value in listed]


def _table_file(folder: Path, name: str) -> Path:
    return next(file for suffix in ("parquet", "npz") if (file := folder / f"{name}.{suffix}").exists())


@dataclass(frozen=True)
class SavedStudy(Framed):
    """A study that was read from its folder; its tables are read when they are asked for.

    Attributes
    ----------
    folder : where it was read from
    manifest : what was asked, with which versions, where, when, and the hash of every file
    document : the JSON document of the study, ``study.json``
    """

    folder: Path
    manifest: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, the main one first."""
        return tuple(self.manifest["tables"])

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario that was studied, built again from the folder alone.

        Raises
        ------
        FileError
            when the folder does not hold it, or another version of exosim wrote it.
        """
        return read_saved_scenario(self.folder)

    def columns(self, table: str | None = None) -> Mapping[str, Column]:
        """Return a table as arrays by name; words are lists.

        Parameters
        ----------
        table : which one; by default the main one

        Raises
        ------
        UsageError
            when there is no such table.
        CheckpointError
            when its file is no longer what was written.
        """
        return self._frame(table).columns

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        files: Mapping[str, str] = self.manifest["tables"]
        return {name: partial(self._read, self.folder / file) for name, file in files.items()}

    def _read(self, file: Path) -> Frame:
        try:
            return read_frame(file)
        except ExosimError:
            raise
        except Exception as error:  # whatever a library says of bytes that are none of its own
            raise _damaged(file, f"cannot be read: {shortened(str(error))}") from None


def load_study(folder: str | Path) -> SavedStudy:
    """Return a study that a command wrote, such as ``exosim sweep``.

    Parameters
    ----------
    folder : of the study

    Raises
    ------
    FileError
        when it is not the folder of a study.
    CheckpointError
        for every file that is missing or differs from what was written.
    """
    place = Path(folder)
    try:
        manifest = check_files(place)
    except FileError as error:
        if any(problem.file == str(place) for problem in error.problems):
            raise  # it has no manifest
        raise CheckpointError(error.problems) from None
    if DOCUMENT not in manifest["files"] or not isinstance(manifest.get("tables"), dict):
        got = f"command {shortened(str(manifest.get('command')), 60)}"
        raise FileError(
            Problem("the folder is not that of a study", file=str(place), got=got, expected=f"a {DOCUMENT}")
        )
    try:
        document = json.loads((place / DOCUMENT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(place / DOCUMENT, f"cannot be read: {shortened(str(error))}") from None
    return SavedStudy(place, manifest, document)


def _damaged(file: Path, problem: str) -> CheckpointError:
    return CheckpointError(Problem(problem, file=str(file), expected="the file that the study wrote"))
