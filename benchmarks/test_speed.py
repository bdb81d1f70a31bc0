"""The parts of kernel and facility one by one, by pytest-benchmark: ``make bench``.

Blocks of the reference scenario on one core. The time of a block over its 8,192 lanes is that of a lane.
"""

from __future__ import annotations

from typing import Any

import facility
import kernel
import pytest

import exosim as xs
from exosim.kernel import Step, run
from exosim.readings import read_batch
from exosim.scenario import Scenario
from exosim.simulation import BLOCK

Benchmark = Any


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Return the reference scenario."""
    return xs.load(kernel.REFERENCE)


@pytest.fixture(scope="module")
def steps(scenario: Scenario) -> tuple[Step, ...]:
    """Return one block as it ran."""
    return run(scenario.recipe(scenario.values(0, BLOCK)))


def test_sampling(benchmark: Benchmark, scenario: Scenario) -> None:
    """Draw the values of a block."""
    values = benchmark(scenario.values, 0, BLOCK)
    assert values["culture.secretion_rate"].shape == (BLOCK,)


def test_recipe(benchmark: Benchmark, scenario: Scenario) -> None:
    """Make the operations of a block."""
    values = scenario.values(0, BLOCK)
    assert len(benchmark(scenario.recipe, values).procedures) == 9


def test_train(benchmark: Benchmark, scenario: Scenario) -> None:
    """Run a block through the whole train."""
    values = scenario.values(0, BLOCK)
    assert len(benchmark(lambda: run(scenario.recipe(values)))) == 9


@pytest.mark.parametrize("position", range(9))
def test_operation(benchmark: Benchmark, steps: tuple[Step, ...], position: int) -> None:
    """Run a block through one operation."""
    step = steps[position]
    benchmark.name = f"operation {position + 1}: {step.procedure.id}"
    assert benchmark(step.procedure.operation.transform, step.held).duration is not None


def test_readings(benchmark: Benchmark, scenario: Scenario, steps: tuple[Step, ...]) -> None:
    """Read what is reported of a block."""
    values = scenario.values(0, BLOCK)
    context, specification = scenario.recipe(values).context, scenario.specification(values)
    assert len(benchmark(lambda: list(read_batch(steps, context, specification)))) > 50


def test_evaluate(benchmark: Benchmark, scenario: Scenario) -> None:
    """Evaluate and summarize 100,000 draws."""
    assert benchmark(kernel.evaluated, scenario)


def test_facility_year(benchmark: Benchmark) -> None:
    """Run 300 batches through 8 operations with people, shifts, failures and the log."""
    assert benchmark(facility.ours(facility.numbers())) > 2400
