"""Results as frames of pandas and polars and as datasets of xarray: the same numbers to the bit, without copies."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import xarray as xr

import exosim as xs
from exosim.frames import of_rows
from exosim.indicators import HEADLINES
from exosim.parameter import Ledger

SCENARIOS = Path(__file__).parents[1] / "scenarios"
CASES = ["msc_hollow_fiber", "tessee_planar_msc", "measured_process"]


@pytest.fixture(scope="module", params=CASES)
def yields(request: pytest.FixtureRequest) -> xs.Yields:
    return xs.evaluate(xs.load(SCENARIOS / f"{request.param}.toml"), draws=200)


@pytest.fixture(scope="module")
def results() -> xs.FacilityResults:
    return xs.simulate(xs.load(SCENARIOS / "msc_hollow_fiber.toml"), 3)


def bits(values: Any) -> bytes:
    return np.ascontiguousarray(np.asarray(values, dtype=np.float64)).tobytes()


def keys(yields: xs.Yields) -> list[tuple[str, str | None]]:
    attributes = {a.id for a in yields.scenario.declarations.attributes}
    return [(s.name, s.step) for s in yields.quantities() if s.name not in attributes]


def test_every_quantity_of_a_yield_comes_back_to_the_bit(yields: xs.Yields) -> None:
    """Every headline and every figure of a step, in all three libraries, with its unit."""
    frame, table, data = yields.to_pandas(), yields.to_polars(), yields.to_xarray()
    assert len(keys(yields)) > 20
    for name, step in keys(yields):
        column = name if step is None else f"{step}.{name}"
        expected = bits(yields.values(name, step))
        assert bits(frame[column].to_numpy()) == expected
        assert bits(table[column].to_numpy()) == expected
        assert bits(data[column].values) == expected
        unit = yields.summary(name, step).unit
        assert frame.attrs["units"][column] == data[column].attrs["units"] == unit
    assert (len(frame), len(table), data.sizes["draw"]) == (200, 200, 200)
    assert list(frame.columns) == table.columns[1:]
    assert frame.index.name == table.columns[0] == "draw"


def test_the_specification_comes_along(yields: xs.Yields) -> None:
    """What assays report of each attribute is a column; the share that meets its limits follows from it."""
    frame, shares = yields.to_pandas(), yields.in_specification()
    for attribute in yields.scenario.declarations.attributes:
        assert math.isclose(np.mean(attribute.met(frame[attribute.id].to_numpy())), shares[attribute.id])


def test_the_course_of_a_culture_is_in_the_dataset() -> None:
    yields = xs.evaluate(xs.load(SCENARIOS / "msc_hollow_fiber.toml"), draws=64)
    data = yields.to_xarray()
    assert data["culture.course.titer"].dims == ("harvest", "draw")
    assert bits(data["culture.course.titer"].values) == bits(yields.course("titer"))
    assert data.attrs["hash"] == yields.scenario.hash and data.attrs["seed"] == yields.seed


def test_summaries_come_back_to_the_bit(yields: xs.Yields) -> None:
    found = list(yields.quantities())
    frame, table = yields.to_pandas("quantities"), yields.to_polars("quantities")
    for name in ("mean", "median", "p5", "p95"):
        expected = bits([math.nan if getattr(s, name) is None else getattr(s, name) for s in found])
        assert bits(frame[name].to_numpy()) == bits(table[name].to_numpy()) == expected
    assert frame["name"].tolist() == [s.name for s in found]


def test_nothing_is_copied_and_nothing_can_be_spoiled() -> None:
    """Columns are views of the arrays of the result, which cannot be written to through them."""
    yields = xs.evaluate(xs.load(SCENARIOS / "measured_process.toml"), draws=64)
    frame, data = yields.to_pandas(), yields.to_xarray()
    own = yields.values("doses")
    assert np.shares_memory(frame["doses"].to_numpy(), own)
    assert np.shares_memory(data["doses"].values, own)
    before = own.copy()
    with pytest.raises(ValueError, match="read-only"):
        data["doses"].values[0] = 0.0
    frame["doses"] = 0.0
    assert bits(yields.values("doses")) == bits(before)


def test_a_million_draws_take_no_time() -> None:
    """Columns travel whole: a frame of many draws costs about what one of few does."""

    def seconds(draws: int) -> float:
        yields = xs.evaluate(xs.load(SCENARIOS / "minimal.toml"), draws=64)
        for kept in yields._kept.values():
            for key in kept:
                kept[key] = np.zeros(draws)  # type: ignore[index]
        yields.draws = yields.kept = draws
        begun = time.perf_counter()
        assert len(yields.to_pandas()) == draws
        assert yields.to_xarray().sizes["draw"] == draws
        return time.perf_counter() - begun

    seconds(10)
    assert seconds(1_000_000) < 20.0 * seconds(10) + 0.1


def test_what_is_missing_is_nan_with_its_reason() -> None:
    yields = xs.evaluate(xs.load(SCENARIOS / "measured_process.toml"), draws=64)
    frame = yields.to_pandas()
    assert np.all(np.isnan(frame["particles_per_cell_per_day"]))
    assert frame.attrs["missing"]["particles_per_cell_per_day"] == "the recipe has no culture whose cells are known"


def test_every_indicator_of_every_replication(results: xs.FacilityResults, tmp_path: Path) -> None:
    """The frame holds what a saved run gives back: every indicator, to the bit."""
    results.save(tmp_path / "run")
    saved = xs.load_run(tmp_path / "run")
    frame, table, data = results.to_pandas(), results.to_polars(), results.to_xarray()
    assert list(frame.index) == table["replication"].to_list() == [1, 2, 3]
    for quantity in results.quantities():
        column = quantity.name if quantity.step is None else f"{quantity.step}.{quantity.name}"
        expected = bits(saved.values(quantity.name, quantity.step))
        assert bits(frame[column]) == bits(table[column]) == bits(data[column].values) == expected
        assert frame.attrs["units"][column] == quantity.unit
    assert set(HEADLINES) <= set(frame.columns)


def test_batches_and_events(results: xs.FacilityResults) -> None:
    """Batches of all replications and the log of the first come as tables, numbered from 1."""
    batches, events = results.to_pandas("batches"), results.to_polars("events")
    records = [batch for account in results.accounts for batch in account.batches]
    assert bits(batches["doses"]) == bits([batch.doses for batch in records])
    assert bits(batches["ended"]) == bits([math.nan if b.ended is None else b.ended for b in records])
    assert batches["number"].min() == 1
    log = results.first.run.log
    assert bits(events["time"]) == bits([event.time for event in log])
    assert events["event"].to_list() == [event.event for event in log]
    assert events["batch"].to_list() == [event.batch + 1 for event in log]


def test_the_ledger() -> None:
    ledger = xs.load(SCENARIOS / "msc_hollow_fiber.toml").ledger()
    frame, table, data = ledger.to_pandas(), ledger.to_polars(), ledger.to_xarray()
    assert frame["path"].tolist() == table["path"].to_list() == data["path"].values.tolist() == [x.path for x in ledger]
    assert frame["grade"].value_counts().to_dict() == {k: n for k, n in ledger.counts().items() if n}
    assert len(Ledger(()).to_pandas()) == len(Ledger(()).to_polars()) == 0


def test_the_kinds_of_frames(results: xs.FacilityResults) -> None:
    assert isinstance(results.to_pandas(), pd.DataFrame)
    assert isinstance(results.to_polars(), pl.DataFrame)
    assert isinstance(results.to_xarray(), xr.Dataset)
    with pytest.raises(xs.UsageError, match='unknown table "batchs"'):
        results.to_pandas("batchs")


def test_columns_of_rows() -> None:
    """Whole numbers stay whole, gaps are NaN, words and truth stay as they are."""
    frame = of_rows("row", ["a", "b", "c", "d"], [(1, None, "x", True), (2, 0.5, "y", False)])
    assert frame.columns["a"].dtype == np.int64
    assert np.isnan(frame.columns["b"][0]) and frame.columns["b"][1] == 0.5
    assert (frame.columns["c"], frame.columns["d"]) == (["x", "y"], [True, False])


@pytest.mark.parametrize("library", ["pandas", "polars", "xarray"])
def test_a_missing_library_names_the_extra(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library there is one clear line; everything else works without it."""
    monkeypatch.setitem(sys.modules, library, None)
    ledger = xs.load(SCENARIOS / "minimal.toml").ledger()
    with pytest.raises(xs.UsageError) as error:
        getattr(ledger, f"to_{library}")()
    told = f"this needs {library}, which is not installed; expected the extra interop: pip install 'exosim-ev[interop]'"
    assert str(error.value) == told
    assert ledger._repr_html_()


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    """Loading, evaluating and showing a scenario imports none of the three."""
    code = (
        "import sys, exosim as xs; s = xs.load(sys.argv[1]); s._repr_html_(); xs.evaluate(s, 64)._repr_html_();"
        "print({'pandas', 'polars', 'xarray'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, str(SCENARIOS / "minimal.toml")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "set()\n"
