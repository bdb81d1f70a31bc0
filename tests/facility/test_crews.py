"""People: nobody works outside the shift, a phase that fits is not broken, one that is too long pauses."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import ModelError
from exosim.operations.base import Phase
from exosim.plant import Failure
from exosim.working_time import Shift, WorkingTime, working_time
from tests.facility.plants import Ran, Setting, Stage, attended, crew, everything_is_back, most_at_once, shop
from tests.test_working_time import HOURS, STEP, grid, holidays, quarters, shifts, starts

DAILY = working_time([Shift(tuple(range(7)), 8.0, 16.0)], datetime.datetime(2026, 1, 5), 2000.0)
WEEKDAYS = working_time([Shift((0, 1, 2, 3, 4), 8.0, 16.0)], datetime.datetime(2026, 1, 5), 2000.0)


@settings(max_examples=150)
@given(st.data())
def test_nobody_works_outside_the_shift(data: st.DataObject) -> None:
    """Compared quarter by quarter with a calendar that knows nothing of the engine."""
    given_shifts, start, closed = data.draw(shifts), data.draw(starts), data.draw(holidays)
    found = working_time(given_shifts, start, HOURS, closed)
    on = grid(given_shifts, start, closed)
    count = data.draw(st.integers(1, 6))
    hours = np.array(data.draw(st.lists(st.integers(0, 50), min_size=count, max_size=count))) * STEP
    stages = [Stage(hours, 2, people=data.draw(st.integers(1, 2)), role="crew"), Stage(1.5, people=1, role="crew")]
    launches = data.draw(st.lists(quarters, min_size=count, max_size=count))
    setting = Setting(launches, roles=(crew(2, found),), horizon=float(HOURS))
    ran = shop(stages, count, setting)
    for begin, end, _, _ in attended(ran):
        first, last = round(begin / STEP), round(end / STEP)
        assert abs(first * STEP - begin) < 1e-6 and abs(last * STEP - end) < 1e-6
        assert on[first], f"begins at {begin}, out of the shift"
        assert on[last - 1], f"ends at {end}, out of the shift"
    asked = {("p0", n): hours[n] for n in range(count)} | {("p1", n): 1.5 for n in range(count)}
    begun = {(e.procedure, e.batch): e.time for e in ran.by["begin"]}
    for event in ran.by["finish"]:
        key = event.procedure, event.batch
        stretch = on[round(begun[key] / STEP) : round(event.time / STEP)]
        assert sum(stretch) * STEP == pytest.approx(asked[key])
        if asked[key] <= found.longest:
            assert all(stretch), "a phase that fits into a shift was broken"
    assert most_at_once(work[:3] for work in attended(ran)) <= 2.0


def test_a_phase_that_does_not_fit_today_begins_tomorrow() -> None:
    """Five hours of work that could begin at 13:00 wait for the next morning."""
    ran = shop([Stage(5.0, people=1, role="crew")], 1, Setting([13.0], roles=(crew(1, DAILY),)))
    assert attended(ran) == [(32.0, 37.0, 1, "crew")]


def test_a_phase_longer_than_a_shift_pauses() -> None:
    """Twenty hours from 14:00 on Friday: two, then eight on Monday, eight on Tuesday, two on Wednesday."""
    ran = shop([Stage(20.0, people=1, role="crew")], 1, Setting([4 * 24 + 14.0], roles=(crew(1, WEEKDAYS),)))
    assert attended(ran) == [(110.0, 9 * 24 + 10.0, 1, "crew")]
    everything_is_back(ran)


def test_a_phase_as_long_as_a_shift_fits() -> None:
    ran = shop([Stage(8.0, people=1, role="crew")], 3, Setting([9.0] * 3, roles=(crew(1, DAILY),)))
    assert [(begin, end) for begin, end, _, _ in attended(ran)] == [(32.0, 40.0), (56.0, 64.0), (80.0, 88.0)]


def test_what_is_not_attended_runs_at_night() -> None:
    parts = (
        Phase("prepare", 1.0),
        Phase("run", 30.0, attended=False),
        Phase("clear", 2.0, operators=2),
        Phase("look", 1.0, operators=0),
    )
    ran = shop([Stage(phases=parts, role="crew")], 1, Setting([12.0], roles=(crew(2, DAILY),)))
    assert attended(ran) == [(12.0, 13.0, 1, "crew"), (56.0, 58.0, 2, "crew")]
    assert ran.ended() == [59.0]


def test_a_shift_that_ended_long_ago_does_not_stretch_today() -> None:
    """Ten hours fit into the first shift only; later they pause instead of going on after the shift."""
    hours = WorkingTime(((0.0, 12.0), (24.0, 32.0), (48.0, 56.0)))
    ran = shop([Stage(10.0, people=1, role="crew")], 1, Setting([20.0], roles=(crew(1, hours),)))
    assert attended(ran) == [(24.0, 50.0, 1, "crew")]


def who_works(ran: Ran) -> list[int]:
    return [event.batch for event in ran.by["begin"]]


def test_the_shift_starts_with_who_came_first() -> None:
    """The second batch is still in the queue when the shift ends; a third one that came later does not pass it."""
    hours = np.array([3.0, 2.0, 2.0])
    setting = Setting([13.0, 13.5, 14.5], roles=(crew(1, DAILY),))
    ran = shop([Stage(hours, 3, people=1, role="crew")], 3, setting)
    assert who_works(ran) == [0, 1, 2]
    assert attended(ran) == [(13.0, 16.0, 1, "crew"), (32.0, 34.0, 1, "crew"), (34.0, 36.0, 1, "crew")]


def test_the_shift_starts_with_who_has_priority() -> None:
    """Who was started first is served first in the morning, although it asked for people last."""
    before = Stage(np.array([9.0, 6.0, 3.0]), 3)
    for priority, expected in (("fifo", [2, 1, 0]), ("oldest", [0, 1, 2])):
        setting = Setting([16.0, 16.5, 17.0], priority=priority, roles=(crew(1, DAILY),))
        ran = shop([before, Stage(1.0, 3, people=1, role="crew")], 3, setting)
        assert who_works(ran) == expected


def test_who_fits_today_passes_who_must_wait_for_tomorrow() -> None:
    """Four hours at 13:00 must wait; one hour at 14:00 need not wait with them."""
    setting = Setting([13.0, 14.0], roles=(crew(1, DAILY),))
    ran = shop([Stage(np.array([4.0, 1.0]), 2, people=1, role="crew")], 2, setting)
    assert attended(ran) == [(14.0, 15.0, 1, "crew"), (32.0, 36.0, 1, "crew")]


def test_two_people_at_once_are_not_passed_by_one() -> None:
    """A batch that needs two people has them when the first lets go, not when nobody else wants one."""
    stages = [Stage(np.array([4.0, 4.0, 4.0, 4.0]), 4, people=1, role="crew")]
    both = Stage(1.0, people=2, role="crew", unit="")
    ran = shop([stages[0], both], 4, Setting([0.0, 2.0, 3.0, 3.0], roles=(crew(2),)))
    found = [(event.time, event.batch, event.procedure) for event in ran.by["begin"]]
    assert found[:4] == [(0.0, 0, "p0"), (2.0, 1, "p0"), (4.0, 2, "p0"), (6.0, 3, "p0")]
    assert found[4:] == [(10.0, 0, "p1"), (11.0, 1, "p1"), (12.0, 2, "p1"), (13.0, 3, "p1")]
    everything_is_back(ran)


def test_nobody_passes_who_waits_for_two() -> None:
    """The batch that needs two comes before one that needs one and asked later, though one is free."""
    people = [
        Stage(np.array([4.0, 0.0, 0.0]), 3, people=1, role="crew"),
        Stage(np.array([0.0, 2.0, 0.0]), 3, people=2, role="crew"),
        Stage(np.array([0.0, 0.0, 1.0]), 3, people=1, role="crew"),
    ]
    ran = shop(people, 3, Setting([0.0, 1.0, 2.0], roles=(crew(2),)))
    assert [(event.time, event.batch) for event in ran.by["begin"]] == [(0.0, 0), (4.0, 1), (6.0, 2)]


def test_more_people_than_there_are_is_an_error() -> None:
    """Otherwise the batch would wait for ever without a word."""
    with pytest.raises(ModelError, match=r"personnel\.crew\.headcount: 3 people are needed at once; got 2"):
        shop([Stage(1.0, people=3, role="crew")], 1, Setting(roles=(crew(2),)))


@pytest.mark.parametrize("hours", [2.0, 5.0, 9.0])
def test_the_end_of_the_calendar(hours: float) -> None:
    """Without a horizon it is an error; with one, what would be done later is unfinished and nothing more."""
    stage, roles = Stage(hours, people=1, role="crew"), (crew(1, WorkingTime(((0.0, 8.0),))),)
    with pytest.raises(ModelError, match=r"batches are not finished, and nothing happens any more after . h"):
        shop([stage], 9, Setting(roles=roles))
    ran = shop([stage], 9, Setting(roles=roles, horizon=24.0))
    assert len(ran.by["finished"]) == int(8.0 // hours)


def test_an_attempt_that_fails_is_work_too() -> None:
    """It needs people and their shift like any other, for as long as it goes on."""
    failure = Failure("error", "p0", "repeat", probability=1.0, repair=1.0, limit=1)
    setting = Setting([14.0], failures=(failure,), roles=(crew(1, DAILY),))
    ran = shop([Stage(4.0, people=1, role="crew")], 1, setting)
    assert attended(ran) == [(32.0, 36.0, 1, "crew"), (56.0, 60.0, 1, "crew")]
    assert ran.run.batches[0].disposition == "rejected"
    everything_is_back(ran)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.sampled_from(("repeat", "reject")))
def test_an_attempt_works_until_it_fails(seed: int, consequence: str) -> None:
    """What is worked over all attempts is the time to each failure, and the whole phase at last."""
    failure = Failure("error", "p0", consequence, rate=0.1, limit=1000)  # type: ignore[arg-type]
    parts = (Phase("a", 3.0), Phase("b", 4.0, attended=False), Phase("c", 2.0))
    ran = shop([Stage(phases=parts, role="crew")], 1, Setting(failures=(failure,), roles=(crew(),), seed=seed))
    spans = np.diff([0.0, *(event.time for event in ran.by["failure"]), *ran.ended()]) if ran.by["failure"] else [9.0]
    worked = sum(min(span, 3.0) + max(span - 7.0, 0.0) for span in spans)
    assert math.isclose(sum(end - begin for begin, end, _, _ in attended(ran)), worked, abs_tol=1e-9)
    assert all(span <= 9.0 + 1e-9 for span in spans)
