"""The jobs of one lot in the laboratory and in quality: each as spans with one cause, told from the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from exosim.attribution.causes import Span, joined
from exosim.attribution.holders import Holding, class_of, shares
from exosim.attribution.line_path import Route
from exosim.attribution.waits import LotWaits, Wait
from exosim.records import Event
from exosim.release import ASSAY, DEVIATION, REVIEW, is_job

_AS_STAFF = {"people": "analysts", "unit": "instrument", "unit_out": "instrument", "turnaround": "instrument"}


@dataclass(slots=True)
class Test:
    """One time that a job was done: the first or a retest; times in hours after the start of the run, or None.

    Attributes
    ----------
    phase : empty, or ``retest 1`` and so on
    ask, begin, finish, done : asked for, people from and to, and over
    role, unit : who did it, on what
    """

    phase: str
    ask: float
    begin: float | None = None
    finish: float | None = None
    done: float | None = None
    role: str = ""
    unit: str = ""


@dataclass(slots=True)
class Job:
    """A job in the laboratory.

    Attributes
    ----------
    address : such as ``assay.sterility``
    sampled, sampled_after : when and after which procedure its sample was drawn; None and empty where it has none
    tests : each time that it was done, in order
    investigations : from when for how many hours results out of specification were investigated
    ended : when it was over, retests included; None while it runs
    note : what a closed deviation was about, verdict of an assay
    """

    address: str
    sampled: float | None = None
    sampled_after: str = ""
    tests: list[Test] = field(default_factory=list)
    investigations: list[tuple[float, float]] = field(default_factory=list)
    ended: float | None = None
    note: str = ""

    @property
    def moments(self) -> list[float]:
        """When each time that it was done was over: a deviation follows from a result, whatever a retest says."""
        return [test.done for test in self.tests if test.done is not None]

    @property
    def asked(self) -> float | None:
        """When it began: when its sample was drawn, or when it was asked for."""
        if self.sampled is not None:
            return self.sampled
        return self.tests[0].ask if self.tests else None


def jobs_of(own: Sequence[Event]) -> list[Job]:
    """Return the jobs of a batch, in the order in which they came up.

    Parameters
    ----------
    own : the events of the batch, in order
    """
    jobs: dict[str, Job] = {}
    for event in own:
        if is_job(event.procedure):
            _tell(jobs.setdefault(event.procedure, Job(event.procedure)), event)
    for job in jobs.values():
        verdict = job.address.startswith(ASSAY) and job.ended is None
        if not verdict and job.ended is None and job.tests and job.tests[-1].done is not None:
            job.ended = job.tests[-1].done
    return list(jobs.values())


def _tell(job: Job, event: Event) -> None:
    """Note what an event tells of its job."""
    test = next((test for test in reversed(job.tests) if test.phase == event.phase), None)
    if event.event == "sample":
        job.sampled, job.sampled_after = event.time, event.phase
    elif event.event == "ask":
        job.tests.append(Test(event.phase, event.time))
        job.note = job.note or event.note
    elif event.event == "begin" and test is not None:
        test.begin, test.role, test.unit = event.time, event.role, event.unit
    elif event.event == "finish" and test is not None:
        test.finish = event.time
    elif event.event == "done" and test is not None:
        test.done = event.time
    elif event.event == "investigate":
        job.investigations.append((event.time, event.amount))
    elif event.event == "verdict":
        job.ended, job.note = event.time, event.note


class JobSpans:
    """Cuts the time of jobs into spans.

    Parameters
    ----------
    route : calendar, holders and end of the run
    waits : explains what jobs waited for
    batch : number of the lot
    """

    def __init__(self, route: Route, waits: LotWaits, batch: int) -> None:
        self._route, self._waits, self._batch = route, waits, batch

    def spans(self, job: Job) -> list[Span]:
        """Return the time of a job from its sample, or from when it was asked for, to its end or that of the run."""
        end = self._route.end if job.ended is None else job.ended
        now = job.asked
        if now is None:
            return []
        found: list[Span] = []
        for test in job.tests:
            found += self._between(job, now, test.ask)
            found += self._test(job, test, end)
            now = max(now, end if test.done is None else test.done)
        return joined([*found, *self._between(job, now, end)])

    def _between(self, job: Job, begin: float, end: float) -> Iterator[Span]:
        """Yield what lies between two tests, or before and after them: investigations."""
        looked_into = [
            Holding(first, first + hours, "investigation", job.address) for first, hours in job.investigations
        ]
        if end <= begin:
            return
        for piece in shares(begin, end, looked_into, ("investigation",)):
            known = isinstance(piece, Holding)
            first, last = (piece.begin, piece.end) if isinstance(piece, Holding) else piece
            yield Span(first, last, job.address, "investigation" if known else "unexplained")

    def _test(self, job: Job, test: Test, end: float) -> Iterator[Span]:
        done = min(end if test.done is None else test.done, end)
        hands_on, rest = _causes(job, test)
        if test.role or test.begin is not None:
            begin = end if test.begin is None else test.begin
            yield from self._asked(job, test, min(begin, end))
            finish = done if test.finish is None else test.finish
            yield from self._at_work(job, test, min(begin, end), min(finish, done), hands_on)
            yield from self._rest(job, min(finish, done), done, rest)
        else:
            yield from self._rest(job, test.ask, done, rest)

    def _rest(self, job: Job, begin: float, end: float, cause: str) -> Iterator[Span]:
        yield Span(begin, end, job.address, cause, note=job.note if cause == "closure" else "")

    def _asked(self, job: Job, test: Test, begin: float) -> Iterator[Span]:
        """Yield what a job waited for from when it was ready: its instrument first, then people."""
        role, taken = self._waits.role(test.role), test.ask
        own = [h for h in self._route.held.units.get(class_of(test.unit), ()) if h.resource == test.unit]
        mine = [h.begin for h in own if (h.lot, h.note) == (self._batch, job.address) and h.begin <= begin <= h.end]
        if mine:
            taken = max(test.ask, *(moment for moment in mine if moment <= begin))
            for span in self._waits.for_unit(Wait(self._batch, job.address, test.ask, taken), [test.unit]):
                yield replace(span, cause=_AS_STAFF.get(span.cause, span.cause))
        hours = (
            0.0 if test.finish is None or role is None else role.hours.worked(test.finish) - role.hours.worked(begin)
        )
        wait = Wait(self._batch, job.address, taken, begin)
        if role is None:
            yield wait.whole("instrument", test.unit)
            return
        for span in self._waits.for_people(wait, role, hours):
            yield replace(span, cause=_AS_STAFF.get(span.cause, span.cause))

    def _at_work(self, job: Job, test: Test, begin: float, end: float, cause: str) -> Iterator[Span]:
        """Yield the hands-on work of a job with repairs of its instrument and pauses outside working time."""
        role = self._waits.role(test.role)
        if end <= begin:
            return
        out = (h for h in self._route.held.units.get(class_of(test.unit), ()) if h.cause == "unit_out")
        kept = [replace(h, cause="repair") for h in out if h.resource == test.unit]
        if role is not None:
            pauses = self._route.off.pieces(role.hours, begin, end)
            kept += [Holding(first, last, "off_shift", test.role, -1, why) for first, last, why in pauses]
        note = job.note if cause == "closure" else ""
        for piece in shares(begin, end, kept, ("repair", "off_shift")):
            if isinstance(piece, Holding):
                yield Span(piece.begin, piece.end, job.address, piece.cause, piece.resource, -1, piece.note)
            else:
                yield Span(*piece, job.address, cause, test.unit or test.role, note=note)


def _causes(job: Job, test: Test) -> tuple[str, str]:
    """Return the causes of the hands-on work of a job and of the rest of its duration."""
    if test.phase:
        return "retest", "retest"
    if job.address.startswith(DEVIATION):
        return "closure", "closure"
    return ("review", "desk") if job.address.startswith(REVIEW) else ("test", "incubation")
