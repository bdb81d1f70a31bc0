"""Indicators of runs that several batches share: how many there are, how full they are, and what leaves in a day."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exosim import folds
from exosim.folds import folded
from exosim.product_indicators import YEAR
from exosim.records import Event

if TYPE_CHECKING:
    from exosim.window import Window

_DAY = 24.0  # h


@dataclass(slots=True)
class _Shared:
    """A run that batches share: of which procedure, since when, how many batches fit and take part."""

    procedure: str
    begin: float
    usable: float
    filled: int = 0


def _shared_runs(window: Window) -> Iterator[_Shared]:
    """Yield the shared runs that begin in the window."""
    last: dict[tuple[str, int], _Shared] = {}
    found: list[_Shared] = []
    for event in window.by_event["run"]:
        key = event.procedure, _leader(event)
        if event.batch == key[1]:
            last[key] = _Shared(event.procedure, event.time, event.amount)
            found.append(last[key])
        last[key].filled += 1
    return (run for run in found if run.begin >= window.start)


def _leader(event: Event) -> int:
    """Return the number of the batch that leads a run."""
    return int(event.note) - 1


def runs(window: Window) -> dict[str, float]:
    """Return the runs per year of each procedure whose runs batches share [1/year]."""
    count: dict[str, int] = defaultdict(int)
    for run in _shared_runs(window):
        count[run.procedure] += 1
    return {procedure: number * YEAR / window.hours for procedure, number in count.items()}


def run_filling(window: Window) -> dict[str, float]:
    """Return the mean share of the places for batches that are filled, by procedure whose runs batches share."""
    shares: dict[str, list[float]] = defaultdict(list)
    for run in _shared_runs(window):
        shares[run.procedure].append(run.filled / run.usable)
    return {procedure: math.fsum(found) / len(found) for procedure, found in shares.items()}


def working_days(window: Window) -> float:
    """Return the days of the window on which somebody works, each 24 h from the start of the run [day].

    Of a day that lies in the window in part, as much counts as of its working hours. Where nobody has shifts, every
    day is one.
    """
    calendars = [role.hours.worked for role in window.plant.roles if role.hours.intervals is not None]
    if not calendars:
        return window.hours / _DAY
    days = 0.0
    for day in range(math.floor(window.start / _DAY), math.ceil(window.run.hours / _DAY)):
        begin, end = day * _DAY, (day + 1) * _DAY
        first, last = max(begin, window.start), min(end, window.run.hours)
        whole = math.fsum(worked(end) - worked(begin) for worked in calendars)
        days += math.fsum(worked(last) - worked(first) for worked in calendars) / whole if whole > 0.0 else 0.0
    return days


@folded("finished * 24 / hours", finished=folds.finished, hours=folds.hours)
def batches_per_day(window: Window) -> float:
    """Return the batches that ended well, per calendar day [1/day]."""
    return folds.finished(window) * _DAY / window.hours


@folded("finished / days", finished=folds.finished, days=working_days)
def batches_per_working_day(window: Window) -> float:
    """Return the batches that ended well, per day on which somebody works [1/day]; NaN where there is no such day."""
    days = working_days(window)
    return folds.finished(window) / days if days > 0.0 else math.nan


SHARED: Mapping[str, tuple[str, Callable[[Window], float]]] = {
    "batches_per_day": ("1/day", batches_per_day),
    "batches_per_working_day": ("1/day", batches_per_working_day),
}
"""Indicators of a replication as a whole where batches share runs, with units."""
BY_RUN: Mapping[str, tuple[str, Callable[[Window], dict[str, float]]]] = {
    "runs": ("1/year", runs),
    "run_filling": ("1", run_filling),
}
"""Indicators by procedure whose runs batches share, with units; empty where there is none."""


def shared_headlines(window: Window) -> dict[str, float]:
    """Return the indicators of the whole that belong to shared runs; empty where there are none."""
    return {name: indicator(window) for name, (_, indicator) in SHARED.items()} if window.by_event["run"] else {}
