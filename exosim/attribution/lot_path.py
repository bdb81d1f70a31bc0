"""The way of one lot through line and laboratory: its critical path, span by span, and what ran beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from exosim.attribution.causes import SAME, Span, clipped, joined
from exosim.attribution.laboratory_jobs import Job, JobSpans, jobs_of
from exosim.attribution.line_path import LinePath, Route
from exosim.attribution.waits import LotWaits
from exosim.records import BatchRecord, Event
from exosim.release import DEVIATION


@dataclass(frozen=True)
class LotPath:
    """How the time of a lot went.

    Attributes
    ----------
    begin, end : of its lead time, hours after the start of the run
    critical : the spans of the critical path: they follow each other without a gap from `begin` to `end`
    line : the spans of the recipe
    jobs : those of the laboratory
    beside : the spans of each job, by its address; those on the critical path, too
    """

    begin: float
    end: float
    critical: Sequence[Span]
    line: Sequence[Span]
    jobs: Sequence[Job] = ()
    beside: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    @property
    def lead_time(self) -> float:
        """From the start of the lot to its end [h]."""
        return self.end - self.begin


def lot_path(lot: BatchRecord, own: Sequence[Event], route: Route, waits: LotWaits) -> LotPath:
    """Return how the time of a lot went.

    Parameters
    ----------
    lot : how it ended
    own : its events, in order
    route, waits : what it follows, and what explains its waits
    """
    line = LinePath(own, route, waits).spans()
    end = _end_of(lot, route.end)
    jobs = jobs_of(own)
    spans = JobSpans(route, waits, lot.number)
    beside = {job.address: spans.spans(job) for job in jobs}
    critical = _back_from(end, lot, jobs, beside, line)
    return LotPath(lot.started, end, critical, line, jobs, beside)


def _end_of(lot: BatchRecord, end: float) -> float:
    """Return when the lead time of a lot ends: when doses may leave, or when the lot or the run is over."""
    if lot.good and lot.available is not None:
        return lot.available
    return end if lot.ended is None else lot.ended


def _back_from(
    end: float, lot: BatchRecord, jobs: Sequence[Job], beside: Mapping[str, Sequence[Span]], line: Sequence[Span]
) -> list[Span]:
    """Return the critical path: back from the end through the job that ended last before each step, to the start."""
    found: list[Span] = []
    now, made = end, lot.manufactured
    left = list(jobs) if made is not None and made <= end else []
    current = _still_open(left) if lot.ended is None else None
    deviation: Job | None = None
    while True:
        current = current or _cause_of(deviation, left, made) or before(now, left, made)
        if current is None or current.asked is None:
            return joined([*_filled(line, lot.started, now), *found])
        left.remove(current)
        found = [*_filled(beside[current.address], current.asked, now), *found]
        now = current.asked
        if current.sampled is not None:
            return joined([*_filled(line, lot.started, now), *found])
        deviation = current if current.address.startswith(DEVIATION) else None
        current = None


def _filled(spans: Sequence[Span], begin: float, end: float) -> list[Span]:
    """Return spans between two moments; what is missing at the end is unexplained."""
    cut = clipped(spans, begin, end)
    last = cut[-1] if cut else Span(begin, begin, "", "unexplained")
    return [*cut, Span(last.end, end, last.place, "unexplained")] if end - last.end > SAME else cut


def before(now: float, jobs: Sequence[Job], made: float | None) -> Job | None:
    """Return the job that ended last before a moment; None where the recipe ended after them all.

    Parameters
    ----------
    made : when the recipe ended
    """
    begun = -1.0 if made is None else made
    ended = [job for job in jobs if job.ended is not None and begun <= job.ended <= now + SAME]
    return max(ended, key=lambda job: (job.ended or 0.0, job.asked or 0.0), default=None)


def _cause_of(deviation: Job | None, jobs: Sequence[Job], made: float | None) -> Job | None:
    """Return the test whose result deviated, where the closure of a deviation began with it."""
    if deviation is None or deviation.asked is None or made is None or deviation.asked <= made + SAME:
        return None
    asked, address = deviation.asked, deviation.note.partition(": ")[0]
    of_it = (job for job in jobs if job.address == address)
    return next((job for job in of_it if any(abs(done - asked) <= SAME for done in job.moments)), None)


def _still_open(jobs: Sequence[Job]) -> Job | None:
    """Return the job that has been open longest at the end of the run."""
    still = [job for job in jobs if job.ended is None and job.asked is not None]
    return min(still, key=lambda job: job.asked or 0.0, default=None)
