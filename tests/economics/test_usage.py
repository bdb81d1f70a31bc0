"""What a run used: each driver in hand-built runs, and laws that hold in any plant."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings

from exosim.demand import Demand, Order, Warehouse
from exosim.economics.utilities_drawn import amount_unit
from exosim.facility import work as facility_work
from exosim.indicators import labor_paid_hours, labor_touch_hours, occupancy
from exosim.plant import Failure, Preparation, Role, Room, Stock, Utility
from exosim.release import Release, TestPlan
from exosim.run_indicators import YEAR
from exosim.shared_run import SharedRun
from exosim.working_time import WorkingTime
from tests.economics.used_plants import sums, uses_of, window_of
from tests.facility.any_plant import Products, plants, shared_plants
from tests.facility.plants import Ran, Setting, Stage, always, crew, shop, shops
from tests.facility.test_laboratory import Results
from tests.test_any_plant import whole

BUFFER = {"buffer": 3.0}


def again(limit: int, consequence: str = "repeat", **more: Any) -> Failure:
    return Failure("leak", "p1", consequence, probability=1.0, limit=limit, repair=1.0, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_each_attempt_uses_its_materials_anew_and_a_lot_lost_after_the_last_no_more(limit: int) -> None:
    """A first try and `limit` repeats; what follows is never reached, so that it uses nothing."""
    stages = [Stage(2.0), Stage(2.0, consumes=BUFFER), Stage(2.0, consumes=BUFFER)]
    ran = shop(stages, 2, Setting(failures=(again(limit),)))
    assert [batch.disposition for batch in ran.run.batches] == ["rejected"] * 2
    assert sums(uses_of(ran), "consumed", "batch", "step") == {
        (0, "p1"): 3.0 * (limit + 1), (1, "p1"): 3.0 * (limit + 1)
    }  # fmt: skip


def test_a_rework_uses_the_materials_of_its_loop_again() -> None:
    """Two reworks from p0 on, then the lot is lost: p0 and p1 run three times."""
    stages = [Stage(2.0, consumes={"buffer": 1.0}), Stage(2.0, consumes=BUFFER), Stage(1.0)]
    ran = shop(stages, 1, Setting(failures=(again(2, "rework", back_to="p0"),)))
    assert sums(uses_of(ran), "consumed", "step") == {("p0",): 3.0, ("p1",): 9.0}


def test_what_starts_in_the_warm_up_is_not_used_in_the_window() -> None:
    """Batches at 0, 10 and 20 h; the window begins at 10 h: two of them use, and hours count from 10 h on."""
    stages = [Stage(4.0, consumes=BUFFER, turnaround=1.0), Stage(8.0, people=2, role="crew")]
    ran = shop(stages, 3, Setting(launches=[0.0, 10.0, 20.0], roles=(crew(2),)))
    found = uses_of(ran, start=10.0)
    assert sums(found, "consumed", "batch") == {(1,): 3.0, (2,): 3.0}
    assert sums(found, "worked", "batch") == {(0,): 4.0, (1,): 16.0, (2,): 16.0}
    assert sums(found, "started", "batch") == {(1,): 1.0, (2,): 1.0}
    assert sums(found, "passed") == {(): 22.0}
    assert min(use.time for use in found) == 10.0


def test_products_use_each_their_own() -> None:
    """Two campaigns on one plant whose steps have the same name."""
    products = [
        ([Stage(1.0, 9, consumes={"buffer": amount})], 2, Setting(product=name))
        for name, amount in (("a", 1.0), ("b", 5.0))
    ]
    ran = shops(products)  # type: ignore[arg-type]
    campaign = {batch.number: batch.campaign for batch in ran.run.batches}
    by_batch = sums(uses_of(ran), "consumed", "batch")
    assert {campaign[batch]: amount for (batch,), amount in by_batch.items()} == {"a": 1.0, "b": 5.0}  # type: ignore[index]


def test_a_shared_run_is_told_once_but_for_its_materials_and_utilities() -> None:
    """Four batches in one run of 5 h with two people: unit, people and steam of the leader, buffer of each."""
    stage = Stage(5.0, people=2, role="crew", consumes=BUFFER, shared_run=SharedRun(4), utilities={"steam": 2.0})
    ran = shop([stage], 4, Setting(roles=(crew(2),), utilities=(Utility("steam", 9.0, "kg/h"),)))
    found = uses_of(ran)
    assert sums(found, "occupied", "batch") == {(0,): 5.0}
    assert sums(found, "worked", "batch") == {(0,): 10.0}
    assert sums(found, "drawn", "batch", "unit") == {(0, "kg"): 10.0}
    assert sums(found, "consumed", "batch") == {(n,): 3.0 for n in range(4)}


def test_a_preparation_on_site_belongs_to_its_material_and_to_no_batch() -> None:
    stock = Stock("buffer", 0.0, 0.0, 6.0, preparation=Preparation(always(3.0), None, "crew", 2))
    ran = shop([Stage(1.0, consumes=BUFFER)], 1, Setting(roles=(crew(2),), stocks=(stock,)))
    found = uses_of(ran)
    assert sums(found, "worked", "batch", "step") == {(-1, "material.buffer"): 6.0}


def test_what_expires_in_stock_is_told() -> None:
    """Ten liters keep for 5 h; the one batch takes three of them."""
    stock = Stock("buffer", 10.0, shelf_life=5.0)
    ran = shop([Stage(20.0, consumes=BUFFER)], 1, Setting(stocks=(stock,)))
    assert sums(uses_of(ran), "expired", "batch", "resource", "unit") == {(-1, "material.buffer", "L"): 7.0}


def test_tests_count_when_they_begin_with_each_retest() -> None:
    """Out of specification, then two retests: three tests; one that a lost lot still waits for is none."""
    plan = TestPlan("a", "p0", duration=4.0, hands_on=1.0, analyst="crew", retests=2)
    results = Results({"a": [2.0, 0.5, 0.5]})
    ran = shop([Stage(1.0)], 1, Setting(roles=(crew(1),), release=Release((plan,)), results=results))
    found = uses_of(ran)
    assert sums(found, "tested", "step") == {("assay.a",): 3.0}
    assert sums(found, "worked", "step", "resource") == {("assay.a", "personnel.crew"): 3.0}


def test_a_lot_that_is_lost_before_its_test_begins_is_not_tested() -> None:
    """The analyst works 8 h on the first lot's test; the second lot is lost meanwhile, while it waits for one."""
    plan = TestPlan("a", "p0", duration=9.0, hands_on=8.0, analyst="crew")
    alone = TestPlan("b", "p0", duration=9.0)
    failure = Failure("leak", "p1", "reject", probability=np.array([0.0, 1.0]))
    ran = shop(
        [Stage(1.0, 2), Stage(1.0, 2)], 2,
        Setting(roles=(crew(1),), release=Release((plan, alone)), results=Results(), failures=(failure,)),
    )  # fmt: skip
    assert [batch.disposition for batch in ran.run.batches] == ["released", "rejected"]
    assert sums(uses_of(ran), "tested", "step", "batch") == {
        ("assay.a", 0): 1.0, ("assay.b", 0): 1.0, ("assay.b", 1): 1.0
    }  # fmt: skip


def test_a_utility_is_drawn_while_work_runs_and_not_in_pauses_or_queues() -> None:
    """People from 6 to 12 and from 30 h; the second waits for water until 10 h and works 2 h, then 2 h the next day."""
    role = Role("crew", 2, WorkingTime(((6.0, 12.0), (30.0, 36.0))))
    stage = Stage(4.0, 9, people=1, role="crew", utilities={"wfi": 1.0})
    ran = shop([stage], 2, Setting(roles=(role,), utilities=(Utility("wfi", 1.0, "m3/h"),)))
    assert ran.ended() == [10.0, 32.0]
    found = uses_of(ran)
    assert sums(found, "drawn", "batch", "unit") == {(0, "L"): pytest.approx(4000.0), (1, "L"): pytest.approx(4000.0)}
    assert sums(found, "worked", "batch") == {(0,): 4.0, (1,): 4.0}


@pytest.mark.parametrize(
    ("rate", "amount"),
    [("1", "h"), ("L/h", "L"), ("L/min", "L"), ("m3/h", "L"), ("kW", "kWh"), ("W", "kWh"), ("kg/h", "kg")],
)
def test_amounts_of_utilities_have_the_unit_of_their_price(rate: str, amount: str) -> None:
    assert amount_unit(rate) == amount


def test_a_stay_over_several_steps_is_shared_by_them() -> None:
    """p0 for 3 h and p1 for 5 h on one unit with 2 h of turnaround: 3 h and 7 h."""
    ran = shop([Stage(3.0, unit="tank", turnaround=2.0), Stage(5.0, unit="tank")], 1)
    assert sums(uses_of(ran), "occupied", "step") == {("p0",): 3.0, ("p1",): 7.0}


def test_a_rework_on_the_same_unit_is_shared_step_by_step() -> None:
    """p0, p1, p0, p1 on one unit."""
    stages = [Stage(3.0, unit="tank"), Stage(5.0, unit="tank")]
    failure = Failure("leak", "p1", "rework", probability=1.0, limit=1, back_to="p0")
    ran = shop(stages, 1, Setting(failures=(failure,)))
    assert sums(uses_of(ran), "occupied", "step") == {("p0",): 6.0, ("p1",): 10.0}


def test_hours_in_a_room_count_once_for_a_batch_on_several_of_its_units() -> None:
    """A large batch takes three units of the room at once for 4 h, then one of another class there for 2 h."""
    stages = [
        Stage(4.0, 3, size_limit=2.0, size=5.0, when_too_large="parallel", room="suite"),
        Stage(2.0, room="suite"), Stage(9.0),
    ]  # fmt: skip
    ran = shop(stages, 1, Setting(rooms=(Room("suite"),)))
    found = uses_of(ran)
    assert sums(found, "occupied", "step") == {("p0",): 12.0, ("p1",): 2.0, ("p2",): 9.0}
    assert sums(found, "stayed", "resource", "step") == {("room.suite", "p0"): 4.0, ("room.suite", "p1"): 2.0}


def test_doses_in_the_warehouse_count_until_they_leave() -> None:
    """Ten doses from hour 4 on; six leave at hour 10 in one delivery, four are there at the end at hour 24."""
    ran = shop([Stage(4.0)], 1, Setting(horizon=24.0, product="a"))
    demand = Demand((Order(0, 10.0, doses=6, product="a"),), (Warehouse("a"),))
    ran = replace(ran, plant=replace(ran.plant, demand=demand), run=replace(
        ran.run, batches=[replace(batch, doses=10.0) for batch in ran.run.batches]
    ))  # fmt: skip
    found = uses_of(ran)
    assert sums(found, "stored", "batch", "unit") == {(0, "dose*h"): 6 * 6.0 + 4 * 20.0}
    assert sums(found, "shipped", "batch") == {(0,): 1.0}
    assert sums(uses_of(ran, start=12.0), "stored", "batch") == {(0,): 4 * 12.0}
    assert not sums(uses_of(ran, start=12.0), "shipped", "batch")


def test_a_longer_queue_costs_no_labor() -> None:
    """Four lots on one unit instead of four: they wait 18 h in all, and people work as long."""
    role = Role("crew", 8)
    lots = [shop([Stage(3.0, count, people=2, role="crew")], 4, Setting(roles=(role,))) for count in (4, 1)]
    waited = [math.fsum(event.amount for event in ran.by["start"]) for ran in lots]
    assert waited == [0.0, 18.0]
    assert [sums(uses_of(ran), "worked", "step") for ran in lots] == [{("p0",): 24.0}] * 2


@given(plants() | shared_plants())
@settings(max_examples=60)
def test_uses_add_up_to_the_indicators_in_any_plant(products: Products) -> None:
    """Hours of people and units are those of the indicators; what left a stock was used up or has expired."""
    with _powered() as ran_on:
        run = whole(products)
    if run is None:
        return
    start = run.run.hours / 3.0
    for begin in (0.0, start):
        window, found = window_of(run, begin), uses_of(run, begin)
        year = YEAR / window.hours
        worked, paid = sums(found, "worked", "resource"), sums(found, "paid", "resource")
        for role, hours in labor_touch_hours(window).items():
            assert worked.get((f"personnel.{role}",), 0.0) * year == pytest.approx(hours, rel=1e-9, abs=1e-9)
        for role, hours in labor_paid_hours(window).items():
            assert paid.get((f"personnel.{role}",), 0.0) * year == pytest.approx(hours, rel=1e-9, abs=1e-9)
        taken, owned = sums(found, "occupied", "resource"), sums(found, "owned", "resource")
        for name, share in occupancy(window).items():
            key = (f"equipment.{name}",)
            assert taken.get(key, 0.0) / owned[key] == pytest.approx(share, rel=1e-9, abs=1e-9)
    found = uses_of(run)
    if math.isinf(products[0][2].horizon):
        _stocks_balance(run, sums(found, "consumed", "resource"))
        assert sums(found, "drawn", "batch", "step") == pytest.approx(
            {key: hours * 0.6 for key, hours in ran_on.items() if hours > 1e-9}, rel=1e-9
        )


@contextmanager
def _powered() -> Iterator[dict[tuple[int, str], float]]:
    """Give the hours that each run of a procedure really worked on utilities, as the facility passes them."""
    hours: dict[tuple[int, str], float] = defaultdict(float)
    limited = facility_work._limited

    def told(batch: Any, line: Any, stage: Any, wanted: float, people: Any) -> Any:
        found = yield from limited(batch, line, stage, wanted, people)
        if stage.utilities:
            hours[batch.number, stage.id] += wanted - found[1]
        return found

    with mock.patch.object(facility_work, "_limited", told):
        yield hours


def _stocks_balance(run: Ran, consumed: dict[Any, float]) -> None:
    """Assert that what batches drew from stock is what they used up."""
    drew: dict[str, float] = defaultdict(float)
    for event in run.by["draw"]:
        drew[event.note] += event.amount
    for name in ("buffer", "media"):
        assert consumed.get((f"material.{name}",), 0.0) == pytest.approx(drew[name], rel=1e-9, abs=1e-9)
