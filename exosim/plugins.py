"""Unit operations that other packages bring, by the entry-point group ``exosim.operations``.

Only the metadata of what is installed is read here; nothing of a plug-in is imported before a scenario names it. The
name of an entry point is the name of the operation in a scenario. Sources that a plug-in cites and exosim does not
know stand in a file ``references.toml`` beside the ``__init__.py`` of its package.
"""

from __future__ import annotations

import functools
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
        package = self.entry_point.value.partition(":")[0].partition(".")[0]
        try:
            spec = importlib.util.find_spec(package)
        except (ImportError, ValueError):
            return None
        folders = (spec.submodule_search_locations if spec is not None else None) or ()
        return next((file for folder in folders if (file := Path(folder) / REFERENCES).is_file()), None)


@functools.cache
def plugins() -> tuple[Plugin, ...]:
    """Return every operation that an installed package offers, by name."""
    found = []
    for entry_point in entry_points(group=GROUP):
        made = entry_point.dist
        name, version = (made.name, made.version) if made is not None else ("unknown", "unknown")
        found.append(Plugin(entry_point.name, name, version, entry_point))
    return tuple(sorted(found, key=lambda plugin: (plugin.operation, plugin.distribution)))
