"""One factor at a time: the answer at the low and the high end of each factor, all others where the scenario stands.

All points share their draws, so that the swing of a factor is a difference of pairs; its 95 % interval is that of
:mod:`exosim.study.paired_intervals`. What factors do together is not seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.study.answers import Asked, Response
from exosim.study.factor import Factor, Floats
from exosim.study.model import Model
from exosim.study.paired_intervals import CONFIDENCE, comparing
from exosim.study.ranked import Flags, Ranked, unanswered, without_rounding
from exosim.study.respond import Answers

_BASE = -1


@dataclass(frozen=True)
class Ends:
    """The points that are asked.

    Attributes
    ----------
    points : shape (points, factors); the first is where the scenario stands
    owner : which factor each point moves, -1 for the first
    """

    points: Floats
    owner: NDArray[np.intp]


@dataclass(frozen=True)
class Bars(Ranked):
    """The bars of a tornado for one question; every array has a value for each factor.

    Attributes
    ----------
    base : the answer where the scenario stands
    low_at, high_at : values of the factor at its two ends; of choices those with the least and the largest answer
    low, high : the answers there
    swing, swing_low, swing_high : high minus low, with its 95 % interval; NaN where the draws are too few for one
    apart : whether one of the three answers (low, base, high) is surely another than one of the others
    turns : whether the answer at the base is surely above both others, or below both
    reason : why there are none
    """

    base: float
    low_at: Floats
    high_at: Floats
    low: Floats
    high: Floats
    swing: Floats
    swing_low: Floats
    swing_high: Floats
    apart: Flags
    turns: Flags
    reason: str
    titles: ClassVar[Mapping[str, str]] = {
        "low": "at low", "high": "at high", "swing": "swing", "swing_low": "2.5 %", "swing_high": "97.5 %",
    }  # fmt: skip

    @property
    def size(self) -> Floats:
        """From the least to the largest of the answers at low, base and high."""
        return np.fmax(np.fmax(self.low, self.high), self.base) - np.fmin(np.fmin(self.low, self.high), self.base)

    @property
    def noise(self) -> Flags:
        """Factors of which no interval of a difference leaves out 0."""
        return np.asarray(~self.apart)

    @property
    def columns(self) -> Mapping[str, Floats]:
        """Ends, answers and swings."""
        names = ("low_at", "high_at", "low", "high", "swing", "swing_low", "swing_high")
        return {name: getattr(self, name) for name in names}


def ends(model: Model) -> Ends:
    """Return the point where the scenario stands and, for each factor, those at its ends or at all its choices."""
    base = model.base()
    points, owner = [base], [_BASE]
    for place, factor in enumerate(model.factors):
        for value in _asked_at(factor):
            points.append(np.where(np.arange(len(base)) == place, value, base))
            owner.append(place)
    return Ends(np.array(points), np.array(owner))


def _asked_at(factor: Factor) -> Sequence[float]:
    if factor.choices:
        return [float(place) for place in range(len(factor.choices))]
    return [factor.low, factor.high]


def bars(design: Ends, responses: Sequence[Response], asked: Asked, values: Floats, sample: Floats) -> Bars:
    """Return the bars of one question.

    Parameters
    ----------
    responses : of the model, in the order of the sample
    values : answers at the points, shape (points,)
    sample : draws, shape (points, responses, draws)
    """
    count = design.points.shape[1]
    columns = {name: np.full(count, np.nan) for name in ("low_at", "high_at", "low", "high", "swing_low", "swing_high")}
    apart, turns = np.zeros((2, count), dtype=np.bool_)
    compare = comparing(asked, {one.name: sample[:, place] for place, one in enumerate(responses)})
    for place in range(count):
        one, other, confidence = _two_ends(np.flatnonzero(design.owner == place), values)
        columns["low_at"][place], columns["high_at"][place] = design.points[[one, other], place]
        columns["low"][place], columns["high"][place] = values[[one, other]]
        between = {pair: compare(*pair, confidence) for pair in combinations((one, other, 0), 2)}
        columns["swing_low"][place], columns["swing_high"][place] = between[one, other]
        sure = {pair: _is_apart(values, pair, interval) for pair, interval in between.items()}
        apart[place] = any(sure.values())
        same_side = (values[one] - values[0]) * (values[other] - values[0]) > 0.0
        turns[place] = same_side and sure[one, 0] and sure[other, 0]
    swing = without_rounding(columns["high"] - columns["low"], values)
    return Bars(base=float(values[0]), swing=swing, apart=apart, turns=turns, reason=unanswered(values), **columns)


def _two_ends(places: NDArray[np.intp], values: Floats) -> tuple[int, int, float]:
    """Return the two points that make a bar, and the confidence for a pair that was chosen among several."""
    if len(places) <= 2 or np.isnan(values[places]).all():
        return int(places[0]), int(places[-1]), CONFIDENCE
    pairs = math.comb(len(places), 2)
    least, most = places[np.nanargmin(values[places])], places[np.nanargmax(values[places])]
    return int(least), int(most), 1.0 - (1.0 - CONFIDENCE) / pairs


def _is_apart(values: Floats, pair: tuple[int, int], interval: tuple[float, float]) -> bool:
    """Return whether two answers differ by more than chance; without an interval whether they differ at all."""
    difference = without_rounding(values[pair[1]] - values[pair[0]], values)
    if np.isnan(difference) or difference == 0.0:
        return False
    return math.isnan(interval[0]) or not interval[0] <= 0.0 <= interval[1]


def tornado(model: Model, asked: Sequence[Asked], design: Ends, answers: Answers) -> tuple[Bars, ...]:
    """Return the bars of each question, from answers that kept their draws."""
    if answers.sample is None:
        raise TypeError("one at a time needs the draws of each point")
    return tuple(
        bars(design, model.responses, one, answers.values[place], answers.sample) for place, one in enumerate(asked)
    )
