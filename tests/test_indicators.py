"""Accounts of a run: time balances of people, right first time, the pace as planned, the hash of a log."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exosim as xs
from exosim.cycle_time import planned_occupation
from exosim.facility.lots import Lots
from exosim.history import histories, troubles
from exosim.indicators import (
    HEADLINES,
    YEAR,
    batches_per_year_bound,
    batches_turned_away,
    hold_violations,
    labor,
    labor_paid_hours,
    labor_touch_hours,
    limiting_class,
    minimum_cycle_time,
    occupancy,
    right_first_time,
    utilization,
)
from exosim.labor import paid_hours, touched_hours
from exosim.operations.base import Phase
from exosim.plant import Equipment, Plant, Role
from exosim.recipe import Recipe, WhenTooLarge
from exosim.records import BatchRecord, Event, Run, log_hash
from exosim.window import Window
from exosim.working_time import Shift, WorkingTime, working_time
from tests.facility.plants import CONTEXT, Setting, Stage, attended, crew, shop
from tests.test_replications import PLAIN, STAGES, STEP, mean, plain
from tests.test_working_time import HOURS, holidays, quarters, shifts, starts
from tests.test_working_time import STEP as QUARTER
from tests.test_working_time import grid as quarter_grid

DAILY = working_time([Shift(tuple(range(7)), 8.0, 16.0)], datetime.datetime(2026, 1, 5), 2000.0)


def test_a_pause_is_not_touched() -> None:
    """Twenty hours from 14:00 on take two, eight, eight and two hours of three days and a bit: twenty, not 66."""
    roles = (crew(1, DAILY),)
    ran = shop([Stage(20.0, people=1, role="crew")], 1, Setting([14.0], roles=roles))
    assert attended(ran) == [(14.0, 82.0, 1, "crew")]
    (finish,) = ran.by["finish"]
    assert finish.waited == 48.0
    assert touched_hours(ran.run.log, roles, 0.0, 200.0)["crew"] == pytest.approx(20.0, abs=1e-9)
    for until, hours in ((14.0, 0), (16.0, 2), (32.0, 2), (36.0, 6), (80.0, 18), (81.0, 19), (82.0, 20)):
        assert touched_hours(ran.run.log, roles, 0.0, until)["crew"] == pytest.approx(hours, abs=1e-9), until


def test_work_that_goes_on_at_the_end_counts_as_far_as_it_got() -> None:
    """A run of ten hours sees four of the eight hours that two people began at six."""
    roles = (crew(2),)
    ran = shop([Stage(8.0, people=2, role="crew")], 1, Setting([6.0], roles=roles, horizon=10.0))
    assert not ran.by["finish"]
    assert touched_hours(ran.run.log, roles, 0.0, 10.0) == {"crew": 8.0}
    assert touched_hours(ran.run.log, roles, 7.0, 9.0) == {"crew": 4.0}


@settings(max_examples=100)
@given(st.data())
def test_time_balance_of_people(data: st.DataObject) -> None:
    """Hours at work are counted as a calendar counts quarters; windows add up; nobody works more than is paid."""
    given_shifts, start, closed = data.draw(shifts), data.draw(starts), data.draw(holidays)
    found = working_time(given_shifts, start, HOURS, closed)
    on = np.array(quarter_grid(given_shifts, start, closed), dtype=float) * QUARTER
    count = data.draw(st.integers(1, 5))
    hours = np.array(data.draw(st.lists(st.integers(1, 50), min_size=count, max_size=count))) * QUARTER
    people = data.draw(st.integers(1, 2))
    roles = (crew(3, found), crew(1, name="always"))
    stages = [Stage(hours, 2, people=people, role="crew"), Stage(1.5, people=1, role="always")]
    launches = data.draw(st.lists(quarters, min_size=count, max_size=count))
    end = float(HOURS)
    ran = shop(stages, count, Setting(launches, roles=roles, horizon=end))
    log = ran.run.log
    middle = data.draw(st.integers(0, int(end / QUARTER))) * QUARTER

    spans = {(e.batch, e.procedure): [e.time, end] for e in ran.by["begin"]}
    for event in ran.by["finish"]:
        spans[event.batch, event.procedure][1] = event.time
    expected = {"crew": 0.0, "always": 0.0}
    for (_, procedure), (begun, ended) in spans.items():
        first, last = round(begun / QUARTER), round(ended / QUARTER)
        if procedure == "p0":
            expected["crew"] += people * float(on[first:last].sum())
        else:
            expected["always"] += ended - begun
    whole = touched_hours(log, roles, 0.0, end)
    assert whole == pytest.approx(expected, abs=1e-6)
    before, after = touched_hours(log, roles, 0.0, middle), touched_hours(log, roles, middle, end)
    paid = paid_hours(roles, 0.0, end)
    assert paid["always"] == end
    assert paid["crew"] == pytest.approx(3.0 * float(on[: int(end / QUARTER)].sum()), abs=1e-6)
    for role in whole:
        assert before[role] + after[role] == pytest.approx(whole[role], abs=1e-9)
        assert whole[role] <= paid[role] + 1e-6
    if len(ran.by["finish"]) == 2 * count:
        assert whole["crew"] == pytest.approx(people * float(hours.sum()), abs=1e-6)


def test_hours_per_year_and_their_share() -> None:
    """In a window of a tenth of a year, one of two people works on a day shift; the other role has nobody on duty."""
    log = [
        Event(8.0, 0, "p", "a", "begin", "u 1", "day", 1.0),
        Event(16.0, 0, "p", "a", "finish", "u 1", "day", 1.0),
    ]
    roles = (Role("day", 2, DAILY), Role("nobody", 1, WorkingTime(())), Role("guard", 1))
    window = Window(Run(0, log, [], YEAR / 10, 2), Plant(roles=roles), 0.0)
    days = labor_paid_hours(window)
    assert labor_touch_hours(window) == pytest.approx({"day": 80.0, "nobody": 0.0, "guard": 0.0})
    assert days["guard"] == pytest.approx(YEAR)
    assert days["day"] == pytest.approx(2 * (DAILY.worked(YEAR / 10) - DAILY.worked(0.0)) * 10)
    assert labor(window)["day"] == pytest.approx(80.0 / days["day"])
    assert math.isnan(labor(window)["nobody"])


def test_a_crew_at_work_all_day_is_not_busier_than_it_is_there(tmp_path: Path) -> None:
    """Phases of ten hours on shifts of eight pause every night: all hours on duty are at work, and no more."""
    people = '[[personnel]]\nrole = "operator"\nshifts = ["day"]\n[calendar.shift.day]\ndays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]\nfrom = 08:00:00\nto = 16:00:00\n'  # noqa: E501
    scenario = plain(
        tmp_path, [("a", '"10 h"')], {"a": 1}, horizon="2400 h", warm_up="100 h", more=people, operator="operator",
        campaign='mode = "as_soon_as_possible"',
    )  # fmt: skip
    results = xs.simulate(scenario, replications=1)
    assert mean(results, "labor", "operator") == pytest.approx(1.0, abs=1e-9)
    touched, paid = mean(results, "labor_touch_hours", "operator"), mean(results, "labor_paid_hours", "operator")
    assert touched == pytest.approx(paid, abs=1e-6)
    assert paid == pytest.approx(8 * 365.25, rel=0.01)


def hand_made() -> Window:
    """Return a window of six batches: four end in it, one before it, one not at all."""
    wrong = [
        Event(5.0, 0, "fill", event="failure", note="leak"),
        Event(15.0, 1, "fill", event="failure", note="leak"),
        Event(16.0, 2, "hold", event="deviation", amount=2.5, note="max_hold"),
        Event(17.0, 2, "polish", event="deviation", amount=0.5, note="max_hold: 24 h"),
        Event(18.0, 2, "polish", event="deviation", note="late; visit"),
        Event(19.0, 5, "hold", event="deviation", amount=9.0, note="max_hold"),
    ]
    fates = ["finished", "rejected", "finished", "finished", "finished", "unfinished"]
    ends = [8.0, 20.0, 30.0, 40.0, 50.0, None]
    batches = [
        BatchRecord(number, 0, 0.0, end, fate)  # type: ignore[arg-type]
        for number, (end, fate) in enumerate(zip(ends, fates, strict=True))
    ]
    started = [Event(float(n), n, name, event="start") for n in range(2) for name in ("make", "fill")]
    return Window(Run(0, [*started, *wrong], batches, 100.0, 0), Plant(), 10.0)


def test_right_first_time_and_hold_violations() -> None:
    """Of four batches that ended in the window one was lost and one deviated, twice for its hold."""
    window = hand_made()
    assert right_first_time(window) == 0.5
    assert hold_violations(window) == 0.5
    nothing = Window(Run(0, [], [], 100.0, 0), Plant(), 10.0)
    assert math.isnan(right_first_time(nothing)) and math.isnan(hold_violations(nothing))


def test_what_the_log_tells_of_a_batch() -> None:
    """Procedures in order and failures in words; deviations are what the engine noted."""
    window = hand_made()
    first, second, third, *_ = histories(window.run, troubles(window.run.log))
    assert (first.procedures, first.failures, first.deviations) == (("make", "fill"), ("fill: leak",), ())
    assert second.failures == ("fill: leak",)
    assert (third.procedures, third.failures) == ((), ())


def test_who_finds_the_line_full_counts_nowhere_else() -> None:
    """Neither as started, nor as ended, nor in the time between two batches."""
    window = hand_made()
    away = [BatchRecord(6 + n, 0, 60.0, 60.0, "turned_away") for n in range(3)]
    early = BatchRecord(9, 0, 5.0, 5.0, "turned_away")
    full = replace(window, run=replace(window.run, batches=[*window.run.batches, *away, early]))
    assert batches_turned_away(full) == 3.0
    for name, (_, indicator) in HEADLINES.items():
        if name != "batches_turned_away":
            assert indicator(full) == pytest.approx(indicator(window), nan_ok=True), name


def test_preparations_are_work_too() -> None:
    """Two preparations at once by the same people, one still runs; a phase waits for a utility and a repair."""
    roles = (Role("crew", 4, DAILY), Role("guard", 1))
    log = [
        Event(8.0, -1, "buffer", "", "prepare", "vessel 1", "crew", 2.0, "buffer"),
        Event(9.0, -1, "buffer", "", "prepare", "vessel 2", "crew", 1.0, "buffer"),
        Event(10.0, 0, "p", "a", "begin", "u 1", "guard", 1.0),
        Event(10.5, 0, "p", "", "utility", "", "", 1.0, "steam", 0.5),
        Event(12.0, -1, "buffer", "", "prepared", "vessel 1", "crew", 2.0, "buffer"),
        Event(15.0, 0, "p", "", "repaired", "u 1", "", 2.0),
        Event(15.0, 0, "p", "a", "finish", "u 1", "guard", 1.0),
    ]
    assert touched_hours(log, roles, 0.0, 40.0) == pytest.approx({"crew": 2 * 4 + 7 + 8, "guard": 2.5})
    assert touched_hours(log, roles, 0.0, 12.5)["guard"] == pytest.approx(1.25)
    window = Window(Run(0, log, [], 40.0, 0), Plant((Equipment("vessel", 2, 3.0),), roles), 0.0)
    assert sorted(window.stays) == [
        ("vessel", "vessel 1", 8.0, 12.0, 3.0),
        ("vessel", "vessel 2", 9.0, 40.0, 0.0),
    ]


def test_units_in_parallel_are_all_in_use() -> None:
    """A batch too large for one unit takes several; each is in use until it is given back."""
    log = [
        Event(1.0, 0, "p", event="start", unit="u 1"),
        Event(1.0, 0, "p", event="parallel", unit="u 3"),
        Event(6.0, 0, event="leave", unit="u 3", amount=1.0),
        Event(6.0, 0, event="leave", unit="u 1", amount=1.0),
    ]
    window = Window(Run(0, log, [], 10.0, 0), Plant((Equipment("u", 3, 1.0),)), 0.0)
    assert utilization(window)["u"] == pytest.approx(10.0 / 30.0)
    assert occupancy(window)["u"] == pytest.approx(12.0 / 30.0)


def test_right_first_time_of_a_run(tmp_path: Path) -> None:
    """A failure that is repaired costs the batch its first-time right, not its end."""
    failure = '[[failure]]\nid = "f"\nduring = "p0"\nprobability = 0.3\nconsequence = "wait"\nrepair = "1 h"\n'
    scenario = plain(tmp_path, [("a", '"1 h"')], {"a": 2}, horizon="20000 h", more=failure)
    results = xs.simulate(scenario, replications=1)
    assert mean(results, "batches_rejected") == 0.0
    assert mean(results, "right_first_time") == pytest.approx(0.7, abs=4 * math.sqrt(0.3 * 0.7 / 10000))


@pytest.mark.parametrize(("vessels", "cycle", "name"), [
    (1, 130.0, "culture_unit"), (3, 130.0 / 3, "culture_unit"), (4, 36.0, "clarify_unit"), (6, 36.0, "clarify_unit"),
])  # fmt: skip
def test_the_pace_as_planned(tmp_path: Path, vessels: int, cycle: float, name: str) -> None:
    """The bound follows from hours, cleaning and units alone, and the plant comes near it from below."""
    text = PLAIN.format(horizon="8000 h", warm_up="1000 h", campaign='mode = "as_soon_as_possible"')
    for stage, hours, cleaning in STAGES:
        count = vessels if stage == "culture" else 1
        text += f'[[equipment]]\nid = "{stage}_unit"\ncount = {count}\nturnaround = "{cleaning} h"\n'
        text += STEP.format(id=stage, unit=f"{stage}_unit", time=f'"{hours} h"', operator="")
    file = tmp_path / "plant.toml"
    file.write_text(text, encoding="utf-8")
    results = xs.simulate(xs.load(file), replications=1)
    assert mean(results, "minimum_cycle_time") == pytest.approx(cycle, rel=1e-12)
    assert mean(results, "batches_per_year_bound") == pytest.approx(8766.0 / cycle, rel=1e-12)
    assert results.limiting_class() == name
    assert results.bottleneck()[2] == pytest.approx(cycle, rel=1e-12)
    reached = mean(results, "batches_per_year") / mean(results, "batches_per_year_bound")
    assert 0.97 <= reached <= 1.0 + cycle / 7000.0  # one batch more fits at the edge of the window


def test_waits_and_failures_are_not_planned(tmp_path: Path) -> None:
    """One person for ten vessels makes batches wait on them: the pace as planned does not know."""
    people = '[[personnel]]\nrole = "operator"\n[[failure]]\nid = "f"\nduring = "p0"\nprobability = 0.5\nconsequence = "repeat"\nlimit = 9\n'  # noqa: E501
    scenario = plain(
        tmp_path, [("a", '"5 h"')], {"a": 10}, turnaround="1 h", more=people, operator="operator",
        campaign='mode = "as_soon_as_possible"',
    )  # fmt: skip
    results = xs.simulate(scenario, replications=1)
    assert mean(results, "minimum_cycle_time") == pytest.approx(0.6, rel=1e-12)
    assert mean(results, "cycle_time") == pytest.approx(10.0, rel=0.1)


@pytest.mark.parametrize(("rule", "hours"), [("parallel", 2 * (2 * 5 + 4)), ("cycles", 3 * 5 + 4)])
def test_a_batch_too_large_for_one_unit(rule: str, hours: float) -> None:
    """Three times too large: on both units in two cycles, or three times on one."""
    stage = Stage(5.0, 2, 4.0, unit="u")
    procedure = replace(stage.procedure(0), when_too_large=rule, unit="u")
    recipe = Recipe((procedure,), CONTEXT)
    lots = Lots(recipe, lambda _: recipe, 3)
    plant = Plant((Equipment("u", 2, 4.0, size_limit=10.0),))
    with mock.patch.object(Lots, "size", lambda *_: 29.0):
        planned = planned_occupation(plant, (procedure,), lots, 3)
    assert planned == {"u": hours}


def test_a_batch_goes_on_on_the_units_that_it_holds() -> None:
    """First on one unit in three cycles, then there again although two would be free: 3 * 5 h, 3 * 5 h, one turnaround.

    The other way round it holds both: two cycles of 5 h on both, then two of them again, although asked for one.
    """
    stage = Stage(5.0, 2, 4.0, unit="u")
    rules: tuple[WhenTooLarge, ...] = ("cycles", "parallel")
    plant = Plant((Equipment("u", 2, 4.0, size_limit=10.0),))
    for order, hours in ((rules, 15 + 15 + 4), (rules[::-1], 2 * (10 + 10 + 4))):
        procedures = tuple(replace(stage.procedure(n), when_too_large=rule, unit="u") for n, rule in enumerate(order))
        recipe = Recipe(procedures, CONTEXT)
        lots = Lots(recipe, mock.Mock(return_value=recipe), 1)
        with mock.patch.object(Lots, "size", lambda *_: 29.0):
            assert planned_occupation(plant, procedures, lots, 1) == {"u": hours}


def test_changing_clothes_is_planned() -> None:
    """Half an hour before each attended phase is part of the occupation."""
    stage = Stage(unit="u", role="crew", phases=(Phase("a", 2.0), Phase("b", 8.0, attended=False), Phase("c", 1.0)))
    recipe = Recipe((stage.procedure(0),), CONTEXT)
    plant = Plant((Equipment("u", 1),), (Role("crew", 2, gowning=0.5),))
    assert planned_occupation(plant, recipe.procedures, Lots(recipe, lambda _: recipe, 1), 1) == {"u": 12.0}


def test_a_class_that_is_visited_twice_is_cleaned_twice(tmp_path: Path) -> None:
    """Two procedures in a row on one unit are one stay; a visit later on is another one."""
    steps = [("a", '"3 h"'), ("a", '"2 h"'), ("b", '"1 h"'), ("a", '"1 h"')]
    scenario = plain(tmp_path, steps, {"a": 2, "b": 1}, campaign='every = "24 h"', turnaround="4 h")
    assert mean(xs.simulate(scenario, replications=1), "minimum_cycle_time") == pytest.approx(7.0, rel=1e-12)


def test_a_plant_without_equipment_has_no_pace() -> None:
    """Then there is no bound, and a reason in its place."""
    window = Window(Run(0, [], [], 10.0, 0), Plant((Equipment("u", 1),)), 0.0)
    assert limiting_class(window)[0] == ""
    assert math.isnan(minimum_cycle_time(window)) and math.isnan(batches_per_year_bound(window))


def test_the_hash_of_a_log_sees_every_field() -> None:
    """Whole numbers and floats that are equal hash alike; any other change is seen."""
    log = [Event(1.5, 0, "a", "b", "begin", "u 1", "r", 2, "", 0.25), Event(2.0, 1)]
    known = log_hash(log)
    assert log_hash([event._replace(amount=float(event.amount)) for event in log]) == known
    changes = [{name: "x" if isinstance(log[0][index], str) else 7.5} for index, name in enumerate(Event._fields)]
    found = {log_hash([log[0]._replace(**change), log[1]]) for change in changes}
    assert len(found) == len(Event._fields)
    assert known not in found | {log_hash([]), log_hash(log[:1]), log_hash(log[::-1])}
    assert log_hash([log[0]._replace(time=np.nextafter(1.5, 2.0)), log[1]]) != known


RESOURCES = """
[[utility]]
id = "steam"
limit = "50 kg/h"
[[personnel]]
role = "operator"
headcount = 3
gowning = "30 min"
shifts = ["day"]
[calendar.shift.day]
days = ["Mon", "Tue", "Wed", "Thu", "Fri"]
from = 06:00:00
to = 20:00:00
[[failure]]
id = "seal"
unit = "a"
consequence = "wait"
between = { exponential = { mean = "9 h" } }
repair = "3 h"
"""


def test_time_balance_of_a_plant_that_breaks_down(tmp_path: Path) -> None:
    """Clothes and planned hours of every batch, and no hour of repair or of waiting for steam, is what was worked."""
    scenario = plain(
        tmp_path, [("a", '"5 h"'), ("b", '"2 h"')], {"a": 3, "b": 1}, horizon="8000 h", more=RESOURCES,
        campaign='every = "11 h"\nbatches = 60', operator="operator",
    )  # fmt: skip
    text = Path(scenario.source.name).read_text(encoding="utf-8")
    head, last = text.rsplit("[[unit_procedure]]", 1)
    head = head.replace('operation = "timed_step"', 'operation = "timed_step"\nutilities = { steam = "40 kg/h" }')
    Path(scenario.source.name).write_text(f"{head}[[unit_procedure]]{last}", encoding="utf-8")
    results = xs.simulate(xs.load(scenario.source.name), replications=2)
    events = {event.event for event in results.first.run.log}
    assert {"repaired", "utility", "down"} <= events
    assert mean(results, "batches_finished") == 60.0
    assert mean(results, "labor_touch_hours", "operator") == pytest.approx(
        60 * (5 + 2 + 2 * 0.5) * 8766 / 8000, rel=1e-6
    )
    assert mean(results, "minimum_cycle_time") == pytest.approx(2.5, rel=1e-12)
