"""A sweep: the responses at the points of a design, as statistics over the draws, and what each factor does alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exosim.errors import Problem, UsageError, unknown
from exosim.frames import Column, Frame, Framed
from exosim.study.answers import Asked, Of, Response, Valued
from exosim.study.designs import METHODS, Method, grid, latin_hypercube, sobol
from exosim.study.documents import factor_rows, head, known, listed, response_rows
from exosim.study.effects import Effects, effects, points_of
from exosim.study.factor import Factor, Floats
from exosim.study.model import Model
from exosim.study.plan import Plan
from exosim.study.questions import is_share
from exosim.study.respond import Progress, respond

STATISTICS = ("mean", "sd", "p5", "median", "p95")
MOST_POINTS_OF_DOCUMENT = 20_000
"""The tables hold every point; a document that is longer serves nobody."""


@dataclass(frozen=True)
class Sweep(Framed):
    """Statistics of every response at every point of a design.

    Attributes
    ----------
    name, hash, seed : of what was studied
    method : how the points were chosen
    factors, responses, draws : of the model
    statistics : of each response over the draws: mean, sd, p5, median, p95, and any others that were asked for
    asked : the statistic of each response that counts, in the order of the responses
    base : where the scenario stands, shape (factors,)
    points : shape (points, factors)
    values : shape (responses, statistics, points); NaN at a point that failed
    valued : shape (responses, points): on how many draws a response has a value
    failed : why a point is not possible, by its number from 0
    effects : the benchmark table; None where it was not asked for
    """

    name: str
    hash: str
    seed: int
    method: Method
    factors: tuple[Factor, ...]
    responses: tuple[Response, ...]
    draws: int
    statistics: tuple[str, ...]
    asked: tuple[str, ...]
    base: Floats
    points: Floats
    values: Floats
    valued: NDArray[np.int64]
    failed: Mapping[int, str]
    effects: Effects | None = None

    def of(self, response: str, statistic: str | None = None) -> Floats:
        """Return a statistic of a response at every point, shape (points,); by default the one that counts.

        Raises
        ------
        UsageError
            when there is no such response or statistic.
        """
        names = [one.name for one in self.responses]
        if response not in names:
            raise UsageError(unknown("response", response, names))
        chosen = self.asked[names.index(response)] if statistic is None else statistic
        if chosen not in self.statistics:
            raise UsageError(unknown("statistic", chosen, self.statistics))
        return np.asarray(self.values[names.index(response), self.statistics.index(chosen)])

    def best(self, response: str, statistic: str | None = None) -> int | None:
        """Return the number, from 0, of the point that is best in a response; None where there is no better.

        Only points at which as many draws have a value as at any are compared: a cost per dose has none where nothing
        is released, and what is left would look good.
        """
        found = self.of(response, statistic)
        place = [one.name for one in self.responses].index(response)
        valued = self.valued[place]
        found = np.where(valued == valued.max(initial=0), found, np.nan)
        better = self.responses[place].better
        if better == "neither" or np.isnan(found).all():
            return None
        return int(np.nanargmin(found) if better == "less" else np.nanargmax(found))

    def told(self, point: int) -> dict[str, str]:
        """Return the values of the factors at a point as a person writes them."""
        return {factor.path: factor.told(float(v)) for factor, v in zip(self.factors, self.points[point], strict=True)}

    @property
    def failures(self) -> int:
        """How many points are not possible, those of the benchmark table among them."""
        return len(self.failed) + (0 if self.effects is None else len(self.effects.failed))

    def remarks(self) -> list[str]:
        """Return what a reader must know."""
        told = [self._told_failed()] if self.failures else []
        for place, response in enumerate(self.responses):
            few = (self.valued[place] < self.draws) & ~np.isnan(self.points[:, 0])
            few[list(self.failed)] = False
            if few.any():
                least = int(self.valued[place][few].min())
                told.append(
                    f"{response.name} has no value on some draws of {int(few.sum()):,} points, "
                    f"which are left out there; at least {least:,} of {self.draws:,} have one."
                )
        return [*told, *(self.effects.remarks() if self.effects else ())]

    def _told_failed(self) -> str:
        """Return how many points are not possible, and why the first is not."""
        alone = dict(self.effects.failed) if self.effects else {}
        if not self.failed and not alone:
            return ""
        first = min(self.failed, default=None)
        at, why = next(iter(alone.items())) if first is None else (f"point {first + 1:,}", self.failed[first])
        counted = f"{len(self.failed):,} of {len(self.points):,} points"
        counted += f" and {len(alone)} of the benchmark table" if alone else ""
        verb = "is" if self.failures == 1 else "are"
        return f"{counted} {verb} not possible; the first: {at}: {why.partition(chr(10))[0]}"

    def as_dict(self) -> dict[str, Any]:
        """Return the sweep as a JSON document; of very many points the tables alone hold the values."""
        few = len(self.points) <= MOST_POINTS_OF_DOCUMENT
        return {
            **head("sweep", self),
            "method": self.method,
            "n": len(self.points),
            "factors": factor_rows(self.factors, self.base),
            "responses": [
                {**row, "statistic": one} for row, one in zip(response_rows(self.responses), self.asked, strict=True)
            ],
            "points": {f.path: listed(self.points[:, n].tolist()) for n, f in enumerate(self.factors)} if few else None,
            "values": self._documented() if few else None,
            "best": {r.name: None if (n := self.best(r.name)) is None else n + 1 for r in self.responses},
            "failed": [{"point": n + 1, "at": self.told(n), "why": why} for n, why in sorted(self.failed.items())],
            "benchmark": None if self.effects is None else self.effects.table(),
            "remarks": self.remarks(),
        }

    def _documented(self) -> dict[str, Any]:
        return {
            response.name: {
                **{one: [known(v) for v in self.values[n, s].tolist()] for s, one in enumerate(self.statistics)},
                "n": self.valued[n].tolist(),
            }
            for n, response in enumerate(self.responses)
        }

    def __str__(self) -> str:
        failed = f", {self.failures:,} of them not possible" if self.failures else ""
        return f"sweep of {self.name}: {len(self.points):,} points of {len(self.factors)} factors{failed}"

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        more = {} if self.effects is None else dict(self.effects._frames())
        return {"points": self._points, **more, "failures": self._failures}

    def _points(self) -> Frame:
        columns: dict[str, Column] = {f.path: _column(f, self.points[:, n]) for n, f in enumerate(self.factors)}
        units = {f.path: "times" if f.times else f.unit for f in self.factors}
        for n, response in enumerate(self.responses):
            for s, one in enumerate(self.statistics):
                columns[f"{response.name}.{one}"] = self.values[n, s]
                units[f"{response.name}.{one}"] = response.unit
            columns[f"{response.name}.n"] = self.valued[n]
        columns["possible"] = ~np.isin(np.arange(len(self.points)), list(self.failed))
        about = {"name": self.name, "seed": self.seed, "draws": self.draws, "method": self.method}
        return Frame("point", columns, units, first=1, about=about)

    def _failures(self) -> Frame:
        numbers = sorted(self.failed)
        alone = dict(self.effects.failed) if self.effects else {}
        at = [", ".join(f"{path} = {v}" for path, v in self.told(n).items()) for n in numbers]
        columns: dict[str, Column] = {
            "point": np.array([*(n + 1 for n in numbers), *(0 for _ in alone)], dtype=np.int64),
            "at": [*at, *alone],
            "why": [*(self.failed[n] for n in numbers), *alone.values()],
        }
        return Frame("failure", columns, first=1)


def ask(plan: Plan, *, jobs: int | Executor = 1, progress: Progress | None = None, keep_going: bool = False) -> Sweep:
    """Return what a plan asks.

    Where it names no design, points are a grid if levels are given or every factor lists its values, else a Latin
    hypercube.

    Raises
    ------
    ExosimError
        as :func:`sweep` and :func:`design_of`.
    """
    plan.needing()
    questions = plan.questions()
    model = plan.model([question.response for question in questions])
    stepped = plan.levels is not None or all(factor.levels or factor.choices for factor in plan.factors)
    method = plan.method or ("grid" if stepped and plan.samples is None else "latin_hypercube")
    if method not in METHODS:
        raise UsageError(unknown("design", method, METHODS))
    points = design_of(model, method, points=plan.samples, levels=plan.levels, seed=plan.seed)
    asked = {question.response: question.statistic for question in reversed(questions)}
    return sweep(
        model, points, method=method, asked=asked, name=plan.scenario.name, hash=plan.scenario.hash, seed=plan.seed,
        jobs=jobs, progress=progress, keep_going=keep_going,
    )  # fmt: skip


def design_of(
    model: Model, method: Method, *, points: int | None = None, levels: int | None = None, seed: int = 0
) -> Floats:
    """Return the points of a design, shape (points, factors).

    Parameters
    ----------
    method : ``grid``: every combination of `levels` values of each factor; ``list``: the values that factors list, side
        by side; ``latin_hypercube`` or ``sobol``: `points` spread over the ranges
    points : default: 100 of a Latin hypercube, 128 of Sobol'
    levels : of a grid; default: 5

    Raises
    ------
    UsageError
        when an option does not go with the method, or lists are not of one length.
    LimitError
        when there would be too many points.
    """
    wrong = {"grid": points, "list": points if points is not None else levels}.get(method, levels)
    if wrong is not None:
        option = "levels" if method in ("latin_hypercube", "sobol") or points is None else "points"
        problem = f"a {method.replace('_', ' ')} has no {option}"
        raise UsageError(Problem(problem, got=str(wrong), expected="--levels of a grid, or --points of the others"))
    if method == "grid":
        return grid(model.factors, 5 if levels is None else levels)
    if method == "list":
        return _listed(model.factors)
    if method == "sobol":
        return sobol(model.factors, 128 if points is None else points, seed)
    return latin_hypercube(model.factors, 100 if points is None else points, seed)


def sweep(
    model: Model,
    points: Floats,
    *,
    method: Method = "list",
    asked: Mapping[str, str] | None = None,
    levels: int = 5,
    name: str = "",
    hash: str = "",
    seed: int = 0,
    jobs: int | Executor = 1,
    progress: Progress | None = None,
    keep_going: bool = False,
) -> Sweep:
    """Return what a model answers at the points of a design, and its benchmark table.

    Of each point only its statistics are kept, no draws.

    Parameters
    ----------
    points : shape (points, factors), such as of :func:`design_of`
    method : how they were chosen, as told in the result
    asked : the statistic of each response that counts, by its name; default: its median, of yes or no the mean
    levels : of :func:`exosim.study.effects.effects`; none: no benchmark table
    name, hash, seed : what is studied, as told in the result
    jobs, progress, keep_going : of :func:`exosim.study.respond.respond`

    Raises
    ------
    ExosimError
        when a point is not possible, unless `keep_going`.
    """
    names = [response.name for response in model.responses]
    chosen = tuple((asked or {}).get(one, "mean" if is_share(one) else "median") for one in names)
    statistics = tuple(dict.fromkeys([*STATISTICS, *chosen]))
    questions: list[Asked] = [Of(n, one) for n in names for one in statistics]
    questions += [Valued(n) for n in names]
    alone = points_of(model, levels) if levels else 0
    step = None if progress is None else _of_total(progress, 0, len(points) + alone)
    found = respond(model, points, questions, jobs=jobs, progress=step, keep_going=keep_going)
    table = None
    if levels:
        step = None if progress is None else _of_total(progress, len(points), len(points) + alone)
        table = effects(
            model, by={n: "mean" if one == "mean" else "median" for n, one in zip(names, chosen, strict=True)},
            levels=levels, name=name, hash=hash, seed=seed, jobs=jobs, progress=step,
            keep_going=keep_going,
        )  # fmt: skip
    values, valued = np.split(found.values, [len(names) * len(statistics)])
    return Sweep(
        name, hash, seed, method, model.factors, model.responses, model.draws, statistics, chosen, model.base(),
        found.points, values.reshape(len(names), len(statistics), len(points)),
        np.nan_to_num(valued).astype(np.int64), found.failed, table,
    )  # fmt: skip


def _listed(factors: tuple[Factor, ...]) -> Floats:
    """Return the values that factors list, the first of each together, then the second, and so on."""
    columns = [factor.levels or tuple(map(float, range(len(factor.choices)))) for factor in factors]
    lengths = {factor.path: len(column) for factor, column in zip(factors, columns, strict=True)}
    if len(set(lengths.values())) > 1 or not all(lengths.values()):
        got = ", ".join(f"{path}: {n or 'no'} values" for path, n in lengths.items())
        raise UsageError(Problem("a list needs as many values of each factor", got=got, expected="10, 20, 40 L"))
    return np.array(columns, dtype=np.float64).T


def _column(factor: Factor, values: Floats) -> Column:
    if factor.choices:
        return [str(factor.choices[round(value)]) for value in values.tolist()]
    return values


def _of_total(progress: Progress, done: int, total: int) -> Progress:
    return lambda own, _: progress(done + own, total)
