"""Reference results that a facility in time reproduces, one row each, and those that wait for a feature of the engine.

``tests/oracle_facility.csv`` holds the rows that are tested. A statistical row takes independent replications: it is
accepted when the mean is within a number of standard errors of the value and the standard error is small enough.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests import oracle
from tests.oracle import REPLICATIONS

FOLDER = Path(__file__).parents[1]
FILE = FOLDER / "oracle_facility.csv"
QUICK_WIDTH, SLOW_WIDTH = 0.03, 0.005

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


class Row(oracle.Row):
    """One reference result of a facility in time."""

    __slots__ = ()

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


ROWS = oracle.load(FILE, Row)


def rows(*ids: str) -> list[Row]:
    """Return the rows of some ids."""
    return [row for row in ROWS if row.id in ids]
