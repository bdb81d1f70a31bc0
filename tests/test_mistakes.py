"""What a person types wrong: one clear line each, with the place, what was got, what is expected, the nearest name."""

from __future__ import annotations

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.texts import BASE, FILE, PROBLEM_KEYS, Door, changed, line_of

VOLUME, TFF, FILL = 'volume = "10 L"', 'id = "tff"', 'operation = "vial_filling"'
DOSES = 'one of "1e10 EV" (true vesicles), "1e10 particle" (particles as the instrument counts them)'
INSERTED = [
    ("format = 1", "formt = 1", 'formt: unknown key "formt"; expected one of format, name', "did you mean format?"),
    ('name = "base"', 'nam = "base"', 'nam: unknown key "nam"', "did you mean name?"),
    ('name = "base"', "name = 2026-01-31", "name: is of the wrong kind; got the date 2026-01-31; expected text"),
    ('name = "base"', "name = 08:30:00", "name: is of the wrong kind; got the time 08:30:00; expected text"),
    ('name = "base"', 'name = ["a", "b"]', "name: is of the wrong kind; got a list of 2; expected text"),
    ('name = "base"', 'name = "a\\u001b[31m"', 'name: has a control character in it; got "a\\x1b[31m"'),
    ("seed = 1", f"seed = {2**70}", f"seed: is outside its range; got {2**70}; expected a whole number, at most 92"),
    ("draws = 64", "draws = 0", "draws: is outside its range; got 0; expected a whole number, at least 1"),
    ("draws = 64", "draws = true", "draws: is of the wrong kind; got boolean true; expected a whole number"),
    (
        "draws = 64",
        "start = 2026-01-31",
        "start: is of the wrong kind; got the date 2026-01-31; expected a date and time, such as",
    ),
    ("draws = 64", "study = 5", "study: is of the wrong kind; got 5; expected a table"),
    ('dose = "1e10 EV"', 'dse = "1e10 EV"', 'product.dse: unknown key "dse"', "did you mean dose?"),
    ('dose = "1e10 EV"', 'dose = "5 mL"', f'mL is no unit of a dose; got "5 mL"; expected {DOSES}'),
    ('dose = "1e10 EV"', 'dose = "5 mol"', "mol is no unit of a dose", "did you mean molecule?"),
    (
        'dose = "1e10 EV"',
        'dose = "4e7 cell_equivalnt"',
        'unknown unit "cell_equivalnt"',
        "did you mean cell_equivalent?",
    ),
    ('dose = "1e10 EV"', 'dose = "2 ug/kg"', "ug/kg is no unit of a dose (a dose is what one person gets: multiply by"),
    (
        'dose = "1e10 EV"',
        'dose = "1 EV"\nprotein_assay = "bca"',
        'product.protein_assay: unknown assay "bca"; expected',
    ),
    ('dose = "1e10 EV"', "dose = 1e10", f"product.dose: the unit is missing; got 1e10; expected {DOSES}"),
    ('dose = "1e10 EV"', 'dose = "1e10 partcle"', 'unknown unit "partcle"', "did you mean particle?"),
    ('dose = "1e10 EV"', 'dose = "0 EV"', 'product.dose: must be above 0; got "0 EV"'),
    ('dose = "1e10 EV"', 'dose = { value = "1 EV" }', "product.dose: is of the wrong kind; got a table"),
    ('dose = "1e10 EV"', 'dose = "1 EV"\nprotein_fraction = 2', 'between 0 and 1; got 2; expected 0.1..0.3, or "2 %"'),
    ('dose = "1e10 EV"', 'dose = "1 EV"\ninstrument = "nta"', 'product.instrument: unknown assay "nta"; expected one'),
    ('median = "115 nm"', 'medain = "115 nm"', 'product.ev_size.medain: unknown key "medain"', "mean median?"),
    ('median = "115 nm"', 'median = "115 nL"', "nL cannot be converted to nm"),
    ('median = "115 nm"', "classes = { uniform = { low = 8, high = 16 } }", "belongs to the plan and cannot vary"),
    ("batch = 0.3", "batsh = 0.3", 'common.batsh: unknown key "batsh"', "did you mean batch?"),
    ("batch = 0.3", "batch = 1", "common.batch: is outside its range; got 1; expected a correlation of at least 0 and"),
    ("batch = 0.3", "batch = true", "common.batch: is of the wrong kind; got boolean true; expected a number"),
    (TFF, TFF + '\nafter = "medium"', 'tff.after: "after" places a procedure among those of the file that this one'),
    (VOLUME, 'volme = "10 L"', 'medium.volme: unknown key "volme"', "did you mean volume?"),
    (VOLUME, "volume = 10", 'medium.volume: the unit is missing; got 10; expected a quantity in L, such as "10 L"'),
    (VOLUME, 'volume = "10"', 'medium.volume: the unit is missing; got "10"; expected a quantity in L'),
    (VOLUME, 'volume = ["10 L"]', "medium.volume: is of the wrong kind; got a list of 1; expected a quantity in L"),
    (VOLUME, "volume = {}", "medium.volume: give one value or one distribution; got neither; expected value = …"),
    (
        VOLUME,
        'volume = "1,5 L"',
        'a comma is neither a decimal sign nor allowed between thousands; got "1,5 L"; expected "1.5 L" with a decimal',
    ),
    (
        VOLUME,
        'volume = "1,500 mL"',
        'a comma is neither a decimal sign nor allowed between thousands; got "1,500 mL"; '
        'expected "1.500 mL" with a decimal point, or "1500 mL" for thousands',
    ),
    (VOLUME, 'volume = "10 Lt"', 'medium.volume: unknown unit "Lt"; got "10 Lt"'),
    (VOLUME, 'volume = { valu = "1 L" }', 'medium.volume: unknown key "valu"', "did you mean value?"),
    (VOLUME, 'volume = { normal = { mean = "5 L", sd = "1 L" } }', "has values below 0, which cannot be"),
    (VOLUME, 'volume = { lognorml = { median = "5 L", gsd = 2 } }', "did you mean lognormal?"),
    (VOLUME, 'volume = { lognormal = { median = "5 L", gds = 2 } }', 'lognormal has no number "gds"', "mean gsd?"),
    (VOLUME, 'volume = { lognormal = { median = "5 L" } }', "lognormal lacks a number; got median; expected { median,"),
    (VOLUME, 'volume = { lognormal = { mean = "5 L", cv = 1e200 } }', "too large or too small to draw from"),
    (VOLUME, 'volume = { lognormal = "5 L" }', 'lognormal needs its numbers by name; got "5 L"'),
    (VOLUME, 'volume = { uniform = { low = "1 L", high = "2 h" } }', "uniform.high: h cannot be converted to L"),
    (VOLUME, 'volume = { value = "1 L", varies = "batch" }', 'a fixed value does not vary; got varies = "batch"'),
    (VOLUME, 'volume = { value = "1 L", varies = "bach" }', "varies must be study, donor or batch", "mean batch?"),
    (VOLUME, 'volume = { value = "1 L", varies = ["batch"] }', "study, donor or batch; got a list of 1"),
    (VOLUME, 'volume = { value = "1 L", source = "our" }', 'unknown source "our"', "did you mean ours?"),
    (VOLUME, 'volume = { value = "1 L", source = ["ours"] }', "source must be a key in quotes; got a list of 1"),
    (
        VOLUME,
        'volume = { value = "1 L", source = "ours", grade = ["A"] }',
        "grade must be A, B, C or D; got a list of 1",
    ),
    (VOLUME, 'volume = { value = "1 L", grade = "A" }', 'a grade needs a source; got grade = "A"'),
    (
        VOLUME,
        'volume = { value = "1 L", donor_spread = "50 L" }',
        "donor_spread: L cannot be converted to a plain number",
    ),
    (VOLUME, 'volume = { value = "1 L", donor_spread = 50 }', "the sigma of a logarithm; got 50; expected 0 to 3"),
    (VOLUME, 'volume = { value = "1 L", allow_outside_range = 1 }', "must be true or false; got 1"),
    (VOLUME, 'volume = { value = "1e200 L", allow_outside_range = true }', "more than 1e9 times outside the plausible"),
    (VOLUME, 'volume = { p5 = "1 L", p95 = "2 L" }', "needs all three; got p5, p95; expected { p5 = …, p50 = …, p95"),
    (VOLUME, 'volume = { p5 = "1 L", p50 = "2 L", p95 = "2 h" }', "p95: h cannot be converted to L"),
    (VOLUME, 'volume = { p5 = "1 L", p50 = "3 L", p95 = "2 L" }', "p5 < p50 < p95 must hold; p5 = 1, p50 = 3"),
    (VOLUME, 'volume = { p5 = "0 L", p50 = "3 L", p95 = "4 L" }', "all three must lie above 0; p5 = 0"),
    (VOLUME, 'volume = { value = "1 L", p50 = "3 L" }', "got value and p5, p50, p95"),
    (VOLUME, 'volume = { p50 = "3 L", normal = { mean = "1 L", sd = "1 L" } }', "got p5, p50, p95 and normal"),
    (VOLUME, 'operator = "me"', '"operator" belongs to the procedure', "above [unit_procedure.parameters]"),
    (VOLUME, 'small_protein = { value = 0.2, batch_spread = "9 %" }', 'values above 1, which cannot be; got "9 %"'),
    (TFF, 'Id = "tff"', 'unit_procedure.2.Id: unknown key "Id"', "did you mean id?"),
    (TFF, "id = 5", "unit_procedure.2.id: is of the wrong kind; got 5; expected text"),
    (TFF, 'id = "my tff"', 'is not an id; got "my tff"; expected a letter, then letters, digits and _'),
    (TFF, 'id = "product"', 'a procedure may not have the name of a section: "product"; expected another id'),
    (TFF, 'id = "equipment"', 'may not have the name of a section: "equipment"; expected another id'),
    (
        TFF,
        'id = "tff"\nflux = "30 L/m2/h"',
        '"flux" is a parameter of an operation',
        "below [unit_procedure.parameters]",
    ),
    ('expected_hold = "2 h"', 'expected_hld = "2 h"', "did you mean expected_hold?"),
    ('expected_hold = "2 h"', 'expected_hold = "2 L"', "tff.expected_hold: L cannot be converted to h"),
    ('expected_hold = "2 h"', "harvest_hold = {}", "has no harvests that wait"),
    ('hold = { rate = "0.003 1/h", size_exponent = 1.0 }', 'hold = { rat = "0.003 1/h" }', "did you mean rate?"),
    (
        'hold = { rate = "0.003 1/h", size_exponent = 1.0 }',
        'hold = { source = "x" }',
        'tff.hold.source: unknown source "x"',
    ),
    ('hold = { rate = "0.003 1/h", size_exponent = 1.0 }', "hold = 1", "tff.hold: is of the wrong kind; got 1"),
    ('max_hold = { limit = "24 h" }', 'max_hold = { limt = "24 h" }', "did you mean limit?"),
    ('max_hold = { limit = "24 h" }', 'max_hold = { limit = "-1 h" }', 'must be above 0; got "-1 h"'),
    ('max_hold = { limit = "24 h" }', 'max_hold = { limit = "1 L" }', "tff.max_hold.limit: L cannot be converted to h"),
    (
        'max_hold = { limit = "24 h" }',
        'max_hold = { limit = "9 h", breach = "rejct" }',
        '"deviation" or "reject"',
        "mean reject?",
    ),
    (
        FILL,
        'operation = "vial_fill"',
        'unknown operation "vial_fill"; expected one of a',
        "mean vial_filling?",
    ),
    (FILL, f'{FILL}\nfeeds = ["tf"]', 'fill.feeds.1: unknown feed "tf.product"', "did you mean tff.product?"),
    (FILL, f'{FILL}\nfeeds = ["fill"]', '"fill" does not come before this procedure; expected one of medium.product'),
    (FILL, f"{FILL}\nfeeds = []", "fill.feeds: must not be empty; got an empty list; expected at least one"),
    (FILL, f'{FILL}\nfeeds = ["tff", "tff"]', '"tff.product" already feeds fill; expected a stream that is free'),
    (
        'fill_volume = "1 mL/vial"',
        'target_content = "1e10 particle/vial"',
        "a content in EV/vial, counted like product.dose",
    ),
    ('repeatability = "6 %"', "repeatabilty = 0.06", "assay.nanoparticle_tracking.repeatabilty", "mean repeatability?"),
    ('repeatability = "6 %"', 'repeatability = "6 nm"', "nm cannot be converted to a plain number"),
    ('id = "purity"', 'id = "doses"', '"doses" is the name of a reported figure; expected another id'),
    ('measure = "particles_per_protein"', 'measure = "particles"', 'unknown measure "particles"; expected one of'),
    (
        'limits = { at_least = "1e6 particle/ug" }',
        "limits = {}",
        "limits: is empty; expected at_least, at_most or both",
    ),
    ('limits = { at_least = "1e6 particle/ug" }', 'limits = { least = "1 L" }', "did you mean at_least?"),
    ('limits = { at_least = "1e6 particle/ug" }', 'limits = { at_most = "-1 particle/ug" }', "must be at least 0"),
    ('assay = "nanoparticle_tracking"', 'assay = "nanoparticle"', "did you mean nanoparticle_tracking?"),
    ('assay = "nanoparticle_tracking"', 'critical = "yes"', 'critical: is of the wrong kind; got "yes"; expected true'),
    ('ours = { text = "measured here" }', 'ours = { txt = "measured" }', "sources.ours.txt", "did you mean text?"),
    ('ours = { text = "measured here" }', 'ours = "measured"', 'sources.ours: is of the wrong kind; got "measured"'),
    (
        'ours = { text = "measured here" }',
        'ours = { text = "x", grade = "E" }',
        'got "E"; expected "A", "B", "C" or "D"',
    ),
]


@pytest.mark.parametrize(
    "case", INSERTED, ids=[f"{number:02d}: {case[1][:60]}" for number, case in enumerate(INSERTED)]
)
def test_one_clear_line(case: tuple[str, ...], door: Door) -> None:
    old, new, *words = case
    message = door.refused(changed(old, new))
    assert message.count("\n") == 1, message
    place = line_of(changed(old, new), new.splitlines()[-1])
    assert message.startswith(f"{FILE}:{place}: ")
    for word in words:
        assert word in message


HEAD = 'name = "x"\nproduct.dose = "1 EV"\n'
CELLS = 'name = "x"\nproduct.dose = "1 cell"\n'


def step(id: str, operation: str, more: str = "") -> str:
    return f'[[unit_procedure]]\nid = "{id}"\noperation = "{operation}"\n{more}\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            HEAD + step("a", "depth_filtration"),
            "needs a feed with vesicles; expected one of aggregate_culture, blood_plasma, conditioned",
        ),
        (
            HEAD + step("a", "hollow_fiber_culture"),
            "needs a feed with cells; expected one of cell_thaw, leukapheresis, planar",
        ),
        (HEAD + step("a", "planar_expansion"), "the last procedure makes no vesicles; expected one of aggregate_cult"),
        (CELLS + step("a", "conditioned_medium"), "the last procedure makes no cells; expected a dose in EV or partic"),
        (CELLS + step("a", "vial_filling"), "needs a feed with vesicles or cells; expected one of aggregate_culture"),
        (HEAD + step("a", "cell_thaw") + step("b", "vial_filling"), "the last procedure makes no vesicles; expected"),
        (HEAD + step("a", "conditioned_medium", 'feeds = ["b"]'), 'unknown feed "b.product"'),
        (HEAD + step("a", "conditioned_medium", 'feeds = ["a"]'), "no feeds: this is the first procedure"),
        (
            HEAD + step("a", "conditioned_medium") + step("b", "conditioned_medium"),
            "a.product goes nowhere; expected a",
        ),
        (HEAD + "[unit_procedure]\nid = 'a'", "write [[unit_procedure]] with two brackets"),
        (HEAD + "[unit_procedure.a]\noperation = 'pooling'", "write [[unit_procedure]] with two brackets"),
        (HEAD + "unit_procedure = []", "unit_procedure: must not be empty; got an empty list; expected at least one"),
        (HEAD + "unit_procedure = [3]", "unit_procedure.1: is of the wrong kind; got 3; expected a table"),
        (HEAD, 'unit_procedure: "unit_procedure" is missing; expected [[unit_procedure]] with id and operation'),
        ('product.dose = "1 EV"\n' + step("a", "conditioned_medium"), 'name: "name" is missing; expected name = "my_'),
        (
            'name = "x"\nproduct = 5\n' + step("a", "conditioned_medium"),
            "product: is of the wrong kind; got 5; expected",
        ),
        (
            'name = "x"\n' + step("a", "conditioned_medium"),
            'product: "product" is missing; expected [product] with dose',
        ),
    ],
)
def test_routes_and_missing_parts(text: str, words: str, door: Door) -> None:
    message = door.refused("format = 1\n" + text)
    assert words in message
    assert message.count("\n") == 1


SETTINGS = [
    ("medium.volum=1", "medium.volum: unknown key", "did you mean volume?"),
    (
        "medum.volume=1",
        "medum.volume: unknown path; expected <procedure>.<key> or <section>.<key>",
        "mean medium.volume?",
    ),
    ("sed=1", "sed: unknown path", "did you mean seed?"),
    ("medium=1", "medium: is a whole table; set its keys; expected one of medium.volume, medium.titer"),
    ("product={dose='1 EV'}", "product: is a whole table; set its keys; expected one of product.name, product.dose"),
    ("unit_procedure=[]", "unit_procedure: unknown path"),
    ("equipment.tff.count=2", "equipment.tff.count: unknown path"),
    ("economics.price=2", 'economics.price: unknown key "price"; [[assay]]'),
    ("medium.parameters.volume=1", "unknown path", "did you mean medium.volume?"),
    ("medium.volume.value=5", 'medium.volume: the unit is missing; got 5; expected a quantity in L, such as "5 L"'),
    ("medium..volume=1", "medium..volume: unknown path", "did you mean medium.volume?"),
    ("assay.nta.bias=0", "assay.nta.bias: unknown path"),
    ("seed=-1", "seed: is outside its range; got -1"),
    ("seed=", 'seed: is of the wrong kind; got ""; expected a whole number'),
    ("draws=" + "9" * 400, "draws: is outside its range; got 999"),
    ("common.batch=" + "9" * 400, "common.batch: this is not a finite number"),
    ("medium.volume=nan", "medium.volume: this is not a finite number; got nan"),
    ("medium.volume=1 L\nseed = 5", "medium.volume: this is not a unit"),
    ("a\x1b[31m=1", "a\\x1b[31m: unknown path"),
    ("tff.feeds=['fill']", 'tff.feeds.1: "fill" does not come before this procedure'),
]


@pytest.mark.parametrize("case", SETTINGS, ids=[case[0][:30] for case in SETTINGS])
def test_set_on_the_command_line(case: tuple[str, ...], door: Door) -> None:
    change, *words = case
    message = door.refused(BASE, "--set", change)
    assert message.count("\n") == 1
    assert FILE not in message
    assert "\x1b" not in message
    for word in words:
        assert word in message


def test_set_on_a_broken_file(door: Door) -> None:
    message = door.refused(changed(VOLUME, 'volume = "10 h"'), "--set", "fill.fill_volume=5").splitlines()
    assert len(message) == 2
    assert message[0].startswith("fill.fill_volume: the unit is missing; got 5")
    assert message[1].startswith(f"{FILE}:19: medium.volume: h cannot be converted to L")
    assert door.check(changed(VOLUME, 'volume = "10 h"'), "--set", "medium.volume=10 L").code == 0
    for text in ("name = 1\nproduct = 1\nunit_procedure = 5\nassay = 1\n", 'name = "a"\nproduct.ev_size = 5\n'):
        for change in ("product.dose=1 EV", "product.ev_size.median=100 nm", "assay.nanoparticle_tracking.bias=0"):
            door.refused(text, "--set", change)


def test_every_address_of_the_ledger_can_be_set(door: Door) -> None:
    lines = door.check(BASE, "--json").document()["ledger"]["lines"]
    plain = [line for line in lines if line["value"].replace(".", "").replace("e", "").isdigit()]
    changes = [f"{line['path']}={line['value']} {line['unit'] if line['unit'] != '1' else ''}" for line in plain]
    answer = door.check(BASE, "--json", *(part for change in changes for part in ("--set", change)))
    after = answer.document()["ledger"]["lines"]
    assert len(plain) > 40
    assert {line["path"] for line in after if line["origin"] == "override"} == {line["path"] for line in plain}
    assert [line["value"] for line in after] == [line["value"] for line in lines]


def test_one_mistake_does_not_hide_another(door: Door) -> None:
    text = (
        changed('dose = "1e10 EV"', 'doze = "1e10 EV"')
        .replace('"115 nm"', '"115 L"')
        .replace('"vial_filling"', '"fil"')
    )
    text = text.replace('"6 %"', '"6 L"').replace('at_least = "1e6', 'at_least = "-1e6').replace('"10 L"', '"10 h"')
    message = door.refused(text).splitlines()
    assert [line.split(":")[2].strip() for line in message] == [
        "product.doze",
        "product.ev_size.median",
        "medium.volume",
        "fill.operation",
        "assay.nanoparticle_tracking.repeatability",
        "attribute.purity.limits.at_least",
    ]


@pytest.mark.parametrize("command", ["check", "yield"])
@pytest.mark.parametrize(
    ("arguments", "code", "count"),
    [
        ([FILE], 3, 2),
        (["missing.toml"], 5, 1),
        ([FILE, "--set", "a"], 2, 1),
        ([FILE, "--bad"], 2, 1),
        ([], 2, 1),
        (["broken.toml"], 3, 1),
    ],
)
def test_errors_as_json(command: str, arguments: list[str], code: int, count: int, door: Door) -> None:
    door.write(changed(VOLUME, 'volume = "1 h"').replace("seed = 1", "sed = inf"))
    door.write("a = [", "broken.toml")
    answer = door.run(command, *arguments, "--json")
    assert (answer.code, answer.err) == (code, "")
    document = answer.document()
    assert list(document) == ["form", "problems"]
    assert document["form"] == "exosim.error/1"
    assert len(document["problems"]) == count
    for problem in document["problems"]:
        assert list(problem) == PROBLEM_KEYS


def test_standard_input(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, code in ((BASE, 0), (changed(VOLUME, "volume = 1"), 3)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        answer = door.run("check", "-")
        assert answer.code == code
        assert answer.err == "" or answer.err.startswith("<stdin>:19: medium.volume: the unit is missing")


TOKENS = [
    "nan", "-inf", "1e999", "0", "-1", '""', "true", "[]", "{}", "[[", "]]", "=", '"', "'", "#", ".", ",", "\n", "\t",
    "1979-05-27", "{ value = 1 }", "{ uniform = { low = 0, high = 1 } }", '"1 L"', '"1 h"', '"EV"', "id", "feeds",
    "format", "[unit_procedure]", "[product]", "[product.ev_size]", "[[assay]]", "x\x00", "\u00e4", "1_0", "0x1F",
    '["tff"]', '"tff"', '"pooling"', '"hollow_fiber_culture"', "[unit_procedure.parameters]", "harvest_hold", "varies",
]  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """Return the scenario after some random edits of its lines and tokens."""
    lines = BASE.splitlines()
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        words = lines[place].split(" ")
        action = draw(st.sampled_from(["delete", "repeat", "move", "replace", "insert", "cut"]))
        if action == "delete":
            del lines[place]
        elif action == "repeat":
            lines.insert(place, lines[place])
        elif action == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(place))
        elif action == "cut":
            lines[place] = lines[place][: draw(st.integers(0, 40))]
        else:
            at = draw(st.integers(0, len(words) - 1))
            words[at : at + (action == "replace")] = [draw(st.sampled_from(TOKENS))]
            lines[place] = " ".join(words)
    return "\n".join(lines)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=spoiled())
def test_random_edits_are_answered(text: str, door: Door) -> None:
    answer = door.check(text)
    assert answer.code in (0, 3)
    assert (answer.code == 0) == (answer.err == "")


def test_overwriting_keeps_what_no_run_has_written(door: Door) -> None:
    door.write(BASE)
    assert door.run("yield", FILE, "--out", "mine", "--draws", "64").code == 0
    (door.folder / "mine" / "notes.txt").write_text("keep")
    (door.folder / "mine" / "old").mkdir()
    assert door.run("yield", FILE, "--out", "mine", "--draws", "65").code == 5
    assert door.run("yield", FILE, "--out", "mine", "--draws", "65", "--overwrite").code == 0
    assert (door.folder / "mine" / "notes.txt").read_text() == "keep"
    assert (door.folder / "mine" / "old").is_dir()


def test_a_value_that_replaces_another_is_told(door: Door) -> None:
    warnings = door.check(
        BASE, "--json", "--set", "medium.counted_titer=1e10 particle/mL", "--set", "medium.titer=1e10 EV/mL"
    ).document()["warnings"]
    assert "medium.titer is given but not used: another value replaces it" in warnings


COUNTING = ("assay.bca.detection_limit", "assay.bca.detection_width")
MORE = '\n[[assay]]\nid = "bca"\nrepeatability = "8 %"\n'


def more_assays(door: Door, text: str, *options: str) -> tuple[list[str], set[str]]:
    """Return the warnings and the paths in the ledger of a scenario with more assays."""
    document = door.check(text, "--json", *options).document()
    return document["warnings"], {line["path"] for line in document["ledger"]["lines"]}


def test_an_assay_that_counts_nothing_has_no_detection_by_size(door: Door) -> None:
    """What such an assay detects does not matter: it is told when given, and not listed when it is a default."""
    warnings, paths = more_assays(door, BASE + MORE)
    assert warnings == []
    assert not paths & set(COUNTING)
    assert {"assay.bca.bias", "assay.bca.repeatability", "assay.nanoparticle_tracking.detection_limit"} <= paths
    given = BASE + MORE + 'detection_limit = "50 nm"\ndetection_width = "20 nm"\n'
    warnings, _ = more_assays(door, given)
    assert warnings == [f"{path} is given but not used: this assay counts no particles" for path in COUNTING]


def test_an_assay_that_counts_keeps_its_detection_by_size(door: Door) -> None:
    """The instrument counts, and so does an assay that is named for particles per volume."""
    given = BASE + MORE + 'detection_limit = "50 nm"\n'
    warnings, paths = more_assays(door, given, "--set", "product.instrument=bca")
    assert warnings == []
    assert set(COUNTING) <= paths
    for measure, limit, unused in (
        ("particles_per_volume", "1e6 particle/mL", False),
        ("particles_per_protein", "1e6 particle/ug", True),
        ("evs_per_volume", "1e6 EV/mL", True),
        ("protein_per_volume", "1 ug/mL", True),
    ):
        named = f'\n[[attribute]]\nid = "more"\nmeasure = "{measure}"\nassay = "bca"\nlimits.at_least = "{limit}"\n'
        warnings, paths = more_assays(door, given + named)
        assert bool(warnings) == unused, measure
        assert (COUNTING[1] not in paths) == unused, measure


def test_the_default_instrument_is_listed_only_where_it_counts(door: Door) -> None:
    """With another instrument nothing of nanoparticle tracking is in the ledger, unless it stands in the file."""
    bare = BASE.replace('[[assay]]\nid = "nanoparticle_tracking"', '[[assay]]\nid = "flow"').replace(
        'assay = "nanoparticle_tracking"', 'assay = "flow"'
    )
    _, paths = more_assays(door, bare)
    assert "assay.nanoparticle_tracking.detection_limit" in paths and "assay.flow.detection_limit" not in paths
    _, paths = more_assays(door, bare, "--set", "product.instrument=flow")
    assert not [path for path in paths if path.startswith("assay.nanoparticle_tracking")]
    assert "assay.flow.detection_limit" in paths


def test_unused_defaults_are_not_in_the_ledger(door: Door) -> None:
    def paths(*options: str) -> set[str]:
        return {line["path"] for line in door.check(BASE, "--json", *options).document()["ledger"]["lines"]}

    assert "medium.titer" in paths()
    counted = paths("--set", "medium.counted_titer=1e10 particle/mL")
    assert "medium.titer" not in counted
    assert "medium.vesicle_share" in counted


def test_source_keys_of_exosim_are_taken(door: Door) -> None:
    for key in ("assumption", "gobin2021"):
        answer = door.check(BASE + f'\n[sources.{key}]\ntext = "mine"\ngrade = "A"\n')
        assert answer.code == 3
        assert f'the source key "{key}" is taken by exosim itself' in answer.err


def test_parts_of_a_quantity_cannot_be_set(door: Door) -> None:
    answer = door.check(BASE, "--set", "medium.volume.source=gobin2021")
    assert answer.code == 3
    assert "medium.volume.source: is part of a quantity; expected the whole quantity: medium.volume = …" in answer.err
