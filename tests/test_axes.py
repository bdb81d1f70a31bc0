"""Variants that combine: one choice on each axis of a file."""

from __future__ import annotations

import itertools
import pickle
from pathlib import Path

import pytest

import exosim as xs
from exosim.folder import default_path
from exosim.plots.style import short_names, subtracted
from exosim.saved_scenario import read_saved_scenario, write_scenario
from tests.texts import BASE, FILE, Door

AXES = """
[[axis]]
id = "source"
base = "ten_liters"
title = "ten liters"

[[axis]]
id = "separation"
base = "filter"

[[variant]]
name = "alone"
set = { "tff.flux" = "15 L/m2/h" }

[[variant]]
name = "columns"
axis = "separation"
title = "TFF and SEC"
[[variant.unit_procedure]]
id = "polish"
operation = "size_exclusion_chromatography"
unit = "column_skid"
after = "tff"
[[variant.equipment]]
id = "column_skid"
count = 2

[[variant]]
name = "small"
axis = "source"
title = "two liters"
set = { "medium.volume" = "2 L", "polish.column_volume" = "60 mL" }

[[variant]]
name = "digested"
axis = "source"
[[variant.unit_procedure]]
id = "digest"
operation = "nuclease_treatment"
after = "medium"
"""
ALL = [f"{source}+{how}" for source in ("ten_liters", "small", "digested") for how in ("filter", "columns")]


@pytest.fixture
def six(door: Door) -> xs.Scenario:
    """Return a file with three sources and two separations."""
    door.write(BASE + AXES)
    return xs.load(door.folder / FILE)


def values(scenario: xs.Scenario) -> dict[str, str]:
    return {line.path: line.value for line in scenario.ledger() if line.origin != "default"}


def order(scenario: xs.Scenario) -> list[str]:
    return [procedure.id for procedure in scenario.declarations.procedures]


def test_every_combination_by_name(six: xs.Scenario) -> None:
    found = six.combinations()
    assert list(found) == ALL
    assert {name: order(scenario) for name, scenario in found.items()} == {
        "ten_liters+filter": ["medium", "tff", "fill"],
        "ten_liters+columns": ["medium", "tff", "polish", "fill"],
        "small+filter": ["medium", "tff", "fill"],
        "small+columns": ["medium", "tff", "polish", "fill"],
        "digested+filter": ["medium", "digest", "tff", "fill"],
        "digested+columns": ["medium", "digest", "tff", "polish", "fill"],
    }
    assert [scenario.title for scenario in found.values()] == [
        "ten liters + filter", "ten liters + TFF and SEC", "two liters + filter",
        "two liters + TFF and SEC", "digested + filter", "digested + TFF and SEC",
    ]  # fmt: skip
    assert values(found["ten_liters+filter"]) == values(six)
    assert values(found["small+filter"]) == values(six.variants()["small"])
    assert [len(s.declarations.plant.equipment) for s in found.values()] == [0, 1, 0, 1, 0, 1]


def test_a_value_holds_in_each_combination_that_has_what_it_names(six: xs.Scenario) -> None:
    """The source sets the column that the separation brings, after it is there."""
    assert values(six.combinations()["small+columns"])["polish.column_volume"] == "0.06"
    assert "polish.column_volume" not in values(six.variants()["small"])
    assert values(six.variants()["small"])["medium.volume"] == "2"


def test_the_order_of_the_axes_does_not_matter(six: xs.Scenario, door: Door) -> None:
    for name in ALL:
        there, back = (xs.load(door.folder / f"{FILE}#{JOINED}") for JOINED in (name, "+".join(name.split("+")[::-1])))
        assert (there.hash, there.name, there.variant) == (back.hash, back.name, back.variant) == (
            six.combinations()[name].hash, f"base#{name}", name,
        )  # fmt: skip
    assert len({scenario.hash for scenario in six.combinations().values()}) == 6


def test_choices_of_one_sample_share_their_draws(six: xs.Scenario) -> None:
    """What both leave alone is drawn once: a column only takes away."""
    found = six.with_({"medium.volume": {"uniform": {"low": "5 L", "high": "15 L"}}}).combinations()
    plain, columns = (xs.evaluate(found[name], 64).values("doses") for name in ALL[:2])
    assert (columns < plain).all() and columns.std() > 0.0


def test_combinations_keep_overrides_and_travel(six: xs.Scenario, tmp_path: Path) -> None:
    for name, scenario in six.with_({"medium.volume": "3 L"}).combinations().items():
        assert values(scenario)["medium.volume"] == "3", name
        again = pickle.loads(pickle.dumps(scenario))
        assert (again.hash, again.variant) == (scenario.hash, name)
        write_scenario(scenario, tmp_path)
        saved = read_saved_scenario(tmp_path)
        assert (saved.hash, saved.name, saved.title) == (scenario.hash, scenario.name, scenario.title)


def test_commands_take_a_combination(six: xs.Scenario, door: Door) -> None:
    known = six.combinations()["small+columns"]
    picked = door.run("check", f"{FILE}#columns+small", "--json").document()
    assert picked["scenario"] == {"name": "base#small+columns", "hash": known.hash}
    assert picked["combinations"] == picked["variants"] == []
    assert default_path(known.name, known.hash, 1).name == f"base-small-columns-{known.hash[:8]}-s1"
    checked = door.run("check", FILE, "--json").document()
    assert [c["name"] for c in checked["combinations"]] == [f"base#{name}" for name in ALL]
    assert [v["name"] for v in checked["variants"]] == [f"base#{n}" for n in ("alone", "columns", "small", "digested")]
    assert "two liters + TFF and SEC" in door.run("check", FILE).out
    both = xs.compare(*(door.folder / f"{FILE}#small+{how}" for how in ("filter", "columns")), draws=8)
    assert list(both.scenarios) == ["base#small+filter", "base#small+columns"]


def test_a_file_builds_on_a_combination(six: xs.Scenario, door: Door) -> None:
    door.write('extends = "scenario.toml#small+columns"\nname = "over"\n', "over.toml")
    over = xs.load(door.folder / "over.toml")
    assert values(over) == values(six.combinations()["small+columns"])
    assert over.combinations() == {} and over.variants() == {}


def test_a_file_without_axes_has_no_combinations(door: Door) -> None:
    door.write(BASE)
    assert xs.load(door.folder / FILE).combinations() == {}
    assert door.run("check", FILE, "--json").document()["combinations"] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("small+colums", 'unknown variant "colums"; expected one of alone, columns, small, digested, '),
        ("small+colums", "did you mean columns?"),
        ("small+digested", 'two choices on the axis "source"; got small and digested; expected one choice'),
        ("small+ten_liters", 'two choices on the axis "source"; got small and ten_liters'),
        ("small+small", 'two choices on the axis "source"'),
        ("alone+small", 'the variant "alone" has no axis and stands alone; got alone+small'),
        ("small+", 'unknown variant ""'),
    ],
)  # fmt: skip
def test_a_combination_that_is_none(name: str, words: str, six: xs.Scenario, door: Door) -> None:
    answer = door.run("check", f"{FILE}#{name}")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith(f"{FILE}: ") and words in answer.err


CULTURE = '\n[[axis]]\nid = "a"\nbase = "a0"\n[[axis]]\nid = "b"\nbase = "b0"\n'
FIRST, SECOND = (f'\n[[variant]]\nname = "{axis}1"\naxis = "{axis}"\n' for axis in "ab")


@pytest.mark.parametrize(
    ("first", "second", "what", "lines"),
    [
        ('replace = ["tff"]', 'replace = ["tff"]', "tff", (2, 6)),
        ('[[variant.unit_procedure]]\nid = "tff"\nhold.rate = "0.1 1/h"', 'replace = ["tff"]', "tff", (2, 8)),
        ('set = { "tff.flux" = 20 }', 'set = { "tff.flux" = 30 }', "tff.flux", (2, 6)),
        ("set = { product.ev_size.gsd = 2 }", "set.product.ev_size.gsd = 2", "product.ev_size.gsd", (2, 6)),
        ('[[variant.equipment]]\nid = "x"', '[[variant.equipment]]\nid = "x"', "equipment.x", (2, 7)),
    ],
)
def test_what_two_axes_change_is_refused_with_both_places(
    first: str, second: str, what: str, lines: tuple[int, int], door: Door
) -> None:
    text = BASE + CULTURE + FIRST + first + SECOND + second + "\n"
    start = (BASE + CULTURE + FIRST).count("\n") - 1
    problems = [p for p in door.check(text, "--json").document()["problems"] if "two axes" in p["problem"]]
    assert len(problems) == 1
    assert problems[0]["path"] == what and problems[0]["line"] == start + lines[1]
    assert problems[0]["got"] == f'"a1" on line {start + lines[0]} and "b1" on line {start + lines[1]}'


def test_what_one_axis_changes_twice_is_fine(door: Door) -> None:
    more = FIRST.replace("a1", "a2") + 'set = { "tff.flux" = "30 L/m2/h" }\n'
    assert door.check(BASE + CULTURE + FIRST + 'set = { "tff.flux" = "20 L/m2/h" }\n' + more).code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CULTURE + FIRST.replace('axis = "a"', 'axis = "aa"'), 'variant.1.axis: unknown axis "aa"; expected one of a'),
        (FIRST, 'variant.1.axis: no axis "a"; expected [[axis]] with id = "a"'),
        (CULTURE.replace("b0", "a0"), 'axis.b.base: the name "a0" is taken; got the same name on line'),
        (CULTURE + FIRST.replace("a1", "b0"), 'the name "b0" is taken'),
        (CULTURE.replace('"b"', '"a"'), 'the name "a" is taken'),
        ('[[axis]]\nid = "a"\n', '"base" is missing'),
        ("axis = 3\n", "axis: is of the wrong kind"),
        (CULTURE + FIRST + 'set = { "polsh.flow" = 3 }\n', "polsh.flow: unknown path"),
        (CULTURE + FIRST + "equipment = 3\n", "variant.1.equipment: is of the wrong kind"),
        (CULTURE + FIRST + '[[variant.equipment]]\nid = "x"\ncoun = 3\n', "did you mean count?"),
        (CULTURE + FIRST + '[[variant.equipment]]\nid = "x"\ncount = -3\n', "equipment.x.count"),
    ],
)  # fmt: skip
def test_axes_that_are_wrong(text: str, words: str, door: Door) -> None:
    assert words in door.refused(text + BASE if text.startswith("axis") else BASE + text)


def test_problems_of_a_combination_are_told_by_check(door: Door) -> None:
    """Each variant is right by itself, and one of the combinations is not."""
    text = AXES.replace('"polish.column_volume" = "60 mL"', '"polish.column_volume" = "60 kg"')
    assert "polish.column_volume" in door.refused(BASE + text)


def test_every_pair_of_names_either_combines_or_is_refused(six: xs.Scenario, door: Door) -> None:
    names = ["ten_liters", "small", "digested", "filter", "columns", "alone"]
    loaded = set()
    for pair in itertools.permutations(names, 2):
        try:
            loaded.add(xs.load(door.folder / f"{FILE}#{'+'.join(pair)}").variant)
        except xs.ScenarioError as error:
            assert "axis" in error.problems[0].problem
    assert loaded == set(ALL)


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["base", "base#two_in_a_row", "other"], ["base", "two in a row", "other"]),
        (["base#a+b_c", "base#d+b_c"], ["a + b c", "d + b c"]),
        (["base#a", "other#a"], ["base#a", "other#a"]),
        (["base#a"], ["a"]),
    ],
)
def test_labels_beside_pictures(labels: list[str], shown: list[str]) -> None:
    assert short_names(labels) == shown
    assert subtracted(labels) == f"minus {shown[0]}"


def test_a_title_has_room_for_a_short_name_only() -> None:
    assert subtracted(["base#a_culture_with_a_long_name+columns", "base"]) == "minus the first"
