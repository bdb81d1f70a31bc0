"""What a run costs: figures over replications by hand, the command and what it writes, and what it refuses."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.cost_words import money
from exosim.costs import Costs
from exosim.economics.views import VIEWS
from tests.texts import Door

PLANT = """\
format = 1
name = "plant"
seed = 3
start = 2027-01-04T06:00:00
horizon = "60 d"
replications = 12

[product]
dose = "1e10 EV"

[campaign]
every = "5 d"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "10 L"
titer  = { lognormal = { median = "6e9 EV/mL", gsd = 1.5 } }

[[unit_procedure]]
id = "tff"
operation = "tangential_flow_filtration"
unit = "skid"
operator = "people"
[unit_procedure.parameters]
concentration_factor = 10

[[unit_procedure]]
id = "fill"
operation = "vial_filling"
unit = "filler"
operator = "people"
[unit_procedure.parameters]
fill_volume = "1 mL/vial"

[[equipment]]
id = "skid"
purchase = { triangular = { low = "90000 EUR", mode = "100000 EUR", high = "150000 EUR" }, year = 2024 }
[[equipment]]
id = "filler"
purchase = { value = "50000 EUR", year = 2024 }
[[personnel]]
role = "people"
headcount = 2
wage = { value = "50 EUR/h", year = 2024 }

[[failure]]
id = "spoiled"
during = "fill"
probability = 0.2
consequence = "reject"

[economics]
currency = "EUR"
year = 2024
building = { value = "4000 EUR/m2", year = 2024 }

[[charge]]
id = "release"
price = { value = "10000 EUR/lot", year = 2024 }
category = "quality"
"""
ALL_FAIL = PLANT.replace("probability = 0.2", "probability = 1.0")


def loaded(folder: Path, text: str = PLANT) -> xs.Scenario:
    file = folder / "plant.toml"
    file.write_text(text, encoding="utf-8")
    return xs.load(file)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> xs.FacilityResults:
    return xs.simulate(loaded(tmp_path_factory.mktemp("plant")))


@pytest.fixture(scope="module")
def saved(run: xs.FacilityResults, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "run"
    run.save(folder)
    return folder


@pytest.fixture(scope="module")
def costs(run: xs.FacilityResults) -> Costs:
    return xs.cost(run)


# ---------------------------------------------------------------- figures


def test_the_figures_are_those_of_the_ledgers(costs: Costs) -> None:
    per_dose = [ledger.total / ledger.released for ledger in costs.ledgers]
    found = costs.figure("cost_per_dose")
    assert found.n == 12 and found.unit == "EUR/dose"
    assert found.mean == pytest.approx(np.mean(per_dose), rel=1e-12)
    assert (found.p5, found.median, found.p95) == pytest.approx(np.quantile(per_dose, (0.05, 0.5, 0.95)), rel=1e-12)
    years = 8766.0 / 1440.0
    assert costs.figure("cost_per_year").mean == pytest.approx(years * np.mean([one.total for one in costs.ledgers]))
    total = math.fsum(one.total for one in costs.ledgers)
    assert costs.pooled == pytest.approx(total / math.fsum(one.released for one in costs.ledgers))


@pytest.mark.parametrize("view", list(VIEWS))
def test_every_view_has_the_same_total(view: str, costs: Costs) -> None:
    parts = costs.by(view)
    year, dose = costs.figure("cost_per_year").mean, costs.figure("cost_per_dose").mean
    assert math.fsum(part.per_year for part in parts) == pytest.approx(year, rel=1e-12)
    assert math.fsum(part.per_dose or 0.0 for part in parts) == pytest.approx(dose, rel=1e-12)
    assert math.fsum(part.share for part in parts) == pytest.approx(1.0, rel=1e-12)


def test_labor_by_hand(costs: Costs) -> None:
    labor = costs.labor
    assert labor.staffing == pytest.approx(2 * 8766.0 * 50.0)  # two people who are there always
    lines = [line for line in costs.ledgers[0].lines if line.driver == "worked"]
    assert 0.0 < labor.activity < labor.staffing and lines
    assert labor.gap == pytest.approx(labor.staffing - labor.activity)


def test_failed_lots_and_their_money(costs: Costs) -> None:
    rejected = [[b.number for b in one.batches if b.disposition == "rejected"] for one in costs.ledgers]
    spent = [
        sum(x.cost for x in one.lines if x.batch in lost) for one, lost in zip(costs.ledgers, rejected, strict=True)
    ]
    rate = 8766.0 / 1440.0
    assert costs.figure("failed_lots_per_year").mean == pytest.approx(rate * np.mean([len(lost) for lost in rejected]))
    assert costs.figure("cost_of_failed_lots").mean == pytest.approx(rate * np.mean(spent))
    failed = {part.name: part for part in costs.by("lots")}["failed lots"]
    assert failed.per_year == pytest.approx(costs.figure("cost_of_failed_lots").mean)


def test_the_shares_of_the_spread_add_up_and_name_the_titer(costs: Costs) -> None:
    spread = costs.spread
    assert sum(spread.shares.values()) == pytest.approx(1.0)
    assert spread.drivers[0].input == "medium.titer" and spread.drivers[0].correlation < -spread.floor
    few = xs.cost(xs.simulate(costs.scenario, 2)).spread
    assert not few.shares and "too few" in str(few.reason)


def test_finance_is_that_of_each_replication(costs: Costs) -> None:
    finance = costs.finance
    assert not finance.price_given and finance.worthwhile is None
    assert np.all(finance.values("minimum_selling_price") > finance.annual_cost / finance.doses)
    assert abs(finance.values("net_present_value")).max() < 1e-6 * finance.capital.max()
    assert finance.cumulated().shape == (17 if finance.each[0].terms.begins == 2 else 16, 12)


def test_a_price_of_a_dose_makes_it_pay_or_not(run: xs.FacilityResults) -> None:
    cheap, dear = (xs.cost(run, {"economics.price_per_dose": f"{price} EUR/dose"}).finance for price in (1, 1e5))
    assert (cheap.worthwhile, dear.worthwhile) == (0.0, 1.0)
    assert cheap.price_given and {one.name for one in dear.figures} >= {
        "rate_of_return",
        "payback",
        "net_present_value",
    }
    assert np.all(dear.values("payback") < 5.0)


def test_a_rate_of_return_that_does_not_exist_is_told_in_words(door: Door, saved: Path) -> None:
    """VAL-047: a flow without a change of sign has no internal rate; that is an answer, and no number."""
    answer = door.run("cost", str(saved), "--no-pictures", "--json", "--set", "economics.price_per_dose=1 EUR/dose")
    assert answer.code == 0
    figures = {row["name"]: row for row in json.loads(answer.out)["finance"]["figures"]}
    assert figures["rate_of_return"]["mean"] is None
    assert figures["rate_of_return"]["reason"]


def test_what_has_no_price_is_told(run: xs.FacilityResults) -> None:
    found = xs.cost(run, {"economics.building": "0 EUR/m2"})
    assert "building" in found.unpriced and any("LOWER BOUND" in text for text in found.sentences)


def test_prices_are_told_with_source_and_year(costs: Costs) -> None:
    prices = {price.address: price for price in costs.prices}
    skid = prices["equipment.skid.purchase"]
    assert skid.value == "100,000 (90,000 to 150,000) EUR" and skid.year == 2024 and skid.origin == "scenario"
    assert prices["charge.release.price"].assumed  # it has a year, but no source
    assert prices["material.buffer.price"].origin == "price list" and prices["material.buffer.price"].listed


def test_a_change_of_a_price_is_a_change_of_its_line_alone(run: xs.FacilityResults, costs: Costs) -> None:
    changed = xs.cost(run, {"charge.release.price": "20000 EUR/lot"})
    lots = [sum(use.driver == "started" for use in uses) for uses in run.uses]
    for before, after, count in zip(costs.ledgers, changed.ledgers, lots, strict=True):
        assert after.total - before.total == pytest.approx(10000.0 * count)


def test_what_was_simulated_cannot_be_changed(run: xs.FacilityResults) -> None:
    with pytest.raises(xs.UsageError, match=r"equipment\.skid\.count: is not about money"):
        xs.cost(run, {"equipment.skid.count": 2})


def test_a_saved_run_costs_the_same(run: xs.FacilityResults, saved: Path) -> None:
    assert xs.cost(xs.load_run(saved)).as_dict() == xs.cost(run).as_dict()


@pytest.mark.parametrize("name", ["cost_per_dose", "cost_per_lot", "cost_per_year"])
def test_explain_follows_a_cost_down_to_its_prices(name: str, run: xs.FacilityResults, costs: Costs) -> None:
    explained = xs.explain(run, name)
    assert explained.value == pytest.approx(costs.replicated()[name][0]) and explained.beside is not None
    nodes = {node.name: node for node in explained.root.walk()}
    for node in nodes.values():
        if node.formula:
            assert node.computed() == pytest.approx(node.value), node.name
    wage = nodes["personnel.people.wage"]
    assert (wage.value, wage.unit) == (50.0, "EUR/h") and wage.parameter is not None and wage.parameter.assumed
    listed = nodes["material.buffer.price"].parameter
    assert listed is not None and listed.low < listed.value < listed.high and "of 20" in listed.told


def test_costs_are_indicators_of_the_run(run: xs.FacilityResults, costs: Costs, saved: Path) -> None:
    told = {row.name: row for row in run.quantities()}
    assert told["cost_per_dose"] == costs.figure("cost_per_dose")
    assert xs.load_run(saved).values("cost_per_lot") == costs.replicated()["cost_per_lot"]
    assert run.as_dict()["money"] == "EUR of 2024"


def test_runs_in_other_money_are_not_compared(run: xs.FacilityResults, costs: Costs) -> None:
    other = xs.simulate(costs.scenario.with_({"economics.year": 2026}), 2)
    (_, found) = xs.compare(run, other).of("cost_per_dose")
    assert (
        found.difference is None and found.reason == "money is not the same in both runs: EUR of 2026 and EUR of 2024"
    )
    (_, found) = xs.compare(run, xs.simulate(costs.scenario.with_({"equipment.skid.count": 2}), 2)).of("cost_per_lot")
    assert found.difference is not None and found.difference > 0.0


def test_replications_are_added_until_the_cost_is_known(costs: Costs) -> None:
    found = xs.simulate(costs.scenario, 20, half_width={"cost_per_year": "50 %"}).half_widths[0]
    assert found.met and found.replications < 20
    with pytest.raises(xs.UsageError, match="is money, of which the scenario tells the currency"):
        xs.simulate(costs.scenario, 2, half_width={"cost_per_dose": "3 EUR/dose"})


def test_one_more_unit_costs_though_nobody_lacked_it(costs: Costs) -> None:
    found = xs.bottleneck(costs.scenario, 2, by="cost_per_dose", add=["filler=1"])
    (gain,) = found.of("cost_per_dose")
    assert gain.difference is not None and gain.difference > 0.0 and gain.direction == "less"


def test_the_report_has_the_costs(door: Door, saved: Path) -> None:
    answer = door.run("report", str(saved), "--out", "page.html")
    assert answer.code == 0 and "What it costs: A released dose costs" in answer.out
    page = (door.folder / "page.html").read_text(encoding="utf-8")
    assert "<h2" in page and "The plant as an investment" in page and "equipment.skid.purchase" in page


def test_several_products_share_the_plant() -> None:
    """By product nothing is left without an owner, and the total is the same."""
    site = xs.load(Path(__file__).parents[2] / "scenarios" / "cdmo_two_products.toml")
    found = xs.cost(xs.simulate(site, 1))
    parts = {part.name: part for part in found.by("product")}
    assert set(parts) == {"msc", "reference"}
    assert math.fsum(part.share for part in parts.values()) == pytest.approx(1.0)
    assert any("a dose is one of any product" in text for text in found.remarks())


def test_what_is_used_does_not_depend_on_processes(run: xs.FacilityResults) -> None:
    again = xs.simulate(run.scenario, 2, jobs=2)
    assert [list(uses) for uses in again.uses] == [list(uses) for uses in run.uses[:2]]


def test_frames(costs: Costs) -> None:
    pandas = pytest.importorskip("pandas")
    frame = costs.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and list(frame) == ["cost_per_dose", "cost_per_lot", "cost_per_year"]
    assert len(frame) == 12 and frame.attrs["units"]["cost_per_dose"] == "EUR/dose"
    assert costs.to_pandas("lines")["cost"].sum() == pytest.approx(costs.ledgers[0].total)


@pytest.mark.parametrize(
    "value, told",
    [(4446843.0, "4,450,000"), (529.13, "529"), (12.345, "12.3"), (0.01234, "0.0123"), (0.0, "0"), (999.7, "1,000"),
     (-1234.5, "-1,230"), (None, "-"), (math.nan, "-"), (1e-7, "1e-07")],
)  # fmt: skip
def test_money_in_words(value: float | None, told: str) -> None:
    assert money(value) == told


# ---------------------------------------------------------------- nothing is released


def test_where_every_lot_fails_a_dose_has_no_cost(tmp_path: Path, door: Door) -> None:
    file = loaded(tmp_path, ALL_FAIL).source.name
    answer = door.run("cost", file, "--replications", "2", "--out", "found")
    assert answer.code == 0 and "No dose was released in any of 2 replications: a dose has no cost." in answer.out
    assert "cost of a year" in answer.out and not re.search(r"\b(nan|inf)\b", answer.out.lower())
    for path in (door.folder / "found").glob("c*.*"):
        if path.suffix in (".csv", ".json"):
            cells = path.read_text(encoding="utf-8").lower().replace(",", " ").split()
            assert not {"nan", "inf", "-inf", "infinity"} & set(cells), path.name
    read = json.loads((door.folder / "found" / "cost.json").read_text(encoding="utf-8"))
    assert read["figures"][0]["reason"] == "no replication has a value" and read["cost_of_all_doses"] is None
    assert not (door.folder / "found" / "cash_flow.png").exists()


# ---------------------------------------------------------------- the command


def test_the_command_prices_a_saved_run(door: Door, saved: Path) -> None:
    answer = door.run("cost", str(saved), "--out", "found", "--prices", "--view", "category", "--view", "lots")
    assert answer.code == 0 and answer.out.startswith("A released dose costs ")
    assert "EUR of 2024 at the median (5 to 95 % of 12 replications: " in answer.out
    assert (
        answer.out.count(" 100.0 % ") == 2 and "equipment.skid.purchase" in answer.out and "failed lots" in answer.out
    )
    assert "assumed: media, buffers and other liquids weigh as much as water" in answer.out.replace("\n", " ")
    totals = {line.split()[1:3] and tuple(line.split()[1:3]) for line in answer.out.splitlines() if " total " in line}
    assert len(totals) == 1  # both views end with the same figures
    tables = {"cost.json", "costs.csv", "cost_figures.csv", "cost_lines.csv", "ledger.csv", "manifest.json"}
    drawn = {f"{name}.{end}" for name in ("cost_stack", "cost_per_dose", "cash_flow") for end in ("png", "svg")}
    assert {path.name for path in (door.folder / "found").iterdir()} == tables | drawn
    assert door.run("cost", str(saved), "--out", "found").code == 5


def test_the_files_hold_the_ledger(door: Door, saved: Path, costs: Costs) -> None:
    assert door.run("cost", str(saved), "--out", "found", "--no-pictures", "--quiet").out == ""
    lines = rows(door.folder / "found" / "cost_lines.csv")
    assert math.fsum(float(row["cost"]) for row in lines) == pytest.approx(costs.ledgers[0].total)
    assert {int(row["batch"]) for row in lines} >= {0, 1}  # 0: of no batch
    for view in VIEWS:
        parts = [row for row in rows(door.folder / "found" / "costs.csv") if row["view"] == view]
        total = math.fsum(float(row["cost"]) for row in parts if row["replication"] == "1")
        assert total == pytest.approx(costs.ledgers[0].total)
    figures = rows(door.folder / "found" / "cost_figures.csv")
    assert len(figures) == 3 * 12 and {row["unit"] for row in figures} == {"EUR/dose", "EUR/lot", "EUR/year"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_other_money(door: Door, saved: Path, costs: Costs) -> None:
    rate = ("--set", 'economics.exchange.EUR="1.1 USD/EUR"', "--set", 'economics.escalation="0 1/year"')
    read = door.run(
        "cost", str(saved), "--currency", "USD", "--year", "2026", *rate, "--json", "--no-pictures"
    ).document()
    assert read["form"] == "exosim.cost/1" and (read["currency"], read["year"]) == ("USD", 2026)
    assert read["figures"][0]["unit"] == "USD/dose"
    labor = {part["name"]: part for part in read["views"]["category"]}["labor"]
    own = {part.name: part for part in costs.by("category")}["labor"]
    assert labor["per_year"] == pytest.approx(1.1 * own.per_year)


def test_a_price_of_what_the_file_does_not_name(door: Door, saved: Path) -> None:
    arguments: tuple[Any, ...] = ("cost", str(saved), "--json", "--no-pictures", "--set", "economics.overage=0")
    cheap, dear = (
        door.run(*arguments, "--set", f'material.buffer.price="{price} EUR/L"').document() for price in (1, 3)
    )
    of = [
        {part["name"]: part["per_year"] for part in one["views"]["resource"]}["material.buffer"]
        for one in (cheap, dear)
    ]
    assert of[1] == pytest.approx(3.0 * of[0])


@pytest.mark.parametrize(
    "arguments, code, told",
    [
        (("--set", "equipment.skid.count=2"), 2, "is not about money"),
        (("--set", 'material.bufer.price="3 EUR/L"'), 3, "did you mean material.buffer.price?"),
        (("--set", 'material.buffer.price="3 L"'), 3, "a price needs its currency"),
        (("--set", 'material.buffer.price="-3 EUR/L"'), 3, "material.buffer.price"),
        (("--set", "economics.lifetime=3"), 3, "lifetime"),
        (("--currency", "XXX"), 3, "unknown currency"),
        (("--currency", "USD"), 3, "the exchange rate of EUR is missing"),
        (("--year", "20"), 3, "economics.year"),
        (("--view", "colour"), 2, "--view"),
        (("--replications", "3"), 2, "the run is over"),
        (("--seed", "3"), 2, "the run is over"),
    ],
)
def test_the_command_refuses(arguments: tuple[str, ...], code: int, told: str, door: Door, saved: Path) -> None:
    answer = door.run("cost", str(saved), *arguments)
    assert answer.code == code and told in answer.err and "Traceback" not in answer.err
    assert not list(door.folder.iterdir())


def test_folders_that_cannot_be_priced(door: Door, saved: Path, tmp_path: Path) -> None:
    assert door.run("cost", str(tmp_path)).code == 5  # not the folder of a run
    assert door.run("cost", str(tmp_path / "nothing")).code == 5
    damaged = copied(saved, tmp_path / "damaged")
    (damaged / "usage.npz").write_bytes(b"PK")
    answer = door.run("cost", str(damaged))
    assert answer.code == 5 and "usage.npz" in answer.err
    old = copied(saved, tmp_path / "old")
    (old / "usage.npz").unlink()
    manifest = json.loads((old / "manifest.json").read_text(encoding="utf-8"))
    del manifest["files"]["usage.npz"]
    (old / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    answer = door.run("cost", str(old))
    assert answer.code == 5 and "does not tell what was used" in answer.err and "run it again" in answer.err


def copied(folder: Path, place: Path) -> Path:
    return Path(shutil.copytree(folder, place))


def test_a_scenario_is_run_first(door: Door, tmp_path: Path) -> None:
    scenario = loaded(tmp_path)
    read = door.run(
        "cost",
        scenario.source.name,
        "--replications",
        "3",
        "--set",
        "equipment.skid.count=2",
        "--no-pictures",
        "--json",
    )
    assert read.document()["n"] == 3
    again = xs.cost(xs.simulate(scenario.with_({"equipment.skid.count": 2}), 3)).as_dict()
    assert read.document()["figures"] == json.loads(json.dumps(again["figures"]))


def test_a_scenario_without_economics_takes_the_list(tmp_path: Path) -> None:
    plain = PLANT.partition("[economics]")[0].replace("EUR", "USD")
    found = xs.cost(xs.simulate(loaded(tmp_path, plain), 1), {"economics.exchange.USD": "0.9 EUR/USD"})
    assert found.currency == "EUR" and found.year == 2024 and found.figure("cost_per_dose").n == 1
    assert "one replication: there is no interval" in found.sentences[0]


def test_pictures_show_what_the_tables_say(costs: Costs) -> None:
    (stack,) = xs.plots.cost_stack(costs)
    steps = [label.get_text() for label in stack.get_yticklabels()]
    assert "plant: equipment" in steps and "tff" in steps
    width = math.fsum(bar.get_width() for bar in stack.patches)
    assert width == pytest.approx(costs.figure("cost_per_dose").mean)
    (spread,) = xs.plots.cost_per_dose(costs)
    assert sum(bar.get_height() for bar in spread.containers[0]) == 12  # type: ignore[union-attr]
    (flow,) = xs.plots.cash_flow(costs)
    assert flow.lines[0].get_ydata()[0] < 0.0  # type: ignore[index]
