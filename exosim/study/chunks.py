"""Finished chunks in a folder: none is lost by whatever ends a process, and none that was damaged is believed.

A chunk is written under a temporary name, brought to the disk (fsync) and renamed. Its name holds the digest of what
was asked, its range of points and the SHA-256 of its content: the names are the manifest, so that a chunk and its
checksum appear in one step, and there is no list that could disagree with the files.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from exosim.durable import settle
from exosim.errors import CheckpointError, FileError, Problem
from exosim.study.chunk import Chunk, from_bytes, to_bytes

KEY = 16
"""Hexadecimal digits of the digest of what was asked."""
_NAME = re.compile(rf"([0-9a-f]{{{KEY}}})-(\d+)-(\d+)-([0-9a-f]{{64}})\.npz")
_UNREAD = "cannot be read"
_DRAFT = re.compile(r"\.chunk-[0-9a-f]{8}\.tmp")


class Entry(NamedTuple):
    """A file of a chunk: where it is, what was asked, its range of points and the SHA-256 of its content."""

    file: Path
    key: str
    start: int
    stop: int
    digest: str


class Chunks:
    """The finished chunks of a folder; files of other names are none of them and are left alone.

    Parameters
    ----------
    folder : is made when the first chunk is kept
    note : called with a sentence for every chunk that is damaged and done again

    Attributes
    ----------
    count, read : how many chunks were kept and how many points were read instead of asked, by this object
    """

    def __init__(self, folder: Path, note: Callable[[str], None] | None = None) -> None:
        self.folder = folder
        self.count = 0
        self.read = 0
        self._note = note
        self._known: dict[str, dict[str, Entry]] | None = None

    def entries(self) -> list[Entry]:
        """Return all chunks that are there, by what was asked and range."""
        if not self.folder.is_dir():
            return []
        return sorted(filter(None, map(_entry, self.folder.iterdir())), key=lambda one: one[1:])

    def found(self, key: str, points: int, questions: int) -> Iterator[tuple[int, Chunk]]:
        """Yield what was answered already: the first point of a chunk, and the chunk; ranges do not overlap.

        A damaged file is told and removed, so that its range is asked again; one that cannot be read now, such as for
        want of file handles, is asked again as well, and stays.

        Parameters
        ----------
        key : of what is asked
        points, questions : how many of them

        Raises
        ------
        CheckpointError
            when a damaged file cannot be removed.
        """
        done = 0
        for entry in sorted(self._index().get(key, {}).values(), key=lambda one: one.start):
            if entry.start < done or not entry.start < entry.stop <= points:
                continue
            chunk, problem = read(entry)
            if chunk is not None and chunk.values.shape != (questions, entry.stop - entry.start):
                chunk, problem = None, _damaged(entry, "is not of the range that its name says")
            if chunk is None:
                self._give_up(entry, problem)
                continue
            done = entry.stop
            self.read += len(chunk)
            yield entry.start, chunk

    def keep(self, key: str, start: int, chunk: Chunk) -> None:
        """Bring a chunk to the disk, whole or not at all.

        Raises
        ------
        FileError
            when it cannot be written.
        """
        data = to_bytes(chunk)
        digest = hashlib.sha256(data).hexdigest()
        stop = start + len(chunk)
        entry = Entry(self.folder / f"{key}-{start:012d}-{stop:012d}-{digest}.npz", key, start, stop, digest)
        draft = self.folder / f".chunk-{secrets.token_hex(4)}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(entry.file)
            settle(self.folder)
        except OSError as error:
            reason = error.strerror or str(error)
            expected = "room for it; what was finished before is kept"
            problem = f"a finished part of the study cannot be written: {reason}"
            raise FileError(Problem(problem, file=str(self.folder), expected=expected)) from None
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
        self._index().setdefault(key, {})[entry.file.name] = entry
        self.count += 1

    def check(self) -> list[Problem]:
        """Return what is wrong with the chunks that are there, and stay; nothing is changed."""
        found = [(entry.file, read(entry)[1]) for entry in self.entries()]
        return [problem for file, problem in found if problem is not None and file.exists()]

    def tidy(self) -> None:
        """Remove what a process that was killed has not finished writing."""
        for file in self.folder.iterdir() if self.folder.is_dir() else ():
            if _DRAFT.fullmatch(file.name):
                file.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all chunks; what else is in the folder stays."""
        self.tidy()
        self._known = None
        for entry in self.entries():
            entry.file.unlink(missing_ok=True)

    def _index(self) -> dict[str, dict[str, Entry]]:
        """Return the chunks by what was asked and name; the folder is listed once, as nobody else writes it."""
        if self._known is None:
            self._known = {}
            for entry in self.entries():
                self._known.setdefault(entry.key, {})[entry.file.name] = entry
        return self._known

    def _give_up(self, entry: Entry, problem: Problem | None) -> None:
        told = "is not whole" if problem is None else problem.problem
        del self._index()[entry.key][entry.file.name]
        try:
            if not told.startswith(_UNREAD):
                entry.file.unlink(missing_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            expected = "a folder that can be written, or the file as it was"
            whole = f"{told}, and cannot be removed: {reason}"
            raise CheckpointError(Problem(whole, file=str(entry.file), expected=expected)) from None
        if self._note is not None:
            first, last = f"{entry.start + 1:,}", f"{entry.stop:,}"
            points = f"point {last}" if first == last else f"points {first} to {last}"
            self._note(f"the chunk of {points} {told}; it is asked again")


def read(entry: Entry) -> tuple[Chunk, None] | tuple[None, Problem]:
    """Return a chunk, or what is wrong with its file."""
    try:
        data = entry.file.read_bytes()
    except OSError as error:
        return None, _damaged(entry, f"{_UNREAD}: {error.strerror or error}")
    if not data:
        return None, _damaged(entry, "is empty")
    found = hashlib.sha256(data).hexdigest()
    if found != entry.digest:
        return None, _damaged(entry, "differs from what was written", f"SHA-256 {found}")
    try:
        return from_bytes(data), None
    except MemoryError:  # says nothing of the file
        raise
    except Exception:  # whatever a library says of bytes that are none of its own
        return None, _damaged(entry, "is no chunk of a study")


def _entry(file: Path) -> Entry | None:
    match = _NAME.fullmatch(file.name)
    return None if match is None else Entry(file, match[1], int(match[2]), int(match[3]), match[4])


def _damaged(entry: Entry, problem: str, got: str | None = None) -> Problem:
    expected = f"SHA-256 {entry.digest}; who goes on with the study asks its points again"
    return Problem(problem, file=str(entry.file), got=got, expected=expected)
