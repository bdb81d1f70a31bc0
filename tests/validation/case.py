"""A row of the validation page: what was published, what the run produced, and whether that counts as inside.

Four rules, one for each kind of outcome; nothing is scored by eye:

- ``interval``: the published number, or the geometric middle of a published band, lies in the central 90 % interval of
  the prediction. Used wherever inputs are missing.
- ``band``: the predicted median lies in the published band. Used where the model has all it needs.
- ``25 %``: the predicted median lies within 25 % of the published number. Used for growth and metabolism, and for
  inputs that a culture, measured as the paper measured, has to return.
- ``sign``: every draw agrees with the published direction.

A row without a prediction is missed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Draws: TypeAlias = NDArray[np.float64]
Rule = Literal["interval", "band", "25 %", "sign"]
Role = Literal["test", "calibration", "input", "regression"]
ALPHA = 0.1
"""What a central 90 % interval leaves out."""
_TOLERANCE = 0.25


@dataclass(frozen=True, slots=True)
class Published:
    """What a source reports.

    Attributes
    ----------
    text : as the page shows it
    low, high : the number, or the band; None where there is only a direction
    stated : whether the source states the number; a bound of ours is neither scored nor drawn
    """

    text: str
    low: float | None = None
    high: float | None = None
    stated: bool = True

    @property
    def middle(self) -> float:
        """The number, or the geometric middle of the band."""
        if self.low is None or self.high is None:
            raise ValueError("a direction has no number")
        return float(np.sqrt(self.low * self.high))


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome of one case.

    Attributes
    ----------
    case, outcome : identifier of the case, and what was measured with its basis
    source : key of the sources of the page
    given, assumed : inputs that the source gives, and those that it does not
    role : whether the model has a free input here, whether the outcome is an input, or whether it tests
    drawn : predicted value in every draw, or 1 and 0 where a draw agrees and does not; None where nothing comes out
    reason : why the row is missed, or what the reader has to know where it is not
    """

    case: str
    outcome: str
    source: str
    given: str
    assumed: str
    published: Published
    rule: Rule
    role: Role
    drawn: Draws | None
    reason: str = ""

    @property
    def numeric(self) -> bool:
        """Whether a number was published and predicted."""
        return self.published.low is not None and self.published.stated and self.drawn is not None

    @property
    def median(self) -> float:
        """The predicted median."""
        return float(np.median(self._drawn))

    @property
    def interval(self) -> tuple[float, float]:
        """The central 90 % interval of the prediction."""
        low, high = np.quantile(self._drawn, [ALPHA / 2.0, 1.0 - ALPHA / 2.0])
        return float(low), float(high)

    @property
    def spread(self) -> bool:
        """Whether there is a number with an interval to score."""
        return self.numeric and self.interval[1] > self.interval[0] * (1.0 + 1e-9) > 0.0

    @property
    def covered(self) -> bool:
        """Whether the interval holds the published number."""
        low, high = self.interval
        return low <= self.published.middle <= high

    @property
    def inside(self) -> bool:
        """Whether the row counts as inside; see the rules."""
        if self.drawn is None:
            return False
        if self.rule == "sign":
            return bool(np.all(self._drawn == 1.0))
        if self.rule == "interval":
            return self.covered
        if self.published.low is None or self.published.high is None:
            raise ValueError(f"{self.case}: {self.rule} needs a number")
        if self.rule == "band":
            return self.published.low <= self.median <= self.published.high
        return abs(self.median / self.published.middle - 1.0) <= _TOLERANCE

    @property
    def score(self) -> float:
        """The interval score, in decades."""
        return interval_score(*self.interval, self.published.middle)

    @property
    def _drawn(self) -> Draws:
        if self.drawn is None:
            raise ValueError(f"{self.case}: nothing was predicted")
        return self.drawn


def interval_score(low: float, high: float, observed: float) -> float:
    """Return the interval score of Gneiting & Raftery 2007, eq. 43, of log10 values: small is good.

    The width of the interval, and 2 / alpha times the distance of what was observed where it lies outside. A wide
    interval pays for what it covers.
    """
    lower, upper, value = np.log10([low, high, observed])
    outside = max(lower - value, 0.0) + max(value - upper, 0.0)
    return float(upper - lower + 2.0 / ALPHA * outside)


def number(value: float) -> str:
    """Return a number with two digits, as 0.12, 12 or 1.2e9; three below 1000 where they are shown anyway."""
    if value == 0.0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -3 <= exponent < 3:
        return f"{float(f'{value:.2g}'):g}" if exponent < 1 else f"{float(f'{value:.3g}'):g}"
    mantissa, power = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(power)}"
