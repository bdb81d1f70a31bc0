"""The design space of two parameters: where all limits are met together, how surely, and what fails beyond its edge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from exosim.errors import LimitError, Problem, UsageError, unknown
from exosim.study.answers import Condition, Met, needed
from exosim.study.design_space import DesignSpace, Judged, OperatingRange, Range
from exosim.study.factor import Factor, Floats
from exosim.study.intervals import COVERAGE
from exosim.study.kernel_model import KernelModel
from exosim.study.model import Model, response_of
from exosim.study.plan import Plan
from exosim.study.rectangles import Rectangle, largest_rectangle, rounded_inward, run_around
from exosim.study.respond import Answers, Progress, respond

Place: TypeAlias = tuple[int, int]
LEVEL, GRID = 0.9, 21
DRAWS, REPLICATIONS, FEW_LINES = 1000, 60, 11
"""Of a point in the kernel and in time, and lines of a grid in time, unless others are asked for."""
MOST_LINES = 1000
_SAME = 1e-9
"""Share of a range below which the base point is on a line of the grid."""


def space(
    model: Model,
    conditions: Sequence[Condition],
    *,
    over: tuple[str, str] | None = None,
    held: Mapping[str, float] | None = None,
    level: float = LEVEL,
    confidence: float = COVERAGE,
    grid: int = GRID,
    name: str = "",
    hash: str = "",
    seed: int = 0,
    jobs: int | Executor = 1,
    progress: Progress | None = None,
    keep_going: bool = False,
) -> DesignSpace:
    """Return where all conditions are met together often enough, over two factors of a model.

    Parameters
    ----------
    conditions : all of them must be met on a draw
    over : paths of the two factors; default: those of the model, if it has two
    held : values of the others, by path; default: where the scenario stands
    level : the probability that is asked for
    confidence : with which a point must be shown to reach it
    grid : lines along each factor; a line through the base point is added
    name, hash, seed : what is studied, for the result
    jobs, progress, keep_going : as in :func:`exosim.study.respond.respond`

    Raises
    ------
    UsageError
        when there are not two different factors, a factor has no order, or nothing is limited.
    LimitError
        when the grid has more than :data:`MOST_LINES` lines along a factor.
    """
    limits = tuple(dict.fromkeys(conditions))
    places = _check(model, limits, over, dict(held or {}), level, confidence, grid)
    plane = _Plane(model, limits, places, dict(held or {}), level, confidence, jobs, keep_going)
    return plane.searched(grid, progress, name, hash, seed)


def ask(
    plan: Plan, *, jobs: int | Executor = 1, progress: Progress | None = None, keep_going: bool = False
) -> DesignSpace:
    """Return the design space that a plan asks for; where it limits nothing, that of all attributes of the product.

    Raises
    ------
    UsageError
        when the plan does not move two factors, or there is nothing that could be limited.
    """
    plan.needing(2)
    conditions = plan.limits() or tuple(Condition(name, ">=", 1.0) for name in plan.known if name.startswith("met."))
    if not conditions:
        expected = '--meet "doses >= 500", conditions in [study], or attributes with limits'
        raise UsageError(Problem("nothing is limited, and the scenario has no attributes", expected=expected))
    timed = replace(plan, replications=plan.replications or REPLICATIONS)
    model = timed.model(needed([Met(conditions)]), draws=DRAWS)
    return space(
        model, conditions, level=plan.probability or LEVEL, name=plan.scenario.name, hash=plan.scenario.hash,
        grid=plan.levels or (GRID if isinstance(model, KernelModel) else FEW_LINES), seed=plan.seed, jobs=jobs,
        progress=progress, keep_going=keep_going,
    )  # fmt: skip


@dataclass(frozen=True)
class _Plane:
    """Two factors of a model, all others held, and what is asked on them."""

    model: Model
    conditions: tuple[Condition, ...]
    places: tuple[int, int]
    held: Mapping[str, float]
    level: float
    confidence: float
    jobs: int | Executor
    keep_going: bool

    @property
    def factors(self) -> tuple[Factor, Factor]:
        one, other = (self.model.factors[place] for place in self.places)
        return one, other

    def searched(self, grid: int, progress: Progress | None, name: str, hash: str, seed: int) -> DesignSpace:
        """Return the design space on a grid."""
        center = self.model.base()
        base = float(center[self.places[0]]), float(center[self.places[1]])
        inside = all(f.low <= value <= f.high for f, value in zip(self.factors, base, strict=True))
        x, y = (_lines(f, grid, b if inside else None) for f, b in zip(self.factors, base, strict=True))
        points = np.array([(across, up) for across in x.tolist() for up in y.tolist()] + [base])
        answers = self.ask(points, progress)
        shape = len(x), len(y)
        joint, each = self.judged(answers.values[0]), answers.values[1:]
        on_grid = joint.at(slice(-1)).probability.reshape(shape)
        where = int(np.searchsorted(x, base[0])), int(np.searchsorted(y, base[1]))
        known = self.judged(on_grid)
        return DesignSpace(
            name, hash, seed, self.model.draws, self.factors, self._others(center),
            tuple(response_of(self.model.responses, one) for one in needed([Met(self.conditions)])), self.conditions,
            self.level, x, y, known, each[:, :-1].reshape(-1, *shape), base, inside, joint.at(-1), each[:, -1],
            self._operating_range(known, x, y, where if inside else None),
            self._proven(known, x, y, where) if inside else (None, None),
            {number: why for number, why in answers.failed.items() if number < on_grid.size},
        )  # fmt: skip

    def ask(self, points: Floats, progress: Progress | None = None) -> Answers:
        """Ask the model at points of the plane, shape (points, 2): all conditions together, then each alone."""
        whole = np.tile(self.model.base(), (len(points), 1))
        for place, factor in enumerate(self.model.factors):
            whole[:, place] = self.held.get(factor.path, whole[0, place])
        whole[:, self.places] = points
        asked = [Met(self.conditions), *(Met((one,)) for one in self.conditions)]
        return respond(self.model, whole, asked, jobs=self.jobs, progress=progress, keep_going=self.keep_going)

    def judged(self, probability: Floats) -> Judged:
        """Return probabilities held against the level."""
        return Judged(probability, self.model.draws, self.level, self.confidence)

    def _others(self, center: Floats) -> dict[str, float]:
        others = [(n, f) for n, f in enumerate(self.model.factors) if n not in self.places]
        return {factor.path: self.held.get(factor.path, float(center[n])) for n, factor in others}

    def _operating_range(self, joint: Judged, x: Floats, y: Floats, base: Place | None) -> OperatingRange | None:
        """Return the largest rectangle around the base point, else one with it on its border, else any."""
        one, other = self.factors
        across, up = one.share(x), other.share(y)
        wanted = [] if base is None else [_beside(base, joint.inside.shape), Rectangle((base[0],) * 2, (base[1],) * 2)]
        tried = (largest_rectangle(joint.inside, across, up, one) for one in wanted)
        around = next((found for found in tried if found is not None), None)
        found = around or largest_rectangle(joint.inside, across, up)
        if found is None:
            return None
        kept = (None, None) if base is None or around is None else (float(x[base[0]]), float(y[base[1]]))
        exact = _range(x, found.x), _range(y, found.y)
        rounded = _rounded(one, exact[0], kept[0]), _rounded(other, exact[1], kept[1])
        proposed = self._asked_again(rounded, around is not None)
        return proposed if proposed.holds or rounded == exact else self._asked_again(exact, around is not None)

    def _asked_again(self, ranges: tuple[Range, Range], holds_base: bool) -> OperatingRange:
        """Return a rectangle with what the model says at its corners and at the middles of its sides."""
        sides = [(r.low, _middle(f, r), r.high) for f, r in zip(self.factors, ranges, strict=True)]
        points = np.array([(a, b) for m, a in enumerate(sides[0]) for n, b in enumerate(sides[1]) if (m, n) != (1, 1)])
        return OperatingRange(ranges, holds_base, points, self.judged(self.ask(points).values[0]))

    def _proven(self, joint: Judged, x: Floats, y: Floats, base: Place) -> tuple[Range | None, Range | None]:
        """Return the range of each factor in which all is met while the other one stays at the base."""
        one, other = self.factors
        m, n = base
        across, up = run_around(joint.inside[:, n], m), run_around(joint.inside[m], n)
        return (
            None if across is None else _rounded(one, _range(x, across), float(x[m])),
            None if up is None else _rounded(other, _range(y, up), float(y[n])),
        )


def _lines(factor: Factor, count: int, base: float | None) -> Floats:
    """Return the grid lines of a factor, increasing, with one through the base."""
    exact = np.unique(factor.grid(count))
    plain = [float(f"{value:.12g}") for value in exact.tolist()]  # without the noise of arithmetic
    lines = np.clip(plain, exact[0], exact[-1])
    if base is not None:
        apart = np.abs(factor.share(lines) - factor.share(np.array(base))) > _SAME
        lines = np.sort(np.append(lines[apart], base))
    return lines


def _beside(place: Place, shape: tuple[int, ...]) -> Rectangle:
    """Return the lines before and after a place of the grid, or those through it where the grid ends."""
    x, y = ((max(at - 1, 0), min(at + 1, size - 1)) for at, size in zip(place, shape, strict=True))
    return Rectangle(x, y)


def _range(lines: Floats, run: Place) -> Range:
    first, last = run
    return Range(float(lines[first]), float(lines[last]), first == 0, last == len(lines) - 1)


def _rounded(factor: Factor, found: Range, keep: float | None) -> Range:
    """Return a range with ends that a person would write down; one of listed values stays as it is."""
    if factor.levels or found.low == found.high:
        return found
    low, high = rounded_inward(
        found.low, found.high, lambda value: float(factor.share(np.array(value))), keep=keep, whole=factor.whole
    )
    return Range(low, high, found.open_low, found.open_high)


def _middle(factor: Factor, found: Range) -> float:
    """Return a possible value in the middle of a range, on the scale of the factor."""
    if factor.levels:
        listed = np.array([value for value in factor.levels if found.low <= value <= found.high])
        return float(np.sort(listed)[len(listed) // 2])
    middle = math.sqrt(found.low * found.high) if factor.scale == "log" else (found.low + found.high) / 2.0
    return float(round(middle)) if factor.whole else middle


def _check(
    model: Model, conditions: tuple[Condition, ...], over: tuple[str, str] | None, held: Mapping[str, float],
    level: float, confidence: float, grid: int,
) -> tuple[int, int]:  # fmt: skip
    """Return the places of the two factors; refuse what cannot be studied, all at once."""
    paths = [factor.path for factor in model.factors]
    asked = list(paths if over is None else over)
    problems = [unknown("factor", path, paths) for path in [*asked, *held] if path not in paths]
    if len(asked) != 2:
        got = ", ".join(asked) or "none"
        problems.append(Problem("a design space is of two factors", got=got, expected="two, such as --vary twice"))
    elif asked[0] == asked[1]:
        problems.append(Problem("both factors are the same", asked[0], expected="two different paths"))
    problems += [
        Problem("is varied, so that it cannot be held as well", path, expected="one of both")
        for path in held if path in asked
    ]  # fmt: skip
    for factor in model.factors:
        if factor.path in asked and factor.choices:
            problems.append(Problem("has no order, which a range needs", factor.path, expected="a factor of numbers"))
        elif factor.path in asked and len(np.unique(factor.grid(2))) < 2:
            problems.append(Problem("has one value only", factor.path, expected="two or more"))
    problems += _off(model, conditions, level, confidence, grid)
    if problems:
        raise UsageError(problems)
    if grid > MOST_LINES:
        raise LimitError(Problem("this grid is too fine", got=f"{grid:,} lines", expected=f"at most {MOST_LINES:,}"))
    return paths.index(asked[0]), paths.index(asked[1])


def _off(model: Model, conditions: tuple[Condition, ...], level: float, confidence: float, grid: int) -> list[Problem]:
    """Return what is wrong with what is asked for."""
    known = [response.name for response in model.responses]
    problems = [unknown("response", one.response, known) for one in conditions if one.response not in known]
    if not conditions:
        problems.append(Problem("nothing is limited, so that all points are inside", expected="one condition or more"))
    for what, value in (("level", level), ("confidence", confidence)):
        if not 0.0 < value < 1.0:
            problems.append(Problem(f"the {what} is a probability", got=f"{value:g}", expected="above 0, below 1"))
    if grid < 2:
        problems.append(Problem("a grid needs two lines or more", got=f"{grid}", expected="2 or more"))
    return problems
