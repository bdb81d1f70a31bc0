"""Time a step of the longest train beside a step of the reference train, in the kernel, on one core."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from kernel import REFERENCE
from pairs import PROCESSOR, interleaved

import exosim as xs
from exosim.kernel import Step, run
from exosim.simulation import BLOCK

LONGEST = Path(__file__).with_name("longest_train.toml")


def steps_of(path: Path) -> tuple[Step, ...]:
    """Return the steps of a train over one block of lanes, each with what it was fed."""
    scenario = xs.load(path)
    return tuple(run(scenario.recipe(scenario.values(0, BLOCK))))


def again(steps: tuple[Step, ...]) -> Callable[[], None]:
    """Return a job that carries out all steps once more."""
    jobs = [partial(step.procedure.operation.transform, step.held) for step in steps]

    def job() -> None:
        for transform in jobs:
            transform()

    return job


def after_the_culture(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps without what takes most of the time in both trains: seed train and culture."""
    names = [step.procedure.id for step in steps]
    return steps[names.index("culture") + 1 :]


def figures() -> dict[str, float]:
    """Return the rate per step of the longest train over that of the reference train: whole, and without culture."""
    reference, longest = steps_of(REFERENCE), steps_of(LONGEST)
    sides = reference, longest, after_the_culture(reference), after_the_culture(longest)
    rounds = interleaved(*map(again, sides), clock=PROCESSOR)
    return {
        "long_train_rate": rounds.ratio(0, 1) * len(longest) / len(reference),
        "long_train_rate_downstream": rounds.ratio(2, 3) * len(sides[3]) / len(sides[2]),
        "long_train_steps": len(longest),
        "long_train_ns_per_step": 1e9 * rounds.best(1) / BLOCK / len(longest),
    }
