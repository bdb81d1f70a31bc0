"""The vocabulary of `why`: what a lot's time can go to, and stretches of its time that each have one cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Group: TypeAlias = Literal[
    "work", "again", "unit", "room", "people", "off", "supply", "sharing", "failure", "laboratory", "open"
]  # fmt: skip
"""What causes have in common, such as the color in a picture."""
SAME = 1e-9
"""Hours below which two moments are one."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What hours go to: its name, in a sentence after the hours, and what it belongs to."""

    title: str
    words: str
    group: Group


CAUSES: Mapping[str, Cause] = {
    "work": Cause("work on the lot", "of work on it", "work"),
    "gowning": Cause("changing clothes", "changing clothes", "work"),
    "repeated": Cause("work done again", "of work that had to be done again", "again"),
    "unit": Cause("unit taken by another lot", "waiting for units that other lots had", "unit"),
    "turnaround": Cause("turnaround of the unit", "waiting for the turnaround of units", "unit"),
    "unit_out": Cause("unit out for repair or service", "waiting for units under repair or in service", "unit"),
    "unit_preparation": Cause("unit taken by a preparation", "waiting for units on which media were made", "unit"),
    "room": Cause("room taken by another lot", "waiting for rooms that other lots had", "room"),
    "clearance": Cause("line clearance of the room", "waiting for line clearance", "room"),
    "changeover": Cause("changeover of the room", "waiting for a changeover", "room"),
    "people": Cause("people busy elsewhere", "waiting for people who were busy", "people"),
    "off_shift": Cause("nobody at work", "while nobody was at work", "off"),
    "material": Cause("material not in stock", "waiting for material", "supply"),
    "utility": Cause("utility taken", "waiting for utilities", "supply"),
    "run": Cause("run not full, or not its time", "until a shared run was full or its time had come", "sharing"),
    "zero_wait": Cause("start put off, so as not to wait later", "before it could run without waiting", "unit"),
    "failure": Cause("time lost to failures", "lost to failures", "failure"),
    "repair": Cause("repairs during the work", "of repairs while it was worked on", "failure"),
    "test": Cause("hands-on work of tests", "of hands-on work of tests", "laboratory"),
    "incubation": Cause("duration of tests", "until tests gave their results", "laboratory"),
    "instrument": Cause("instrument taken", "waiting for instruments", "unit"),
    "analysts": Cause("laboratory and quality staff busy", "waiting for staff who were busy with other work", "people"),
    "investigation": Cause("investigation of out-of-specification results", "of investigations", "again"),
    "retest": Cause("retests", "of retests", "again"),
    "closure": Cause("closure of deviations", "closing deviations", "again"),
    "review": Cause("hands-on work of reviews", "of hands-on review", "laboratory"),
    "desk": Cause("reviews on the desk", "on the desks of reviewers", "laboratory"),
    "unexplained": Cause("unexplained", "unexplained", "open"),
}
"""Every cause, by its id; each hour of a lot has exactly one."""
WORK: frozenset[str] = frozenset({"work", "gowning"})
"""What a procedure itself takes; relabeled where it had to be done again."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a lot's time with one cause.

    Attributes
    ----------
    begin, end : hours after the start of the run
    place : procedure, or address of the job in the laboratory, at which the lot was
    cause : of :data:`CAUSES`
    resource : unit, room, role, material or utility that it waited for, or that worked on it
    lot : number of the batch that had the resource, from 0; -1 for none
    note : what was the matter besides, such as a failure or a phase
    """

    begin: float
    end: float
    place: str
    cause: str
    resource: str = ""
    lot: int = -1
    note: str = ""

    @property
    def hours(self) -> float:
        """Its length [h]."""
        return self.end - self.begin

    @property
    def waits(self) -> bool:
        """Whether nothing is done on the lot meanwhile."""
        return CAUSES[self.cause].group in ("unit", "room", "people", "off", "supply", "sharing", "failure", "open")


def clipped(spans: Iterable[Span], begin: float, end: float) -> list[Span]:
    """Return what lies of some spans between two moments."""
    cut = (replace(span, begin=max(span.begin, begin), end=min(span.end, end)) for span in spans)
    return [span for span in cut if span.end > span.begin]


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans with those joined that follow each other and differ in nothing else; empty ones are left out."""
    found: list[Span] = []
    for span in spans:
        if span.end <= span.begin:
            continue
        last = found[-1] if found else None
        if (
            last is not None
            and last.end == span.begin
            and replace(last, end=span.end) == replace(span, begin=last.begin)
        ):
            found[-1] = replace(last, end=span.end)
        else:
            found.append(span)
    return found


def by_cause(spans: Sequence[Span]) -> dict[str, float]:
    """Return the hours of each cause, in the order of :data:`CAUSES`."""
    hours = dict.fromkeys(CAUSES, 0.0)
    for span in spans:
        hours[span.cause] += span.hours
    return {cause: total for cause, total in hours.items() if total > 0.0}
