"""A lot's time in the laboratory, from logs written by hand: each cause, and the critical path back to the start."""

from __future__ import annotations

import pytest

from exosim.attribution.causes import by_cause
from exosim.attribution.lot_path import LotPath
from exosim.attribution.lot_plan import plan_of
from exosim.attribution.words import fates, rejected_by
from exosim.plant import Equipment, Plant, Role
from exosim.records import BatchRecord, Disposition, Event
from exosim.working_time import WorkingTime
from tests.why_plants import contiguous, in_laboratory

DAYS = WorkingTime(tuple((24.0 * day + 8.0, 24.0 * day + 16.0) for day in range(60)))
STAFF = Role("analyst", 1, DAYS), Role("quality", 1)
PLANT = Plant((Equipment("reader", 1),), STAFF)
MADE = 10.0


def lot(ended: float | None, disposition: Disposition = "released", available: float | None = None) -> BatchRecord:
    """Return a lot of which the recipe ended after 10 h."""
    given = ended if available is None and disposition == "released" else available
    return BatchRecord(0, 0, 0.0, ended, disposition, manufactured=MADE, available=given)


def made() -> list[Event]:
    """Return the events of a recipe of one procedure of 10 h."""
    return [
        Event(0.0, 0, event="launch"),
        Event(0.0, 0, "fill", event="ready"),
        Event(0.0, 0, "fill", event="start"),
        Event(MADE, 0, "fill", event="end"),
        Event(MADE, 0, event="manufactured"),
    ]


def job(
    address: str,
    ask: float,
    begin: float,
    finish: float,
    done: float,
    role: str = "quality",
    phase: str = "",
    note: str = "",
    unit: str = "",
    last: bool = True,
) -> list[Event]:
    """Return the events of one time that a job was done; the `last` one of a test brings its verdict."""
    verdict = [Event(done, 0, address, "", "verdict", note="pass")] if last and address.startswith("assay.") else []
    return [
        Event(ask, 0, address, phase, "ask", note=note),
        Event(begin, 0, address, phase, "begin", unit, role, 1.0, note, begin - ask),
        Event(finish, 0, address, phase, "finish", unit, role, 1.0, note),
        Event(done, 0, address, phase, "done", note=note),
        *verdict,
    ]  # fmt: skip


def sampled(assay: str, at: float, after: str = "fill") -> Event:
    """Return the event of a sample."""
    return Event(at, 0, f"assay.{assay}", after, "sample")


def asked(log: list[Event], of: BatchRecord, end: float = 1000.0) -> LotPath:
    """Return the way of the lot of a log, in order; its path has no gap."""
    path = in_laboratory(sorted(log, key=lambda event: event.time), of, PLANT, end)
    contiguous(path.critical, path.begin, path.end)
    return path


def hours(path: LotPath) -> dict[str, float]:
    """Return the hours of the critical path by cause."""
    return by_cause(path.critical)


def test_the_test_that_ends_last_and_the_review_after_it() -> None:
    """Sterility of 14 days decides, not a count of one day; the review follows it: 2 h of work, a day on the desk."""
    log = [
        *made(),
        sampled("sterility", MADE), *job("assay.sterility", MADE, MADE, 12.0, MADE + 336.0, "analyst"),
        sampled("count", MADE), *job("assay.count", MADE, 12.0, 15.0, 36.0, "analyst"),
        *job("review.quality", 346.0, 346.0, 348.0, 372.0),
        Event(372.0, 0, event="released"),
    ]  # fmt: skip
    path = asked(log, lot(372.0))
    assert hours(path) == {"work": 10.0, "test": 2.0, "incubation": 334.0, "review": 2.0, "desk": 24.0}
    assert path.lead_time == 372.0
    assert [span.place for span in path.critical] == [
        "fill", "assay.sterility", "assay.sterility", "review.quality", "review.quality",
    ]  # fmt: skip
    assert by_cause(plan_of(path, {}, MADE)) == {key: own for key, own in hours(path).items() if key != "work"}


def test_a_sample_from_the_middle_of_the_recipe() -> None:
    """The path leaves the recipe where the sample was drawn; what was made after that lies beside it."""
    log = [
        Event(0.0, 0, event="launch"),
        Event(0.0, 0, "culture", event="ready"), Event(0.0, 0, "culture", event="start"),
        Event(6.0, 0, "culture", event="end"),
        sampled("mycoplasma", 6.0, "culture"), *job("assay.mycoplasma", 6.0, 9.0, 10.0, 106.0, "analyst"),
        Event(6.0, 0, "fill", event="ready"), Event(6.0, 0, "fill", event="start"), Event(MADE, 0, "fill", event="end"),
        Event(MADE, 0, event="manufactured"), Event(106.0, 0, event="released"),
    ]  # fmt: skip
    path = asked(log, lot(106.0))
    assert hours(path) == {"work": 6.0, "off_shift": 2.0, "analysts": 1.0, "test": 1.0, "incubation": 96.0}


def test_waits_for_staff_and_instrument() -> None:
    """An instrument that another lot has until 12 h, with 2 h of turnaround; then it is too late for 3 h of work."""
    other = [
        Event(8.0, 1, "assay.count", "", "begin", "reader 1", "analyst", 1.0),
        Event(12.0, 1, "assay.count", "", "finish", "reader 1", "analyst", 1.0),
        Event(12.0, 1, "", "", "leave", "reader 1", "", 2.0),
    ]
    log = [
        *made(),
        sampled("count", MADE), *job("assay.count", MADE, 32.0, 35.0, 40.0, "analyst", unit="reader 1"),
        Event(40.0, 0, event="released"),
    ]  # fmt: skip
    log = sorted([*log, *other], key=lambda event: event.time)
    path = in_laboratory(log, lot(40.0), PLANT, 1000.0, BatchRecord(1, 0, 0.0, None, "unfinished"))
    contiguous(path.critical, 0.0, 40.0)
    found = hours(path)
    assert (found["instrument"], found["off_shift"], found["test"]) == pytest.approx((4.0, 18.0, 3.0))
    assert [(s.lot, s.note) for s in path.critical if s.cause == "instrument"] == [(1, "assay.count")]


def test_an_investigation_and_retests() -> None:
    """Out of specification at 34 h, three days of investigation, two retests of a day, passed."""
    log = [
        *made(),
        sampled("count", MADE), *job("assay.count", MADE, MADE, 12.0, 34.0, "analyst", last=False),
        Event(34.0, 0, "assay.count", "particles", "result", amount=1.0, note="oos"),
        Event(34.0, 0, "assay.count", "", "investigate", amount=72.0),
        *job("assay.count", 106.0, 106.0, 108.0, 130.0, "analyst", "retest 1", last=False),
        *job("assay.count", 130.0, 130.0, 132.0, 154.0, "analyst", "retest 2"),
        Event(154.0, 0, event="released"),
    ]  # fmt: skip
    path = asked(log, lot(154.0))
    assert hours(path) == {"work": 10.0, "test": 2.0, "incubation": 22.0, "investigation": 72.0, "retest": 48.0}
    assert by_cause(plan_of(path, {}, MADE)) == {"test": 2.0, "incubation": 22.0}
    assert fates(lot(154.0), log, 1000.0) == ["released", "1 result out of specification"]


def test_the_closure_of_a_deviation_on_the_line() -> None:
    """It begins with the end of the recipe and outlasts the test."""
    log = [
        *made(),
        sampled("count", MADE), *job("assay.count", MADE, MADE, 12.0, 34.0, "analyst"),
        *job("deviation.1", MADE, 12.0, 20.0, 250.0, note="fill: max_hold"),
        Event(250.0, 0, event="released_with_deviation"),
    ]  # fmt: skip
    path = asked(log, lot(250.0, "released_with_deviation", 250.0))
    assert hours(path) == {"work": 10.0, "analysts": 2.0, "closure": 238.0}
    assert by_cause(plan_of(path, {}, MADE)) == {"test": 2.0, "incubation": 22.0}


def test_the_closure_of_a_deviation_of_a_result() -> None:
    """It begins with the result, while retests run, and the path goes back to that result."""
    log = [
        *made(),
        sampled("count", MADE), *job("assay.count", MADE, MADE, 12.0, 34.0, "analyst", last=False),
        Event(34.0, 0, "assay.count", "particles", "result", amount=1.0, note="oos"),
        Event(34.0, 0, "assay.count", "", "investigate", amount=10.0),
        *job("deviation.1", 34.0, 34.0, 40.0, 250.0, note="assay.count: out of specification"),
        *job("assay.count", 44.0, 56.0, 58.0, 80.0, "analyst", "retest 1"),
        Event(250.0, 0, event="released_with_deviation"),
    ]  # fmt: skip
    path = asked(log, lot(250.0, "released_with_deviation", 250.0))
    assert hours(path) == {"work": 10.0, "test": 2.0, "incubation": 22.0, "closure": 216.0}


def test_reviews_after_the_batch_and_after_the_results() -> None:
    """The record is reviewed beside a short test and outlasts it; then the results."""
    log = [
        *made(),
        sampled("count", MADE), *job("assay.count", MADE, MADE, 12.0, 20.0, "analyst"),
        *job("review.record", MADE, MADE, 14.0, 46.0), *job("review.quality", 46.0, 46.0, 50.0, 60.0),
        Event(60.0, 0, event="released"),
    ]  # fmt: skip
    path = asked(log, lot(60.0))
    assert hours(path) == {"work": 10.0, "review": 8.0, "desk": 42.0}
    assert by_cause(plan_of(path, {}, MADE)) == {"review": 8.0, "desk": 42.0}


def test_a_conditional_release_ends_the_lead_time() -> None:
    """Doses leave after the review; the confirmatory test of 14 days lies beside the path."""
    log = [
        *made(),
        sampled("sterility", MADE), *job("assay.sterility", MADE, MADE, 12.0, 346.0, "analyst"),
        *job("review.record", MADE, MADE, 14.0, 46.0),
        Event(46.0, 0, event="conditional"), Event(346.0, 0, event="released"),
    ]  # fmt: skip
    path = asked(log, lot(346.0, "released", 46.0))
    assert path.lead_time == 46.0 and hours(path) == {"work": 10.0, "review": 4.0, "desk": 32.0}
    assert "conditional release" in fates(lot(346.0, "released", 46.0), log, 1000.0)


def test_a_lot_that_a_test_rejects() -> None:
    """The verdict is the reason, and the path ends with the disposition."""
    log = [
        *made(),
        sampled("sterility", MADE), *job("assay.sterility", MADE, MADE, 12.0, 346.0, "analyst", last=False),
        Event(346.0, 0, "assay.sterility", "growth", "result", amount=1.0, note="oos"),
        Event(346.0, 0, "assay.sterility", "", "verdict", note="fail"), Event(346.0, 0, event="rejected"),
    ]  # fmt: skip
    assert asked(log, lot(346.0, "rejected")).lead_time == 346.0
    assert rejected_by(lot(346.0, "rejected"), log) == "sterility out of specification"


def test_the_end_of_the_run_in_the_laboratory() -> None:
    """What has been open longest is what the lot waits for."""
    log = [
        *made(),
        sampled("sterility", MADE), *job("assay.sterility", MADE, MADE, 12.0, 346.0, "analyst")[:-2],
        sampled("count", MADE), *job("assay.count", MADE, 12.0, 14.0, 20.0, "analyst"),
    ]  # fmt: skip
    path = asked(log, lot(None, "unfinished"), 100.0)
    assert hours(path) == {"work": 10.0, "test": 2.0, "incubation": 88.0}
