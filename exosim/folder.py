"""The folder of a run: where it goes, who may write it, and how it appears whole or not at all.

A run writes into a hidden folder beside its target and moves it into place at the end, so that nothing is ever half
written. A lock file keeps two processes from writing the same folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from exosim.errors import FileError, Problem, shortened
from exosim.lock import locked

MANIFEST = "manifest.json"
_LONGEST_SLUG = 60


def slug(name: str) -> str:
    """Return a name that is safe as a folder name on every system; names that would collide stay apart.

    Letters, digits, ``-`` and ``_`` are kept; whatever else there is becomes ``-`` and a short hash is appended.
    """
    safe = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:_LONGEST_SLUG]
    if safe == name and safe:
        return safe
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{safe}-{mark}" if safe else mark


@dataclass(frozen=True, slots=True)
class Target:
    """Where a run is written.

    Attributes
    ----------
    path : the folder
    named : whether the user named it; a named folder that is not empty is never touched without `overwrite`
    identity : what the run is of: scenario hash and seed; an automatic folder is rewritten only when it agrees
    overwrite : whether a folder that is not empty may be replaced
    """

    path: Path
    named: bool
    identity: Mapping[str, Any]
    overwrite: bool = False

    @property
    def place(self) -> Path:
        """The folder itself, whatever links or dots lead to it."""
        return self.path.resolve()


def default_path(name: str, hash_: str, seed: int) -> Path:
    """Return ``results/<name>-<hash8>-s<seed>`` in the current folder; variants are ``<name>-<variant>-<variant>``."""
    return Path("results") / f"{slug(name.translate({ord('#'): '-', ord('+'): '-'}))}-{hash_[:8]}-s{seed}"


def check_target(target: Target, but: Collection[str] = ()) -> None:
    """Refuse a target that cannot or must not be written.

    Parameters
    ----------
    but : names in the folder that do not count as content

    Raises
    ------
    FileError
        when the folder holds something else, holds the current or the home folder, is a file, or cannot be written.
    """
    check_place(target)
    try:
        _check_content(target, but)
    except OSError as error:
        raise unwritable(target.path, error) from None


def check_place(target: Target) -> None:
    """Refuse a place that cannot or must not be written, whatever is there.

    Raises
    ------
    FileError
        when it is a file, holds the current or the home folder, or cannot be written.
    """
    try:
        _check_place(target)
        if target.path.exists() and not target.path.is_dir():
            raise FileError(_problem(target.path, "this is a file, not a folder", "a folder"))
        _check_writable(target.path)
    except (OSError, ValueError) as error:
        raise unwritable(target.path, error) from None


def _check_place(target: Target) -> None:
    home = os.environ.get("HOME")
    kept = [Path.cwd(), *([Path(home).resolve()] if home else [])]
    if any(folder == target.place or target.place in folder.parents for folder in kept):
        expected = "a folder of its own, such as --out results/a"
        raise FileError(_problem(target.path, "this folder is never written", expected))


def _check_content(target: Target, but: Collection[str]) -> None:
    path = target.path
    if path.is_dir() and any(file.name not in but for file in path.iterdir()) and not _may_replace(target):
        what = "holds another run" if (path / MANIFEST).exists() else "is not empty"
        raise FileError(_problem(path, f"the folder {what}", "another --out, or --overwrite to replace it"))


def _may_replace(target: Target) -> bool:
    if target.named or target.overwrite:
        return target.overwrite
    kept = read_manifest(target.path)
    return bool(kept) and all(kept.get(key) == value for key, value in target.identity.items())


def read_manifest(folder: Path, name: str = MANIFEST) -> dict[str, Any]:
    """Return the manifest of a folder; empty when there is none that can be read."""
    try:
        kept = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _check_writable(path: Path) -> None:
    """Try to write into the folder if there is one, and beside it."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    for folder in (above, path) if path.is_dir() else (above,):
        with tempfile.TemporaryFile(dir=folder):
            pass


def unwritable(path: Path, error: Exception) -> FileError:
    """Return the error of a folder that cannot be written, with the reason that the system gives."""
    reason = getattr(error, "strerror", None) or shortened(str(error))
    return FileError(_problem(path, f"cannot be written: {reason}", "a folder that can be written"))


def _problem(path: Path, problem: str, expected: str | None = None) -> Problem:
    return Problem(problem, file=str(path), expected=expected)


@contextlib.contextmanager
def writing(target: Target, note: Callable[[str], None] | None = None) -> Iterator[Path]:
    """Give a hidden folder to write into; on success it becomes the target, on failure it disappears.

    The target stays locked meanwhile, so that a second process is refused before it has computed anything. `note` is
    called with a remark when the lock of a process that is gone was taken over.

    Raises
    ------
    FileError
        when another process writes the same target, or the target must not or cannot be written.
    """
    check_target(target)
    with reserved(target, note) as (place, _), _draft(place) as draft:
        check_target(target)
        yield draft
        _replace(draft, place)


@contextlib.contextmanager
def reserved(target: Target, note: Callable[[str], None] | None = None) -> Iterator[tuple[Path, bool]]:
    """Lock the place of a folder; give it, and whether the process that had it last is gone without a word.

    Folders above it are made, and go again where they stay empty.

    Raises
    ------
    FileError
        when another process writes there, or for any OSError: the place cannot be written.
    """
    place = target.place
    missing = [folder for folder in place.parents if not folder.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with locked(place, target.path, note) as taken_over:
            yield place, taken_over
    except OSError as error:
        raise unwritable(target.path, error) from None
    finally:
        for folder in missing:  # those that a failed run would leave empty
            with contextlib.suppress(OSError):
                folder.rmdir()


@contextlib.contextmanager
def _draft(place: Path) -> Iterator[Path]:
    draft = place.with_name(f".{place.name}-{secrets.token_hex(4)}")
    try:  # the name is known before the folder exists: an interrupt at any moment leaves nothing behind
        draft.mkdir(mode=0o700)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _replace(draft: Path, place: Path) -> None:
    """Move the finished draft into place; the old folder goes only after the new one stands.

    Files that no run has written, such as a person's notes, move on into the new folder.
    """
    draft.chmod(0o755)
    if not place.exists():
        draft.rename(place)
        return
    old = place.with_name(f".{place.name}-old-{os.getpid()}")
    place.rename(old)
    try:
        draft.rename(place)
    except BaseException:
        old.rename(place)
        raise
    written = {PurePosixPath(name).parts[0] for name in read_manifest(old).get("files", {}) if name}
    for file in old.iterdir():
        if file.name not in (MANIFEST, *written) and not (place / file.name).exists():
            file.rename(place / file.name)
    shutil.rmtree(old, ignore_errors=True)


def identity_of(command: str, name: str, hash_: str, seed: int) -> dict[str, Any]:
    """Return what a folder is of: command, name and hash of the scenario, seed."""
    return {"form": "exosim.run/1", "command": command, "scenario": name, "hash": hash_, "seed": seed}


def packages() -> dict[str, str]:
    """Return the versions of the packages that numbers depend on."""
    return {name: version(name) for name in ("numpy", "scipy", "simpy", "matplotlib", "pint", "pydantic")}


def file_hash(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_files(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder whose files are all as they were written.

    Raises
    ------
    FileError
        when there is no manifest, or for every file that is missing or differs.
    """
    manifest = read_manifest(folder)
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise FileError(_problem(folder, f"there is no {MANIFEST} that can be read", "the folder of a run"))
    problems = [found for name, known in files.items() if (found := _differs(folder, name, known)) is not None]
    if problems:
        raise FileError(problems)
    return manifest


def refuse_other_command(folder: Path, manifest: Mapping[str, Any], command: str, what: str) -> None:
    """Raise a FileError when another command than `command`, which makes `what`, wrote a folder."""
    if manifest.get("command") != command:
        got = f"command {manifest.get('command')}"
        raise FileError(Problem(f"the folder is not that of {what}", file=str(folder), got=got, expected=command))


def _differs(folder: Path, name: str, known: object) -> Problem | None:
    """Return what is wrong with a file of a folder, or None."""
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        return _problem(file, "this file of the manifest is outside the folder")
    try:
        found = file_hash(file)
    except OSError as error:
        return _problem(file, f"cannot be read: {error.strerror}", "the file that the manifest names")
    if found == known:
        return None
    expected = f"SHA-256 {shortened(str(known), 64)}, as in {MANIFEST}"
    return Problem("differs from what the run wrote", file=str(file), got=f"SHA-256 {found}", expected=expected)


def write_manifest(folder: Path, identity: Mapping[str, Any]) -> None:
    """Write ``manifest.json``: what was run, with which versions, where, and the hash of every file beside it."""
    inside = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    files = {name: file_hash(folder / name) for name in inside}
    manifest = {
        **identity,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": packages(),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "files": files,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
