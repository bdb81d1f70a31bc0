"""A scenario as a model: each response comes from the engine that knows it, on the same possible worlds.

Lane n of the kernel and replication n of the facility have the same values of whatever varies at the study level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from exosim.errors import Problem, UsageError, unknown
from exosim.scenario import Scenario
from exosim.study.answers import Response
from exosim.study.facility_model import FacilityModel, facility_model, facility_responses
from exosim.study.factor import Factor, Floats
from exosim.study.kernel_model import KernelModel, kernel_model, kernel_responses
from exosim.study.model import Model
from exosim.study.questions import unknown_response

Engine: TypeAlias = Literal["kernel", "facility"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
DRAWS, REPLICATIONS = 500, 20
"""Of a point in the kernel and in the facility, unless others are asked for."""


@dataclass(frozen=True)
class BothModel(Model):
    """Responses of the kernel and of the facility on the same worlds."""

    parts: tuple[KernelModel | FacilityModel, ...]
    responses: tuple[Response, ...]

    @property
    def factors(self) -> tuple[Factor, ...]:  # type: ignore[override]
        """What is moved."""
        return self.parts[0].factors

    @property
    def draws(self) -> int:  # type: ignore[override]
        """Worlds of each point."""
        return self.parts[0].draws

    @property
    def at_once(self) -> int:
        """As few points as the slower engine works on."""
        return min(part.at_once for part in self.parts)

    @property
    def identity(self) -> str:
        """That of both."""
        return "\n".join([*(part.identity for part in self.parts), repr(self.responses)])

    def with_seed(self, seed: int) -> BothModel:
        """Return the model on other worlds."""
        return replace(self, parts=tuple(part.with_seed(seed) for part in self.parts))

    def sample(self, points: Floats) -> Floats:
        """Return the responses at the points, shape (points, responses, draws)."""
        found = {r.name: values for part in self.parts for r, values in _by_response(part, points)}
        return np.stack([found[r.name] for r in self.responses], axis=1)


def _by_response(model: Model, points: Floats) -> list[tuple[Response, Floats]]:
    values = model.sample(points)
    return [(response, values[:, place, :]) for place, response in enumerate(model.responses)]


ScenarioModel: TypeAlias = KernelModel | FacilityModel | BothModel


def scenario_model(
    scenario: Scenario,
    factors: Sequence[Factor],
    names: Sequence[str],
    *,
    draws: int | None = None,
    replications: int | None = None,
    engine: Engine | None = None,
    seed: int | None = None,
) -> ScenarioModel:
    """Return a scenario as a model.

    Parameters
    ----------
    factors : what is moved
    names : of the responses; an empty list: those of :func:`usual_responses`
    draws, replications : of each point, where the kernel alone is asked and where the facility is
    engine : ``kernel`` or ``facility`` where only that may be asked; default: whichever knows a response
    seed : default: as in the scenario

    Raises
    ------
    UsageError
        when a response is not known.
    """
    if engine is not None and engine not in ENGINES:
        raise UsageError(unknown("engine", engine, ENGINES))
    in_time = engine != "kernel" and bool(scenario.declarations.plant.campaigns)
    kernel = dict(kernel_responses(scenario)) if engine != "facility" and _makes_something(scenario) else {}
    slow = bool(set(names) - set(kernel)) or not (names or kernel)
    facility = dict(facility_responses(scenario)) if in_time and slow else {}
    names = list(dict.fromkeys(names)) or usual_responses(kernel or facility)
    _check_names(scenario, names, kernel, facility, engine)
    of_facility = [name for name in names if name not in kernel]
    of_kernel = [name for name in names if name in kernel]
    worlds = (replications or REPLICATIONS) if of_facility else (draws or DRAWS)
    parts: list[KernelModel | FacilityModel] = []
    if of_kernel:
        parts.append(kernel_model(scenario, factors, of_kernel, worlds, seed))
    if of_facility:
        parts.append(facility_model(scenario, factors, of_facility, worlds, seed))
    return parts[0] if len(parts) == 1 else BothModel(tuple(parts), tuple((kernel | facility)[n] for n in names))


def known_responses(scenario: Scenario, engine: Engine | None = None) -> dict[str, Response]:
    """Return every response that a scenario can answer with, by name."""
    kernel = kernel_responses(scenario) if engine != "facility" and _makes_something(scenario) else {}
    timed = engine != "kernel" and bool(scenario.declarations.plant.campaigns)
    return {**(facility_responses(scenario) if timed else {}), **kernel}


def usual_responses(known: Mapping[str, Response], *, timed: bool = False) -> list[str]:
    """Return what is asked for where nobody says what: doses, yield, purity; in time doses, lead time and cost.

    Parameters
    ----------
    timed : whether those in time come first, as where something of the plant is moved
    """
    usual = ("doses", "ev_yield", "purity_relative_to_ceiling", "in_specification", "batch_duration")
    in_time = ("doses_per_year", "lead_time", "released_fraction", "cost_per_dose")
    first, second = (in_time, usual) if timed else (usual, in_time)
    found = [name for name in first if name in known] or [name for name in second if name in known]
    return found or [name for name in known if "." not in name][:4]


def _makes_something(scenario: Scenario) -> bool:
    return not all(procedure.operation.owner.plain for procedure in scenario.declarations.procedures)


def _check_names(
    scenario: Scenario,
    names: Sequence[str],
    kernel: Mapping[str, Response],
    facility: Mapping[str, Response],
    engine: Engine | None,
) -> None:
    """Refuse responses that nobody knows; say what would make one known."""
    problems = []
    if not names:
        makes = "a recipe that makes something, or a [campaign]"
        problems.append(Problem("the scenario answers nothing", expected=makes))
    for name in names:
        if name in kernel or name in facility:
            continue
        problem = unknown_response(name, {**kernel, **facility})
        if engine != "kernel" and not scenario.declarations.plant.campaigns and problem.nearest is None:
            problem = Problem(problem.problem, expected=f"{problem.expected}; responses in time need a [campaign]")
        problems.append(problem)
    if problems:
        raise UsageError(problems)
