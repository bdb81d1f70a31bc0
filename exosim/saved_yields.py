"""A yield as a folder: written whole by ``exosim yield``, read back by :func:`load_yields`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from exosim.errors import FileError, Problem, shortened
from exosim.folder import check_files, refuse_other_command
from exosim.report_door import Reported
from exosim.saved_scenario import read_saved_scenario
from exosim.scenario import Scenario
from exosim.summaries import Summary

DOCUMENT = "yields.json"


@dataclass(frozen=True)
class SavedYields(Reported):
    """A yield that was read from its folder: what it is of, and its summaries; with the scenario all of it comes again.

    Attributes
    ----------
    folder : where it was read from
    manifest : what was run, with which versions, where, when, and the hash of every file
    document : the JSON document of the yield, ``yields.json``
    """

    folder: Path
    manifest: Mapping[str, Any]
    document: Mapping[str, Any]

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario that was run, built again from the folder alone.

        Raises
        ------
        FileError
            when the folder does not hold it, or another version of exosim wrote it.
        """
        return read_saved_scenario(self.folder)

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return int(self.document["seed"])

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.document["n"])

    @cached_property
    def quantities(self) -> Mapping[tuple[str, str | None], Summary]:
        """Every quantity by name and step, attributes as their assays report them among them."""
        return {(row["name"], row["step"]): Summary(**row) for row in self.document["quantities"]}

    def has(self, name: str, step: str | None = None) -> bool:
        """Return whether a quantity is reported and has a value."""
        return (name, step) in self.quantities and self.quantities[name, step].n > 0

    def summary(self, name: str, step: str | None = None) -> Summary:
        """Return mean, standard deviation, median and 5 to 95 % interval of a quantity.

        Raises
        ------
        KeyError
            when there is no such quantity, with those that there are.
        """
        found = self.quantities
        if (name, step) not in found:
            valid = sorted(n for n, s in found if s == step) or sorted({s for _, s in found if s})
            raise KeyError(f"no quantity {name!r} after step {step!r}; there is: {', '.join(valid)}")
        return found[name, step]


def load_yields(folder: str | Path) -> SavedYields:
    """Return a yield that ``exosim yield`` wrote.

    Parameters
    ----------
    folder : of the yield

    Raises
    ------
    FileError
        when it is not such a folder, or for every file that is missing or differs from what was written.
    """
    place = Path(folder)
    manifest = check_files(place)
    refuse_other_command(place, manifest, "yield", "a yield")
    try:
        document = json.loads((place / DOCUMENT).read_text(encoding="utf-8"))
        [Summary(**row) for row in document["quantities"]], int(document["seed"]), int(document["n"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        expected = f"a folder that this version of exosim wrote; it is of {manifest.get('version')}"
        problem = f"cannot be read: {shortened(str(error))}"
        raise FileError(Problem(problem, file=str(place), expected=expected)) from None
    return SavedYields(place, manifest, document)
