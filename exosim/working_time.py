"""Working time: when a shift is on, and when a stretch of work that needs it ends.

All answers are arithmetic on sorted intervals: nothing is ever polled. Time is in hours after the start of the run.
"""

from __future__ import annotations

import bisect
import datetime
import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

Interval = tuple[float, float]
_DAY = 24.0
_SAME = 1e-9  # h


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift: the days of the week on which it starts (0 is Monday), and its hours of the day.

    A shift whose end is not after its start ends on the next day.
    """

    days: tuple[int, ...]
    start: float
    end: float

    @property
    def length(self) -> float:
        """Length of the shift [h]."""
        return (self.end - self.start) % _DAY or _DAY


@dataclass(frozen=True)
class WorkingTime:
    """The hours in which somebody works.

    Attributes
    ----------
    intervals : sorted, disjoint (from, to) in hours; None stands for always
    """

    intervals: tuple[Interval, ...] | None = None

    @cached_property
    def _starts(self) -> list[float]:
        return [start for start, _ in self.intervals or ()]

    @cached_property
    def _ends(self) -> list[float]:
        return [end for _, end in self.intervals or ()]

    @cached_property
    def _worked(self) -> list[float]:
        """Hours worked before each interval."""
        total, before = 0.0, []
        for start, end in self.intervals or ():
            before.append(total)
            total += end - start
        return before

    def next_start(self, now: float, hours: float = 0.0) -> float:
        """Return the earliest time from `now` at which work can start and go on for `hours` without a break.

        When no interval is that long, the earliest time at which work can start at all; infinity when there is none.
        """
        if self.intervals is None:
            return now
        first = math.inf
        for index in range(bisect.bisect_right(self._ends, now), len(self._ends)):
            start, end = self.intervals[index]
            begin = max(start, now)
            if begin >= end:
                continue
            first = min(first, begin)
            if end - begin >= hours - _SAME:
                return begin
            if hours > self.longest + _SAME:
                return first
        return first

    @cached_property
    def longest(self) -> float:
        """Length of the longest interval [h]."""
        return max((end - start for start, end in self.intervals or ()), default=0.0)

    def until(self, now: float) -> float:
        """Return when the interval in which `now` is ends; `now` itself outside working time."""
        if self.intervals is None:
            return math.inf
        index = bisect.bisect_right(self._starts, now) - 1
        return max(self._ends[index], now) if index >= 0 else now

    def finish(self, begin: float, hours: float) -> float:
        """Return when `hours` of work that starts at `begin` and pauses outside working time is done."""
        if self.intervals is None:
            return begin + hours
        target = self.worked(begin) + hours
        index = bisect.bisect_left(self._worked, target - _SAME) - 1  # work that ends with a shift ends there
        if index < 0:
            return begin
        end = self._starts[index] + target - self._worked[index]
        return max(begin, end) if end <= self._ends[index] + 2.0 * _SAME else math.inf

    def worked(self, until: float) -> float:
        """Return the working hours before `until`."""
        if self.intervals is None:
            return until
        index = bisect.bisect_right(self._starts, until) - 1
        if index < 0:
            return 0.0
        return self._worked[index] + min(until, self._ends[index]) - self._starts[index]


def working_time(
    shifts: Sequence[Shift], start: datetime.datetime, hours: float, closed: Iterable[datetime.date] = ()
) -> WorkingTime:
    """Return the working time of some shifts over a run.

    Parameters
    ----------
    shifts : the shifts; none stands for always
    start : date and time of hour 0
    hours : length of the run; intervals reach one week further
    closed : days on which no shift starts
    """
    return _working_time(tuple(shifts), start, hours, tuple(closed)) if shifts else WorkingTime()


@functools.lru_cache(maxsize=256)
def _working_time(
    shifts: tuple[Shift, ...], start: datetime.datetime, hours: float, closed: tuple[datetime.date, ...]
) -> WorkingTime:
    """Return the working time of some shifts; every replication of a run asks for the same."""
    midnight = datetime.datetime.combine(start.date(), datetime.time())
    offset = (start - midnight).total_seconds() / 3600.0
    shut = set(closed)
    found: list[Interval] = []
    for day in range(-1, math.ceil((hours + offset) / _DAY) + 8):
        date = midnight.date() + datetime.timedelta(days=day)
        if date in shut:
            continue
        for shift in shifts:
            if date.weekday() in shift.days:
                begin = day * _DAY + shift.start - offset
                found.append((begin, begin + shift.length))
    return WorkingTime(tuple(_joined(found)))


def _joined(intervals: Iterable[Interval]) -> Iterable[Interval]:
    """Yield the intervals sorted, with those that touch or overlap joined."""
    current: Interval | None = None
    for start, end in sorted(intervals):
        if current is not None and start <= current[1] + 1e-9:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current
