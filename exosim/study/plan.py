"""What a study is to do: what `[study]` says, and in its place whatever a call or the command line says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from exosim.errors import Problem, UsageError, in_words, unknown
from exosim.scenario import Scenario
from exosim.study.answers import Condition, Of, Response
from exosim.study.declared import declared_factors
from exosim.study.factor import Factor
from exosim.study.given import checked
from exosim.study.questions import read_conditions, read_questions
from exosim.study.reading import moves_the_plant, read_factors
from exosim.study.scenario_model import Engine, ScenarioModel, known_responses, scenario_model, usual_responses
from exosim.study.target_space import Norm, Way
from exosim.study_tables import VERBS, Verb

_KEYS = (
    "method", "samples", "levels", "engine", "responses", "conditions", "objectives", "probability", "population",
    "generations", "draws", "replications",
)  # fmt: skip
_OF_CHANGES = ("weights", "ways", "norm")
"""What only a call says: how dear changes are, and which way they may go."""
_OF_A_VERB = ("verb", "method", "samples", "levels", "population", "generations")
"""What `[study]` says of its own verb alone."""


@dataclass(frozen=True)
class Plan:
    """What a study asks; build it with :func:`plan_of`. What is None is left to the verb.

    Attributes
    ----------
    scenario : about which
    verb : which question
    seed : of the draws and of the design
    factors : what is moved; empty where nothing is said of it
    method, samples, levels : of the design or of the indices
    engine : ``kernel`` or ``facility`` where only that may be asked
    responses, conditions, objectives : as text
    probability : with which conditions are to be met
    population, generations : of an optimization
    draws, replications : of each point in the kernel and in the facility
    weights, ways, norm : of changes, by path of the factor, as :func:`exosim.study.target.target` has them
    """

    scenario: Scenario
    verb: Verb
    seed: int
    factors: tuple[Factor, ...] = ()
    method: str | None = None
    samples: int | None = None
    levels: int | None = None
    engine: Engine | None = None
    responses: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    probability: float | None = None
    population: int | None = None
    generations: int | None = None
    draws: int | None = None
    replications: int | None = None
    weights: Mapping[str, float] | None = None
    ways: Mapping[str, Way] | None = None
    norm: Norm | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the scenario and of what is asked: studies with the same one say the same."""
        asked = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "scenario"}
        return hashlib.sha256(f"{self.scenario.hash}{sorted(asked.items(), key=str)}".encode()).hexdigest()

    @cached_property
    def known(self) -> dict[str, Response]:
        """Every response that the scenario can answer with, by name."""
        return known_responses(self.scenario, self.engine)

    def questions(self, statistic: str = "median") -> tuple[Of, ...]:
        """Return what is asked of each point; a response without a statistic is asked for by this one.

        Raises
        ------
        UsageError
            when a response or a statistic is not known.
        """
        timed = any(moves_the_plant(self.scenario, factor.path) for factor in self.factors)
        texts = self.responses or usual_responses(self.known, timed=timed)
        return read_questions(texts, self.known, statistic)

    def limits(self) -> tuple[Condition, ...]:
        """Return the conditions.

        Raises
        ------
        UsageError
            when one cannot be read.
        """
        return read_conditions(self.conditions, self.known)

    def model(
        self, names: Sequence[str], factors: Sequence[Factor] | None = None, draws: int | None = None
    ) -> ScenarioModel:
        """Return the scenario as a model that answers with the named responses.

        Parameters
        ----------
        names : of responses; see :attr:`exosim.study.answers.Asked.needs`
        factors : default: those of the plan
        draws : of each point in the kernel where the plan says nothing
        """
        moved = self.factors if factors is None else factors
        return scenario_model(
            self.scenario, moved, names, draws=self.draws or draws, replications=self.replications,
            engine=self.engine, seed=self.seed,
        )  # fmt: skip

    def needing(self, *counts: int) -> None:
        """Refuse a number of factors that the verb cannot do with.

        Raises
        ------
        UsageError
            naming what is needed.
        """
        if not self.factors or (counts and len(self.factors) not in counts):
            wanted = " or ".join(map(str, counts)) if counts else "at least one"
            got = ", ".join(factor.path for factor in self.factors) or "none"
            example = '--vary "concentrate.flux=15..40 L/m2/h", or [study.factors] in the scenario'
            raise UsageError(Problem(f"{self.verb} moves {wanted} of the factors", got=got, expected=example))


def plan_of(scenario: Scenario, verb: str | None = None, given: Mapping[str, Any] | None = None) -> Plan:
    """Return what is to be done.

    Parameters
    ----------
    verb : which question; default: that of `[study]`
    given : what takes the place of what `[study]` says, by its keys, and `seed`; what is None or empty takes none

    Raises
    ------
    UsageError
        when there is no verb, or what is given is of the wrong kind.
    ScenarioError
        with all that is wrong with the factors.
    """
    if not isinstance(scenario, Scenario):
        raise UsageError(Problem("a Scenario is needed", got=in_words(scenario), expected="exosim.load(path)"))
    declared = scenario.declarations.study
    said = {} if declared is None else {key: getattr(declared, key) for key in (*_KEYS, "verb")}
    if verb is not None and said.get("verb") not in (None, verb):
        said = {key: value for key, value in said.items() if key not in _OF_A_VERB}
    allowed = (*_KEYS, *_OF_CHANGES, "factors", "seed")
    own = checked(given or {}, allowed)
    chosen = verb or said.get("verb")
    if chosen is None:
        raise UsageError(Problem("the scenario has no [study]", expected=f"one with verb = …, or {_listed()}"))
    if chosen not in VERBS:
        raise UsageError(unknown("verb", str(chosen), VERBS))
    merged: dict[str, Any] = {key: own.get(key, said.get(key)) for key in _KEYS}
    for key in ("responses", "conditions", "objectives"):
        merged[key] = tuple(merged[key] or ())
    merged |= {key: own.get(key) for key in _OF_CHANGES}
    factors = read_factors(scenario, own["factors"]) if "factors" in own else _declared(scenario, chosen)
    seed = own.get("seed", scenario.seed)
    return Plan(scenario, chosen, seed, factors, **merged)


def _declared(scenario: Scenario, verb: str) -> tuple[Factor, ...]:
    """Return the factors of `[study]`; a sensitivity is about what is uncertain, unless the section is its own."""
    declared = scenario.declarations.study
    return () if declared is not None and declared.verb != verb == "sensitivity" else declared_factors(scenario)


def _listed() -> str:
    return ", ".join(f"exosim {verb}" for verb in VERBS)
