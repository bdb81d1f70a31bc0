"""Reference results that a facility in time reproduces, one row each, and those that wait for a feature of the engine.

``tests/oracle_facility.csv`` holds the rows that are tested. A statistical row takes independent replications: it is
accepted when the mean is within a number of standard errors of the value and the standard error is small enough.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parents[1]
FILE = FOLDER / "oracle_facility.csv"
REPLICATIONS = 24
QUICK_WIDTH, SLOW_WIDTH = 0.03, 0.005
_NUMBER = r"([-+]?\d*\.?\d+(?:e[-+]?\d+)?)"

WAITING = {
    (
        "queueing",
        "PRIO, preemptive-resume",
    ): "2 rows: nothing takes a unit from a batch that has it, in the plant either",
    ("queueing", "MG1, variance of wait, lognormal with CV 2"): "2 rows: 3 % would need 25 million customers",
    ("queueing", "MM1, variance of number in system at 0.9"): "1 row: 3 % would need 5 million customers",
    ("batchplant", "STOCK"): "1 row: an optimal order quantity, which is a question to a study, not to one run",
}
"""What no test covers yet, with the number of rows and what is missing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One reference result.

    Attributes
    ----------
    module, id, quantity, params : what is asked, with every number that is needed
    value, tol, kind : the answer, and how close is close enough
    """

    module: str
    id: str
    quantity: str
    params: str
    value: float
    tol: float
    kind: str

    @property
    def label(self) -> str:
        """Name of the test."""
        text = f"{self.id} {self.quantity} {self.params}"
        return re.sub(r"[^A-Za-z0-9.]+", "_", text).strip("_")[:110]

    def given(self, name: str) -> float:
        """Return the parameter `name`."""
        return float(re.findall(rf"(?<![\w.]){name}\s*=\s*{_NUMBER}", self.params)[-1])

    def said(self, pattern: str) -> tuple[float, ...]:
        """Return the numbers that stand for each ``#`` of `pattern` in the quantity or the parameters."""
        found = re.search(pattern.replace("#", _NUMBER), f"{self.quantity}; {self.params}")
        assert found is not None, f"{pattern} is not in {self}"
        return tuple(map(float, found.groups()))

    def assert_accepts(self, values: NDArray[np.float64], width: float) -> None:
        """Assert that the mean of independent replications agrees, and that the comparison is sharp enough."""
        assert values.shape == (REPLICATIONS,)
        mean, error = float(values.mean()), float(values.std(ddof=1)) / REPLICATIONS**0.5
        said = f"mean {mean:.6g}, standard error {error:.3g} ({error / abs(self.value):.2%}), value {self.value:.6g}"
        assert error <= width * abs(self.value), said
        if self.kind == "bound <=":
            assert mean - 4.0 * error <= self.value, said
        elif self.kind == "bound >=":
            assert mean + 4.0 * error >= self.value, said
        else:
            assert self.kind == "stat"
            assert abs(mean - self.value) <= self.tol * error, said


def load() -> tuple[Row, ...]:
    """Return the rows of the file, in its order."""
    with FILE.open(newline="", encoding="utf-8") as file:
        return tuple(
            Row(r["module"], r["id"], r["quantity"], r["params"], float(r["value"]), float(r["tol"]), r["kind"])
            for r in csv.DictReader(file)
        )


ROWS = load()


def rows(*ids: str) -> list[Row]:
    """Return the rows of some ids."""
    return [row for row in ROWS if row.id in ids]
