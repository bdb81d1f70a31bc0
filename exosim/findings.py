"""What is wrong with a scenario, collected with its place instead of stopping at the first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from exosim.addresses import address, put
from exosim.enclosures import NOTHING, Enclosures
from exosim.errors import Problem
from exosim.toml_source import KeyPath, TomlSource
from exosim.units import QuantityError


class Findings:
    """The problems and warnings of one reading of one scenario.

    Attributes
    ----------
    data : the tables of the file, with the overrides applied
    enclosures : what came with the scenario and is not looked for in files
    problems, warnings : what was found so far
    """

    def __init__(self, source: TomlSource, data: dict[str, Any], enclosures: Enclosures = NOTHING) -> None:
        self.data, self.enclosures = data, enclosures
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self._source = source
        self._overridden: list[KeyPath] = []
        self._settled: list[KeyPath] = []

    def override(self, changes: Mapping[str, Any]) -> None:
        """Replace values by address; an address that is not known is a problem."""
        for given, value in changes.items():
            found = put(self.data, given, value)
            if isinstance(found, Problem):
                self.problems.append(found)
            else:
                self._overridden.append(found)

    def add(self, path: KeyPath, problem: Problem) -> None:
        """Note a problem at a key path, unless it follows from a problem of the structure above or below that path."""
        if any(path[: len(settled)] == settled[: len(path)] for settled in self._settled):
            return
        problem = dataclasses.replace(problem, path=address(self.data, path))
        if not self._is_overridden(path):
            file, line = self._source.place(path)
            problem = dataclasses.replace(problem, file=file, line=line)
        self.problems.append(problem)

    def quantity(self, path: KeyPath, error: QuantityError) -> None:
        """Note a quantity that cannot be read."""
        self.add(path, Problem(error.problem, got=error.got, expected=error.expected, nearest=error.nearest))

    def structure(self, wrong: Iterable[tuple[KeyPath, Problem]]) -> None:
        """Note what is wrong with the structure; later problems at the same places are consequences."""
        found = list(wrong)
        misspelled = {(*path[:-1], problem.nearest) for path, problem in found if problem.nearest}
        for path, problem in found:
            if path not in misspelled:  # a key that is missing because it is misspelled is told once
                self.add(path, problem)
        self._settled = [path for path, _ in found]

    def line(self, path: KeyPath) -> int | None:
        """Return the line of a key path in the file."""
        return self._source.line(path)

    def place(self, path: KeyPath) -> tuple[str, int | None]:
        """Return the file and the line of a key path."""
        return self._source.place(path)

    def folder(self, path: KeyPath) -> str:
        """Return the folder of the file that gives the value at a key path; an override has that of the scenario."""
        file = self._source.name if self._is_overridden(path) else self._source.place(path)[0]
        return str(Path(file).parent)

    def hides_streams(self) -> bool:
        """Return whether the structure leaves open which procedure feeds which."""
        telling = ("id", "operation", "feeds", "split", "end")
        return any(p[0] == "unit_procedure" and (len(p) < 3 or p[2] in telling) for p in self._settled)

    def spoiled(self, path: KeyPath) -> bool:
        """Return whether the structure is wrong below a key path, so that what is missing there may be misspelled."""
        return any(settled[: len(path)] == path for settled in self._settled)

    def _is_overridden(self, path: KeyPath) -> bool:
        written = path in self._source.lines
        return any(path[: len(o)] == o or (not written and o[: len(path)] == path) for o in self._overridden)
