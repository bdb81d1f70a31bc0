"""The benchmark table of a model: one factor after another is moved over its range, with everything else at the base.

Draw n is the same possible world at every point (common random numbers), so that an effect is a difference within each
draw, and its interval is as narrow as the draws agree about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exosim.frames import Frame, Framed, of_rows
from exosim.study.answers import Response, statistic_of
from exosim.study.documents import factor_rows, head, listed, response_rows
from exosim.study.effect import NO_EFFECT, By, Effect, course_of, elasticity_of, interval_of, paired, span_of
from exosim.study.factor import Factor, Floats
from exosim.study.intervals import Interval
from exosim.study.model import Model
from exosim.study.respond import Progress, respond

STATISTICS = ("p5", "median", "p95", "mean")
"""Of a response at each level of a slice."""
MOST_LEVELS = 9
_STEP = 0.05
_MOST_NUMBERS = 2**24
"""Draws that are held at once, in numbers."""
_COLUMNS = (
    "response", "rank", "factor", "start", "stop", "n", "mean", "mean_low", "mean_high", "median", "median_low",
    "median_high", "relative", "elasticity", "elasticity_low", "elasticity_high", "course", "best", "span", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class Slice:
    """All responses over the range of one factor, everything else at the base.

    Attributes
    ----------
    factor : what is moved
    values : shape (levels,), from low to high
    levels : shape (responses, 4, levels): the statistics ``p5``, ``median``, ``p95`` and ``mean`` over the draws
    """

    factor: Factor
    values: Floats
    levels: Floats


@dataclass(frozen=True)
class Effects(Framed):
    """What each factor does to each response.

    Attributes
    ----------
    name, hash, seed : of what was studied
    factors, responses, draws : of the model
    by : whether the median or the mean of the differences in a response counts, by its name
    base : the point about which factors are moved, shape (factors,)
    at_base : shape (responses, 4): statistics of the responses there
    rows : effects, response by response, the largest first
    slices : one for each factor
    failed : points that are not possible, in words, with the reason
    shares : responses that are 1 or 0 on every draw, such as whether a limit is met
    """

    name: str
    hash: str
    seed: int
    factors: tuple[Factor, ...]
    responses: tuple[Response, ...]
    draws: int
    by: Mapping[str, By]
    base: Floats
    at_base: Floats
    rows: tuple[Effect, ...]
    slices: tuple[Slice, ...]
    failed: Mapping[str, str]
    shares: frozenset[str] = frozenset()

    def of(self, response: str) -> tuple[Effect, ...]:
        """Return the effects on a response, the largest first."""
        return tuple(row for row in self.rows if row.response == response)

    def remarks(self) -> list[str]:
        """Return what a reader must know of the table."""
        unsure = sum(row.course == "noise" for row in self.rows)
        few = [row for row in self.rows if 0 < row.difference.n < self.draws]
        told = [
            f"Effects are {self._kinds()} the difference within each of {self.draws:,} draws, one factor moved at a "
            "time; what factors do together is not in them. Intervals are of 95 %."
        ]
        if any(row.course == "unknown" and row.difference.n for row in self.rows):
            told.append(f"{self.draws} draws are too few for an interval of the median.")
        if unsure:
            told.append(f"{unsure} of {len(self.rows)} effects are noise: their interval holds zero.")
        if few:
            least = min(few, key=lambda row: row.difference.n)
            told.append(
                f"{least.response} has a value at both ends of {least.factor} in {least.difference.n:,} of "
                f"{self.draws:,} draws; the others are left out."
            )
        return told

    def _kinds(self) -> str:
        """Return of what the effects are, with the kind of their intervals."""
        kinds = {"median": "the median (order statistics) of", "mean": "the mean (Student) of"}
        used = {by: [name for name, own in self.by.items() if own == by] for by in kinds}
        if not all(used.values()):
            return next(words for by, words in kinds.items() if used[by])
        return f"{kinds['median']}, for {' and '.join(used['mean'])} {kinds['mean']},"

    def as_dict(self) -> dict[str, Any]:
        """Return the table as a JSON document."""
        return {
            **head("effects", self),
            "factors": factor_rows(self.factors, self.base),
            "responses": response_rows(self.responses),
            **self.table(),
            "remarks": self.remarks(),
        }

    def table(self) -> dict[str, Any]:
        """Return what was found, without what it was found of, as a JSON object."""
        return {
            "by": dict(self.by),
            "at_base": {
                response.name: dict(zip(STATISTICS, listed(found), strict=True))
                for response, found in zip(self.responses, self.at_base.tolist(), strict=True)
            },
            "effects": [row.as_dict() for row in self.rows],
            "failed": [{"point": point, "why": why} for point, why in self.failed.items()],
        }

    def __str__(self) -> str:
        first = {r.name: next(iter(self.of(r.name)), None) for r in self.responses}
        told = (f"{name}: {row.factor}" for name, row in first.items() if row and row.course not in NO_EFFECT)
        return f"largest effects in {self.name}: {', '.join(told) or 'none'}"

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        return {"effects": self._effects, "slices": self._levels}

    def _effects(self) -> Frame:
        told = {factor.path: factor.told for factor in self.factors}
        rows = [
            (
                row.response, row.rank, row.factor, told[row.factor](row.start), told[row.factor](row.stop),
                row.difference.n, *row.mean.numbers, *row.median.numbers, row.relative, *row.elasticity.numbers,
                row.course, None if row.best is None else told[row.factor](row.best), row.span, row.reason,
            )
            for row in self.rows
        ]  # fmt: skip
        return of_rows("effect", _COLUMNS, rows, first=1, about={"seed": self.seed, "draws": self.draws})

    def _levels(self) -> Frame:
        rows = [
            (one.factor.path, value, one.factor.told(value), response.name, *one.levels[place, :, level].tolist())
            for one in self.slices
            for place, response in enumerate(self.responses)
            for level, value in enumerate(one.values.tolist())
        ]
        return of_rows("level", ("factor", "value", "told", "response", *STATISTICS), rows, first=1)


@dataclass(frozen=True)
class _Plan:
    """Points of one factor: its levels, then one below and one above the base where there is an elasticity."""

    place: int
    factor: Factor
    values: Floats
    beside: tuple[float, float] | None

    def points(self, base: Floats) -> Floats:
        column = np.concatenate([self.values, self.beside or ()])
        found = np.tile(base, (len(column), 1))
        found[:, self.place] = column
        return found

    def __len__(self) -> int:
        return len(self.values) + (2 if self.beside else 0)


def effects(
    model: Model,
    *,
    by: By | Mapping[str, By] = "median",
    levels: int = 5,
    name: str = "",
    hash: str = "",
    seed: int = 0,
    jobs: int | Executor = 1,
    progress: Progress | None = None,
    keep_going: bool = False,
) -> Effects:
    """Return what each factor does to each response over its range.

    Parameters
    ----------
    by : whether the median or the mean of the differences within each draw counts; of each response, or of all
    levels : values of each factor, its ends among them; one that lists its values has those, up to nine
    name, hash, seed : what is studied, as told in the result
    jobs, progress, keep_going : of :func:`exosim.study.respond.respond`

    Raises
    ------
    ExosimError
        when a point is not possible, unless `keep_going`; then its effects have a reason instead of numbers.
    """
    base = model.base()
    each: dict[str, By] = {r.name: by if isinstance(by, str) else by[r.name] for r in model.responses}
    plans = [
        _Plan(place, factor, levels_of(factor, levels), beside(factor, float(base[place])))
        for place, factor in enumerate(model.factors)
    ]
    rows: list[Effect] = []
    slices: list[Slice] = []
    failed: dict[str, str] = {}
    asked = 1 + sum(map(len, plans))
    first = respond(model, base[None, :], (), jobs=jobs, keep_going=keep_going, keep=True)
    failed = {"base": first.failed[0]} if first.failed else {}
    at_base = _statistics(_sample(first.sample)[0])
    done, other = 1, _no_shares(_sample(first.sample))
    for group in _groups(plans, len(model.responses) * model.draws):
        points = np.concatenate([plan.points(base) for plan in group])
        step = None if progress is None else _shifted(progress, done, asked)
        found = respond(model, points, (), jobs=jobs, progress=step, keep_going=keep_going, keep=True)
        done += len(points)
        other |= _no_shares(_sample(found.sample))
        for plan, sample, why in _split(group, _sample(found.sample), found.failed):
            failed |= why
            slices.append(Slice(plan.factor, plan.values, _at_levels(sample[: len(plan.values)])))
            rows += [
                _effect(plan, r, sample[:, n, :], at_base[n], each[r.name], why) for n, r in enumerate(model.responses)
            ]
    shares = frozenset(response.name for response, no in zip(model.responses, other, strict=True) if not no)
    return Effects(
        name, hash, seed, model.factors, model.responses, model.draws, each, base, at_base,
        _ranked(rows, model.responses), tuple(slices), failed, shares,
    )  # fmt: skip


def points_of(model: Model, levels: int = 5) -> int:
    """Return how many points :func:`effects` asks for."""
    both = zip(model.factors, model.base().tolist(), strict=True)
    return 1 + sum(len(levels_of(f, levels)) + (2 if beside(f, base) else 0) for f, base in both)


def levels_of(factor: Factor, count: int) -> Floats:
    """Return the values of a factor from its low to its high end; of many that are listed, nine with both ends."""
    if factor.choices:
        return np.arange(float(len(factor.choices)))
    if factor.levels:
        listed_values = np.array(sorted(factor.levels))
        places = np.linspace(0, len(listed_values) - 1, min(len(listed_values), MOST_LEVELS)).round().astype(np.intp)
        return np.asarray(listed_values[places])
    if factor.distribution is not None:
        inner = factor.at(np.linspace(0.05, 0.95, max(count, 2)))[1:-1]
        return np.array([factor.low, *inner.tolist(), factor.high])
    return factor.grid(max(count, 2))


def beside(factor: Factor, base: float) -> tuple[float, float] | None:
    """Return the values about the base between which an elasticity is taken; None where there is none.

    They are 5 % below and above it, but within the range; the neighbors of a whole number or of a listed value.
    """
    if factor.choices or not base > 0.0:
        return None
    if factor.levels:
        listed_values = np.array(sorted({*factor.levels, base}))
        place = int(np.searchsorted(listed_values, base))
        low, high = listed_values[max(place - 1, 0)], listed_values[min(place + 1, len(listed_values) - 1)]
    else:
        step = max(1.0, round(_STEP * base)) if factor.whole else _STEP * base
        low, high = max(base - step, min(factor.low, base)), min(base + step, max(factor.high, base))
    return (float(low), float(high)) if 0.0 < low < high else None


def _groups(plans: Sequence[_Plan], numbers: int) -> Iterator[list[_Plan]]:
    """Yield factors whose draws are held together."""
    group: list[_Plan] = []
    for plan in plans:
        if group and (sum(map(len, group)) + len(plan)) * numbers > _MOST_NUMBERS:
            yield group
            group = []
        group.append(plan)
    if group:
        yield group


def _split(
    group: Sequence[_Plan], sample: Floats, failed: Mapping[int, str]
) -> Iterator[tuple[_Plan, Floats, dict[str, str]]]:
    """Yield each factor with its own draws, and with its points that failed, in words."""
    at = 0
    for plan in group:
        column = [*plan.values.tolist(), *(plan.beside or ())]
        why = {
            f"{plan.factor.path} = {plan.factor.told(column[number - at])}": reason
            for number, reason in failed.items()
            if at <= number < at + len(plan)
        }
        yield plan, sample[at : at + len(plan)], why
        at += len(plan)


def _effect(plan: _Plan, response: Response, sample: Floats, at_base: Floats, by: By, why: Mapping[str, str]) -> Effect:
    """Return the effect of a factor on a response from draws of shape (points, draws)."""
    levels, values = list(sample[: len(plan.values)]), plan.values
    gain = paired(levels[0], levels[-1])
    mean, median = interval_of(gain, "mean"), interval_of(gain, "median")
    chosen, middle = (median if by == "median" else mean).value, at_base[STATISTICS.index(by)]
    course = course_of(levels, by, ordered=not plan.factor.choices)
    ends = Interval(0)
    if plan.beside:
        ends = elasticity_of(sample[-2], sample[-1], plan.beside[1] / plan.beside[0], by)
    reason = None if gain.size else next(iter(why.values()), "no draw has a value at both ends")
    return Effect(
        plan.factor.path, response.name, response.unit, float(values[0]), float(values[-1]), mean, median, by,
        None if chosen is None or not middle else chosen / abs(float(middle)), ends, course,
        None if course in NO_EFFECT else _best(levels, values, response, by), span_of(levels, by), reason=reason,
    )  # fmt: skip


def _best(levels: Sequence[Floats], values: Floats, response: Response, by: By) -> float | None:
    found, valued = statistic_of(np.stack(levels), by), np.isfinite(levels).sum(axis=1)
    found = np.where(valued == valued.max(), found, np.nan)  # what has no value on some draws is no bargain
    if response.better == "neither" or np.isnan(found).all():
        return None
    return float(values[np.nanargmin(found) if response.better == "less" else np.nanargmax(found)])


def _ranked(rows: Sequence[Effect], responses: Sequence[Response]) -> tuple[Effect, ...]:
    ranked: list[Effect] = []
    for response in responses:
        own = [row for row in rows if row.response == response.name]
        own.sort(key=lambda row: (row.course in NO_EFFECT, -row.span))
        ranked += [replace(row, rank=rank) for rank, row in enumerate(own, start=1)]
    return tuple(ranked)


def _statistics(draws: Floats) -> Floats:
    """Return the statistics over the last axis as a new last axis."""
    return np.stack([statistic_of(draws, one) for one in STATISTICS], axis=-1)


def _at_levels(sample: Floats) -> Floats:
    """Return the statistics, shape (responses, 4, levels), of draws of shape (levels, responses, draws)."""
    return np.moveaxis(_statistics(sample), 0, -1)


def _no_shares(sample: Floats) -> NDArray[np.bool_]:
    """Return which responses are something else than 1 or 0 on a draw, of draws of shape (points, responses, draws)."""
    return np.asarray((np.isfinite(sample) & (sample != 0.0) & (sample != 1.0)).any(axis=(0, 2)))


def _sample(found: Floats | None) -> Floats:
    if found is None:
        raise TypeError("the draws were not kept")
    return found


def _shifted(progress: Progress, done: int, asked: int) -> Progress:
    return lambda own, _: progress(done + own, asked)
