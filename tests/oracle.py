"""Reference results that nobody tuned to exosim: closed forms and published numbers, one row each.

``oracle_reference.csv`` holds the rows that the physics in this version covers, ``oracle_statistics.csv`` those of the
statistics of draws. These wait for later operations:

- stats_oracles: total indices of SOBOL-G, MORRIS (designs of studies), AR1, ANTI
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("oracle_reference.csv")
STATISTICS = Path(__file__).with_name("oracle_statistics.csv")
REPLICATIONS = 24
_NUMBER = r"([-+]?\d*\.?\d+(?:e[-+]?\d+)?)"


AnyRow = TypeVar("AnyRow", bound="Row")


@dataclass(frozen=True, slots=True)
class Row:
    """One reference result.

    Attributes
    ----------
    module, id, quantity, params : what is asked, with every number that is needed
    value, tol, kind : the answer, and how close is close enough
    label : name of the test
    """

    module: str
    id: str
    quantity: str
    params: str
    value: float
    tol: float
    kind: str
    label: str

    def given(self, name: str) -> float:
        """Return the parameter `name`; when it is stated twice, the later statement is the one of this row."""
        return float(re.findall(rf"(?<![\w.]){name}\s*=\s*{_NUMBER}", self.params)[-1])

    def has(self, name: str) -> bool:
        """Return whether the row states the parameter `name`."""
        return re.search(rf"(?<![\w.]){name}\s*=", self.params) is not None

    def said(self, pattern: str) -> tuple[float, ...]:
        """Return the numbers that stand for each ``#`` of `pattern` in the quantity or the parameters."""
        found = re.search(pattern.replace("#", _NUMBER), f"{self.quantity}; {self.params}")
        assert found is not None, f"{pattern} is not in {self}"
        return tuple(map(float, found.groups()))

    def accepts(self, computed: float | NDArray[np.float64]) -> bool:
        """Return whether `computed` is close enough; a ``stat`` row takes one value per replication."""
        if self.kind == "stat":
            values = np.asarray(computed)
            assert values.shape == (REPLICATIONS,)
            error = values.std(ddof=1) / np.sqrt(REPLICATIONS)
            close = abs(values.mean() - self.value) <= self.tol * error
            return bool(close and error <= 0.03 * abs(self.value))
        allowed = {"rel": self.tol * abs(self.value), "abs": self.tol, "exact": 0.0}[self.kind]
        return bool(abs(float(computed) - self.value) <= allowed)


def load(file_: Path = FILE, kind: type[AnyRow] = Row) -> tuple[AnyRow, ...]:  # type: ignore[assignment]
    """Return the rows of a file, in its order."""
    rows, seen = [], Counter[tuple[str, ...]]()
    with file_.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            asked = line["module"], line["id"], line["quantity"]
            seen[asked] += 1
            label = re.sub(r"[^A-Za-z0-9.]+", "_", line["quantity"]).strip("_")
            rows.append(
                kind(
                    *asked,
                    line["params"],
                    float(line["value"]),
                    float(line["tol"]),
                    line["kind"],
                    f"{line['module']}-{line['id']}-{label}-{seen[asked]}",
                )
            )
    return tuple(rows)


ROWS = load()
