"""A lot's time on the line: each cause on a plant small enough to know its hours by hand, then on random plants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from exosim.errors import ModelError
from exosim.operations.base import Phase
from exosim.plant import Breakdown, Equipment, Failure, Maintenance, Preparation, Role, Room, Stock, Utility
from exosim.working_time import WorkingTime
from tests.facility.plants import Ran, Setting, Stage, always, crew, listed, shop, shops
from tests.facility.test_balances import lines, whole_plants
from tests.why_plants import contiguous, hours, path_of, planned, told

DAYS = WorkingTime(tuple((24.0 * day + 8.0, 24.0 * day + 16.0) for day in range(20)))


def test_work_alone() -> None:
    """A lot that never waits has taken its hours of work, as planned."""
    ran = shop([Stage(5.0), Stage(3.0)], 1)
    assert hours(ran, 0) == {"work": 8.0} == planned(ran, 0)
    assert told(ran, 0, "work") == {"p0": 5.0, "p1": 3.0}


def test_a_unit_that_another_lot_has() -> None:
    """The second lot waits 10 h for the first one's work and 2 h for the turnaround after it."""
    ran = shop([Stage(10.0, turnaround=2.0)], 2)
    assert hours(ran, 1) == {"work": 10.0, "unit": 10.0, "turnaround": 2.0}
    assert told(ran, 1, "unit") == {"u0: lot 1 (p0)": 10.0}
    assert told(ran, 1, "turnaround") == {"u0 after lot 1": 2.0}
    assert planned(ran, 1) == {"work": 10.0}


def test_all_lots_before_it_on_its_unit() -> None:
    """The wait is shared out among those who had the unit one after the other."""
    ran = shop([Stage(np.array([4.0, 6.0, 1.0]))], 3)
    assert told(ran, 2, "unit") == {"u0: lot 1 (p0)": 4.0, "u0: lot 2 (p0)": 6.0}


def test_a_unit_in_service_and_under_repair() -> None:
    """A service that is due is done when the unit is given back, and the next lot waits for it."""
    ran = shop([Stage(10.0, maintenance=Maintenance(100.0, 3.0))], 2, Setting([95.0, 95.0]))
    assert hours(ran, 1) == {"work": 10.0, "unit": 10.0, "unit_out": 3.0}
    assert told(ran, 1, "unit_out") == {"u0 1: service": 3.0}


def test_a_room_with_its_clearance() -> None:
    """A room of one batch: the next one waits for the lot inside on both its units, then for the clearance."""
    stages = [Stage(4.0, unit="a", room="suite"), Stage(6.0, unit="b", room="suite")]
    ran = shop(stages, 2, Setting(rooms=(Room("suite", 1, "batch", 2.0),)))
    assert hours(ran, 1) == {"work": 10.0, "room": 10.0, "clearance": 2.0}
    assert told(ran, 1, "room") == {"suite: lot 1": 10.0}


def test_a_changeover_to_another_product() -> None:
    """Another product waits for the lot inside, and a day for the changeover."""
    suite = (Room("suite", 1, "batch", 2.0, 24.0),)
    stage = Stage(10.0, unit="a", room="suite")
    first = Setting(rooms=suite, product="x")
    ran = shops([([stage], 1, first), ([stage], 1, Setting(product="y", launches=[1.0]))])
    assert hours(ran, 1) == {"work": 10.0, "room": 9.0, "clearance": 2.0, "changeover": 24.0}
    assert told(ran, 1, "room") == {"suite: lot 1 of x": 9.0}
    assert told(ran, 1, "changeover") == {"suite, from x to y": 24.0}


def test_people_who_work_on_another_lot() -> None:
    """Two units, one person: the second lot waits for the work on the first."""
    ran = shop([Stage(5.0, 2, people=1, role="crew")], 2, Setting(roles=(crew(1),)))
    assert hours(ran, 1) == {"work": 5.0, "people": 5.0}
    assert told(ran, 1, "people") == {"crew: lot 1 (p0)": 5.0}


def test_nobody_at_work() -> None:
    """Ready at noon for 5 h of work in shifts of 8 to 16: too long for the day; the night is off."""
    ran = shop([Stage(5.0, people=1, role="crew")], 1, Setting([12.0], roles=(crew(1, DAYS),)))
    assert hours(ran, 0) == {"work": 5.0, "off_shift": 20.0}
    assert told(ran, 0, "off_shift") == {
        "crew: too long for the rest of the shift": 4.0,
        "crew: between shifts": 16.0,
    }


def test_work_that_is_longer_than_a_shift() -> None:
    """Ten hours in shifts of eight: two of them on the next day, and 16 h of pause between."""
    ran = shop([Stage(10.0, people=1, role="crew")], 1, Setting([8.0], roles=(crew(1, DAYS),)))
    assert hours(ran, 0) == {"work": 10.0, "off_shift": 16.0}


def test_changing_clothes() -> None:
    """Half an hour before each attended phase, which is planned, too."""
    phases = (Phase("a", 1.0), Phase("b", 4.0, attended=False), Phase("c", 1.0))
    ran = shop([Stage(phases=phases, role="crew")], 1, Setting(roles=(Role("crew", 1, gowning=0.5),)))
    assert hours(ran, 0) == {"work": 6.0, "gowning": 1.0} == planned(ran, 0)


def test_material_on_order() -> None:
    """Nothing on hand: the order of hour 0 comes after 7 h."""
    buffer = Stock("buffer", 0.0, 1.0, 5.0, always(7.0))
    ran = shop([Stage(2.0, consumes={"buffer": 1.0})], 1, Setting(stocks=(buffer,)))
    assert hours(ran, 0) == {"work": 2.0, "material": 7.0}
    assert told(ran, 0, "material") == {"buffer: on order": 7.0}


def test_material_that_is_prepared() -> None:
    """A preparation of 3 h whose person comes at 8 h."""
    buffer = Stock("buffer", 0.0, 1.0, 5.0, preparation=Preparation(always(3.0), "mixer", "crew"))
    setting = Setting(stocks=(buffer,), spare=(Equipment("mixer", 1),), roles=(crew(1, DAYS),))
    ran = shop([Stage(2.0, consumes={"buffer": 1.0})], 1, setting)
    assert told(ran, 0, "material") == {
        "buffer: its preparation waits for units or people": 8.0,
        "buffer: being prepared": 3.0,
    }


def test_a_unit_on_which_a_buffer_is_made() -> None:
    """The lot's own unit is used for the buffer first."""
    buffer = Stock("buffer", 0.0, 1.0, 5.0, preparation=Preparation(always(3.0), "mixer"))
    ran = shop([Stage(2.0, unit="mixer")], 1, Setting(stocks=(buffer,)))
    assert hours(ran, 0) == {"work": 2.0, "unit_preparation": 3.0}


def test_a_utility_that_another_lot_takes() -> None:
    """Of a limit of 1, both take 0.6: the second waits for the work of the first."""
    stage = Stage(5.0, 2, utilities={"wfi": 0.6})
    ran = shop([stage], 2, Setting(utilities=(Utility("wfi", 1.0),)))
    assert hours(ran, 1) == {"work": 5.0, "utility": 5.0}
    assert told(ran, 1, "utility") == {"wfi: lot 1 (p0)": 5.0}


def test_a_failure_that_costs_time() -> None:
    """A door that sticks costs 3 h and nothing else."""
    failures = (Failure("door", "p0", "wait", probability=1.0, repair=3.0),)
    ran = shop([Stage(5.0)], 1, Setting(failures=failures))
    assert hours(ran, 0) == {"work": 5.0, "failure": 3.0}
    assert told(ran, 0, "failure") == {"door in p0": 3.0}


def test_work_that_is_repeated() -> None:
    """Work that failed at its end, 2 h of cleaning, and the same work again: the first time was in vain."""
    failures = (Failure("leak", "p0", "repeat", probability=0.5, repair=2.0, limit=50),)
    ran = shop([Stage(5.0)], 20, Setting([1000.0 * n for n in range(20)], failures=failures))
    for number in range(20):
        struck = sum(event.batch == number for event in ran.by["failure"])
        expected = {"work": 5.0, "repeated": 5.0 * struck, "failure": 2.0 * struck}
        assert hours(ran, number) == {cause: spent for cause, spent in expected.items() if spent}
        if struck:
            assert told(ran, number, "repeated") == {"p0, after leak": 5.0 * struck}


def test_a_lot_that_fails_for_good_has_not_been_repeated() -> None:
    """With a limit of no repeats the work stays work."""
    failures = (Failure("leak", "p0", "repeat", probability=1.0, repair=2.0, limit=0),)
    ran = shop([Stage(5.0)], 1, Setting(failures=failures))
    assert hours(ran, 0) == {"work": 5.0, "failure": 2.0}


def test_a_rework() -> None:
    """What lies between is done again: both procedures until the test passed."""
    failures = (Failure("test", "p1", "rework", probability=0.5, limit=50, back_to="p0"),)
    ran = shop([Stage(3.0), Stage(4.0), Stage(2.0)], 12, Setting([1000.0 * n for n in range(12)], failures=failures))
    for number in range(12):
        again = sum(event.batch == number for event in ran.by["failure"])
        assert hours(ran, number).get("repeated", 0.0) == 7.0 * again
        assert hours(ran, number)["work"] == 9.0
    assert ran.by["failure"]


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_a_unit_that_breaks_under_the_lot(clock: str) -> None:
    """Down after 4 h for 3 h, in work of 10 h."""
    kind = Breakdown("seal", "u0", listed(4.0), listed(3.0), clock=clock)  # type: ignore[arg-type]
    ran = shop([Stage(10.0)], 1, Setting(breakdowns=(kind,)))
    assert hours(ran, 0) == {"work": 10.0, "repair": 3.0}
    assert told(ran, 0, "repair") == {"u0 1: seal": 3.0}


def test_a_breakdown_after_which_work_begins_again() -> None:
    """Four hours in vain, three of repair, ten of work."""
    kind = Breakdown("seal", "u0", listed(4.0), listed(3.0), "repeat")
    ran = shop([Stage(10.0)], 1, Setting(breakdowns=(kind,)))
    assert hours(ran, 0) == {"work": 10.0, "repair": 3.0, "repeated": 4.0}
    assert told(ran, 0, "repeated") == {"p0, after seal of u0 1": 4.0}


def test_a_start_that_is_put_off() -> None:
    """With zero wait the second lot starts late, so that it need not wait later."""
    ran = shop([Stage(1.0), Stage(5.0)], 2, Setting(storage="zero_wait"))
    assert hours(ran, 1) == {"work": 6.0, "zero_wait": 5.0}


def test_the_end_of_the_run() -> None:
    """What a lot on the line waits for, or does, counts up to the end."""
    ran = shop([Stage(10.0, people=1, role="crew")], 3, Setting(roles=(crew(1),), horizon=15.0))
    assert hours(ran, 1) == {"unit": 10.0, "work": 5.0}
    assert hours(ran, 2) == {"unit": 15.0}
    assert told(ran, 2, "unit") == {"u0: lot 1 (p0)": 10.0, "u0: lot 2 (p0)": 5.0}
    nights = shop([Stage(5.0, people=1, role="crew")], 1, Setting([12.0], roles=(crew(1, DAYS),), horizon=20.0))
    assert hours(nights, 0) == {"off_shift": 8.0}


def test_a_changeover_at_the_end_of_the_run() -> None:
    """The room is prepared for another product when the run ends: the log does not tell, and the unit is free."""
    suite = (Room("suite", 1, "batch", 2.0, 24.0),)
    stage = Stage(10.0, unit="a", room="suite")
    first = Setting(rooms=suite, product="x", horizon=30.0)
    ran = shops([([stage], 1, first), ([stage], 1, Setting(product="y", launches=[1.0]))])
    assert hours(ran, 1) == {"room": 9.0, "clearance": 2.0, "changeover": 18.0}


def test_the_turnaround_after_the_lot_itself_at_the_end_of_the_run() -> None:
    """Sent back by a test at 7 h, the lot waits for the unit that it has just left, which is cleaned until 9 h."""
    failures = (Failure("test", "p1", "rework", probability=1.0, limit=5, back_to="p0"),)
    stages = [Stage(3.0), Stage(2.0, turnaround=4.0)]
    ran = shop(stages, 1, Setting(failures=failures, horizon=8.5))
    assert hours(ran, 0) == {"work": 3.0, "repeated": 5.0, "turnaround": 0.5}


def complete(ran: Ran) -> None:
    """Assert that the time of each lot is told without a gap, and that no more than 1 % is unexplained."""
    for batch in ran.run.batches:
        if batch.disposition == "turned_away":
            continue
        path = path_of(ran, batch.number)
        spent = hours(ran, batch.number)
        contiguous(path.critical, batch.started, batch.ended if batch.ended is not None else ran.run.hours)
        assert sum(spent.values()) == pytest.approx(path.lead_time, abs=1e-6)
        assert spent.get("unexplained", 0.0) <= 0.01 * path.lead_time


@settings(max_examples=60, deadline=None)
@given(lines())
def test_every_hour_has_a_cause(line: tuple[list[Stage], int, Setting]) -> None:
    """On any line, of lots of any fate."""
    complete(shop(*line))


@settings(max_examples=100, deadline=None)
@given(whole_plants())
def test_every_hour_has_a_cause_on_a_whole_plant(line: tuple[list[Stage], int, Setting]) -> None:
    """With rooms, stores, stocks, utilities, shifts, breakdowns, services, reworks."""
    try:
        ran = shop(*line)
    except ModelError:  # a deadlock: see test_balances
        return
    complete(ran)
    for batch in ran.run.batches:
        own = [event for event in ran.run.log if event.batch == batch.number]
        spent = hours(ran, batch.number)

        def of(*causes: str, spent: dict[str, float] = spent) -> float:
            return sum(spent.get(cause, 0.0) for cause in causes)

        room = sum(event.amount for event in own if event.event == "room")
        starts = sum(event.amount for event in own if event.event == "start")
        assert of("room", "clearance", "changeover") == pytest.approx(room, abs=1e-6)
        assert of("unit", "turnaround", "unit_out", "unit_preparation") == pytest.approx(starts - room, abs=1e-6)
        for cause, event in (("material", "supplied"), ("utility", "utility")):
            assert of(cause) == pytest.approx(sum(e.waited for e in own if e.event == event), abs=1e-6)
        assert of("failure") == pytest.approx(sum(e.amount for e in own if e.event == "failure"), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(whole_plants())
def test_also_at_the_end_of_a_run(line: tuple[list[Stage], int, Setting]) -> None:
    """Of lots that are still on the line at any moment."""
    stages, count, setting = line
    try:
        ran = shop(stages, count, replace(setting, horizon=17.0))
    except ModelError:
        return
    complete(ran)
