"""Files that extend others and files with variants: what they say in the end, and where their problems stand."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

import exosim as xs
from exosim.scenario import load_all
from tests.texts import BASE, FILE, Door

OVER = """\
extends = "scenario.toml"
name = "over"

[product.ev_size]
gsd = 1.5

[[unit_procedure]]
id = "tff"
hold = { rate = "0.005 1/h" }
[unit_procedure.parameters]
diavolumes = 8
concentration_factor = { uniform = { low = 8, high = 12 }, source = "theirs" }

[sources]
theirs = { text = "measured there" }
"""
VARIANTS = """
[[variant]]
name = "gentle"
title = "A gentle flux"
set = { "tff.flux" = "20 L/m2/h", tff.diavolumes = 8, product.ev_size = { median = "100 nm" } }

[[variant]]
name = "filtered"
[[variant.unit_procedure]]
id = "clarify"
operation = "depth_filtration"
after = "medium"

[[variant]]
name = "measured"
replace = ["tff"]
[[variant.unit_procedure]]
id = "tff"
operation = "measured_step"
[variant.unit_procedure.parameters]
ev_recovery = 0.7
"""


def loaded(folder: Path, text: str, name: str = "over.toml") -> xs.Scenario:
    (folder / name).write_text(text, encoding="utf-8")
    return xs.load(folder / name)


@pytest.fixture
def here(door: Door) -> Path:
    """Return a folder that holds the base."""
    door.write(BASE)
    return door.folder


def values(scenario: xs.Scenario) -> dict[str, str]:
    return {line.path: line.value for line in scenario.ledger() if line.origin != "default"}


def order(scenario: xs.Scenario) -> list[str]:
    return [procedure.id for procedure in scenario.declarations.procedures]


# -- extends ----------------------------------------------------------------------------------------------------------


def test_what_differs_lies_over_the_base(here: Path) -> None:
    base, over = xs.load(here / FILE), loaded(here, OVER)
    changed = {
        "product.ev_size.gsd": "1.5",
        "tff.hold.rate": "0.005",
        "tff.diavolumes": "8",
        "tff.concentration_factor": "uniform (low 8, high 12) by study",
    }
    assert values(over) == values(base) | changed
    assert over.name == "over"
    assert (over.seed, over.draws) == (base.seed, base.draws)
    sources = {line.path: line.source for line in over.ledger()}
    assert sources["tff.concentration_factor"] == "theirs"
    assert set(over.data["sources"]) == {"ours", "theirs"}


def test_a_quantity_is_replaced_as_a_whole(here: Path) -> None:
    """Its source goes with it, and a distribution does not mix with a value."""
    first = loaded(here, OVER, "first.toml")
    assert "uniform" in values(first)["tff.concentration_factor"]
    second = 'extends = "first.toml"\n[[unit_procedure]]\nid = "tff"\nparameters.concentration_factor = 9\n'
    lines = {line.path: line for line in loaded(here, second).ledger()}
    assert (lines["tff.concentration_factor"].value, lines["tff.concentration_factor"].source) == ("9", "plan")


def test_another_operation_keeps_no_parameters(here: Path) -> None:
    text = 'extends = "scenario.toml"\n[[unit_procedure]]\nid = "tff"\noperation = "measured_step"\n'
    over = loaded(here, text)
    assert "tff.concentration_factor" not in {line.path for line in over.ledger()}
    assert values(over)["tff.expected_hold"] == "2"


def test_lists_merge_by_identity_and_others_are_replaced(here: Path) -> None:
    plant = '[[equipment]]\nid = "skid"\ncount = 1\nturnaround = "2 h"\n[[equipment]]\nid = "tank"\n'
    people = '[[personnel]]\nrole = "crew"\nheadcount = 3\nshifts = ["day", "night"]\n'
    shifts = '[calendar]\nholidays = [2027-01-04]\n[calendar.shift.normal]\ndays = ["Mon"]\nfrom = 06:00:00\n'
    shifts += 'to = 14:00:00\n[calendar.shift.day]\ndays = ["Mon"]\nfrom = 06:00:00\nto = 14:00:00\n'
    shifts += '[calendar.shift.night]\ndays = ["Mon"]\nfrom = 22:00:00\nto = 06:00:00\n'
    (here / FILE).write_text(BASE + plant + people + shifts, encoding="utf-8")
    text = 'extends = "scenario.toml"\n[[equipment]]\nid = "tank"\ncount = 4\n[[equipment]]\nid = "store"\n'
    text += '[[personnel]]\nrole = "crew"\nshifts = ["day"]\n[calendar]\nholidays = [2027-05-01]\n'
    text += "[calendar.shift.normal]\nto = 15:00:00\n"
    data = loaded(here, text).data
    assert [(table["id"], table.get("count")) for table in data["equipment"]] == [
        ("skid", 1),
        ("tank", 4),
        ("store", None),
    ]
    assert data["personnel"] == [{"role": "crew", "headcount": 3, "shifts": ["day"]}]
    assert [str(day) for day in data["calendar"]["holidays"]] == ["2027-05-01"]
    normal = data["calendar"]["shift"]["normal"]
    assert (str(normal["from"]), str(normal["to"])) == ("06:00:00", "15:00:00")
    assert set(data["calendar"]["shift"]) == {"normal", "day", "night"}


def test_a_chain_and_a_variant_of_a_base(here: Path) -> None:
    (here / "sub").mkdir()
    (here / "middle.toml").write_text('extends = "scenario.toml"\n' + VARIANTS, encoding="utf-8")
    over = loaded(here, 'extends = "../middle.toml#gentle"\nname = "top"\nseed = 5\n', "sub/top.toml")
    assert (over.name, over.title, over.seed) == ("top", "A gentle flux", 5)
    assert values(over)["tff.flux"] == "20"
    assert over.variants() == {}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ('id = "a"\noperation = "pooling"', ["medium", "tff", "fill", "a"]),
        ('id = "a"\noperation = "pooling"\nafter = "medium"', ["medium", "a", "tff", "fill"]),
        ('id = "a"\noperation = "pooling"\nbefore = "fill"', ["medium", "tff", "a", "fill"]),
        (
            'id = "a"\noperation = "pooling"\nafter = "medium"\n[[unit_procedure]]\nid = "b"\noperation = "pooling"',
            ["medium", "a", "b", "tff", "fill"],
        ),
    ],
)
def test_where_a_new_procedure_stands(patch: str, expected: list[str], here: Path) -> None:
    assert order(loaded(here, f'extends = "scenario.toml"\n[[unit_procedure]]\n{patch}\n')) == expected


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ("", ["medium", "fill"]),
        ('[[unit_procedure]]\nid = "a"\noperation = "pooling"\n', ["medium", "a", "fill"]),
        ('[[unit_procedure]]\nid = "tff"\noperation = "pooling"\n', ["medium", "tff", "fill"]),
        ('[[unit_procedure]]\nid = "tff"\noperation = "pooling"\nafter = "fill"\n', ["medium", "fill", "tff"]),
    ],
)
def test_what_stands_in_the_place_of_a_replaced_one(patch: str, expected: list[str], here: Path) -> None:
    assert order(loaded(here, f'extends = "scenario.toml"\nreplace = ["tff"]\n{patch}')) == expected


def test_failures_go_with_their_procedure(here: Path) -> None:
    failure = '[[failure]]\nid = "leak"\nduring = "tff"\nprobability = 0.1\nconsequence = "reject"\n'
    (here / FILE).write_text(BASE + failure, encoding="utf-8")
    assert list(loaded(here, 'extends = "scenario.toml"\n').declarations.plant.failures) == ["leak"]
    assert not loaded(here, 'extends = "scenario.toml"\nreplace = ["tff"]\n').declarations.plant.failures


def test_an_address_takes_out_what_is_not_in_the_recipe(here: Path) -> None:
    plant = '[[equipment]]\nid = "skid"\n[[equipment]]\nid = "bench"\n[[personnel]]\nrole = "fill"\n'
    (here / FILE).write_text(BASE + plant, encoding="utf-8")
    left = loaded(
        here, 'extends = "scenario.toml"\nreplace = ["equipment.skid", "personnel.fill"]\n'
    ).declarations.plant
    assert list(left.equipment) == ["bench"]
    assert not left.roles
    again = 'extends = "scenario.toml"\nreplace = ["equipment.skid"]\n[[equipment]]\nid = "skid"\ncount = 3\n'
    assert list(loaded(here, again).declarations.plant.equipment) == ["bench", "skid"]


@pytest.mark.parametrize(
    ("over", "file", "line", "words"),
    [
        (
            '[[unit_procedure]]\nid = "fill"\nparameters.fill_volum = "1 mL/vial"',
            "over.toml",
            4,
            "did you mean fill_vol",
        ),
        ('[[unit_procedure]]\nid = "fill"\nafter = "medium"', "over.toml", 4, "fill.after: .*stays where it is"),
        (
            '[[unit_procedure]]\nid = "a"\noperation = "pooling"\nafter = "medum"',
            "over.toml",
            5,
            "did you mean medium?",
        ),
        ('replace = ["tf"]', "over.toml", 2, 'replace: unknown procedure "tf"; .*did you mean tff?'),
        ('replace = "tff"', "over.toml", 2, "replace: is of the wrong kind; .*a list"),
        (
            'replace = ["equipmnt.skid"]',
            "over.toml",
            2,
            'replace: unknown section "equipmnt"; .*did you mean equipment?',
        ),
        ('replace = ["assay.nanoparticle_trackin"]', "over.toml", 2, "did you mean nanoparticle_tracking?"),
        ('[product]\ndose = "1 L"', "over.toml", 3, "product.dose"),
        ("format = 99", "over.toml", 2, "formats up to 1"),
        ('[[assay]]\nid = "nanoparticle_tracking"\nbias = "3 L"', "over.toml", 4, "bias"),
        ('replace = ["medium"]', FILE, 23, "tff.operation: tangential_flow_filtration needs a feed with vesicles"),
    ],
)
def test_a_problem_has_the_place_of_its_file(
    over: str, file: str, line: int, words: str, door: Door, here: Path
) -> None:
    door.write(f'extends = "{FILE}"\n{over}\n', "over.toml")
    answer = door.run("check", "over.toml")
    assert answer.code == 3
    assert answer.err.startswith(f"{file}:{line}: "), answer.err
    assert re.search(words, answer.err), answer.err


def test_a_value_of_the_base_is_reported_in_the_base(door: Door) -> None:
    text = BASE.replace('"10 L"', '"10 kg"')
    door.write(text, "base.toml")
    (door.folder / "sub").mkdir()
    door.write('extends = "../base.toml"\n[product]\ndose = 3\n', "sub/over.toml")
    answer = door.run("check", "sub/over.toml", "--json")
    places = [(problem["file"], problem["line"], problem["path"]) for problem in answer.document()["problems"]]
    assert places == [("sub/../base.toml", 19, "medium.volume"), ("sub/over.toml", 3, "product.dose")]


def test_a_newer_format_of_the_base_is_not_hidden(door: Door) -> None:
    door.write(BASE.replace("format = 1", "format = 99"), "base.toml")
    door.write('extends = "base.toml"\nformat = 1\n')
    assert door.run("check", FILE).err.startswith("base.toml:1: format: this exosim reads scenario formats up to 1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("extends = 3\n", f"{FILE}:1: extends: is of the wrong kind; got 3; expected text"),
        ('extends = ""\n', f"{FILE}:1: extends: must not be empty"),
        ('extends = "."\n', f"{FILE}:1: extends: this is a folder, not a file"),
        ('replace = ["tff"]\n' + BASE, f"{FILE}:1: replace: the file has no base in which to replace"),
        ('extends = "-"\n', "there is no such file"),
    ],
)
def test_a_base_that_is_none(text: str, words: str, door: Door) -> None:
    assert words in door.refused(text)


def test_a_base_that_is_no_toml_is_told_by_its_own_name(door: Door) -> None:
    door.write("name = \n", "base.toml")
    door.write('extends = "base.toml"\n')
    assert door.run("check", FILE).err.startswith("base.toml:1:")


# -- variants ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(here: Path) -> xs.Scenario:
    """Return the base with three variants."""
    return loaded(here, BASE + VARIANTS, "three.toml")


def test_variants_by_name(three: xs.Scenario, here: Path) -> None:
    found = three.variants()
    assert list(found) == ["gentle", "filtered", "measured"]
    assert {name: scenario.name for name, scenario in found.items()} == {n: f"base#{n}" for n in found}
    for name, scenario in found.items():
        picked = xs.load(f"{here / 'three.toml'}#{name}")
        assert (picked.hash, picked.variant) == (scenario.hash, name)
    assert (order(three), order(found["filtered"])) == (["medium", "tff", "fill"], ["medium", "clarify", "tff", "fill"])
    assert values(found["measured"])["tff.ev_recovery"] == "0.7"
    assert found["gentle"].title == "A gentle flux"


def test_the_hash_depends_on_what_is_said_in_the_end(three: xs.Scenario, here: Path) -> None:
    plain = xs.load(here / FILE)
    assert three.hash == plain.hash
    changes = {
        "tff.flux": "20 L/m2/h",
        "tff.diavolumes": 8,
        "product.ev_size.median": "100 nm",
        "title": "A gentle flux",
    }
    gentle = three.variants()["gentle"]
    assert plain.with_(changes).hash == gentle.hash != plain.hash
    flat = BASE.replace("concentration_factor = 10", 'concentration_factor = 10\nflux = "20 L/m2/h"\ndiavolumes = 8')
    flat = flat.replace("115 nm", "100 nm").replace('name = "base"', 'name = "base"\ntitle = "A gentle flux"')
    assert loaded(here, flat, "flat.toml").hash == gentle.hash
    assert len({three.hash, *(variant.hash for variant in three.variants().values())}) == 4


def test_overrides_lie_over_a_variant(three: xs.Scenario, door: Door) -> None:
    wide = three.variants()["gentle"].with_({"tff.flux": "40 L/m2/h"})
    assert (values(wide)["tff.flux"], wide.variant, wide.name) == ("40", "gentle", "base#gentle")
    assert values(three.with_({"fill.retained": "3 vial"}).variants()["gentle"])["fill.retained"] == "3"
    lines = door.run("check", "three.toml#filtered", "--set", 'clarify.area="600 cm2"', "--json").document()["ledger"]
    assert [(x["value"], x["origin"]) for x in lines["lines"] if x["path"] == "clarify.area"] == [("600", "override")]


def test_a_variant_travels_to_another_process(three: xs.Scenario) -> None:
    for variant in three.variants().values():
        again = pickle.loads(pickle.dumps(variant.with_({"seed": 9})))
        assert (again.hash, again.name, again.seed) == (variant.hash, variant.name, 9)


def test_paired_draws_of_two_variants(three: xs.Scenario) -> None:
    """What a variant leaves alone keeps its random values."""
    base = xs.evaluate(three, 64)
    gentle = xs.evaluate(three.variants()["gentle"], 64)
    assert gentle.summary("doses").n == base.summary("doses").n == 64
    assert xs.evaluate(three.with_({"title": "x"}), 64).values("doses") == pytest.approx(base.values("doses"), rel=0)


def test_every_command_picks_a_variant(three: xs.Scenario, door: Door) -> None:
    answer = door.run("yield", "three.toml#gentle", "--json")
    assert answer.document()["scenario"] == {"name": "base#gentle", "hash": three.variants()["gentle"].hash}
    (folder,) = (door.folder / "results").iterdir()
    assert folder.name == f"base-gentle-{three.variants()['gentle'].hash[:8]}-s1"
    assert door.run("cite", "three.toml#gentle").code == 0
    table = door.run("check", "three.toml").out
    assert "base#gentle" in table and "base#measured" in table
    assert [v["name"] for v in door.run("check", "three.toml", "--json").document()["variants"]] == [
        "base#gentle", "base#filtered", "base#measured",
    ]  # fmt: skip


def test_a_variant_that_is_not_there(three: xs.Scenario, door: Door) -> None:
    answer = door.run("check", "three.toml#gentl")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == (
        'three.toml: unknown variant "gentl"; expected one of gentle, filtered, measured; did you mean gentle?\n'
    )
    assert f'{FILE}: no variant "x": the file has none' in door.run("check", f"{FILE}#x").err
    assert door.run("check", "nothere.toml#x").err.startswith("nothere.toml: there is no such file")


def test_a_file_name_with_a_number_sign_goes_before(door: Door) -> None:
    door.write(BASE, "lot#7.toml")
    assert door.run("check", "lot#7.toml").code == 0


def test_check_tells_the_problems_of_all_variants_at_once(door: Door) -> None:
    wrong = BASE.replace('"10 L"', '"10 kg"') + VARIANTS.replace("20 L/m2/h", "20 L").replace("0.7", "7")
    problems = door.check(wrong, "--json").document()["problems"]
    text = wrong.splitlines()
    found = {problem["path"]: text[problem["line"] - 1] for problem in problems}
    assert set(found) == {"medium.volume", "tff.flux", "tff.ev_recovery"}
    assert len(problems) == 3
    assert found["tff.flux"].startswith("set = ")
    assert found["tff.ev_recovery"] == "ev_recovery = 7"


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ('name = "a b"', 'variant.1.name: is no name for FILE#name; got "a b"'),
        ("title = 'x'", 'variant.1.name: "name" is missing'),
        ('name = "a"\nsett = {}', "did you mean set?"),
        ('name = "a"\n[[variant]]\nname = "a"', 'variant.2.name: the name "a" is taken; got the same name on line'),
        ('name = "a"\nset = { "tff.flx" = 3 }', 'tff.flx: unknown key "flx"'),
        ('name = "a"\nset = { "tf.flux" = 3 }', "tf.flux: unknown path"),
        ('name = "a"\nset = { tff.flx = { value = 3 } }', "did you mean flux?"),
        ('name = "a"\nset = { tff = 3 }', "tff: is a whole table; set its keys"),
        ('name = "a"\nset = 3', "variant.1.set: is of the wrong kind; got 3; expected a table"),
        ('name = "a"\nreplace = ["x"]', 'replace: unknown procedure "x"'),
        ('name = "a"\nreplace = "x"', "variant.1.replace: is of the wrong kind"),
        ('name = "a"\nunit_procedure = 3', "variant.1.unit_procedure: is of the wrong kind"),
    ],
)
def test_a_variant_that_is_wrong(variant: str, words: str, door: Door) -> None:
    assert words in door.refused(f"{BASE}\n[[variant]]\n{variant}\n")


def test_load_all_begins_with_the_file(three: xs.Scenario, here: Path) -> None:
    assert [scenario.variant for scenario in load_all(here / "three.toml")] == [None, "gentle", "filtered", "measured"]
    assert [scenario.variant for scenario in load_all(f"{here / 'three.toml'}#gentle")] == ["gentle"]


def test_a_change_holds_for_each_variant_that_has_what_it_names(tmp_path: Path) -> None:
    """It is taken where the path is; what no variant has is told once, with the nearest name of any."""
    (tmp_path / "scenario.toml").write_text(BASE + VARIANTS, encoding="utf-8")
    given = {"clarify.area": "900 cm2", "medium.volume": "3 L"}
    found = {s.variant: s for s in load_all(tmp_path / "scenario.toml", given)}
    assert [name for name, scenario in found.items() if "clarify.area" in scenario.overrides] == ["filtered"]
    assert all("medium.volume" in scenario.overrides for scenario in found.values())
    with pytest.raises(xs.ScenarioError) as caught:
        load_all(tmp_path / "scenario.toml", {"clarfy.area": "900 cm2", "clarify.aera": "900 cm2"})
    told = {problem.path: problem.nearest for problem in caught.value.problems}
    assert len(caught.value.problems) == 2 and told == {"clarfy.area": "clarify.area", "clarify.aera": "area"}
    with pytest.raises(xs.ScenarioError, match="unknown path"):  # the file itself has no such procedure
        xs.load(tmp_path / "scenario.toml", {"clarify.area": "900 cm2"})
