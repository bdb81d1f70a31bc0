"""Why nobody is at work: the hours between shifts, weekends, holidays."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass

from exosim.attribution.causes import SAME
from exosim.working_time import WorkingTime

_DAY = 24.0
TOO_LONG = "too long for the rest of the shift"
"""What keeps work that may not be broken off from beginning within a shift."""


@dataclass(frozen=True)
class OffTime:
    """The calendar of a run, as far as it says why nobody works.

    Attributes
    ----------
    start : date and time of hour 0; None where days have no date
    closed : holidays and shutdowns
    """

    start: datetime.datetime | None = None
    closed: frozenset[datetime.date] = frozenset()

    def pieces(self, hours: WorkingTime, begin: float, end: float) -> Iterator[tuple[float, float, str]]:
        """Yield the stretches without working time between two moments: from, to, why."""
        for first, last in gaps(hours, begin, end):
            while first < last:
                midnight = self._midnight(first)
                until = min(last, midnight + _DAY)
                yield first, until, self._why(hours, midnight)
                first = until

    def free_days(self, begin: float, end: float) -> Iterator[tuple[float, float]]:
        """Yield weekends, holidays and shutdowns between two moments, day by day; none where days have no date."""
        midnight = self._midnight(begin)
        while self.start is not None and midnight < end:
            day = (self.start + datetime.timedelta(hours=midnight + _DAY / 2)).date()
            if day in self.closed or day.weekday() >= 5:
                yield max(midnight, begin), min(midnight + _DAY, end)
            midnight += _DAY

    def _midnight(self, hour: float) -> float:
        """Return when the day of an hour begins."""
        offset = 0.0 if self.start is None else self.start.hour + self.start.minute / 60.0 + self.start.second / 3600.0
        return math.floor((hour + offset + SAME) / _DAY) * _DAY - offset

    def _why(self, hours: WorkingTime, midnight: float) -> str:
        if hours.worked(midnight + _DAY) - hours.worked(midnight) > SAME:
            return "between shifts"
        if self.start is None:
            return "day off"
        day = (self.start + datetime.timedelta(hours=midnight + _DAY / 2)).date()
        if day in self.closed:
            return "holiday or shutdown"
        return "weekend" if day.weekday() >= 5 else "day off"


def gaps(hours: WorkingTime, begin: float, end: float) -> Iterator[tuple[float, float]]:
    """Yield the stretches outside working time between two moments."""
    if hours.intervals is None:
        return
    now = begin
    for first, last in hours.intervals:
        if last <= now:
            continue
        if first >= end:
            break
        if first > now:
            yield now, first
        now = last
    if now < end:
        yield now, end


def unfit(hours: WorkingTime, begin: float, end: float, work: float) -> Iterator[tuple[float, float]]:
    """Yield the working time between two moments in which too little of a shift is left for work of some hours.

    Work that is longer than every shift pauses between them and may begin at any time of one.
    """
    if hours.intervals is None or work > hours.longest + SAME:
        return
    for first, last in hours.intervals:
        if first >= end:
            break
        low, high = max(begin, first, last - work + SAME), min(end, last)
        if low < high:
            yield low, high
