"""A folder in which a script keeps what its studies have answered, so that the script goes on when it is run again."""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from os import PathLike
from pathlib import Path
from typing import Any

from exosim.durable import write_whole
from exosim.errors import CheckpointError, FileError, Problem, shortened
from exosim.folder import MANIFEST, Target, check_place, unwritable
from exosim.lock import locked
from exosim.study.asked import ASKED
from exosim.study.chunks import Chunks
from exosim.study.crew import Crew, crew
from exosim.study.numbers import differences, fingerprint

STORE = "store.json"
FORM = "exosim.store/1"


@contextlib.contextmanager
def resumable(
    folder: str | PathLike[str], jobs: int | Executor = 1, *, time_limit: float | None = None
) -> Iterator[Crew]:
    """Give what answers the studies of a script and keeps their answers; run again, the script goes on.

    Whatever ends the script, each part that was finished is read the next time instead of asked, to the same bits. Any
    number of studies may be asked; what one of them asks is found by what it asks, not by its place in the script.

    Parameters
    ----------
    folder : of the answers; it may be deleted at any time, when nothing is to be gone on with
    jobs : processes, this one included, or an executor; changes speed, never a bit of a result
    time_limit : longest time that a point may take [s]

    Raises
    ------
    FileError
        when another process has the folder, it holds results, or cannot be written.
    CheckpointError
        when it was begun with other versions, or on a machine whose arithmetic differs.

    Examples
    --------
    >>> import exosim as xs  # doctest: +SKIP
    >>> with xs.resumable("night", jobs=8) as crew:  # doctest: +SKIP
    ...     front = xs.front(xs.load("base.toml"), jobs=crew)
    """
    target = Target(Path(folder), True, {})
    check_place(target)
    with contextlib.ExitStack() as stack:
        try:
            target.place.mkdir(parents=True, exist_ok=True)
            died = stack.enter_context(locked(target.place, target.path, _note))
            _prepare(target.place, folder)
            chunks = Chunks(target.place, _note)
            chunks.tidy()
        except OSError as error:
            raise unwritable(target.path, error) from None
        yield stack.enter_context(crew(jobs, chunks, time_limit=time_limit, isolated=died))


def refuse_other_store(place: Path, folder: str | PathLike[str]) -> None:
    """Refuse answers of other versions or of another arithmetic.

    Raises
    ------
    CheckpointError
        naming what differs, or when the file that says so was damaged.
    """
    expected = "where it was begun, or another folder"
    try:
        document: Any = json.loads((place / STORE).read_text(encoding="utf-8"))
        there = dict(document["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or shortened(str(error))}"
        raise CheckpointError(Problem(problem, file=str(place / STORE), expected="another folder")) from None
    if found := differences(there, fingerprint()):
        problem = f"was begun where numbers differ: {'; '.join(found)}"
        raise CheckpointError(Problem(problem, file=str(folder), expected=expected))


def _prepare(place: Path, folder: str | PathLike[str]) -> None:
    """Say in the folder under which versions and arithmetic its answers came to be."""
    if any((place / name).exists() for name in (MANIFEST, ASKED, f"unfinished/{ASKED}")):
        problem = "the folder holds the results of a command"
        raise FileError(Problem(problem, file=str(folder), expected="a folder of its own"))
    if (place / STORE).exists():
        refuse_other_store(place, folder)
        return
    Chunks(place).clear()  # of whose origin nothing is known
    write_whole(place / STORE, json.dumps({"form": FORM, "fingerprint": dict(fingerprint())}, indent=1) + "\n")


def _note(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)
