"""A trial of the operations that plug-ins bring: whether they fail, and whether they repeat themselves."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

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
    return {plugin.operation: str(plugin) for plugin in brought(scenario).values()}


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
    found = remarks(scenario)
    return dataclasses.replace(scenario, warnings=(*scenario.warnings, *found)) if found else scenario


def _odd(step: Step, plugin: Plugin) -> Iterator[str]:
    """Yield what is odd about an operation that runs once more on the same feed."""
    with _moved_generators() as untouched:
        again = step.procedure.operation.transform(step.held)
        used = not untouched()
    named = f"{step.procedure.id}: the operation {plugin.operation} of the plug-in {plugin}"
    if used:
        yield f"{named} uses the random numbers of the whole process; those of exosim are its own and stay the same"
    if _bits(again) != _bits(step.outcome):
        yield f"{named} gives other numbers each time: results with it cannot be repeated"


@contextlib.contextmanager
def _moved_generators() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether nobody touched the generators of the process; then put them back.

    They are moved to where no seed leads, so that an operation that seeds them anew each time is seen as well.
    """
    shared, own = importlib.import_module("random"), np.random
    kept = shared.getstate(), own.get_state()
    shared.random(), own.random()

    def states() -> tuple[Any, ...]:
        name, keys, *rest = own.get_state()
        return shared.getstate(), name, np.asarray(keys).tobytes(), *rest

    before = states()
    try:
        yield lambda: states() == before
    finally:
        shared.setstate(kept[0])
        own.set_state(kept[1])


def _bits(outcome: Outcome) -> list[bytes]:
    materials = (outcome.product, outcome.remainder, *outcome.losses.values())
    amounts = [getattr(material, name) for material in materials for name in FIELDS]
    return [np.asarray(value).tobytes() for value in (*amounts, outcome.duration)]
