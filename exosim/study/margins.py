"""How far a goal is met or missed at a point, as a number that changes smoothly where the probability has steps.

A goal is a list of conditions that must hold together with probability p. Over n draws that means at least m of them,
m the least whole number with m/n >= p. The margin of a draw is that of its worst condition: its distance from the limit
in units of the limit. The margin of a point is the m-th largest of its draws, and it is >= 0 exactly where the share of
the draws that meet all conditions is >= p.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exosim.study.answers import Asked, Condition, Met
from exosim.study.factor import Floats

_LEAST = 5e-324
"""A draw that misses by less than a number can say misses all the same."""


@dataclass(frozen=True)
class Margin(Asked):
    """The margin by which conditions hold together with a probability; -inf where too few draws have a value.

    Attributes
    ----------
    conditions : that must hold on the same draws
    probability : from above 0 to 1
    scales : what a distance of 1 is, for each condition in its own unit; empty: its limit (1 where that is zero)

    Examples
    --------
    >>> cheap = Margin((Condition("cost", "<=", 500.0, "EUR"),), 0.8)
    >>> cheap.of({"cost": np.array([[400.0, 450.0, 460.0, 475.0, 900.0]])}).tolist()
    [0.05]
    """

    conditions: tuple[Condition, ...]
    probability: float
    scales: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """The goal in words."""
        return f"margin of {' and '.join(map(str, self.conditions))} with probability {self.probability:g}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the responses that have a limit."""
        return Met(self.conditions).needs

    def of(self, draws: Mapping[str, Floats]) -> Floats:
        """Return the margin at each point."""
        scales = self.scales or tuple(abs(one.limit) or 1.0 for one in self.conditions)
        each = [_margins(c, draws[c.response], scale) for c, scale in zip(self.conditions, scales, strict=True)]
        return ranked(np.min(each, axis=0), self.probability)


@dataclass(frozen=True)
class Lead(Asked):
    """By which share of the draws more than enough meet conditions together, less a half draw: never exactly 0.

    It takes the place of the margin where a response says only yes or no, so that no draw has a distance.
    """

    conditions: tuple[Condition, ...]
    probability: float

    @property
    def label(self) -> str:
        """The goal in words."""
        return f"lead of {' and '.join(map(str, self.conditions))} over probability {self.probability:g}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the responses that have a limit."""
        return Met(self.conditions).needs

    def of(self, draws: Mapping[str, Floats]) -> Floats:
        """Return the lead at each point, >= 0 exactly where the share that meets all is not below the probability."""
        number = next(iter(draws.values())).shape[-1]
        count = np.round(Met(self.conditions).of(draws) * number)
        return np.asarray((count - enough(number, self.probability) + 0.5) / number)


@dataclass(frozen=True)
class Reached(Asked):
    """The value of a condition's response that is kept to with a probability: p90 of a cost that must be small.

    A draw without a value counts as the worst there can be.
    """

    condition: Condition
    probability: float

    @property
    def label(self) -> str:
        """The value in words: ``p90 of cost_per_dose``."""
        share = self.probability if self.condition.sign == "<=" else 1.0 - self.probability
        return f"p{100.0 * share:.6g} of {self.condition.response}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The name of its response."""
        return (self.condition.response,)

    def of(self, draws: Mapping[str, Floats]) -> Floats:
        """Return the value at each point; infinite where too few draws have one."""
        sign = _sign(self.condition)
        toward = np.nan_to_num(sign * draws[self.condition.response], nan=-np.inf, posinf=np.inf, neginf=-np.inf)
        return sign * ranked(toward, self.probability)

    def beyond(self, value: float) -> float:
        """Return how far a value is on the good side of the limit, in units of the limit."""
        return _sign(self.condition) * (value - self.condition.limit) / (abs(self.condition.limit) or 1.0)


def enough(draws: int, probability: float) -> int:
    """Return on how many draws a goal must be met: the least number whose share is not below the probability.

    Examples
    --------
    >>> enough(10, 0.9), enough(1000, 0.9), enough(7, 0.5)
    (9, 900, 4)
    """
    number = max(math.ceil(probability * draws) - 1, 0)
    while number / draws < probability:
        number += 1
    return number


def ranked(values: Floats, probability: float) -> Floats:
    """Return over the last axis the largest value that at least a share of them reaches."""
    draws = values.shape[-1]
    place = draws - max(enough(draws, probability), 1)
    return np.asarray(np.partition(values, place, axis=-1)[..., place])


def _sign(condition: Condition) -> float:
    return 1.0 if condition.sign == ">=" else -1.0


def _margins(condition: Condition, draws: Floats, scale: float) -> Floats:
    """Return the margin of each draw, >= 0 exactly where the condition is met."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        far = np.nan_to_num(_sign(condition) * (draws - condition.limit) / scale, nan=-np.inf, posinf=np.inf,
                            neginf=-np.inf)  # fmt: skip
        return np.where(condition.met(draws) > 0.0, np.maximum(far, 0.0), np.minimum(far, -_LEAST))
