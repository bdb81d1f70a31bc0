"""What is wrong with a specification is told with its place and what is expected; what is given is found everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

import exosim as xs
from tests.lot_scenario import attribute_text, measured_text
from tests.texts import BASE, Door

MEDIUM = BASE.partition("[[attribute]]")[0]
METHOD = '[[assay]]\nid = "{}"\nmethod = "{}"\n'
STERILITY = '[[assay]]\nid = "sterility"\n{}\n'


def one(measure: str, limits: str, assay: str = "", before: str = "") -> str:
    """Return a scenario with one attribute."""
    return MEDIUM + before + attribute_text("asked", measure, assay, limits)


def lots(line: str) -> str:
    """Return a scenario that says something of its lots."""
    text = MEDIUM.replace("[common]", f"[product.lot]\n{line}\n\n[common]")
    return text + attribute_text("asked", "endotoxin_per_volume", "", 'at_most = "0.5 EU/mL"')


REFUSED = [
    (
        one("endotoxin_per_volume", 'at_most = "0.5 EU/mL"'),
        "attribute.asked.measure: endotoxin_per_volume needs the true value of the lots; "
        "expected product.lot.endotoxin: a quantity in EU/mL",
    ),
    (one("endotoxin_per_dose", 'at_most = "5 EU/dose"'), "expected product.lot.endotoxin: a quantity in EU/mL"),
    (
        one("cd63_positive", "at_least = 0.5"),
        "cd63_positive needs the true value of the lots; expected product.lot.cd63: a fraction",
    ),
    (
        one("bioburden", 'at_most = "0 CFU/mL"', "sterility", STERILITY.format("")),
        "attribute.asked.assay: the assay sterility finds organisms in the volume that it tests, and that is missing; "
        'expected volume_tested = "10 mL", say, in its [[assay]]',
    ),
    (
        one("mycoplasma", 'at_most = "0 CFU/mL"', "nanoparticle_tracking"),
        "the assay nanoparticle_tracking finds organisms in the volume that it tests",
    ),
    (one("bioburden", 'at_most = "0 cell/mL"'), "limits.at_most: cell/mL cannot be converted to CFU/mL"),
    (one("bioburden", "at_most = 0"), "limits.at_most: the unit is missing; got 0; expected a quantity in CFU/mL"),
    (one("bioburden", 'at_most = "-1 CFU/mL"'), "limits.at_most: must be at least 0"),
    (one("cd9", "at_least = 0.5"), 'attribute.asked.measure: unknown measure "cd9"'),
    (one("relative_potency", 'at_least = "70 EU/mL"'), "EU/mL cannot be converted to a plain number"),
    (
        one("particles_in_size_range", "at_least = 0.9"),
        'attribute.asked: "sizes" is missing; expected sizes = { at_least = "50 nm", at_most = "400 nm" }, say',
    ),
    (
        one("cd9_positive", "at_least = 0.5 }\nsizes = {").replace("[common]", "[product.lot]\ncd9 = 0.5\n\n[common]"),
        "attribute.asked.sizes: cd9_positive takes no sizes",
    ),
    (one("particles_in_size_range", "at_least = 0.9 }\nsizes = {"), "attribute.asked.sizes: is empty"),
    (
        one("particles_in_size_range", 'at_least = 0.9 }\nsizes = { at_least = "90 nm", at_most = "60 nm"'),
        "attribute.asked.sizes: at_least is above at_most; got 90 nm and 60 nm",
    ),
    (
        one("particles_in_size_range", 'at_least = 0.9 }\nsizes = { at_least = "90 mL"'),
        "attribute.asked.sizes.at_least: mL cannot be converted to nm",
    ),
    (
        one("particles_in_size_range", 'at_least = 0.9 }\nsizes = { from = "90 nm"'),
        'attribute.asked.sizes.from: unknown key "from"; expected one of at_least, at_most',
    ),
    (lots('endotoxin = "0.2 EU"'), "product.lot.endotoxin: EU cannot be converted to EU/mL"),
    (lots("endotoxins = 1"), 'product.lot.endotoxins: unknown key "endotoxins"'),
    (lots('endotoxin = "0.2 EU/mL"\ncd9 = 1.2'), "product.lot.cd9: a fraction must lie between 0 and 1"),
    (lots('endotoxin = "0.2 EU/mL"\npotency = -1'), "product.lot.potency: must be above 0"),
    (MEDIUM + STERILITY.format("replicates = 0"), "assay.sterility.replicates: must be at least 1"),
    (MEDIUM + STERILITY.format("replicates = 2.5"), "assay.sterility.replicates: must be a whole number"),
    (
        MEDIUM + STERILITY.format("replicates = { uniform = { low = 1, high = 3 } }"),
        "assay.sterility.replicates: this belongs to the plan and cannot vary",
    ),
    (
        one("cd9_positive", "at_least = 60").replace("[common]", "[product.lot]\ncd9 = 0.5\n\n[common]"),
        "attribute.asked.limits.at_least: a fraction is never above 1; got 60; expected 0..1",
    ),
    (
        one("particles_in_size_range", 'at_least = 90 }\nsizes = { at_least = "50 nm"'),
        "attribute.asked.limits.at_least: a fraction is never above 1; got 90",
    ),
    (
        one("cargo_per_vesicle", 'at_least = "10 1/EV"'),
        "attribute.asked.measure: no operation of the recipe brings a cargo of which cargo_per_vesicle could be",
    ),
    (
        one("dna_per_volume", 'at_most = "10 ng/mL"', "protein", METHOD.format("protein", "bca")),
        "attribute.asked.assay: dna_per_volume is told by an assay of dna, and bca reads protein; "
        "expected an assay without a method, or by qpcr",
    ),
    (
        one("particles_per_protein", 'at_least = "1e9 particle/ug"', "counts", METHOD.format("counts", "nta")),
        "told by an assay of protein (particles are counted by product.instrument), and nta reads particles; expected",
    ),
    (
        MEDIUM.replace("[product]", '[product]\ninstrument = "protein"', 1) + METHOD.format("protein", "bca"),
        "product.instrument: the assay protein reads protein; expected an assay that counts particles, such as",
    ),
    (
        MEDIUM + METHOD.format("counts", "nta") + 'window_low = "2e9 particle/mL"\n',
        "assay.counts.window_low: is not below window_high; got 2e9 and 1e9 particle/mL",
    ),
    (MEDIUM + STERILITY.format('volume_tested = "0 mL"'), "assay.sterility.volume_tested: must be above 0"),
    (MEDIUM + STERILITY.format('volume_tested = "3 cell"'), "cell cannot be converted to mL"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_refused(text: str, words: str, door: Door) -> None:
    """One line, with the file, its line and the address."""
    message = door.refused(text)
    assert words in message and message.count("\n") == 1
    assert message.startswith("scenario.toml:")


OF_A_PRODUCT = {
    "relative_potency": "at_least = 0.7",
    "particles_per_volume": 'at_least = "1e8 particle/mL"',
    "evs_per_protein": 'at_least = "1e8 EV/ug"',
    "endotoxin_per_dose": 'at_most = "5 EU/dose"',
    "dna_per_dose": 'at_most = "10 ng/dose"',
    "cargo_per_vesicle": 'at_least = "10 1/EV"',
}
OF_THE_LOT = {
    "endotoxin_per_volume": 'at_most = "5 EU/mL"',
    "cd9_positive": "at_least = 0.5",
    "bioburden": 'at_most = "0 CFU/mL"',
}


def without_product(measure: str, limits: str) -> str:
    """Return a recipe of plain steps with one attribute."""
    lot = '[product.lot]\nendotoxin = "1 EU/mL"\ncd9 = 0.6\n'
    head = f'format = 1\nname = "timed"\nproduct.dose = "1 EV"\n{lot}\n[[unit_procedure]]\nid = "step"\n'
    return f'{head}operation = "timed_step"\n' + attribute_text("asked", measure, "", limits)


@pytest.mark.parametrize(("measure", "limits"), OF_A_PRODUCT.items(), ids=OF_A_PRODUCT)
def test_what_is_not_made_is_not_measured(measure: str, limits: str, door: Door) -> None:
    """A recipe of plain steps makes nothing: each lot would have 0 of it, and be rejected or pass for that alone."""
    message = door.refused(without_product(measure, limits))
    assert f"attribute.asked.measure: the recipe makes no vesicles of which {measure} could be measured" in message
    assert "expected one of endotoxin_per_volume, cd9_positive" in message and message.count("\n") == 1


@pytest.mark.parametrize(("measure", "limits"), OF_THE_LOT.items(), ids=OF_THE_LOT)
def test_what_is_said_of_the_lots_is_measured_without_a_product(measure: str, limits: str, door: Door) -> None:
    """Tests and releases can be planned on times alone, with what the scenario says of its lots."""
    xs.load(door.write(without_product(measure, limits)))


def test_a_bad_property_is_told_once(door: Door) -> None:
    """An attribute does not miss a property that is there, however wrong it is."""
    assert door.refused(lots('endotoxin = "much"')).count("\n") == 1


REMARKS = [
    (MEDIUM + METHOD.format("lal", "lal"), "assay.lal reads no sample: product.lot.endotoxin is not given"),
    (MEDIUM + '[[assay]]\nid = "odd"\nsteps = "all"\n', "assay.odd reads no sample: it has no method, and no"),
    (
        lots('endotoxin = "0.2 EU/mL"\ncd9 = 0.5'),
        "product.lot.cd9 is given but not used: no attribute and no assay asks for it",
    ),
    (
        one("bioburden", 'at_most = "0 CFU/mL"', "sterility", STERILITY.format('volume_tested = "20 mL"\nbias = 0.1')),
        "assay.sterility.bias is given but not used: a test for organisms finds them or does not",
    ),
    (
        one(
            "bioburden",
            'at_most = "0 CFU/mL"',
            "sterility",
            STERILITY.format('volume_tested = "20 mL"\nreplicates = 3'),
        ),
        "assay.sterility.replicates is given but not used",
    ),
    (
        MEDIUM + STERILITY.format('volume_tested = "20 mL"'),
        "assay.sterility.volume_tested is given but not used: this assay tests for no organisms",
    ),
    (
        MEDIUM + STERILITY.format('detection_limit = "70 nm"'),
        "assay.sterility.detection_limit is given but not used: this assay counts no particles",
    ),
]


@pytest.mark.parametrize(("text", "words"), REMARKS, ids=[str(number) for number in range(len(REMARKS))])
def test_what_does_not_matter_is_said(text: str, words: str, door: Door) -> None:
    """A number without effect is a warning, and the file is valid."""
    answer = door.check(text)
    assert answer.code == 0 and words in answer.out + answer.err


def test_a_test_for_organisms_has_no_bias_in_the_ledger(tmp_path: Path) -> None:
    """The ledger has what matters: the volume of a test for organisms, the bias of all others."""
    file = tmp_path / "lots.toml"
    file.write_text(
        measured_text() + attribute_text("bacteria", "bioburden", "sterility", 'at_most = "0 CFU/mL"'), encoding="utf-8"
    )
    paths = {line.path for line in xs.load(file).ledger()}
    assert {path for path in paths if path.startswith("assay.sterility.")} == {"assay.sterility.volume_tested"}
    assert "assay.protein_assay.bias" in paths and "assay.nanoparticle_tracking.replicates" in paths
    assert {"assay.protein_assay.replicates", "assay.protein_assay.volume_tested"}.isdisjoint(paths)


def test_properties_of_the_lots_have_addresses(tmp_path: Path) -> None:
    """`--set product.lot.potency=0.5` halves the potency, and the ledger says where it comes from."""
    file = tmp_path / "lots.toml"
    file.write_text(MEDIUM + attribute_text("potency", "relative_potency", "", "at_least = 0.7"), encoding="utf-8")
    plain = xs.load(file)
    assert xs.evaluate(plain, draws=64).in_specification()["potency"] == 1.0
    weak = xs.load(file, {"product.lot.potency": 0.5})
    assert xs.evaluate(weak, draws=64).in_specification()["potency"] == 0.0
    (line,) = [line for line in weak.ledger() if line.path == "product.lot.potency"]
    assert (line.origin, line.value, line.unit) == ("override", "0.5", "1")
    assert "product.lot.potency" not in {line.path for line in plain.ledger()}
    tested = plain.with_({"assay.nanoparticle_tracking.replicates": 3})
    assert "assay.nanoparticle_tracking.replicates" in {line.path for line in tested.ledger()}


def test_a_range_of_sizes_is_read_and_set(tmp_path: Path) -> None:
    """A wider range holds more of the particles; its ends have addresses."""
    file = tmp_path / "lots.toml"
    asked = one("particles_in_size_range", 'at_least = 0.5 }\nsizes = { at_least = "50 nm", at_most = "400 nm"')
    file.write_text(asked, encoding="utf-8")
    scenario = xs.load(file)
    narrow = scenario.with_({"attribute.asked.sizes.at_most": "100 nm"})
    found = (
        next(q.mean for q in xs.evaluate(one, draws=64).quantities() if q.name == "asked") for one in (scenario, narrow)
    )
    wide, less = (mean or 0.0 for mean in found)
    assert wide == pytest.approx(1.0, rel=1e-3) and 0.1 < less < 0.5


def test_nothing_lives_in_a_batch_that_does_not_fail(tmp_path: Path) -> None:
    """The kernel reports 0 CFU/mL, which is within a limit of at most 0."""
    file = tmp_path / "lots.toml"
    limits = 'at_most = "0 CFU/mL"'
    asked = attribute_text("bacteria", "bioburden", "sterility", limits) + attribute_text(
        "mollicutes", "mycoplasma", "", limits
    )
    file.write_text(measured_text() + asked, encoding="utf-8")
    yields = xs.evaluate(xs.load(file), draws=64)
    assert yields.in_specification() == {"bacteria": 1.0, "mollicutes": 1.0, "all": 1.0}
    assert {q.name: (q.unit, q.mean) for q in yields.quantities() if q.name == "bacteria"} == {
        "bacteria": ("CFU/mL", 0.0)
    }


def test_words_know_the_new_keys(door: Door) -> None:
    """`describe` and `schema` tell what stands in [product.lot] and what an assay takes."""
    described = door.run("describe", "product.lot")
    assert described.code == 0 and "endotoxin" in described.out and "EU/mL" in described.out
    assert "volume_tested" in door.run("describe", "assay").out
    defs = door.run("schema").document()["$defs"]
    assert set(defs["LotTable"]["properties"]) == {"endotoxin", "potency", "mhc_ii", "cd9", "cd63", "cd81"}
    assert {"replicates", "volume_tested"} <= set(defs["AssayTable"]["properties"])
    assert "bioburden" in defs["AttributeTable"]["properties"]["measure"]["enum"]
