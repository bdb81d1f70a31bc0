"""What people write wrong about the laboratory and release, and rows of the table of bad inputs that concern them."""

from __future__ import annotations

import pytest

from tests.test_bad_inputs import RELEASE as RELEASE_ROWS
from tests.test_bad_inputs import ROWS, WAITING
from tests.texts import FILE, Door

LAB = """\
format = 1
name = "lab"
seed = 11
start = 2027-01-04T08:00:00
horizon = "60 d"
replications = 2

[product]
dose = "1e10 EV"

[campaign]
every = "7 d"
batches = 4

[[personnel]]
role = "operator"

[[personnel]]
role = "analyst"
headcount = 2

[[personnel]]
role = "qa"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "10 L"

[[unit_procedure]]
id = "tff"
operation = "tangential_flow_filtration"
operator = "operator"
[unit_procedure.parameters]
concentration_factor = 10

[[unit_procedure]]
id = "fill"
operation = "vial_filling"
operator = "operator"
[unit_procedure.parameters]
retained = "20 vial"

[[assay]]
id = "counting"
duration = "1 d"
hands_on = "4 h"
vials = 3
retests = 1

[[assay]]
id = "protein"
duration = "14 d"
vials = 10

[[attribute]]
id = "concentration"
measure = "particles_per_volume"
limits = { at_least = "1e6 particle/mL" }
assay = "counting"

[[attribute]]
id = "purity"
measure = "particles_per_protein"
limits = { at_least = "1e6 particle/ug" }
assay = "protein"

[release]
analyst = "analyst"
sample_after = "fill"

[release.deviation]
role = "qa"
hands_on = "4 h"
duration = "10 d"

[[review]]
id = "record"
role = "qa"
after = "batch"
hands_on = "6 h"
duration = "2 d"
"""
CLOSURE = '[release.deviation]\nrole = "qa"'


def lab(*changes: tuple[str, str]) -> str:
    """Return the laboratory with some of its text replaced, where it stands first."""
    text = LAB
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_the_laboratory_runs_as_it_is(door: Door) -> None:
    door.write(LAB)
    assert "warning" not in door.run("check", FILE).out
    answer = door.run("run", FILE, "--quiet")
    assert (answer.code, answer.err) == (0, "")


FOUR = 'hands_on = "4 h"'
SAMPLE = 'sample_after = "fill"'
REFUSED = {
    "analyst": (('analyst = "analyst"', 'analyst = "analist"'), "release.analyst: unknown role", "mean analyst?"),
    "analyst of an assay": (("vials = 3", 'analyst = "qaa"'), "assay.counting.analyst: unknown role", "mean qa?"),
    "no analyst": (('analyst = "analyst"\n', ""), 'assay.counting.analyst: "analyst" is missing', "or in [release]"),
    "unit": (("vials = 3", 'unit = "isolator"'), 'assay.counting.unit: unknown equipment "isolator"'),
    "procedure": ((SAMPLE, 'sample_after = "filll"'), ':71: release.sample_after: unknown procedure "filll"', "fill?"),
    "procedure of an assay": (("vials = 3", 'sample_after = "bulk"'), 'unknown procedure "bulk"', "one of medium, tff"),
    "unit of time": (('duration = "14 d"', 'duration = "14 kg"'), "kg cannot be converted to h", 'such as "50 h"'),
    "no unit of time": (('duration = "14 d"', "duration = 14"), "the unit is missing", 'such as "14 h"'),
    "meters": (('duration = "14 d"', 'duration = "14 m"'), "m is meter", '"min" for minutes'),
    "negative time": (('duration = "14 d"', 'duration = "-14 d"'), "assay.protein.duration: must be at least 0"),
    "negative work": ((FOUR, 'hands_on = "-4 h"'), "assay.counting.hands_on: must be at least 0", "got -4 h"),
    "years": (('duration = "14 d"', 'duration = "14 year"'), "outside the plausible range", "0..8766 h"),
    "order of a triangle": (
        ('"14 d"', '{ triangular = { low = "9 d", mode = "7 d", high = "8 d" } }'),
        "low <= mode <= high must hold",
    ),
    "review without id": (('id = "record"\n', ""), '"id" is missing'),
    "review twice": (("[[review]]", '[[review]]\nid = "record"\n\n[[review]]'), 'the id "record" is taken'),
    "role of a review": (('role = "qa"\nafter', 'role = "QA"\nafter'), 'record.role: unknown role "QA"', "mean qa?"),
    "review by nobody": (('role = "qa"\nafter', "after"), 'review.record.role: "role" is missing: who works on it'),
    "review after": (('after = "batch"', 'after = "fill"'), "review.record.after: is not", '"batch" or "results"'),
    "one bracket": (("[[review]]", "[review]"), "review: is of the wrong kind", "write [[review]] with two brackets"),
    "two brackets": (("[release]", "[[release]]"), "release: is of the wrong kind", "expected a table"),
    "deviation by nobody": ((CLOSURE, "[release.deviation]"), 'release.deviation.role: "role" is missing'),
    "role of a deviation": ((CLOSURE, CLOSURE.replace("qa", "qq")), "deviation.role: unknown role"),
    "part of a vial": (("vials = 10", "vials = 2.5"), "assay.protein.vials: must be a whole number", "got 2.5"),
    "negative vials": (("vials = 10", "vials = -1"), "assay.protein.vials: must be at least 0", "got -1"),
    "negative retests": (("retests = 1", "retests = -1"), "assay.counting.retests: must be at least 0", "0..20"),
    "rule": (("retests = 1", 'retests = 1\nrule = "best"'), "assay.counting.rule", '"all", "any" or "mean"'),
    "too many people": (("vials = 3", "people = 5"), "assay.counting.people", "at most 2, the headcount"),
    "one person": (('analyst = "analyst"', 'analyst = "qa"'), "assay.counting.people", "at most 1, the headcount"),
    "nobody": (("vials = 3", "people = 0"), "assay.counting.people: must be at least 1", "got 0"),
    "nothing to confirm": ((SAMPLE, "conditional = true"), "no assay is confirmatory", "confirmatory = true"),
    "yes": ((SAMPLE, 'conditional = "yes"'), "release.conditional: is of the wrong kind", "true or false"),
    "key": ((SAMPLE, 'samples_after = "fill"'), "release.samples_after: unknown key", "did you mean sample_after?"),
    "key of another table": (("vials = 3", 'turnaround = "3 d"'), "unknown key", "[[equipment]] accepts it"),
    "assay of an attribute": (('assay = "counting"', 'assay = "countin"'), "unknown assay", "did you mean counting?"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, door: Door) -> None:
    """One line, with file and place, what was got and what is expected; nothing runs and nothing is left."""
    change, *words = REFUSED[name]
    more = [("vials = 3", "people = 2")] if name == "one person" else []
    door.write(lab(change, *more))
    answer = door.run("run", FILE)
    assert (answer.code, answer.out) == (3, ""), answer.err
    assert answer.err.count("\n") == 1 and answer.err.startswith(f"{FILE}:")
    for word in words:
        assert word in answer.err, answer.err
    assert [path.name for path in door.folder.iterdir()] == [FILE]


DOUBTFUL = {
    "too many vials": (("vials = 10", "vials = 30"), "the assays use up 33 vials of a lot, more than the 20 of fill"),
    "result for nobody": (('assay = "counting"\n', ""), "assay.counting: every lot is tested, and no [[attr"),
    "long work": ((FOUR, 'hands_on = "40 h"'), "assay.counting.hands_on: 40 h of work are more than"),
    "long review": (('"6 h"', '"60 h"'), "review.record.hands_on: 60 h of work are more than its duration of 48 h"),
    "rule for nothing": (("vials = 10", 'rule = "any"'), "assay.protein.rule is given but not used"),
    "retest missing": (("vials = 10", 'investigation = "5 d"'), "assay.protein.investigation is given but not used"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBTFUL)
def test_told_and_run(name: str, door: Door) -> None:
    """What can be meant is told once, and runs."""
    change, words = DOUBTFUL[name]
    door.write(lab(change))
    answer = door.run("check", FILE)
    assert answer.code == 0
    assert " ".join(answer.out.split()).count(words) == 1, answer.out


def test_work_of_assays_without_a_release(door: Door) -> None:
    """Hours of a laboratory that nobody asks for are told, and the batch ends with its recipe."""
    text = LAB[: LAB.index("[release]")]
    door.write(text)
    answer = door.run("check", FILE)
    assert answer.code == 0
    assert "assay.counting.duration is given but not used: the scenario has no [release]" in answer.out


def test_switches_of_a_variant_are_told(door: Door) -> None:
    """`check` lists what a variant chooses otherwise, not its quantities alone."""
    late = '[[variant]]\nname = "late"\nset = { "review.record.after" = "results", "assay.protein.rule" = "any" }\n'
    door.write(LAB + late)
    told = " ".join(door.run("check", FILE).out.split())
    assert 'lab#late review.record.after "batch" "results"' in told and 'assay.protein.rule - "any"' in told
    assert "nothing" not in told


def test_all_problems_at_once(door: Door) -> None:
    door.write(lab((FOUR, 'hands_on = "-4 h"'), (SAMPLE, 'sample_after = "x"'), ('after = "batch"', 'after = "fill"')))
    answer = door.run("check", FILE)
    assert answer.code == 3
    assert [f"{FILE}:{line}:" in answer.err for line in (48, 71, 81)] == [True] * 3, answer.err


def test_ROU_022(door: Door) -> None:
    """A release that needs a test which nobody makes is refused: the lot could never be released."""
    assert ROWS["ROU-022"]["exit_code"] == "3"
    without = LAB.replace('[[assay]]\nid = "protein"\nduration = "14 d"\nvials = 10\n\n', "")
    door.write(without)
    answer = door.run("run", FILE)
    assert (answer.code, answer.out) == (3, "")
    assert "attribute.purity.assay: unknown assay" in answer.err and "counting" in answer.err
    door.write(lab(("vials = 10", 'sample_after = "polish"')))
    assert 'assay.protein.sample_after: unknown procedure "polish"' in door.run("run", FILE).err


def test_RUN_007(door: Door) -> None:
    """Every lot fails its tests: no dose, all rejected, the reason in words, no NaN or infinity in any table."""
    assert ROWS["RUN-007"]["exit_code"] == "0"
    door.write(lab(("1e6 particle/ug", "1e30 particle/ug")))
    answer = door.run("run", FILE, "--json", "--out", "r")
    assert answer.code == 0
    found = {q["name"]: q for q in answer.document()["quantities"] if q["step"] is None}
    assert (found["doses_per_year"]["mean"], found["released_fraction"]["mean"]) == (0.0, 0.0)
    assert (found["lead_time"]["n"], found["lead_time"]["mean"]) == (0, None)
    assert found["rejected_by_test"]["mean"] == 1.0
    assert any("no batch" in warning for warning in answer.document()["warnings"])
    for path in (door.folder / "r").glob("*.csv"):
        cells = path.read_text(encoding="utf-8").replace("\n", ",").split(",")
        assert not {"nan", "inf", "-inf"} & set(cells), path


def test_every_row_about_release_is_tested() -> None:
    here = {name[5:].replace("_", "-") for name in globals() if name[:9] in ("test_ROU_", "test_RUN_")}
    assert here == RELEASE_ROWS
    assert not RELEASE_ROWS & set(WAITING)
