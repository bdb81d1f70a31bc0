"""The front of a scenario: settings of its factors that are not beaten in every objective by others.

Every point that was asked is kept, and the front is what none of them dominates. As the best of many noisy answers
look better than they are, the points of the front are asked once more, on other draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exosim.errors import LimitError, Problem, UsageError, unknown
from exosim.frames import Frame, Framed
from exosim.limits import LARGEST_SEED
from exosim.study import front_tables, front_words
from exosim.study.answers import Asked, Of, Response, needed
from exosim.study.archive import Archive, allowed, costs_of, violations_of
from exosim.study.crew import crew
from exosim.study.decisions import all_points, as_settings, shares_of, size
from exosim.study.designs import MOST_POINTS
from exosim.study.evolution import Ended, evolve
from exosim.study.factor import Factor, Floats
from exosim.study.front_reading import read_front
from exosim.study.model import Model
from exosim.study.objectives import Known, Limit, Objective, guarded, unit_of
from exosim.study.pareto import Box, Places, box_of, dominates, knee, nondominated
from exosim.study.plan import Plan
from exosim.study.pymoo_parts import part
from exosim.study.respond import Progress, respond

POPULATION, GENERATIONS = 40, 50
MOST_OBJECTIVES = 4
_OTHER_DRAWS = 0x6F74686572


@dataclass(frozen=True)
class Base:
    """Where the scenario stands.

    Attributes
    ----------
    point, values : shape (factors,) and (questions,)
    inside : whether the search may have it: it lies within the ranges, at a level that a factor takes
    failed : why it is not possible, if it is not
    """

    point: Floats
    values: Floats
    inside: bool
    failed: str | None = None


@dataclass(frozen=True)
class Fresh:
    """The front and the base asked on other draws: values of shape (questions, points), the base last."""

    seed: int
    values: Floats


@dataclass(frozen=True)
class Front(Framed):
    """What a search for the best settings found; made by :func:`front`.

    Attributes
    ----------
    name, hash, seed : of the scenario, and of the search
    factors, responses, draws : of the model
    objectives, limits, also : what was asked for, and what is told of each point besides
    population, generations : of the search, as it was allowed
    ended : why it ended
    points, values, generation : of every point that was asked: (points, factors), (questions, points), (points,)
    impossible : why a point is not possible, by its number from 0
    base : where the scenario stands
    front : places of the points that no other dominates, the best in the first objective first
    hypervolume : after each generation, as a share of the box from the ideal point to the reference point
    fresh : the same on other draws; None where the model offers none
    """

    name: str
    hash: str
    seed: int
    factors: tuple[Factor, ...]
    responses: tuple[Response, ...]
    draws: int
    objectives: tuple[Objective, ...]
    limits: tuple[Limit, ...]
    also: tuple[Asked, ...]
    population: int
    generations: int
    ended: Ended
    points: Floats = field(repr=False)
    values: Floats = field(repr=False)
    generation: NDArray[np.int64] = field(repr=False)
    impossible: Mapping[int, str] = field(repr=False)
    base: Base
    front: Places = field(repr=False)
    hypervolume: Floats = field(repr=False)
    fresh: Fresh | None = field(repr=False, default=None)

    @cached_property
    def questions(self) -> tuple[Asked, ...]:
        """What was asked at each point; the rows of the values."""
        return questions_of(self.objectives, self.limits, self.also)

    @cached_property
    def costs(self) -> Floats:
        """The objectives of every point, turned so that less is better, shape (points, objectives)."""
        return costs_of(self.values, self.questions, self.objectives)

    @cached_property
    def violations(self) -> Floats:
        """By how much every point breaks each limit, shape (points, limits)."""
        return violations_of(self.values, self.questions, self.limits)

    @cached_property
    def allowed(self) -> NDArray[np.bool_]:
        """Which points have every value and meet every limit, shape (points,)."""
        return allowed(self.costs, self.violations)

    @cached_property
    def box(self) -> Box | None:
        """Between which costs the front lies; None where it is empty."""
        return box_of(self.costs[self.front]) if len(self.front) else None

    @cached_property
    def knee(self) -> tuple[int, float] | None:
        """The point of the front where giving way in one objective stops to pay in another: its row, and distance."""
        return knee(self.costs[self.front]) if len(self.front) > len(self.objectives) else None

    @cached_property
    def base_costs(self) -> Floats:
        """The objectives of the base, turned so that less is better, shape (objectives,)."""
        return costs_of(self.base.values[:, None], self.questions, self.objectives).ravel()

    @cached_property
    def base_allowed(self) -> bool:
        """Whether the base has every value and meets every limit."""
        broken = violations_of(self.base.values[:, None], self.questions, self.limits)
        return bool(allowed(self.base_costs[None], broken)[0])

    @cached_property
    def beats_base(self) -> NDArray[np.bool_]:
        """Which rows of the front are better than the base in an objective and worse in none, shape (rows,)."""
        mine = self.costs[self.front]
        return np.array([bool(dominates(row, self.base_costs)) for row in mine], dtype=bool)

    @cached_property
    def gains(self) -> Floats:
        """By how much each row of the front is better than the base, in units of the objectives; less than 0: worse."""
        return np.asarray(self.base_costs - self.costs[self.front])

    @cached_property
    def fresh_costs(self) -> Floats | None:
        """The objectives of the front on other draws, turned so that less is better, the base last."""
        return None if self.fresh is None else costs_of(self.fresh.values, self.questions, self.objectives)

    @cached_property
    def stands(self) -> NDArray[np.bool_] | None:
        """Which rows of the front meet every limit on other draws, too, and are not dominated by others of it."""
        if self.fresh is None or self.fresh_costs is None:
            return None
        mine = self.fresh_costs[:-1]
        good = allowed(mine, violations_of(self.fresh.values[:, :-1], self.questions, self.limits))
        found = np.zeros(len(mine), dtype=bool)
        rows = np.flatnonzero(good)
        found[rows[nondominated(mine[rows])]] = True
        return found

    def unit(self, asked: Asked) -> str:
        """Return the unit of a question."""
        return unit_of(asked, self.responses)

    @property
    def answer(self) -> str:
        """What was found, in one sentence or two."""
        return front_words.answer(self)

    def remarks(self) -> list[str]:
        """Return what a reader must know, in sentences."""
        return list(front_words.remarks(self))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.front/1``: no time, path or machine, no NaN."""
        return front_tables.document(self)

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        return {name: lambda make=make: make(self) for name, make in front_tables.FRAMES.items()}  # type: ignore[misc]

    def __str__(self) -> str:
        return f"{self.name or 'front'}: {self.answer}"


def ask(plan: Plan, *, jobs: int | Executor = 1, progress: Progress | None = None, keep_going: bool = True) -> Front:
    """Return the front that a plan asks for; points that are not possible are told, never an error.

    Raises
    ------
    UsageError
        when nothing is moved, an objective or a limit cannot be read, or the extra ``study`` is not installed.
    """
    plan.needing()
    objectives, limits = read_front(plan.objectives, plan.conditions, plan.known, plan.probability)
    also = plan.questions() if plan.responses else ()
    model = plan.model(needed(questions_of(objectives, limits, also)))
    return front(
        model, objectives, limits, also, population=plan.population or POPULATION,
        generations=plan.generations or GENERATIONS, seed=plan.seed, name=plan.scenario.name, hash=plan.scenario.hash,
        jobs=jobs, progress=progress,
    )  # fmt: skip


def ahead(plan: Plan) -> str:
    """Return how much will be asked, in words; what is wrong is told before.

    Raises
    ------
    UsageError
        when nothing is moved, or an objective or a limit cannot be read.
    """
    plan.needing()
    read_front(plan.objectives, plan.conditions, plan.known, plan.probability)
    population, generations = plan.population or POPULATION, plan.generations or GENERATIONS
    most = budget(as_settings(plan.factors), population, generations)
    how = f"{population:,} x {generations:,}" if most == population * generations else "all that the factors have"
    return f"{most:,} points at most ({how}), and the front once more on other draws"


def questions_of(
    objectives: Sequence[Objective], limits: Sequence[Limit], also: Sequence[Asked] = ()
) -> tuple[Asked, ...]:
    """Return what is asked at each point, each once: objectives, limits, their draws with a value, and what else."""
    asked = [*(one.asked for one in objectives), *(one.asked for one in limits)]
    known = [Known(one.response) for one in asked if isinstance(one, Of)]
    return tuple(dict.fromkeys([*asked, *known, *also]))


def budget(factors: Sequence[Factor], population: int = POPULATION, generations: int = GENERATIONS) -> int:
    """Return how many points a search may ask for; where there are no more than that in all, it asks for those."""
    return min(population * generations, size(factors) or population * generations)


def front(
    model: Model,
    objectives: Sequence[Objective],
    limits: Sequence[Limit] = (),
    also: Sequence[Asked] = (),
    *,
    population: int = POPULATION,
    generations: int = GENERATIONS,
    seed: int = 1,
    name: str = "",
    hash: str = "",
    fresh: bool = True,
    jobs: int | Executor = 1,
    progress: Progress | None = None,
) -> Front:
    """Search for the settings of the factors that are not beaten in every objective by others.

    NSGA-II proposes generations of points; each is one call of the model. Points that fail, lack a value or break a
    limit are not allowed. It ends when the generations are spent, or the hypervolume of the front has grown by less
    than 0.1 % over 10 of them. Where all factors together have no more points than the budget, all are asked.

    Parameters
    ----------
    objectives : two to four; a draw without a value counts as worse than any other
    limits : what every point of the front must meet
    also : what is told of each point besides
    population, generations : points of a generation, and how many of them at most
    seed : of the search
    name, hash : of the scenario
    fresh : whether the front is asked once more on other draws, if the model offers ``with_seed(seed)``
    jobs : processes, or an executor; changes speed, never a bit of an answer
    progress : called with (points done, points in all)

    Raises
    ------
    UsageError
        when the extra ``study`` is not installed, or a number or an objective is off.
    LimitError
        when the budget is too large.
    ModelError
        when none of the first points is possible.
    """
    _check(model, objectives, questions_of(objectives, limits, also), population, generations, seed)
    part("algorithms.moo.nsga2")
    objectives, limits = guarded(objectives, limits)
    questions, ranges = questions_of(objectives, limits, also), as_settings(model.factors)
    with crew(jobs) as hands:
        total = budget(ranges, population, generations)
        archive = Archive(model, questions, objectives, limits, hands, progress, total)
        ended = _search(archive, model, ranges, len(objectives), population, generations, seed)
        base = _base(archive, model, ranges, questions, hands)
        places = archive.fronts[-1]
        places = places[np.lexsort(costs_of(archive.values[:, places], questions, objectives).T[::-1])]
        again = _again(archive, model, places, base, questions, seed, hands, progress) if fresh else None
    return Front(
        name, hash, seed, model.factors, model.responses, model.draws, tuple(objectives), tuple(limits), tuple(also),
        population, generations, ended, archive.points, archive.values, archive.generation, archive.impossible, base,
        places, archive.trace(), again,
    )  # fmt: skip


def _check(
    model: Model, objectives: Sequence[Objective], questions: Sequence[Asked], population: int, generations: int,
    seed: int,
) -> None:  # fmt: skip
    """Refuse, all at once, what no search can begin with."""
    problems = []
    if not 2 <= len(objectives) <= MOST_OBJECTIVES:
        expected = f"2 to {MOST_OBJECTIVES}; what is best in one alone is a question of target"
        problems.append(Problem("a front is one of several objectives", got=str(len(objectives)), expected=expected))
    labels = [one.asked.label for one in objectives]
    problems += [
        Problem(f"{label} is an objective twice") for label in dict.fromkeys(labels) if labels.count(label) > 1
    ]
    known = [response.name for response in model.responses]
    missing = dict.fromkeys(name for one in questions for name in one.needs if name not in known)
    problems += [unknown("response", name, known) for name in missing]
    if not model.factors:
        problems.append(Problem("nothing is moved", expected="at least one factor"))
    if population < 4 or generations < 1 or not 0 <= seed <= LARGEST_SEED:
        got = f"population {population}, {generations} generations, seed {seed}"
        problems.append(Problem("a search needs 4 points and 1 generation, and a seed from 0 on", got=got))
    if problems:
        raise UsageError(problems)
    if population * generations > MOST_POINTS:
        got = f"{population:,} x {generations:,} = {population * generations:,} points"
        raise LimitError(Problem("this is more than a search may ask for", got=got, expected=f"{MOST_POINTS:,}"))


def _search(
    archive: Archive, model: Model, ranges: Sequence[Factor], objectives: int, population: int, generations: int,
    seed: int,
) -> Ended:  # fmt: skip
    if budget(ranges, population, generations) == size(ranges):
        archive.judge(all_points(ranges) + 0.0)
        return "whole"
    base = model.base() + 0.0
    return evolve(
        ranges, objectives, archive.judge, population=population, generations=generations, seed=seed,
        first=None if shares_of(ranges, base) is None else base, enough=archive.resting,
    )  # fmt: skip


def _base(
    archive: Archive, model: Model, ranges: Sequence[Factor], questions: Sequence[Asked], jobs: int | Executor
) -> Base:
    """Return where the scenario stands, from the archive where it was asked there."""
    point = model.base() + 0.0
    inside = shares_of(ranges, point) is not None
    same = np.flatnonzero((archive.points == point).all(axis=1))
    if same.size:
        place = int(same[0])
        return Base(point, archive.values[:, place], inside, archive.impossible.get(place))
    answers = respond(model, point[None], questions, jobs=jobs, keep_going=True)
    return Base(point, answers.values[:, 0], inside, answers.failed.get(0))


def _again(
    archive: Archive, model: Model, places: Places, base: Base, questions: Sequence[Asked], seed: int,
    jobs: int | Executor, progress: Progress | None,
) -> Fresh | None:  # fmt: skip
    """Ask the front and the base on other draws; None where the model has none."""
    with_seed = getattr(model, "with_seed", None)
    if with_seed is None or not places.size:
        return None
    high, low = np.random.SeedSequence([seed, _OTHER_DRAWS]).generate_state(2)
    other = int(high) << 31 | int(low) >> 1
    done = len(archive.points)

    def told(more: int, of: int) -> None:
        if progress is not None:
            progress(done + more, done + of)

    points = np.concatenate([archive.points[places], base.point[None]])
    answers = respond(with_seed(other), points, questions, jobs=jobs, progress=told, keep_going=True)
    return Fresh(other, answers.values)
