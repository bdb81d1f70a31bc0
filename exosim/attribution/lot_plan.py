"""A lot as planned, beside how it went: the same procedures and jobs without waits, pauses, failures and retests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from exosim.attribution.causes import SAME, Span
from exosim.attribution.laboratory_jobs import Job
from exosim.attribution.line_path import PlannedStep
from exosim.attribution.lot_path import LotPath, before
from exosim.release import ASSAY, REVIEW

_OWN = frozenset({"test", "incubation", "review", "desk"})


def plan_of(path: LotPath, steps: Mapping[str, PlannedStep], made: float | None) -> list[Span]:
    """Return the critical path of a lot as planned, from the same start: as far as the lot came.

    Parameters
    ----------
    path : how it went
    steps : of its recipe, as planned
    made : when its recipe ended; None where it did not come so far
    """
    line, ends = _line(path, steps, finished=made is not None or not path.line)
    manufactured = line[-1].end if line else path.begin
    if made is None:
        return line
    batch, results = _reviews(path, made)
    tests = [_after(line, ends.get(job.sampled_after, manufactured), path, job) for job in _tests(path)]
    reviewed = line
    for job in batch:
        reviewed = _after(reviewed, manufactured if reviewed is line else reviewed[-1].end, path, job)
    longest = max([line, reviewed, *tests], key=lambda spans: spans[-1].end if spans else 0.0)
    for job in results:
        longest = _after(longest, longest[-1].end if longest else path.begin, path, job)
    return longest


def _line(path: LotPath, steps: Mapping[str, PlannedStep], finished: bool) -> tuple[list[Span], Mapping[str, float]]:
    """Return the recipe as planned, as far as the lot came in it, and when each procedure ends."""
    worked: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for span in path.line:
        worked[span.place][span.cause] += span.hours
    reached = [name for name in steps if name in worked or finished]
    now, found, ends = path.begin, list[Span](), dict[str, float]()
    for name in reached:
        step = steps[name]
        work = sum(hours for hours, _ in step.phases)
        gowning = step.gowning * sum(attended and hours > 0.0 for hours, attended in step.phases)
        for cause, hours in (("gowning", gowning), ("work", work)):
            if not finished and name == reached[-1]:
                hours = min(hours, worked[name][cause])
            if hours > 0.0:
                found.append(Span(now, now + hours, name, cause))
                now += hours
        ends[name] = now
    return found, ends


def _after(line: Sequence[Span], begin: float, path: LotPath, job: Job) -> list[Span]:
    """Return a chain of spans up to a moment, with a job as planned after it."""
    chain = [span for span in line if span.end <= begin + SAME]
    now = begin
    for span in _as_planned(path.beside[job.address], job):
        chain.append(Span(now, now + span.hours, span.place, span.cause))
        now += span.hours
    return chain


def _as_planned(spans: Iterable[Span], job: Job) -> list[Span]:
    """Return the own work and duration of a job, without waits and retests."""
    return [span for span in spans if span.cause in _OWN]


def _tests(path: LotPath) -> list[Job]:
    """Return the tests for which the lot waited: those that were over at its end, and one that it still waits for."""
    open_one = {span.place for span in path.critical}
    tests = [job for job in path.jobs if job.address.startswith(ASSAY)]
    return [job for job in tests if job.address in open_one or (job.ended is not None and job.ended <= path.end + SAME)]


def _reviews(path: LotPath, made: float) -> tuple[list[Job], list[Job]]:
    """Return the reviews that follow the end of the recipe, and those that follow the results, each in order."""
    reviews = [job for job in path.jobs if job.address.startswith(REVIEW) and job.asked is not None]
    reviews = sorted((job for job in reviews if (job.asked or 0.0) < path.end), key=lambda job: job.asked or 0.0)
    after_batch: list[Job] = []
    for job in reviews:
        last = before(job.asked or 0.0, [other for other in path.jobs if other is not job], made)
        at_once = last is None or abs((job.asked or 0.0) - made) <= SAME
        if at_once or (last in after_batch and last is not None and last.ended == job.asked):
            after_batch.append(job)
    return after_batch, [job for job in reviews if job not in after_batch]
