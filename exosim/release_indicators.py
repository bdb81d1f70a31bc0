"""Indicators of the laboratory and of release: what becomes of lots after their recipe, and how long that takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from exosim import folds
from exosim.folds import folded
from exosim.product_indicators import YEAR
from exosim.records import Event
from exosim.release import DEVIATION, is_job

if TYPE_CHECKING:
    from exosim.window import Window

_NAN = float("nan")


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else _NAN


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else _NAN


@folded("mean(each)", folds.good)
def released_fraction(window: Window) -> float:
    """Return the share of the batches ended in the window that were released, with or without deviation."""
    return _mean([float(batch.good) for batch in window.ended])


@folded("count(each) * 8766 / hours", folds.ends_of_rejected, hours=folds.hours)
def failures_per_year(window: Window) -> float:
    """Return the batches that were lost or rejected, per year [1/year]."""
    return sum(batch.disposition == "rejected" for batch in window.ended) * YEAR / window.hours


def _stays(window: Window) -> Iterator[tuple[float, float, float]]:
    """Yield start, end of the recipe and availability of each lot whose doses may leave from within the window on."""
    for batch in window.run.batches:
        made, available = batch.manufactured, batch.available
        if made is None or available is None or batch.disposition == "rejected":
            continue
        if window.start <= available <= window.run.hours:
            yield batch.started, made, available


def release_times(window: Window) -> list[float]:
    """Return the time from the end of the recipe until doses may leave, of each lot of the window [h]."""
    return [available - made for _, made, available in _stays(window)]


@folded("median(each)", release_times)
def release_time(window: Window) -> float:
    """Return the median of the time from the end of the recipe until doses may leave [h]."""
    return _median(release_times(window))


@folded("quantile(each, 0.9)", release_times)
def release_time_p90(window: Window) -> float:
    """Return the 90 % quantile of the time from the end of the recipe until doses may leave [h]."""
    times = release_times(window)
    return float(np.quantile(times, 0.9)) if times else _NAN


def manufacturing_times(window: Window) -> list[float]:
    """Return the time from the start of a batch to the end of its recipe, of each lot of the window [h]."""
    return [made - started for started, made, _ in _stays(window)]


@folded("median(each)", manufacturing_times)
def manufacturing_time(window: Window) -> float:
    """Return the median of the time from the start of a batch to the end of its recipe [h]."""
    return _median(manufacturing_times(window))


def hours_in_quality(window: Window) -> list[float]:
    """Return the hours of the window that each lot spends between the end of its recipe and its disposition [h]."""
    end = window.run.hours
    made = [batch for batch in window.run.batches if batch.manufactured is not None]
    return [window.inside(b.manufactured or 0.0, b.ended if b.ended is not None else end) for b in made]


@folded("sum(each) / hours", hours_in_quality, hours=folds.hours)
def lots_in_quality(window: Window) -> float:
    """Return the mean number of lots between the end of their recipe and their disposition."""
    return sum(hours_in_quality(window)) / window.hours


def _in_window(window: Window) -> set[int]:
    return {batch.number for batch in window.ended}


@folded("mean(each)", folds.deviations)
def deviations_per_batch(window: Window) -> float:
    """Return the deviations per batch that ended in the window, those of results out of specification included."""
    return _mean([float(len(batch.deviations)) for batch in window.ended])


def retests(window: Window) -> float:
    """Return the retests of all batches that ended in the window."""
    ended = _in_window(window)
    return float(sum(e.event == "done" and e.phase != "" and e.batch in ended for e in window.run.log))


@folded("retests / count(each)", folds.ends, retests=retests)
def retests_per_batch(window: Window) -> float:
    """Return the retests per batch that ended in the window."""
    ended = _in_window(window)
    return retests(window) / len(ended) if ended else _NAN


@folded("mean(each)", folds.rejected_after_recipe)
def rejected_by_test(window: Window) -> float:
    """Return the share of the lots with a disposition in the window that quality rejected."""
    judged = [batch for batch in window.ended if batch.manufactured is not None]
    return _mean([float(batch.disposition == "rejected") for batch in judged])


RELEASE: Mapping[str, tuple[str, Callable[[Window], float]]] = {
    "released_fraction": ("1", released_fraction),
    "failures_per_year": ("1/year", failures_per_year),
    "rejected_by_test": ("1", rejected_by_test),
    "manufacturing_time": ("h", manufacturing_time),
    "release_time": ("h", release_time),
    "release_time_p90": ("h", release_time_p90),
    "lots_in_quality": ("1", lots_in_quality),
    "deviations_per_batch": ("1", deviations_per_batch),
    "retests_per_batch": ("1", retests_per_batch),
}
"""Indicators of a replication as a whole where lots are tested and released, with units."""


def _job(address: str) -> str:
    """Return the name of a job in tables: all closures of deviations are one."""
    return DEVIATION.rstrip(".") if address.startswith(DEVIATION) else address


def _jobs(window: Window) -> Iterator[tuple[str, Event, Event]]:
    """Yield each job that was done in the window, with the events at which it was ready and done."""
    asked = {(event.batch, event.procedure, event.phase): event for event in window.by_event["ask"]}
    for event in window.by_event["done"]:
        if event.time >= window.start:
            yield _job(event.procedure), asked[event.batch, event.procedure, event.phase], event


def job_time(window: Window) -> dict[str, float]:
    """Return the mean time from when a job of the laboratory or of quality is ready until it is done [h]."""
    hours: dict[str, list[float]] = defaultdict(list)
    for name, ready, done in _jobs(window):
        hours[name].append(done.time - ready.time)
    return {name: _mean(found) for name, found in hours.items()}


def job_waiting(window: Window) -> dict[str, float]:
    """Return the mean time for which a job waits for its people, their shift and its equipment [h]."""
    waited: dict[str, float] = defaultdict(float)
    done = {(ready.batch, ready.procedure, ready.phase): name for name, ready, _ in _jobs(window)}
    count: dict[str, int] = defaultdict(int)
    for name in done.values():
        count[name] += 1
    for event in window.by_event["begin"]:
        if is_job(event.procedure):
            name = done.get((event.batch, event.procedure, event.phase), "")
            waited[name] += event.waited
    return {name: waited[name] / number for name, number in count.items()}


def out_of_specification(window: Window) -> dict[str, float]:
    """Return the share of the first results of each attribute that are out of specification."""
    first: dict[tuple[int, str], bool] = {}
    for event in window.by_event["result"]:
        if event.time >= window.start:
            first.setdefault((event.batch, event.phase), event.note == "oos")
    found: dict[str, list[float]] = defaultdict(list)
    for (_, attribute), outside in first.items():
        found[attribute].append(float(outside))
    return {attribute: _mean(shares) for attribute, shares in found.items()}


OF_JOBS: Mapping[str, tuple[str, Callable[[Window], dict[str, float]]]] = {
    "job_time": ("h", job_time),
    "job_waiting": ("h", job_waiting),
    "out_of_specification": ("1", out_of_specification),
}
"""Indicators by job of the laboratory and of quality, and by attribute, with units."""


def release_headlines(window: Window) -> dict[str, float]:
    """Return the indicators of release; empty where no lot came to the end of a recipe with release after it."""
    return {name: indicator(window) for name, (_, indicator) in RELEASE.items()} if window.releases else {}


def release_by_job(window: Window) -> dict[str, dict[str, float]]:
    """Return the indicators by job; empty where there is no release."""
    return {name: indicator(window) for name, (_, indicator) in OF_JOBS.items()} if window.releases else {}
