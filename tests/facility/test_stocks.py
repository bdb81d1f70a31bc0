"""Stocks: exact amounts, reorder point, lead time, expiry, preparation on site."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import ModelError
from exosim.facility.stock import exact
from exosim.plant import Breakdown, Equipment, Failure, Preparation, Role, Stock
from exosim.working_time import WorkingTime
from tests.facility.plants import Ran, Setting, Stage, Times, always, crew, everything_is_back, listed, shop, told


def buffer(on_hand: float, **named: Any) -> Stock:
    return Stock("buffer", on_hand, **named)


def run(amount: Any, count: int, stock: Stock, hours: float = 1.0, **named: Any) -> Ran:
    ran = shop([Stage(hours, consumes={"buffer": amount})], count, Setting(stocks=(stock,), **named))
    everything_is_back(ran)
    assert balance(ran, stock) == ran.line.stocks["buffer"].on_hand
    return ran


def balance(ran: Ran, stock: Stock) -> Fraction:
    """Return what is left by the log: at the start, received, drawn, expired; never less than nothing on the way."""
    signs = {"receive": 1, "draw": -1, "expire": -1}
    left = exact(stock.on_hand)
    for event in ran.run.log:
        if event.event in signs and event.note == stock.id:
            left += signs[event.event] * exact(event.amount)
            assert left >= 0, event
    return left


def test_ten_times_a_tenth_is_one() -> None:
    """Nothing is left, nothing lacks, and the eleventh has to wait for what never comes."""
    ran = run(0.1, 10, buffer(1.0))
    assert ran.line.stocks["buffer"].on_hand == 0
    with pytest.raises(ModelError, match="batches that wait for buffer"):
        run(0.1, 11, buffer(1.0))


def test_a_rounding_error_makes_nobody_wait() -> None:
    """0.1 + 0.2 is computed as 0.30000000000000004: what is there is enough, and then nothing is left."""
    ran = run(0.1 + 0.2, 1, buffer(0.3))
    assert ran.line.stocks["buffer"].on_hand == 0 and ran.ended() == [1.0]


def test_an_order_comes_after_its_lead_time() -> None:
    """Ordered when 1 is left, at 1 h, and for the fourth, which waits on its unit from 3 h to 6 h."""
    ran = run(1.0, 5, buffer(3.0, reorder_point=1.0, order_quantity=2.0, lead_time=always(5.0)))
    assert told(ran, "order", "receive")[:3] == [
        (1.0, -1, "order", "", 2.0, "buffer"),
        (3.0, -1, "order", "", 2.0, "buffer"),
        (6.0, -1, "receive", "", 2.0, "buffer"),
    ]
    assert [(e.time, e.waited) for e in ran.by["supplied"]] == [
        (0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (6.0, 3.0), (7.0, 0.0),
    ]  # fmt: skip
    assert ran.ended() == [1.0, 2.0, 3.0, 7.0, 8.0]


def test_it_orders_until_it_is_above_the_point() -> None:
    """Nothing there and 5 needed at once, 2 in an order, point 1: four orders; the third to come, at 4 h, is enough."""
    ran = run(5.0, 1, buffer(0.0, reorder_point=1.0, order_quantity=2.0, lead_time=listed(4.0, 3.0, 9.0, 1.0)))
    assert [e.time for e in ran.by["order"]] == [0.0] * 4
    assert ran.begun("p0") == [0.0] and [e.waited for e in ran.by["supplied"]] == [4.0]


def test_what_expires_is_drawn_first_and_lost_on_time() -> None:
    """10 at the start for 20 h; draws of 3 at 0 h, 8 h, 16 h; 1 expires at 20 h."""
    ran = run(3.0, 3, buffer(10.0, shelf_life=20.0), launches=[0.0, 8.0, 16.0], horizon=50.0)
    assert told(ran, "draw", "expire") == [
        (0.0, 0, "draw", "", 3.0, "buffer"),
        (8.0, 1, "draw", "", 3.0, "buffer"),
        (16.0, 2, "draw", "", 3.0, "buffer"),
        (20.0, -1, "expire", "", 1.0, "buffer"),
    ]


def test_expired_material_is_not_used() -> None:
    """Needed at the very hour of its end: it is gone, and the new delivery serves."""
    stock = buffer(1.0, shelf_life=5.0, reorder_point=0.0, order_quantity=1.0, lead_time=always(2.0))
    ran = run(1.0, 1, stock, launches=[5.0])
    assert told(ran, "expire", "order", "receive", "draw") == [
        (5.0, -1, "expire", "", 1.0, "buffer"),
        (5.0, -1, "order", "", 1.0, "buffer"),
        (5.0, -1, "order", "", 1.0, "buffer"),
        (7.0, -1, "receive", "", 1.0, "buffer"),
        (7.0, 0, "draw", "", 1.0, "buffer"),
        (7.0, -1, "receive", "", 1.0, "buffer"),
    ]


def test_a_repeat_takes_material_again() -> None:
    again = Failure("leak", "p0", "repeat", probability=1.0, limit=1)
    ran = run(1.0, 1, buffer(5.0), failures=(again,))
    assert len(ran.by["draw"]) == 2 and ran.line.stocks["buffer"].on_hand == 3


PREPARED = {"reorder_point": 0.0, "order_quantity": 2.0}


def test_a_buffer_is_prepared_on_a_unit_by_people() -> None:
    """Order at 0 h; the preparer is there from 6 h, gowns for 0.5 h, works 3 h; the unit is clean 1 h after."""
    role = Role("prep", 2, WorkingTime(((6.0, 20.0), (30.0, 44.0))), gowning=0.5, minimum_crew=2)
    how = Preparation(always(3.0), "tank", "prep", 1)
    tank = Equipment("tank", 1, 1.0)
    ran = run(2.0, 2, buffer(0.0, preparation=how, **PREPARED), roles=(role,), spare=(tank,))
    assert told(ran, "prepare", "prepared")[:4] == [
        (6.0, -1, "prepare", "tank 1", 2, "buffer"),
        (9.5, -1, "prepared", "tank 1", 2, "buffer"),
        (10.5, -1, "prepare", "tank 1", 2, "buffer"),
        (14.0, -1, "prepared", "tank 1", 2, "buffer"),
    ]
    assert ran.ended() == [10.5, 15.0]


def test_a_breakdown_has_a_preparation_made_again() -> None:
    """3 h of work, a breakdown after 2 h that takes 4 h: repeated from 6 h to 9 h; or goes on until 7 h."""
    how = Preparation(always(3.0), "tank", "prep", 1)
    for consequence, ready in (("repeat", 9.0), ("reject", 9.0), ("wait", 7.0)):
        for clock in ("operating", "calendar"):
            broken = Breakdown("pump", "tank", listed(2.0), always(4.0), consequence, clock)  # type: ignore[arg-type]
            stock = buffer(0.0, preparation=how, **PREPARED)
            ran = run(2.0, 1, stock, roles=(crew(1, name="prep"),), spare=(Equipment("tank", 1),), breakdowns=(broken,))
            assert ran.by["prepared"][0].time == ready, (consequence, clock)


def test_a_batch_and_a_preparation_share_a_unit() -> None:
    """The tank is used by the batch from 0 h to 4 h; the preparation follows, for the second batch."""
    how = Preparation(always(3.0), "tank")
    stock = buffer(1.0, reorder_point=0.0, order_quantity=1.0, preparation=how)
    stages = [Stage(4.0, unit="tank", consumes={"buffer": 1.0})]
    ran = shop(stages, 2, Setting(stocks=(stock,), spare=(), launches=[0.0, 5.0]))
    assert told(ran, "prepare", "prepared")[:2] == [
        (4.0, -1, "prepare", "tank 1", 0, "buffer"),
        (7.0, -1, "prepared", "tank 1", 0, "buffer"),
    ]
    assert ran.ended() == [4.0, 11.0]


def test_a_batch_on_the_unit_of_the_preparation_that_it_waits_for_is_told() -> None:
    """It holds the tank and waits for the buffer that is made in the tank; also where machines go on to age."""
    stock = buffer(1.0, reorder_point=0.0, order_quantity=1.0, preparation=Preparation(always(3.0), "tank"))
    broken = Breakdown("pump", "p", always(9.0), always(1.0), clock="calendar")
    for kinds in ((), (broken,)):
        stages = [Stage(1.0, unit="tank", consumes={"buffer": 1.0})] * 2
        setting = Setting(stocks=(stock,), breakdowns=kinds, spare=(Equipment("p", 1),))
        with pytest.raises(ModelError) as caught:
            shop(stages, 3, setting)
        told = {problem.path: problem.problem for problem in caught.value.problems}
        assert told["batch 1"] == "holds tank 1 and waits for buffer"
        assert told["preparation of buffer"] == "holds nothing and waits for tank"


def test_who_waits_first_is_served_first() -> None:
    """Small wants do not overtake a large one that waits."""
    stages = [Stage(1.0, 9, consumes={"buffer": np.array([3.0, 1.0, 1.0])})]
    stock = buffer(2.0, reorder_point=0.0, order_quantity=3.0, lead_time=always(8.0))
    ran = shop(stages, 3, Setting(stocks=(stock,), launches=[0.0, 1.0, 2.0]))
    assert [(e.batch, e.time) for e in ran.by["supplied"]] == [(0, 8.0), (1, 8.0), (2, 8.0)]


def wandering(hours: list[float]) -> Times:
    """Return given times, again and again."""
    return lambda name, n: hours[n % len(hours)]


tenths = st.integers(1, 40).map(lambda n: n / 10)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nothing_is_lost_or_made(data: st.DataObject) -> None:
    """On hand + received - drawn - expired is exact, whatever fails; two materials are drawn in one go."""
    draw = data.draw
    count = draw(st.integers(1, 10))
    amounts = {name: np.array(draw(st.lists(tenths, min_size=count, max_size=count))) for name in ("buffer", "medium")}
    stocks = tuple(
        Stock(
            name,
            draw(tenths),
            draw(tenths),
            draw(tenths),
            wandering(draw(st.lists(st.integers(0, 30).map(float), min_size=5, max_size=5)))
            if name == "medium"
            else always(float(draw(st.integers(0, 9)))),
            draw(st.sampled_from((float("inf"), 40.0))),
        )
        for name in amounts
    )
    setting = Setting(
        launches=draw(st.lists(st.integers(0, 30).map(float), min_size=count, max_size=count)),
        stocks=stocks,
        failures=(Failure("leak", "p0", "repeat", probability=0.3), Failure("mold", "p0", "reject", rate=0.02)),
        horizon=2000.0,
    )
    ran = shop([Stage(3.0, 2, consumes=amounts)], count, setting)
    for stock in stocks:
        assert balance(ran, stock) == ran.line.stocks[stock.id].on_hand >= 0
    assert shop([Stage(3.0, 2, consumes=amounts)], count, setting).run.log == ran.run.log
