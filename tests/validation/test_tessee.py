"""Case K1: TESSEE demo1, a published simulation of planar MSC manufacture in SimPy, beside ours.

Its figures were read in its source or come from a run of it; docs/explanation/cases/tessee.md tells which, and why the
two differ where they do.
"""

from __future__ import annotations

import csv
import json
import math
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from lot_costs import by_category, ledger, shipped
from texts import Door

import exosim as xs
from exosim import plots
from exosim.economics.ledger import CostLedger
from exosim.kernel import Step, run
from exosim.replications import run_once
from exosim.window import Window

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "scenarios" / "tessee_planar_msc.toml"
PAGE = ROOT / "docs" / "explanation" / "cases" / "tessee.md"

PASSAGES = tuple(f"passage_{number}" for number in range(1, 6))
AREAS = (25.0, 75.0, 175.0, 225.0, 636.0, 1272.0, 3180.0, 6360.0)
VESSEL_PRICES = {225.0: 8.55, 636.0: 33.89, 3180.0: 131.96, 6360.0: 142.72}  # EUR
SHARED = {"wash.unit": "centrifuge", "fill.unit": "biosafety_cabinet"}
THEIR_EVENTS, THEIR_SECONDS = 10.9e6, 12.7


def number(value: object) -> float:
    return float(np.squeeze(np.asarray(value)))


@cache
def steps() -> dict[str, Step]:
    scenario = xs.load(SCENARIO)
    return {step.procedure.id: step for step in run(scenario.recipe(scenario.typical_values()))}


def window(**overrides: object) -> Window:
    """Return one replication without failures, with some values replaced."""
    scenario = xs.load(SCENARIO).with_({"failure.quality_control.probability": 0.0, "horizon": "400 d", **overrides})
    return run_once(scenario, 0, 0)


def makespan(found: Window) -> float:
    return max(batch.ended or math.inf for batch in found.run.batches) / 24.0


def monitor(passage: str, name: str) -> float:
    return number(steps()[passage].outcome.monitors[name])


def consumed(key: str) -> float:
    return sum(number(step.outcome.consumption.get(key, 0.0)) for step in steps().values())


def test_the_time_of_a_batch() -> None:
    """45.535 d: five passages of 9 d, their handling, washing, filling and testing; polling adds a few seconds."""
    hours = xs.evaluate(xs.load(SCENARIO), draws=1).summary("batch_duration").median
    assert hours is not None
    assert hours / 24.0 == pytest.approx(45.535, abs=0.001)
    handling = sum(3.0 * t for t in (0.038, 0.15, 0.20, 0.25, 0.25)) + 5 * 14.0 / 60.0
    assert hours == pytest.approx(45 * 24.0 + handling + 4.0 + 2.0 + 3.0, abs=1e-6)


def test_twelve_batches_on_two_incubators() -> None:
    """Six rounds make 273.2 d, and every batch that passes gives 102 doses."""
    found = window()
    assert [batch.doses for batch in found.run.batches] == [102.0] * 12
    assert makespan(found) == pytest.approx(273.2, abs=0.05)
    leads = [(batch.ended or math.inf) - batch.started for batch in found.run.batches]
    assert leads == pytest.approx([45.535 * 24.0] * 12, abs=0.03)


def test_the_shipped_run() -> None:
    """`exosim run` reports those times, and loses a tenth of the batches at quality control."""
    results = xs.simulate(xs.load(SCENARIO))
    found = {quantity.name: quantity for quantity in results.quantities() if quantity.step is None}
    assert found["batches_started"].mean == 12.0
    assert found["makespan"].mean == pytest.approx(273.2 * 24.0, abs=1.2)
    assert found["lead_time"].mean == pytest.approx(45.535 * 24.0, abs=0.03)
    lost = found["batches_rejected"]
    assert lost.low is not None and lost.high is not None and lost.low < 1.2 < lost.high
    assert {b.doses for account in results.accounts for b in account.batches} == {102.0, 0.0}


def test_lead_times_that_are_all_equal_can_be_drawn() -> None:
    """Times that agree to rounding have no bins between them; the picture shows them as one."""
    results = xs.simulate(xs.load(SCENARIO), 2)
    low, high = plots.lead_time(results).get_xlim()
    assert low < 45.535 < high and high - low > 0.5


def test_cells_of_each_passage() -> None:
    """Its arithmetic by hand: exponential growth at 0.3/d from the third day, 90 % detached, whole vessels seeded."""
    cells, expected = 1e6, []
    for passage, hours in zip(PASSAGES, (0.038, 0.15, 0.20, 0.25, 0.25), strict=True):
        area = number(steps()[passage].procedure.operation.vessel_area)  # type: ignore[attr-defined]
        seeded = math.floor(cells / (3000.0 * area)) * 3000.0 * area
        cells = seeded * math.exp(0.3 * (6.0 + 2.0 * hours / 24.0)) * 0.9
        expected.append(cells)
    assert [number(steps()[p].outcome.product.viable_cells) for p in PASSAGES] == pytest.approx(expected, rel=1e-9)
    assert number(steps()["passage_1"].outcome.losses["surplus"].viable_cells) == pytest.approx(1e6 - 675_000.0)
    assert [monitor(p, "vessels") for p in PASSAGES] == [1.0, 1.0, 1.0, 2.0, 10.0]


def test_the_vessels_are_those_that_its_rule_chooses() -> None:
    """Of the eight kinds it takes the fewest vessels, and among equals the one nearest to the seeding density."""
    cells = 1e6
    for passage in PASSAGES:
        counts = {area: math.floor(cells / (3000.0 * area)) for area in AREAS}
        fewest = min(count for count in counts.values() if count)
        chosen = min(
            (area for area, count in counts.items() if count == fewest),
            key=lambda area: abs(cells / (area * fewest) - 3000.0),
        )
        operation = steps()[passage].procedure.operation
        assert number(operation.vessel_area) == chosen  # type: ignore[attr-defined]
        cells = number(steps()[passage].outcome.product.viable_cells)


def test_what_a_batch_consumes_costs_what_theirs_does() -> None:
    """At its prices our vessels and vials cost its 1,940.38 EUR, our reagents its 15,604.69 EUR less half a euro.

    The half euro is the last vial, which it takes as full.
    """
    operations = {p: number(steps()[p].procedure.operation.vessel_area) for p in PASSAGES}  # type: ignore[attr-defined]
    vessels = sum(monitor(p, "vessels") * VESSEL_PRICES[operations[p]] for p in PASSAGES)
    assert vessels + 1.27 * consumed("vial") == pytest.approx(1940.38, abs=0.005)
    medium, reagent = 248.0 * consumed("growth_medium"), 210.0 * consumed("detachment_reagent")
    wash = 40.0 * number(steps()["wash"].outcome.consumption["buffer"])
    formulation = (0.5 * 40.0 + 0.5 * 2680.0) * consumed("formulation_medium")
    total = medium + reagent + wash + formulation
    assert total == pytest.approx(15604.69, abs=0.6)
    unfilled = 42 * 2e-3 - consumed("formulation_medium")
    assert total + 1360.0 * unfilled == pytest.approx(15604.69, abs=0.005)


def test_events_and_time() -> None:
    """Without polling twelve batches take a few hundred events; TESSEE fires 10.9 million in 12.7 s of CPU."""
    found = window()
    assert found.run.events < THEIR_EVENTS / 10_000.0
    assert found.run.events < 60 * len(found.run.batches)


@pytest.mark.parametrize(
    ("overrides", "doses", "days", "total"),
    [
        ({}, 102.0, 45.53, 273.2),
        (SHARED, 102.0, 45.74, 273.4),
        ({**SHARED, "campaign.work_in_progress": 3}, 102.0, None, 271.7),
        ({f"{p}.vessels_at_once": 1 for p in PASSAGES}, 120.0, 45.99, 275.9),
        ({"wash.recovery": 0.8}, 82.0, 45.53, 273.2),
        ({f"{p}.capacity": "30000 cell/cm2" for p in PASSAGES}, 80.0, 45.53, 273.2),
        ({"fill.partial_vial": 0}, 100.0, 45.53, 273.2),
    ],
    ids=["as published", "shared", "shared, three", "one vessel at a time", "wash", "crowding", "no partial vial"],
)
def test_what_its_simplifications_are_worth(
    overrides: dict[str, object], doses: float, days: float | None, total: float
) -> None:
    """The figures of the second table of the page; days are those of the slowest batch."""
    found = window(**overrides)
    assert {batch.doses for batch in found.run.batches} == {doses}
    assert makespan(found) == pytest.approx(total, abs=0.05)
    slowest = max((batch.ended or math.inf) - batch.started for batch in found.run.batches) / 24.0
    assert days is None or slowest == pytest.approx(days, abs=0.005)
    assert re.search(rf"\| {doses:g} \| (\S+ \| )?{total:g}", PAGE.read_text(encoding="utf-8"))


TWELVE = {  # EUR of 12 batches, equipment counted once
    "building": 210_855.10,
    "labor": 205_500.0,
    "equipment": 8_897.03,
    "consumables": 12 * 1_940.38,
    "reagents": 12 * 15_604.69,
    "quality": 120_000.0,
}
"""What TESSEE charges, from a run of its code."""


def categories(found: CostLedger) -> dict[str, float]:
    """Return our categories under its names: its building is built and run, its reagents are our materials."""
    told = dict(by_category(found))
    told["building"] += told.pop("facility")
    told["reagents"] = told.pop("materials")
    return told


def test_twelve_batches_cost_what_theirs_do() -> None:
    """Each category within 1 %, and in fact to the half euro of a last vial; 617.5 EUR per dose with 12 of 12 lots."""
    found = shipped(f"{SCENARIO.name}#all_pass")
    assert found.released == 12 * 102 and found.hours == 274 * 24.0 and found.unpriced == {}
    assert categories(found) == pytest.approx(TWELVE, rel=5e-5)
    assert found.total == pytest.approx(755_793.0, abs=12 * 0.6)
    assert found.cost_per_dose == pytest.approx(617.5, abs=0.05)


def test_its_equipment_is_counted_twice() -> None:
    """It multiplies what its units cost by their number twice: 13,698.12 EUR, and 621.4 EUR per dose."""
    found = shipped(f"{SCENARIO.name}#counted_twice")
    assert categories(found)["equipment"] == pytest.approx(13_698.12, abs=0.005)
    assert found.total == pytest.approx(760_594.0, abs=12 * 0.6)
    assert found.cost_per_dose == pytest.approx(621.4, abs=0.05)


def test_a_lost_lot_is_paid_by_the_others() -> None:
    """With 11 of 12 lots nothing is cheaper: 677.9 EUR per dose as it counts, 673.6 as we do."""
    scenario = xs.load(SCENARIO)
    runs = xs.simulate(scenario, 10).accounts
    lost = next(n for n, run in enumerate(runs) if sum(batch.doses > 0.0 for batch in run.batches) == 11)
    found = ledger(scenario, lost)
    assert found.total == pytest.approx(shipped(f"{SCENARIO.name}#all_pass").total, abs=0.01)
    assert found.cost_per_dose == pytest.approx(755_793.0 / (11 * 102), abs=0.05)
    as_theirs = ledger(scenario, lost, scenario.variants()["counted_twice"])
    assert as_theirs.cost_per_dose == pytest.approx(677.9, abs=0.05)


def test_the_command_tells_that_cost(door: Door, tmp_path: Path) -> None:
    """`exosim cost` of the scenario: 617.5 EUR per dose, and a table with the categories of the run."""
    out = tmp_path / "cost"
    asked = (f"{SCENARIO}#all_pass", "--replications", "1", "--no-pictures", "--json", "--out", str(out))
    answer = json.loads(door.run("cost", *asked).out)
    figures = {figure["name"]: figure["mean"] for figure in answer["figures"]}
    assert figures["cost_per_dose"] == pytest.approx(617.5, abs=0.05)
    with (out / "costs.csv").open(encoding="utf-8", newline="") as table:
        told = {row["part"]: float(row["cost"]) for row in csv.DictReader(table) if row["view"] == "category"}
    assert math.fsum(told.values()) == pytest.approx(755_793.0, abs=12 * 0.6)
    assert told["labor"] == pytest.approx(205_500.0) and told["equipment"] == pytest.approx(8_897.03, abs=0.005)


def test_the_gap_between_attendance_and_work() -> None:
    """Of 3 x 274 days of attendance 4.9 are work, because its people do nothing but hand over vessels."""
    found = shipped(f"{SCENARIO.name}#all_pass")
    assert found.idle == pytest.approx(205_500.0 - 12 * _hours_at_work() * 250.0 / 24.0, abs=0.01)


def _hours_at_work() -> float:
    """Return the hours of attended work of a batch, at one person a phase."""
    outcomes = [step.outcome for step in steps().values() if step.procedure.id != "thaw"]
    return sum(number(phase.duration) * phase.operators for o in outcomes for phase in o.phases if phase.attended)


def test_prices_of_vessels() -> None:
    """The price of the surface of a passage is that of its vessel."""
    declared = xs.load(SCENARIO).declarations.economics
    assert declared is not None
    for passage in PASSAGES:
        area = number(steps()[passage].procedure.operation.vessel_area)  # type: ignore[attr-defined]
        told = declared.prices[f"{passage}.prices.culture_surface"].given.quantity.typical
        assert told * area * 1e-4 == pytest.approx(VESSEL_PRICES[area], abs=1e-6)


def test_the_page_shows_the_cost() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for variant in ("#all_pass", "#counted_twice"):
        found = shipped(f"{SCENARIO.name}{variant}")
        assert f"{found.total:,.0f}" in page and f"{found.cost_per_dose:.1f}" in page
        for cost in categories(found).values():
            assert f"{cost:,.0f}" in page
