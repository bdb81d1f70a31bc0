"""A saved folder read again, whichever command wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeAlias

from exosim.errors import FileError, Problem, shortened
from exosim.folder import MANIFEST
from exosim.saved_run import SavedRun, load_run
from exosim.saved_yields import SavedYields, load_yields

Saved: TypeAlias = SavedRun | SavedYields


def load_saved(folder: str | Path) -> Saved:
    """Return the yield or the run in time that a folder holds.

    Parameters
    ----------
    folder : of ``exosim yield`` or ``exosim run``

    Raises
    ------
    FileError
        when it is neither, or for every file that is missing or differs from what was written.
    """
    command = _command(Path(folder))
    if command in ("yield", "run", None):
        return load_yields(folder) if command == "yield" else load_run(folder)
    problem, expected = "the folder is neither that of a yield nor that of a run in time", "command yield or run"
    raise FileError(Problem(problem, file=str(folder), got=f"command {shortened(str(command), 60)}", expected=expected))


def _command(folder: Path) -> object:
    """Return the command that wrote a folder, as far as its manifest can be read; the loaders tell what is wrong."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest.get("command") if isinstance(manifest, dict) else None
