"""Time the yield kernel on one core: evaluate, its sampling, its blocks, and the same culture in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import hourly_loop
import numpy as np
import python_loop
from pairs import PROCESSOR, interleaved
from python_loop import Given, Lane

import exosim as xs
from exosim.kernel import Step, run
from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from exosim.scenario import Scenario
from exosim.simulation import BLOCK

REFERENCE = Path(__file__).parent.parent / "scenarios" / "msc_hollow_fiber.toml"
DRAWS, WIDE, LOOPED, HOURLY, AGAIN = 100_000, 262_144, 48, 12, 8
EQUAL = 1e-10
WATCHED = ("harvested", "secreted", "viable_cells", "cell_hours", "titer")


def evaluated(scenario: Scenario) -> object:
    """Evaluate and summarize, as a person who asks for the yield does."""
    yields = xs.evaluate(scenario, DRAWS)
    return list(yields.quantities()), yields.limits(), yields.in_specification()


def sampled(scenario: Scenario) -> None:
    """Draw every value that those draws need."""
    for start in range(0, DRAWS, BLOCK):
        stop = min(start + BLOCK, DRAWS)
        scenario.values(start, stop)
        scenario.noise(start, stop)


def of_evaluate(scenario: Scenario) -> dict[str, float]:
    """Return how many draws a core makes, and what drawing and summing up take of it."""
    sides = lambda: evaluated(scenario), lambda: sampled(scenario), lambda: xs.evaluate(scenario, DRAWS)
    rounds = interleaved(*sides, clock=PROCESSOR)
    return {
        "lanes_per_second": DRAWS / rounds.best(0),
        "sampling_share": rounds.ratio(1, 0),
        "summary_share": 1.0 - rounds.ratio(2, 0),
    }


def of_blocks(scenario: Scenario) -> dict[str, float]:
    """Return how much faster the train is in blocks than on whole arrays, of the same lanes with the same values."""
    whole = scenario.values(0, WIDE)
    parts = [
        {path: value[start : start + BLOCK] if np.size(value) > 1 else value for path, value in whole.items()}
        for start in range(0, WIDE, BLOCK)
    ]

    def blocked() -> None:
        for values in parts:
            run(scenario.recipe(values))

    rounds = interleaved(blocked, lambda: run(scenario.recipe(whole)), clock=PROCESSOR)
    return {"blocked_vs_whole": rounds.ratio(1, 0), "kernel_ns_per_lane": 1e9 * rounds.best(0) / WIDE}


def culture_step(scenario: Scenario) -> Step:
    """Return the culture of one block as it ran."""
    steps = run(scenario.recipe(scenario.values(0, BLOCK)))
    return next(step for step in steps if isinstance(step.procedure.operation, HollowFiberCulture))


def of_loops(step: Step) -> dict[str, float]:
    """Return how much faster the culture is for each lane than plain Python."""
    operation = step.procedure.operation
    if not isinstance(operation, HollowFiberCulture):
        raise TypeError("the loops are those of a hollow-fiber culture")
    given = [python_loop.lane_of(operation, step.held, i) for i in range(LOOPED)]
    check(step, given)

    def looped(count: int, live: python_loop.Live) -> Callable[[], object]:
        return lambda: [python_loop.run(lane, live) for lane in given[:count]]

    rounds = interleaved(
        lambda: [operation.transform(step.held) for _ in range(AGAIN)],
        looped(LOOPED, python_loop.in_closed_form),
        looped(HOURLY, hourly_loop.hour_by_hour),
        clock=PROCESSOR,
    )
    return {
        "vs_python_loop": rounds.ratio(1, 0) * AGAIN * BLOCK / LOOPED,
        "vs_hourly_python_loop": rounds.ratio(2, 0) * AGAIN * BLOCK / HOURLY,
        "culture_ns_per_lane": 1e9 * rounds.best(0) / (AGAIN * BLOCK),
    }


def check(step: Step, given: Sequence[Given]) -> None:
    """Refuse to time a loop that does not give what the kernel gives."""
    worst = difference(step, [python_loop.run(lane) for lane in given])
    if worst > EQUAL:
        raise ArithmeticError(f"the Python loop differs from the kernel by {worst:.2g}, more than {EQUAL:g}")


def difference(step: Step, lanes: Sequence[Lane]) -> float:
    """Return the largest relative difference of what the first lanes make and show, against the kernel."""
    worst = 0.0
    for index, lane in enumerate(lanes):
        for name, amounts in lane.product.items():
            found = np.atleast_1d(np.asarray(getattr(step.outcome.product, name)))
            worst = max(worst, relative(amounts, found[..., index if found.shape[-1] > 1 else 0]))
        for name in WATCHED:
            worst = max(worst, relative(lane.seen[name], step.outcome.monitors[name][:, index]))
    return worst


def relative(found: Sequence[float], expected: object) -> float:
    """Return the largest relative difference."""
    one, other = np.asarray(found), np.ravel(np.asarray(expected))
    return float(np.max(np.abs(one - other) / np.maximum(np.abs(other), 1e-300)))


def figures() -> dict[str, float]:
    """Return the speed of the yield kernel."""
    scenario = xs.load(REFERENCE)
    return of_evaluate(scenario) | of_blocks(scenario) | of_loops(culture_step(scenario))
