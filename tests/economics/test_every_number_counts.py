"""Every number and price that a scenario can state of money changes what a run costs or what its plant is worth."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

import exosim as xs
from exosim.cost_numbers import EconomicsNumbers, EquipmentCostNumbers, MaterialCostNumbers, RoomCostNumbers
from exosim.costs import Costs, cost
from exosim.economics_tables import EconomicsTable
from exosim.results import FacilityResults

PLANT = """\
format = 1
name = "priced_in_full"
seed = 5
start = 2027-01-04T08:00:00
horizon = "20 d"
replications = 1
product.dose = "1e9 EV"

[campaign]
every = "5 d"

[economics]
currency = "EUR"
year = 2024
building = { value = "4000 EUR/m2", year = 2020 }
electricity = "0.2 EUR/kWh"
utilities = "900 EUR/m2/year"
overhead = 0.1
loading = 0.2
equipment_life = "10 year"
construction = "2 year"
[economics.exchange]
USD = "0.9 EUR/USD"

[[equipment]]
id = "tank"
purchase = { value = "100000 USD", year = 2024 }
purchase_size = "1 m2"
footprint = "20 m2"
power = "3 kW"

[[personnel]]
role = "operator"
wage = "80000 EUR/FTE/year"

[[material]]
id = "buffer"
price = "2 EUR/L"

[[material]]
id = "membrane_area"
price = "900 EUR/m2"
cycles = 3

[[charge]]
id = "rent"
price = "100 EUR/m2/year"
category = "building"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "10 L"

[[unit_procedure]]
id = "tff"
operation = "tangential_flow_filtration"
unit = "tank"
operator = "operator"
"""
ROOMS = '[[room]]\nid = "suite"\narea = "30 m2"\nbuilding = "3000 EUR/m2"\nutilities = "500 EUR/m2/year"\n'
NUMBERS: Mapping[str, str | float] = {
    "escalation": "0.05 1/year", "paid_hours": "1600 h/year", "loading": 0.3, "supervision": 0.2, "miscellaneous": 0.5,
    "overage": 0.2, "installation": 0.7, "lang_factor": 4.0, "area_factor": 3000.0, "equipment_life": "8 year",
    "building_life": "20 year", "salvage": 0.1, "maintenance": "0.1 1/year", "insurance": "0.02 1/year",
    "local_tax": "0.01 1/year", "factory_expense": "0.03 1/year", "start_up": 0.1, "working_capital": "60 d",
    "royalty": 0.05, "overhead": 0.2, "capital_rate": "0.12 1/year", "income_tax": 0.3, "project_life": "12 year",
    "construction": "3 year", "ramp": "2 year",
}  # fmt: skip
PRICES: Mapping[str, str] = {
    "building": "5000 EUR/m2", "utilities": "800 EUR/m2/year", "electricity": "0.3 EUR/kWh",
    "liquid_waste": "1 EUR/L", "solid_waste": "2 EUR/kg", "price_per_dose": "500 EUR/dose",
}  # fmt: skip
RULES: Mapping[str, str | float] = {
    "labor_basis": "activity", "estimate": "light", "depreciation": "sum_of_years",
    "reuse": "whole", "exchange.USD": "0.8 EUR/USD", "index.2020": 600,
}  # fmt: skip
EQUIPMENT: Mapping[str, str | float] = {"exponent": 0.8, "life": "7 year", "footprint": "30 m2", "power": "5 kW"}
MATERIAL: Mapping[str, str | float] = {"overage": 0.4, "cycles": 5}
ROOM: Mapping[str, str] = {"area": "40 m2", "building": "4000 EUR/m2", "utilities": "600 EUR/m2/year"}
ONLY_WITH: Mapping[str, Mapping[str, str | float]] = {
    "economics.lang_factor": {"economics.estimate": "lang"},
    "economics.index.2020": {"economics.index.2024": 800},
}
"""What counts only under another rule."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FacilityResults:
    return _run(tmp_path_factory.mktemp("plant"), PLANT)


@pytest.fixture(scope="module")
def housed(tmp_path_factory: pytest.TempPathFactory) -> FacilityResults:
    """Return the run of a plant with a room of its own."""
    return _run(tmp_path_factory.mktemp("housed"), PLANT + ROOMS)


def _run(folder: Path, text: str) -> FacilityResults:
    file = folder / "plant.toml"
    file.write_text(text, encoding="utf-8")
    return xs.simulate(xs.load(file))


def _told(costs: Costs) -> list[float | None]:
    money = [costs.ledgers[0].total, costs.ledgers[0].idle]
    return [*money, *(one.mean for one in costs.finance.figures if one.name != "price")]


def _moves(run: FacilityResults, address: str, value: str | float) -> bool:
    """Return whether one change moves anything; what it moves is compared with the run as it is."""
    before = ONLY_WITH.get(address, {})
    return _told(cost(run, {**before, address: value})) != _usual(run, tuple(before.items()))


@functools.cache
def _usual(run: FacilityResults, before: tuple[tuple[str, str | float], ...]) -> list[float | None]:
    return _told(cost(run, dict(before)))


def test_no_number_is_left_out() -> None:
    """What follows names every field of the declarations, and every price and rule of ``[economics]``."""
    assert set(NUMBERS) == {field.name for field in fields(EconomicsNumbers)}
    assert set(EQUIPMENT) == {field.name for field in fields(EquipmentCostNumbers)}
    assert set(MATERIAL) == {field.name for field in fields(MaterialCostNumbers)}
    assert set(ROOM) > {field.name for field in fields(RoomCostNumbers)}
    beside = {"currency", "year", "labor_basis", "estimate", "depreciation", "reuse", "exchange", "index"}
    assert set(EconomicsTable.model_fields) == {*NUMBERS, *PRICES, *beside}


_WHOLE = [*NUMBERS.items(), *PRICES.items(), *RULES.items(), ("year", 2022)]


@pytest.mark.parametrize("name, value", [one for one in _WHOLE if one[0] != "area_factor"])
def test_each_number_price_and_rule_of_the_whole_counts(run: FacilityResults, name: str, value: str | float) -> None:
    assert _moves(run, f"economics.{name}", value)


@pytest.mark.parametrize(
    "changes, factor",
    [
        ({"economics.escalation": "0.05 1/year"}, 1.05**4),
        ({"economics.escalation": "0.05 1/year", "economics.year": 2018}, 1.05**-2),
        ({"economics.index.2024": 820, "economics.index.2018": 600, "economics.index.2022": 800}, 820 / 700),
        ({"economics.index.2024": 820, "economics.index.2021": 800}, 820 / 800),
    ],
)
def test_a_price_of_2020_in_the_money_of_another_year(
    run: FacilityResults, changes: Mapping[str, str | float], factor: float
) -> None:
    """It rises with the years, or with the index, which is even between two years and flat outside them."""
    assert cost(run, changes).worlds[0].prices["economics.building"] == pytest.approx(4000 * factor, rel=1e-12)


def test_the_area_factor_counts_where_no_area_is_stated(tmp_path: Path) -> None:
    assert _moves(_run(tmp_path, PLANT.replace('footprint = "20 m2"', "")), "economics.area_factor", 3000.0)


def test_running_rooms_costs_by_the_area_that_the_equipment_takes(run: FacilityResults) -> None:
    """Of a plant that names no room: its building, its running and a charge by area are all for the same 20 m2."""
    years = 480.0 / 8766.0
    lines = {line.resource: line.cost for line in cost(run).ledgers[0].lines}
    assert lines["economics.utilities"] == pytest.approx(20 * 900 * years)
    assert lines["charge.rent"] == pytest.approx(20 * 100 * years)


@pytest.mark.parametrize(
    "address, value",
    [(f"equipment.tank.{name}", value) for name, value in EQUIPMENT.items()]
    + [(f"material.membrane_area.{name}", value) for name, value in MATERIAL.items()]
    + [("equipment.tank.purchase", "95000 EUR"), ("personnel.operator.wage", "70000 EUR/FTE/year")]
    + [("material.buffer.price", "3 EUR/L")],
)
def test_each_number_of_what_is_used_counts(run: FacilityResults, address: str, value: str | float) -> None:
    assert _moves(run, address, value)


@pytest.mark.parametrize("name, value", ROOM.items())
def test_each_number_of_a_room_counts(housed: FacilityResults, name: str, value: str) -> None:
    assert _moves(housed, f"room.suite.{name}", value)
