"""What the folder of a study holds, and which of its files are no longer what was written; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exosim.errors import CheckpointError, FileError, Problem, shortened
from exosim.folder import MANIFEST, check_files, read_manifest
from exosim.study.asked import ASKED, read_request
from exosim.study.chunks import Chunks
from exosim.study.resumable import STORE
from exosim.study.study_files import DOCUMENT
from exosim.study_work import UNFINISHED, amount, counted, resume_line

_STUDY = "a folder that a study wrote, such as one of exosim sweep"


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    chunks, points : finished parts of a study on its way, and how many points they hold
    files : of a study that is finished, as its manifest names them
    problems : one for every file that is missing, damaged or edited
    """

    chunks: int
    points: int
    files: int
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        parts = [counted(self.chunks, self.points)] if self.chunks or not self.files else []
        return " and ".join([*parts, *([f"{self.files:,} files"] if self.files else [])])


def checked(folder: Path) -> Checked:
    """Verify every finished chunk and every file that a manifest names.

    Raises
    ------
    FileError
        when it is not the folder of a study.
    """
    refuse_foreign(folder)
    place = folder if (folder / STORE).exists() else folder / UNFINISHED
    entries = Chunks(place).entries()
    problems = [*_of_request(place), *Chunks(place).check()]
    files = read_manifest(folder).get("files") or {}
    if files or (folder / ASKED).exists():
        problems += damaged(folder)
    return Checked(len(entries), sum(one.stop - one.start for one in entries), len(files), tuple(problems))


def damaged(folder: Path) -> list[Problem]:
    """Return one problem for every file of a finished study that is missing or differs from what was written."""
    try:
        check_files(folder)
    except FileError as error:
        return list(error.problems)
    return []


def is_unfinished(folder: Path) -> bool:
    """Return whether a study is on its way there: not, when that very study stands finished and whole beside it.

    One that was finished where numbers differ is another one.
    """
    if not (folder / UNFINISHED / ASKED).exists():
        return False
    if read_manifest(folder).get("study") is None or damaged(folder) or not (folder / ASKED).exists():
        return True
    begun, done = read_request(folder / UNFINISHED), read_request(folder)
    return (begun.study, begun.numbers) != (done.study, done.numbers)


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder that no study wrote.

    Raises
    ------
    FileError
        saying what it is instead.
    CheckpointError
        when chunks are there and nothing says what they answer.
    """
    if (folder / UNFINISHED / ASKED).exists() or (folder / STORE).exists():
        return
    manifest = read_manifest(folder)
    _refuse_inside(folder, manifest)
    if DOCUMENT in (manifest.get("files") or {}) or ((folder / ASKED).exists() and not manifest):
        return
    if Chunks(folder / UNFINISHED).entries():
        problem = f"holds {amount(Chunks(folder / UNFINISHED))}, but no {ASKED}, which says what they answer"
        expected = "the command that began it, which begins anew"
        raise CheckpointError(Problem(problem, file=str(folder / UNFINISHED), expected=expected))
    what = f"command {shortened(str(manifest.get('command')), 60)}" if manifest else f"no {MANIFEST}"
    problem = "this is a file" if not folder.is_dir() else "the folder is not that of a study"
    raise FileError(Problem(problem, file=str(folder), got=what if folder.is_dir() else None, expected=_STUDY))


def _refuse_inside(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse the part of a study's folder that is unfinished: the study is the folder above it."""
    if folder.resolve().name == UNFINISHED and (folder / ASKED).exists() and not manifest:
        above = folder.parent if folder.name == UNFINISHED else folder.resolve().parent
        problem = "this is only what is unfinished of a study"
        raise FileError(Problem(problem, file=str(folder), expected=resume_line(above)))


def _of_request(place: Path) -> list[Problem]:
    if not (place / ASKED).exists():
        return []
    try:
        read_request(place)
    except CheckpointError as error:
        return list(error.problems)
    return []
