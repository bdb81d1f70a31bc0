"""Release as values: which tests a lot passes through, who closes deviations and who reviews the batch record.

A lot is released when its tests, the closures of its deviations and the reviews of its batch record are done (ICH Q7,
chapters 2 and 11; ISA-88: the batch record). What an assay reports follows from the true lot (:mod:`exosim.quality`);
this module only says when, by whom, and what an out-of-specification result leads to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from exosim.parameter import Array, parameter
from exosim.plant import Sampled

RetestRule = Literal["all", "any", "mean"]
ReviewedAfter = Literal["batch", "results"]
ASSAY, DEVIATION, REVIEW = "assay.", "deviation.", "review."
"""How the addresses of the jobs of the laboratory and of quality assurance begin in the event log."""
_LONGEST = 8766.0  # h


def is_job(address: str) -> bool:
    """Return whether an address in the log is that of a job of the laboratory or of quality assurance."""
    return address.startswith((ASSAY, DEVIATION, REVIEW))


@dataclass(frozen=True, kw_only=True)
class TestNumbers:
    """The numbers of one assay as work of the laboratory."""

    __test__ = False  # no class of tests, whatever its name begins with

    duration: Array | None = parameter(
        None, "h", low=0.0, high=_LONGEST, doc="time from the begin of a test to its result, incubation included"
    )
    hands_on: Array | None = parameter(None, "h", low=0.0, high=200, doc="work of the analysts on a test, at its begin")
    investigation: Array | None = parameter(
        None, "h", low=0.0, high=_LONGEST, doc="time from an out-of-specification result to the first retest"
    )
    people: float | None = parameter(
        None, "1", low=1, high=20, minimum=1, whole=True, planned=True, doc="analysts at a test"
    )
    retests: float | None = parameter(
        None, "1", low=0, high=20, whole=True, planned=True, doc="retests after an out-of-specification result"
    )
    vials: float | None = parameter(
        None, "1", low=0, high=1000, whole=True, planned=True, doc="containers of the lot that one test uses up"
    )


@dataclass(frozen=True, kw_only=True)
class ReviewNumbers:
    """The numbers of one step of the review of a batch record."""

    hands_on: Array | None = parameter(None, "h", low=0.0, high=500, doc="work of one person on the step")
    duration: Array | None = parameter(
        None, "h", low=0.0, high=_LONGEST, doc="time from the begin of the step to its end, time on desks included"
    )


@dataclass(frozen=True, kw_only=True)
class ClosureNumbers:
    """The numbers of the closure of a deviation."""

    hands_on: Array | None = parameter(
        None, "h", low=0.0, high=500, doc="work of one person on the closure of a deviation", repeated=True
    )
    duration: Array | None = parameter(
        None, "h", low=0.0, high=_LONGEST, doc="time from the begin of a closure to its end", repeated=True
    )


@dataclass(frozen=True, slots=True)
class TestPlan:
    """One assay as the laboratory runs it on every lot.

    Attributes
    ----------
    id, sample_after : the assay, and the procedure after which its sample is drawn
    duration, hands_on, investigation : hours, numbers or lanes
    people, analyst, unit : how many of which role, on which class of equipment
    retests, rule : how many, and whether all of them, any of them or the mean of all results must be in specification
    confirmatory : whether a conditional release does not wait for it
    """

    __test__ = False

    id: str
    sample_after: str
    duration: Array = 0.0
    hands_on: Array = 0.0
    investigation: Array = 0.0
    people: int = 1
    analyst: str | None = None
    unit: str | None = None
    retests: int = 0
    rule: RetestRule = "all"
    confirmatory: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """One step of the review of a batch record.

    Attributes
    ----------
    id, role : the step, and who does it; None: nobody is needed
    hands_on, duration : hours, numbers or lanes
    after : whether it may begin right after the batch, or when all results are there
    """

    id: str
    role: str | None = None
    hands_on: Array = 0.0
    duration: Array = 0.0
    after: ReviewedAfter = "results"


@dataclass(frozen=True, slots=True)
class Closure:
    """How a deviation is closed.

    Attributes
    ----------
    role : who closes it; None: nobody is needed
    hands_on, duration : hours for the n-th deviation of a batch, by the name of the parameter and n
    """

    role: str | None = None
    hands_on: Sampled = lambda name, n: 0.0
    duration: Sampled = lambda name, n: 0.0


@dataclass(frozen=True, slots=True)
class Release:
    """What a lot goes through from the end of its recipe to its disposition.

    Attributes
    ----------
    tests, reviews : in the order of the scenario
    closure : of deviations; None: they take no time
    conditional : whether doses may leave before the confirmatory tests have ended
    """

    tests: tuple[TestPlan, ...] = ()
    reviews: tuple[Review, ...] = ()
    closure: Closure | None = None
    conditional: bool = False
