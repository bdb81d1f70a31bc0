"""A design space: the combinations of two parameters that are shown to meet every condition often enough.

ICH Q8(R2) asks for the combinations of parameters that have been demonstrated to provide assurance of quality. Here
that is a probability, over all that is uncertain, that all conditions are met together (J. J. Peterson, J. Biopharm.
Stat. 18, 959-975 (2008), doi:10.1080/10543400802278197); each condition alone being likely is not enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.frames import Frame, Framed, of_rows
from exosim.study import binomial
from exosim.study.answers import Condition, Response
from exosim.study.documents import plain
from exosim.study.edge import crossings, least
from exosim.study.factor import Factor, Floats
from exosim.study.space_document import document
from exosim.study.space_words import answer, remarks

Verdict: TypeAlias = Literal["inside", "undecided", "outside", "not possible"]
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Judged:
    """Probabilities that were counted on draws, held against a level.

    Attributes
    ----------
    probability : share of the draws, any shape; NaN where the model has no answer
    draws, level, confidence : of how many draws, and what shall be reached, with which confidence
    """

    probability: Floats
    draws: int
    level: float
    confidence: float

    @cached_property
    def interval(self) -> tuple[Floats, Floats]:
        """Where each probability lies: both ends of the interval of :func:`exosim.study.binomial.interval`."""
        return binomial.interval(self._met, self.draws, self.confidence)

    @cached_property
    def at_least(self) -> Floats:
        """What each probability is at least: the exact one-sided bound."""
        return binomial.at_least(self._met, self.draws, self.confidence)

    @cached_property
    def at_most(self) -> Floats:
        """What each probability is at most: the exact one-sided bound."""
        return binomial.at_most(self._met, self.draws, self.confidence)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Where the probability is shown to be at least the level."""
        return self.at_least >= self.level

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Where it is shown to be less."""
        return self.at_most < self.level

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Where there is an answer."""
        return np.isfinite(self.probability)

    @property
    def verdict(self) -> NDArray[np.str_]:
        """Each point in a word: :data:`Verdict`."""
        cases = [self.inside, self.outside, self.possible]
        return np.select(cases, ["inside", "outside", "undecided"], "not possible")

    def at(self, place: Any) -> Judged:
        """Return some of the points."""
        return Judged(np.asarray(self.probability[place]), self.draws, self.level, self.confidence)

    @property
    def _met(self) -> Floats:
        return np.asarray(np.rint(self.probability * self.draws))

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers as lists, with None where there is none."""
        low, high = self.interval
        numbers = {"probability": self.probability, "low": low, "high": high}
        numbers |= {"at_least": self.at_least, "at_most": self.at_most}
        return {name: plain(values) for name, values in numbers.items()} | {"verdict": self.verdict.tolist()}


@dataclass(frozen=True)
class Range:
    """A range of one factor.

    Attributes
    ----------
    low, high : in the unit of the factor
    open_low, open_high : whether it may go on: it ends where the study ends
    """

    low: float
    high: float
    open_low: bool
    open_high: bool


@dataclass(frozen=True)
class OperatingRange:
    """A proposed normal operating range: a rectangle within the design space.

    Attributes
    ----------
    ranges : of both factors
    holds_base : whether the base point lies within it
    points : its corners and the middles of its sides, shape (8, 2)
    judged : what the model says there when it is asked again
    """

    ranges: tuple[Range, Range]
    holds_base: bool
    points: Floats
    judged: Judged

    @property
    def holds(self) -> bool:
        """Whether all these points are inside the design space."""
        return bool(self.judged.inside.all())


@dataclass(frozen=True)
class EdgePoint:
    """A point on the edge of failure, with the condition that fails most often there."""

    x: float
    y: float
    binding: str


@dataclass(frozen=True)
class Part:
    """What one condition has to do with it.

    Attributes
    ----------
    condition : in words
    at_base : probability of meeting it at the base point
    lowest, highest : of that over the grid
    binds : share of the points outside or undecided at which it fails most often
    edge : share of the edge of failure on which it does
    x, y : between which values of the factors that stretch lies; None where there is none
    """

    condition: str
    at_base: float
    lowest: float
    highest: float
    binds: float
    edge: float
    x: Point | None
    y: Point | None


@dataclass(frozen=True)
class DesignSpace(Framed):
    """The probability of meeting all conditions over two factors; made by :func:`exosim.study.space.space`.

    Attributes
    ----------
    name, hash, seed, draws : what was studied, and the draws of each point, which are the same at all points
    factors : the two that are varied
    held : the value of every other factor, by its path
    responses, conditions : what is limited, and how
    level : probability that is asked for
    x, y : grid lines of the factors, in their units
    joint : the probability that all conditions are met together, shape (x, y)
    each : that of each condition alone, shape (conditions, x, y)
    base : the base point
    base_in_range : whether it lies within what was studied; it is then a point of the grid
    base_joint, base_each : the probabilities there, together and of each condition
    operating_range : a proposed normal operating range; None where no rectangle fits
    proven : proven acceptable range of each factor, the other one at the base; None where the base is not inside
    failed : why points are not possible, by number from 0: those of the first line of x come first
    """

    name: str
    hash: str
    seed: int
    draws: int
    factors: tuple[Factor, Factor]
    held: Mapping[str, float]
    responses: tuple[Response, ...]
    conditions: tuple[Condition, ...]
    level: float
    x: Floats = field(repr=False)
    y: Floats = field(repr=False)
    joint: Judged = field(repr=False)
    each: Floats = field(repr=False)
    base: Point
    base_in_range: bool
    base_joint: Judged = field(repr=False)
    base_each: Floats = field(repr=False)
    operating_range: OperatingRange | None
    proven: tuple[Range | None, Range | None]
    failed: Mapping[int, str] = field(repr=False)

    @property
    def confidence(self) -> float:
        """With which a point is inside."""
        return self.joint.confidence

    @property
    def names(self) -> tuple[str, ...]:
        """The conditions in words."""
        return tuple(map(in_words, self.conditions))

    @cached_property
    def binding(self) -> NDArray[np.intp]:
        """Which condition fails most often at each point, shape (x, y); -1 where none ever fails."""
        return least(self.each)

    @cached_property
    def edge(self) -> tuple[EdgePoint, ...]:
        """The edge of failure: where the probability falls to the level, on the lines of the grid."""
        one, other = self.factors
        places = crossings(one.share(self.x), other.share(self.y), self.joint.probability, self.level)
        x, y = from_share(one, places[:, 0]), from_share(other, places[:, 1])
        rows = zip(x.tolist(), y.tolist(), self.binding_at(x, y).tolist(), strict=True)
        return tuple(EdgePoint(across, up, self.names[place]) for across, up, place in rows)

    def binding_at(self, x: Floats, y: Floats) -> NDArray[np.intp]:
        """Return which condition fails most often at some points, between the lines of the grid."""
        return np.asarray(np.argmin(self.between(np.nan_to_num(self.each), x, y), axis=0))

    def between(self, values: Floats, x: Floats, y: Floats) -> Floats:
        """Return what is known on the grid at other points, by straight lines on the scales of the factors.

        Parameters
        ----------
        values : shape (..., lines of x, lines of y)
        x, y : of any shape, the same

        Returns
        -------
        shape (..., shape of x); NaN beside a NaN
        """
        from scipy.interpolate import RegularGridInterpolator

        one, other = self.factors
        axes = one.share(self.x), other.share(self.y)
        first, last = ([axis[end] for axis in axes] for end in (0, -1))
        places = np.clip(np.stack([one.share(x), other.share(y)], axis=-1), first, last)
        found = RegularGridInterpolator(axes, np.moveaxis(values, (-2, -1), (0, 1)))(places)
        return np.asarray(np.moveaxis(found, range(np.ndim(x)), range(-np.ndim(x), 0)))

    @cached_property
    def best(self) -> tuple[int, int]:
        """The grid point with the highest probability; the first of equals."""
        place = np.unravel_index(int(np.nanargmax(self.joint.probability)), self.joint.probability.shape)
        return int(place[0]), int(place[1])

    def parts(self) -> tuple[Part, ...]:
        """Return what each condition has to do with it."""
        lost = ~self.joint.inside & self.joint.possible
        return tuple(self._part(number, lost) for number in range(len(self.conditions)))

    def _part(self, number: int, lost: NDArray[np.bool_]) -> Part:
        known = self.each[number][self.joint.possible]
        stretch = [point for point in self.edge if point.binding == self.names[number]]
        xs, ys = [point.x for point in stretch], [point.y for point in stretch]
        binds = int((lost & (self.binding == number)).sum()) / max(1, int(lost.sum()))
        return Part(
            self.names[number], float(self.base_each[number]), float(np.min(known, initial=1.0)),
            float(np.max(known, initial=0.0)), binds, len(stretch) / max(1, len(self.edge)),
            (min(xs), max(xs)) if xs else None, (min(ys), max(ys)) if ys else None,
        )  # fmt: skip

    def remarks(self) -> list[str]:
        """Return what a reader must know."""
        return remarks(self)

    @property
    def answer(self) -> str:
        """The answer in a sentence."""
        return answer(self)

    def __str__(self) -> str:
        return "\n".join([self.answer, *self.remarks()])

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.space/1``: no time, path or machine, no NaN."""
        return document(self)

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        return {"points": self._points, "edge": self._edge, "conditions": self._conditions, "ranges": self._ranges}

    def _points(self) -> Frame:
        x, y = (axis.ravel() for axis in np.meshgrid(self.x, self.y, indexing="ij"))
        low, high = self.joint.interval
        words = {-1: "", **dict(enumerate(self.names))}
        columns: dict[str, Any] = {
            **dict(zip(self._paths, (x, y), strict=True)), "probability": self.joint.probability.ravel(),
            "low": low.ravel(), "high": high.ravel(), "at_least": self.joint.at_least.ravel(),
            "at_most": self.joint.at_most.ravel(), "verdict": self.joint.verdict.ravel().tolist(),
            "fails_most": [words[place] for place in self.binding.ravel().tolist()],
            **{name: values.ravel() for name, values in zip(self.names, self.each, strict=True)},
        }  # fmt: skip
        return Frame("point", columns, self._units, 1, about={"name": self.name, "seed": self.seed})

    def _edge(self) -> Frame:
        rows = [(point.x, point.y, point.binding) for point in self.edge]
        return of_rows("point", [*self._paths, "fails_most"], rows, units=self._units, first=1)

    def _conditions(self) -> Frame:
        names = ["condition", "at_base", "lowest", "highest", "binds", "edge"]
        rows = [(p.condition, p.at_base, p.lowest, p.highest, p.binds, p.edge) for p in self.parts()]
        return of_rows("row", names, rows, first=1)

    def _ranges(self) -> Frame:
        found = [("proven acceptable", f, r) for f, r in zip(self.factors, self.proven, strict=True)]
        if self.operating_range is not None:
            pairs = zip(self.factors, self.operating_range.ranges, strict=True)
            found += [("normal operating", f, r) for f, r in pairs]
        rows = [(kind, f.path, f.unit, r.low, r.high) for kind, f, r in found if r is not None]
        return of_rows("row", ["range", "factor", "unit", "low", "high"], rows, first=1)

    @property
    def _paths(self) -> tuple[str, str]:
        return self.factors[0].path, self.factors[1].path

    @property
    def _units(self) -> dict[str, str]:
        return {factor.path: "1" if factor.times else factor.unit for factor in self.factors}


def in_words(condition: Condition) -> str:
    """Return a condition in words; that an attribute is met is no comparison for a reader."""
    if condition.sign == ">=" and condition.limit == 1.0 and condition.response.startswith("met."):
        return f"{condition.response.removeprefix('met.').replace('_', ' ')} within limits"
    if condition.sign == ">=" and condition.limit == 1.0 and condition.response == "in_specification":
        return "in specification"
    return str(condition)


def from_share(factor: Factor, shares: Floats) -> Floats:
    """Return the values at places of the range of a factor: what :meth:`Factor.share` was asked about."""
    if factor.scale == "log":
        return np.asarray(factor.low * (factor.high / factor.low) ** shares)
    return np.asarray(factor.low + shares * (factor.high - factor.low))
