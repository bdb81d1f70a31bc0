"""The distribution of measured values: no family, only what was measured.

The inverse distribution function joins the sorted values x_1 ... x_n at the probabilities (i - 1/2) / n by straight
lines and is flat beyond the first and the last (definition 5 of Hyndman & Fan 1996, doi:10.1080/00031305.1996.10473566,
also called Hazen's). Its mean and median are those of the values, and it never leaves their range.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from exosim.distributions import Distribution
from exosim.normal import Floats


@dataclass(frozen=True, slots=True)
class Empirical(Distribution):
    """A distribution by measured values, sorted, in the unit of the quantity.

    `digest` is that of their file, `asked` the table that names it, as text.
    """

    values: Floats = field(default_factory=lambda: np.zeros(1), repr=False, compare=False)
    digest: str = ""
    asked: str = field(default="", repr=False, compare=False)

    @property
    def of_normal(self) -> bool:
        """Whether values follow from the normal score more directly than from the uniform number: they do not."""
        return False

    def _inverse(self, numbers: Floats) -> Floats:
        """Return the values at uniform numbers; the probabilities are even, so that no search is needed."""
        last = len(self.values) - 1
        place = np.minimum(np.maximum(numbers * (last + 1) - 0.5, 0.0), last)
        below = place.astype(np.intp)
        lower = self.values.take(below)
        return lower + (place - below) * (self.values.take(np.minimum(below + 1, last)) - lower)

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest value."""
        return float(self.values[0]), float(self.values[-1])

    def median(self) -> float:
        """Return the median."""
        return float(np.median(self.values))

    def problem(self) -> str | None:
        """Return None: any values have a distribution."""
        return None


def empirical(values: Floats, digest: str, asked: str = "") -> Empirical:
    """Return the distribution of `values`, in any order; `digest` tells their file, `asked` what names it."""
    ordered = np.sort(values)
    summary = {"n": len(ordered), "lowest": ordered[0], "median": np.median(ordered), "highest": ordered[-1]}
    return Empirical("empirical", tuple((name, float(x)) for name, x in summary.items()), ordered, digest, asked)
