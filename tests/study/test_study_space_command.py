"""The command `space` on a shipped scenario."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import exosim as xs
from exosim.study.calls import space
from exosim.study.study_files import load_study
from tests.texts import Door

SCENARIO = Path(__file__).parents[2] / "scenarios" / "msc_hollow_fiber_release.toml"
VARIED = ("--vary", "polish.load_fraction=log 0.02..0.2", "--vary", "digest.treatment_time=0.5..16 h")
SMALL = (*VARIED, "--draws", "60", "--grid", "3", "--level", "0.6")
FACTORS = {"polish.load_fraction": "log 0.02..0.2", "digest.treatment_time": "0.5..16 h"}


def test_tables_and_pictures_of_all_attributes(door: Door) -> None:
    """Without conditions the limits of all attributes are asked; the folder holds tables, pictures and the document."""
    answer = door.run("space", str(SCENARIO), *SMALL, "--out", "found")
    assert (answer.code, "points" in answer.err) == (0, False)
    for words in (
        "residual dna within limits", "all together", "proven acceptable", "err together", "found/design_space.png",
        "msc_hollow_fiber_release: 4 x 4 points, 60 draws at each, seed 20270104",
    ):  # fmt: skip
        assert words in answer.out
    saved = load_study(door.folder / "found")
    assert saved.document["form"] == "exosim.space/1"
    assert len(saved.columns("points")["probability"]) == 16
    assert len(saved.columns("conditions")["condition"]) == 10


def test_json_is_the_document_of_the_call(door: Door) -> None:
    """One document, the same as from Python, with the conditions that were asked for."""
    meet = ("--meet", "doses >= 100 dose", "--meet", "met.purity >= 1")
    document = json.loads(door.run("space", str(SCENARIO), *SMALL, *meet, "--json").out)
    found = space(
        xs.load(SCENARIO), FACTORS, ["doses >= 100", "met.purity >= 1"], probability=0.6, levels=3, draws=60
    )  # fmt: skip
    assert document == found.as_dict()
    assert [one["response"] for one in document["conditions"]] == ["doses", "met.purity"]
    assert document["level"] == 0.6


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (VARIED[:2], 2, "space moves 2 of the factors; got polish.load_fraction"),
        ((*VARIED, "--meet", "dosis >= 1"), 2, "did you mean doses"),
        ((*VARIED, "--meet", "doses"), 2, "this is no condition"),
        ((*VARIED, "--level", "1"), 2, "--level"),
        ((*VARIED, "--grid", "1"), 2, "--grid"),
        ((*VARIED[:3], "polish.load_fraction=0.02..0.1"), 3, "two factors set the same key"),
    ],
)
def test_what_cannot_be_asked_is_refused(door: Door, options: tuple[str, ...], code: int, words: str) -> None:
    """With what is wrong, and nothing is written."""
    answer = door.run("space", str(SCENARIO), *options)
    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err
    assert not list(door.folder.iterdir())


def test_points_that_are_not_possible_are_told(door: Door) -> None:
    """All else is written; with --keep-going that is fine."""
    options = ("--vary", "polish.load_fraction=0.1..0.3", *VARIED[2:], "--draws", "30", "--grid", "3", "--quiet")
    answer = door.run("space", str(SCENARIO), *options, "--out", "found")
    assert answer.code == 3
    assert "outside the plausible range" in answer.err
    assert "--keep-going" in answer.err
    assert (door.folder / "found" / "design_space.png").exists()
    assert door.run("space", str(SCENARIO), *options, "--out", "fine", "--keep-going").code == 0


def test_a_scenario_without_attributes_needs_conditions(door: Door) -> None:
    """What to write is told."""
    plain = str(SCENARIO.with_name("minimal.toml"))
    assert "nothing is limited, and the scenario has no attributes" in door.run("space", plain, *minimal(plain)).err


def minimal(scenario: str) -> tuple[str, ...]:
    """Return two factors of a scenario, by the first quantities of its ledger that are not planned."""
    lines = [line for line in xs.load(scenario).ledger() if line.grade != "plan" and "." in line.path]
    return tuple(text for line in lines[:2] for text in ("--vary", f"{line.path}=x0.9..x1.1"))
