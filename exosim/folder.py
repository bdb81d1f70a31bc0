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
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exosim.errors import FileError, Problem, shortened

MANIFEST = "manifest.json"
_LONGEST_SLUG = 60
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


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


def default_path(name: str, hash_: str, seed: int) -> Path:
    """Return ``results/<name>-<hash8>-s<seed>`` in the current folder."""
    return Path("results") / f"{slug(name)}-{hash_[:8]}-s{seed}"


def check_target(target: Target) -> None:
    """Refuse a target that cannot or must not be written; call it before the run starts.

    Raises
    ------
    FileError
        when the folder holds something else, is the root or the home folder, is a file, or cannot be written.
    """
    path = target.path
    resolved = path.resolve()
    if resolved == Path(resolved.anchor) or (os.environ.get("HOME") and resolved == Path(os.environ["HOME"]).resolve()):
        raise FileError(_problem(path, "this folder is never written", "a folder of its own, such as --out results/a"))
    if path.exists() and not path.is_dir():
        raise FileError(_problem(path, "this is a file, not a folder", "a folder"))
    if path.is_dir() and any(path.iterdir()) and not _may_replace(target):
        what = "holds another run" if (path / MANIFEST).exists() else "is not empty"
        raise FileError(_problem(path, f"the folder {what}", "another --out, or --overwrite to replace it"))
    _check_writable(path)


def _may_replace(target: Target) -> bool:
    manifest = target.path / MANIFEST
    if target.overwrite:
        return True
    if target.named or not manifest.is_file():
        return False
    try:
        kept = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(kept, dict) and all(kept.get(key) == value for key, value in target.identity.items())


def _check_writable(path: Path) -> None:
    """Create the parent folders and try to write beside the target."""
    parent = path.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=parent):
            pass
        if path.is_dir():
            with tempfile.TemporaryFile(dir=path):
                pass
    except OSError as error:
        raise FileError(
            _problem(path, f"cannot be written: {error.strerror or error}", "a folder that can be written")
        ) from None


def _problem(path: Path, problem: str, expected: str | None = None) -> Problem:
    return Problem(problem, path=shortened(str(path), 400), expected=expected)


@contextlib.contextmanager
def writing(target: Target) -> Iterator[Path]:
    """Give a hidden folder to write into; on success it becomes the target, on failure it disappears.

    Raises
    ------
    FileError
        when another process writes the same target, or the target must not be written.
    """
    check_target(target)
    with _locked(target.path):
        check_target(target)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.path.name}-", dir=target.path.parent))
        try:
            yield draft
            _replace(draft, target.path)
        except OSError as error:
            raise FileError(_problem(target.path, f"cannot be written: {error.strerror or error}")) from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _replace(draft: Path, path: Path) -> None:
    """Move the finished draft into place; the old folder goes only after the new one stands."""
    draft.chmod(0o755)
    if not path.exists():
        draft.rename(path)
        return
    old = path.with_name(f".{path.name}-old-{os.getpid()}")
    path.rename(old)
    draft.rename(path)
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = path.with_name(f".{path.name}.lock")
    for attempt in (1, 2):
        try:
            descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            if attempt == 2 or not _is_stale(lock):
                raise FileError(_problem(path, f"another process is writing this folder: {_holder(lock)}")) from None
            lock.unlink(missing_ok=True)
        except OSError as error:
            raise FileError(_problem(path, f"cannot be locked: {error.strerror or error}")) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        started = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "started": started, "boot": _boot()}, file)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _read_lock(lock: Path) -> dict[str, Any]:
    try:
        held = json.loads(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}


def _holder(lock: Path) -> str:
    held = _read_lock(lock)
    return ", ".join(f"{key} {shortened(held.get(key, '?'), 60)}" for key in ("pid", "host", "started"))


def _is_stale(lock: Path) -> bool:
    """Return whether the process that made the lock is gone: same host, and other boot or no such process."""
    held = _read_lock(lock)
    if not held or held.get("host") != socket.gethostname():
        return False
    if held.get("boot") != _boot():
        return True
    try:
        os.kill(int(held["pid"]), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return False


def write_manifest(folder: Path, identity: Mapping[str, Any], packages: Mapping[str, str]) -> None:
    """Write ``manifest.json``: what was run, with which versions, where, and the hash of every file beside it."""
    files = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir()) if file.is_file()
    }
    manifest = {
        **identity,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": dict(packages),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "files": files,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
