"""Unit operations that other packages bring, by the entry-point group ``exosim.operations``.

Only the metadata of what is installed is read here; nothing of a plug-in is imported before a scenario names it. The
name of an entry point is the name of the operation in a scenario. Sources that a plug-in cites and exosim does not
know stand in a file ``references.toml`` beside the ``__init__.py`` of its package.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

GROUP = "exosim.operations"
REFERENCES = "references.toml"


@dataclass(frozen=True, slots=True)
class Plugin:
    """An operation that another package brings.

    Attributes
    ----------
    operation : its name in a scenario
    distribution, version : of the package, as installed
    entry_point : where it is
    """

    operation: str
    distribution: str
    version: str
    entry_point: EntryPoint

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"

    def load(self) -> object:
        """Import what the entry point names; whatever goes wrong in the plug-in is raised as it is."""
        return self.entry_point.load()

    def references_file(self) -> Path | None:
        """Return the file of its own sources, found without importing the plug-in; None where it has none."""
        return next((file for folder in self._folders() if (file := folder / REFERENCES).is_file()), None)

    def digest(self) -> str:
        """Return the SHA-256 of all its files: who writes a plug-in edits them while its version stays."""
        return content(self._folders())

    def _folders(self) -> tuple[Path, ...]:
        """Return where its package is, or the file of a single module; nothing where it cannot be found."""
        package = self.entry_point.value.partition(":")[0].partition(".")[0]
        try:
            spec = importlib.util.find_spec(package)
        except (ImportError, ValueError):
            return ()
        if spec is None:
            return ()
        places = spec.submodule_search_locations or ([spec.origin] if spec.origin else [])
        return tuple(map(Path, places))


@functools.cache
def content(places: tuple[Path, ...]) -> str:
    """Return the SHA-256 of files, and of all files in folders with their names, as they are when it is first asked."""
    found = hashlib.sha256()
    for place in places:
        for file in sorted(place.rglob("*") if place.is_dir() else [place]):
            if file.is_file() and "__pycache__" not in file.parts:
                found.update(f"{file.relative_to(place).as_posix()}\n{file.stat().st_size}\n".encode())
                found.update(file.read_bytes())
    return found.hexdigest()


@functools.cache
def plugins() -> tuple[Plugin, ...]:
    """Return every operation that an installed package offers, by name."""
    found = []
    for entry_point in entry_points(group=GROUP):
        made = entry_point.dist
        name, version = (made.name, made.version) if made is not None else ("unknown", "unknown")
        found.append(Plugin(entry_point.name, name, version, entry_point))
    return tuple(sorted(found, key=lambda plugin: (plugin.operation, plugin.distribution)))
