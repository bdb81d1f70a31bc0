"""Runs that several batches share: when they start, who takes part, what they take, and what fails with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from exosim.facility.gathering import Gathering
from exosim.operations.base import Phase
from exosim.plant import Breakdown, Failure, Stock, Utility
from exosim.shared_run import SharedRun
from exosim.working_time import WorkingTime
from tests.facility.plants import Ran, Setting, Stage, always, attended, crew, everything_is_back, listed, shop, stays
from tests.why_plants import hours, told

NEVER = 1e6
"""A wait that no batch reaches."""


def shared(
    places: int, hours: Any = 1.0, *, controls: int = 0, longest: float | None = None, every: float | None = None,
    **more: Any,
) -> Stage:  # fmt: skip
    """Return a stage whose runs are shared."""
    return Stage(hours, shared_run=SharedRun(places, controls, longest, every), **more)


def loads(ran: Ran, procedure: str = "p0") -> list[tuple[float, list[int]]]:
    """Return when each run had its unit, and which batches took part, as the log tells it."""
    found: dict[tuple[str, int], tuple[float, list[int]]] = {}
    for number, event in enumerate(ran.run.log):
        if event.event == "run" and event.procedure == procedure:
            leads = int(event.note) - 1 == event.batch
            key = (event.note, number if leads else max(n for note, n in found if note == event.note))
            found.setdefault(key, (event.time, []))[1].append(event.batch)
    return list(found.values())


def test_a_run_starts_when_it_is_full() -> None:
    """One batch an hour, four places: runs start at 3, 7 and 11 h, and the batches have waited 3, 2, 1 and 0 h."""
    ran = shop([shared(4, 0.5, longest=NEVER)], 12, Setting([float(n) for n in range(12)]))
    assert loads(ran) == [(3.0, [0, 1, 2, 3]), (7.0, [4, 5, 6, 7]), (11.0, [8, 9, 10, 11])]
    assert list(ran.waits("p0").values()) == [3.0, 2.0, 1.0, 0.0] * 3
    everything_is_back(ran)


def test_controls_take_places() -> None:
    """Of eight places two hold calibrators in every run: six batches are full."""
    ran = shop([shared(8, 0.5, controls=2, longest=NEVER)], 12)
    assert [len(batches) for _, batches in loads(ran)] == [6, 6]


@pytest.mark.parametrize("longest", [None, 4.0])
def test_the_last_run_of_a_campaign_never_hangs(longest: float | None) -> None:
    """Five batches on four places: the last one starts alone, at once or when it has waited as long as it may."""
    ran = shop([shared(4, 1.0, longest=longest, count=2)], 5)
    assert loads(ran) == [(0.0, [0, 1, 2, 3]), (longest or 0.0, [4])]
    assert ran.run.hours == 1.0 + (longest or 0.0)
    everything_is_back(ran)


def test_the_first_batch_does_not_wait_longer_than_it_may() -> None:
    """The run starts 2 h after its first batch came, with the one that came meanwhile."""
    ran = shop([shared(4, 1.0, longest=2.0)], 3, Setting([1.0, 2.5, 3.5]))
    assert loads(ran) == [(3.0, [0, 1]), (5.5, [2])]


def test_whoever_waits_goes_as_soon_as_a_unit_is_free() -> None:
    """Without a longest wait the first batch goes alone; those that come meanwhile go together after its turnaround."""
    ran = shop([shared(4, 2.0, turnaround=0.5)], 7, Setting([0.0, *[0.1 * n for n in range(1, 7)]]))
    assert loads(ran) == [(0.0, [0]), (2.5, [1, 2, 3, 4]), (5.0, [5, 6])]
    assert stays(ran) == {"u0 1": [(0.0, 2.5, 0), (2.5, 5.0, 1), (5.0, 7.5, 5)]}


def test_several_runs_on_free_units() -> None:
    """Ten batches at once, four places, two units: two runs at once, the third when a unit is free."""
    ran = shop([shared(4, 2.0, count=2)], 10)
    assert loads(ran) == [(0.0, [0, 1, 2, 3]), (0.0, [4, 5, 6, 7]), (2.0, [8, 9])]
    assert ran.run.lacked == {"equipment.u0"}


def test_throughput_at_saturation() -> None:
    """(places - controls) batches per run and turnaround: 6 each 2.5 h on one unit."""
    ran = shop([shared(8, 2.0, controls=2, turnaround=0.5)], 600)
    ends = ran.ended()
    assert (len(ends) - 6) / (max(ends) - min(ends)) == pytest.approx(6 / 2.5)


def test_bulk_service_by_hand() -> None:
    """Poisson arrivals, one unit, runs of at most b: each start follows from the arrivals and the end before it."""
    rng = np.random.Generator(np.random.PCG64(5))
    arrivals = np.cumsum(rng.exponential(0.5, 400))
    ran = shop([shared(5, 1.7)], 400, Setting(arrivals.tolist()))
    free, place, expected = 0.0, 0, []
    while place < 400:
        begin = max(free, arrivals[place])
        count = min(int(np.searchsorted(arrivals, begin, side="right")) - place, 5)
        expected.append((begin, list(range(place, place + count))))
        free, place = begin + 1.7, place + count
    assert [batches for _, batches in loads(ran)] == [batches for _, batches in expected]
    assert [begin for begin, _ in loads(ran)] == pytest.approx([begin for begin, _ in expected])


def test_mean_wait_to_fill() -> None:
    """Poisson arrivals at a free unit wait (k - 1) / (2 lambda) on the mean until k of them are there."""
    rng = np.random.Generator(np.random.PCG64(7))
    k, rate, count = 6, 2.0, 3000
    arrivals = np.cumsum(rng.exponential(1.0 / rate, count))
    ran = shop([shared(k, 1.0, longest=NEVER, unit="")], count, Setting(arrivals.tolist()))
    waits = np.array(list(ran.waits("p0").values())).reshape(-1, k).mean(axis=1)  # runs are independent
    error = waits.std(ddof=1) / np.sqrt(len(waits))
    assert waits.mean() == pytest.approx((k - 1) / (2.0 * rate), abs=3.0 * error)
    assert error < 0.05 * waits.mean()


def test_runs_on_a_timetable() -> None:
    """A courier comes every 24 h: arrivals at any time of the day wait 12 h on the mean; all go together."""
    rng = np.random.Generator(np.random.PCG64(11))
    arrivals = np.cumsum(rng.exponential(0.7, 2000))
    ran = shop([shared(1000, 3.0, every=24.0, unit="")], 2000, Setting(arrivals.tolist()))
    begins = np.array([begin for begin, _ in loads(ran)])
    assert np.allclose(begins % 24.0, 0.0)
    assert sorted(set(begins)) == list(begins)
    waits = list(ran.waits("p0").values())
    assert np.mean(waits) == pytest.approx(12.0, abs=3.0 * 24.0 / np.sqrt(12.0 * len(waits)))
    assert max(waits) <= 24.0


def test_a_timetable_waits_for_nobody() -> None:
    """One unit, runs every 8 h of 3 h: four batches go at each time, whoever comes later waits for the next."""
    ran = shop([shared(4, 3.0, every=8.0)], 9, Setting([0.0] * 6 + [0.5, 9.0, 23.9]))
    assert loads(ran) == [(0.0, [0, 1, 2, 3]), (8.0, [4, 5, 6]), (16.0, [7]), (24.0, [8])]
    assert hours(ran, 4) == {"work": 3.0, "unit": 3.0, "run": 5.0}  # the unit was taken at its time, and free after
    assert hours(ran, 6) == {"work": 3.0, "run": 7.5}


def test_a_run_that_is_longer_than_its_rhythm_skips_a_time() -> None:
    """25 h of work on a daily plate: one unit starts every second day."""
    ran = shop([shared(2, 25.0, every=24.0)], 4)
    assert [begin for begin, _ in loads(ran)] == [0.0, 48.0]
    assert ran.run.lacked == {"equipment.u0"}


def test_a_timetable_with_a_longest_wait() -> None:
    """Only full runs go at each time, unless somebody has waited too long by then."""
    ran = shop([shared(3, 1.0, every=2.0, longest=5.0)], 4, Setting([0.5, 0.6, 0.7, 0.8]))
    assert loads(ran) == [(2.0, [0, 1, 2]), (6.0, [3])]


def test_units_and_people_are_taken_once() -> None:
    """Six batches in two runs of 2 h: one person works 4 h, the unit is taken for 4 h, each batch has 2 h of work."""
    ran = shop([shared(3, 2.0, people=1, role="crew")], 6, Setting(roles=(crew(),)))
    assert [(begin, end, people) for begin, end, people, _ in attended(ran) if people] == [(0, 2, 1), (2, 4, 1)]
    assert stays(ran) == {"u0 1": [(0.0, 2.0, 0), (2.0, 4.0, 3)]}
    assert [hours(ran, n) for n in (0, 2)] == [{"work": 2.0}] * 2
    assert hours(ran, 5) == {"work": 2.0, "unit": 2.0}
    assert told(ran, 5, "unit") == {"u0: lot 1 (p0)": 2.0}


def test_each_phase_lasts_as_long_as_the_longest() -> None:
    """Two phases of three batches: the run takes the longest of each."""
    parts = (Phase("load", np.array([1.0, 2.0, 1.5])), Phase("elute", np.array([3.0, 1.0, 2.0])))
    stage = replace(shared(3), phases=parts)
    ran = shop([stage, Stage(1.0, 3)], 3)
    assert ran.begun("p1") == [5.0, 5.0, 5.0]


def test_who_comes_before_the_people_takes_part() -> None:
    """Samples come at night; the technician at 8 takes all that are there, though the stand was taken at midnight."""
    shift = WorkingTime(((8.0, 16.0), (32.0, 40.0)))
    ran = shop(
        [shared(4, 1.0, people=1, role="crew")], 6, Setting([0.0, 2.0, 5.0, 7.0, 7.5, 8.5], roles=(crew(1, shift),))
    )
    assert [batches for _, batches in loads(ran)] == [[0, 1, 2, 3], [4, 5]]
    assert ran.ended() == [9.0] * 4 + [10.0] * 2
    assert hours(ran, 2) == {"work": 1.0, "off_shift": 3.0}
    assert hours(ran, 4) == {"work": 1.0, "unit": 1.5}
    everything_is_back(ran)


def test_the_more_urgent_batch_goes_first() -> None:
    """While the unit is taken three batches come; the two that are due first are in the next run."""
    setting = Setting([0.0, 1.0, 1.5, 2.0], priority="earliest_due", dues=[0.0, 90.0, 50.0, 10.0])
    ran = shop([shared(2, 5.0)], 4, setting)
    assert [batches for _, batches in loads(ran)] == [[0], [3, 2], [1]]


def test_the_line_takes_batches_until_a_run_is_full() -> None:
    """As soon as possible, a whole run waits before the unit: it is never filled in part before the end."""
    ran = shop([shared(4, 2.0, longest=NEVER)], 12, Setting(mode="as_soon_as_possible"))
    assert loads(ran) == [(0.0, [0, 1, 2, 3]), (2.0, [4, 5, 6, 7]), (4.0, [8, 9, 10, 11])]


@pytest.mark.parametrize("consequence", ["repeat", "reject", "rework"])
@pytest.mark.parametrize("probability", [1.0, 0.5])
def test_a_failure_strikes_the_run(consequence: Any, probability: float) -> None:
    """What fails in a run fails for all of it: batches are done again or are lost together."""
    fails = Failure("control", "p1", consequence, probability=probability, limit=2, repair=1.0, back_to="p0")
    ran = shop([Stage(1.0, 9), shared(3, 2.0)], 6, Setting(failures=(fails,), seed=4))
    for first in (0, 3):
        assert len({(batch.disposition, batch.ended) for batch in ran.run.batches[first : first + 3]}) == 1
    if probability == 1.0:
        assert {batch.disposition for batch in ran.run.batches} == {"rejected"}
    struck = [event.batch for event in ran.by["failure"]]
    assert struck
    assert [struck.count(number) for number in (1, 2)] == [struck.count(0)] * 2
    everything_is_back(ran)


def test_a_breakdown_stops_the_run() -> None:
    """The unit breaks after 1 h of 2 and is repaired for 3 h: all repeat; each has the same hours, and none is open."""
    broken = Breakdown("motor", "u0", listed(1.0), always(3.0), "repeat", limit=2)
    ran = shop([shared(3, 2.0)], 3, Setting(breakdowns=(broken,)))
    found = [hours(ran, number) for number in range(3)]
    assert found[0] == found[1] == found[2] == {"work": 2.0, "repeated": 1.0, "repair": 3.0}


def test_a_contamination_spreads_to_the_run() -> None:
    """Nobody notices, and all batches of the run carry it."""
    carries = Failure("splash", "p0", "contaminate", probability=1.0, agent="bacteria", level=2.0)
    ran = shop([shared(3, 2.0)], 3, Setting(failures=(carries,)))
    assert [batch.contamination for batch in ran.line.batches] == [{"bacteria": 2.0}] * 3


def test_who_waited_too_long_leaves_the_run() -> None:
    """Limit 2.5 h: the first of four has waited 3 h and is lost, the others go on; the unit is taken once."""
    stage = replace(shared(4, 1.0, longest=NEVER), longest_hold=2.5, breach="reject")
    ran = shop([stage], 4, Setting([0.0, 1.0, 2.0, 3.0]))
    assert [batch.disposition for batch in ran.run.batches] == ["rejected", "finished", "finished", "finished"]
    assert ran.ended() == [3.0, 4.0, 4.0, 4.0]
    assert stays(ran) == {"u0 1": [(3.0, 4.0, 0)]}
    assert hours(ran, 0) == {"run": 3.0}
    everything_is_back(ran)


def test_a_run_whose_batches_are_all_lost() -> None:
    """All have waited too long for their people: unit and people are given back."""
    shift = WorkingTime(((8.0, 16.0),))
    stage = replace(shared(2, 1.0, people=1, role="crew"), longest_hold=1.0, breach="reject")
    ran = shop([stage], 2, Setting(roles=(crew(1, shift),)))
    assert ran.ended() == [8.0, 8.0]
    everything_is_back(ran)


def test_materials_are_drawn_for_all() -> None:
    """Three batches use 1, 2 and 3 L: 5 L in stock are not enough, and the run waits for the delivery."""
    stage = replace(shared(3, 1.0), consumes={"buffer": np.array([1.0, 2.0, 3.0])})
    ran = shop([stage], 3, Setting(stocks=(Stock("buffer", 5.0, 0.0, 10.0, always(4.0)),)))
    assert [(e.batch, e.amount, e.waited) for e in ran.by["supplied"]] == [(0, 1.0, 4.0), (1, 2.0, 4.0), (2, 3.0, 4.0)]
    assert sum(event.amount for event in ran.by["draw"]) == 6.0
    assert [hours(ran, n) for n in range(3)] == [{"work": 1.0, "material": 4.0}] * 3


def test_a_utility_is_taken_once() -> None:
    """Two units of three batches each share a utility that is enough for one run."""
    stage = replace(shared(3, 2.0, count=2), utilities={"power": 0.6})
    ran = shop([stage], 6, Setting(utilities=(Utility("power", 1.0),)))
    assert ran.ended() == [2.0] * 3 + [4.0] * 3
    assert hours(ran, 4) == {"work": 2.0, "utility": 2.0}
    everything_is_back(ran)


def test_two_procedures_in_a_row() -> None:
    """A courier every 6 h, then a plate of three: waits are told where they happen."""
    stages = [shared(9, 1.0, every=6.0, unit=""), shared(3, 2.0, longest=NEVER)]
    ran = shop(stages, 6, Setting([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    assert [batches for _, batches in loads(ran, "p1")] == [[0, 1, 2], [3, 4, 5]]
    assert hours(ran, 0) == {"work": 3.0, "run": 5.0}
    assert told(ran, 5, "unit") == {"u1: lot 1 (p1)": 2.0}


def test_open_runs_at_the_end_of_the_horizon() -> None:
    """Lots that still wait are told why: for others to come, or for the unit that their full run lacks."""
    ran = shop([shared(2, 10.0, longest=NEVER)], 5, Setting([0.0, 0.0, 1.0, 2.0, 3.0], horizon=8.0))
    assert hours(ran, 1) == {"work": 8.0}
    assert hours(ran, 2) == {"unit": 6.0, "run": 1.0}
    assert hours(ran, 4) == {"run": 5.0}


def test_nobody_left_to_do_it() -> None:
    """People who have no shift left: the batches of the run wait in vain for them, and so do those behind it."""
    over = WorkingTime(((0.0, 1.5),))
    setting = Setting([0.0, 0.0, 2.0, 2.0, 3.0, 3.0], roles=(crew(1, over),), horizon=50.0)
    ran = shop([shared(2, 1.0, people=1, role="crew")], 6, setting)
    assert [batch.in_vain for batch in ran.run.batches] == ["", "", *["personnel.crew"] * 4]


def test_a_day_of_a_technician() -> None:
    """8 h of which 85 % are spent at work: 16 samples of 25 min by hand, 48 on a stand of eight in 1 h a run.

    Work that would not be done before the end of a shift begins in the next: floor(8 h * 0.85 / t) runs a day.
    """
    days = WorkingTime(tuple((24.0 * day, 24.0 * day + 8.0 * 0.85) for day in range(40)))
    setting = Setting(mode="as_soon_as_possible", roles=(crew(1, days),), horizon=20 * 24.0, work_in_progress=40)
    by_hand = shop([Stage(25.0 / 60.0, people=1, role="crew")], 2000, setting)
    stand = shop([shared(8, 1.0, people=1, role="crew")], 2000, setting)
    for ran, expected in ((by_hand, 16), (stand, 48)):
        ended = [batch.ended for batch in ran.run.batches if batch.ended is not None]
        assert np.histogram(ended, np.arange(21) * 24.0)[0].tolist() == [expected] * 20


def test_nothing_else_is_shared() -> None:
    """Each procedure of each campaign has a gathering of its own."""
    ran = shop([shared(2), shared(3)], 1)
    found = [stage.gathering for own in ran.line.stages for stage in own]
    assert [g.name for g in found if isinstance(g, Gathering)] == ["p0", "p1"]
