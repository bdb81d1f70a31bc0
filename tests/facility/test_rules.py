"""The rules of a campaign: launches, limits, modes, priorities; and that a run repeats itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import ModelError
from exosim.plant import Failure
from tests.facility.plants import Setting, Stage, crew, flow, most_at_once, shop, stays
from tests.facility.test_balances import lines

whole = st.integers(0, 12).map(float)


@settings(max_examples=60)
@given(lines(("unlimited", "none")))
def test_the_same_inputs_give_the_same_log(line: tuple[list[Stage], int, Setting]) -> None:
    stages, count, setting = line
    first, second = shop(stages, count, setting), shop(stages, count, setting)
    assert list(first.run.log) == list(second.run.log)
    assert list(first.run.batches) == list(second.run.batches) and first.run.events == second.run.events


def test_another_failure_changes_no_other() -> None:
    """A failure of one procedure is addressed: what else can fail does not move it."""
    own = Failure("own", "p0", "reject", probability=0.4)
    other = Failure("other", "p1", "repeat", probability=0.5, limit=50)
    alone = shop([Stage(1.0), Stage(1.0)], 60, Setting(failures=(own,)))
    both = shop([Stage(1.0), Stage(1.0)], 60, Setting(failures=(other, own)))
    lost = [[b.disposition for b in ran.run.batches] for ran in (alone, both)]
    assert lost[0] == lost[1] and 10 < lost[0].count("rejected") < 40
    longer = shop([Stage(1.0), Stage(1.0)], 90, Setting(failures=(own,)))
    assert [b.disposition for b in longer.run.batches][:60] == lost[0]


@settings(max_examples=150)
@given(st.data())
def test_one_more_unit_makes_nobody_later(data: st.DataObject) -> None:
    """On a line where no batch overtakes another: the hours of a stage are the same for all batches."""
    count = data.draw(st.integers(1, 12))
    size = data.draw(st.integers(1, 4))
    hours = data.draw(st.lists(whole, min_size=size, max_size=size))
    units = data.draw(st.lists(st.integers(1, 3), min_size=size, max_size=size))
    clean = data.draw(st.lists(st.integers(0, 3).map(float), min_size=size, max_size=size))
    setting = Setting(
        launches=sorted(data.draw(st.lists(whole, min_size=count, max_size=count))),
        storage=data.draw(st.sampled_from(("unlimited", "none"))),
        mode=data.draw(st.sampled_from(("paced", "as_soon_as_possible"))),
    )
    more = list(units)
    more[data.draw(st.integers(0, size - 1))] += 1
    before, after = (
        shop([Stage(*stage) for stage in zip(hours, counts, clean, strict=True)], count, setting).ended()
        for counts in (units, more)
    )
    assert all(late <= early + 1e-9 for late, early in zip(after, before, strict=True))


@settings(max_examples=100)
@given(st.data())
def test_one_more_unit_at_the_end_makes_nobody_later(data: st.DataObject) -> None:
    """At the last stage batches may differ: nobody comes after it whom a batch that overtakes could delay."""
    count = data.draw(st.integers(1, 10))
    times = [data.draw(st.lists(whole, min_size=2, max_size=2)) for _ in range(count)]
    units = data.draw(st.integers(1, 3))
    before, after = (flow(times, counts=[1, number]).ended() for number in (units, units + 1))
    assert all(late <= early + 1e-9 for late, early in zip(after, before, strict=True))


def test_one_more_unit_can_make_a_batch_later_where_batches_overtake() -> None:
    """A known anomaly, not a fault: the short batch takes the second stage before the long one comes."""
    times = [[10.0, 1.0], [1.0, 100.0]]
    assert flow(times).ended() == [11.0, 111.0]
    assert flow(times, counts=[2, 1]).ended() == [102.0, 101.0]


def test_paced_releases_keep_their_times() -> None:
    """A batch is started at its hour, whatever is still on the line."""
    ran = shop([Stage(10.0)], 5, Setting(launches=[0.0, 4.0, 4.0, 30.0, 31.5]))
    assert [b.started for b in ran.run.batches] == [0.0, 4.0, 4.0, 30.0, 31.5]
    assert [b.number for b in ran.run.batches] == [0, 1, 2, 3, 4]
    assert ran.begun("p0") == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert [ran.waits("p0")[n] for n in range(5)] == [0.0, 6.0, 16.0, 0.0, 8.5]


@settings(max_examples=80)
@given(lines(("unlimited", "none")))
def test_the_limit_of_work_in_progress_holds(line: tuple[list[Stage], int, Setting]) -> None:
    stages, count, setting = line
    ran = shop(stages, count, setting)
    limit = setting.work_in_progress or count
    level = peak = 0
    for event in ran.run.log:
        level += {"launch": 1, "finished": -1, "rejected": -1}.get(event.event, 0)
        peak = max(peak, level)
    assert peak <= limit
    for batch in ran.run.batches:
        assert batch.started >= (setting.launches or [0.0] * count)[batch.number]


@settings(max_examples=100)
@given(st.data())
def test_as_soon_as_possible_the_first_unit_is_never_idle(data: st.DataObject) -> None:
    """Between the first and the last batch the first stage works or is cleaned all the time."""
    count = data.draw(st.integers(2, 12))
    hours = np.array(data.draw(st.lists(whole.filter(bool), min_size=count, max_size=count)))
    units, clean = data.draw(st.integers(1, 3)), float(data.draw(st.integers(0, 4)))
    ran = shop([Stage(hours, units, clean), Stage(5.0)], count, Setting(mode="as_soon_as_possible"))
    last = max(ran.begun("p0"))
    by_unit = {unit: times for unit, times in stays(ran).items() if unit.startswith("u0")}
    assert len(by_unit) == min(units, count)
    for times in by_unit.values():
        reached = 0.0
        for begin, end, _ in sorted(times):
            if begin <= last:
                assert begin == pytest.approx(reached)
                reached = end
        assert reached >= last - 1e-9


def test_as_soon_as_possible_at_most_one_batch_waits_in_front() -> None:
    ran = shop([Stage(3.0, 2), Stage(9.0)], 20, Setting(mode="as_soon_as_possible"))
    waiting = [(b.started, t, 1.0) for b, t in zip(ran.run.batches, ran.begun("p0"), strict=True)]
    assert most_at_once(waiting) <= 1.0


def order_of(priority: str) -> list[int]:
    """Return in which order batches have the second unit, where a slow one comes late but is older."""
    hours = np.array([1.0, 9.0, 2.0, 3.0])
    setting = Setting(launches=[0.0, 0.0, 0.5, 1.0], priority=priority)
    ran = shop([Stage(hours, 4), Stage(10.0)], 4, setting)
    return [event.batch for event in ran.by["start"] if event.procedure == "p1"]


def test_priorities() -> None:
    """First come, first served; or the one that was started first."""
    assert order_of("fifo") == [0, 2, 3, 1]
    assert order_of("oldest") == [0, 1, 2, 3]
    assert order_of("earliest_due") == [0, 1, 2, 3]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_duration_that_is_no_number_is_refused(bad: float) -> None:
    """SimPy would take it and run events out of order."""
    with pytest.raises(ModelError, match=r"p1: the duration of the phase step is not a finite number"):
        shop([Stage(1.0), Stage(np.array([1.0, bad, 1.0]))], 3)


def test_a_time_that_is_no_number_stops_the_run() -> None:
    """What slips through all checks, such as a turnaround, ends the run instead of running events out of order."""
    with pytest.raises(ModelError, match="not a number"):
        shop([Stage(1.0, turnaround=float("nan"))], 3, Setting(roles=(crew(),)))
