"""Sweeps: statistics at every point, flat memory, points that fail, and what is told of all that."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import LimitError, ScenarioError, UsageError
from exosim.study.answers import Response, statistic_of
from exosim.study.factor import Factor, Floats
from exosim.study.model import FunctionModel
from exosim.study.study_files import load_study, save_study
from exosim.study.sweep import MOST_POINTS_OF_DOCUMENT, STATISTICS, Sweep, design_of, sweep

DRAWS = 40
NORMAL = np.random.default_rng(1).normal(size=DRAWS)
FACTORS = (
    Factor("a.x", "L", 1.0, 10.0, base=2.0, scale="log"),
    Factor("a.n", "1", 1.0, 3.0, whole=True, base=1.0),
    Factor("a.kind", "1", 0.0, 1.0, choices=("gel", "film")),
)
RESPONSES = (Response("doses", "dose", "more"), Response("cost", "EUR/dose", "less"), Response("time", "h"))


def answers(points: Floats) -> Floats:
    """Doses grow with x, cost has no value on draws without doses, time is the same on all."""
    x, n, kind = points.T[:, :, None]
    doses = np.maximum(x * n + kind + NORMAL, 0.0)
    cost = np.where(doses > 0.0, 100.0 / np.where(doses > 0.0, doses, 1.0), np.nan)
    return np.stack([doses, cost, np.broadcast_to(24.0 * n, doses.shape)], axis=1)


MODEL = FunctionModel(FACTORS, RESPONSES, answers, DRAWS, chunk=16)


def asked(points: Floats | None = None, **more: Any) -> Sweep:
    """Return a sweep over a small grid."""
    chosen = design_of(MODEL, "grid", levels=3) if points is None else points
    return sweep(MODEL, chosen, method="grid", name="small", hash="0" * 64, seed=1, **more)


def test_the_best_point_has_a_value_wherever_another_has_one() -> None:
    """One draw of 40 is released at a low x, and cheap; the best cost is that of points with a cost on all draws."""

    def rarely(points: Floats) -> Floats:
        cost = points + np.exp(NORMAL)
        return np.where((points < 5.0) & (np.arange(DRAWS) > 0), np.nan, cost)[:, None, :]

    model = FunctionModel((Factor("a.x", "L", 1.0, 10.0, base=6.0),), (RESPONSES[1],), rarely, DRAWS)
    found = sweep(model, np.array([[1.0], [9.0], [6.0], [7.0]]), levels=0)
    assert int(np.argmin(found.of("cost"))) == 0
    assert found.best("cost") == 2
    assert found.valued[0].tolist() == [1, DRAWS, DRAWS, DRAWS]


def test_every_statistic_of_every_point() -> None:
    """As of the draws themselves; draws without a value are left out and counted."""
    found = asked()
    draws = answers(found.points)
    assert found.points.shape == (3 * 3 * 2, 3)
    for place, response in enumerate(RESPONSES):
        for one in STATISTICS:
            assert (found.of(response.name, one) == statistic_of(draws[:, place], one)).all()
        assert (found.valued[place] == np.isfinite(draws[:, place]).sum(axis=1)).all()
    assert found.valued[1].min() < DRAWS == found.valued[0].min()
    assert any(told.startswith("cost has no value on some draws of") for told in found.remarks())
    assert found.best("doses") == int(np.argmax(found.of("doses")))
    assert found.best("cost", "p95") == int(np.nanargmin(found.of("cost", "p95")))
    assert found.best("time") is None
    assert found.told(1) == {"a.x": "1 L", "a.n": "1", "a.kind": "film"}
    with pytest.raises(UsageError, match="did you mean doses"):
        found.of("dose")
    with pytest.raises(UsageError, match="unknown statistic"):
        found.of("doses", "p50")


def test_frames_hold_every_point() -> None:
    """Factors as a person knows them, statistics with their units, and whether the point is possible."""
    found = asked()
    frame = found.to_pandas()
    assert frame.index[0] == 1
    assert list(frame["a.kind"][:2]) == ["gel", "film"]
    assert frame["doses.median"].tolist() == found.of("doses").tolist()
    assert frame.attrs["units"]["cost.p95"] == "EUR/dose"
    assert frame["possible"].all()
    assert set(found._frames()) == {"points", "effects", "slices", "failures"}
    assert set(asked(levels=0)._frames()) == {"points", "failures"}


def test_the_document_is_json() -> None:
    """No NaN, and the same for any number of processes or points at once."""
    found = asked()
    document = json.dumps(found.as_dict(), allow_nan=False)
    assert json.loads(document)["form"] == "exosim.sweep/1"
    assert json.loads(document)["values"]["doses"]["n"] == found.valued[0].tolist()
    for other in (replace(MODEL, chunk=1), replace(MODEL, chunk=10_000)):
        again = sweep(other, found.points, method="grid", name="small", hash="0" * 64, seed=1)
        assert json.dumps(again.as_dict(), allow_nan=False) == document
    again = sweep(MODEL, found.points, method="grid", name="small", hash="0" * 64, seed=1, jobs=2)
    assert json.dumps(again.as_dict(), allow_nan=False) == document
    many = design_of(MODEL, "latin_hypercube", points=MOST_POINTS_OF_DOCUMENT + 1)
    large = asked(many, levels=0).as_dict()
    assert (large["points"], large["values"], large["n"]) == (None, None, len(many))


def test_memory_stays_flat() -> None:
    """Points times draws are never held: 4,000 points of 10,000 draws would be 320 MB."""
    wide = FunctionModel((FACTORS[0],), (Response("y", "1"),), of_ten_thousand, 10_000, chunk=8)
    points = design_of(wide, "latin_hypercube", points=4000)
    tracemalloc.start()
    sweep(wide, points, levels=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 2**20


def of_ten_thousand(points: Floats) -> Floats:
    """Return ten thousand draws at each point."""
    return np.repeat(points[:, :, None], 10_000, axis=2)


def narrow(points: Floats) -> Floats:
    """A model that does not go above 9 L."""
    if (points[:, 0] > 9.0).any():
        raise ScenarioError("more than 9 L does not fit\nand more words")
    return answers(points)


def test_points_that_fail_are_told_and_the_others_are_there(tmp_path: Path) -> None:
    """By number, with their values and the reason, in the table and in the document."""
    model = replace(MODEL, function=narrow)
    points = design_of(model, "latin_hypercube", points=200, seed=3)
    with pytest.raises(ScenarioError, match="of 200 is not possible, nor are"):
        sweep(model, points)
    found = sweep(model, points, method="latin_hypercube", name="small", keep_going=True)
    beyond = np.flatnonzero(points[:, 0] > 9.0)
    assert sorted(found.failed) == beyond.tolist()
    assert np.isnan(found.of("doses")[beyond]).all()
    assert not np.isnan(np.delete(found.of("doses"), beyond)).any()
    told = found.remarks()[0]
    assert f"{len(beyond)} of 200 points and 1 of the benchmark table are not possible" in told
    assert f"the first: point {beyond[0] + 1}: more than 9 L" in told
    assert "more words" not in told
    failures = found.to_pandas("failures")
    assert len(failures) == len(beyond) + 1
    assert failures["at"].iloc[-1] == "a.x = 10 L"
    save_study(found, tmp_path / "study")
    assert not load_study(tmp_path / "study").to_pandas()["possible"].all()
    assert asked().failures == 0


def test_designs_take_their_own_options() -> None:
    """Levels of a grid, points of the others, lists side by side."""
    listed = tuple(replace(f, levels=v) for f, v in zip(FACTORS[:2], ((1.0, 2.0), (3.0, 1.0)), strict=True))
    model = FunctionModel((*listed, FACTORS[2]), RESPONSES, answers, DRAWS)
    assert design_of(model, "list").tolist() == [[1.0, 3.0, 0.0], [2.0, 1.0, 1.0]]
    assert len(design_of(MODEL, "sobol")) == 128
    assert len(design_of(MODEL, "latin_hypercube")) == 100
    assert len(design_of(MODEL, "grid")) == 5 * 3 * 2
    for method, option in (("grid", "points"), ("sobol", "levels"), ("latin_hypercube", "levels"), ("list", "points")):
        with pytest.raises(UsageError, match=f"has no {option}"):
            design_of(MODEL, method, **{option: 3})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"a\.x: no values, a\.n: no values, a\.kind: 2 values"):
        design_of(MODEL, "list")
    wide = tuple(Factor(f"a.{k}", "1", 0.0, 1.0) for k in range(4))
    with pytest.raises(LimitError, match="1,000,000,000,000 points") as error:
        design_of(FunctionModel(wide, RESPONSES, answers), "grid", levels=1000)
    assert "or a Latin hypercube" in str(error.value)


@settings(max_examples=20)
@given(st.integers(1, 60), st.integers(0, 9), st.sampled_from(["latin_hypercube", "sobol"]))
def test_designs_stay_in_their_ranges_and_repeat_themselves(points: int, seed: int, method: Any) -> None:
    """Same seed, same points; whole numbers and choices are such."""
    found = design_of(MODEL, method, points=points, seed=seed)
    assert (found == design_of(MODEL, method, points=points, seed=seed)).all()
    assert found.shape == (points, 3)
    for place, factor in enumerate(FACTORS):
        assert ((found[:, place] >= factor.low) & (found[:, place] <= factor.high)).all()
    assert (found[:, 1:] == np.rint(found[:, 1:])).all()


def test_progress_ends_at_all_points() -> None:
    """Those of the benchmark table among them."""
    seen: list[tuple[int, int]] = []
    asked(progress=lambda done, all_: seen.append((done, all_)))
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len({all_ for _, all_ in seen}) == 1
