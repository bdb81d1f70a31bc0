"""Orders and a warehouse in a scenario file, in a run, in its folder and in its picture; what is refused, and why."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import pytest

import exosim as xs
from exosim import plots
from exosim.console import print_run
from exosim.demand import Demand, Order, Warehouse
from exosim.indicators import Account, account
from exosim.json_schema import scenario_schema
from exosim.plant import Plant
from exosim.product_indicators import YEAR
from exosim.records import BatchRecord, Event, Run
from exosim.scenario import Scenario
from exosim.service.indicators import SERVICE
from exosim.window import Window

SCENARIOS = Path(xs.__file__).parents[1] / "scenarios"
SITE = f'''extends = "{SCENARIOS / "cdmo_two_products.toml"}"
name = "site"
[[campaign]]
product = "msc"
every = "21 d"
[[campaign]]
product = "reference"
scenario = "{SCENARIOS / "reference_vesicles.toml"}"
mode = "on_order"
lead_time = "10 d"
priority = "earliest_due"
'''
BASE = f'extends = "{SCENARIOS / "msc_hollow_fiber.toml"}"\nname = "stocked"\nhorizon = "26 week"\n'
KEPT = '[warehouse]\nshelf_life = "13 week"\nminimum_remaining_life = "4 week"\n'
ASKED = '[[order]]\ndue = 2027-03-01\ndoses = 300\nevery = "4 week"\npatience = "3 week"\n'


def loaded(folder: Path, text: str) -> Scenario:
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return xs.load(path)


def told(folder: Path, text: str) -> str:
    with pytest.raises(xs.ScenarioError) as caught:
        loaded(folder, text)
    return str(caught.value)


def demand(scenario: Scenario) -> Demand:
    return scenario.plant(scenario.typical_values()).demand


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> xs.FacilityResults:
    text = BASE + KEPT.replace("13", "9") + 'opening_stock = "200 dose"\nopening_age = "2 week"\n' + ASKED
    return xs.simulate(loaded(tmp_path_factory.mktemp("run"), text), 4)


# -- the file ----------------------------------------------------------------------------------------------------------


def test_the_numbers_of_the_file_arrive(tmp_path: Path) -> None:
    """Hours after the start; a day counts to its end; orders of all tables are numbered by their due dates."""
    second = "[[order]]\ndue = 2027-03-29T12:00:00\ndoses = 10\npartial = true\ncount = 1\n"
    text = BASE + KEPT + 'opening_stock = "50 dose"\nopening_age = "1 week"\n' + ASKED + second
    found = demand(loaded(tmp_path, text))
    assert found.warehouses == (Warehouse("", 2184.0, 672.0, 50, 168.0),)
    first = 57 * 24.0 - 6.0
    dues = [first, first + 4 * 168.0 - 12.0, *(first + k * 4 * 168.0 for k in (1, 2, 3, 4))]
    dues = [due for due in dues if due <= 26 * 168.0]
    assert [one.due for one in found.orders] == sorted(dues)
    assert [one.number for one in found.orders] == list(range(len(dues)))
    assert found.orders[0] == Order(0, first, doses=300, patience=504.0)
    assert found.orders[1] == Order(1, first + 672.0 - 12.0, doses=10, partial=True)


def test_orders_of_doses_need_no_warehouse(tmp_path: Path) -> None:
    """Then nothing expires; with a warehouse alone doses are kept, and nobody takes any."""
    assert demand(loaded(tmp_path, BASE + ASKED)).warehouses == (Warehouse(""),)
    kept = demand(loaded(tmp_path, BASE + KEPT))
    assert not kept.orders and kept.warehouses[0].shelf_life == 2184.0
    assert not demand(xs.load(SCENARIOS / "msc_hollow_fiber.toml"))


def test_how_often_an_order_comes(tmp_path: Path) -> None:
    """As often as it is due within the horizon, the end included; never more often than its count."""
    due = ASKED.replace("2027-03-01", "2027-01-10T06:00:00").replace('"4 week"', '"6 d"')
    whole = demand(loaded(tmp_path, BASE.replace("26 week", "30 d") + due)).orders
    assert [one.due for one in whole] == [144.0, 288.0, 432.0, 576.0, 720.0]
    assert len(demand(loaded(tmp_path, BASE + due + "count = 3\n")).orders) == 3


def test_batches_come_again_too(tmp_path: Path) -> None:
    campaign = '[campaign]\nmode = "on_order"\nlead_time = "45 d"\n'
    text = BASE + campaign + '[[order]]\ndue = 2027-03-01\nbatches = 2\nevery = "6 week"\ncount = 2\n'
    run = xs.simulate(loaded(tmp_path, text), 1)
    dues = [batch.due for batch in run.first.run.batches]
    assert dues == [1362.0, 1362.0, 2370.0, 2370.0]
    assert [(one.batches, one.due) for one in run.accounts[0].orders] == [(2, 1362.0), (2, 2370.0)]


def test_addresses(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, BASE + KEPT + ASKED)
    changed = scenario.with_({"warehouse.shelf_life": "365 d", "order.1.doses": 7, "order.1.patience": "1 d"})
    found = demand(changed)
    assert found.warehouses[0].shelf_life == 8760.0
    assert (found.orders[0].doses, found.orders[0].patience) == (7, 24.0)
    lines = {line.path: (line.value, line.origin) for line in changed.ledger()}
    assert lines["order.1.doses"] == ("7", "override") and lines["warehouse.shelf_life"][0] == "8760"
    with pytest.raises(xs.ScenarioError, match="did you mean shelf_life"):
        scenario.with_({"warehouse.shelflife": "1 d"})
    with pytest.raises(xs.ScenarioError, match="unknown path"):
        scenario.with_({"order.2.doses": 1})


TWO = '[[warehouse]]\nproduct = "msc"\nshelf_life = "52 week"\nopening_stock = "9 dose"\n'
OTHER = '[[warehouse]]\nproduct = "reference"\nshelf_life = "26 week"\n'
MADE = '[[order]]\nproduct = "reference"\ndue = 2027-06-25\nbatches = 1\n'
OF_MSC = '[[order]]\nproduct = "msc"\ndue = 2027-06-01\ndoses = 100\nevery = "8 week"\n'


def test_each_product_has_its_own_shelf(tmp_path: Path) -> None:
    """What is made to order is not kept, unless doses of it are ordered, too."""
    found = loaded(tmp_path, SITE + TWO + OTHER + MADE + OF_MSC)
    assert demand(found).warehouses == (Warehouse("msc", 8736.0, 0.0, 9),)
    assert found.warnings == (
        "warehouse.reference: no order takes doses from it: what is made to order does not go there",
    )
    doses = MADE.replace("batches = 1", "doses = 5")
    both = demand(loaded(tmp_path, SITE + TWO + OTHER + MADE + OF_MSC + doses))
    assert [kept.product for kept in both.warehouses] == ["msc", "reference"]
    assert demand(found.with_({"warehouse.msc.shelf_life": "1 week"})).warehouses[0].shelf_life == 168.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BASE + ASKED + "batches = 2\n", "order.1.doses: an order is of batches or of doses"),
        (BASE + "[[order]]\ndue = 2027-03-01\n", "mode and orders do not belong together"),
        (BASE + '[campaign]\nmode = "on_order"\n' + ASKED, "mode and orders do not belong together"),
        (BASE + ASKED.replace("300", "2.5"), "order.1.doses: must be a whole number"),
        (BASE + ASKED.replace("300", "0"), "order.1.doses: must be at least 1"),
        (BASE + ASKED.replace("300", '"300 vial"'), "order.1.doses"),
        (BASE + ASKED.replace('every = "4 week"\n', "count = 3\n"), 'order.1.every: "every" is missing'),
        (BASE + ASKED.replace("4 week", "0 h"), "order.1.every: must be above 0"),
        (BASE + ASKED.replace("2027-03-01", '"March"'), "order.1.due: is not a date"),
        (BASE + ASKED.replace("2027", "2026"), "order.1.due: is due before the run starts"),
        (BASE + ASKED + 'product = "msc"\n', 'order.1.product: unknown product "msc"'),
        (BASE + KEPT.replace('"4 week"', '"13 week"'), "minimum_remaining_life: leaves no time to ship a dose"),
        (BASE + KEPT + 'opening_stock = "9 dose"\nopening_age = "14 week"\n', "warehouse.opening_age: has expired"),
        (BASE + KEPT + 'opening_age = "4 week"\n', '"opening_stock" is missing'),
        (
            BASE + KEPT + "opening_stock = 9\n",
            "warehouse.opening_stock: the unit is missing; got 9; expected a quantity",
        ),
        (BASE + KEPT.replace("shelf_life", "shelf_live"), "did you mean shelf_life"),
        (BASE + KEPT.replace("13 week", "13 L"), "warehouse.shelf_life"),
        (SITE + MADE + KEPT + 'opening_stock = "9 dose"\n', "of which product it is, is not told"),
        (SITE + MADE + TWO + KEPT.replace("[warehouse]", "[[warehouse]]"), '"product" is missing'),
        (SITE + MADE + TWO + TWO, 'the product "msc" is taken'),
        (SITE + MADE + TWO.replace('"msc"', '"mcs"'), "did you mean msc"),
        (SITE + MADE.replace("batches = 1", "batches = 1\npartial = true"), "order.1.partial: an order of batches"),
        (SITE + MADE.replace("batches = 1", 'batches = 90000\nevery = "1 d"'), "order.1.every: asks for too much"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, words: str) -> None:
    assert words in told(tmp_path, text)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    words = told(tmp_path, BASE + KEPT.replace("4 week", "20 week") + ASKED.replace("300", "1.5") + "batches = 1\n")
    assert all(part in words for part in ("leaves no time", "whole number", "an order is of batches or of doses"))
    assert "scenario.toml:6: warehouse.minimum_remaining_life" in words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BASE + KEPT, "warehouse: no order takes doses from it: every dose in it will expire or stay"),
        (
            BASE + ASKED.replace("2027-03", "2028-03"),
            "order.1.due: is due at 10146 h, after the end of the run at 4368 h",
        ),
        (BASE + KEPT + 'opening_stock = "9 dose"\nopening_age = "10 week"\n' + ASKED, "warehouse.opening_age: 1680 h"),
    ],
)
def test_what_hardly_works_is_a_warning(tmp_path: Path, text: str, words: str) -> None:
    (warning,) = loaded(tmp_path, text).warnings
    assert warning.startswith(words)


def test_the_schema_knows_the_keys() -> None:
    defs = scenario_schema()["$defs"]
    assert set(defs["WarehouseTable"]["properties"]) == {
        "product", "shelf_life", "minimum_remaining_life", "opening_stock", "opening_age",
    }  # fmt: skip
    assert {"doses", "every", "count", "patience", "partial", "batches"} <= set(defs["OrderTable"]["properties"])
    assert all("description" in key for key in defs["OrderTable"]["properties"].values())


# -- indicators --------------------------------------------------------------------------------------------------------


def counted() -> Account:
    """Return the account of a run by hand: a window from 100 to 1100 h, orders before, in and after it."""
    batches = [
        BatchRecord(0, 0, 0.0, 50.0, "finished", doses=10.0, manufactured=50.0, available=50.0),
        BatchRecord(1, 0, 0.0, 600.0, "rejected", doses=8.0, manufactured=300.0, available=400.0),
    ]
    orders = (
        Order(0, 60.0, doses=2),  # before the window: its order does not count
        Order(1, 200.0, doses=4),  # in time
        Order(2, 350.0, doses=5),  # 4 are there; late at 400, with one of the second lot
        Order(3, 700.0, doses=3, patience=100.0),  # lost: what was left was recalled at 500
        Order(4, 900.0, doses=1),  # open
    )
    plant = Plant(demand=Demand(orders, (Warehouse(opening_stock=0),)))
    log = [Event(500.0, 1, event="recalled")]
    return account(Window(Run(0, log, batches, 1100.0, 1), plant, 100.0))


def test_indicators_by_hand() -> None:
    found = {name: value for name, value in counted().headlines.items() if name in SERVICE}
    held = 8 * 100 + 4 * 200 + (8 + 4 - 5) * 100
    ages = 4 * 150.0 + 4 * 350.0 + 1 * 100.0
    assert found == pytest.approx(
        {
            "orders_due": 4, "orders_filled": 2, "orders_late": 2, "orders_lost": 1, "on_time_in_full": 0.25,
            "fill_rate": 4 / 13, "doses_shipped": 9 * YEAR / 1000, "doses_expired": 0, "doses_recalled": 8,
            "stock_mean": held / 1000, "age_at_shipping": ages / 9,
        }
    )  # fmt: skip


def test_no_orders_no_indicators() -> None:
    """A scenario without orders reports what it did before, and one without a value no number."""
    plain = account(Window(Run(0, [Event(0.0, 0)], [], 10.0, 0), Plant(), 0.0))
    assert not set(SERVICE) & set(plain.headlines)
    kept = account(Window(Run(0, [Event(0.0, 0)], [], 10.0, 0), Plant(demand=Demand((), (Warehouse(),))), 0.0))
    assert {"doses_shipped", "stock_mean"} <= set(kept.headlines) and "on_time_in_full" not in kept.headlines
    assert "age_at_shipping" not in kept.headlines


def test_on_time_in_full_is_on_time_where_an_order_is_a_batch(tmp_path: Path) -> None:
    """Of single batches they are the same share; of three batches one order fails with any of its batches."""
    single = SITE + '[[order]]\nproduct = "reference"\ndue = 2027-02-26\nevery = "12 d"\ncount = 20\n'
    triple = SITE + '[[order]]\nproduct = "reference"\ndue = 2027-02-26\nevery = "48 d"\ncount = 6\nbatches = 3\n'
    for text, same in ((single, True), (triple, False)):
        for one in xs.simulate(loaded(tmp_path, text).with_({"campaign.reference.lead_time": "16 d"}), 3).accounts:
            in_full = one.by_resource["on_time_in_full_by_product"]["reference"]
            batches = one.by_resource["on_time"]["reference"]
            assert 0.0 < batches < 1.0
            assert in_full == one.headlines["on_time_in_full"]
            assert in_full == batches if same else in_full < batches
            assert "doses_shipped" not in one.headlines


# -- a run -------------------------------------------------------------------------------------------------------------


def test_a_year_adds_up(results: xs.FacilityResults) -> None:
    """What the warehouse took in are the doses of the good batches, and those of the opening stock."""
    for one in results.accounts:
        made = sum(batch.doses for batch in one.batches if batch.good)
        assert sum(lot.doses for lot in one.lots) == made + 200
        assert sum(lot.shipped for lot in one.lots) == sum(order.shipped for order in one.orders)
    assert {"on_time", "late", "lost", "open"} >= {order.fate for one in results.accounts for order in one.orders}
    assert any(lot.expired for one in results.accounts for lot in one.lots)
    json.dumps(results.as_dict(), allow_nan=False)


def test_processes_change_nothing(results: xs.FacilityResults) -> None:
    two = xs.simulate(results.scenario, 4, jobs=2)
    assert [(a.orders, a.lots, a.headlines) for a in two.accounts] == [
        (a.orders, a.lots, a.headlines) for a in results.accounts
    ]


def test_the_folder_gives_back_every_order(results: xs.FacilityResults, tmp_path: Path) -> None:
    results.save(tmp_path / "run")
    read = xs.load_run(tmp_path / "run")
    assert read.orders == [list(one.orders) for one in results.accounts]
    assert read.lots == [list(one.lots) for one in results.accounts]
    assert read.movements == list(results.first.dispatch.movements)
    assert read.values("on_time_in_full") == [one.headlines["on_time_in_full"] for one in results.accounts]
    header = (tmp_path / "run" / "orders.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "replication,number,product,due,doses,batches,shipped,shipped_on_time,filled,lost,fate,late_by"


def test_a_folder_without_orders_has_no_such_tables(tmp_path: Path) -> None:
    run = xs.simulate(xs.load(SCENARIOS / "msc_hollow_fiber.toml", {"horizon": "8 week"}), 1)
    run.save(tmp_path / "run")
    assert not {"orders.csv", "stock_lots.csv", "stock.csv"} & {file.name for file in (tmp_path / "run").iterdir()}
    read = xs.load_run(tmp_path / "run")
    assert read.orders == read.lots == [[]] and read.movements == []


def test_frames(results: xs.FacilityResults) -> None:
    pytest.importorskip("pandas")
    orders = results.to_pandas("orders")
    assert len(orders) == sum(len(one.orders) for one in results.accounts)
    assert list(results.to_pandas("stock")["stock"]) == [step.stock for step in results.first.dispatch.movements]


def test_an_order_that_holds_up_others_is_told(tmp_path: Path) -> None:
    """A million doses are never there; without patience whoever comes later waits behind it."""
    greedy = "[[order]]\ndue = 2027-03-01\ndoses = 1000000\n"
    (remark,) = xs.simulate(loaded(tmp_path, BASE + greedy + ASKED), 2).remarks()
    assert remark.startswith("at the end of 2 of 2 replications an order that cannot be filled keeps doses from later")
    for allowed in ('patience = "2 week"\n', "partial = true\n"):
        assert not xs.simulate(loaded(tmp_path, BASE + greedy + allowed + ASKED), 2).remarks()


def test_a_half_width_of_an_indicator_of_orders(results: xs.FacilityResults) -> None:
    found = xs.simulate(results.scenario, 12, half_width={"fill_rate": "300 %"})
    (reached,) = found.half_widths
    assert reached.met and reached.n == found.replications


def test_the_terminal_shows_orders(results: xs.FacilityResults, capsys: pytest.CaptureFixture[str]) -> None:
    print_run(results, [])
    shown = capsys.readouterr().out
    assert "orders and stock" in shown and "on time in full" in shown and "doses expired" in shown
    assert not any(name in shown for name in SERVICE if "_" in name)


def test_the_picture_shows_every_movement_and_order(results: xs.FacilityResults) -> None:
    (axes,) = plots.stock(results)
    found = results.first.dispatch
    steps = next(line for line in axes.lines if line.get_drawstyle() == "steps-post")
    assert list(steps.get_ydata())[1:-1] == [step.stock for step in found.movements]  # type: ignore[arg-type]
    marks = {str(line.get_label()): list(line.get_xdata()) for line in axes.lines}  # type: ignore[arg-type]
    shipped = {step.time / 24.0 for step in found.movements if step.kind == "shipped"}
    assert marks["shipped"] == sorted(shipped)
    labels = ("order filled on time", "late", "lost", "open at the end")
    due = itertools.chain.from_iterable(marks.get(label, []) for label in labels)
    assert sorted(due) == [order.due / 24.0 for order in found.orders]


def test_legends_of_a_conditional_release(tmp_path: Path) -> None:
    """That of the warehouse is inside its picture, with many entries too; that of the lots tells every mark."""
    text = f"""extends = "{SCENARIOS / "sterility_toggle.toml"}#conditional"
name = "everything"
warm_up = "4 week"
[warehouse]
shelf_life = "30 d"
opening_stock = "500 dose"
[[order]]
due = 2027-01-18
doses = 20
every = "2 week"
[[order]]
due = 2027-04-01
doses = 3000
patience = "20 week"
[[order]]
due = 2027-09-01
doses = 30000
patience = "1 week"
[[order]]
due = 2027-12-20
doses = 50000
[[failure]]
id = "breach"
during = "fill"
probability = 0.4
consequence = "contaminate"
agent = "bacteria"
level = "5 CFU/mL"
"""
    run = xs.simulate(loaded(tmp_path, text), 1)
    figure = plots.stock(run)[0].get_figure()
    assert figure is not None
    figure.canvas.draw()
    (legend,) = figure.legends
    assert len(legend.get_texts()) >= 9
    assert legend.get_window_extent().width <= 0.8 * figure.bbox.width  # two kinds more would fit, too
    assert "conditional release" in plots.lots(run).get_legend_handles_labels()[1]


def test_no_stock_no_picture() -> None:
    run = xs.simulate(xs.load(SCENARIOS / "msc_hollow_fiber.toml", {"horizon": "8 week"}), 1)
    with pytest.raises(ValueError, match="neither orders of doses nor a warehouse"):
        plots.stock(run)


def test_no_indicator_is_nan(results: xs.FacilityResults) -> None:
    for one in results.accounts:
        assert all(math.isfinite(value) for name, value in one.headlines.items() if name in SERVICE)
