"""Pictures, tables and the command of a sensitivity."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from matplotlib.text import Text
from numpy.typing import NDArray

from exosim import plots
from exosim.cli import cli
from exosim.console_sensitivity import show
from exosim.errors import UsageError
from exosim.plots.sensitivity_pictures import pictures
from exosim.plots.style import figure_of, save
from exosim.study.answers import Of, Response
from exosim.study.factor import Factor
from exosim.study.model import FunctionModel
from exosim.study.sensitivity import METHODS, Sensitivity, sensitivity

Floats = NDArray[np.float64]
FLASKS = Path(__file__).parents[2] / "scenarios" / "msc_flasks_ultracentrifugation.toml"
DRAWS = 60
WORLD = np.random.default_rng(2).standard_normal((2, DRAWS))
FACTORS = (
    Factor("steep", "L/h", 0.0, 10.0, base=4.0),
    Factor("shallow", "EV/mL", 1e9, 1e11, scale="log", base=1e10),
    Factor("chance", "1", -1.0, 1.0, base=0.0),
    Factor("kind", "1", 0.0, 1.0, choices=("$ale", "own"), base=0.0),
    Factor("peak", "1", -1.0, 1.0, base=0.0),
    Factor("idle", "1", 0.0, 1.0),
)


def answer(x: Floats) -> Floats:
    """Return what depends on each factor in another way, and is missing where steep is at its very end."""
    y = 3.0 * x[:, 0] + 2.0 * np.log10(x[:, 1] / 1e9) + 4.0 * x[:, 3] - 6.0 * x[:, 4] ** 2
    every = y[:, None] + 0.4 * x[:, 2:3] * WORLD[0] + WORLD[1]
    return np.where(x[:, :1] >= 10.0, math.nan, every)[:, None, :]


MODEL = FunctionModel(FACTORS, (Response("doses", "dose"),), answer, draws=DRAWS)


@pytest.fixture(scope="module", params=METHODS)
def found(request: pytest.FixtureRequest) -> Sensitivity:
    samples = {"morris": 32, "sobol": 128}.get(request.param)
    return sensitivity(MODEL, [Of("doses", "mean"), Of("doses", "p90")], request.param, samples=samples, seed=1)


def texts(axes: object) -> str:
    figure = figure_of(axes)  # type: ignore[arg-type]
    figure.draw_without_rendering()
    found = figure.findobj(lambda one: hasattr(one, "get_text"))
    return "\n".join(one.get_text() for one in found if one.get_visible())  # type: ignore[attr-defined]


def test_each_question_has_a_picture_that_names_what_matters(found: Sensitivity, tmp_path: Path) -> None:
    drawn = dict(pictures(found))
    assert len(drawn) == 2 and all(name.endswith(("mean_of_doses", "p90_of_doses")) for name in drawn)
    for name, axes in drawn.items():
        told = texts(axes)
        assert "steep" in told and "shallow" in told and "idle" in told
        assert "95 %" in told and "doses" in axes.get_xlabel()
        assert all(path.stat().st_size > 5000 for path in save(axes, tmp_path, name))


def test_tornado_writes_the_ends_and_marks_noise() -> None:
    one = sensitivity(MODEL, [Of("doses", "mean")])
    told = texts(plots.tornado(one))
    assert "10 L/h: no answer" in told and "1e11 EV/mL" in told and r"\$ale" in told
    assert "noise: not told apart from no influence" in told
    widths = {round(patch.get_height(), 2) for patch in plots.tornado(one).patches}
    assert widths == {0.72, 0.36}  # both ends of the peak lie on one side of the base


def test_pictures_are_of_their_own_method_only(found: Sensitivity) -> None:
    draws = {"one_at_a_time": plots.tornado, "morris": plots.elementary_effects, "sobol": plots.sobol_bars}
    for method, draw in draws.items():
        if method != found.method:
            with pytest.raises(TypeError):
                draw(found)


def test_question_without_an_answer_has_no_picture() -> None:
    flat = FunctionModel(FACTORS, MODEL.responses, lambda x: np.ones((len(x), 1)))
    for method in METHODS:
        assert not list(pictures(sensitivity(flat, [Of("doses", "mean")], method)))


def test_a_picture_of_noise_alone_says_so() -> None:
    noise = FunctionModel(
        FACTORS[2:3], MODEL.responses, lambda x: (0.4 * x * WORLD[0] + WORLD[1])[:, None, :], draws=DRAWS
    )
    one = sensitivity(noise, [Of("doses", "mean")])
    assert one.found[0].leaders == [] and "hangs on none of these factors" in texts(plots.tornado(one)).replace(
        "\n", " "
    )


def test_table_tells_numbers_intervals_and_noise(
    found: Sensitivity, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    show(found, [tmp_path / "study.json"])
    printed = capsys.readouterr().out
    assert "mean of doses [dose]" in printed and "p90 of doses [dose]" in printed and "study.json" in printed
    assert "no influence" in printed and "95 % interval" in printed
    lines = [
        line.split()[0] for line in printed.splitlines() if line.strip().startswith(tuple(f.path for f in FACTORS))
    ]
    assert lines[:6] == [FACTORS[place].path for place in found.found[0].order]


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["sensitivity", str(FLASKS), *arguments])


def test_command_writes_tables_and_pictures(tmp_path: Path) -> None:
    out = tmp_path / "found"
    result = asked("--response", "doses", "--draws", "40", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "median of doses" in result.output and "culture.secretion_rate" in result.output
    names = {path.name for path in out.iterdir()}
    assert {"study.json", "factors.csv", "points.csv", "tornado_median_of_doses.png", "manifest.json"} <= names


def test_command_prints_one_document(tmp_path: Path) -> None:
    result = asked(
        "--method", "morris", "--samples", "4", "--response", "doses", "--draws", "10", "--json", "--out",
        str(tmp_path / "found"), "--vary", "culture.secretion_rate=x0.5..x2",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["form"] == "exosim.sensitivity/1" and document["samples"] == 4


@pytest.mark.parametrize(
    "arguments",
    [("--samples", "8"), ("--method", "tornado"), ("--method", "morris", "--levels", "5"), ("--response", "dozes")],
)
def test_command_refuses_what_cannot_be_done(arguments: tuple[str, ...], tmp_path: Path) -> None:
    result = asked(*arguments, "--out", str(tmp_path / "found"))
    assert result.exit_code == 2 or isinstance(result.exception, UsageError)
    assert not (tmp_path / "found").exists()


def test_names_of_a_screening_stay_apart_and_inside() -> None:
    """Many factors of nearly the same effect: no name on another or beyond the axes, and who has none is counted."""
    factors = tuple(Factor(f"procedure.parameter_{n}", "1", 0.0, 1.0, base=0.5) for n in range(14))
    weights = np.array([30.0, *np.linspace(0.1, 0.9, 13)])
    model = FunctionModel(factors, (Response("doses", "dose"),), lambda x: ((x**2) @ weights)[:, None, None], draws=1)
    axes = plots.elementary_effects(sensitivity(model, [Of("doses", "mean")], "morris", samples=16))
    figure = figure_of(axes)
    figure.draw_without_rendering()
    names = [one for one in axes.texts if one.get_text().startswith("procedure")]
    boxes = [Text.get_window_extent(one) for one in names]
    assert len(names) >= 3
    assert not any(one.overlaps(two) for n, one in enumerate(boxes) for two in boxes[:n])
    assert all(axes.bbox.y0 < one.y0 and one.x1 < axes.bbox.x1 for one in boxes)
    assert f"Without a name here, for lack of room: {14 - len(names)}." in " ".join(texts(axes).split())


def test_a_scenario_without_uncertainty_says_so(tmp_path: Path) -> None:
    minimal = FLASKS.with_name("minimal.toml")
    with pytest.raises(UsageError, match="the scenario is sure of everything; expected --vary"):
        CliRunner().invoke(cli, ["sensitivity", str(minimal), "--out", str(tmp_path / "out")], catch_exceptions=False)
