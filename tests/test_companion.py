"""A second product of the same batch: its doses, the pairs of both, their release together, and what can be wrong."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import exosim as xs
from exosim.companion import Companion, pair_figures
from exosim.readings import DoseRule
from exosim.replications import replay, run_once
from tests.texts import FILE, Door

TEXT = """\
format = 1
name = "both"
seed = 3
draws = 256
start = 2027-01-04T06:00:00
horizon = "120 d"
replications = 2

[product]
dose = "1e10 particle"
instrument = "nanoparticle_tracking"

[product.companion]
name = "cells"
dose = "5e7 cell"
after = "fill_cells"
shelf_life = "20 d"

[campaign]
every = "10 d"

[[unit_procedure]]
id = "train"
operation = "planar_expansion"
[unit_procedure.parameters]
inoculum = { lognormal = { median = "5e6 cell", gsd = 1.5 }, varies = "batch" }

[[unit_procedure]]
id = "culture"
operation = "planar_culture"
[unit_procedure.parameters]
vessel_area = "6320 cm2"
medium_volume = "1500 mL"
vessels = 4

[[unit_procedure]]
id = "detach"
operation = "cell_detachment"
feeds = ["culture.remainder"]

[[unit_procedure]]
id = "wash"
operation = "cell_wash"

[[unit_procedure]]
id = "fill_cells"
operation = "vial_filling"
end = true
[unit_procedure.parameters]
fill_volume = "4 mL/vial"
target_content = "5e7 cell/vial"
reject_fraction = 0.0
retained = "1 vial"

[[unit_procedure]]
id = "tff"
operation = "tangential_flow_filtration"
feeds = ["culture.product"]
[unit_procedure.parameters]
concentration_factor = 10

[[unit_procedure]]
id = "fill"
operation = "vial_filling"
[unit_procedure.parameters]
fill_volume = "1 mL/vial"
retained = "5 vial"

[release]

[[assay]]
id = "nanoparticle_tracking"
repeatability = "10 %"
duration = "2 d"

[[assay]]
id = "cell_count"
repeatability = "5 %"
duration = "1 d"

[[assay]]
id = "sterility"
volume_tested = "1 mL"
duration = "14 d"

[[attribute]]
id = "count"
measure = "particles_per_volume"
limits = { at_least = "1e6 particle/mL" }
assay = "nanoparticle_tracking"

[[attribute]]
id = "alive"
of = "companion"
measure = "viability"
limits = { at_least = 0.7 }
assay = "cell_count"

[[attribute]]
id = "content"
of = "companion"
measure = "viable_cells_per_vial"
label = "5e7 cell/vial"
tolerance = "50 %"
assay = "cell_count"

[[attribute]]
id = "sterile"
measure = "bioburden"
limits = { at_most = "0 CFU/mL" }
assay = "sterility"
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> xs.Scenario:
    """Return the scenario."""
    file = tmp_path_factory.mktemp("both") / FILE
    file.write_text(TEXT, encoding="utf-8")
    return xs.load(file)


COUNTS = st.integers(0, 10_000)


@given(COUNTS, COUNTS)
def test_a_pair_takes_one_of_either(doses: int, others: int) -> None:
    """Pairs and doses without a partner make up all doses; the one with fewer limits."""
    found = {name: float(np.asarray(value)) for name, value in pair_figures(float(doses), float(others)).items()}
    assert found["dose_pairs"] == min(doses, others) and found["companion_doses"] == others
    alone = found["unpaired_share"] * (doses + others)
    assert alone == pytest.approx(abs(doses - others), abs=1e-6)
    assert found["companion_limits"] == (others < doses)


@pytest.mark.parametrize(("life", "available", "keeps"), [(None, 1e9, True), (72.0, 172.0, True), (72.0, 172.1, False)])
def test_doses_keep_for_their_shelf_life(life: float | None, available: float, keeps: bool) -> None:
    companion = Companion("cells", DoseRule(1e8, "cell"), "fill", life)
    assert companion.in_time(100.0, available) is keeps


def test_the_doses_of_a_batch_are_those_in_its_vials(both: xs.Scenario) -> None:
    """By hand, on every draw: whole vials, without the retained one, of cells diluted to the target content."""
    yields = xs.evaluate(both)
    cells, others, doses = (yields.values(*key) for key in (
        ("viable_cells", "wash"), ("companion_doses", None), ("doses", None)))  # fmt: skip
    milliliters = cells / 5e7 * 4.0  # diluted, from 12.5e6 cells in a milliliter
    vials = np.floor(np.maximum(milliliters - 5.0, 0.0) / (4.0 * 1.1) + 1e-9)
    assert np.array_equal(others, np.maximum(vials - 1.0, 0.0))
    assert np.array_equal(yields.values("dose_pairs"), np.minimum(doses, others))
    assert yields.values("viable_cells", "fill_cells") == pytest.approx(5e7 * vials, rel=1e-9)
    assert yields.summary("companion_limits").mean == pytest.approx(float(np.mean(others < doses)))


def test_attributes_are_of_the_one_or_the_other(both: xs.Scenario) -> None:
    """What is reported of the companion is measured in its vials, with the error of its own assay."""
    yields = xs.evaluate(both)
    alive, content = (q for q in yields.quantities() if q.name in ("alive", "content"))
    assert alive.unit == "1" and alive.p95 == 1.0 and alive.median == pytest.approx(0.95, abs=0.02)
    assert content.unit == "cell/vial" and content.median == pytest.approx(5e7, rel=0.02)
    assert content.p5 and content.p95 and np.log(content.p95 / content.p5) == pytest.approx(2 * 1.645 * 0.05, rel=0.2)


def test_the_facility_counts_what_the_kernel_counts(both: xs.Scenario) -> None:
    """Lots of the facility as planned hold the doses that the recipe gives on their values."""
    found = replay(both, both.seed, 0)
    production = found.productions[0]
    outcome, context = production.lots.planned("companion")
    alone = both.recipe(both.typical_values()).procedures
    assert [one.operation.context.dose_kind for one in alone if one.id.startswith("fill")] == ["cell", "particle"]
    assert context.dose_kind == "particle" and "content" in outcome.monitors
    good = [batch for batch in found.window.run.batches if batch.good]
    assert len(good) > 3
    for batch in good:
        assert batch.companion_doses == production.lots.doses(batch.number, "companion")
        assert batch.dose_pairs == min(batch.doses, batch.companion_doses)


def test_the_companion_is_sampled_after_its_own_fill(both: xs.Scenario) -> None:
    log = run_once(both, both.seed, 0).run.log
    drawn = {event.procedure: event.phase for event in log if event.event == "sample"}
    assert drawn == {
        "assay.cell_count": "fill_cells", "assay.nanoparticle_tracking": "fill", "assay.sterility": "fill",
    }  # fmt: skip


def test_pairs_expire_while_the_lot_waits_for_its_release(both: xs.Scenario) -> None:
    """14 d of sterility: cells that keep for 3 d are gone, those that keep for 20 d are not; vesicles leave alike."""
    frozen = run_once(both, both.seed, 0)
    fresh = run_once(both.with_({"product.companion.shelf_life": "3 d"}), both.seed, 0)
    of = {"frozen": xs.simulate(both), "fresh": xs.simulate(both.with_({"product.companion.shelf_life": "3 d"}))}
    years = {name: {q.name: q.mean for q in found.quantities() if q.step is None} for name, found in of.items()}
    assert years["frozen"]["pairs_expired_per_year"] == years["fresh"]["dose_pairs_per_year"] == 0.0
    assert years["frozen"]["dose_pairs_per_year"] == years["fresh"]["pairs_expired_per_year"] > 0.0
    assert years["frozen"]["doses_per_year"] == years["fresh"]["doses_per_year"]
    assert [b.doses for b in frozen.run.batches] == [b.doses for b in fresh.run.batches]


def test_a_lot_leaves_only_when_both_pass(both: xs.Scenario) -> None:
    """A limit that no cells meet rejects lots whose vesicles are fine."""
    strict = both.with_({"attribute.alive.limits.at_least": 1.0})
    window = run_once(strict, both.seed, 0)
    missed = [event.phase for event in window.run.log if event.event == "result" and event.note == "oos"]
    assert set(missed) == {"alive"}
    ended = [batch for batch in window.run.batches if batch.manufactured is not None and batch.ended is not None]
    assert {batch.disposition for batch in ended} >= {"rejected"}
    assert sum(batch.dose_pairs or 0.0 for batch in ended if not batch.good) == 0.0


def test_a_batch_off_its_plan_is_counted_on_its_own(both: xs.Scenario) -> None:
    """A filter that has to be waited for changes the vesicles of a batch, not the cells that were filled before."""
    waiting = {
        "tff.expected_hold": "1 h",
        "tff.hold.rate": "0.01 1/h",
    }
    lots = replay(both.with_(waiting), both.seed, 0).productions[0].lots
    planned, index = lots.doses(0, "companion"), 5
    assert lots.off_plan(0) is not None or lots.begin(0, index, 500.0)
    assert lots.off_plan(0, "companion") is not None
    assert lots.doses(0, "companion") == planned


def test_a_saved_run_keeps_its_pairs(both: xs.Scenario, tmp_path: Path) -> None:
    results = xs.simulate(both, replications=1)
    results.save(tmp_path / "run")
    with (tmp_path / "run" / "batches.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[-2:] == ["companion_doses", "dose_pairs"]
    known = xs.load_run(tmp_path / "run").batches[0]
    assert [b.dose_pairs for b in known] == [b.dose_pairs for b in results.accounts[0].batches]


def test_the_certificate_of_a_lot_tells_its_pairs(both: xs.Scenario) -> None:
    results = xs.simulate(both, replications=1)
    lot = next(batch for batch in results.accounts[0].batches if batch.good)
    found = xs.certificate(results, lot.number + 1)
    assert found.companion is not None and found.companion.name == "cells" and found.companion.dose == "5e7 cell"
    assert (found.companion.doses, found.companion.pairs) == (lot.companion_doses, lot.dose_pairs)
    assert {"alive", "content"} <= {test.attribute for test in found.tests}


def test_pairs_are_explained(both: xs.Scenario) -> None:
    """The tree of the pairs leads to the vials of either product, and that of the year adds its lots."""
    found = xs.explain(both, "dose_pairs")
    assert found.root.formula == "min(doses, companion_doses)"
    doses = found.root.children["companion_doses"]
    assert doses.formula == "floor((accepted - retained) * content / dose)"
    assert doses.children["dose"].unit == "cell/dose" and doses.children["content"].unit == "cell/vial"
    year = xs.explain(xs.simulate(both, replications=1), "dose_pairs_per_year")
    assert [node.name for node in year.root.related] == ["dose_pairs"]


def changed(old: str, new: str) -> str:
    assert TEXT.count(old) == 1, old
    return TEXT.replace(old, new)


COMPANION = TEXT[TEXT.index("[product.companion]") : TEXT.index("[campaign]")]
REFUSED = [
    (changed('after = "fill_cells"', 'after = "fil_cells"'), 'product.companion.after: unknown procedure "fil_cells"'),
    (changed('after = "fill_cells"', 'after = "fill"'), "product.companion.after: fill makes the product itself"),
    (
        changed('after = "fill_cells"', 'after = "culture"'),
        "product.companion.after: culture makes no cells, which a dose in cell counts; "
        "expected a procedure whose product holds cells",
    ),
    (
        changed('dose = "5e7 cell"', 'dose = "1e10 particle"'),
        "product.companion.after: fill_cells makes no vesicles, which a dose in particle counts",
    ),
    (
        changed('after = "fill_cells"', 'after = "wash"'),
        "product.companion.after: the product of wash feeds fill_cells, and doses of the companion leave where",
    ),
    (changed('dose = "5e7 cell"', 'dose = "5e7 cells/kg"'), "product.companion.dose: cells/kg is no unit of a dose"),
    (changed('dose = "5e7 cell"', 'dose = "0 cell"'), "product.companion.dose: must be above 0"),
    (changed('dose = "5e7 cell"\n', ""), 'product.companion.dose: "dose" is missing'),
    (changed('after = "fill_cells"\n', ""), 'companion.after: "after" is missing; expected after = "fill_cells"'),
    (
        changed('shelf_life = "20 d"', 'shelf_live = "20 d"'),
        'unknown key "shelf_live"; expected one of name, dose, after, shelf_life',
    ),
    (changed('shelf_life = "20 d"', 'shelf_life = "20 mL"'), "companion.shelf_life: mL cannot be converted to h"),
    (changed('shelf_life = "20 d"', 'shelf_life = "0 h"'), "product.companion.shelf_life"),
    (TEXT.replace(COMPANION, ""), "attribute.alive.of: the product has no companion; expected [product.companion]"),
    (
        changed('of = "companion"\nmeasure = "viability"', 'measure = "viability"'),
        'attribute.alive.measure: viability is of cells, and the product is vesicles; expected of = "companion"',
    ),
    (
        changed('measure = "viability"', 'measure = "relative_potency"'),
        "attribute.alive.measure: relative_potency is of vesicles, and the companion is cells",
    ),
    (
        changed('measure = "bioburden"', 'measure = "bioburden"\nof = "both"'),
        "attribute.sterile.of",
    ),
    (
        changed('mL" }\nassay = "nanoparticle_tracking"', 'mL" }\nassay = "cell_count"'),
        "attribute.alive.assay: cell_count reports on the product already, and one sample is of one product",
    ),
    (changed("at_least = 0.7", "at_least = 1.7"), "a fraction is never above 1"),
    (
        changed('target_content = "5e7 cell/vial"', 'target_content = "5e7 EV/vial"'),
        "expected a content in cell/vial, counted like product.companion.dose",
    ),
]  # fmt: skip


def test_a_dose_that_cannot_be_read_makes_no_second_problem(door: Door) -> None:
    """A unit that no dose has leaves open what the procedure must make, so nothing is said of that."""
    told = door.refused(changed('dose = "5e7 cell"', 'dose = "5e7 mL"'))
    assert "product.companion.dose: mL is no unit of a dose" in told and "makes no vesicles" not in told


@pytest.mark.parametrize(("text", "told"), REFUSED, ids=[told[:60] for _, told in REFUSED])
def test_what_is_wrong_is_told(door: Door, text: str, told: str) -> None:
    assert told in door.refused(text)


def test_nothing_of_pairs_without_a_companion(both: xs.Scenario, tmp_path: Path) -> None:
    """The same process without one has the same doses, and no figure of pairs."""
    file = tmp_path / FILE
    text = TEXT.replace(COMPANION, "").replace('target_content = "5e7 cell/vial"\n', "")
    cut = text.index('[[attribute]]\nid = "alive"')
    file.write_text(text[:cut] + text[text.index('[[attribute]]\nid = "sterile"') :], encoding="utf-8")
    alone = xs.load(file)
    assert np.array_equal(xs.evaluate(alone).values("doses"), xs.evaluate(both).values("doses"))
    assert not any("pair" in q.name for q in xs.simulate(alone, replications=1).quantities())
