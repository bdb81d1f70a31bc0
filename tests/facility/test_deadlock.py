"""Deadlock is found when it happens and says who holds what; lines that only block are never accused."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.errors import ModelError
from exosim.facility.batch import Batch
from exosim.facility.deadlock import stuck, waiting_with
from tests.facility.plants import Setting, Stage, crew, everything_is_back, shop

THERE_AND_BACK = [Stage(4.0, unit="mixer"), Stage(2.0, unit="skid"), Stage(1.0, unit="mixer")]
BLOCKING = Setting(storage="none")


def test_a_batch_that_goes_back_to_a_unit_meets_the_next_one() -> None:
    """The first waits for the mixer that the second holds, and the second for the skid that the first holds."""
    with pytest.raises(ModelError) as caught:
        shop(THERE_AND_BACK, 3, BLOCKING)
    error = caught.value
    assert error.exit_code == 4
    told = {problem.path: problem.problem for problem in error.problems}
    assert told == {
        "": "deadlock at 8 h: 2 batches wait for each other",
        "batch 1": "holds skid 1 and waits for mixer",
        "batch 2": "holds mixer 1 and waits for skid",
    }


def test_the_same_recipe_runs_where_there_is_a_way_out() -> None:
    """One batch alone, room between the units, a second unit or a limit on the line: no deadlock."""
    second = [Stage(4.0, unit="mixer", count=2), THERE_AND_BACK[1], THERE_AND_BACK[2]]
    for stages, count, setting in (
        (THERE_AND_BACK, 1, BLOCKING),
        (THERE_AND_BACK, 9, Setting()),
        (THERE_AND_BACK, 9, Setting(storage="none", work_in_progress=1)),
        (second, 9, Setting(storage="none", work_in_progress=2)),
    ):
        ran = shop(stages, count, setting)
        assert len(ran.by["finished"]) == count
        everything_is_back(ran)


def test_a_batch_that_stays_in_its_class_keeps_its_unit() -> None:
    """Two procedures in a row on the same class need one unit, in any storage."""
    for storage in ("unlimited", "none", "zero_wait"):
        ran = shop([Stage(2.0, unit="skid"), Stage(3.0, unit="skid", turnaround=1.0)], 4, Setting(storage=storage))
        everything_is_back(ran)
        assert ran.ended() == [5.0, 10.0, 15.0, 20.0]


@pytest.mark.parametrize("seed", range(200))
def test_no_false_alarm(seed: int) -> None:
    """A line without loops always empties, whatever blocks meanwhile."""
    generator = np.random.default_rng(seed)
    batches = int(generator.integers(2, 25))
    roles = (crew(int(generator.integers(1, 3))),) if seed % 3 == 0 else ()
    stages = [
        Stage(
            generator.exponential(5.0, batches) * generator.integers(0, 2, batches),
            int(generator.integers(1, 4)),
            float(generator.integers(0, 3)),
            people=int(bool(roles)),
            role="crew",
        )
        for _ in range(int(generator.integers(1, 7)))
    ]
    mode = "paced" if seed % 2 else "as_soon_as_possible"
    ran = shop(stages, batches, Setting(storage="none", mode=mode, roles=roles))
    assert len(ran.by["finished"]) == batches
    everything_is_back(ran)


class Standing:
    """Batches and pools as they stand at one moment."""

    def __init__(self, holders: dict[str, list[str | None]], waits: dict[str, str]) -> None:
        from exosim.facility.pool import Pool

        self.pools = {name: Pool(None, name, len(units)) for name, units in holders.items()}  # type: ignore[arg-type]
        names = {name for units in holders.values() for name in units if name} | set(waits)
        self.batches = {name: Batch(number, number, 0, None, (), 0.0, 0.0) for number, name in enumerate(sorted(names))}  # type: ignore[arg-type]
        for name, units in holders.items():
            for unit, holder in enumerate(units):
                self.pools[name].holders[unit] = self.batches[holder] if holder else None
        for batch, pool in waits.items():
            self.batches[batch].waits_for = self.pools[pool]

    def stuck(self) -> str:
        """Return the names of the batches that can never go on."""
        names = {batch: name for name, batch in self.batches.items()}
        by_all = {names[batch] for batch in stuck(self.batches.values())}
        by_reach = {names[b] for batch in self.batches.values() for b in stuck(waiting_with(batch))}
        assert by_all == by_reach
        return "".join(sorted(by_all))


@pytest.mark.parametrize(
    "holders, waits, expected",
    [
        ({"A": ["x"], "B": ["y"]}, {"x": "B", "y": "A"}, "xy"),
        ({"A": ["x"], "B": ["y"]}, {"x": "B"}, ""),
        ({"A": ["x"], "B": ["y"], "C": ["z"]}, {"x": "B", "y": "C", "z": "A"}, "xyz"),
        ({"A": ["x", None], "B": ["y"]}, {"x": "B", "y": "A"}, ""),  # a unit that is cleaned comes back
        ({"A": ["x", "w"], "B": ["y"]}, {"x": "B", "y": "A"}, ""),  # w works and will give its unit back
        ({"A": ["x", "w"], "B": ["y"]}, {"x": "B", "y": "A", "w": "B"}, "wxy"),
        ({"A": ["x"], "B": ["y"]}, {"x": "B", "y": "A", "q": "A"}, "qxy"),  # q holds nothing and waits behind them
        ({"A": ["x"], "B": ["y"], "C": ["z"]}, {"x": "B", "y": "A", "q": "C"}, "xy"),
    ],
)
def test_the_wait_for_graph(holders: dict[str, list[str | None]], waits: dict[str, str], expected: str) -> None:
    assert Standing(holders, waits).stuck() == expected
