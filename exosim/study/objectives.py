"""What a front is about: objectives of which more or less is better, and limits that its points must meet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from exosim import units
from exosim.study.answers import Asked, Of, Response
from exosim.study.factor import Floats
from exosim.study.model import response_of

Sense: TypeAlias = Literal["more", "less"]


@dataclass(frozen=True, slots=True)
class Objective:
    """A question whose answer should be as large, or as small, as possible; of a quantile, it is a robust one.

    Examples
    --------
    >>> Objective(Of("cost_per_dose", "p90"), "less").label
    'less p90 of cost_per_dose'
    """

    asked: Asked
    sense: Sense

    @property
    def label(self) -> str:
        """The objective in words."""
        return f"{self.sense} {self.asked.label}"

    def costs(self, values: Floats) -> Floats:
        """Return the answers so that less is better; from costs, the answers."""
        return values if self.sense == "less" else -values


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of an answer: of a statistic, or of the probability that conditions are met.

    Examples
    --------
    >>> str(Limit(Of("released_fraction", "mean"), ">=", 0.9))
    'mean of released_fraction >= 0.9'
    """

    asked: Asked
    sign: Literal["<=", ">="]
    limit: float
    unit: str = "1"

    def violation(self, values: Floats) -> Floats:
        """Return how far answers are beyond it, in its unit; 0 where it is met."""
        beyond = values - self.limit if self.sign == "<=" else self.limit - values
        return np.asarray(np.maximum(beyond, 0.0))

    def __str__(self) -> str:
        least = units.show(self.limit, self.unit)
        if isinstance(self.asked, Of):
            return f"{self.asked.label} {self.sign} {least}"
        return f"{self.asked.label}, {'at least' if self.sign == '>=' else 'at most'} {least}"


def guarded(
    objectives: Sequence[Objective], limits: Sequence[Limit]
) -> tuple[tuple[Objective, ...], tuple[Limit, ...]]:
    """Return objectives and limits for which a draw without a value counts as worse than any other.

    A cost per dose has none where nothing is released: left out, the worst settings would look good.
    """
    aims = tuple(replace(one, asked=_guarded(one.asked, one.sense == "less")) for one in objectives)
    return aims, tuple(replace(one, asked=_guarded(one.asked, one.sign == "<=")) for one in limits)


def _guarded(asked: Asked, less: bool) -> Asked:
    return replace(asked, missing=math.inf if less else -math.inf) if isinstance(asked, Of) else asked


@dataclass(frozen=True)
class Known(Asked):
    """The share of the draws on which a response has a value."""

    response: str

    @property
    def label(self) -> str:
        """The question in words."""
        return f"share of draws with a value of {self.response}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The name of its response."""
        return (self.response,)

    def of(self, draws: Mapping[str, Floats]) -> Floats:
        """Return the share at each point."""
        return np.asarray(np.isfinite(draws[self.response]).mean(axis=-1))


def unit_of(asked: Asked, responses: Sequence[Response]) -> str:
    """Return the unit of an answer: that of its response; a probability is a plain number."""
    return response_of(responses, asked.response).unit if isinstance(asked, Of) else "1"
