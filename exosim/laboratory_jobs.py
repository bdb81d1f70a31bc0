"""The jobs of one lot in the laboratory and in quality: each as spans with one cause, told from the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from exosim.causes import Span, joined
from exosim.holders import JOBS, Holding, class_of, shares
from exosim.line_path import Route
from exosim.lot_waits import LotWaits, Wait
from exosim.records import Event

_AS_STAFF = {"people": "analysts", "unit": "instrument", "unit_out": "instrument"}
_ASSAY, _DEVIATION, _REVIEW = JOBS


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
        if event.procedure.startswith(JOBS):
            _tell(jobs.setdefault(event.procedure, Job(event.procedure)), event)
    for job in jobs.values():
        verdict = job.address.startswith(_ASSAY) and job.ended is None
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
        """Yield what a job waited for from when it was ready: nobody at work, its instrument, its people."""
        role = self._waits.role(test.role)
        if begin <= test.ask or role is None:
            return
        hours = 0.0 if test.finish is None else role.hours.worked(test.finish) - role.hours.worked(begin)
        wait = Wait(self._batch, job.address, test.ask, begin)
        for span in self._waits.for_people(wait, role, hours, list(self._all_taken(test, begin))):
            yield replace(span, cause=_AS_STAFF.get(span.cause, span.cause))

    def _all_taken(self, test: Test, begin: float) -> Iterator[Holding]:
        """Yield when every instrument of the class was taken, and by whom the one that the job had in the end."""
        if not test.unit:
            return
        name = class_of(test.unit)
        everything = self._route.held.units.get(name, ())
        count = next((e.count for e in self._route.plant.equipment if e.id == name), 1)
        labels = [f"{name} {number + 1}" for number in range(count)]
        order = ("unit", "unit_out")
        for piece in shares(test.ask, begin, [h for h in everything if h.resource == test.unit], order):
            if isinstance(piece, Holding) and all(
                any(h.resource == label and h.begin <= piece.begin and h.end >= piece.end for h in everything)
                for label in labels
            ):
                yield piece

    def _at_work(self, job: Job, test: Test, begin: float, end: float, cause: str) -> Iterator[Span]:
        """Yield the hands-on work of a job with its pauses outside working time."""
        role = self._waits.role(test.role)
        away: Mapping[tuple[float, float], str] = {}
        if role is not None and end > begin:
            away = {(first, last): why for first, last, why in self._route.off.pieces(role.hours, begin, end)}
        kept = [Holding(first, last, "off_shift", test.role, -1, why) for (first, last), why in away.items()]
        if end <= begin:
            return
        for piece in shares(begin, end, kept, ("off_shift",)):
            if isinstance(piece, Holding):
                yield Span(piece.begin, piece.end, job.address, "off_shift", test.role, -1, piece.note)
            else:
                yield Span(
                    *piece, job.address, cause, test.unit or test.role, note=job.note if cause == "closure" else ""
                )


def _causes(job: Job, test: Test) -> tuple[str, str]:
    """Return the causes of the hands-on work of a job and of the rest of its duration."""
    if test.phase:
        return "retest", "retest"
    if job.address.startswith(_DEVIATION):
        return "closure", "closure"
    return ("review", "desk") if job.address.startswith(_REVIEW) else ("test", "incubation")
