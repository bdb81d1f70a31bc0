"""How far the culture's closed forms and quadrature are from a solver of the same equations.

Relative errors of the cells, of the vesicles secreted and of those harvested, at every harvest of every culture of the
shipped scenarios and their variants that is on the fast path. Amounts below one cell, or the million vesicles of one
cell, do not count.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from reference import Reference

from exosim.culture.base import Culture
from exosim.kernel import run
from exosim.material import Material
from exosim.parameter import declared
from exosim.scenario import load_all
from exosim.testing.ranges import at

Floats: TypeAlias = NDArray[np.float64]
Case: TypeAlias = tuple[Culture, Material]
SCENARIOS = Path(__file__).parent.parent / "scenarios"
LANES = 64
FINER = 8
LEAST = {"viable_cells": 1.0, "secreted": 1e6, "harvested": 1e6}


def cases() -> list[Case]:
    """Return every different culture on the fast path with its feed, as drawn from its scenario."""
    found: dict[bytes, Case] = {}
    for file in sorted(SCENARIOS.glob("*.toml")):
        for scenario in load_all(file):
            for step in run(scenario.recipe(scenario.values(0, LANES))):
                operation = step.procedure.operation
                if isinstance(operation, Culture) and getattr(operation, "monod_step", None) is None:
                    found[np.asarray(step.outcome.monitors["harvested"]).tobytes()] = (operation, step.held)
    return list(found.values())


def spread(culture: Culture, *, every: bool) -> Culture:
    """Return a culture whose uncertain parameters, or `every` free one that matters, fill their declared ranges."""
    generator, values = np.random.default_rng(6), {}
    for name, parameter in declared(type(culture)).items():
        value = getattr(culture, name)
        absent = value is None or (np.size(value) == 1 and np.all(np.asarray(value) == 0.0))
        if not (parameter.planned or absent) and (every or np.size(value) > 1):
            values[name] = at(parameter, generator.random(LANES))
    return replace(culture, **values)


def errors(found: dict[str, Any], truth: dict[str, Floats]) -> Floats:
    """Return the relative errors of all amounts that count."""
    every = []
    for name, expected in truth.items():
        got = np.broadcast_to(np.asarray(found[name]), expected.shape)
        counted = expected >= LEAST[name]
        every.append(np.abs(got[counted] / expected[counted] - 1.0))
    return np.concatenate(every)


def of_package(cultures: list[Case]) -> Floats:
    """Return the errors of the package."""
    pairs = ((c.transform(feed).monitors, Reference(c, feed).run()) for c, feed in cultures)
    return np.concatenate([errors(dict(found), truth) for found, truth in pairs])


def of_limits(cultures: list[Case]) -> Floats:
    """Return by how much a solver changes that re-evaluates the limits several times as often."""
    pairs = ((Reference(c, feed).run(), Reference(c, feed, FINER).run()) for c, feed in cultures)
    return np.concatenate([errors(found, truth) for found, truth in pairs])


def figures() -> dict[str, float]:
    """Return the largest error and the median."""
    drawn = cases()
    over_ranges = [(spread(culture, every=False), feed) for culture, feed in drawn]
    anywhere = [(spread(culture, every=True), feed) for culture, feed in drawn]
    package, limits = of_package(drawn + over_ranges), of_limits(drawn)
    return {
        "error_max": float(package.max()),
        "error_median": float(np.median(package)),
        "error_max_declared": float(of_package(anywhere).max()),
        "limits_error_max": float(limits.max()),
        "limits_error_median": float(np.median(limits)),
    }
