"""Limits of holds, deviations, and failures per manipulation."""

from __future__ import annotations

import math

import pytest

from exosim.operations.base import Phase
from exosim.plant import Failure, Stock, Store
from exosim.sampling import uniforms
from tests.facility.plants import Setting, Stage, always, crew, everything_is_back, shop, shops, told

PEOPLE = (crew(1),)


@pytest.mark.parametrize("limit, over", [(6.0, None), (5.999, 0.001), (4.0, 2.0), (0.0, 6.0)])
@pytest.mark.parametrize("breach", ["deviation", "reject"])
def test_a_wait_above_the_limit(limit: float, over: float | None, breach: str) -> None:
    """The second batch is ready for p1 at 2 h and has the unit at 8 h: 6 h."""
    ran = shop([Stage(1.0), Stage(7.0, longest_hold=limit, breach=breach)], 2)
    everything_is_back(ran)
    deviations = [(e.time, e.batch, e.note, e.amount) for e in ran.by["deviation"]]
    assert deviations == ([] if over is None else [(8.0, 1, "max_hold", pytest.approx(over))])
    lost = over is not None and breach == "reject"
    assert [b.disposition for b in ran.run.batches] == ["finished", "rejected" if lost else "finished"]
    assert ran.ended() == [8.0, 8.0 if lost else 15.0]
    assert ran.run.batches[1].deviations == (() if over is None else ("p1: max_hold",))


def test_waits_for_material_people_and_store_count() -> None:
    """On the unit at 0 h, material at 5 h, people at 9 h: 9 h of hold, and the people are let go at once."""
    stock = Stock("buffer", 0.0, 0.0, 1.0, always(5.0))
    held = Stage(4.0, consumes={"buffer": 1.0}, people=1, role="crew", longest_hold=8.0, breach="reject")
    setting = Setting(roles=PEOPLE, stocks=(stock,))
    first = [Stage(9.0, unit="other", people=1, role="crew")]
    ran = shops([(first, 1, setting), ([held], 1, Setting())])
    everything_is_back(ran)
    assert told(ran, "deviation") == [(9.0, 1, "deviation", "", 1.0, "max_hold")]
    assert ran.line.crews["crew"].free == 1 and ran.ended() == [9.0, 9.0]


def test_the_wait_in_a_store_counts() -> None:
    stages = [Stage(1.0), Stage(10.0, waits_in="cold", longest_hold=5.0)]
    ran = shop(stages, 3, Setting(stores=(Store("cold", 1),)))
    assert [(e.batch, e.amount) for e in ran.by["deviation"]] == [(1, 4.0), (2, 13.0)]


def test_a_deviation_is_noted_and_work_goes_on() -> None:
    alarm = Failure("alarm", "p0", "deviation", probability=1.0, repair=2.0)
    quiet = Failure("label", "p0", "deviation", probability=1.0)
    ran = shop([Stage(3.0), Stage(1.0)], 1, Setting(failures=(alarm, quiet)))
    assert told(ran, "deviation", "failure", "finished") == [
        (3.0, 0, "deviation", "", 2.0, "alarm"),
        (3.0, 0, "failure", "", 2.0, "alarm"),
        (5.0, 0, "deviation", "", 0.0, "label"),
        (6.0, 0, "finished", "", 0.0, ""),
    ]
    assert ran.run.batches[0].deviations == ("p0: alarm", "p0: label")


PHASES = (Phase("open", 1.0), Phase("run", 10.0, attended=False), Phase("sample", 2.0), Phase("close", 1.0))


def test_each_manipulation_is_a_risk_of_its_own() -> None:
    """The batch is lost at the end of the first attended phase whose draw is below the probability."""
    risk = Failure("glove", "p0", "reject", per_manipulation=0.3)
    ran = shop([Stage(phases=PHASES, unit="")], 300, Setting(failures=(risk,)))
    ends, lost = {}, {}
    draws = [uniforms(1, f"failure.glove@{k}", "batch", 0, 300) for k in range(3)]
    for batch in range(300):
        hit = next((k for k in range(3) if draws[k][batch] < 0.3), None)
        ends[batch] = 14.0 if hit is None else (1.0, 13.0, 14.0)[hit]
        lost[batch] = hit is not None
    assert ran.ended() == list(ends.values())
    assert [b.disposition == "rejected" for b in ran.run.batches] == list(lost.values())
    share = sum(lost.values()) / 300
    assert share == pytest.approx(1.0 - 0.7**3, abs=4.0 * math.sqrt(0.657 * 0.343 / 300))


def test_a_repeat_per_manipulation_lets_people_go() -> None:
    risk = Failure("glove", "p0", "repeat", per_manipulation=0.5, repair=1.0, limit=50)
    ran = shop([Stage(phases=PHASES, role="crew")], 40, Setting(failures=(risk,), roles=PEOPLE))
    everything_is_back(ran)
    assert len(ran.by["finished"]) == 40 and len(ran.by["failure"]) > 40


def test_pauses_of_another_pass_are_others() -> None:
    """The delays of a procedure that runs again are drawn anew."""
    delay = Failure("door", "p0", "wait", rate=0.05, repair=1.0)
    test = Failure("test", "p0", "rework", probability=0.5, limit=100, back_to="p0")
    ran = shop([Stage(20.0, unit="")], 400, Setting(failures=(delay, test)))
    by_batch: dict[int, list[float]] = {}
    for event in ran.by["failure"]:
        if event.note == "door":
            by_batch.setdefault(event.batch, []).append(event.amount)
    passes = len(ran.by["start"])
    total = sum(map(sum, by_batch.values()))
    assert total == pytest.approx(400.0, abs=4.0 * math.sqrt(400.0))  # only passes that do not stop have their delays
    assert passes > 700 and len({tuple(found) for found in by_batch.values()}) > 1
