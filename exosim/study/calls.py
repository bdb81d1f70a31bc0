"""Studies of a scenario from Python: :func:`sweep`, :func:`sensitivity`, :func:`space`, :func:`front`, :func:`target`.

Factors are given by path: a pair (low, high), a list of values, text such as ``"15..40 L/m2/h"``, ``"x0.5..x2"`` or
``"own"``, or a table; see :mod:`exosim.study.reading`. A list may also hold text as the command line has it,
``"PATH=RANGE"``, and the factors of another study or of a problem of SALib as they are. What is not given is as
`[study]` of the scenario says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from exosim.scenario import Scenario
from exosim.study.crew import crew
from exosim.study.factor import Factor
from exosim.study.plan import Plan, plan_of
from exosim.study.respond import Progress

if TYPE_CHECKING:
    from exosim.study.design_space import DesignSpace
    from exosim.study.front import Front
    from exosim.study.sensitivity import Sensitivity
    from exosim.study.sweep import Sweep
    from exosim.study.target import Target
    from exosim.study.target_space import Norm, Way

Factors: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any] | str | Factor]


def sweep(
    scenario: Scenario, factors: Factors | None = None, responses: str | Sequence[str] = (), *,
    method: str | None = None, levels: int | None = None, samples: int | None = None, jobs: int | Executor = 1,
    progress: Progress | None = None, keep_going: bool = False, **more: Any,
) -> Sweep:  # fmt: skip
    """Return responses at the points of a design, and what each factor is worth over its range.

    Parameters
    ----------
    scenario : about which
    factors : what is moved, by path
    responses : such as ``doses`` or ``p90(cost_per_dose)``; default: the usual ones
    method : ``grid``, ``list``, ``latin_hypercube`` or ``sobol``
    levels, samples : values of each factor on a grid; points of the other designs
    jobs : processes, this one included, or an executor; changes speed, never a bit of the result
    progress : called with (points done, points asked for)
    keep_going : whether points that are not possible are only told
    more : ``engine``, ``draws``, ``replications`` and ``seed``

    Raises
    ------
    ScenarioError
        when a factor cannot be moved so, or a point is not possible.
    UsageError
        when a response is not known.
    LimitError
        when the design has too many points.
    """
    given = {"method": method, "levels": levels, "samples": samples}
    found: Sweep = _asked("sweep", scenario, factors, responses, {**given, **more}, jobs, progress, keep_going)
    return found


def sensitivity(
    scenario: Scenario, factors: Factors | None = None, responses: str | Sequence[str] = (), *,
    method: str | None = None, samples: int | None = None, jobs: int | Executor = 1,
    progress: Progress | None = None, keep_going: bool = False, **more: Any,
) -> Sensitivity:  # fmt: skip
    """Return what the responses hang on: a tornado, Morris effects or Sobol' indices.

    Parameters
    ----------
    scenario, responses, jobs, progress, keep_going, more : as in :func:`sweep`
    factors : what is moved; default: all that the scenario is not sure of, by its own distributions
    method : ``one_at_a_time``, ``morris`` or ``sobol``
    samples : trajectories of Morris, base number of Sobol'

    Raises
    ------
    ScenarioError, UsageError, LimitError
        as :func:`sweep`.
    """
    given = {"method": method, "samples": samples}
    found: Sensitivity = _asked(
        "sensitivity", scenario, factors, responses, {**given, **more}, jobs, progress, keep_going
    )
    return found


def space(
    scenario: Scenario, factors: Factors | None = None, conditions: str | Sequence[str] = (), *,
    probability: float | None = None, levels: int | None = None, jobs: int | Executor = 1,
    progress: Progress | None = None, keep_going: bool = False, **more: Any,
) -> DesignSpace:  # fmt: skip
    """Return where over two factors all conditions are met together, and how surely (ICH Q8 design space).

    Parameters
    ----------
    scenario, jobs, progress, keep_going, more : as in :func:`sweep`
    factors : the two that are moved
    conditions : such as ``doses >= 500``; default: the limits of all attributes
    probability : that must be reached
    levels : values of each factor

    Raises
    ------
    ScenarioError, UsageError, LimitError
        as :func:`sweep`.
    """
    given = {"conditions": conditions, "probability": probability, "levels": levels}
    found: DesignSpace = _asked("space", scenario, factors, (), {**given, **more}, jobs, progress, keep_going)
    return found


def front(
    scenario: Scenario, factors: Factors | None = None, objectives: str | Sequence[str] = (), *,
    conditions: str | Sequence[str] = (), population: int | None = None, generations: int | None = None,
    jobs: int | Executor = 1, progress: Progress | None = None, keep_going: bool = False, **more: Any,
) -> Front:  # fmt: skip
    """Return the best trade-offs between objectives (Pareto front); needs the extra ``study``.

    Parameters
    ----------
    scenario, factors, jobs, progress, keep_going, more : as in :func:`sweep`
    objectives : such as ``less p90(cost_per_dose)`` and ``more doses_per_year``
    conditions : that a point must meet
    population, generations : of the search

    Raises
    ------
    ScenarioError, UsageError, LimitError
        as :func:`sweep`; a UsageError when the extra is missing.
    """
    given = {"objectives": objectives, "conditions": conditions}
    size = {"population": population, "generations": generations}
    found: Front = _asked("front", scenario, factors, (), {**given, **size, **more}, jobs, progress, keep_going)
    return found


def target(
    scenario: Scenario, factors: Factors | None = None, conditions: str | Sequence[str] = (), *,
    probability: float | None = None, evaluations: int | None = None, weights: Mapping[str, float] | None = None,
    ways: Mapping[str, Way] | None = None, norm: Norm | None = None, jobs: int | Executor = 1,
    progress: Progress | None = None, keep_going: bool = False, **more: Any,
) -> Target:  # fmt: skip
    """Return the smallest joint changes of factors with which all conditions are met: what must be true.

    Parameters
    ----------
    scenario, factors, jobs, progress, keep_going, more : as in :func:`sweep`
    conditions : such as ``cost_per_dose <= 500 EUR`` and ``doses_per_year >= 1e4``
    probability : with which they are to be met together; default: 0.9
    evaluations : points that may be asked; default: 3000, where the facility is asked 200
    weights : cost of a change of a factor over its whole range, by path; default: 1
    ways : ``up`` or ``down`` by path, where a factor may be moved in one direction only
    norm : how changes of several factors make one: ``euclidean``, ``sum`` or ``largest``

    Raises
    ------
    ScenarioError, UsageError, LimitError
        as :func:`sweep`.
    """
    given = {"conditions": conditions, "probability": probability, "samples": evaluations}
    changes = {"weights": weights, "ways": ways, "norm": norm}
    found: Target = _asked("target", scenario, factors, (), {**given, **changes, **more}, jobs, progress, keep_going)
    return found


def run_study(
    scenario: Scenario, *, jobs: int | Executor = 1, progress: Progress | None = None, keep_going: bool = False,
    **given: Any,
) -> Sweep | Sensitivity | DesignSpace | Front | Target:  # fmt: skip
    """Return what `[study]` of the scenario asks.

    Parameters
    ----------
    scenario, jobs, progress, keep_going : as in :func:`sweep`
    given : what takes the place of what `[study]` says, by its keys

    Raises
    ------
    ScenarioError, UsageError, LimitError
        as :func:`sweep`; a UsageError when there is no `[study]`.
    """
    plan = plan_of(scenario, None, given)
    found: Sweep | Sensitivity | DesignSpace | Front | Target = _found(plan, jobs, progress, keep_going)
    return found


def _asked(
    verb: str, scenario: Scenario, factors: Factors | None, responses: str | Sequence[str], given: Mapping[str, Any],
    jobs: int | Executor, progress: Progress | None, keep_going: bool,
) -> Any:  # fmt: skip
    plan = plan_of(scenario, verb, {**given, "factors": factors, "responses": responses})
    return _found(plan, jobs, progress, keep_going)


def _found(plan: Plan, jobs: int | Executor, progress: Progress | None, keep_going: bool) -> Any:
    """Do what a plan says, with one crew for all that it asks."""
    ask = import_module(f"exosim.study.{plan.verb}").ask
    with crew(jobs) as workers:
        return ask(plan, jobs=workers, progress=progress, keep_going=keep_going)
