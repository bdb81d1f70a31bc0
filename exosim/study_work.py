"""The folder in which a study is done: begun or gone on with, filled, and put in place of what was there.

While a study is on its way, ``DIR/unfinished/`` holds what was asked, the scenario and the finished chunks. What comes
of it is written into ``DIR/unfinished/draft/`` and moved into ``DIR`` file by file, the manifest last: that commits.
Only then the files of an older manifest go, and all that was unfinished.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exosim.durable import bring_to_disk, settle, write_whole
from exosim.errors import CheckpointError, printable
from exosim.folder import MANIFEST, Target, check_place, check_target, read_manifest, reserved
from exosim.interrupt import is_interrupt
from exosim.study.asked import (
    ASKED,
    Request,
    drop_request,
    plan_in,
    read_request,
    refuse_other_numbers,
    write_request,
)
from exosim.study.chunks import Chunks
from exosim.study.edited import refuse_other
from exosim.study.plan import Plan

UNFINISHED = "unfinished"
_DRAFT = "draft"
_OLDER = "older_manifest.json"
Note = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """A study on its way.

    Attributes
    ----------
    target : where its results go
    request, plan : what it asks, as it was begun
    chunks : what is finished
    died : whether the process that was at it last is gone without a word: a point may be to blame for that
    """

    target: Target
    request: Request
    plan: Plan
    chunks: Chunks
    died: bool = False

    @property
    def folder(self) -> Path:
        """Where it is on its way."""
        return self.target.place / UNFINISHED

    def finish(self, write: Callable[[Path], list[Path]]) -> list[Path]:
        """Write the results and put them in place of older ones, which stay whole until then; return the paths.

        Parameters
        ----------
        write : fills a folder, its manifest included, and returns the paths of what it wrote
        """
        draft = self.folder / _DRAFT
        try:
            draft.mkdir()
            write_request(self.request.portable(), draft, self.plan.scenario)
            written = write(draft)
            _put_in_place(draft, self.target.place, self.folder / _OLDER)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        clear(self.folder)
        return written


@contextlib.contextmanager
def working(
    target: Target, request: Request, plan: Plan, note: Note | None = None, tell: Note | None = None
) -> Iterator[Work]:
    """Give a study on its way, in a folder that no other process writes.

    What fails before a chunk is kept leaves nothing behind; later, and at an interrupt, what is finished stays.

    Parameters
    ----------
    target : where the results go
    request, plan : what is asked
    note : called with remarks: how much was there, which chunk is done again, whose lock was taken over
    tell : called with how to go on where that is possible after an error

    Raises
    ------
    FileError
        when another process has the folder, it holds something else, or cannot be written.
    CheckpointError
        when it holds an unfinished study that asks something else, was edited, or was begun where numbers differ.
    KeyboardInterrupt
        telling how to go on.
    """
    check_place(target)
    with reserved(target, note) as (place, died):
        folder = place / UNFINISHED
        new = [one for one in (folder, place) if not one.exists()]
        there = _begun(target, request, plan)
        if there is None:
            check_target(target, but=(UNFINISHED,))
        try:
            yield _opened(target, there, note, died) if there else _begin(target, request, plan, note)
        except BaseException as error:
            if is_interrupt(error):
                raise KeyboardInterrupt(_after_interrupt(target, request, new)) from None
            if there is None and not Chunks(folder).entries() and not (folder / _OLDER).exists():
                _give_up(folder, new)
            elif tell is not None and (folder / ASKED).exists():
                tell(_how_to_go_on(target))
            raise


def amount(chunks: Chunks) -> str:
    """Return how much is finished, such as ``61 chunks with 610 points``."""
    entries = chunks.entries()
    return counted(len(entries), sum(entry.stop - entry.start for entry in entries))


def counted(chunks: int, points: int) -> str:
    """Return a number of chunks and of their points in words."""
    return f"{chunks:,} chunk{'' if chunks == 1 else 's'} with {points:,} point{'' if points == 1 else 's'}"


def resume_line(path: Path) -> str:
    """Return the command that goes on with the study of a folder, as it is typed."""
    return f"exosim resume {printable(shlex.quote(str(path)))}"


def clear(folder: Path) -> None:
    """Remove all that belongs to a study on its way, and the folder where nothing else is in it."""
    if not folder.is_dir():
        return
    drop_request(folder)
    shutil.rmtree(folder / _DRAFT, ignore_errors=True)
    for name in (_OLDER, f".{_OLDER}.tmp"):
        (folder / name).unlink(missing_ok=True)
    Chunks(folder).clear()
    with contextlib.suppress(OSError):  # what nobody here has written stays
        folder.rmdir()


def _begun(target: Target, request: Request, plan: Plan) -> Request | None:
    """Return the request of the study that the folder holds unfinished; None where a new one is to be begun."""
    folder = target.place / UNFINISHED
    if not (folder / ASKED).exists():
        return None
    try:
        there = read_request(folder)
        if (there.study, there.command) != (request.study, request.command):
            refuse_other(plan_in(folder, there), plan, target.path)
        refuse_other_numbers(there, target.path)
    except CheckpointError:
        if target.overwrite:
            return None
        raise
    return there


def _begin(target: Target, request: Request, plan: Plan, note: Note | None) -> Work:
    folder = target.place / UNFINISHED
    clear(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_request(request, folder, plan.scenario)
    return Work(target, request, plan_in(folder, request), Chunks(folder, note))


def _opened(target: Target, request: Request, note: Note | None, died: bool) -> Work:
    """Return a study that is gone on with, without what a process that was killed left half written."""
    folder = target.place / UNFINISHED
    shutil.rmtree(folder / _DRAFT, ignore_errors=True)
    chunks = Chunks(folder, note)
    chunks.tidy()
    if note is not None:
        note(f"{_shown(target.path)}: goes on with the study that was begun here; {amount(chunks)} found")
    return Work(target, request, plan_in(folder, request), chunks, died)


def _put_in_place(draft: Path, place: Path, older: Path) -> None:
    """Move what is finished over what was there, the manifest last; then files go that are no longer made.

    Which those are is written down first, so that it is still known when this is done again after a kill.
    """
    written = set(read_manifest(draft)["files"])
    stale = {*_files(place / MANIFEST), *_files(older)} - written
    write_whole(older, json.dumps({"files": dict.fromkeys(sorted(stale), "")}))
    names = sorted(file.name for file in draft.iterdir() if file.name != MANIFEST)
    for name in (*names, MANIFEST):
        bring_to_disk(draft / name)
    for name in names:
        (draft / name).replace(place / name)
    settle(place)
    (draft / MANIFEST).replace(place / MANIFEST)
    settle(place)
    for name in stale:
        _remove(place, name)


def _files(manifest: Path) -> set[str]:
    files = read_manifest(manifest.parent, manifest.name).get("files")
    return set(files) if isinstance(files, dict) else set()


def _remove(place: Path, name: str) -> None:
    """Remove a file of an older manifest, and the folders in which it was the last."""
    file = place / name
    if not file.resolve().is_relative_to(place) or file.is_dir():
        return
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)
        for folder in file.relative_to(place).parents[:-1]:
            (place / folder).rmdir()


def _give_up(folder: Path, new: Sequence[Path]) -> None:
    """Leave nothing behind that was not there before."""
    with contextlib.suppress(OSError):
        clear(folder)
    for one in new:
        with contextlib.suppress(OSError):
            one.rmdir()


def _after_interrupt(target: Target, request: Request, new: Sequence[Path]) -> str:
    """Return what to tell after an interrupt."""
    folder = target.place / UNFINISHED
    if (folder / ASKED).exists():
        return f"interrupted; {_how_to_go_on(target)}"
    if read_manifest(target.place).get("study") == request.study:
        return f"interrupted; the results are in {_shown(target.path)}"
    _give_up(folder, new)
    return "interrupted; nothing was written"


def _how_to_go_on(target: Target) -> str:
    return f"safe so far: {amount(Chunks(target.place / UNFINISHED))}; go on with: {resume_line(target.path)}"


def _shown(path: Path) -> str:
    return printable(str(path))
