"""What holds on every run: Little's law, one batch per unit, everything given back, time in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exosim.errors import ModelError
from exosim.plant import Breakdown, Failure, Maintenance, Role, Room, Stock, Store, Utility
from exosim.working_time import WorkingTime
from tests.facility.plants import (
    Ran,
    Setting,
    Stage,
    always,
    attended,
    crew,
    everything_is_back,
    flow,
    listed,
    most_at_once,
    shop,
    stays,
)

whole = st.integers(0, 12).map(float)


@st.composite
def lines(draw: st.DrawFn, storages: tuple[str, ...] = ("unlimited", "none")) -> tuple[list[Stage], int, Setting]:
    """Return a line, a number of batches and how they are started."""
    count = draw(st.integers(1, 12))
    stages = []
    for _ in range(draw(st.integers(1, 4))):
        hours = np.array(draw(st.lists(whole, min_size=count, max_size=count)))
        people = draw(st.integers(0, 2))
        units, turnaround = draw(st.integers(1, 3)), draw(whole)
        stages.append(Stage(hours, units, turnaround, people=people, role="crew"))
    failures = tuple(
        Failure(
            f"f{index}",
            f"p{draw(st.integers(0, len(stages) - 1))}",
            draw(st.sampled_from(("wait", "repeat", "reject"))),
            rate=draw(st.sampled_from((None, 0.05))),
            probability=0.3,
            repair=draw(whole),
        )
        for index in range(draw(st.integers(0, 3)))
    )
    setting = Setting(
        launches=draw(st.lists(whole, min_size=count, max_size=count)),
        mode=draw(st.sampled_from(("paced", "as_soon_as_possible"))),
        storage=draw(st.sampled_from(storages)),
        priority=draw(st.sampled_from(("fifo", "oldest", "earliest_due"))),
        work_in_progress=draw(st.sampled_from((None, 1, 2, 5))),
        roles=(crew(draw(st.integers(2, 3))),),
        failures=failures,
    )
    return stages, count, setting


@settings(max_examples=150)
@given(lines())
def test_every_unit_and_person_comes_back(line: tuple[list[Stage], int, Setting]) -> None:
    """Also after rejects, repeats and repairs; and every batch ends."""
    stages, count, setting = line
    ran = shop(stages, count, setting)
    everything_is_back(ran)
    assert len(ran.by["finished"]) + len(ran.by["rejected"]) == count
    assert len(ran.by["launch"]) == count
    for events in (ran.by["ready"], ran.by["start"]):
        assert len(events) == len(ran.by["end"])
    assert len(ran.by["begin"]) == len(ran.by["finish"])


@settings(max_examples=150)
@given(lines())
def test_nothing_is_used_twice(line: tuple[list[Stage], int, Setting]) -> None:
    """A unit has one batch at a time, its turnaround included; no more people work than there are."""
    stages, count, setting = line
    ran = shop(stages, count, setting)
    for unit, times in stays(ran).items():
        assert most_at_once((begin, end, 1.0) for begin, end, _ in times) <= 1.0, unit
    assert most_at_once(work[:3] for work in attended(ran)) <= setting.roles[0].headcount


@settings(max_examples=100)
@given(lines())
def test_the_log_is_in_order(line: tuple[list[Stage], int, Setting]) -> None:
    """Time never runs back, and each batch goes through the recipe in order."""
    stages, count, setting = line
    ran = shop(stages, count, setting)
    times = [event.time for event in ran.run.log]
    assert times == sorted(times)
    for number in range(count):
        places = [event.procedure for event in ran.by["start"] if event.batch == number]
        assert places == [f"p{position}" for position in range(len(places))]
        assert len(places) == len(stages) or ran.run.batches[number].disposition == "rejected"


@st.composite
def whole_plants(draw: st.DrawFn) -> tuple[list[Stage], int, Setting]:
    """Return a line with all that a batch can wait for, on which every batch ends well."""
    count = draw(st.integers(1, 6))
    length = draw(st.integers(1, 3))
    stages = [
        Stage(
            np.array(draw(st.lists(whole, min_size=count, max_size=count))),
            draw(st.integers(1, 3)),
            draw(whole),
            people=draw(st.integers(0, 2)),
            role="crew",
            room=draw(st.sampled_from((None, f"r{index}"))),
            size_limit=draw(st.sampled_from((None, 2.0))),
            size=draw(st.sampled_from((None, 5.0))),
            when_too_large=draw(st.sampled_from(("parallel", "cycles"))),
            maintenance=draw(st.sampled_from((None, Maintenance(40.0, 3.0)))),
            waits_in=draw(st.sampled_from((None, "cold"))),
            longest_hold=draw(st.sampled_from((None, 3.0))),
            utilities=draw(st.sampled_from(({}, {"wfi": 0.6}))),
            consumes=draw(st.sampled_from(({}, {"buffer": 1.0}))),
        )
        for index in range(length)
    ]
    last = f"p{length - 1}"
    setting = Setting(
        launches=draw(st.lists(whole, min_size=count, max_size=count)),
        storage=draw(st.sampled_from(("unlimited", "none"))),
        roles=(Role("crew", 2, WorkingTime(tuple((24.0 * d, 24.0 * d + 15.0) for d in range(600))), 0.5),),
        failures=(
            Failure("door", "p0", "wait", probability=0.3, repair=draw(whole)),
            Failure("alarm", "p0", "deviation", rate=0.05, repair=draw(whole)),
            Failure("test", last, "rework", probability=0.3, limit=1000, back_to="p0"),
        ),
        breakdowns=tuple(
            Breakdown(f"k{c}", "u0", listed(*draw(gaps)), listed(*draw(gaps)), clock=c)  # type: ignore[arg-type]
            for c in draw(st.sampled_from(((), ("operating",), ("calendar",), ("operating", "calendar"))))
        ),
        rooms=tuple(Room(f"r{i}", 1, draw(st.sampled_from(("none", "batch"))), draw(whole)) for i in range(length)),
        stores=(Store("cold", draw(st.integers(1, 2))),),
        stocks=(Stock("buffer", 2.0, 1.0, 2.0, always(draw(whole))),),
        utilities=(Utility("wfi", 1.0),),
        work_in_progress=1 if draw(st.booleans()) else None,
    )
    return stages, count, setting


gaps = st.lists(st.integers(1, 30).map(float), min_size=3, max_size=3)
SPENT = {"start", "failure", "repaired"}
"""Events whose amounts are hours of a batch, besides what it waited."""


@settings(max_examples=200, deadline=None)
@given(whole_plants())
def test_the_time_of_a_batch_is_its_work_and_its_waits(line: tuple[list[Stage], int, Setting]) -> None:
    """Lead time = planned hours and gowning of every pass + waits + pauses + repairs, to the last minute."""
    stages, count, setting = line
    try:
        ran = shop(stages, count, setting)
    except ModelError as error:  # a rework without places between units can lock
        assert "deadlock" in str(error)
        assert setting.storage == "none" or any(stage.waits_in for stage in stages)
        return
    everything_is_back(ran)
    assert len(ran.by["finished"]) == count
    for batch in ran.run.batches:
        own = [event for event in ran.run.log if event.batch == batch.number]
        starts = [event for event in own if event.event == "start"]
        planned = sum(hours_of(stages[int(event.procedure[1:])], batch.number) for event in starts)
        spent = sum(event.waited + (event.amount if event.event in SPENT else 0.0) for event in own)
        assert batch.ended is not None
        assert batch.ended - batch.started == pytest.approx(planned + spent, abs=1e-9)


def hours_of(stage: Stage, batch: int) -> float:
    """Return the hours of work of one pass, its cycles and gowning included."""
    hours = float(stage.hours[batch])
    cycles = 1
    if stage.size_limit is not None and stage.size is not None:
        parts = 3
        cycles = -(-parts // min(stage.count, parts)) if stage.when_too_large == "parallel" else parts
    gowning = 0.5 if stage.people and hours else 0.0
    return cycles * (hours + gowning)


def little(ran: Ran, procedure: str) -> tuple[float, float]:
    """Return the waiting batches over time as an area, counted from the order of the log, and the sum of the waits."""
    area = level = last = 0.0
    for event in ran.run.log:
        area, last = area + level * (event.time - last), event.time
        if event.procedure == procedure:
            level += {"ready": 1.0, "start": -1.0}.get(event.event, 0.0)
    assert level == 0.0
    return area, sum(ran.waits(procedure).values())


@settings(max_examples=100)
@given(lines())
def test_littles_law(line: tuple[list[Stage], int, Setting]) -> None:
    """The number in a queue, summed over time, is the sum of the waits; likewise for the whole line."""
    stages, count, setting = line
    ran = shop(stages, count, setting)
    for position in range(len(stages)):
        area, waits = little(ran, f"p{position}")
        assert area == pytest.approx(waits, abs=1e-9)
    area = level = last = 0.0
    for event in ran.run.log:
        area, last = area + level * (event.time - last), event.time
        level += {"launch": 1.0, "finished": -1.0, "rejected": -1.0}.get(event.event, 0.0)
    spent = sum(batch.ended - batch.started for batch in ran.run.batches if batch.ended is not None)
    assert level == 0.0 and area == pytest.approx(spent, abs=1e-9)


@settings(max_examples=100)
@given(lines(("zero_wait",)), st.booleans())
@example(([Stage(np.array([1.0, 0.0]))], 2, Setting([0.0, 0.0])), False)  # a stay without duration needs a unit, too
def test_nobody_waits_with_zero_wait(line: tuple[list[Stage], int, Setting], _: bool) -> None:
    """Once on the line, a batch is never late for a unit, whatever the number of units."""
    stages, count, setting = line
    plain = [Stage(stage.hours, stage.count, stage.turnaround) for stage in stages]
    ran = shop(plain, count, Setting(setting.launches, storage="zero_wait"))
    everything_is_back(ran)
    assert max(event.amount for event in ran.by["start"]) <= 1e-9


@pytest.mark.parametrize("seed", range(100))
def test_zero_wait_starts_as_early_as_units_allow(seed: int) -> None:
    """In their order, batches start at the first moment from which they run through: found by trying all moments."""
    generator = np.random.default_rng(seed)
    batches, stages = int(generator.integers(2, 8)), int(generator.integers(1, 4))
    times = generator.integers(1, 9, (batches, stages)).astype(float)
    counts = [int(count) for count in generator.integers(1, 4, stages)]
    taken: list[list[tuple[float, float, float]]] = [[] for _ in range(stages)]
    expected = []
    for hours in times:
        offsets = np.concatenate([[0.0], np.cumsum(hours)])
        moments = {0.0} | {end - offsets[j] for j in range(stages) for _, end, _ in taken[j]}
        for start in sorted(moment for moment in moments if moment >= 0.0):
            stay = [(start + offsets[j], start + offsets[j + 1], 1.0) for j in range(stages)]
            if all(most_at_once([*taken[j], stay[j]]) <= counts[j] for j in range(stages)):
                break
        for j in range(stages):
            taken[j].append(stay[j])
        expected.append(stay[-1][1])
    assert flow(times, Setting(storage="zero_wait"), counts).ended() == pytest.approx(expected)


def test_at_the_horizon_what_runs_is_unfinished() -> None:
    """What happens at the horizon still counts, what comes later does not."""
    ran = shop([Stage(10.0)], 5, Setting(horizon=30.0))
    assert [b.disposition for b in ran.run.batches] == ["finished"] * 3 + ["unfinished"] * 2
    assert ran.run.hours == 30.0
    assert ran.run.batches[3].ended is None and ran.run.batches[3].product is None
