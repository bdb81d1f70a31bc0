"""What must be true for a goal: the smallest changes of chosen factors that reach it, alone and together.

A goal is a probability with which conditions hold together. How large a change is, is told in
:mod:`exosim.study.target_space`; how the smallest is found, in :mod:`exosim.study.target_search`. All points share
their draws, so that an answer is exact for those draws, and is checked on fresh ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from exosim.errors import Problem, UsageError, unknown
from exosim.frames import Frame, Framed
from exosim.limits import LARGEST_SEED
from exosim.study import target_tables as tables
from exosim.study import target_words as words
from exosim.study.answers import Condition, Met, Response
from exosim.study.crew import crew
from exosim.study.factor import Factor, Floats
from exosim.study.iso_surface import FEWEST, MOST, IsoSurface, iso_surface
from exosim.study.kernel_model import KernelModel
from exosim.study.known_points import KnownPoints
from exosim.study.model import Model
from exosim.study.plan import Plan
from exosim.study.respond import respond
from exosim.study.standing import held, standing
from exosim.study.target_answer import Answer, Room, Share, answer_of, questions
from exosim.study.target_plan import MOST_TRIPLED, Moved, Searched, by_promise, pairs_of, promise, search_all
from exosim.study.target_room import rooms
from exosim.study.target_space import Norm, Space, Way, space_of

PROBABILITY = 0.9
EVALUATIONS, FEW_EVALUATIONS = 3000, 200
"""Points that are asked at most, unless another number is given: of the kernel, and of the facility."""
DRAWS = 500
"""Of each point in the kernel."""
_SURFACES, _SHARE, _LEAST = 3, 0.25, 24
"""Maps that are drawn at most; their share of the budget; points below which no factor can be searched."""


@dataclass(frozen=True, eq=False)
class Target(Framed):
    """What must be true for a goal.

    Attributes
    ----------
    name, hash, seed : of what was studied
    responses, draws : of the model
    conditions : that must hold together
    probability : with which
    space : the factors, the base, and how large a change is
    base : the answer without a change
    answers : changes that reach the goal, the smallest first; none where the base does
    misses : sets of factors that do not reach it, with the point that comes nearest, the nearest first
    rooms : where the base reaches it: how far each factor may move
    surfaces : maps of pairs of factors, the most effective first
    profiles : of each factor alone: values, probability and margin, shape (points, 3)
    same, skipped : sets of factors that do no better than a smaller set; that the budget did not allow for
    unfinished : sets whose search ended because its points were spent
    evaluations, asked : points that were allowed, and that were asked
    impossible : how many points were not possible, by reason
    fresh_seed : of the draws on which answers were checked; None where the model has no others
    notes : what is special about what was studied
    yes_or_no : whether margins are shares of the draws, since a response is only yes or no; else in units of the limits
    """

    name: str
    hash: str
    seed: int
    responses: tuple[Response, ...]
    draws: int
    conditions: tuple[Condition, ...]
    probability: float
    space: Space
    base: Answer
    answers: tuple[Answer, ...]
    misses: tuple[Answer, ...]
    rooms: tuple[Room, ...]
    surfaces: tuple[IsoSurface, ...]
    profiles: tuple[Floats, ...]
    same: tuple[Moved, ...]
    skipped: tuple[Moved, ...]
    unfinished: tuple[Moved, ...]
    evaluations: int
    asked: int
    impossible: Mapping[str, int] = field(default_factory=dict)
    fresh_seed: int | None = None
    notes: tuple[str, ...] = ()
    yes_or_no: bool = False

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What may be moved."""
        return self.space.factors

    @property
    def points(self) -> Floats:
        """The points of all answers, shape (answers, factors)."""
        return np.array([answer.point for answer in self.answers]).reshape(-1, len(self.factors))

    @property
    def nearest(self) -> Answer:
        """The point that comes nearest to the goal where nothing reaches it; the base where no change helps."""
        return max((self.base, *self.misses), key=lambda answer: answer.margin)

    def sentences(self) -> list[str]:
        """Return the answer in words."""
        return list(words.sentences(self))

    def remarks(self) -> list[str]:
        """Return what a reader must know."""
        return list(words.remarks(self))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.target/1``: no time, path or machine, no NaN."""
        return tables.document(self)

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        return tables.frames(self)

    def __str__(self) -> str:
        return "\n".join(self.sentences())


def target(
    model: Model,
    conditions: Sequence[Condition],
    *,
    probability: float = PROBABILITY,
    weights: Mapping[str, float] | None = None,
    ways: Mapping[str, Way] | None = None,
    norm: Norm = "euclidean",
    pairs: Sequence[tuple[str, str]] | None = None,
    evaluations: int = EVALUATIONS,
    seed: int = 0,
    name: str = "",
    hash: str = "",
    notes: Sequence[str] = (),
    jobs: int | Executor = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Target:
    """Return what must be true for conditions to hold together with a probability.

    Parameters
    ----------
    model : its base is where changes start
    weights : cost of a change over the whole range, by path of the factor; default: 1
    ways : ``up`` or ``down`` where a factor may be moved in one direction only
    norm : how changes of several factors make one: ``euclidean``, ``sum`` or ``largest``
    pairs : factors of which a map is wanted; default: the most effective ones
    evaluations : points that may be asked; a quarter is for the maps
    seed : of the points of the search, and told as that of the study
    name, hash : of what is studied
    notes : what is special about it, for the remarks
    jobs : processes, or an executor that helps this one; no bit of the answer depends on it
    progress : called with (points done, points allowed)

    Raises
    ------
    UsageError
        when a name is not known, a number is not possible, or the base lies outside a range; all at once.
    """
    _check(model, conditions, probability, pairs or (), evaluations)
    space = space_of(model.factors, model.base(), weights, ways, norm)
    yes_or_no = _says_yes_or_no(model, conditions)
    asked = questions(tuple(conditions), probability, yes_or_no)
    with crew(jobs) as helpers:
        known = KnownPoints(model, space, asked, evaluations, helpers, progress)
        known.spend(1)
        reaches = bool(known.ask(space.origin[None])[0] >= 0.0)
        with known.at_most(_of_the_search(evaluations, len(space.factors))):
            searched = Searched() if reaches else search_all(space, known, seed)
            room = rooms(space, known) if reaches else ()
        answers, misses = _ranked(space, known, searched, model.draws)
        answers, fresh = _checked(model, tuple(conditions), answers, known, helpers, seed)
        wanted = [_numbers(model, pair) for pair in pairs] if pairs else _best_pairs(space, known, searched)
        surfaces = _surfaces(space, known, wanted)
    (base,) = _answers(space, known, [((), space.origin, 0.0)], model.draws)
    return Target(
        name, hash, seed, model.responses, model.draws, tuple(conditions), probability, space, base, answers, misses,
        room, surfaces, _profiles(space, known), tuple(searched.same), tuple(searched.skipped),
        tuple(searched.unfinished), evaluations, known.count, dict(known.failed), fresh, tuple(notes), yes_or_no,
    )  # fmt: skip


def _says_yes_or_no(model: Model, conditions: Sequence[Condition]) -> bool:
    """Return whether a limited response is 0 or 1 on every draw of the base."""
    draws = model.sample(model.base()[None])[0]
    limited = {c.response for c in conditions}
    return any(
        np.isin(own, (0.0, 1.0)).all()
        for response, own in zip(model.responses, draws, strict=True)
        if response.name in limited and len(own) > 1
    )


def _of_the_search(evaluations: int, factors: int) -> int:
    """Return how many points the search may ask: the maps and the check on fresh draws come after it."""
    sets = 2**factors if factors <= MOST_TRIPLED else factors * factors
    return int((1.0 - _SHARE) * evaluations) - min(sets, evaluations // 20)


def ask(
    plan: Plan, *, jobs: int | Executor = 1, progress: Callable[[int, int], None] | None = None, keep_going: bool = True
) -> Target:
    """Return what must be true for the conditions of a plan.

    Parameters
    ----------
    plan : with factors and conditions; its samples are the points that may be asked
    jobs, progress : as in :func:`target`
    keep_going : a point that is not possible counts as one that misses the goal, and is told in the remarks, anyway

    Raises
    ------
    UsageError
        when the plan moves nothing or asks for nothing, or the scenario does not say where it stands.
    """
    plan.needing()
    conditions = plan.limits()
    factors = standing(plan.scenario, plan.factors)
    model = plan.model([c.response for c in conditions], factors, DRAWS)
    return target(
        model, conditions, probability=PROBABILITY if plan.probability is None else plan.probability,
        weights=plan.weights, ways=plan.ways, norm=plan.norm or "euclidean",
        evaluations=plan.samples or (EVALUATIONS if isinstance(model, KernelModel) else FEW_EVALUATIONS),
        seed=plan.seed, name=plan.scenario.name, hash=plan.scenario.hash, notes=held(plan.scenario, factors), jobs=jobs,
        progress=progress,
    )  # fmt: skip


def _check(
    model: Model, conditions: Sequence[Condition], probability: float, pairs: Sequence[Sequence[str]], evaluations: int
) -> None:
    """Refuse what cannot be asked, all at once."""
    paths = [f.path for f in model.factors]
    known = [response.name for response in model.responses]
    problems = [] if conditions else [Problem("a goal needs a condition", expected='such as "cost_per_dose <= 500"')]
    problems += [] if paths else [Problem("there is nothing to change", expected="at least one factor")]
    problems += [unknown("response", c.response, known) for c in conditions if c.response not in known]
    problems += [
        Problem("a limit must be a finite number", c.response, got=f"{c.limit}")
        for c in conditions
        if not math.isfinite(c.limit)
    ]
    if not 0.0 < probability <= 1.0:
        problems.append(Problem("a probability lies above 0 and up to 1", got=f"{probability:g}"))
    problems += [unknown("factor", path, paths) for pair in pairs for path in pair if path not in paths]
    problems += [
        Problem("a map is of two factors", got=" and ".join(pair))
        for pair in pairs
        if len(pair) != 2 or len({*pair}) < 2
    ]
    if evaluations < _LEAST * len(paths):
        least = f"at least {_LEAST * len(paths):,} for {len(paths)} factors"
        problems.append(Problem("so few evaluations find nothing", got=f"{evaluations:,}", expected=least))
    if problems:
        raise UsageError(problems)


def _answers(
    space: Space, known: KnownPoints, some: Sequence[tuple[Moved, Floats, float]], draws: int
) -> tuple[Answer, ...]:
    places = np.array([place for _, place, _ in some]).reshape(-1, len(space.factors))
    points, answers = space.points(places), known.answers(places) if len(some) else np.empty((0, 0))
    return tuple(
        answer_of(moved, point, place - space.origin, size, row, draws)
        for (moved, place, size), point, row in zip(some, points, answers, strict=True)
    )


def _ranked(
    space: Space, known: KnownPoints, searched: Searched, draws: int
) -> tuple[tuple[Answer, ...], tuple[Answer, ...]]:
    """Return what reaches the goal, the smallest first, and what does not, the nearest first."""
    some = [(moved, one.place, one.size) for moved, one in searched.found.items()]
    found = _answers(space, known, some, draws)
    reach = sorted((a for a in found if a.reaches), key=lambda a: (a.size, len(a.moved), a.moved))
    miss = sorted((a for a in found if not a.reaches), key=lambda a: (-a.margin, len(a.moved), a.moved))
    return tuple(reach), tuple(miss)


def _checked(
    model: Model, conditions: tuple[Condition, ...], answers: tuple[Answer, ...], known: KnownPoints,
    jobs: int | Executor, seed: int,
) -> tuple[tuple[Answer, ...], int | None]:  # fmt: skip
    """Return the answers with their probability on fresh draws, and the seed of those; None where there are none."""
    with_seed = getattr(model, "with_seed", None)
    if with_seed is None or not answers:
        return answers, None
    used = int(getattr(model, "seed", seed))
    fresh = used + 1 if used < LARGEST_SEED else 0
    points = np.array([answer.point for answer in answers])
    found = respond(with_seed(fresh), points, [Met(conditions)], jobs=jobs, keep_going=True).values[0]
    known.spend(len(points))
    return tuple(replace(a, fresh=Share.of(v, model.draws)) for a, v in zip(answers, found, strict=True)), fresh


def _numbers(model: Model, pair: Sequence[str]) -> tuple[int, int]:
    paths = [f.path for f in model.factors]
    return paths.index(pair[0]), paths.index(pair[1])


def _best_pairs(space: Space, known: KnownPoints, searched: Searched) -> list[tuple[int, int]]:
    """Return the pairs worth a map: those that reach the goal with the smallest changes, then the most promising."""
    reach = [(one.size, moved) for moved, one in searched.found.items() if one.reaches and len(moved) == 2]
    likely = by_promise(pairs_of(len(space.factors)), promise(space, known))
    most = _SURFACES if len(space.factors) > 2 else 1
    return [(a, b) for a, b in list(dict.fromkeys([*(moved for _, moved in sorted(reach)), *likely]))[:most]]


def _surfaces(space: Space, known: KnownPoints, wanted: Sequence[tuple[int, int]]) -> tuple[IsoSurface, ...]:
    """Return the maps that what is left of the budget allows for."""
    levels = min(MOST, math.isqrt(max(known.left, 0) // len(wanted)) - 1) if wanted else 0
    if levels < FEWEST and len(wanted) > 1:
        return _surfaces(space, known, wanted[:-1])
    return tuple(iso_surface(space, known, pair, levels) for pair in wanted) if levels >= FEWEST else ()


def _profiles(space: Space, known: KnownPoints) -> tuple[Floats, ...]:
    """Return what is known of each factor alone: value, probability, margin, by value."""
    profiles = []
    for n in range(len(space.factors)):
        places, answers = known.within((n,))
        rows = np.stack([space.points(places)[:, n], answers[:, 1], answers[:, 0]], axis=1)
        profiles.append(rows[np.argsort(rows[:, 0], kind="stable")])
    return tuple(profiles)
