"""Breakdowns and maintenance: hand-computed timelines, who is harmed, and that units come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.plant import Breakdown, Maintenance, Role
from exosim.working_time import WorkingTime
from tests.facility.plants import (
    Ran,
    Setting,
    Stage,
    Times,
    always,
    attended,
    crew,
    everything_is_back,
    listed,
    most_at_once,
    shop,
    stays,
    told,
)

SKID = "skid"


def kind(
    between: Times, repair: float | Times = 3.0, clock: str = "operating", consequence: str = "wait", **named: Any
) -> Breakdown:
    """Return a kind of breakdown of the skid."""
    times = always(repair) if isinstance(repair, float) else repair
    return Breakdown(named.pop("id", "pump"), SKID, between, times, consequence, clock, **named)  # type: ignore[arg-type]


def skid(hours: Any, **named: Any) -> Stage:
    return Stage(hours, unit=SKID, **named)


def run(stages: list[Stage] | Stage, count: int, *kinds: Breakdown, **named: Any) -> Ran:
    ran = shop([stages] if isinstance(stages, Stage) else stages, count, Setting(breakdowns=kinds, **named))
    everything_is_back(ran)
    return ran


def test_work_goes_on_after_a_repair() -> None:
    """10 h of work, a breakdown after 4 h and 8 h of it, 3 h of repair each: 16 h."""
    ran = run(skid(10.0), 1, kind(always(4.0)))
    assert told(ran, "down", "repaired", "finished") == [
        (4.0, 0, "down", "skid 1", 3.0, "pump"),
        (11.0, 0, "down", "skid 1", 3.0, "pump"),
        (16.0, 0, "repaired", "skid 1", 6.0, ""),
        (16.0, 0, "finished", "", 0.0, ""),
    ]


def test_only_hours_of_work_age_a_unit_on_the_operating_clock() -> None:
    """Batches of 3 h every 100 h: the unit breaks after 7 h of work, 1 h into the third batch."""
    ran = run(skid(3.0), 4, kind(listed(7.0), 5.0), launches=[0.0, 100.0, 200.0, 300.0])
    assert told(ran, "down") == [(201.0, 2, "down", "skid 1", 5.0, "pump")]
    assert ran.ended() == [3.0, 103.0, 208.0, 303.0]


def test_all_hours_age_a_unit_on_the_calendar() -> None:
    """Down at 50 h for 10 h, while idle; at 110 h while at work; the batch started at 55 h waits until 60 h."""
    ran = run(skid(5.0), 3, kind(always(50.0), 10.0, "calendar"), launches=[0.0, 55.0, 107.0])
    assert told(ran, "down") == [(50.0, -1, "down", "skid 1", 10.0, "pump"), (110.0, 2, "down", "skid 1", 10.0, "pump")]
    assert ran.begun("p0") == [0.0, 60.0, 107.0]
    assert ran.ended() == [5.0, 65.0, 122.0]


@pytest.mark.parametrize(
    "consequence, limit, ended, disposition",
    [("wait", 1, 13.0, "finished"), ("repeat", 1, 17.0, "finished"), ("repeat", 0, 4.0, "rejected"),
     ("reject", 1, 4.0, "rejected")],
)  # fmt: skip
@pytest.mark.parametrize("clock", ["operating", "calendar"])
@pytest.mark.parametrize("people", [0, 1])
def test_what_follows(clock: str, consequence: str, limit: int, ended: float, disposition: str, people: int) -> None:
    """Down from 4 h to 7 h in 10 h of work: the rest, the whole of it, or nothing follows; people are let go once."""
    broken = kind(listed(4.0), 3.0, clock, consequence, limit=limit)
    ran = run(skid(10.0, people=people, role="crew"), 1, broken, roles=(crew(1),))
    assert ran.ended() == [ended] and ran.run.batches[0].disposition == disposition
    assert len(ran.by["begin"]) == len(ran.by["finish"]) == people * (2 if consequence == "repeat" and limit else 1)


def test_the_limit_counts_repeats_of_a_breakdown() -> None:
    """Each attempt of 10 h stops after 4 h and waits for 1 h of repair; the third is the last."""
    ran = run(skid(10.0), 1, kind(always(4.0), 1.0, consequence="repeat", limit=2))
    assert [time for time, *_ in told(ran, "down")] == [4.0, 9.0, 14.0]
    assert ran.ended() == [14.0] and ran.run.batches[0].disposition == "rejected"


def test_the_next_batch_waits_for_the_repair_that_a_lost_one_left() -> None:
    ran = run(skid(10.0, turnaround=1.0), 2, kind(listed(4.0), 3.0, consequence="reject"))
    assert ran.ended() == [4.0, 17.0] and ran.begun("p0") == [0.0, 7.0]


def test_a_batch_that_waits_for_people_is_not_harmed() -> None:
    """It has the unit from 0 h, people from 10 h; down from 2 h to 5 h costs nothing, from 9 h to 12 h costs 2 h."""
    late = Role("crew", 1, WorkingTime(((10.0, 100.0),)))
    for between, end in ((2.0, 14.0), (9.0, 16.0)):
        broken = kind(listed(between), 3.0, "calendar", "reject")
        ran = run(skid(4.0, people=1, role="crew"), 1, broken, roles=(late,))
        assert ran.ended() == [end] and ran.run.batches[0].disposition == "finished"
        assert sum(event.amount for event in ran.by["repaired"]) == max(end - 14.0, 0.0)


def test_a_breakdown_during_turnaround() -> None:
    """The unit is free when both are over: cleaning from 4 h to 10 h, repair from 5 h to 8 h or to 13 h."""
    for repair, begin in ((3.0, 10.0), (8.0, 13.0)):
        ran = run(skid(4.0, turnaround=6.0), 2, kind(listed(5.0), repair, "calendar"))
        assert ran.begun("p0") == [0.0, begin]


def test_a_service_waits_for_the_batch_and_its_cleaning() -> None:
    """Due at 5 h, in use until 8 h, cleaned until 9 h, serviced until 11 h; due again at 10 h, so until 13 h."""
    ran = run(skid(8.0, turnaround=1.0, maintenance=Maintenance(5.0, 2.0)), 2)
    assert told(ran, "maintenance")[:2] == [
        (9.0, -1, "maintenance", "skid 1", 2.0, ""),
        (11.0, -1, "maintenance", "skid 1", 2.0, ""),
    ]
    assert ran.begun("p0") == [0.0, 13.0]


def test_a_free_unit_is_serviced_on_time() -> None:
    ran = run(skid(1.0, maintenance=Maintenance(5.0, 2.0)), 2, launches=[0.0, 6.0])
    assert told(ran, "maintenance") == [(5.0, -1, "maintenance", "skid 1", 2.0, "")]
    assert ran.begun("p0") == [0.0, 7.0]


def test_the_units_of_a_class_are_serviced_in_turn() -> None:
    """Two units, each every ten hours: five hours apart, and the last waits for its unit."""
    ran = run(skid(1.0, count=2, maintenance=Maintenance(10.0, 2.0)), 2, launches=[0.0, 24.5])
    assert [(time, unit) for time, _, _, unit, *_ in told(ran, "maintenance")] == [
        (5.0, "skid 1"), (10.0, "skid 2"), (15.0, "skid 1"), (20.0, "skid 2"), (25.5, "skid 1"),
    ]  # fmt: skip


def test_two_kinds_of_breakdown_of_one_unit() -> None:
    """Pump after 4 h and 8 h of work, seal on the calendar at 6 h; never out for both at once: 10 + 2 + 3 + 2 h."""
    pump = kind(always(4.0), 2.0)
    seal = kind(listed(6.0), 3.0, "calendar", id="seal")
    ran = run(skid(10.0), 1, pump, seal)
    assert told(ran, "down") == [
        (4.0, 0, "down", "skid 1", 2.0, "pump"),
        (6.0, 0, "down", "skid 1", 3.0, "seal"),
        (13.0, 0, "down", "skid 1", 2.0, "pump"),
    ]
    assert ran.ended() == [17.0]


def test_a_breakdown_at_the_very_end_of_the_work_does_not_harm_it() -> None:
    """Whoever comes first at that moment: the work is complete, and the next batch waits for the repair."""
    for clock in ("operating", "calendar"):
        ran = run(skid(10.0), 2, kind(listed(10.0), 3.0, clock, "reject"))
        assert ran.ended() == [10.0, 23.0]
        assert [b.disposition for b in ran.run.batches] == ["finished"] * 2


def test_parallel_units_stand_still_together() -> None:
    """Three units of 2 m2 for 6 m2; the second breaks after 4 h: all stop, those that did not break do not age."""
    own = {"skid 1": 9.0, "skid 2": 4.0, "skid 3": 9.0}

    def between(unit: str, n: int) -> float:
        return own[unit] if n == 0 else 1e9

    stage = skid(10.0, count=3, size_limit=2.0, size=6.0, when_too_large="parallel")
    ran = run(stage, 1, kind(between, 3.0))
    assert told(ran, "down") == [
        (4.0, 0, "down", "skid 2", 3.0, "pump"),
        (12.0, 0, "down", "skid 1", 3.0, "pump"),
        (15.0, 0, "down", "skid 3", 3.0, "pump"),
    ]
    assert ran.ended() == [19.0]


def test_people_stay_for_the_repair_and_their_shift_ends() -> None:
    """8 h of work from 6 h, down from 9 h to 21 h, shift until 16 h and from 30 h: 5 h left until 35 h."""
    role = Role("crew", 1, WorkingTime(((6.0, 16.0), (30.0, 40.0))))
    ran = run(skid(8.0, people=1, role="crew"), 1, kind(listed(3.0), 12.0), roles=(role,))
    assert ran.ended() == [35.0]
    (finish,) = ran.by["finish"]
    assert [e.amount for e in ran.by["repaired"]] == [12.0]
    assert finish.waited == 9.0  # from the end of the repair at 21 h to the shift at 30 h


def test_a_calendar_breakdown_counts_working_hours_only() -> None:
    """Work from 6 h, off from 10 h to 20 h, down at 23 h: 7 of 8 h are done, the last follows the repair."""
    role = Role("crew", 1, WorkingTime(((6.0, 10.0), (20.0, 26.0))))
    ran = run(skid(8.0, people=1, role="crew"), 1, kind(listed(23.0), 2.0, "calendar"), roles=(role,))
    assert ran.ended() == [26.0]
    (finish,) = ran.by["finish"]
    assert finish.waited == pytest.approx(10.0)


def test_a_late_repair_gives_the_unit_back() -> None:
    """At times where one rounding error is larger than any fixed tolerance."""
    ran = run(skid(0.1), 2, kind(listed(1 / 3, 100_000.1 / 7), 7_777.7, "calendar"), launches=[0.0, 987_654.321])
    assert ran.ended() == [0.1, pytest.approx(987_654.421)]


def test_instant_repairs_only_count() -> None:
    ran = run(skid(10.0), 1, kind(always(3.0), 0.0))
    assert [time for time, *_ in told(ran, "down")] == [3.0, 6.0, 9.0] and ran.ended() == [10.0]


whole = st.integers(1, 9).map(float)


@st.composite
def breaking_lines(draw: st.DrawFn) -> tuple[list[Stage], int, Setting]:
    """Return a line of which every unit breaks down and is serviced."""
    count = draw(st.integers(1, 8))
    stages = [
        Stage(
            np.array(draw(st.lists(whole, min_size=count, max_size=count))),
            draw(st.integers(1, 2)),
            draw(whole) - 1.0,
            people=draw(st.integers(0, 2)),
            role="crew",
            maintenance=draw(st.sampled_from((None, Maintenance(17.0, 2.0)))),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    kinds = []
    for index in range(draw(st.integers(1, 4))):
        numbers = draw(st.lists(whole, min_size=5, max_size=5))
        kinds.append(
            Breakdown(
                f"k{index}",
                f"u{draw(st.integers(0, len(stages) - 1))}",
                lambda unit, n, numbers=numbers: 4.0 * numbers[(n + len(unit)) % 5],  # type: ignore[misc]
                lambda unit, n, numbers=numbers: numbers[(3 * n) % 5] - 1.0,  # type: ignore[misc]
                draw(st.sampled_from(("wait", "repeat", "reject"))),
                draw(st.sampled_from(("operating", "calendar"))),
                draw(st.integers(0, 2)),
            )
        )
    setting = Setting(
        launches=draw(st.lists(whole, min_size=count, max_size=count)),
        storage=draw(st.sampled_from(("unlimited", "none"))),
        roles=(Role("crew", 2, WorkingTime(tuple((24.0 * day, 24.0 * day + 14.0) for day in range(400)))),),
        breakdowns=tuple(kinds),
    )
    return stages, count, setting


@settings(max_examples=80, deadline=None)
@given(breaking_lines())
def test_whatever_breaks_everything_comes_back(line: tuple[list[Stage], int, Setting]) -> None:
    """A unit is out for one reason at a time, serves one batch at a time, and the same run gives the same log."""
    ran = shop(*line)
    everything_is_back(ran)
    out = [e for e in ran.run.log if e.event in ("down", "maintenance")]
    for unit in {e.unit for e in out}:
        assert most_at_once((e.time, e.time + e.amount, 1.0) for e in out if e.unit == unit) <= 1.0
        services = [(e.time, e.time + e.amount, 1.0) for e in out if e.unit == unit and e.event == "maintenance"]
        assert most_at_once([*services, *((b, e, 1.0) for b, e, _ in stays(ran)[unit])]) <= 1.0
    assert most_at_once(work[:3] for work in attended(ran)) <= 2.0
    assert len(ran.by["begin"]) == len(ran.by["finish"])
    assert all(event.waited >= 0.0 for event in ran.run.log)
    assert shop(*line).run.log == ran.run.log


def test_a_unit_that_breaks_again_while_its_people_come_back() -> None:
    """At 3 h one repair ends and the other clock strikes: work goes on after the second repair, not during it."""
    both = (
        Breakdown("operating", "u0", listed(1.0, 1.0, 1.0), listed(1.0, 1.0, 1.0)),
        Breakdown("calendar", "u0", listed(1.0, 1.0, 1.0), listed(1.0, 2.0, 1.0), clock="calendar"),
    )
    setting = Setting(roles=(Role("crew", 1, WorkingTime(((0.0, 15.0), (24.0, 39.0)))),), breakdowns=both)
    ran = shop([Stage(2.0, people=1, role="crew")], 1, setting)
    out = [(e.time, e.time + e.amount, 1.0) for e in ran.by["down"]]
    assert most_at_once(out) == 1.0
    assert ran.ended() == [6.0] and ran.by["repaired"][0].amount == 4.0
