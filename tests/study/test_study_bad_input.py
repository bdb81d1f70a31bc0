"""Mistakes in what is asked of a sweep: refused before anything runs, or told point by point beside all the rest."""

from __future__ import annotations

import json

import numpy as np
import pytest

from exosim.study.study_files import load_study
from tests.test_bad_inputs import ROWS, STUDIES, WAITING
from tests.texts import BASE, FILE, Door

pytestmark = pytest.mark.usefixtures("no_pictures")
FACTORS = ("medium.volume=1..10 L", "tff.concentration_factor=2..20", "tff.diavolumes=1..9", "tff.flux=15..40 L/m2/h")


def varied(*factors: str) -> list[str]:
    """Return the options that move factors."""
    return [word for factor in factors for word in ("--vary", factor)]


def refused(door: Door, row: str, *arguments: str) -> str:
    """Sweep and return the message; the exit code is that of the row, and nothing is written."""
    door.write(BASE)
    answer = door.run("sweep", FILE, *arguments)
    assert answer.code == int(ROWS[row]["exit_code"]), answer
    assert answer.out == ""
    assert [path.name for path in door.folder.iterdir()] == [FILE]
    return answer.err


def test_the_rows_are_tested_here() -> None:
    """None of them waits."""
    assert not STUDIES & set(WAITING)
    assert {name.split("_")[2][:3] for name in globals() if name.startswith("test_RUN_")} == {
        row[-3:] for row in STUDIES
    }


def test_RUN_012(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a grid of 1e12 points none is made; a Latin hypercube is suggested."""
    monkeypatch.setattr(np, "meshgrid", lambda *_, **__: pytest.fail("points were made"))
    answer = refused(door, "RUN-012", *varied(*FACTORS), "--levels", "1000")
    assert "1,000 x 1,000 x 1,000 x 1,000 has 1,000,000,000,000 points; got 1e+12 points" in answer
    assert "a Latin hypercube: --design latin_hypercube" in answer
    assert "points" in refused(door, "RUN-012", *varied(FACTORS[0]), "--points", "10000001")


def test_RUN_013(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name that was meant, and nothing has run."""
    monkeypatch.setattr("exosim.study.sweep.respond", lambda *_, **__: pytest.fail("the sweep started"))
    answer = refused(door, "RUN-013", *varied("tff.concentration_facto=2..20"))
    assert answer.startswith(f'{FILE}: tff.concentration_facto: unknown key "concentration_facto"')
    assert "did you mean concentration_factor?" in answer
    both = refused(door, "RUN-013", *varied("tf.flux=15..40 L/m2/h", "tff.fluxx=15..40 L/m2/h"))
    assert "did you mean tff" in both and "did you mean flux?" in both


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("20..2", "low must be below high; got low = 20, high = 2"),
        ("2..2", "low must be below high; got low = 2, high = 2"),
        ("2..20 step 0", "a step must be above 0; got 2..20 step 0"),
        ("2..20 step -1", "a step must be above 0; got 2..20 step -1"),
        ("x2..x0.5", "low must be below high; got low = 2, high = 0.5"),
    ],
)
def test_RUN_014(text: str, words: str, door: Door) -> None:
    """Both values are told."""
    answer = refused(door, "RUN-014", *varied(f"tff.concentration_factor={text}"))
    assert answer.startswith(f"{FILE}: tff.concentration_factor: {words}")


def test_RUN_015(door: Door) -> None:
    """Two factors of one key are a conflict, however it is written."""
    for other in ("tff.concentration_factor=3..9", "tff.concentration_factor.value=3..9"):
        answer = refused(door, "RUN-015", *varied("tff.concentration_factor=2..20", other))
        assert answer.startswith(f"{FILE}: tff.concentration_factor: two factors set the same key")


def test_RUN_016(door: Door) -> None:
    """One negative volume among ten thousand: the others are there, the one is told with its number and its reason."""
    door.write(BASE)
    volumes = np.linspace(1.0, 10.0, 10_000)
    volumes[1234] = -3.0
    listed = ", ".join(f"{volume:.6g}" for volume in volumes)
    asked = ("sweep", FILE, *varied(f"medium.volume={listed} L"), "--design", "list", "--draws", "2")
    asked += ("--response", "doses", "--out", "there", "--overwrite")
    answer = door.run(*asked)
    assert answer.code == int(ROWS["RUN-016"]["exit_code"])
    words = "medium.volume: must be above 0; got -3 L"
    assert f"point 1,235 is not possible: {words}" in answer.err
    assert "--keep-going to accept that; all the rest is in there" in answer.err
    assert "1 of 10,000 points and 1 of the benchmark table are not possible; the first: point 1,235" in answer.out
    study = load_study(door.folder / "there")
    table = study.to_pandas()
    assert len(table) == 10_000
    assert table.index[~table["possible"]].tolist() == [1235]
    assert table["doses.median"].notna().sum() == 9_999
    assert (study.to_pandas("failures")["point"].tolist()[0], len(study.document["failed"])) == (1235, 1)
    assert words in study.document["failed"][0]["why"]


def test_RUN_016_keep_going(door: Door) -> None:
    """What is not possible is told all the same, and the exit code is 0."""
    door.write(BASE)
    asked = ("sweep", FILE, *varied("medium.volume=1, -3, 10 L"), "--design", "list", "--draws", "2", "--keep-going")
    answer = door.run(*asked)
    assert (answer.code, answer.err) == (0, "")
    assert "1 of 3 points and 1 of the benchmark table are not possible; the first: point 2" in answer.out


def test_one_document_where_points_fail(door: Door) -> None:
    """With --json the sweep itself tells of them; the exit code is the same."""
    door.write(BASE)
    asked = ("sweep", FILE, *varied("medium.volume=-1..10 L"), "--levels", "3", "--draws", "4", "--json")
    answer = door.run(*asked)
    assert (answer.code, answer.err) == (3, "")
    document = answer.document()
    assert [failed["point"] for failed in document["failed"]] == [1]
    assert document["values"]["doses"]["median"][0] is None
    assert door.run(*asked, "--keep-going").code == 0
    (folder,) = (door.folder / "results").iterdir()
    assert json.loads((folder / "study.json").read_text(encoding="utf-8")) == document


def test_wrong_options_of_a_design(door: Door) -> None:
    """Points of a grid, levels of another design, lists of several lengths, no factor, no such response."""
    some = varied("tff.concentration_factor=2..20")
    for words, arguments in (
        ("a grid has no points; got 5", (*some, "--design", "grid", "--points", "5")),
        ("a sobol has no levels; got 5", (*some, "--design", "sobol", "--levels", "5")),
        ("a list needs as many values of each factor", (*some, "--design", "list")),
        ("sweep moves at least one of the factors; got none", ()),
        ("did you mean doses?", (*some, "--response", "dose")),
        ("'lhs' is not one of", (*some, "--design", "lhs")),
    ):
        door.write(BASE)
        answer = door.run("sweep", FILE, *arguments)
        assert (answer.code, answer.out) == (2, "")
        assert words in answer.err
