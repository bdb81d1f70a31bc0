"""Working time against a calendar that looks at every minute."""

from __future__ import annotations

import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.working_time import Shift, WorkingTime, working_time

HOURS = 24 * 14
STEP = 0.25  # h; all times of the strategies are multiples of it


def is_on(shifts: list[Shift], start: datetime.datetime, closed: set[datetime.date], hour: float) -> bool:
    """Return whether somebody works in the quarter of an hour that begins at `hour`, from the calendar alone."""
    moment = start + datetime.timedelta(hours=hour)
    clock = moment.hour + moment.minute / 60.0
    for shift in shifts:
        for ago in (0, 1):  # a shift that began today, or yesterday and goes on after midnight
            date = moment.date() - datetime.timedelta(days=ago)
            since = clock + 24.0 * ago - shift.start
            if date.weekday() in shift.days and date not in closed and 0.0 <= since < shift.length:
                return True
    return False


quarters = st.integers(0, 95).map(lambda quarter: quarter * STEP)
shifts = st.lists(
    st.builds(
        Shift,
        days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
        start=quarters,
        end=quarters,
    ),
    min_size=1,
    max_size=3,
)
starts = st.tuples(st.integers(0, 6), quarters).map(
    lambda at: datetime.datetime(2026, 12, 28) + datetime.timedelta(days=at[0], hours=at[1])
)
holidays = st.sets(st.integers(-1, 22).map(lambda day: datetime.date(2026, 12, 28) + datetime.timedelta(days=day)))


def grid(given_shifts: list[Shift], start: datetime.datetime, closed: set[datetime.date]) -> list[bool]:
    """Return for every quarter of an hour whether somebody works, one week beyond the run."""
    return [is_on(given_shifts, start, closed, index * STEP) for index in range(int((HOURS + 168) / STEP))]


@given(shifts, starts, holidays, st.integers(0, int(HOURS / STEP)))
def test_worked_hours(
    given_shifts: list[Shift], start: datetime.datetime, closed: set[datetime.date], until: int
) -> None:
    """Hours are counted as the calendar counts them, over midnight, weekends and holidays."""
    found = working_time(given_shifts, start, HOURS, closed)
    on = grid(given_shifts, start, closed)
    counted = found.worked(until * STEP) - found.worked(0.0)
    assert counted == pytest.approx(STEP * sum(on[:until]), abs=1e-6)


@given(shifts, starts, holidays, st.integers(0, int(HOURS / STEP)), st.integers(1, 60))
def test_next_start(
    given_shifts: list[Shift], start: datetime.datetime, closed: set[datetime.date], now: int, quarters: int
) -> None:
    """Work starts at the first quarter from which enough of them follow without a break."""
    found = working_time(given_shifts, start, HOURS, closed)
    on = grid(given_shifts, start, closed)
    fits = [i for i in range(now, len(on) - quarters) if all(on[i : i + quarters])]
    begin = found.next_start(now * STEP, quarters * STEP)
    if fits:
        assert begin == pytest.approx(fits[0] * STEP, abs=1e-6)
    elif quarters * STEP > found.longest:
        first = next((i for i in range(now, len(on)) if on[i]), None)
        assert first is None or begin == pytest.approx(first * STEP, abs=1e-6)


@given(shifts, starts, holidays, st.integers(0, int(HOURS / STEP)), st.integers(1, 200))
def test_finish(
    given_shifts: list[Shift], start: datetime.datetime, closed: set[datetime.date], now: int, quarters: int
) -> None:
    """Work that pauses outside the shifts is done at the end of its last quarter, never at the next shift's start."""
    found = working_time(given_shifts, start, HOURS, closed)
    on = grid(given_shifts, start, closed)
    worked = [index for index in range(now, len(on)) if on[index]]
    if len(worked) < quarters:
        return
    assert found.finish(now * STEP, quarters * STEP) == pytest.approx((worked[quarters - 1] + 1) * STEP, abs=1e-6)


@given(shifts, starts, holidays, st.integers(0, int(HOURS / STEP)))
def test_left(given_shifts: list[Shift], start: datetime.datetime, closed: set[datetime.date], now: int) -> None:
    """What is left of a shift reaches to the first quarter in which nobody works."""
    found = working_time(given_shifts, start, HOURS, closed)
    on = grid(given_shifts, start, closed)
    off = next((index for index in range(now, len(on)) if not on[index]), len(on))
    if off < len(on):
        assert found.until(now * STEP) == pytest.approx(off * STEP, abs=1e-6)


@pytest.mark.parametrize("tenths", range(240))
def test_work_that_ends_with_a_shift_ends_there(tenths: int) -> None:
    """Rounding does not move the end of the last hour to the start of the next shift."""
    length = 7.3
    shift = Shift(tuple(range(7)), tenths / 10.0, (tenths / 10.0 + length) % 24.0)
    found = working_time([shift], datetime.datetime(2026, 1, 1, 3, 20), 900.0)
    assert found.intervals is not None
    for count in range(1, 25):
        assert found.finish(found.intervals[3][0], count * length) == pytest.approx(found.intervals[2 + count][1])


def test_a_phase_of_a_whole_shift_waits_for_a_whole_shift() -> None:
    """A shift that is shorter than its hours by rounding alone counts as long enough."""
    found = WorkingTime(((78.1, 86.1), (102.3, 110.3)))
    for hours in (8.0, 8.000000000000014):
        assert found.next_start(80.0, hours) == 102.3
        assert found.finish(102.3, hours) == pytest.approx(110.3)


def test_without_shifts_it_is_always_on() -> None:
    always = working_time([], datetime.datetime(2026, 1, 1), 100.0)
    assert always.intervals is None and always.next_start(3.0, 50.0) == 3.0
    assert always.finish(3.0, 50.0) == 53.0 and always.worked(7.0) == 7.0 and always.until(1e6) == math.inf


def test_after_the_last_shift_there_is_no_time() -> None:
    found = WorkingTime(((0.0, 8.0),))
    assert found.next_start(8.0) == math.inf
    assert found.finish(4.0, 5.0) == math.inf
    assert found.until(8.0) == 8.0 and found.until(-1.0) == -1.0


def test_touching_shifts_are_one() -> None:
    """Three shifts of eight hours make a day without a break, also over the weekend."""
    day, week = (0.0, 8.0, 16.0), tuple(range(7))
    found = working_time(
        [Shift(week, start, (start + 8.0) % 24.0) for start in day], datetime.datetime(2026, 1, 3), 200
    )
    assert found.intervals is not None and len(found.intervals) == 1
    assert found.next_start(5.0, 100.0) == 5.0
