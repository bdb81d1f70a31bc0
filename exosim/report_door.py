"""What results offer though it stands above them: their report. It is found when it is asked for, by its name."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import cast

_HOME = "exosim.telling.report_file"  # on floor 9: results neither know nor load what tells of them


class Reported:
    """Results that can be told as one page: a yield or a run in time, saved or not."""

    def report(self, file: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the report: one HTML page with the answer in three lines and all that it rests on.

        Parameters
        ----------
        file : where; folders are made when they do not exist
        overwrite : whether a file that is there may be replaced

        Returns
        -------
        the path of the page

        Raises
        ------
        FileError
            when the file is there already or cannot be written, or a saved folder does not hold its scenario.
        """
        return cast(Path, importlib.import_module(_HOME).write_report(self, file, overwrite))
