"""Which factors an answer hangs on: one at a time (tornado), by screening (Morris), by shares of variance (Sobol')."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from exosim.errors import Problem, UsageError, unknown
from exosim.frames import Frame, Framed
from exosim.study import morris, sobol_indices, tornado
from exosim.study.answers import Asked, Of
from exosim.study.factor import Factor
from exosim.study.model import Model, response_of
from exosim.study.objectives import Known
from exosim.study.plan import Plan
from exosim.study.ranked import Ranked
from exosim.study.reading import uncertain_factors
from exosim.study.respond import Answers, Progress, respond
from exosim.study.sensitivity_tables import as_document, factor_frame, point_frame
from exosim.study.sensitivity_words import listed, remarks_of

Method: TypeAlias = Literal["one_at_a_time", "morris", "sobol"]
METHODS: tuple[Method, ...] = get_args(Method)
DRAWS: Mapping[str, int] = {"one_at_a_time": 1000, "morris": 100, "sobol": 100}
"""Draws of each point in the kernel where nobody says how many: of few points many."""


@dataclass(frozen=True)
class Sensitivity(Framed):
    """How the answers to some questions hang on some factors.

    Attributes
    ----------
    name, hash, seed : what was studied, and of the random values and the design
    method : ``one_at_a_time``, ``morris`` or ``sobol``
    factors : what was moved
    asked, units : the questions, with the units of their answers
    draws : of each point
    samples : trajectories or rows of a matrix; 0 one at a time
    wanted : samples that were asked for
    levels : of a screening; else 0
    answers : points, answers and points that failed
    found : the numbers of each question
    valued : least share of the draws with a value at any point that is possible, of responses that lack some
    """

    name: str
    hash: str
    seed: int
    method: Method
    factors: tuple[Factor, ...]
    asked: tuple[Asked, ...]
    units: tuple[str, ...]
    draws: int
    samples: int
    wanted: int
    levels: int
    answers: Answers
    found: tuple[Ranked, ...]
    valued: Mapping[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> Mapping[int, str]:
        """Why points were not possible, by their numbers from 0."""
        return self.answers.failed

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.sensitivity/1``: no time, path or machine, no NaN."""
        return as_document(self)

    def remarks(self) -> list[str]:
        """Return what a reader must know: what is noise, what has no answer, how far the intervals go."""
        return remarks_of(self)

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        return {"factors": lambda: factor_frame(self), "points": lambda: point_frame(self)}

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.method.replace('_', ' ')}, {len(self.answers.points):,} points"]
        for asked, ranked in zip(self.asked, self.found, strict=True):
            leaders = listed([self.factors[place].path for place in ranked.leaders], 3)
            lines.append(f"  {asked.label}: {ranked.reason or leaders or 'nothing but noise'}")
        return "\n".join(lines)


def sensitivity(
    model: Model,
    asked: Sequence[Asked],
    method: str = "one_at_a_time",
    *,
    samples: int | None = None,
    levels: int | None = None,
    seed: int = 0,
    name: str = "model",
    hash: str = "",
    jobs: int | Executor = 1,
    progress: Progress | None = None,
    keep_going: bool = False,
) -> Sensitivity:
    """Return how answers hang on the factors of a model.

    Parameters
    ----------
    method : ``one_at_a_time``: each factor at its ends, all others at the base; ``morris``: elementary effects on
        trajectories; ``sobol``: first-order and total indices
    samples : trajectories (default 64), or rows of a matrix (default 1024, rounded up to a power of two); none for one
        at a time
    levels : of a screening, an even number; default 4
    seed : of the design
    name, hash : of what is studied
    jobs, progress, keep_going : as of :func:`exosim.study.respond.respond`

    Raises
    ------
    UsageError
        when there is no such method, nothing is moved or asked, or a number does not belong to the method.
    LimitError
        when there would be too many points.
    ExosimError
        of the first point that is not possible, unless `keep_going`.
    """
    _check(model, asked, method, samples, levels)
    told = Sensitivity(
        name, hash, seed, method, model.factors, tuple(asked),  # type: ignore[arg-type]
        tuple(_unit_of(one, model) for one in asked), model.draws, 0, samples or 0, 0,
        Answers(np.empty((0, len(model.factors))), np.empty((len(asked), 0)), {}), (),
    )  # fmt: skip

    valued = [Known(name) for name in dict.fromkeys(one.response for one in asked if isinstance(one, Of))]
    least: dict[str, float] = {}

    def answers_at(points: np.ndarray[Any, Any], keep: bool = False) -> Answers:
        all_asked = [*asked, *valued]
        found = respond(model, points, all_asked, jobs=jobs, progress=progress, keep_going=keep_going, keep=keep)
        least.update(_lacking(valued, found.values[len(asked) :]))
        values = found.values[: len(asked)]
        return replace(found, values=np.where(np.isfinite(values), values, np.nan))

    if method == "one_at_a_time":
        told = _one_at_a_time(told, model, answers_at)
    else:
        told = _morris(told, levels, answers_at) if method == "morris" else _sobol(told, answers_at)
    return replace(told, valued=least)


def _lacking(valued: Sequence[Known], shares: np.ndarray[Any, Any]) -> dict[str, float]:
    """Return the least share of the draws with a value, by response, where it is below 1 and above 0."""
    some = np.where(shares > 0.0, shares, 1.0)  # without any value there is no answer, which is told already
    least = np.nanmin(some, axis=1, initial=1.0)
    return {one.response: float(share) for one, share in zip(valued, least, strict=True) if share < 1.0}


def ask(plan: Plan, *, jobs: int | Executor, progress: Progress | None, keep_going: bool) -> Sensitivity:
    """Return the sensitivity that a plan asks for; without factors all that is uncertain is moved, by its distribution.

    Raises
    ------
    UsageError
        when nothing can be moved, or a number is off.
    """
    method = plan.method or "one_at_a_time"
    factors = plan.factors or uncertain_factors(plan.scenario)
    replace(plan, factors=factors).needing()
    asked: tuple[Asked, ...] = plan.questions()
    names = [name for one in asked for name in one.needs]
    model = plan.model(names, factors, DRAWS.get(method))
    return sensitivity(
        model, asked, method, samples=plan.samples, levels=plan.levels, seed=plan.seed, name=plan.scenario.name,
        hash=plan.scenario.hash, jobs=jobs, progress=progress, keep_going=keep_going,
    )  # fmt: skip


def _unit_of(asked: Asked, model: Model) -> str:
    return response_of(model.responses, asked.response).unit if isinstance(asked, Of) else "1"


def _one_at_a_time(told: Sensitivity, model: Model, answers_at: Callable[..., Answers]) -> Sensitivity:
    design = tornado.ends(model)
    answers = answers_at(design.points, keep=True)
    found = tornado.tornado(model, told.asked, design, answers)
    return replace(told, answers=replace(answers, sample=None), found=found)


def _morris(told: Sensitivity, levels: int | None, answers_at: Callable[..., Answers]) -> Sensitivity:
    count, levels = told.wanted or morris.TRAJECTORIES, levels or morris.LEVELS
    design = morris.trajectories(told.factors, count, levels, told.seed)
    answers = answers_at(design.points)
    found = tuple(morris.effects(design, values) for values in answers.values)
    return replace(told, samples=count, levels=levels, answers=answers, found=found)


def _sobol(told: Sensitivity, answers_at: Callable[..., Answers]) -> Sensitivity:
    samples = sobol_indices.rounded_up(told.wanted or sobol_indices.SAMPLES)
    answers = answers_at(sobol_indices.crossed_points(told.factors, samples, told.seed))
    found = tuple(sobol_indices.indices(values, len(told.factors)) for values in answers.values)
    return replace(told, samples=samples, answers=answers, found=found)


def _check(model: Model, asked: Sequence[Asked], method: str, samples: int | None, levels: int | None) -> None:
    """Refuse what cannot be done.

    Raises
    ------
    UsageError
        with all that is wrong.
    """
    problems = []
    if method not in METHODS:
        problems.append(unknown("method", method, METHODS))
    if not model.factors:
        problems.append(Problem("a sensitivity moves at least one factor", got="none"))
    if not asked:
        problems.append(Problem("a sensitivity asks at least one question", got="none"))
    if samples is not None and method == "one_at_a_time":
        expected = "--method morris or --method sobol, or no samples"
        problems.append(Problem("one factor at a time takes no samples", got=str(samples), expected=expected))
    elif samples is not None and samples < 1:
        problems.append(Problem("samples are a number above 0", got=str(samples)))
    if levels is not None and method in METHODS and method != "morris":
        problems.append(Problem("only a screening (morris) has levels", got=str(levels)))
    if problems:
        raise UsageError(problems)
