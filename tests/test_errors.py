"""Errors: how a problem reads, what it holds for machines, and how many are shown."""

from __future__ import annotations

import datetime
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.errors import (
    SHOWN_AT_MOST,
    CheckpointError,
    ExosimError,
    FileError,
    LimitError,
    ModelError,
    Problem,
    ScenarioError,
    UsageError,
    in_words,
    nearest_name,
    shortened,
    unknown,
)

FULL = Problem("is too high", "concentrate.flux", "900 L/m2/h", "5..80 L/m2/h", "flux", "batch.toml", 7, 3)


def test_a_problem_reads_as_place_path_clause_and_advice() -> None:
    text = "batch.toml:7:3: concentrate.flux: is too high; got 900 L/m2/h; expected 5..80 L/m2/h; did you mean flux?"
    assert str(FULL) == text


@pytest.mark.parametrize(
    "problem, text",
    [
        (Problem("is empty"), "is empty"),
        (Problem("is empty", file="a.toml"), "a.toml: is empty"),
        (Problem("is empty", file="a.toml", line=2), "a.toml:2: is empty"),
        (Problem("is empty", "dose"), "dose: is empty"),
        (Problem("is empty", "dose", got=""), "dose: is empty; got "),
        (Problem("is empty", nearest="does"), "is empty; did you mean does?"),
    ],
)
def test_what_is_unknown_is_left_out(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_a_problem_has_eight_keys_for_machines() -> None:
    assert list(FULL.as_dict()) == ["file", "line", "column", "path", "problem", "got", "expected", "nearest"]
    assert FULL.as_dict()["line"] == 7
    assert FULL.as_dict()["got"] == "900 L/m2/h"
    assert Problem("is empty").as_dict()["file"] is None


def test_escape_codes_in_a_file_or_path_are_made_visible() -> None:
    text = str(Problem("is empty", "a\x1b[31m", file="b\nc"))
    assert "\x1b" not in text and "\n" not in text
    assert "\\x1b" in text and "b\\nc" in text


def test_problems_stand_in_the_order_of_the_file() -> None:
    error = ScenarioError(
        [Problem("c", file="a", line=9), Problem("b", file="a", line=2, column=5), Problem("a", line=3)]
    )
    assert [problem.problem for problem in error.problems] == ["a", "b", "c"]
    assert str(error).splitlines()[1:] == ["a:2:5: b", "a:9: c"]


@pytest.mark.parametrize("count", [1, SHOWN_AT_MOST, SHOWN_AT_MOST + 1, 188])
def test_at_most_fifty_problems_are_shown_and_all_are_held(count: int) -> None:
    error = ScenarioError([Problem("is wrong", line=line) for line in range(count)])
    lines = str(error).splitlines()
    assert len(error.problems) == count
    if count <= SHOWN_AT_MOST == 50:
        assert len(lines) == count
    else:
        assert len(lines) == 51
        assert lines[-1] == f"and {count - 50} more"


def test_one_problem_may_be_given_alone_or_as_text() -> None:
    assert ModelError("no feed").problems == (Problem("no feed"),)
    assert ModelError(FULL).problems == (FULL,)
    assert str(ModelError("no feed")) == "no feed"


def test_every_kind_has_its_own_exit_code() -> None:
    kinds = [UsageError, ScenarioError, ModelError, FileError, LimitError, CheckpointError]
    assert [kind.exit_code for kind in kinds] == [2, 3, 4, 5, 6, 7]
    assert all(issubclass(kind, ExosimError) for kind in kinds)
    assert ExosimError.exit_code == 1


def test_an_error_comes_back_whole_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(ScenarioError([FULL, Problem("is empty")])))
    assert isinstance(error, ScenarioError)
    assert error.problems == (Problem("is empty"), FULL)


@pytest.mark.parametrize(
    "name, nearest",
    [
        ("flx", "flux"),
        ("FLUX", "flux"),
        ("difiltration", "diafiltration"),
        ("harvest_evry", "harvest_every"),
        ("quite different", None),
        ("", None),
    ],
)
def test_the_nearest_name(name: str, nearest: str | None) -> None:
    assert nearest_name(name, ["flux", "diafiltration", "harvest_every", "Titer"]) == nearest


def test_the_nearest_name_keeps_its_case() -> None:
    assert nearest_name("titre", ["Titer", "flux"]) == "Titer"
    assert nearest_name("flux", []) is None


@given(st.text(max_size=300), st.integers(2, 200))
def test_shortened_text_is_printable_and_starts_like_the_text(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert short.isprintable()
    assert len(short) <= limit
    if text.isprintable():
        assert short == text if len(text) <= limit else short == text[: limit - 1] + "…"


def test_other_values_are_shown_as_python_writes_them() -> None:
    assert shortened(["a", 1]) == "['a', 1]"
    assert shortened("\ud800") == "\\ud800"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "boolean true"),
        (False, "boolean false"),
        ({"low": 1}, "a table"),
        ([1, 2, 3], "a list of 3"),
        ([], "an empty list"),
        (datetime.date(2026, 1, 31), "the date 2026-01-31"),
        (datetime.datetime(2026, 1, 31, 8, 30), "the date 2026-01-31 08:30:00"),
        (datetime.time(8, 30), "the time 08:30:00"),
        (7, "7"),
        (0.25, "0.25"),
        (1.0 / 3.0, "0.333333"),
        (1.23456789e22, "1.23457e22"),
        ("10 L", '"10 L"'),
        ("x" * 100, '"' + "x" * 59 + '…"'),
    ],
)
def test_values_are_called_as_a_person_would(value: object, words: str) -> None:
    assert in_words(value) == words


def test_an_unknown_name_lists_what_is_known() -> None:
    problem = unknown("key", "flx", ["flux", "area"])
    assert problem == Problem('unknown key "flx"', expected="one of flux, area", nearest="flux")
    assert unknown("key", "flux", []) == Problem('unknown key "flux"')


@pytest.mark.parametrize(
    ("homes", "words"),
    [(["doses"], "doses accepts it"), (["a", "b"], "a and b accept it"), (["a", "b", "c"], "a, b and c accept it")],
)
def test_a_name_that_is_known_elsewhere_is_sent_there(homes: list[str], words: str) -> None:
    assert unknown("key", "vials", ["flux"], homes).problem == f'unknown key "vials"; {words}'
    assert unknown("key", "flx", ["flux"], homes).problem == 'unknown key "flx"'
