"""float32 for screening: nothing in it is wider, it lies close to float64, and it says how close."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.command_options import precision_option
from exosim.kernel import Step
from exosim.material import as_precise, one_where, short_of_whole
from exosim.precision import PRECISIONS, at_precision
from exosim.readings import read_batch
from exosim.screening import COUNTS
from tests.texts import Door

SHIPPED = sorted((Path(__file__).parents[1] / "scenarios").glob("*.toml"))
REFERENCE = Path(__file__).parents[1] / "scenarios" / "msc_hollow_fiber.toml"
LANES = 128
CULTURES = ("planar_expansion", "planar_passage", "culture")
MIXED = ("msc_vertical_wheel",)
"""Scenarios whose culture hands on float64 numbers that were computed from float32 ones."""


def wide(holder: Any, place: str) -> Iterator[str]:
    """Yield the place of every number in float64: arrays and NumPy scalars; plain numbers widen nothing."""
    if isinstance(holder, (np.ndarray, np.generic)):
        if holder.dtype == np.float64:
            yield f"{place} {holder.shape}"
    elif isinstance(holder, Mapping):
        for key, item in holder.items():
            yield from wide(item, f"{place}.{key}")
    elif isinstance(holder, tuple):
        for index, item in enumerate(holder):
            yield from wide(item, f"{place}[{index}]")
    elif dataclasses.is_dataclass(holder) and not isinstance(holder, type):
        for field in dataclasses.fields(holder):
            yield from wide(getattr(holder, field.name), f"{place}.{field.name}")


def narrow_steps(scenario: xs.Scenario) -> tuple[Step, ...]:
    """Return the steps of a scenario in float32, every step with a feed in float32 whatever the step before made."""
    recipe = at_precision(scenario.recipe(scenario.values(0, LANES)), "float32")
    streams: dict[str, Any] = {}
    steps = []
    for procedure in recipe.procedures:
        held, waited = procedure.held(at_precision(procedure.feed(streams), "float32"), recipe.context)
        outcome = procedure.operation.transform(held)
        streams.update(procedure.streams(outcome))
        steps.append(Step(procedure, held, waited, outcome))
    return tuple(steps)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_no_number_of_a_run_in_float32_is_wider(path: Path) -> None:
    """Every array of every step is float32: one that is not costs twice the time, and everything that it meets."""
    scenario = xs.load(path)
    steps = narrow_steps(scenario)
    operations = {d.id: d.operation.owner.__module__ for d in scenario.declarations.procedures}
    for step in steps:
        if not operations[step.procedure.id].endswith(CULTURES):
            found = list(wide((step.procedure, step.held, step.waited, step.outcome), step.procedure.id))
            assert not found, found


@pytest.mark.parametrize("path", [p for p in SHIPPED if p.stem not in MIXED], ids=lambda p: p.stem)
def test_screening_lies_close_to_float64(path: Path) -> None:
    """The medians of all headline figures lie within 1e-4, and nothing overflows, vanishes or warns."""
    yields = xs.evaluate(xs.load(path), 512, precision="float32")
    assert yields.screening is not None
    assert yields.screening.figures
    for figure in yields.screening.figures:
        assert figure.of_medians < 1e-4, figure
    for count in yields.screening.counts:
        assert count.of_medians <= 1.0, count
    for summary in yields.quantities():
        assert summary.reason or summary.n == 512, summary


def test_the_error_is_that_of_the_run() -> None:
    """The difference that a run in float32 states is the one between it and a run in float64."""
    scenario = xs.load(REFERENCE)
    rough, exact = (xs.evaluate(scenario, 300, precision=precision) for precision in ("float32", "float64"))
    assert exact.screening is None
    error = rough.screening
    assert error is not None
    assert error.lanes == 300
    for figure in error.figures:
        one, other = exact.values(figure.name), rough.values(figure.name)
        off = np.abs(other - one) / np.abs(one)
        assert (figure.largest, figure.median) == (off.max(), np.median(off))
        assert figure.of_medians == pytest.approx(abs(np.median(other) / np.median(one) - 1.0), rel=1e-6, abs=1e-12)
        assert figure.differing == np.mean(one != other)
    assert 0.0 < error.median <= error.largest < 1e-4
    for count in error.counts:
        assert count.unit in COUNTS
        assert count.largest == np.abs(exact.values(count.name) - rough.values(count.name)).max()
    assert {one.name for one in (*error.figures, *error.counts)} == {s.name for s in exact.headlines() if s.n}


def test_screening_does_not_depend_on_the_block() -> None:
    """The bits of a run in float32, and the error that it states, are those of any block size."""
    scenario = xs.load(REFERENCE)
    one, other = (xs.evaluate(scenario, 300, block=block, precision="float32") for block in (64, 8192))
    assert np.array_equal(one.values("vialed"), other.values("vialed"))
    assert one.screening == other.screening


def test_float64_is_the_recipe_itself() -> None:
    recipe = xs.load(REFERENCE).recipe(xs.load(REFERENCE).values(0, 64))
    assert at_precision(recipe, "float64") is recipe


def test_what_stays_plain_in_float32() -> None:
    """Planned numbers and a plain 0 or 1 stay as they are; what procedures share stays shared."""
    scenario = xs.load(REFERENCE)
    recipe = at_precision(scenario.recipe(scenario.values(0, 64)), "float32")
    culture = recipe.procedures[1].operation
    assert type(culture.growth_period) is float  # type: ignore[attr-defined]
    assert type(recipe.procedures[1].expected_hold) is float
    assert type(culture.liters) is not float  # type: ignore[attr-defined]
    assert all(procedure.operation.context is recipe.context for procedure in recipe.procedures)


def test_constants_take_the_precision_that_they_meet() -> None:
    constants = np.array([0.1, 0.2])
    assert as_precise(constants, np.zeros(3, dtype=np.float32)).dtype == np.float32
    assert as_precise(constants, 1.0) is constants
    assert (one_where([True, False]) * np.float32(0.1)).dtype == np.float32
    assert (one_where([True, False]) * 0.1).tolist() == [0.1, 0.0]  # type: ignore[union-attr]


def test_a_whole_number_is_met_at_either_precision() -> None:
    """A count that rounding leaves just short of a whole number is that number; one short by more is not."""
    thirds = np.float32(0.1) * np.float32(3.0) / np.float32(0.1) * np.arange(1.0, 300.0, dtype=np.float32)
    assert np.array_equal(np.floor(thirds + short_of_whole(thirds)), 3.0 * np.arange(1.0, 300.0))
    assert math.floor(0.7 / 0.1 + short_of_whole(0.7 / 0.1)) == 7
    assert np.floor(np.float32(6.999) + short_of_whole(np.float32(6.999))) == 6.0


def test_readings_in_float32_are_those_of_the_steps() -> None:
    """The headline figures of float32 steps are finite."""
    scenario = xs.load(REFERENCE)
    values = scenario.values(0, LANES)
    recipe, specification = at_precision((scenario.recipe(values), scenario.specification(values)), "float32")
    readings = read_batch(narrow_steps(scenario), recipe.context, specification)
    assert all(one.values is None or np.all(np.isfinite(one.values)) for one in readings)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(xs.UsageError, match=r'unknown precision "float16".*float64, float32'):
        xs.evaluate(xs.load(REFERENCE), 64, precision="float16")  # type: ignore[arg-type]


def test_the_command_line_screens(door: Door) -> None:
    """The option says how far it lies from float64, and its folder is not that of float64."""
    arguments = ("yield", str(REFERENCE), "--draws", "64", "--precision", "float32")
    text = " ".join(door.run(*arguments).out.split())
    assert "screening in float32: headline figures of the first 64 draws lie within" in text
    document = door.run(*arguments, "--json").document()
    assert (document["screening"]["precision"], document["screening"]["lanes"]) == ("float32", 64)
    assert 0.0 < document["screening"]["largest"] < 1e-4
    assert [path.name.startswith("msc_hollow_fiber_float32-") for path in (door.folder / "results").iterdir()] == [True]
    assert "screening" not in door.run(*arguments[:4], "--json").document()
    assert door.run(*arguments[:-1], "float16").code == 2


def test_the_option_offers_what_there_is() -> None:
    """The command line names the precisions without loading NumPy."""

    @precision_option
    def command() -> None: ...

    assert tuple(command.__click_params__[0].type.choices) == PRECISIONS  # type: ignore[attr-defined]
