"""The command `target` on shipped scenarios."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import exosim as xs
from exosim.study.study_files import load_study
from tests.texts import Door

SCENARIO = Path(__file__).parents[2] / "scenarios" / "msc_hollow_fiber_release.toml"
VARIED = ("--vary", "culture.secretion_rate=x0.5..x3", "--vary", "culture.capacity=x0.5..x2")
SMALL = (*VARIED, "--draws", "50", "--evaluations", "160")
GOAL = ("--goal", "doses >= 500")
FACTORS = {"culture.secretion_rate": "x0.5..x3", "culture.capacity": "x0.5..x2"}


def test_tables_pictures_and_the_document_of_the_call(door: Door) -> None:
    """The folder holds all that was found; its document is that of Python."""
    answer = door.run("target", str(SCENARIO), *SMALL, *GOAL, "--out", "found")
    assert answer.code == 0
    for words in (
        "What must be true for doses >= 500 dose with probability 0.9?", "The smallest change is", "p10 of doses",
        "of 160 points asked, 50 draws at each", "on fresh draws", "found/target_surface.png",
    ):  # fmt: skip
        assert words in answer.out
    saved = load_study(door.folder / "found")
    found = xs.target(xs.load(SCENARIO), FACTORS, ["doses >= 500"], draws=50, evaluations=160)
    assert saved.document == found.as_dict()
    assert len(saved.columns("answers")["size"]) == len(found.answers) > 0
    assert found.fresh_seed == found.seed + 1
    assert all(one.fresh is not None for one in found.answers)


def test_options_of_changes(door: Door) -> None:
    """Weights, directions and the norm reach the document; what cannot be reached is an answer with exit code 0."""
    options = ("--weight", "culture.capacity=3", "--only", "culture.secretion_rate=down", "--norm", "sum")
    answer = door.run("target", str(SCENARIO), *SMALL, "--goal", "doses >= 5000", *options, "--json")
    assert answer.code == 0
    document = json.loads(answer.out)
    assert [(f["weight"], f["way"]) for f in document["factors"]] == [(1.0, "down"), (3.0, "both")]
    assert (document["norm"], document["reached"], document["answers"]) == ("sum", False, [])
    assert document["misses"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*SMALL,), "a goal needs a condition"),
        ((*SMALL, "--goal", "dosis >= 1"), "did you mean doses"),
        ((*SMALL, *GOAL, "--weight", "culture.capacity"), "needs PATH=VALUE"),
        ((*SMALL, *GOAL, "--weight", "culture.capacity=dear"), "needs a number"),
        ((*SMALL, *GOAL, "--weight", "culture.capacty=2"), "did you mean culture.capacity"),
        ((*SMALL, *GOAL, "--only", "culture.capacity=sideways"), "expected one of up, down, both"),
        ((*VARIED, *GOAL, "--evaluations", "20"), "so few evaluations find nothing"),
        ((*GOAL, "--vary", "culture.secretion_rate=x1.5..x3"), "stands outside the range"),
        (("--goal", "doses_per_year >= 1", "--vary", "personnel.nobody.headcount=1..4"), "unknown path"),
    ],
)
def test_what_cannot_be_asked_is_refused(door: Door, options: tuple[str, ...], words: str) -> None:
    """With what is wrong, and nothing is written."""
    answer = door.run("target", str(SCENARIO), *options)
    assert answer.code in (2, 3)
    assert answer.out == ""
    assert words in answer.err
    assert not list(door.folder.iterdir())


def test_the_base_of_a_count_is_what_the_scenario_says() -> None:
    """A key that is no quantity has no default: its base is read from the tables, not the middle of the range."""
    from exosim.study.reading import read_factors
    from exosim.study.standing import standing

    scenario = xs.load(SCENARIO)
    factors = read_factors(scenario, {"personnel.analyst.headcount": "1..9", "polish.load_fraction": "0.01..0.2"})
    found = standing(scenario, factors)
    assert found[0].base == 2.0
    assert found[1].base == factors[1].base
    words = read_factors(scenario, {"release.analyst": ["qa", "analyst"]})
    assert standing(scenario, words)[0].base == 1.0
    with pytest.raises(xs.UsageError, match="stands at none of the choices"):
        standing(scenario, read_factors(scenario, {"release.analyst": ["qa", "fill"]}))


def test_nothing_to_change_is_refused(door: Door) -> None:
    """Where neither the call nor the scenario says what may be changed."""
    answer = door.run("target", str(SCENARIO.with_name("minimal.toml")), "--goal", "doses >= 1")
    assert answer.code == 2
    assert "target moves at least one of the factors; got none" in answer.err


@pytest.mark.slow
def test_a_plant_that_must_make_more_doses_at_a_price(door: Door) -> None:
    """The facility is asked in time, a number of people among the factors."""
    options = ("--vary", "culture.secretion_rate=x0.5..x3", "--vary", "personnel.analyst.headcount=1..4")
    goals = ("--goal", "cost_per_dose <= 350 EUR", "--goal", "doses_per_year >= 2e4")
    answer = door.run("target", str(SCENARIO), *options, *goals, "--replications", "4", "--evaluations", "48", "--json")
    document = json.loads(answer.out)
    assert document["evaluations"]["asked"] <= 48
    assert [f["base"] for f in document["factors"]] == [1.0, 2.0]
    for one in document["answers"]:
        assert one["values"]["personnel.analyst.headcount"] in (1.0, 2.0, 3.0, 4.0)
