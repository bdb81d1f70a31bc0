"""Pictures of a sweep and its command: what is drawn is what was found, and any sweep can be drawn."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from exosim.errors import ScenarioError
from exosim.plots import parallel_coordinates, response_slices, sweep_coordinates
from exosim.plots.parallel_coordinates import _told
from exosim.plots.style import figure_of, save, ticks_between
from exosim.plots.sweep_pictures import pictures
from exosim.study.answers import Response
from exosim.study.effects import Effects, effects
from exosim.study.factor import Factor, Floats
from exosim.study.model import FunctionModel
from exosim.study.study_files import load_study
from exosim.study.sweep import Sweep, design_of, sweep
from tests.texts import BASE, FILE, Door

pytestmark = pytest.mark.filterwarnings("ignore:Glyph")
DRAWS = 30
NORMAL = np.random.default_rng(1).normal(size=(2, DRAWS))
FACTORS = (
    Factor("feed.flow", "L/h", 1.0, 100.0, base=7.0, scale="log"),
    Factor("feed.resin", "1", 0.0, 2.0, choices=("gel", "$beads$", "ä 外")),
    Factor("feed.idle", "1", 0.0, 1.0, base=0.2),
    Factor("feed.cycles", "1", 1.0, 4.0, whole=True, base=2.0),
)
RESPONSES = (
    Response("doses", "dose", "more"),
    Response("cost_per_dose", "EUR/dose", "less"),
    Response("in_specification", "1", "more"),
    Response("time", "h"),
)


def answers(points: Floats) -> Floats:
    x, resin, _, cycles = points.T[:, :, None]
    doses = 10.0 * x * np.exp(0.3 * NORMAL[0]) * (1.0 + 0.2 * resin) * cycles
    met = (NORMAL[1] + np.log(x) > 1.0).astype(float)
    return np.stack([doses, 5e4 / doses, met, 24.0 * cycles + 0.0 * doses], axis=1)


MODEL = FunctionModel(FACTORS, RESPONSES, answers, DRAWS)


def swept(model: FunctionModel = MODEL, **more: Any) -> Sweep:
    """Return a sweep of forty points."""
    points = design_of(model, "latin_hypercube", points=40, seed=2)
    asked = {"in_specification": "mean"}
    return sweep(model, points, method="latin_hypercube", asked=asked, name="a_feed", seed=2, **more)


def drawn(found: Effects, **more: Any) -> list[Any]:
    """Return the panels of the slices."""
    return list(response_slices(found, **more))


def test_slices_draw_what_was_found() -> None:
    """The median at each level joins through the ring of the base; 5 to 95 % of the draws are the band."""
    found = swept().effects
    assert found is not None
    panels = drawn(found, factors=("feed.flow", "feed.idle"), responses=("doses", "time"))
    assert len(panels) == 4
    line, points, ring = panels[0].lines
    flow = found.slices[0]
    assert points.get_xdata().tolist() == flow.values.tolist()
    assert points.get_ydata().tolist() == flow.levels[0, 1].tolist()
    assert (ring.get_xdata().tolist(), ring.get_ydata().tolist()) == ([7.0], [found.at_base[0, 1]])
    assert 7.0 in line.get_xdata().tolist()
    band = panels[0].collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(flow.levels[0, 0].min())
    assert band[:, 1].max() == pytest.approx(flow.levels[0, 2].max())
    assert (panels[0].get_xscale(), panels[0].get_yscale(), panels[3].get_yscale()) == ("log", "log", "linear")
    assert panels[0].get_ylim() == panels[1].get_ylim()
    assert panels[0].get_title(loc="left").startswith("rises, +")
    assert panels[1].get_title(loc="left") == "no effect"
    assert panels[0].get_ylabel() == "doses [dose]"
    assert panels[2].get_xlabel() == "feed: flow [L/h]"


def test_a_share_has_no_band_and_choices_have_words() -> None:
    """What is 1 or 0 on a draw is drawn as its mean alone; choices are points with whiskers."""
    found = swept().effects
    assert found is not None
    panels = drawn(found, factors=("feed.flow", "feed.resin"), responses=("in_specification",))
    band = panels[0].collections[0].get_paths()[0].vertices
    assert set(band[:, 1]) == set(found.slices[0].levels[2, 3]) | {found.at_base[2, 3]}
    assert [label.get_text() for label in panels[1].get_xticklabels()] == ["gel", r"\$beads\$", "ä 外"]
    assert "(mean of in specification)" in figure_of(panels[0])._supxlabel.get_text().replace("\n", " ")  # type: ignore[attr-defined]


def test_the_largest_effects_are_drawn() -> None:
    """Of many factors five, and the number of the others is told."""
    many = tuple(Factor(f"a.f{n}", "1", 0.0, 1.0, base=0.5) for n in range(8))
    weights = np.array([1.0, 9.0, 2.0, 8.0, 3.0, 7.0, 0.0, 6.0])
    model = FunctionModel(many, (Response("y", "1"),), lambda p: (p @ weights)[:, None, None] + NORMAL[:1, None], DRAWS)
    panels = drawn(effects(model))
    assert [axes.get_xlabel() for axes in panels] == ["a: f1", "a: f3", "a: f5", "a: f7", "a: f4"]
    assert "3 other factors do less" in figure_of(panels[0])._supxlabel.get_text().replace("\n", " ")  # type: ignore[attr-defined]


def test_lines_cross_each_axis_at_their_value() -> None:
    """The smallest is at the foot, the largest at the head; on an axis of ratios by its logarithm."""
    values = np.array([[0.0, 1.0, 5.0], [5.0, 10.0, 5.0], [10.0, 100.0, 5.0], [np.nan, 1.0, 1.0]])
    axes = parallel_coordinates(["a", "b", "c"], values, logarithmic=["b"], highlight={2: "the best"}, title="Points")
    (lines,) = (one for one in axes.collections if isinstance(one, LineCollection))
    heights = np.array([segment[:, 1] for segment in lines.get_segments()])
    assert heights == pytest.approx(np.array([[0.0, 0.0, 0.5], [0.5, 0.5, 0.5], [1.0, 1.0, 0.5]]))
    assert axes.get_title(loc="left") == "Points"
    assert figure_of(axes)._supxlabel.get_text().split("\n")[0] == "Each line is a point; 3 of 4 are drawn."  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="no axis is called 'd'"):
        parallel_coordinates(["a", "b", "c"], values, color_by="d")
    with pytest.raises(ValueError, match="no point has a value on every axis"):
        parallel_coordinates(["a", "b", "c"], values[3:])


def test_the_best_points_stand_out() -> None:
    """Each once, with all that it is best in."""
    found = swept()
    axes = sweep_coordinates(found)
    names = [text.get_text() for text in figure_of(axes).legends[0].get_texts()]
    assert names[0].startswith("best: doses and cost per dose")
    assert {tick.get_text().replace("\n", " ") for tick in axes.get_xticklabels()} >= {
        "feed: resin", "mean in specification", "median cost per dose [EUR/dose]",
    }  # fmt: skip


@pytest.mark.parametrize("case", ["all", "fails", "one point", "no benchmark", "nothing"])
def test_any_sweep_is_drawn_without_a_warning(case: str) -> None:
    """Points that fail, a single point, responses without a value: a picture, or none, never an error."""

    def some(points: Floats) -> Floats:
        if case == "nothing" or (case == "fails" and (points[:, 0] > 30.0).any()):
            raise ScenarioError("does not fit")
        return answers(points)

    model = replace(MODEL, function=some)
    if case == "one point":
        found = sweep(model, model.base()[None, :], name="a_feed")
    else:
        found = swept(model, keep_going=True, levels=0 if case == "no benchmark" else 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="Glyph")
        made = dict(pictures(found))
        for axes in made.values():
            figure_of(axes).savefig(io.BytesIO(), dpi=40)
    wanted = {"nothing": set(), "no benchmark": {"parallel_coordinates"}}
    assert set(made) == wanted.get(case, {"response_slices", "parallel_coordinates"})


def test_same_sweep_same_picture(tmp_path: Path) -> None:
    """To the byte."""
    for name in "ab":
        (tmp_path / name).mkdir()
        save(response_slices(swept().effects)[0], tmp_path / name, "slices")  # type: ignore[arg-type]
    assert (tmp_path / "a" / "slices.svg").read_bytes() == (tmp_path / "b" / "slices.svg").read_bytes()


@pytest.mark.parametrize(
    ("low", "high", "ratios", "wanted"),
    [
        (0.0, 10.0, False, [0.0, 2.5, 5.0, 7.5, 10.0]),
        (1.0, 1000.0, True, [1.0, 10.0, 100.0, 1000.0]),
        (5.0, 50.0, True, [5.0, 10.0, 20.0, 50.0]),
        (0.8, 1.1, True, [0.8, 0.9, 1.0, 1.1]),
        (3.0, 3.0, True, [3.0]),
    ],
)
def test_ticks_are_round(low: float, high: float, ratios: bool, wanted: list[float]) -> None:
    """Within the ends, and few."""
    assert ticks_between(low, high, ratios=ratios) == pytest.approx(wanted)


def test_the_command_prints_and_writes(door: Door) -> None:
    """The benchmark of each response, the best points, remarks and paths; the folder is read again."""
    door.write(BASE)
    vary = ("--vary", "tff.concentration_factor=log 2..20", "--vary", "medium.volume=5..20 L")
    answer = door.run("sweep", FILE, *vary, "--points", "20", "--draws", "64", "--response", "doses", "--out", "there")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("base: 20 points (latin hypercube), 64 draws at each, seed 1\n")
    assert "doses [dose]: effect of each factor over its range (median of the difference, more is better)" in answer.out
    first = next(line.split() for line in answer.out.splitlines() if line.startswith(" medium.volume"))
    assert (first[1:5], first[-3:]) == (["5", "L", "20", "L"], ["rises", "20", "L"])
    assert "the best of 20 points" in answer.out
    study = load_study(door.folder / "there")
    assert study.tables == ("points", "effects", "slices", "failures")
    assert study.document["benchmark"]["effects"][0]["factor"] == "medium.volume"
    assert study.scenario.name == "base"
    for name in study.manifest["files"]:
        assert (door.folder / "there" / name).exists()
    assert {"response_slices.png", "parallel_coordinates.svg", "points.parquet", "ledger.csv"} <= set(
        study.manifest["files"]
    )
    asked = (*vary, "--points", "20", "--draws", "64", "--response", "doses", "--quiet", "--jobs", "2", "--out", "two")
    quiet = door.run("sweep", FILE, *asked)
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    for name in ("study.json", "points.parquet", "effects.csv", "response_slices.svg"):
        assert (door.folder / "two" / name).read_bytes() == (door.folder / "there" / name).read_bytes(), name


def test_large_numbers_are_told_in_full() -> None:
    """15000 is no 1.5e+04 beside 5,000."""
    assert [_told(value) for value in (5e3, 9999.7, 1.5e4, 99_999.0, 0.0125)] == [
        "5,000", "10,000", "15,000", "99,999", "0.0125",
    ]  # fmt: skip
