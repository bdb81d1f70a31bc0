"""Fill the folder of a study: its tables, the pictures that come with it, and the manifest."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exosim.plots.style import save
from exosim.study.study_files import Found, close_folder, write_tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.scenario import Scenario


def write_study(
    found: Found,
    folder: Path,
    identity: Mapping[str, Any],
    pictures: Mapping[str, Axes] | None = None,
    scenario: Scenario | None = None,
) -> list[Path]:
    """Write tables and pictures of a study into the folder; return their paths, pictures last.

    Parameters
    ----------
    found : what a study found
    folder : a draft, of :func:`exosim.folder.writing`
    identity : of :func:`exosim.folder.identity_of`
    pictures : any axes of each picture, by the name of its files
    scenario : what was studied; written with its ledger, so that the folder can be asked again
    """
    paths = write_tables(found, folder, scenario)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # names in a script that the font lacks
        for name, axes in (pictures or {}).items():
            paths.extend(save(axes, folder, name))
    close_folder(found, folder, identity, scenario)
    return paths
