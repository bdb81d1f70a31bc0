"""The laboratory and quality assurance: what happens to a lot between its samples and its disposition.

Tests run from their samples on, closures of deviations and reviews of the batch record from the end of the recipe on,
all in parallel. When they are done, the remaining reviews follow one after the other, and then the disposition.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from exosim.facility.clock import Pause
from exosim.facility.job import Job, Task, do, withdraw
from exosim.parameter import Array
from exosim.records import Disposition, entry
from exosim.release import ASSAY, DEVIATION, REVIEW, Closure, Release, Review, TestPlan

if TYPE_CHECKING:
    from exosim.facility.batch import Batch
    from exosim.facility.line import Line
    from exosim.lot_results import LotResults, Reported

Steps = Generator[simpy.Event, Any, Any]
OUT_OF_SPECIFICATION = "out of specification"
"""What deviates when a result is outside its limits."""


class Dossier:
    """The open jobs of a lot and what they found.

    Attributes
    ----------
    verdicts : whether each test was passed, by assay; those that have ended
    """

    def __init__(self, batch: Batch, line: Line, release: Release) -> None:
        self.batch, self.line, self.release = batch, line, release
        self.verdicts: dict[str, bool] = {}
        self.jobs: dict[Job, None] = {}
        self._sampled: set[str] = set()
        self._closed = 0
        self._open = 0
        self._waited_for: simpy.Event | None = None
        self._ready: Callable[[], bool] = lambda: True
        self._confirming = 0

    def still(self) -> bool:
        """Return whether the lot has no disposition yet."""
        return self.batch.ended is None

    # -- samples and tests --------------------------------------------------------------------------------------------

    def sample(self, procedure: str) -> None:
        """Draw the samples that are due after a procedure, the first time that it ends, and begin their tests."""
        for plan in self.release.tests:
            if plan.sample_after == procedure and plan.id not in self._sampled:
                self._sampled.add(plan.id)
                self._note("sample", f"{ASSAY}{plan.id}", procedure)
                self._begin(self._test(plan), confirming=plan.confirmatory and self.release.conditional)

    def _test(self, plan: TestPlan) -> Steps:
        """Test a sample, and test again by the rule when a result is out of specification."""
        lane, address = self.batch.lane, f"{ASSAY}{plan.id}"
        found: list[Sequence[Reported]] = []
        while self.still():
            attempt = len(found)
            task = Task(
                address, f"retest {attempt}" if attempt else "", "", plan.analyst or "", plan.people,
                _of(plan.hands_on, lane), plan.unit or "", _of(plan.duration, lane),
            )  # fmt: skip
            yield from self._do(task)
            if not self.still():
                return
            found.append(self._results(plan.id, attempt))
            met = all(one.met for one in found[-1])
            if attempt == 0 and not met:
                self.deviates(address, OUT_OF_SPECIFICATION)
            if (attempt == 0 and met) or attempt >= plan.retests:
                break
            if attempt == 0:
                hours = _of(plan.investigation, lane)
                self._note("investigate", address, amount=hours)
                if hours > 0.0:
                    yield Pause(self.line.env, hours)
        self.verdicts[plan.id] = passed = self._passes(plan, found)
        self._note("verdict", address, note="pass" if passed else "fail")

    def _results(self, assay: str, attempt: int) -> Sequence[Reported]:
        """Note and return what a test reports; without an assay, the attributes that are known as they are."""
        known: LotResults | None = self.batch.production.results
        reported = () if known is None else known.of(self.batch.lane, assay, attempt, self.batch.contamination)
        address = f"{ASSAY}{assay}" if assay else ""
        for one in reported:
            self._note("result", address, one.attribute, amount=one.value, note="met" if one.met else "oos")
        return reported

    def _passes(self, plan: TestPlan, found: Sequence[Sequence[Reported]]) -> bool:
        """Return whether a lot passes a test by the rule for retests."""
        first, *again = found
        if not again:
            return all(one.met for one in first)
        if plan.rule == "mean":
            results = self.batch.production.results
            return results is None or all(
                results.meets(own[0].attribute, float(np.mean([one.value for one in own])))
                for own in zip(*found, strict=True)
            )
        combine = all if plan.rule == "all" else any
        return combine(all(one.met for one in results) for results in again)

    # -- deviations and reviews ---------------------------------------------------------------------------------------

    def deviates(self, address: str, what: str) -> None:
        """Note that something deviated in the laboratory; its closure begins when the recipe has ended."""
        self.batch.deviations.append(f"{address}: {what}")
        self._note("deviation", address, note=what)
        if self.batch.manufactured is not None:
            self._close_deviations()

    def _close_deviations(self) -> None:
        while self._closed < len(self.batch.deviations):
            self._closed += 1
            if self.release.closure is not None:
                self._begin(self._closure(self.release.closure, self._closed))

    def _closure(self, closure: Closure, number: int) -> Steps:
        name, what = f"batch {self.batch.number}", self.batch.deviations[number - 1]
        hours = closure.hands_on(name, number - 1), closure.duration(name, number - 1)
        yield from self._do(Task(f"{DEVIATION}{number}", "", what, closure.role or "", 1, hours[0], "", hours[1]))

    def _reviews(self, after: str) -> Steps:
        """Take the steps of the review one after the other."""
        for review in self.release.reviews:
            if review.after == after and self.still():
                yield from self._review(review)

    def _review(self, review: Review) -> Steps:
        lane = self.batch.lane
        hours = _of(review.hands_on, lane), _of(review.duration, lane)
        yield from self._do(Task(f"{REVIEW}{review.id}", "", "", review.role or "", 1, hours[0], "", hours[1]))

    # -- the end ------------------------------------------------------------------------------------------------------

    def close(self) -> Steps:
        """Take a lot from the end of its recipe to its disposition, which is returned."""
        batch, env = self.batch, self.line.env
        self._note("manufactured")
        as_it_is = self._results("", 0)
        passed = all(one.met for one in as_it_is)
        if not passed:
            self.deviates("specification", OUT_OF_SPECIFICATION)
        self._close_deviations()
        self._begin(self._reviews("batch"))
        yield from self._until(lambda: self._open == self._confirming)
        yield from self._reviews("results")
        passed = passed and all(self.verdicts.values())
        if passed and self._open:
            batch.available = env.now
            self._note("conditional")
            yield from self._until(lambda: self._open == 0 or not all(self.verdicts.values()))
            if not all(self.verdicts.values()):
                passed = False
                self._note("recalled")
                yield from self._until(lambda: self._open == 0)
        if not passed:
            return "rejected"
        if batch.available is None:
            batch.available = env.now
        disposition: Disposition = "released_with_deviation" if batch.deviations else "released"
        return disposition

    def _until(self, ready: Callable[[], bool]) -> Steps:
        """Wait until enough jobs are done."""
        if not ready():
            self._ready, self._waited_for = ready, simpy.Event(self.line.env)
            yield self._waited_for

    def _begin(self, steps: Steps, *, confirming: bool = False) -> None:
        self._open += 1
        self._confirming += confirming
        self.line.env.process(self._counted(steps, confirming))

    def _counted(self, steps: Steps, confirming: bool) -> Steps:
        yield from steps
        self._open -= 1
        self._confirming -= confirming
        if self._waited_for is not None and self._ready():
            event, self._waited_for = self._waited_for, None
            event.succeed()

    def _do(self, task: Task) -> Steps:
        job = Job(self.batch)
        job.process = self.line.env.active_process
        self.jobs[job] = None
        yield from do(job, self.line, task, self.still)
        self.jobs.pop(job, None)

    def drop(self) -> None:
        """Give up what is still open, now that the lot has its disposition; work that has begun is ended."""
        for job in self.jobs:
            if job.waits_for is not None:
                withdraw(job, self.line)
        self.jobs.clear()

    def _note(self, event: str, procedure: str = "", phase: str = "", amount: float = 0.0, note: str = "") -> None:
        line = self.line
        line.log.append(entry((line.env.now, self.batch.number, procedure, phase, event, "", "", amount, note, 0.0)))


def _of(value: Array, lane: int) -> float:
    """Return the value of one batch."""
    if not isinstance(value, np.ndarray):
        return float(value)
    array = value.ravel()
    return float(array[lane] if array.size > 1 else array[0])
