"""Order in queues: rank, due dates, and who is turned away."""

from __future__ import annotations

import numpy as np

from tests.facility.plants import Setting, Stage, everything_is_back, shop, shops


def test_the_earliest_due_is_next() -> None:
    """Four wait at 1 h; due dates decide, then their numbers."""
    setting = Setting(priority="earliest_due", launches=[0.0, 1.0, 1.0, 1.0, 1.0], dues=[99.0, 50.0, 20.0, 50.0, 30.0])
    ran = shop([Stage(5.0)], 5, setting)
    assert [e.batch for e in ran.by["start"]] == [0, 2, 4, 1, 3]
    assert [b.due for b in ran.run.batches] == [99.0, 50.0, 20.0, 50.0, 30.0]


def test_the_oldest_is_next_wherever_it_waits() -> None:
    """Batch 0 comes late to the second stage, after 1 and 2, and goes before 2."""
    hours = np.array([9.0, 1.0, 2.0])
    for priority, order in (("fifo", [1, 2, 0]), ("oldest", [1, 0, 2])):
        ran = shop([Stage(hours, 3), Stage(10.0)], 3, Setting(priority=priority))
        assert [e.batch for e in ran.by["start"] if e.procedure == "p1"] == order


def test_rank_goes_before_all() -> None:
    """The second product is served first although its batches come later."""
    slow = Setting(launches=[0.0, 1.0, 1.0], rank=1, product="bulk")
    urgent = Setting(launches=[2.0, 3.0], rank=0, product="urgent")
    stages = [Stage(5.0, unit="skid")]
    ran = shops([(stages, 3, slow), (stages, 2, urgent)])
    everything_is_back(ran)
    campaign = {b.number: b.campaign for b in ran.run.batches}
    assert [campaign[e.batch] for e in ran.by["start"]] == ["bulk", "urgent", "urgent", "bulk", "bulk"]


def test_a_full_line_turns_away() -> None:
    """Room for two: batches at 0 h, 1 h; those of 2 h and 3 h are turned away; that of 5 h comes as one has left."""
    setting = Setting(launches=[0.0, 1.0, 2.0, 3.0, 5.0], work_in_progress=2, when_full="turn_away")
    ran = shop([Stage(5.0)], 5, setting)
    everything_is_back(ran)
    dispositions = [b.disposition for b in ran.run.batches]
    assert dispositions == ["finished", "finished", "turned_away", "turned_away", "finished"]
    assert ran.ended() == [5.0, 10.0, 2.0, 3.0, 15.0]
    assert [e.batch for e in ran.by["launch"]] == [0, 1, 4]
    assert ran.run.batches[2].product is None and ran.run.batches[2].doses == 0.0
