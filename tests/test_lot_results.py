"""What the laboratory is told of a lot is what the kernel reports of the same batch and the same noise."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.facility.route import Production
from exosim.kernel import run
from exosim.lot_readings import attribute_results
from exosim.lot_results import LotResults, Reported
from exosim.sampling import BatchSample
from tests.lot_scenario import attribute_text, measured_lots, measured_text

REPLICATION = 2
ASSAYS = ("", "nanoparticle_tracking", "protein_assay", "cytometer", "endotoxin_test", "sterility")


def production_of(scenario: xs.Scenario) -> Production:
    """Return what one replication makes, as the facility is given it."""
    replications = importlib.import_module("exosim.replications")
    production, _ = replications._made(scenario, scenario.seed, REPLICATION)
    assert isinstance(production, Production)
    return production


def results_of(production: Production) -> LotResults:
    """Return what the assays report."""
    assert production.results is not None
    return production.results


def kernel(scenario: xs.Scenario, production: Production, **values: float) -> dict[str, list[float]]:
    """Return what the kernel reports of the batches of the replication, by attribute."""
    first = REPLICATION * 2**32
    sample = BatchSample(scenario.seed, REPLICATION, production.donors, first)
    drawn = {**scenario.values_on(sample), **values}
    recipe = scenario.recipe(drawn)
    reported = attribute_results(run(recipe), recipe.context, scenario.specification(drawn), scenario.noise_on(sample))
    lanes = len(production.donors)
    return {a.id: np.broadcast_to(np.ravel(found), (lanes,)).tolist() for a, _, found in reported}


def all_of(
    results: LotResults, batch: int, attempt: int = 0, contamination: Mapping[str, float] | None = None
) -> dict[str, Reported]:
    """Return what all assays report of a batch, by attribute."""
    rows = (results.of(batch, assay, attempt, contamination or {}) for assay in ASSAYS)
    return {one.attribute: one for found in rows for one in found}


def test_the_facility_reports_what_the_kernel_reports(tmp_path: Path) -> None:
    """Every attribute of every batch that ran as planned, with the noise of its assay, is the kernel's, to the bit."""
    scenario = measured_lots(tmp_path)
    production = production_of(scenario)
    expected, results = kernel(scenario, production), results_of(production)
    assert len(production.donors) == 30
    for batch in range(30):
        found = all_of(results, batch)
        assert {name: one.value for name, one in found.items()} == {n: values[batch] for n, values in expected.items()}
    spread = {name: len(set(values)) for name, values in expected.items()}
    assert all(n == 30 for name, n in spread.items() if name not in ("bacteria", "mollicutes", "identity_cd81"))


def test_a_batch_that_left_its_plan_is_measured_as_it_is(tmp_path: Path) -> None:
    """A batch that waited longer at the skid is reported as the kernel reports it with that wait."""
    scenario = measured_lots(tmp_path)
    production = production_of(scenario)
    expected = kernel(scenario, production, **{"tff.expected_hold": 40.0})
    production.lots.begin(3, 1, 40.0)
    found = all_of(results_of(production), 3)
    for name, values in expected.items():
        assert found[name].value == pytest.approx(values[3], rel=1e-12)
    planned = kernel(scenario, production)
    assert found["content"].value < 0.99 * planned["content"][3]
    assert found["identity_cd9"].value == planned["identity_cd9"][3]
    assert all_of(results_of(production), 4)["content"].value == planned["content"][4]


def test_a_sample_before_the_end_of_a_late_batch_has_the_planned_product(tmp_path: Path) -> None:
    """While a batch that left its plan is still on its way, what is known of its product is the plan."""
    scenario = measured_lots(tmp_path)
    production = production_of(scenario)
    production.lots._streams[2] = production.lots._planned_streams(2, 1)
    expected = kernel(scenario, production)
    assert all_of(results_of(production), 2)["content"].value == pytest.approx(expected["content"][2], rel=1e-12)
    for hours in (10.0, 40.0):
        production.lots.begin(2, 1, hours)
        expected = kernel(scenario, production, **{"tff.expected_hold": hours})
        assert all_of(results_of(production), 2)["content"].value == pytest.approx(expected["content"][2], rel=1e-12)


def test_true_values_have_neither_bias_nor_error(tmp_path: Path) -> None:
    """What is reported is the true value times bias and error of its assays; the truth is what the scenario says."""
    scenario = measured_lots(tmp_path)
    production = production_of(scenario)
    results, first = results_of(production), REPLICATION * 2**32
    sample = BatchSample(scenario.seed, REPLICATION, production.donors, first)
    values, noise = scenario.values_on(sample), scenario.noise_on(sample)
    assays = scenario.specification(values).assays
    counter = assays["nanoparticle_tracking"]
    bias = np.asarray(counter.bias)
    for batch in range(30):
        found = all_of(results, batch)
        assert found["endotoxin"].true == np.asarray(values["product.lot.endotoxin"])[batch]
        assert found["potency"].true == pytest.approx(np.asarray(values["product.lot.potency"])[batch], rel=1e-12)
        assert found["identity_cd63"].true == 0.7 and found["true_purity"].true == found["true_purity"].value
        z = {name: float(numbers[batch]) for name, numbers in noise.items()}
        counted = (1.0 + bias[batch]) * math.exp(z["nanoparticle_tracking"] * math.sqrt(math.log1p(0.12**2) / 3.0))
        assert found["content"].value / found["content"].true == pytest.approx(counted, rel=1e-12)
        weighed = math.exp(z["protein_assay"] * math.sqrt(math.log1p(0.08**2)))
        assert found["purity"].value / found["purity"].true == pytest.approx(counted / weighed, rel=1e-12)


def test_a_retest_has_noise_of_its_own_and_the_first_count(tmp_path: Path) -> None:
    """Retests are drawn under their own name; a retest of the protein leaves the count as it was."""
    scenario = measured_lots(tmp_path)
    production = production_of(scenario)
    results, first = results_of(production), REPLICATION * 2**32
    sample = BatchSample(scenario.seed, REPLICATION, production.donors, first)
    again = sample.normals("assay.protein_assay.retest.2", "batch")
    once = sample.normals("assay.protein_assay", "batch")
    sigma = math.sqrt(math.log1p(0.08**2))
    for batch in (0, 7):
        before, after = (all_of(results, batch, attempt)["purity"] for attempt in (0, 2))
        assert after.true == before.true
        ratio = math.exp(-sigma * float(again[batch] - once[batch]))
        assert after.value / before.value == pytest.approx(ratio, rel=1e-12)
    values = {all_of(results, 0, attempt)["content"].value for attempt in range(4)}
    assert len(values) == 4


def test_organisms_change_their_own_attribute_only(tmp_path: Path) -> None:
    """A lot full of bacteria fails the test for bacteria; everything else is reported as before."""
    scenario = measured_lots(tmp_path)
    results = results_of(production_of(scenario))
    clean, full = all_of(results, 1), all_of(results, 1, contamination={"bacteria": 1e3})
    assert clean["bacteria"] == Reported("bacteria", "CFU/mL", 0.0, 0.0, True)
    assert full["bacteria"] == Reported("bacteria", "CFU/mL", 1e3, 1e3, False)
    assert {n: one for n, one in full.items() if n != "bacteria"} == {
        n: one for n, one in clean.items() if n != "bacteria"
    }
    late = production_of(scenario)
    late.lots.begin(1, 1, 30.0)
    assert all_of(results_of(late), 1, contamination={"mycoplasma": 1e3})["mollicutes"].value == 1e3


def test_assays_and_limits_by_name(tmp_path: Path) -> None:
    """An assay that no attribute asks for reports nothing; a mean of results is held against the limits."""
    results = results_of(production_of(measured_lots(tmp_path)))
    assert results.of(0, "nothing") == []
    assert results.meets("endotoxin", 0.25) and not results.meets("endotoxin", 0.2501)
    assert results.meets("bacteria", 0.0) and not results.meets("bacteria", 1e-6)


RELEASE = """
[release]
conditional = false
"""
CONTAMINATED = """
[[failure]]
id = "glove"
during = "tff"
probability = 0.5
consequence = "contaminate"
agent = "bacteria"
level = "0.05 CFU/mL"
"""


def test_the_log_of_a_run_has_the_results_of_the_lots(tmp_path: Path) -> None:
    """Each line `result` of a run in time is what LotResults says; batches that waited are reported as they waited."""
    scenario = measured_lots(tmp_path, turnaround="46 h", more=RELEASE)
    run = importlib.import_module("exosim.replications").run_once(scenario, scenario.seed, REPLICATION).run
    planned = kernel(scenario, production_of(scenario))
    told: dict[int, dict[str, float]] = {}
    for event in run.log:
        if event.event == "result":
            told.setdefault(event.batch, {})[event.phase] = event.amount
    assert len(told) > 20
    late = 0
    for batch, values in told.items():
        assert set(values) == set(planned)
        assert values["identity_cd9"] == planned["identity_cd9"][batch]
        begin = {e.event: e.time for e in run.log if e.batch == batch and e.procedure == "tff"}
        waited = begin["start"] - begin["ready"]
        expected = kernel(scenario, production_of(scenario), **{"tff.expected_hold": waited})
        late += waited > 0.0
        for name, value in values.items():
            assert value == pytest.approx(expected[name][batch], rel=1e-9), (batch, name)
    assert 5 < late < len(told)


def test_a_contaminated_lot_is_rejected_as_often_as_its_test_finds_it(tmp_path: Path) -> None:
    """0.05 CFU/mL in 20 mL: found in 1 - exp(-1) of the contaminated lots, never in a clean one."""
    text = measured_text().replace('horizon = "60 d"', 'horizon = "1000 d"') + attribute_text(
        "bacteria", "bioburden", "sterility", 'at_most = "0 CFU/mL"'
    )
    file = tmp_path / "sterile.toml"
    file.write_text(text.replace('every = "2 d"', 'every = "6 h"') + RELEASE + CONTAMINATED, encoding="utf-8")
    run = importlib.import_module("exosim.replications").run_once(xs.load(file), 3, 0).run
    full = {e.batch for e in run.log if e.event == "contaminated"}
    ended = {b.number: b.disposition for b in run.batches if b.ended is not None}
    clean = [disposition for number, disposition in ended.items() if number not in full]
    assert len(clean) > 1000 and set(clean) == {"released"}
    rejected = [ended[number] == "rejected" for number in full & set(ended)]
    share = -math.expm1(-0.05 * 20.0)
    assert abs(np.mean(rejected) - share) < 3.29 * math.sqrt(share * (1.0 - share) / len(rejected))
