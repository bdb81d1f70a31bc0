"""`[study]` of a scenario: what it declares, how files and variants change it, and that its mistakes have a line."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path

import jsonschema
import pytest

import exosim as xs
from exosim.errors import ScenarioError
from exosim.json_schema import scenario_schema
from exosim.saved_scenario import read_saved_scenario, write_scenario
from exosim.schema import ScenarioTable
from exosim.schema_words import WORDS
from exosim.study.declared import declared_factors
from exosim.study.plan import plan_of
from exosim.study_declaration import StudyDeclaration
from exosim.study_tables import FACTOR_KEYS, StudyTable, address_of_factor, factors_in
from tests.texts import BASE, FILE, Door, line_of

STUDY = """
[study]
verb = "sensitivity"
method = "morris"
samples = 12
levels = 4
engine = "kernel"
responses = ["doses", "p90(ev_yield)"]
conditions = ["doses >= 500"]
objectives = ["more doses", "less batch_duration"]
probability = "90 %"
population = 8
generations = 3
draws = 100
replications = 5

[study.factors]
"tff.flux" = { low = "15 L/m2/h", high = "40 L/m2/h", scale = "log" }
tff.concentration_factor = "5..20"
tff.expected_hold = "1, 2, 4 h"
product.ev_size.median = { times = [0.5, 2] }
medium.volume = ["5 L", "10 L", "20 L"]
"""
WHOLE = BASE + STUDY
FACTOR = 'tff.concentration_factor = "5..20"'
SHORT = f'{BASE}\n[study]\nverb = "sweep"\n[study.factors]\n'
VARIANT = '\n[[variant]]\nname = "other"\n'
PATHS = ["tff.flux", "tff.concentration_factor", "tff.expected_hold", "product.ev_size.median", "medium.volume"]


def written(folder: Path, text: str, name: str = FILE) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def study_of(folder: Path, text: str, variant: str = "") -> StudyDeclaration:
    found = xs.load(f"{written(folder, text)}{variant}").declarations.study
    assert found is not None
    return found


def test_all_keys_are_declared(tmp_path: Path) -> None:
    found = study_of(tmp_path, WHOLE)
    assert (found.verb, found.method, found.samples, found.levels) == ("sensitivity", "morris", 12, 4)
    assert (found.engine, found.draws, found.replications) == ("kernel", 100, 5)
    assert (found.probability, found.population, found.generations) == (0.9, 8, 3)
    assert found.responses == ("doses", "p90(ev_yield)")
    assert (found.conditions, found.objectives) == (("doses >= 500",), ("more doses", "less batch_duration"))
    assert list(found.factors) == PATHS
    assert found.factors["tff.flux"] == {"low": "15 L/m2/h", "high": "40 L/m2/h", "scale": "log"}
    assert found.factors["medium.volume"] == ["5 L", "10 L", "20 L"]
    assert set(StudyTable.model_fields) | {"places"} == set(StudyDeclaration.__dataclass_fields__)


def test_what_is_not_said_is_left_to_the_verb(tmp_path: Path) -> None:
    found = study_of(tmp_path, SHORT + 'tff.flux = "own"\n')
    assert found == StudyDeclaration("sweep", {"tff.flux": "own"})
    assert xs.load(written(tmp_path, BASE)).declarations.study is None


def test_the_factors_are_read_by_a_plan(tmp_path: Path) -> None:
    scenario = xs.load(written(tmp_path, WHOLE))
    assert [factor.path for factor in declared_factors(scenario)] == PATHS
    plan = plan_of(scenario)
    assert (plan.verb, plan.method, plan.samples, plan.probability) == ("sensitivity", "morris", 12, 0.9)
    assert [factor.path for factor in plan.factors] == PATHS
    flux, factor, hold, size, volume = plan.factors
    assert (flux.low, flux.high, flux.scale, flux.unit) == (15.0, 40.0, "log", "L/m2/h")
    assert (factor.low, factor.high) == (5.0, 20.0)
    assert hold.levels == (1.0, 2.0, 4.0)
    assert (size.times, volume.levels) == (True, (5.0, 10.0, 20.0))
    other = plan_of(scenario, "space", {"factors": [("tff.flux", "20..30 L/m2/h")]})
    assert (other.method, other.samples, len(other.factors)) == (None, None, 1)


def test_a_sensitivity_moves_what_is_uncertain_unless_the_study_is_its_own(tmp_path: Path) -> None:
    text = SHORT + '"tff.flux" = "20..30 L/m2/h"\n'
    scenario = xs.load(written(tmp_path, text))
    assert [factor.path for factor in plan_of(scenario, "front").factors] == ["tff.flux"]
    assert plan_of(scenario, "sensitivity").factors == ()
    own = xs.load(written(tmp_path, text.replace('"sweep"', '"sensitivity"')))
    assert [factor.path for factor in plan_of(own, "sensitivity").factors] == ["tff.flux"]


def test_an_address_with_and_without_quotes() -> None:
    text = """
    "a.b" = "1..2"
    a.c = "1..2"
    d.e.f = { low = 1, high = 2 }
    g.step = { low = 1, high = 2 }
    [h.i]
    values = [1, 2]
    [j]
    k = [1]
    "l.m" = 3
    """
    listed = {address_of_factor(keys): value for keys, value in factors_in(tomllib.loads(text))}
    assert list(listed) == ["a.b", "a.c", "d.e.f", "g.step", "h.i", "j.k", "j.l.m"]
    assert listed["g.step"] == {"low": 1, "high": 2}
    assert listed["h.i"] == {"values": [1, 2]}


def test_a_study_changes_no_hash(tmp_path: Path) -> None:
    plain = xs.load(written(tmp_path, BASE))
    asked = xs.load(written(tmp_path, WHOLE))
    assert plain.hash == asked.hash == asked.with_({"study.samples": 99}).hash
    assert plain.hash != asked.with_({"tff.flux": "33 L/m2/h"}).hash
    assert [line.path for line in plain.ledger()] == [line.path for line in asked.ledger()]


def test_it_travels_with_the_scenario(tmp_path: Path) -> None:
    scenario = xs.load(written(tmp_path, WHOLE))
    write_scenario(scenario, tmp_path)
    for other in (pickle.loads(pickle.dumps(scenario)), read_saved_scenario(tmp_path)):
        found = other.declarations.study
        assert found is not None
        assert found == scenario.declarations.study
        assert list(found.factors) == PATHS


# -- files that build on others, and variants -------------------------------------------------------------------------


def extending(folder: Path, text: str) -> xs.Scenario:
    written(folder, WHOLE, "base.toml")
    return xs.load(written(folder, f'extends = "base.toml"\nname = "more"\n{text}'))


def test_a_file_inherits_a_study_and_replaces_factors(tmp_path: Path) -> None:
    more = '[study]\nsamples = 7\nresponses = ["doses"]\n[study.factors.tff]\nflux = "x0.5..x2"\nhold_up = "1..2 mL"\n'
    found = extending(tmp_path, more).declarations.study
    assert found is not None
    assert (found.verb, found.method, found.samples, found.responses) == ("sensitivity", "morris", 7, ("doses",))
    assert list(found.factors) == [*PATHS, "tff.hold_up"]
    assert found.factors["tff.flux"] == "x0.5..x2"
    assert found.factors["tff.concentration_factor"] == "5..20"
    assert found.places["tff.flux"] == (str(tmp_path / FILE), 7)
    assert found.places["medium.volume"] == (str(tmp_path / "base.toml"), line_of(WHOLE, "medium.volume"))


@pytest.mark.parametrize(
    "gone", ['replace = ["tff"]', '[[unit_procedure]]\nid = "tff"\noperation = "measured_step"'], ids=["taken", "other"]
)
def test_factors_of_what_is_gone_go_with_it(tmp_path: Path, gone: str) -> None:
    found = extending(tmp_path, gone).declarations.study
    assert found is not None
    assert list(found.factors) == ["product.ev_size.median", "medium.volume"]
    text = f'{SHORT}tff.flux = "own"\n{VARIANT}replace = ["tff"]\n'
    assert xs.load(f"{written(tmp_path, text)}#other").declarations.study is None
    own = f'{text}study.factors.medium.volume = "1..2 L"\n'
    assert study_of(tmp_path, own, "#other") == StudyDeclaration("sweep", {"medium.volume": "1..2 L"})


def test_factors_of_resources_that_are_gone_go_with_them(tmp_path: Path) -> None:
    unit = '[[equipment]]\nid = "skid"\n[[equipment]]\nid = "bench"\n'
    text = f'{SHORT}equipment.skid.count = "1..3"\nequipment.bench.count = "1..3"\n{unit}'
    changed = f'{text}{VARIANT}replace = ["equipment.skid"]\n'
    assert list(study_of(tmp_path, changed).factors) == ["equipment.skid.count", "equipment.bench.count"]
    assert list(study_of(tmp_path, changed, "#other").factors) == ["equipment.bench.count"]


def test_a_factor_that_a_file_adds_to_what_is_gone_is_refused(tmp_path: Path) -> None:
    scenario = extending(tmp_path, 'replace = ["tff"]\n[study.factors]\ntff.flux = "1..2 L/m2/h"\n')
    with pytest.raises(ScenarioError) as caught:
        declared_factors(scenario)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.path) == (str(tmp_path / FILE), 5, "tff.flux")


def test_a_variant_asks_otherwise(tmp_path: Path) -> None:
    own = '[variant.study]\nverb = "space"\n[variant.study.factors]\n"tff.flux" = "20..30 L/m2/h"\n'
    text = f'{WHOLE}{VARIANT}set = {{ "study.draws" = 33 }}\n{own}'
    found = study_of(tmp_path, text, "#other")
    assert (found.verb, found.draws, found.samples) == ("space", 33, 12)
    assert list(found.factors) == PATHS
    assert found.factors["tff.flux"] == "20..30 L/m2/h"
    assert found.places["tff.flux"][1] == line_of(text, '"tff.flux" = "20')
    assert study_of(tmp_path, text).factors["tff.flux"] != found.factors["tff.flux"]
    assert (
        "study.method is given but not used: space has one method alone" in xs.load(f"{tmp_path / FILE}#other").warnings
    )


def test_variants_of_two_axes_ask_about_different_factors(tmp_path: Path) -> None:
    axes = "".join(f'[[axis]]\nid = "{axis}"\nbase = "no_{axis}"\n' for axis in ("one", "two"))
    choice = '[[variant]]\nname = "{0}_more"\naxis = "{0}"\nstudy.factors.{1} = "2..3"\n'
    text = SHORT + 'tff.diavolumes = "own"\n' + axes + choice.format("one", "tff.diavolumes")
    both = text + choice.format("two", '"tff.concentration_factor"')
    found = study_of(tmp_path, both, "#one_more+two_more")
    assert found.factors == {"tff.diavolumes": "2..3", "tff.concentration_factor": "2..3"}
    clash = written(tmp_path, text + choice.format("two", '"tff.diavolumes"'))
    with pytest.raises(ScenarioError, match=r"study\.factors\.tff\.diavolumes: is changed on two axes"):
        xs.load(f"{clash}#one_more+two_more")


# -- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("samples = 12", "samples = 0", "is outside its range; got 0; expected a whole number, at least 1"),
        ("samples = 12", "samples = 1e3", "study.samples: is of the wrong kind; got 1000.0; expected a whole number"),
        ("samples = 12", "sampels = 12", 'study.sampels: unknown key "sampels"'),
        ("samples = 12", "sampels = 12", "did you mean samples?"),
        ("levels = 4", "levels = 1", "study.levels: is outside its range; got 1; expected a whole number, at least 2"),
        ('verb = "sensitivity"', 'verb = "sensitivty"', 'got "sensitivty"; expected "sweep", "sensitivity", "space"'),
        ('verb = "sensitivity"', 'verb = "sensitivty"', "did you mean sensitivity?"),
        ('method = "morris"', 'method = "moris"', "did you mean morris?"),
        ('method = "morris"', 'method = "grid"', '"morris" or "sobol"'),
        ('engine = "kernel"', 'engine = "kernal"', 'expected "kernel" or "facility"; did you mean kernel?'),
        ('probability = "90 %"', "probability = 1.5", "is outside its range; got 1.5; expected above 0, and 1"),
        ('probability = "90 %"', "probability = 0", "study.probability: is outside its range; got 0"),
        ('probability = "90 %"', 'probability = "1 h"', "study.probability: h cannot be converted to a plain number"),
        ('conditions = ["doses >= 500"]', 'conditions = "doses"', "expected a list, such as conditions = ["),
        ('conditions = ["doses >= 500"]', "conditions = [3]", "study.conditions.1: is of the wrong kind; got 3"),
        ("population = 8", "population = 3", "is outside its range; got 3; expected a whole number, at least 4"),
        (FACTOR, "tff.diavolumes = 5", "study.factors.tff.diavolumes: is of the wrong kind"),
        (FACTOR, "tff.diavolumes = {}", "study.factors.tff.diavolumes: must not be empty"),
        (FACTOR, "tff.diavolumes = []", "study.factors.tff.diavolumes: must not be empty"),
        (
            FACTOR,
            "tff.diavolumes = { low = 4, hgh = 8 }",
            'study.factors.tff.diavolumes.hgh: unknown key "hgh"; expected one of low, high, scale, step, values, ',
        ),
        (FACTOR, "tff.diavolumes = { low = 4, hgh = 8 }", "did you mean high?"),
        (FACTOR, 'tff.flux = "1..2 L"', "two factors set the same key; got the same on line"),
    ],
)  # fmt: skip
def test_a_mistake_of_the_structure(old: str, new: str, words: str, door: Door) -> None:
    assert WHOLE.splitlines().count(old) == 1
    text = WHOLE.replace(old, new)
    message = door.refused(text)
    assert message.count("\n") == 1, message
    assert message.startswith(f"{FILE}:{line_of(text, new)}: study.")
    assert words in message


def test_all_mistakes_are_told_at_once(door: Door) -> None:
    text = f'{BASE}\n[study]\nsamples = 0\nprobability = 2\n[study.factors]\n"tff.flux" = {{ lo = 3, high = 4 }}\n'
    message = door.refused(text)
    assert message.splitlines() == [
        f'{FILE}:{line_of(text, "[study]")}: study.verb: "verb" is missing; expected verb = "sensitivity"',
        f"{FILE}:{line_of(text, 'samples')}: study.samples: is outside its range; got 0; "
        "expected a whole number, at least 1",
        f"{FILE}:{line_of(text, 'probability')}: study.probability: is outside its range; got 2; "
        "expected above 0, and 1 at most",
        f'{FILE}:{line_of(text, chr(34) + "tff.flux")}: study.factors.tff.flux.lo: unknown key "lo"; '
        f"expected one of {', '.join(FACTOR_KEYS)}; did you mean low?",
    ]
    assert "study.factors: must not be empty; got a table; expected at least one" in door.refused(SHORT)
    assert 'study.factors: "factors" is missing' in door.refused(f'{BASE}\n[study]\nverb = "sweep"\n')


def test_check_refuses_a_study_over_a_path_that_is_not_there(door: Door) -> None:
    text = (
        f'{SHORT}"tff.flx" = "1..2 L/m2/h"\nmedium.volume = "1..2 kg"\ntff.hold_up = "2..1 mL/m2"\nmedum.titer = ""\n'
    )
    lines = door.refused(text).splitlines()
    places = [line_of(text, start) for start in ('"tff.flx"', "medium.volume", "tff.hold_up", "medum.titer")]
    assert [line.partition(": ")[0] for line in lines] == [f"{FILE}:{place}" for place in places]
    for line, words in zip(
        lines,
        ["did you mean flux?", "kg cannot be converted to L", "low must be below high", "unknown path"],
        strict=True,
    ):
        assert words in line


def test_check_reads_the_study_of_a_variant(door: Door) -> None:
    inherited = f'{SHORT}tff.flux = "20..30 L/m2/h"\n{VARIANT}set = {{ "tff.diavolumes" = 3 }}\n'
    own = f'{inherited}[variant.study.factors]\ntff.flx = "20..30 L/m2/h"\n'
    assert f"{FILE}:{line_of(own, 'tff.flx')}: tff.flx: " in door.refused(own)
    Path(FILE).write_text(inherited, encoding="utf-8")
    assert door.run("check", FILE, "--quiet").code == 0


def test_check_lists_what_a_variant_asks_otherwise(door: Door) -> None:
    own = 'study.samples = 3\n[variant.study.factors]\n"tff.flux" = { low = "20 L/m2/h", high = "30 L/m2/h" }\n'
    Path(FILE).write_text(f"{WHOLE}{VARIANT}{own}", encoding="utf-8")
    out = " ".join(door.run("check", FILE).out.split())
    assert "base#other study.samples 12 3" in out
    assert 'base#other study.factors.tff.flux low = "15' in out


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("study.sampels=3", "did you mean samples?"),
        ("study.samples=0", "study.samples: is outside its range; got 0"),
        ("study.factors.tff.flux=1..2", "study.factors.tff.flux: a factor is not set by an address; expected it below"),
        ("study.factors=1..2", "study.factors: a factor is not set by an address"),
        ("study=3", "study: is a whole table; set its keys; expected one of study.verb, study.method"),
    ],
)
def test_what_cannot_be_set(setting: str, words: str, door: Door) -> None:
    Path(FILE).write_text(WHOLE, encoding="utf-8")
    answer = door.run("check", FILE, "--set", setting)
    assert (answer.code, answer.out) == (3, "")
    assert words in answer.err


def test_plain_keys_are_addresses(tmp_path: Path) -> None:
    file = written(tmp_path, WHOLE)
    found = xs.load(file, {"study.samples": 64, "study.verb": "target", "study.responses": ["ev_yield"]})
    assert found.declarations.study is not None
    assert (found.declarations.study.samples, found.declarations.study.verb) == (64, "target")
    assert found.declarations.study.responses == ("ev_yield",)


# -- words and schema -------------------------------------------------------------------------------------------------


def test_every_key_is_described(door: Door) -> None:
    assert set(WORDS["StudyTable"]) == set(StudyTable.model_fields)
    assert set(WORDS["FactorTable"]) == set(FACTOR_KEYS)
    for name, keys in (("study", StudyTable.model_fields), ("study.factors", FACTOR_KEYS)):
        assert set(door.run("describe", name, "--json").document()["keys"]) == set(keys)
        out = door.run("describe", name).out
        assert all(key in out for key in keys)
    assert door.run("describe", "study.samples").code == 0
    assert "did you mean samples?" in door.run("describe", "study.sampels").err
    assert "did you mean study?" in door.run("describe", "studdy").err
    assert "study" in ScenarioTable.model_fields


VALIDATOR = jsonschema.Draft7Validator(scenario_schema())


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        (WHOLE, True),
        (SHORT + 'tff.flux = "own"\n', True),
        ('extends = "a.toml"\nname = "b"\n[study.factors]\na.b = [1, 2]\n', True),
        (f"{WHOLE}{VARIANT}study.samples = 3\n", True),
        (f'{BASE}\n[study]\nverb = "sweep"\n', False),
        (f'{BASE}\n[study]\nfactors.a.b = "own"\n', False),
        (SHORT, False),
        (SHORT + "tff.flux = 3\n", False),
        (SHORT + "tff.flux = { low = 3, hgh = 4 }\n", False),
        (SHORT + "tff.flux = { low = 3, high = 4, scale = 'cubic' }\n", False),
        (WHOLE.replace("samples = 12", "samples = 0"), False),
        (WHOLE.replace("samples = 12", "sampels = 12"), False),
        (WHOLE.replace('"morris"', '"moris"'), False),
        (f"{WHOLE}{VARIANT}study.sampels = 3\n", False),
    ],
)
def test_an_editor_knows_it(text: str, sound: bool) -> None:
    assert VALIDATOR.is_valid(tomllib.loads(text)) is sound
