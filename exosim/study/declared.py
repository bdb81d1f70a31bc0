"""The factors that `[study]` of a scenario declares, read; what is wrong with them is told at its line."""

from __future__ import annotations

from collections.abc import Iterable

from exosim.addresses import tables
from exosim.errors import Problem, ScenarioError
from exosim.scenario import Scenario
from exosim.study.factor import Factor
from exosim.study.reading import read_factors
from exosim.study_tables import STUDY


def declared_factors(scenario: Scenario) -> tuple[Factor, ...]:
    """Return the factors of `[study]`; none where there is no such section.

    Raises
    ------
    ScenarioError
        with all that is wrong, each at the line of its factor.
    """
    declared = scenario.declarations.study
    if declared is None:
        return ()
    try:
        return read_factors(scenario, declared.factors)
    except ScenarioError as error:
        raise ScenarioError([declared.placed(problem) for problem in error.problems]) from None


def check_studies(scenario: Scenario, variants: Iterable[Scenario]) -> None:
    """Read the factors of a scenario, and of those of its variants that say something of their study.

    Raises
    ------
    ScenarioError
        with all that is wrong; what several scenarios have in common is told once.
    """
    own = {table.get("name") for table in tables(scenario.source.data, "variant") if STUDY in table}
    found: dict[Problem, None] = {}
    for one in (scenario, *(variant for variant in variants if variant.variant in own)):
        try:
            declared_factors(one)
        except ScenarioError as error:
            found |= dict.fromkeys(error.problems)
    if found:
        raise ScenarioError(list(found))
