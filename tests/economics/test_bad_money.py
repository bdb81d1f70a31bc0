"""Mistakes in what a scenario says of money: a clear answer at the line, and nothing is counted silently."""

from __future__ import annotations

import csv
import math

import pytest

import exosim as xs
from exosim.costs import cost
from exosim.economics.footprint import footprint
from exosim.economics.views import VIEWS
from exosim.economics_builder import costing
from tests.test_bad_inputs import MONEY as MONEY_ROWS
from tests.test_bad_inputs import ROWS, WAITING
from tests.texts import FILE, Door

PLANT = """\
format = 1
name = "costed"
seed = 11
start = 2027-01-04T08:00:00
horizon = "20 d"
replications = 2
product.dose = "1e9 EV"

[campaign]
every = "5 d"

[economics]
currency = "EUR"
year = 2024

[[equipment]]
id = "tank"
purchase = "100000 EUR"

[[personnel]]
role = "operator"

[[material]]
id = "buffer"
on_hand = "1000 L"
price = "2 EUR/L"

[[room]]
id = "suite"
area = "30 m2"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
unit = "tank"
[unit_procedure.parameters]
volume = "10 L"

[[unit_procedure]]
id = "tff"
operation = "tangential_flow_filtration"
unit = "tank"
operator = "operator"
"""


def priced(old: str, new: str) -> str:
    """Return the plant with one line replaced, which must be there once."""
    assert PLANT.count(f"\n{old}\n") == 1, old
    return PLANT.replace(f"\n{old}\n", f"\n{new}\n")


PRICE, BOUGHT, AREA, YEAR = 'price = "2 EUR/L"', 'purchase = "100000 EUR"', 'area = "30 m2"', "year = 2024"
DAY = '[calendar.shift.day]\ndays = ["Mon"]\nfrom = 08:00:00\nto = 16:00:00\n'
TWO = '{ triangular = { low = "1 EUR/L", mode = "2 USD/L", high = "3 EUR/L" } }'


def costs(price: str) -> str:
    """Return the plant with another price of its buffer."""
    return priced(PRICE, f"price = {price}")


def also(line: str, more: str, text: str = PLANT) -> str:
    """Return the plant with a line after another one."""
    return text.replace(f"\n{line}\n", f"\n{line}\n{more}\n")


def charged(price: str, category: str = "fees", text: str = PLANT) -> str:
    """Return the plant with a charge."""
    return f'{text}\n[[charge]]\nid = "fee"\nprice = "{price}"\ncategory = "{category}"\n'


WITHOUT = (
    PLANT.replace(f'[economics]\ncurrency = "EUR"\n{YEAR}\n', "").replace(f"{BOUGHT}\n", "").replace(f"{PRICE}\n", "")
)
MISTAKES = {
    "UNI-017": (costs('"2 USD/L"'), ("exchange rate of USD is missing", "material.buffer.price in USD", "EUR/USD")),
    "VAL-045": (also(YEAR, 'capital_rate = "-1 1/year"'), ("capital_rate", "at least 0")),
    "two currencies in a price": (costs(TWO), ("a price has one currency", "EUR and USD")),
    "no currency": (costs('"2 1/L"'), ("a price needs its currency",)),
    "negative price": (costs('"-2 EUR/L"'), ("material.buffer.price", "at least 0")),
    "negative purchase": (priced(BOUGHT, 'purchase = "-5 EUR"'), ("equipment.tank.purchase", "at least 0")),
    "life of zero years": (also(YEAR, 'equipment_life = "0 year"'), ("economics.equipment_life", "above 0")),
    "life of a unit of zero years": (also(BOUGHT, 'life = "0 year"'), ("equipment.tank.life", "above 0")),
    "building for zero years": (also(YEAR, 'building_life = "0 year"'), ("building_life", "above 0")),
    "unknown category": (charged("1 EUR/lot", "fee"), ("charge.fee.category", '"fees"')),
    "unknown price of the list": (costs('{ like = "bufer_inhouse" }'), ("unknown price", "buffer_inhouse")),
    "price of a wrong kind": (costs('"2 EUR/m2"'), ("material.buffer.price", "EUR/L")),
    "charge without per": (charged("1 EUR"), ("a charge says per what it is", "EUR/shipment")),
    "charge without economics": (charged("1 EUR/lot", text=WITHOUT), ("there is no [economics]",)),
    "unknown grade of a room": (also(AREA, 'cleanroom = "E"'), ("room.suite.cleanroom", '"CNC"')),
    "unknown reuse": (also(YEAR, 'reuse = "all"'), ("economics.reuse", "pro_rata")),
    "cycles below one": (also(PRICE, "cycles = 0.5"), ("cycles", "at least 1")),
    "a rate of the scenario's own currency": (
        also(YEAR, 'exchange = { EUR = "2 EUR/EUR" }'),
        ("economics.exchange.EUR", "is the currency of the scenario"),
    ),
    "an index beyond all bounds": (
        also(YEAR, "index = { 2018 = 1e-300, 2024 = 1e300 }"),
        ("economics.index.2018", "economics.index.2024"),
    ),
    "a unit of no size": (
        also(BOUGHT, 'purchase_size = "1e-300 L"'),
        ("equipment.tank.purchase_size", "no size of a unit"),
    ),
    "a multiple below zero": (costs('{ like = "buffer_inhouse", times = -1 }'), ('"times" multiplies', "got -1")),
    "a charge like nothing": (
        charged("1 EUR/lot").replace('"1 EUR/lot"', '{ like = "fac_opex_grade_X" }'),
        ("charge.fee.price", "unknown price", "did you mean fac_opex_grade_"),
    ),
    "a project without end": (
        also(YEAR, 'project_life = { value = "1e6 year", allow_outside_range = true }'),
        ("project_life", "at most 1000"),
    ),
    "a salary of nobody": (
        also('role = "operator"', 'shifts = ["day"]\nwage = "90000 EUR/year"') + DAY,
        ("personnel.operator.wage", "EUR/FTE/year"),
    ),
    "a year far off": (priced(YEAR, "year = 20244"), ("economics.year",)),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_a_mistake_about_money_is_told_at_its_place(name: str, door: Door) -> None:
    text, words = MISTAKES[name]
    answer = door.refused(text)
    for word in words:
        assert word in answer, answer


def test_every_row_about_money_is_tested() -> None:
    assert set(MISTAKES) & set(ROWS) == MONEY_ROWS - {"VAL-047"}, "that one is an answer: test_cost_command.py"
    assert not MONEY_ROWS & set(WAITING)


def test_a_price_without_a_year_or_a_source_counts_as_an_assumption(door: Door) -> None:
    """One with a year and no source is an assumption as well; one with both is none."""
    sourced = '{ value = "2 EUR/L", year = 2020, source = "tessee", grade = "B" }'
    counts = []
    for price in ('"2 EUR/L"', '{ value = "2 EUR/L", year = 2020 }', sourced):
        door.write(costs(price))
        economics = xs.load(FILE).declarations.economics
        assert economics is not None
        counts.append(economics.assumed())
    assert counts == [counts[0], counts[0], counts[0] - 1]


def test_RUN_007_where_every_lot_fails_a_dose_has_no_cost_and_nothing_is_infinite(door: Door) -> None:
    """All lots are lost: their cost is told, per dose there is none, and no file has nan or inf."""
    failing = '\n[[failure]]\nid = "leak"\nduring = "tff"\nprobability = 1.0\nconsequence = "reject"\n'
    door.write(PLANT + failing)
    xs.simulate(xs.load(FILE)).save("r")
    for path in (door.folder / "r").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert not {"nan", "inf", "-inf"} & {cell.lower() for row in csv.reader(file) for cell in row}, path
    found = cost(xs.load_run("r"))
    for ledger in found.ledgers:
        assert ledger.released == 0.0 < ledger.total < math.inf
        assert math.isnan(ledger.cost_per_dose)
        assert ledger.by(VIEWS["lots"](ledger))["failed lots"] > 0.0
        assert all(math.isfinite(line.cost) for line in ledger.lines)


CDMO = """
[[charge]]
id = "suite"
price = "8000 EUR/d"
category = "fees"

[[charge]]
id = "batch"
price = "25000 EUR/lot"
category = "fees"

[[charge]]
id = "cold"
price = "3 EUR/(vial*year)"
category = "logistics"

[[charge]]
id = "courier"
price = "250 EUR/shipment"
category = "logistics"
"""


def test_a_contract_manufacturer_states_slot_batch_and_full_time_people(door: Door) -> None:
    """Twenty days of a reserved suite, a fee for each lot that is started, a person by the year, each delivery."""
    door.write(PLANT.replace('role = "operator"', 'role = "operator"\nwage = "87660 EUR/FTE/year"') + CDMO)
    ledger = cost(xs.simulate(xs.load(FILE), 1)).ledgers[0]
    found = ledger.by(lambda line: line.resource)
    started = sum(1 for batch in ledger.batches if batch.started < 480.0)
    assert found["charge.suite"] == pytest.approx(20 * 8000.0)
    assert found["charge.batch"] == pytest.approx(started * 25_000.0)
    assert found["charge.courier"] == pytest.approx(ledger.lots * 250.0)
    assert "charge.cold" not in found  # no warehouse: nothing is kept
    assert found["personnel.operator"] == pytest.approx(480.0 * 87660.0 / 1750.0)


def test_rooms_of_a_grade_cost_what_the_list_says_unless_the_scenario_does(door: Door) -> None:
    graded = also(AREA, 'cleanroom = "C"')
    door.write(graded)
    listed = costing(xs.load(FILE)).rooms["suite"]
    door.write(also(AREA, 'building = "100 EUR/m2"', graded))
    own = costing(xs.load(FILE)).rooms["suite"]
    door.write(also(YEAR, 'utilities = "876.6 EUR/m2/year"', graded))
    general = costing(xs.load(FILE)).rooms["suite"]
    assert listed.building > 4000.0 and listed.utilities * 8766.0 > 1000.0
    assert (own.building, own.utilities) == (100.0, listed.utilities)
    assert (general.building, general.utilities) == (listed.building, pytest.approx(0.1))


def test_a_footprint_of_a_run(door: Door) -> None:
    """Three lots of a plant in a room without equipment in it: buffer and membranes, no hours in rooms."""
    door.write(PLANT)
    run = xs.simulate(xs.load(FILE), 1)
    found = footprint(run.uses[0], costing(run.scenario))
    assert found.whole.plastic > 0.0 and found.whole.water > 0.0
    assert math.isnan(found.whole.room_hours) and math.isnan(found.whole.electricity)  # nobody tells of either
    assert found.per_dose.water < found.whole.water


def test_a_charge_may_be_like_a_price_of_the_list(door: Door) -> None:
    """Of what it is charged follows from the unit of the list."""
    like = '\n[[charge]]\nid = "rent"\nprice = { like = "fac_opex_grade_C" }\ncategory = "facility"\n'
    door.write(PLANT + like)
    economics = xs.load(FILE).declarations.economics
    assert economics is not None and economics.charges["rent"].per == "m2*h"


def test_the_prices_of_a_run_share_out_what_was_spent(door: Door) -> None:
    """A room with a price of its own, one without, and a price in a step: each tells what was spent at it, once."""
    rooms = '\n[[room]]\nid = "store"\narea = "10 m2"\nbuilding = "500 EUR/m2"\n'
    own = also('id = "tff"', 'prices = { membrane_area = "900 EUR/m2" }', PLANT)
    door.write(own + rooms)
    found = cost(xs.simulate(xs.load(FILE), 2))
    spent = {price.address: price.per_year for price in found.prices}
    by = {part.name: part.per_year for part in found.by("resource")}
    assert spent["tff.prices.membrane_area"] == pytest.approx(by["material.membrane_area"])
    assert "material.membrane_area.price" not in spent
    assert spent["room.store.building"] + spent["economics.building"] == pytest.approx(by["building"])
    assert 0.0 < spent["room.store.building"] < 0.1 * by["building"]
    assert spent["personnel.operator.wage"] == pytest.approx(by["personnel.operator"])


def test_lots_without_doses_are_lots_and_a_window_without_lots_says_so(door: Door) -> None:
    """A sample of a patient brings no dose and is done all the same; in an hour no lot ends."""
    door.write(PLANT.replace('product.dose = "1e9 EV"', 'product.dose = "1e30 EV"'))
    scenario = xs.load(FILE)
    empty = cost(xs.simulate(scenario, 1))
    assert empty.ledgers[0].released == 0.0 < empty.ledgers[0].lots
    assert math.isfinite(empty.ledgers[0].cost_per_lot)
    assert not any("too short" in told for told in empty.sentences)
    short = cost(xs.simulate(scenario.with_({"horizon": "1 h"}), 1))
    assert any("no lot ended within the 1.00 h" in told for told in short.sentences), short.sentences


def test_prices_without_a_year_are_told_of_which_year_they_are_taken(door: Door) -> None:
    """Another year moves what has a year; what has none stays as it is, and that is said."""
    door.write(PLANT)
    run = xs.simulate(xs.load(FILE), 1)
    for year in (2024, 2030):
        assert any(
            f"no year and are taken as money of {year}" in told
            for told in cost(run, {"economics.year": year}).sentences
        )


def test_what_is_no_run_has_no_cost(door: Door) -> None:
    door.write(PLANT)
    with pytest.raises(xs.UsageError, match="cost takes a run that is over; got Scenario"):
        cost(xs.load(FILE))  # type: ignore[arg-type]
