"""A price of rooms that includes the building: the building is not counted once more."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

import exosim as xs
from exosim.economics.costing import Costing
from exosim.economics.fixed import YEAR, capital_of, fixed_costs
from exosim.economics.usage import NOBODY, Use
from exosim.economics_builder import costing
from exosim.price_catalog import price

FILE = Path(__file__).parents[2] / "scenarios" / "scale_out.toml"
ROOMS = ("cell_suite", "purification_suite", "filling_suite", "support")
PLAIN = {f"room.{room}.utilities": "300 EUR/m2/year" for room in ROOMS}


@functools.cache
def scenario() -> xs.Scenario:
    return xs.load(FILE)


def world(changes: dict[str, Any]) -> Costing:
    return costing(scenario().with_(changes))


def buildings(found: Costing) -> set[float]:
    return {round(room.building, 6) for room in found.rooms.values()}


def test_an_all_in_price_leaves_no_building_to_depreciate() -> None:
    found = world({})
    assert buildings(found) == {0.0}
    uses = [Use(NOBODY, "", "calendar", "passed", YEAR, "h", 0.0)]
    assert capital_of(uses, found, YEAR).fixed == 0.0  # no unit is owned here
    (rooms,) = {line.category for line in fixed_costs(uses, found, YEAR) if line.cost > 0.0}
    assert rooms == "facility"
    year = sum(line.cost for line in fixed_costs(uses, found, YEAR))
    typical = scenario().declarations.economics.prices["room.support.utilities"].given.quantity.typical * YEAR  # type: ignore[union-attr]
    assert year == pytest.approx(240.0 * typical * 1.03**6)  # euros of 2018 in 2024


def test_a_price_without_the_building_takes_that_of_the_list() -> None:
    (building,) = buildings(world(PLAIN))
    assert price("fac_capex_academic").low < building < 2.0 * price("fac_capex_academic").high


@pytest.mark.parametrize("changes", [{}, PLAIN])
def test_a_building_that_is_stated_counts(changes: dict[str, Any]) -> None:
    assert buildings(world({**changes, "economics.building": "2000 EUR/m2"})) == {2000.0}
