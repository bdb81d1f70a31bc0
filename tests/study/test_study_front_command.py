"""The command `front`, what it reads, prints and draws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import exosim as xs
from exosim.cli import cli
from exosim.errors import UsageError
from exosim.plots.front_pictures import pictures
from exosim.plots.pareto_front import pareto_front
from exosim.plots.style import save
from exosim.study.answers import Condition, Met, Of, Response
from exosim.study.calls import front
from exosim.study.factor import Factor, Floats
from exosim.study.front import Front, ahead
from exosim.study.front import front as search
from exosim.study.front_reading import read_front, read_limits, read_objectives
from exosim.study.front_rows import shown_rows
from exosim.study.model import FunctionModel
from exosim.study.objectives import Limit, Objective
from exosim.study.plan import plan_of
from exosim.study.study_files import load_study

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SCENARIO = SCENARIOS / "msc_hollow_fiber.toml"
KNOWN = {
    "doses": Response("doses", "dose", "more"),
    "cost": Response("cost", "EUR/dose", "less"),
    "share": Response("share", "1"),
    "in_specification": Response("in_specification", "1", "more"),
}
RESPONSES = tuple(Response(name, "1") for name in ("a", "b", "c"))
LESS = tuple(Objective(Of(one.name), "less") for one in RESPONSES)


def spheres(x: Floats) -> Floats:
    return np.stack([((x - end) ** 2).sum(axis=1) for end in ([0.2, 0.2], [0.8, 0.2], [0.5, 0.8])], axis=1)


def searched(objectives: int, **more: Any) -> Front:
    factors = tuple(Factor(f"step.x{place}", "1", 0.0, 1.0, base=0.9) for place in range(2))
    return search(
        FunctionModel(factors, RESPONSES, spheres), LESS[:objectives], population=16, generations=6, name="three",
        **more,
    )  # fmt: skip


def test_what_is_1_or_0_is_asked_for_its_mean() -> None:
    """The median of a share says nothing: a name alone asks on which share of the draws it is met."""
    met = Of("in_specification", "mean")
    assert read_objectives(["in_specification", "more doses"], KNOWN)[0] == Objective(met, "more")
    assert read_limits(["in_specification >= 0.7"], KNOWN) == (Limit(met, ">=", 0.7),)
    assert read_objectives(["more p10(in_specification)"], KNOWN)[0].asked == Of("in_specification", "p10")


def test_objectives_are_read() -> None:
    """With a statistic or the median; without a direction, whichever is better for the response."""
    texts = ["less p90(cost)", "more doses", "mean(cost)", "doses", " less  share "]
    assert read_objectives(texts, KNOWN) == (
        Objective(Of("cost", "p90"), "less"),
        Objective(Of("doses"), "more"),
        Objective(Of("cost", "mean"), "less"),
        Objective(Of("doses"), "more"),
        Objective(Of("share"), "less"),
    )


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["share"], 'depends on what is wanted; got share; expected "more share" or "less share"'),
        (["less dosis"], "did you mean doses?"),
        (["less p101(doses)"], "no such statistic"),
        ([""], "this is no objective"),
        ([], "a front has two objectives or more"),
    ],
)
def test_objectives_that_cannot_be_read(texts: list[str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_front(texts, (), KNOWN, None)
    assert told in str(caught.value)


def test_limits_are_read() -> None:
    """Of a statistic, of the median, or with a probability, of all without a statistic together."""
    cost = Limit(Of("cost", "p90"), "<=", 500.0, "EUR/dose")
    texts = ["p90(cost) <= 500 EUR", "doses >= 12"]
    assert read_limits(texts, KNOWN) == (cost, Limit(Of("doses"), ">=", 12.0, "dose"))
    met = Met((Condition("doses", ">=", 12.0, "dose"), Condition("share", "<=", 0.5)))
    found = read_limits([*texts, "share <= 50 %"], KNOWN, 0.8)
    assert found == (cost, Limit(met, ">=", 0.8))
    assert str(found[1]) == "probability of doses >= 12 dose and share <= 0.5, at least 0.8"
    assert read_limits(texts[:1], KNOWN, 0.8) == (cost,)
    with pytest.raises(UsageError, match="a probability lies above 0"):
        read_limits(texts, KNOWN, 1.5)
    with pytest.raises(UsageError, match="no condition"):
        read_limits(["mean(doses) = 4"], KNOWN)


def run(*arguments: str, scenario: Path = SCENARIO) -> Result:
    return CliRunner().invoke(cli, ["front", str(scenario), *arguments])


SMALL = (
    "--vary", "concentrate.diavolumes=3..12", "--vary", "concentrate.concentration_factor=5..40",
    "--objective", "more doses", "--objective", "more p10(purity_relative_to_ceiling)", "--population", "8",
    "--generations", "3", "--draws", "40", "--engine", "kernel",
)  # fmt: skip


def test_the_command_writes_and_tells(tmp_path: Path) -> None:
    """A table, sentences, pictures and tables that come back; a response besides is in every row."""
    folder = tmp_path / "front"
    result = run(*SMALL, "--response", "mean(ev_yield)", "--subject-to", "doses >= 1", "--out", str(folder))
    assert result.exit_code == 0, result.output
    assert "24 points at most (8 x 3)" in result.stderr
    for words in ("in search", "fresh draws", "base", "limits: median of doses >= 1 dose", "pareto_front.png"):
        assert words in result.stdout
    study = load_study(folder)
    assert study.tables == ("front", "points", "hypervolume")
    assert {"mean of ev_yield", "fresh mean of ev_yield", "stands"} <= set(study.columns())
    assert len(study.columns("points")["generation"]) == 24
    assert study.document["form"] == "exosim.front/1"
    assert {file.name for file in folder.glob("*.png")} == {"pareto_front.png", "settings.png", "hypervolume.png"}


def test_the_document_is_one_and_the_same(tmp_path: Path) -> None:
    """Two runs print the same bits; nothing but the document is on standard output."""
    one, other = (run(*SMALL, "--json", "--out", str(tmp_path / name)) for name in ("one", "other"))
    assert one.exit_code == 0, one.output
    assert one.stdout == other.stdout
    document = json.loads(one.stdout)
    assert document["search"]["points"] == 24
    assert {row["point"] for row in document["front"]} <= set(range(1, 25))
    assert document["base"]["settings"].keys() == {"concentrate.diavolumes", "concentrate.concentration_factor"}
    row = document["front"][0]
    gain = row["answers"]["median of doses"] - document["base"]["answers"]["median of doses"]
    assert row["better_than_base_by"]["median of doses"] == pytest.approx(gain)


def test_mistakes_on_the_command_line() -> None:
    """Each is exit code 2 with what would be right."""
    for arguments, told in (
        (SMALL[:4], "a front has two objectives or more"),
        (SMALL[4:], "front moves at least one of the factors"),
        ((*SMALL, "--population", "2"), "--population"),
    ):
        result = run(*arguments, scenario=SCENARIOS / "hek_perfusion.toml")  # it has no [study]
        assert isinstance(result.exception, (UsageError, SystemExit)), result.output
        assert told in f"{result.exception} {result.output}"


def test_from_python() -> None:
    """The same search, by a call."""
    found = front(
        xs.load(SCENARIO), {"concentrate.diavolumes": (3, 12), "concentrate.concentration_factor": (5, 40)},
        ["more doses", "more purity_relative_to_ceiling"], population=8, generations=2, draws=40, engine="kernel",
    )  # fmt: skip
    assert len(found.points) == 16
    assert found.fresh is not None
    assert str(found).startswith("msc_hollow_fiber: ")


def test_rows_on_the_terminal_are_spread_along_the_front() -> None:
    """Both ends and the knee among them, and no more than asked for."""
    found = searched(2)
    rows = shown_rows(found, 6)
    assert len(rows) <= 6
    assert {0, len(found.front) - 1} <= set(rows)
    assert found.knee is not None
    assert found.knee[0] in rows
    assert shown_rows(found, 1000) == list(range(len(found.front)))


def test_the_picture_of_two_objectives(tmp_path: Path) -> None:
    """Front, knee and base are where the numbers say; the bits are the same every time."""
    found = searched(2, limits=[Limit(Of("a"), "<=", 0.3)])
    axes = pareto_front(found)[0]
    lines = {str(line.get_label()): line for line in axes.lines}
    drawn = np.stack([np.asarray(data) for data in lines["front"].get_data()], axis=1)
    assert drawn.tolist() == found.costs[found.front].tolist()
    assert found.knee is not None
    assert [float(np.asarray(v)[0]) for v in lines["knee"].get_data()] == found.costs[
        found.front[found.knee[0]]
    ].tolist()
    assert [float(np.asarray(v)[0]) for v in lines["scenario as it stands"].get_data()] == found.base_costs.tolist()
    assert "limit: median of a <= 0.3" in lines
    assert len(np.asarray(lines["not allowed"].get_xdata())) == int((~found.allowed).sum())
    first, second = (save(pareto_front(found)[0], tmp_path, name)[0].read_bytes() for name in ("one", "other"))
    assert first == second


def test_the_pictures_of_three_objectives() -> None:
    """A panel for every two, with the third as color; all points of the front in each."""
    found = searched(3)
    panels = pareto_front(found)
    assert [panel.get_xlabel().split(",")[0] for panel in panels] == ["median of a", "median of a", "median of b"]
    for panel in panels:
        assert len(np.asarray(panel.collections[-1].get_offsets())) == len(found.front)
    assert list(pictures(found)) == ["pareto_front", "settings", "hypervolume"]


def test_no_front_no_picture() -> None:
    found = searched(2, limits=[Limit(Of("a"), "<=", -1.0)])
    assert pictures(found) == {}
    assert found.answer == "no point of 96 meets all limits"
    with pytest.raises(ValueError, match="no front to draw"):
        pareto_front(found)


def test_one_answer_that_is_best_in_all() -> None:
    """Objectives that agree have no trade-off, and that is said."""
    factor = Factor("step.x", "1", 0.0, 3.0, whole=True, base=0.0)
    model = FunctionModel((factor,), RESPONSES[:2], lambda x: np.repeat(-x, 2, axis=1))
    found = search(model, LESS[:2])
    assert found.answer == (
        "one answer is the best in all 2 objectives: median of a -3 and median of b -3 at step.x = 3; "
        "it dominates the scenario as it stands"
    )


def test_a_mistake_is_told_before_how_much_is_asked() -> None:
    """No note of 2,000 points stands above a search that never begins."""
    given = {"factors": "medium.volume=1..2 L", "objectives": ["more doses", "more purest"]}
    with pytest.raises(UsageError, match='unknown response "purest"'):
        ahead(plan_of(xs.load(SCENARIOS / "minimal.toml"), "front", given))
