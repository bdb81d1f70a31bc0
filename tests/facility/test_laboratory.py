"""The laboratory and release: hand-built lots, a closed form with people without limit, and that all comes back."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.indicators import utilization
from exosim.labor import touched_hours
from exosim.plant import Breakdown, Equipment, Failure
from exosim.release import Closure, Release, Review, TestPlan
from exosim.waits import waiting_for_people
from exosim.window import Window
from exosim.working_time import Shift, working_time
from tests.facility.plants import Setting, Stage, always, crew, everything_is_back, listed, shop

MONDAY = datetime.datetime(2026, 1, 5)
DAY = working_time([Shift((0, 1, 2, 3, 4), 8.0, 16.0)], MONDAY, 4000.0)
LINE = [Stage(10.0)]


class Found(NamedTuple):
    """A result as the laboratory reads it."""

    attribute: str
    value: float
    met: bool


@dataclass(frozen=True)
class Results:
    """Values by assay, attempt after attempt, for every batch; above 1 is out of specification."""

    values: Mapping[str, Sequence[float]] = field(default_factory=dict)
    seen: list[tuple[str, int, dict[str, float]]] = field(default_factory=list)

    def of(self, batch: int, assay: str, attempt: int, contamination: Mapping[str, float]) -> list[Found]:
        """Return what the assay reports: one attribute of its own name."""
        self.seen.append((assay, attempt, dict(contamination)))
        if assay not in self.values:
            return []
        value = self.values[assay][attempt]
        return [Found(f"{assay}_found", value, self.meets("", value))]

    def meets(self, attribute: str, value: float) -> bool:
        """Return whether a value is in specification."""
        return value <= 1.0


def lot(release: Release, results: Results = Results(), stages: Sequence[Stage] = LINE, **more: Any) -> Any:
    """Run one lot, or as many as there are launches, through a line and its release."""
    launches = more.pop("launches", [0.0])
    setting = Setting(launches=launches, release=release, results=results, **more)
    ran = shop(stages, len(launches), setting)
    everything_is_back(ran)
    return ran


def times(ran: Any, event: str, batch: int = 0) -> dict[str, float]:
    """Return when an event happened in the jobs of a batch, by address and phase."""
    return {f"{e.procedure} {e.phase}".strip(): e.time for e in ran.run.log if e.event == event and e.batch == batch}


def test_tests_share_their_analyst_and_the_review_follows_the_last_result() -> None:
    """One analyst: 2 h on a, then 1 h on b; b's result after 100 h from its begin, then 20 h of review: 132 h."""
    tests = (
        TestPlan("a", "p0", duration=24.0, hands_on=2.0, analyst="crew"),
        TestPlan("b", "p0", duration=100.0, hands_on=1.0, analyst="crew"),
    )
    ran = lot(Release(tests, (Review("quality", None, 16.0, 20.0),)), roles=(crew(1),))
    assert times(ran, "begin") == {"assay.a": 10.0, "assay.b": 12.0}
    assert [e.waited for e in ran.by["begin"]] == [0.0, 2.0]
    assert times(ran, "done") == {"assay.a": 34.0, "assay.b": 112.0, "review.quality": 132.0}
    (batch,) = ran.run.batches
    assert (batch.manufactured, batch.available, batch.ended) == (10.0, 132.0, 132.0)
    assert batch.disposition == "released" and batch.good


def test_analysts_work_in_their_shifts() -> None:
    """Monday 10:00: 4 h of work begin at once; the second lot's at 14:00 do not fit and begin on Tuesday 08:00."""
    plan = TestPlan("a", "p0", duration=24.0, hands_on=4.0, analyst="crew")
    ran = lot(Release((plan,)), launches=[0.0, 4.0], stages=[Stage(10.0, count=2)], roles=(crew(1, DAY),))
    assert [e.time for e in ran.by["begin"]] == [10.0, 32.0]
    assert [b.ended for b in ran.run.batches] == [34.0, 56.0]


def test_work_longer_than_a_shift_pauses_for_the_night() -> None:
    """12 h of review from Monday 10:00 with 8 h a day: 6 h on Monday, 6 h on Tuesday, done at 14:00, 16 h of pauses."""
    ran = lot(Release((), (Review("quality", "qa", 12.0, 20.0),)), roles=(crew(1, DAY, "qa"),))
    (end,) = [e for e in ran.by["finish"] if e.procedure == "review.quality"]
    assert (end.time, end.waited) == (38.0, 16.0)
    assert ran.ended() == [38.0]


@pytest.mark.parametrize(
    ("rule", "values", "passes"),
    [
        ("all", [1.5, 0.9, 0.8], True), ("all", [1.5, 0.9, 1.1], False),
        ("any", [1.5, 1.2, 0.8], True), ("any", [1.5, 1.2, 1.1], False),
        ("mean", [1.5, 0.7, 0.7], True), ("mean", [1.5, 0.9, 0.9], False),
    ],
)  # fmt: skip
def test_retests_decide_by_their_rule(rule: Any, values: list[float], passes: bool) -> None:
    """Out of specification at 15 h, investigated for 7 h, then two retests of 5 h: the verdict is there at 32 h."""
    plan = TestPlan("a", "p0", duration=5.0, investigation=7.0, retests=2, rule=rule)
    ran = lot(Release((plan,)), Results({"a": values}))
    assert times(ran, "done") == {"assay.a": 15.0, "assay.a retest 1": 27.0, "assay.a retest 2": 32.0}
    assert [(e.time, e.amount) for e in ran.by["investigate"]] == [(15.0, 7.0)]
    assert [e.note for e in ran.by["verdict"]] == ["pass" if passes else "fail"]
    assert [(e.amount, e.note) for e in ran.by["result"]] == [(v, "met" if v <= 1.0 else "oos") for v in values]
    (batch,) = ran.run.batches
    assert batch.disposition == ("released_with_deviation" if passes else "rejected")
    assert batch.deviations == ("assay.a: out of specification",)
    assert (batch.ended, batch.doses, batch.good) == (32.0, 0.0, passes)


def test_a_result_in_specification_is_not_tested_again() -> None:
    """One test, one verdict, no deviation."""
    ran = lot(Release((TestPlan("a", "p0", duration=5.0, retests=3),)), Results({"a": [0.5]}))
    assert [e.event for e in ran.run.log[-6:]] == ["manufactured", "ask", "done", "result", "verdict", "released"]


def test_without_retests_the_first_result_decides() -> None:
    """The lot is rejected after its reviews, which know of it."""
    ran = lot(Release((TestPlan("a", "p0", 5.0),), (Review("quality", None, 0.0, 3.0),)), Results({"a": [2.0]}))
    assert ran.run.batches[0].disposition == "rejected" and ran.ended() == [18.0]
    assert not ran.by["investigate"]


def test_what_is_known_as_it_is_decides_as_well() -> None:
    """An attribute without an assay is out of specification at the end of the recipe."""
    ran = lot(Release((TestPlan("a", "p0", 5.0),)), Results({"": [2.0], "a": [0.0]}))
    (batch,) = ran.run.batches
    assert batch.disposition == "rejected" and batch.deviations == ("specification: out of specification",)


def test_deviations_are_closed_beside_the_tests() -> None:
    """Two deviations of the line: 6 h and 9 h with one person, one after the other, then desk time; tests end first."""
    failures = tuple(Failure(name, "p0", "deviation", probability=1.0) for name in ("drift", "alarm"))
    closure = Closure("qa", lambda name, n: (6.0, 9.0)[n], lambda name, n: (30.0, 40.0)[n])
    release = Release((TestPlan("a", "p0", 12.0),), (Review("quality", None, 0.0, 5.0),), closure)
    ran = lot(release, Results({"a": [0.0]}), roles=(crew(1, name="qa"),), failures=failures)
    assert times(ran, "begin") == {"deviation.1": 10.0, "deviation.2": 16.0}
    assert times(ran, "done") == {"assay.a": 22.0, "deviation.1": 40.0, "deviation.2": 56.0, "review.quality": 61.0}
    notes = {e.procedure: e.note for e in ran.by["ask"] if e.procedure.startswith("deviation")}
    assert notes == {"deviation.1": "p0: drift", "deviation.2": "p0: alarm"}
    assert ran.run.batches[0].disposition == "released_with_deviation"


def test_reviews_right_after_the_batch_run_beside_the_tests() -> None:
    """Record 8 h and supervisor 6 h from 10 h on; the test ends at 20 h; quality begins at 24 h."""
    reviews = (
        Review("record", None, 0.0, 8.0, "batch"), Review("supervisor", None, 0.0, 6.0, "batch"),
        Review("quality", None, 0.0, 4.0), Review("disposition", None, 0.0, 1.0),
    )  # fmt: skip
    ran = lot(Release((TestPlan("a", "p0", 10.0),), reviews))
    asked = {address: time for address, time in times(ran, "ask").items() if address.startswith("review")}
    assert asked == {
        "review.record": 10.0, "review.supervisor": 18.0, "review.quality": 24.0, "review.disposition": 28.0,
    }  # fmt: skip
    assert ran.ended() == [29.0]


@pytest.mark.parametrize(("late", "disposition"), [(0.0, "released"), (2.0, "rejected")])
def test_conditional_release_does_not_wait_for_confirmatory_tests(late: float, disposition: str) -> None:
    """Doses may leave at 10 + 20 + 5 h; the sterility test ends at 350 h and confirms that, or recalls the lot."""
    tests = (TestPlan("potency", "p0", 20.0), TestPlan("sterility", "p0", 340.0, confirmatory=True))
    release = Release(tests, (Review("quality", None, 0.0, 5.0),), None, conditional=True)
    ran = lot(release, Results({"potency": [0.0], "sterility": [late]}))
    (batch,) = ran.run.batches
    assert (batch.available, batch.ended, batch.disposition) == (35.0, 350.0, disposition)
    assert [e.time for e in ran.by["conditional"]] == [35.0]
    assert [e.time for e in ran.by["recalled"]] == ([350.0] if late else [])
    waits = lot(Release(tests, release.reviews), Results({"potency": [0.0], "sterility": [late]}))
    assert waits.ended() == [355.0] and not waits.by["conditional"]


def test_a_lot_that_failed_is_not_released_conditionally() -> None:
    """It is rejected after its reviews, and nobody waits for the sterility test."""
    tests = (TestPlan("potency", "p0", 20.0), TestPlan("sterility", "p0", 340.0, confirmatory=True))
    ran = lot(Release(tests, conditional=True), Results({"potency": [2.0], "sterility": [0.0]}))
    assert (ran.run.batches[0].disposition, ran.run.batches[0].available, ran.ended()) == ("rejected", None, [30.0])


def test_samples_from_the_middle_are_tested_while_the_recipe_goes_on() -> None:
    """Sampled at 10 h, 28 h of test, ready at 38 h; the recipe ends at 60 h and the lot at once."""
    stages = [Stage(10.0), Stage(50.0)]
    ran = lot(Release((TestPlan("mycoplasma", "p0", 28.0),)), stages=stages)
    assert times(ran, "done") == {"assay.mycoplasma": 38.0} and ran.ended() == [60.0]


def test_a_lost_batch_gives_up_its_tests() -> None:
    """The batch is lost at 14 h while its sample waits for the analyst and another is at work: neither ends."""
    tests = tuple(TestPlan(name, "p0", 100.0, 20.0, analyst="crew") for name in ("a", "b"))
    failure = Failure("lost", "p1", "reject", probability=1.0)
    ran = lot(Release(tests), stages=[Stage(10.0), Stage(4.0)], failures=(failure,), roles=(crew(1),))
    assert ran.ended() == [14.0] and ran.run.batches[0].manufactured is None
    assert not ran.by["done"] and not ran.by["verdict"]


def test_a_lost_batch_keeps_no_instrument() -> None:
    """Its test has the counter from Monday 17:00 and would wait for people until Tuesday 08:00; it is lost at 20:00.

    Nothing was done on the counter: it is free at once, without a turnaround, and the test of another lot takes it.
    """
    plan = TestPlan("a", "p0", 3.0, 3.0, analyst="crew", unit="counter")
    lost = Failure("lost", "p1", "reject", probability=0.5)
    ran = lot(
        Release((plan,)), launches=[7.0, 7.0], stages=[Stage(10.0, 2), Stage(3.0, 2)], roles=(crew(2, DAY),),
        failures=(lost,), spare=(Equipment("counter", 1, 30.0),), seed=4,
    )  # fmt: skip
    assert [b.disposition for b in ran.run.batches] == ["rejected", "released"]
    assert [(e.time, e.batch, e.amount) for e in ran.by["leave"] if e.unit == "counter 1"] == [
        (20.0, 0, 0.0), (35.0, 1, 30.0),
    ]  # fmt: skip
    window = Window(ran.run, ran.plant, 0.0)
    assert utilization(window)["counter"] == pytest.approx(3.0 / ran.run.hours)


def test_a_test_of_a_lost_batch_takes_no_instrument_any_more() -> None:
    """It waits for the counter that the other lot has, and is lost meanwhile: the counter is cleaned only once."""
    plan = TestPlan("a", "p0", 8.0, 8.0, unit="counter")
    lost = Failure("lost", "p1", "reject", probability=0.5)
    ran = lot(
        Release((plan,)), launches=[0.0, 1.0], stages=[Stage(10.0, 2), Stage(3.0, 2)], failures=(lost,),
        spare=(Equipment("counter", 1, 30.0),), seed=15,
    )  # fmt: skip
    assert [b.disposition for b in ran.run.batches] == ["released", "rejected"]
    assert [(e.time, e.batch) for e in ran.by["leave"] if e.unit == "counter 1"] == [(18.0, 0)]


def test_an_instrument_that_works_alone_needs_no_people() -> None:
    """The second lot waits 3 h for it, and nobody: no people are asked about."""
    plan = TestPlan("a", "p0", 3.0, 3.0, unit="counter")
    ran = lot(
        Release((plan,)), launches=[0.0, 0.0], stages=[Stage(10.0, 2)], spare=(Equipment("counter", 1),),
        roles=(crew(),),
    )  # fmt: skip
    assert [e.waited for e in ran.by["begin"]] == [0.0, 3.0]
    assert waiting_for_people(Window(ran.run, ran.plant, 0.0)) == {"p0": 0.0}


@pytest.mark.parametrize(("consequence", "worked"), [("wait", 6.0), ("repeat", 10.0)])
def test_repairs_of_an_instrument_are_no_work(consequence: Any, worked: float) -> None:
    """The counter breaks down after 4 of 6 h for 5 h: the analyst works 6 h, or 10 where the work begins again."""
    kind = Breakdown("lamp", "counter", listed(4.0), listed(5.0), consequence)
    plan = TestPlan("a", "p0", 6.0, 6.0, analyst="crew", unit="counter")
    ran = lot(Release((plan,)), roles=(crew(),), spare=(Equipment("counter", 1),), breakdowns=(kind,))
    assert ran.ended() == [10.0 + worked + 5.0]
    assert [(e.procedure, e.amount) for e in ran.by["repaired"]] == [("assay.a", 5.0)]
    assert [e.waited for e in ran.by["finish"]] == [0.0]
    assert touched_hours(ran.run.log, ran.plant.roles, 0.0, ran.run.hours) == {"crew": pytest.approx(worked)}


def test_tests_queue_for_their_instrument() -> None:
    """Two lots at the same time, 3 h on one instrument and 1 h of turnaround: the second begins at 14 h."""
    plan = TestPlan("a", "p0", duration=3.0, hands_on=3.0, analyst="crew", unit="counter")
    ran = lot(
        Release((plan,)), launches=[0.0, 0.0], stages=[Stage(10.0, count=2)], roles=(crew(2),),
        spare=(Equipment("counter", 1, 1.0),),
    )  # fmt: skip
    assert [(e.time, e.unit, e.waited) for e in ran.by["begin"]] == [(10.0, "counter 1", 0.0), (14.0, "counter 1", 4.0)]
    assert ran.ended() == [13.0, 17.0]


def test_lots_in_the_laboratory_are_not_on_the_line() -> None:
    """With one batch on the line at most, the next starts when the recipe ends, not at the release 100 h later."""
    ran = lot(Release((TestPlan("a", "p0", 100.0),)), launches=[0.0, 0.0], work_in_progress=1)
    assert [e.time for e in ran.by["launch"]] == [0.0, 10.0] and ran.ended() == [110.0, 120.0]


def test_contamination_is_what_the_tests_are_told() -> None:
    """Nobody notices it on the line: no deviation, no failure; the sterility test knows its level."""
    failure = Failure("touch", "p0", "contaminate", probability=1.0, agent="bacteria", level=3.0)
    results = Results({"sterility": [2.0]})
    ran = lot(Release((TestPlan("sterility", "p0", 336.0),)), results, failures=(failure,))
    assert ("sterility", 0, {"bacteria": 3.0}) in results.seen
    assert [(e.phase, e.amount) for e in ran.by["contaminated"]] == [("bacteria", 3.0)]
    assert not ran.by["failure"] and ran.run.batches[0].disposition == "rejected"


hours = st.integers(0, 40).map(float)


@st.composite
def plans(draw: Any, names: Sequence[str]) -> tuple[Release, Results]:
    """Return a release without people, and results for two retests."""
    tests = tuple(
        TestPlan(
            name, draw(st.sampled_from(["p0", "p1"])), draw(hours), 0.0, draw(hours), retests=draw(st.integers(0, 2)),
            rule=draw(st.sampled_from(["all", "any", "mean"])),
        )
        for name in names
    )  # fmt: skip
    reviews = tuple(
        Review(f"r{n}", None, 0.0, draw(hours), draw(st.sampled_from(["batch", "results"])))
        for n in range(draw(st.integers(0, 3)))
    )
    closure = draw(st.none() | hours.map(lambda h: Closure(None, always(0.0), always(h))))
    values = {name: draw(st.lists(st.sampled_from([0.5, 2.0]), min_size=3, max_size=3)) for name in names}
    return Release(tests, reviews, closure), Results(values)


@settings(max_examples=150)
@given(plans(["a", "b", "c"]))
def test_release_time_in_closed_form(case: tuple[Release, Results]) -> None:
    """With nobody to wait for: the longest of tests, closures and early reviews, then the sum of the late ones."""
    release, results = case
    ran = lot(release, results, [Stage(10.0), Stage(30.0)])
    made, ready = 40.0, [40.0 + sum(r.duration for r in release.reviews if r.after == "batch")]
    for plan in release.tests:
        first = (10.0 if plan.sample_after == "p0" else made) + plan.duration
        missed = results.values[plan.id][0] > 1.0
        again = plan.investigation + plan.retests * plan.duration if missed and plan.retests else 0.0
        ready.append(first + again)
        if missed and release.closure is not None:
            ready.append(max(first, made) + release.closure.duration("", 0))
    last = sum(r.duration for r in release.reviews if r.after == "results")
    assert ran.ended() == [pytest.approx(max(ready) + last, abs=1e-9)]


@settings(max_examples=60)
@given(st.data())
def test_everything_comes_back_whatever_the_laboratory_does(data: st.DataObject) -> None:
    """Units, people and places are free at the end; every lot has a disposition; time goes on in the log."""
    count = data.draw(st.integers(1, 4))
    tests = tuple(
        TestPlan(
            f"t{n}", data.draw(st.sampled_from(["p0", "p1"])), data.draw(hours), data.draw(hours), data.draw(hours),
            data.draw(st.integers(1, 2)), data.draw(st.sampled_from(["crew", None])),
            data.draw(st.sampled_from(["counter", None])), data.draw(st.integers(0, 2)), "all",
            data.draw(st.booleans()),
        )
        for n in range(data.draw(st.integers(0, 3)))
    )  # fmt: skip
    reviews = tuple(Review(f"r{n}", "crew", data.draw(hours), data.draw(hours)) for n in range(2))
    closure = Closure("crew", always(data.draw(hours)), always(data.draw(hours)))
    release = Release(tests, reviews, closure, conditional=data.draw(st.booleans()))
    results = Results({t.id: data.draw(st.lists(st.sampled_from([0.5, 2.0]), min_size=3, max_size=3)) for t in tests})
    lost = Failure("lost", "p1", "reject", probability=data.draw(st.sampled_from([0.0, 0.5])))
    ran = lot(
        release, results, [Stage(5.0, people=1, role="crew"), Stage(3.0)], launches=[4.0 * n for n in range(count)],
        roles=(crew(2),), failures=(lost,), spare=(Equipment("counter", 1, 1.0),),
    )  # fmt: skip
    assert all(batch.ended is not None for batch in ran.run.batches)
    ends = [e for e in ran.run.log if e.event in ("released", "released_with_deviation", "rejected")]
    assert sorted(e.batch for e in ends) == list(range(count))
    moments = [event.time for event in ran.run.log]
    assert moments == sorted(moments) and math.isfinite(moments[-1])
