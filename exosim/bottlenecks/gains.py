"""What an addition brings: paired differences of an indicator over replications, and what may be said of them.

Replications share their random values, so that each is the same year of the same plant with and without the addition.
Whether a difference is real is Student's paired test; as many candidates are tested at once, p is corrected after Holm
(S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Stat. 6, 65-70, 1979): the probability that
any candidate without effect is said to have one is at most 5 %. Intervals are those of each candidate alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.comparison import paired_difference
from exosim.directions import Direction, direction_of
from exosim.summaries import Row

Floats: TypeAlias = NDArray[np.float64]
Verdict: TypeAlias = Literal["helps", "hurts", "nothing", "unclear", "no value"]
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Gain(Row):
    """What a candidate changes in an indicator.

    Attributes
    ----------
    candidate, indicator, unit, direction : whose, of what, and whether `more` or `less` of it is better
    n : replications in which both have a value
    without, value : mean without and with it
    difference, low, high : mean of the paired differences with its 95 % interval (Student); none with one replication
    better, equal : share of the replications in which it is better, and in which nothing changes
    p, p_holm : of Student's paired test, and corrected for all candidates that change anything; None where nothing does
    verdict : ``helps`` or ``hurts`` when the corrected p is below 5 %, ``nothing`` when no replication changes,
        ``unclear`` when the difference cannot be told from 0 with so few replications, ``no value`` without any
    """

    candidate: str
    indicator: str
    unit: str
    direction: Direction
    n: int
    without: float | None = None
    value: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    better: float | None = None
    equal: float | None = None
    p: float | None = None
    p_holm: float | None = None
    verdict: Verdict = "no value"

    @property
    def improvement(self) -> float:
        """The difference toward what is better; minus infinity where there is none."""
        if self.difference is None:
            return -math.inf
        return -self.difference if self.direction == "less" else self.difference

    @property
    def in_words(self) -> str:
        """The difference with its interval, such as ``+12 (+3 to +21)``; or that it has no value."""
        if self.difference is None:
            return "no value"
        span = "" if self.low is None else f" ({signed(self.low)} to {signed(self.high or 0.0)})"
        return f"{signed(self.difference)}{span}"

    def __str__(self) -> str:
        if self.difference is None:
            return f"{self.candidate}: {self.verdict}"
        return f"{self.candidate}: {self.in_words}; {self.verdict}"


def _direction(indicator: str) -> Direction:
    """Return which way is better of an indicator, such as ``waiting`` of ``waiting.fill``."""
    return direction_of(indicator.partition(".")[0])


def signed(value: float) -> str:
    """Return a difference with its sign; thousands are grouped."""
    if value == 0.0:
        return "0"
    return f"{value:+,.0f}" if 1000.0 <= abs(value) < 1e9 else ("+" if value > 0.0 else "") + units.show(value, "1", 3)


def gains(
    indicator: str, unit: str, without: Floats, values: Mapping[str, Floats], *, corrected: bool = True
) -> tuple[Gain, ...]:
    """Return what each candidate changes in an indicator.

    Parameters
    ----------
    without, values : the indicator in each replication, without any and with each candidate, shape (replications,)
    corrected : whether the candidates are tested together
    """
    found = [_gain(name, indicator, unit, without, with_) for name, with_ in values.items()]
    adjusted = holm([gain.p for gain in found]) if corrected else [gain.p for gain in found]
    return tuple(_judged(replace(gain, p_holm=p)) for gain, p in zip(found, adjusted, strict=True))


def _gain(name: str, indicator: str, unit: str, without: Floats, values: Floats) -> Gain:
    both = np.isfinite(without) & np.isfinite(values)
    n, direction = int(both.sum()), _direction(indicator)
    if not n:
        return Gain(name, indicator, unit, direction, 0)
    old, new = without[both], values[both]
    paired = paired_difference(new, old, direction)
    told: dict[str, Any] = {key: paired.get(key) for key in ("difference", "low", "high", "better", "equal")}
    p = _probability(paired["difference"] or 0.0, paired.get("difference_sd"), n)
    return Gain(name, indicator, unit, direction, n, float(old.mean()), float(new.mean()), **told, p=p)


def _probability(difference: float, sd: float | None, n: int) -> float | None:
    """Return the two-sided p of Student's paired test; None with one replication, or where none changes: no test."""
    from scipy.special import stdtr

    if sd is None or (sd == 0.0 and difference == 0.0):
        return None
    return 2.0 * float(stdtr(n - 1, -abs(difference) / (sd / math.sqrt(n)))) if sd > 0.0 else 0.0


def holm(found: Sequence[float | None]) -> list[float | None]:
    """Return p values corrected after Holm; those that are missing stay so and do not count."""
    order = sorted((p, place) for place, p in enumerate(found) if p is not None)
    adjusted, largest = list(found), 0.0
    for rank, (p, place) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p))
        adjusted[place] = largest
    return adjusted


def _judged(gain: Gain) -> Gain:
    verdict: Verdict = "unclear"
    if not gain.n:
        verdict = "no value"
    elif gain.equal == 1.0:
        verdict = "nothing"
    elif gain.p_holm is not None and gain.p_holm < LEVEL:
        verdict = "helps" if gain.improvement > 0.0 else "hurts"
    return replace(gain, verdict=verdict)
