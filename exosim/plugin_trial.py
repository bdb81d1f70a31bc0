"""A trial of the operations that plug-ins bring: whether they fail, and whether they repeat themselves."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from exosim.global_random import watched
from exosim.kernel import Step, run
from exosim.material import FIELDS
from exosim.operations.base import Outcome
from exosim.plugins import Plugin

if TYPE_CHECKING:
    from exosim.scenario import Scenario

_LANES = 64


def brought(scenario: Scenario) -> dict[str, Plugin]:
    """Return the plug-ins whose operations a scenario uses, by procedure."""
    owners = {d.id: d.operation.owner.plugin for d in scenario.declarations.procedures}
    return {name: plugin for name, plugin in owners.items() if plugin is not None}


def versions(scenario: Scenario) -> dict[str, str]:
    """Return the distribution and version of the plug-in of every operation that is not exosim's own."""
    recipes = (scenario, *scenario.others.values())
    return {plugin.operation: str(plugin) for recipe in recipes for plugin in brought(recipe).values()}


def code(scenario: Scenario) -> dict[str, str]:
    """Return the digest of the files of the plug-in of every operation that is not exosim's own."""
    recipes = (scenario, *scenario.others.values())
    return {plugin.operation: plugin.digest() for recipe in recipes for plugin in brought(recipe).values()}


def remarks(scenario: Scenario) -> list[str]:
    """Return what is odd about the plug-ins of a scenario, seen in a trial of a few draws.

    Raises
    ------
    ModelError
        when the operation of a plug-in fails or returns something that is no outcome.
    """
    used = brought(scenario)
    if not used:
        return []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        steps = run(scenario.recipe(scenario.values(0, _LANES)))
        return [text for step in steps if step.procedure.id in used for text in _odd(step, used[step.procedure.id])]


def with_remarks(scenario: Scenario) -> Scenario:
    """Return a scenario whose warnings tell what is odd about the plug-ins that it uses."""
    found = dict.fromkeys(text for recipe in (scenario, *scenario.others.values()) for text in remarks(recipe))
    return dataclasses.replace(scenario, warnings=(*scenario.warnings, *found)) if found else scenario


def _odd(step: Step, plugin: Plugin) -> Iterator[str]:
    """Yield what is odd about an operation that runs once more on the same feed."""
    with watched() as touched:
        again = step.procedure.operation.transform(step.held)
        draws = touched()
    named = f"{step.procedure.id}: the operation {plugin.operation} of the plug-in {plugin}"
    if draws:
        yield f"{named} uses the random numbers of the whole process; those of exosim are its own and stay the same"
    if _bits(again) != _bits(step.outcome):
        yield f"{named} gives other numbers each time: results with it cannot be repeated"


def _bits(outcome: Outcome) -> list[bytes]:
    materials = (outcome.product, outcome.remainder, *outcome.losses.values())
    amounts = [getattr(material, name) for material in materials for name in FIELDS]
    return [np.asarray(value).tobytes() for value in (*amounts, outcome.duration)]
