"""Hold the yield kernel against C++ of the same formulas on the reference scenario; last line: one JSON document.

`limit.cpp` is built with g++ where there is one, fed with the arrays that the recipe holds, checked to give what the
kernel gives, and timed in turn with it: one thread, one block of lanes over and over, medians of paired ratios.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import roofline
from limit_library import BLOCKS, DiffersError, Found, Inputs, Limit, build

import exosim as xs
from exosim.kernel import Step, run
from exosim.material import FIELDS, Material
from exosim.parameter import Array
from exosim.scenario import Scenario, Values
from exosim.simulation import BLOCK

REFERENCE = Path(__file__).parent.parent / "scenarios" / "msc_hollow_fiber.toml"
ROUNDS, REPEATS = 11, 10
TOLERANCE = 1e-10


# -- equal to the kernel ----------------------------------------------------------------------------------------------


def check_culture(found: Found, step: Step) -> float:
    """Return the largest relative difference of the culture; raises where it is above the tolerance."""
    outcome = step.outcome
    monitors = {name: np.sum(outcome.monitors[name], axis=0) for name in ("secreted", "cell_hours")}
    viable = {"viable_cells": outcome.remainder.viable_cells}
    return max(
        check_material(found, "culture", outcome.product, but=("volume", "salt")),
        *(_difference(found("culture", name), value, name) for name, value in {**monitors, **viable}.items()),
    )


def check_material(found: Found, block: str, material: Material, but: tuple[str, ...] = ()) -> float:
    """Return the largest relative difference of what a material holds; raises where it is above the tolerance."""
    names = [name for name in FIELDS if name not in but and np.any(np.asarray(getattr(material, name)) != 0.0)]
    return max(_difference(found(block, name), getattr(material, name), f"{block}: {name}") for name in names)


def _difference(ours: Array, theirs: Array, what: str) -> float:
    """Return the largest difference over the largest row of the lane: of classes, an empty one counts for little."""
    expected = np.atleast_2d(np.asarray(theirs, dtype=np.float64))
    scale = np.maximum(np.abs(expected).max(axis=0), 1e-300)
    found = float((np.abs(np.atleast_2d(np.asarray(ours)) - expected) / scale).max())
    if not found <= TOLERANCE:
        raise DiffersError(f"{what} differs by {found:.1e} of its value, allowed is {TOLERANCE:g}")
    return found


def check(limit: Limit, scenario: Scenario, lanes: int = BLOCK, seed: int | None = None) -> float:
    """Return the largest relative difference between the C++ and the kernel, over all materials of a block of lanes."""
    values = scenario.values(0, lanes, seed)
    recipe = scenario.recipe(values)
    steps, inputs = run(recipe), limit.inputs(recipe, values)
    shares = np.ascontiguousarray(recipe.context.secreted)
    worst = check_culture(limit.culture(inputs, steps[1].held, shares, limit.empty(lanes)), steps[1])
    found = limit.train(inputs, limit.empty(lanes))
    steps_by_id = {step.procedure.id: step for step in steps}
    materials = {name: step.outcome.product for name, step in steps_by_id.items()}
    return max(
        worst,
        _difference(found("context", "vesicles"), shares, "shares of the size classes"),
        check_culture(found, steps[1]),
        *(check_material(found, name, material) for name, material in materials.items()),
    )


# -- faster than the kernel -------------------------------------------------------------------------------------------


def timed(job: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the seconds that this thread works on one of `repeats` runs in a row; what others run does not count."""
    started = time.thread_time()
    for _ in range(repeats):
        job()
    return (time.thread_time() - started) / repeats


@dataclass(frozen=True)
class Paired:
    """Two jobs that took turns: the median of the ratios of their times, and the median time of each [s]."""

    ratio: float
    one: float
    other: float

    @classmethod
    def of(cls, one: Callable[[], object], other: Callable[[], object], rounds: int) -> Paired:
        """Run the jobs in turn."""
        timed(one, 1), timed(other, 1)
        pairs = [(timed(one), timed(other)) for _ in range(rounds)]
        first, second = (statistics.median(side) for side in zip(*pairs, strict=True))
        return cls(statistics.median(a / b for a, b in pairs), first, second)


def procedure_nanoseconds(limit: Limit, inputs: Inputs, lanes: int = BLOCK, repeats: int = 100) -> dict[str, float]:
    """Return what each procedure costs in C++, the least of some runs; `context`: the spectrum [ns per lane]."""
    found, least = limit.empty(lanes), np.full(len(BLOCKS), np.inf)
    for _ in range(repeats):
        seconds = np.zeros(len(BLOCKS))
        limit.train(inputs, found, seconds=seconds)
        least = np.minimum(least, seconds)
    return dict(zip(BLOCKS, (least / lanes * 1e9).round(1).tolist(), strict=True))


def kernel_procedure_nanoseconds(scenario: Scenario, values: Values, repeats: int = REPEATS) -> dict[str, float]:
    """Return what each procedure costs in the kernel, the least of some runs; `context`: the recipe [ns per lane]."""

    def least(job: Callable[[], object]) -> float:
        return min(timed(job, 1) for _ in range(repeats)) / BLOCK * 1e9

    found = {"context": least(lambda: scenario.recipe(values))}
    for step in run(scenario.recipe(values)):
        found[step.procedure.id] = least(partial(step.procedure.operation.transform, step.held))
    return found


def figures(rounds: int = ROUNDS) -> dict[str, float]:
    """Return the figures of the kernel against the C++; none where there is no g++.

    Raises
    ------
    DiffersError
        when the two do not give the same numbers.
    """
    limit = build()
    if limit is None:
        return {}
    scenario = xs.load(REFERENCE)
    check(limit, scenario)
    values = scenario.values(0, BLOCK)
    recipe = scenario.recipe(values)
    steps, inputs, found = run(recipe), limit.inputs(recipe, values), limit.empty(BLOCK)
    culture, feed, shares = steps[1].procedure.operation, steps[1].held, np.ascontiguousarray(recipe.context.secreted)

    def ours() -> None:
        limit.train(inputs, found)

    part = Paired.of(lambda: limit.culture(inputs, feed, shares, found), lambda: culture.transform(feed), rounds)
    whole = Paired.of(ours, lambda: run(scenario.recipe(values)), rounds)
    transcendental = roofline.least_seconds(roofline.evaluations(scenario, BLOCK)) * BLOCK
    narrow = narrowed(scenario, values)
    single = {} if narrow is None else {"kernel_f32_vs_cpp": Paired.of(ours, narrow, rounds).ratio}
    return {
        "culture_vs_cpp": part.ratio,
        "kernel_vs_cpp": whole.ratio,
        **single,
        "cpp_ns_per_lane": whole.one / BLOCK * 1e9,
        "cpp_culture_ns_per_lane": part.one / BLOCK * 1e9,
        "roofline_share": transcendental / whole.other,
    }


def narrowed(scenario: Scenario, values: Values) -> Callable[[], object] | None:
    """Return the train in single precision, as `evaluate` runs it; None where the package does not offer it."""
    if importlib.util.find_spec("exosim.precision") is None:
        return None
    at_precision = importlib.import_module("exosim.precision").at_precision

    def run_narrow() -> tuple[Step, ...]:
        return run(at_precision(scenario.recipe(values), "float32"))

    vesicles = run_narrow()[-1].outcome.product.vesicles
    if np.asarray(vesicles).dtype != np.float32:
        raise DiffersError(f"single precision asked for, and the kernel works in {np.asarray(vesicles).dtype}")
    return run_narrow


def profile() -> None:
    """Print what each procedure costs in C++ and in the kernel, and how often the kernel evaluates each function."""
    limit = build()
    if limit is None:
        return
    scenario = xs.load(REFERENCE)
    values = scenario.values(0, BLOCK)
    cpp = procedure_nanoseconds(limit, limit.inputs(scenario.recipe(values), values))
    kernel = kernel_procedure_nanoseconds(scenario, values)
    print(f"{'ns per lane':12} {'C++':>8} {'kernel':>8} {'ratio':>6}")
    for name in BLOCKS:
        print(f"{name:12} {cpp[name]:8.1f} {kernel[name]:8.1f} {cpp[name] / kernel[name]:6.2f}")
    print(f"\n{'evaluations':12} {'per lane':>8} {'ns each':>8}")
    for name, count in roofline.evaluations(scenario, BLOCK).items():
        print(f"{name:12} {count:8.1f} {roofline.seconds_each(name) * 1e9:8.2f}")
    print()


def main(arguments: list[str]) -> None:
    """Print the figures as JSON; with `profile`, what each procedure costs before that."""
    if "profile" in arguments:
        profile()
    print(json.dumps({name: float(f"{value:.4g}") for name, value in figures().items()}))


if __name__ == "__main__":
    main(sys.argv[1:])
