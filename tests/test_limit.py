"""The C++ of the same formulas gives what the kernel gives; without g++ there is nothing to compare."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import exosim as xs

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"

pytestmark = pytest.mark.skipif(
    shutil.which("g++") is None or sys.platform != "linux", reason="needs the g++ and the vector functions of Linux"
)


@pytest.fixture(scope="module")
def limit() -> ModuleType:
    """Return the benchmark module, which is no part of the package."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("limit")
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.mark.parametrize("seed", [None, 1])
def test_cpp_gives_what_the_kernel_gives(limit: ModuleType, seed: int | None) -> None:
    """Every material of the train, the spectrum, and the totals of the culture agree to 1e-10."""
    scenario = xs.load(limit.REFERENCE)
    assert limit.check(limit.build(), scenario, 1024, seed) <= limit.TOLERANCE


def test_other_numbers_give_the_same_too(limit: ModuleType) -> None:
    """The C++ is written for the structure of the scenario, not for its numbers."""
    overrides = {
        "culture.collection": "9 d",
        "culture.pool_every": "3 d",
        "culture.growth_period": "4 d",
        "culture.harvest_fraction": 0.7,
        "culture.glucose_uptake": "1 pmol/cell/h",
        "culture.medium_rate": "1 L/d",
        "seed_train.passages": 3,
        "concentrate.concentration_factor": 10,
        "polish.plates": 400,
    }
    scenario = xs.load(limit.REFERENCE, overrides)
    assert limit.check(limit.build(), scenario, 512) <= limit.TOLERANCE


def test_a_difference_is_told(limit: ModuleType) -> None:
    """A culture that is not the one of the C++ raises, with the name of what differs."""
    scenario = xs.load(limit.REFERENCE)
    values = scenario.values(0, 128)
    recipe = scenario.recipe(values)
    steps, library = limit.run(recipe), limit.build()
    found = library.train(library.inputs(recipe, values), library.empty(128))
    found.out[limit.BLOCKS.index("fill"), found.rows["potency"]] *= 1.0 + 1e-8
    with pytest.raises(limit.DiffersError, match="fill: potency"):
        limit.check_material(found, "fill", steps[-1].outcome.product)


def test_another_structure_is_refused(limit: ModuleType) -> None:
    """A scenario with an effect that the C++ leaves out is refused by the name of the parameter."""
    scenario = xs.load(limit.REFERENCE, {"culture.growth_secretion": "100 EV/cell"})
    values = scenario.values(0, 64)
    with pytest.raises(limit.DiffersError, match=r"culture\.growth_secretion"):
        limit.build().inputs(scenario.recipe(values), values)


def test_threads_change_nothing(limit: ModuleType) -> None:
    """Lanes are worked on in tiles: two threads give the same bits."""
    scenario = xs.load(limit.REFERENCE)
    values = scenario.values(0, 512)
    library = limit.build()
    inputs = library.inputs(scenario.recipe(values), values)
    one, two = (library.train(inputs, library.empty(512), threads).out for threads in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_evaluations_are_counted(limit: ModuleType) -> None:
    """Functions and powers of parameters are counted per lane, and NumPy is itself again afterwards."""
    before = np.exp
    each = limit.roofline.evaluations(xs.load(limit.REFERENCE), 256)
    assert np.exp is before
    assert sum(count for name, count in each.items() if name.startswith("exp")) > 50.0
    counts: dict[str, int] = {}
    base = limit.roofline.counting(np.linspace(1.0, 2.0, 8), counts)
    assert type(2.0**base) is np.ndarray and type(base + 1.0) is np.ndarray
    assert np.all(2.0 ** base[:4] >= 2.0)
    assert counts == {"power": 12}


def test_figures(limit: ModuleType) -> None:
    """One round gives every figure as a positive number."""
    found = limit.figures(rounds=1)
    named = {"culture_vs_cpp", "kernel_vs_cpp", "cpp_ns_per_lane", "cpp_culture_ns_per_lane", "roofline_share"}
    assert named <= found.keys() <= named | {"kernel_f32_vs_cpp"}
    assert min(found.values()) > 0.0
