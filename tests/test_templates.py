"""`exosim new`: a scenario begins from a template, and nothing is ever overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

import exosim as xs
from exosim import templates
from exosim.templates import begin
from tests.texts import Door

SHIPPED = sorted(path.stem for path in (Path(__file__).parents[1] / "scenarios").glob("*.toml"))


def test_the_templates_are_the_shipped_scenarios(door: Door) -> None:
    assert list(templates.templates()) == SHIPPED
    listed = door.run("new", "--list").out
    for template in templates.templates().values():
        assert template.name in listed
        assert template.about
        assert "schema" not in template.about
    assert list(door.folder.iterdir()) == []


@pytest.mark.parametrize("template", SHIPPED)
def test_a_new_scenario_is_valid_and_has_its_own_name(template: str, door: Door) -> None:
    answer = door.run("new", "mine", "--from", template)
    assert answer.code == 0
    assert answer.out.splitlines()[0] == "mine.toml"
    assert answer.err == "next: exosim check mine.toml\n"
    scenario = xs.load(door.folder / "mine.toml")
    assert scenario.name == "mine"
    assert scenario.title == xs.load(templates.templates()[template].path).title
    assert (door.folder / "mine.toml").read_text(encoding="utf-8").startswith("#:schema exosim.schema.json\n")
    assert door.run("check", "mine.toml").code == 0


def test_what_a_template_extends_lies_beside_it(door: Door) -> None:
    assert door.run("new", "mine.toml", "--from", "more_doses").out == "mine.toml\nmsc_hollow_fiber.toml\n"
    assert door.run("new", "other", "--from", "more_doses").out == "other.toml\n"
    (door.folder / "msc_hollow_fiber.toml").write_text("mine", encoding="utf-8")
    answer = door.run("new", "third", "--from", "more_doses")
    assert answer.code == 5
    assert answer.err.startswith("msc_hollow_fiber.toml: another file of this name is there already")
    assert not (door.folder / "third.toml").exists()
    assert (door.folder / "msc_hollow_fiber.toml").read_text(encoding="utf-8") == "mine"


def test_nothing_is_overwritten(door: Door) -> None:
    (door.folder / "mine.toml").write_text("keep", encoding="utf-8")
    answer = door.run("new", "mine")
    assert (answer.code, answer.out) == (5, "")
    assert "mine.toml: there is a file of this name already, and it is never overwritten" in answer.err
    assert (door.folder / "mine.toml").read_text(encoding="utf-8") == "keep"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "a name is missing; expected exosim new my_process, or exosim new --list"),
        (["mine", "--from", "minimum"], 2, 'unknown template "minimum"; expected one of '),
        (["nowhere/mine"], 5, "there is no such folder: nowhere"),
        ([".toml"], 2, "this is no name for a scenario"),
        (["a" * 300], 2, "this is no name for a scenario"),
        (["a\x1b[31m"], 2, "this is no name for a scenario"),
    ],
)
def test_what_cannot_be(arguments: list[str], code: int, words: str, door: Door) -> None:
    answer = door.run("new", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err
    assert list(door.folder.iterdir()) == []


def test_a_name_with_quotes_is_a_name(door: Door) -> None:
    assert door.run("new", 'our "best" one').code == 0
    assert xs.load(door.folder / 'our "best" one.toml').name == 'our "best" one'


def test_a_failing_disk_leaves_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Path.open

    def fails(path: Path, *arguments: str, **options: str) -> object:
        if path.name == "msc_hollow_fiber.toml" and "x" in arguments:
            raise OSError(28, "No space left on device")
        return first(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", fails)
    with pytest.raises(xs.FileError, match="No space left on device"):
        begin("mine", "more_doses")
    assert list(door.folder.iterdir()) == []


def test_an_installation_without_templates(monkeypatch: pytest.MonkeyPatch, door: Door) -> None:
    monkeypatch.setattr(templates, "_FOLDERS", (door.folder / "none",))
    answer = door.run("new", "--list")
    assert (answer.code, answer.out) == (5, "")
    assert "this installation of exosim has no templates" in answer.err
