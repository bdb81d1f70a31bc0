"""A change and what comes of it; how far a factor may move before a goal is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exosim.study.answers import Asked, Condition, Met
from exosim.study.factor import Floats
from exosim.study.margins import Lead, Margin, Reached
from exosim.summaries import share_interval


@dataclass(frozen=True, slots=True)
class Share:
    """How often a goal was met.

    Attributes
    ----------
    mean : share of the draws
    low, high : its 95 % interval (Clopper and Pearson)
    """

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, mean: float, draws: int) -> Share | None:
        """Return the share of so many draws; None where there is none."""
        if not math.isfinite(mean):
            return None
        return cls(float(mean), *share_interval(round(mean * draws), draws))

    def as_dict(self) -> dict[str, float]:
        """Return it as a JSON object."""
        return {"mean": self.mean, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Answer:
    """A change of some factors.

    Attributes
    ----------
    moved : numbers of the factors that were allowed to move, or that did
    point : values of all factors
    shares : by how much of its range each is moved, signed, without its weight
    size : of the change
    margin : of the goal, >= 0 where it is reached: in units of the limits, or a share of the draws
    probability : on the draws of the search; None where the model has no answer
    reached : for each condition the value that is kept to with the probability asked for
    alone : for each condition how often it is met, whatever the others are
    fresh : the probability on other draws; None where the model has none
    """

    moved: tuple[int, ...]
    point: tuple[float, ...]
    shares: tuple[float, ...]
    size: float
    margin: float
    probability: Share | None
    reached: tuple[float, ...]
    alone: tuple[float, ...]
    fresh: Share | None = None

    @property
    def reaches(self) -> bool:
        """Whether the goal is reached."""
        return self.margin >= 0.0

    def holds(self, probability: float) -> str:
        """Return what fresh draws say: ``yes``, ``within chance``, ``no``, or ``not checked``."""
        if self.fresh is None:
            return "not checked"
        if self.fresh.mean >= probability:
            return "yes"
        return "within chance" if self.fresh.high >= probability else "no"

    def binding(self, conditions: Sequence[Condition], probability: float) -> int:
        """Return the number of the condition that is met least often; of several such, of the one farthest off."""
        beyond = (Reached(c, probability).beyond(v) for c, v in zip(conditions, self.reached, strict=True))
        worst = zip(
            np.nan_to_num(self.alone, nan=0.0, neginf=0.0).tolist(), beyond, range(len(conditions)), strict=True
        )
        return min(worst)[2]


@dataclass(frozen=True, slots=True)
class Room:
    """How far one factor alone may move from a base that reaches the goal.

    Attributes
    ----------
    factor : its number
    low, high : the farthest values known to keep the goal, with no value known between the base and them that loses it
    low_ends, high_ends : whether the goal is lost beyond; else the range ends there
    """

    factor: int
    low: float
    high: float
    low_ends: bool
    high_ends: bool


def questions(conditions: tuple[Condition, ...], probability: float, yes_or_no: bool) -> list[Asked]:
    """Return what is asked at each point: margin, probability, then value and probability of each condition.

    Parameters
    ----------
    yes_or_no : whether a response has no distances, so that the lead takes the place of the margin
    """
    each: list[Asked] = [q for c in conditions for q in (Reached(c, probability), Met((c,)))]
    margin = Lead(conditions, probability) if yes_or_no else Margin(conditions, probability)
    return [margin, Met(conditions), *each]


def answer_of(
    moved: tuple[int, ...], point: Floats, shares: Floats, size: float, answers: Floats, draws: int
) -> Answer:
    """Return the answer at a point from what :func:`questions` ask."""
    margin, probability, *each = answers.tolist()
    return Answer(
        moved, tuple(point.tolist()), tuple(shares.tolist()), float(size), margin, Share.of(probability, draws),
        tuple(each[0::2]), tuple(each[1::2]),
    )  # fmt: skip
