"""Where a scenario stands in the factors of a study: what it says, and not the middle of a range."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from exosim import units
from exosim.addresses import put
from exosim.distributions import Distribution
from exosim.errors import Problem, UsageError, in_words
from exosim.scenario import Scenario
from exosim.study.changes import given_at
from exosim.study.factor import Factor
from exosim.units import QuantityError


def standing(scenario: Scenario, factors: Sequence[Factor]) -> tuple[Factor, ...]:
    """Return the factors, each with the place of the scenario as its base.

    Raises
    ------
    UsageError
        when the scenario does not say where it stands, or stands at none of the choices.
    """
    found = [f if f.base is not None else _placed(f, _said(scenario, f.path)) for f in factors]
    problems = [one for one in found if isinstance(one, Problem)]
    if problems:
        raise UsageError(problems)
    return tuple(one for one in found if isinstance(one, Factor))


def held(scenario: Scenario, factors: Sequence[Factor]) -> list[str]:
    """Return remarks on factors that the scenario is not sure of, and that a study holds at one value."""
    told = []
    for f in factors:
        given = None if f.times or f.choices else given_at(scenario, f.path)
        if given is not None and isinstance(given.quantity.base, Distribution):
            told.append(
                f"{f.path} follows a distribution in the scenario and is held at single values here, at the base at "
                f"{f.told(f.base or 0.0)}: with x0.5..x2, say, it keeps its spread"
            )
    return told


def _said(scenario: Scenario, path: str) -> Any:
    """Return what the tables of a scenario hold at an address; None where they hold nothing."""
    place = put(copy.deepcopy(dict(scenario.data)), path, None)
    if isinstance(place, Problem):
        return None
    holder: Any = scenario.data
    for part in place:
        try:
            holder = holder[part]
        except (KeyError, IndexError, TypeError):
            return None
    return holder


def _placed(factor: Factor, said: Any) -> Factor | Problem:
    if factor.choices:
        if said in factor.choices:
            return replace(factor, base=float(factor.choices.index(said)))
        listed = ", ".join(map(str, factor.choices))
        got = "nothing" if said is None else in_words(said)
        return Problem("the scenario stands at none of the choices", factor.path, got=got, expected=f"one of {listed}")
    try:
        number = units.parse(said, factor.unit) if isinstance(said, str) else float(said)
    except (QuantityError, TypeError, ValueError):
        return Problem(
            "the scenario does not say where it stands, and a change is measured from there", factor.path,
            got="nothing" if said is None else in_words(said), expected=f"--set {factor.path}=…",
        )  # fmt: skip
    return replace(factor, base=number)
