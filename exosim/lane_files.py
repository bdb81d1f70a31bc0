"""All lanes of a run on disk: headlines and attributes, one file for each stretch of lanes, written as it ends.

Files are Parquet where the extra ``parquet`` is installed, else NumPy archives (``.npz``) with the same columns. Draws
are numbered from 0, as in the frames of a yield. A quantity that is not reported has no column.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.column_files import write_arrays
from exosim.totals import Shown

Columns: TypeAlias = dict[str, NDArray[np.float64]]
LANES = "lanes"
"""Name of the folder beside the tables of a run."""
DRAW = "draw"
_WIDTH = 6


def columns_of(shown: Shown, lanes: int) -> Columns:
    """Return the headlines and attributes on the first `lanes` lanes of what is shown."""
    found = {**shown["reading"], **shown["attribute"]}
    return {
        name: np.array(np.broadcast_to(values, lanes) if values.shape[-1] == 1 else values[:lanes])
        for (name, step), values in found.items()
        if step is None and values is not None
    }


def write_part(folder: Path, number: int, first: int, parts: Sequence[Columns]) -> Path:
    """Write a stretch, counted from 0, whose first lane is `first`; return its file."""
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    lanes = next(iter(columns.values())).size
    numbered = {DRAW: np.arange(first, first + lanes, dtype=np.int64), **columns}
    return write_arrays(folder / f"part-{number + 1:0{_WIDTH}}", numbered)
