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
from exosim.kernel import run
from exosim.material import FIELDS, as_precise, one_where, short_of_whole, total
from exosim.operations import catalog
from exosim.operations.base import NOTHING
from exosim.precision import PRECISIONS, at_precision
from exosim.readings import read_batch
from exosim.screening import COUNTS
from exosim.testing import Subject
from tests.texts import Door

SHIPPED = sorted((Path(__file__).parents[1] / "scenarios").glob("*.toml"))
REFERENCE = Path(__file__).parents[1] / "scenarios" / "msc_hollow_fiber.toml"
LANES = 128
NAMES = sorted(catalog())


def wide(holder: Any, place: str) -> Iterator[str]:
    """Yield the place of every array over lanes that is float64; a plain number of the plan widens nothing."""
    if isinstance(holder, np.ndarray):
        if holder.dtype == np.float64 and holder.shape[-1:] > (1,):
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


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_no_number_of_a_run_in_float32_is_wider(path: Path) -> None:
    """Every array of every step and reading is float32: one that is not costs twice the time, and all that it meets."""
    scenario = xs.load(path)
    values = scenario.values(0, LANES)
    recipe, specification = at_precision((scenario.recipe(values), scenario.specification(values)), "float32")
    steps = run(recipe)
    assert not list(wide((recipe, specification, steps), ""))
    for reading in read_batch(steps, recipe.context, specification):
        assert not list(wide(reading, reading.name))
        assert reading.values is None or np.all(np.isfinite(reading.values)), reading.name


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_runs_in_float32(name: str) -> None:
    """At the corners of its ranges an operation gives finite float32 numbers, about those of float64, and no warning.

    A lot that is empty in some lane is among them.
    """
    operation = Subject(catalog()[name])
    values = operation.corners(20)
    lanes = len(next(iter(values.values()), ["one"]))
    optional = {key for key, parameter in operation.free.items() if parameter.default is None}
    feed = operation.fed(np.append(np.geomspace(0.3, 3.0, lanes - 1), 0.0)) if lanes > 1 else operation.fed()
    for left_out in (set(), optional) if optional else (set(),):
        given = {key: value for key, value in values.items() if key not in left_out}
        exact = operation.build(operation.without_contradictions(given, lanes))
        narrow, lots = at_precision((exact, feed), "float32")
        found, expected = narrow.transform(lots), exact.transform(feed)
        assert not list(wide(found, name))
        for key in FIELDS:
            one, other = (np.atleast_1d(np.asarray(total(getattr(o.product, key)))) for o in (expected, found))
            assert np.all(np.isfinite(other)), key
            assert np.median(np.abs(one - other) / np.maximum(np.abs(one), NOTHING)) < 1e-4, key


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_screening_lies_close_to_float64(path: Path) -> None:
    """The medians of all headline figures lie within 1e-4, and nothing overflows, vanishes or warns.

    A count is one off, or as far as every other figure: 1e-4 of fifty thousand doses are five.
    """
    yields = xs.evaluate(xs.load(path), 512, precision="float32")
    assert yields.screening is not None
    assert yields.screening.figures
    for figure in yields.screening.figures:
        assert figure.of_medians < 1e-4, figure
    for count in yields.screening.counts:
        assert count.of_medians <= max(1.0, 1e-4 * float(np.median(yields.values(count.name)))), count
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
