"""The technologies that a scenario offers: every combination of choices on its axes, else its variants."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from exosim.costs import WITHOUT_ECONOMICS
from exosim.errors import Problem, ScenarioError
from exosim.scale_numbers import ScaleNumbers
from exosim.scenario import Scenario


class Technology(NamedTuple):
    """A way to make the doses.

    Attributes
    ----------
    name : as after the # of a scenario
    title : in words
    scenario : one plant with one size of lot, with prices
    """

    name: str
    title: str
    scenario: Scenario


def technologies(scenario: Scenario) -> tuple[Technology, ...]:
    """Return the technologies of a scenario, that of the file itself first; of ``FILE#name`` that one alone.

    Raises
    ------
    ScenarioError
        when one of them is not valid, is not run in time, or makes no doses.
    """
    found = {scenario.variant or scenario.name: scenario}
    if scenario.variant is None:
        found = scenario.combinations() or {**found, **scenario.variants()}
    for one in found.values():
        wrong = _cannot_be_sized(one)
        if wrong is not None:
            raise ScenarioError(replace(wrong, file=one.source.name))
    return tuple(Technology(name, one.title or name, priced(one)) for name, one in found.items())


def _cannot_be_sized(scenario: Scenario) -> Problem | None:
    if scenario.declarations.diagnostic is not None:
        expected = "a scenario of a product; exosim cost tells what a year of a diagnostic line costs"
        return Problem("a diagnostic line makes no doses", path="diagnostic", expected=expected)
    campaigns = scenario.declarations.plant.campaigns
    if len(campaigns) != 1 or scenario.others or campaigns[0].rules.mode == "on_order":
        problem = "a plant is sized for the lots of one product"
        return Problem(problem, path="campaign", expected='one [campaign] with every = "14 d", say')
    return None


def priced(scenario: Scenario) -> Scenario:
    """Return the scenario with money: one that says nothing of it is costed at the prices of the list."""
    return scenario.with_(WITHOUT_ECONOMICS) if scenario.declarations.economics is None else scenario


def limits_of(scenario: Scenario) -> ScaleNumbers:
    """Return how large a plant may become: as ``[scale]`` says, else the defaults."""
    block = scenario.declarations.scale
    given = {} if block is None else {name: one.quantity.typical for name, one in block.given.items()}
    return ScaleNumbers(**given)
