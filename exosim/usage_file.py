"""What all replications of a run used, in one file ``usage.npz``: columns, with texts told once each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from exosim.economics.usage import Use
from exosim.errors import FileError, Problem, shortened

FILE = "usage.npz"
_TEXTS = ("step", "resource", "driver", "unit")
_NUMBERS = ("quantity", "time")


def write_usage(each: Sequence[Sequence[Use]], folder: Path) -> Path:
    """Write what each replication used; return the path of the file."""
    uses = [use for replication in each for use in replication]
    columns = dict(zip(Use._fields, zip(*uses, strict=True), strict=True)) if uses else dict.fromkeys(Use._fields, ())
    arrays = {"count": np.array([len(replication) for replication in each], dtype="<i8")}
    arrays["batch"] = np.array(columns["batch"], dtype="<i4")
    arrays |= {name: np.array(columns[name], dtype="<f8") for name in _NUMBERS}
    for name in _TEXTS:
        known, codes = np.unique(np.array(columns[name], dtype=str), return_inverse=True)
        arrays |= {f"{name}_words": known, name: codes.astype("<i4")}
    file = folder / FILE
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file


def read_usage(folder: Path) -> list[list[Use]]:
    """Return what each replication used.

    Raises
    ------
    FileError
        when there is no such file, or it cannot be read.
    """
    file = folder / FILE
    try:
        with np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except FileNotFoundError:
        problem = "there is no such file: the folder does not tell what was used"
        expected = "a folder that this version of exosim wrote: run it again"
        raise FileError(Problem(problem, file=str(file), expected=expected)) from None
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise FileError(Problem(f"cannot be read: {shortened(str(error))}", file=str(file))) from None
    texts = {name: found[f"{name}_words"][found[name]].tolist() for name in _TEXTS}
    rows = zip(
        found["batch"].tolist(), texts["step"], texts["resource"], texts["driver"], found["quantity"].tolist(),
        texts["unit"], found["time"].tolist(), strict=True,
    )  # fmt: skip
    uses = list(map(Use._make, rows))
    ends = np.cumsum(found["count"]).tolist()
    return [uses[end - count : end] for end, count in zip(ends, found["count"].tolist(), strict=True)]
