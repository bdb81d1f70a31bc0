"""Stores: finite places between units; who finds none stays on its unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.plant import Breakdown, Failure, Store
from tests.facility.plants import (
    Ran,
    Setting,
    Stage,
    always,
    everything_is_back,
    flow,
    most_at_once,
    shop,
    stays,
)


def cold(places: int) -> Setting:
    return Setting(stores=(Store("cold", places),))


def through(first: float, second: float, places: int, count: int) -> Ran:
    ran = shop([Stage(first), Stage(second, waits_in="cold")], count, cold(places))
    everything_is_back(ran)
    return ran


def test_a_full_store_blocks_the_unit() -> None:
    """1 h, then 10 h, one place: the first unit is free at 1 h, 2 h, then when the second takes from the store."""
    ran = through(1.0, 10.0, 1, 4)
    assert ran.begun("p0") == [0.0, 1.0, 2.0, 11.0]
    assert ran.begun("p1") == [1.0, 11.0, 21.0, 31.0]
    assert ran.ended() == [11.0, 21.0, 31.0, 41.0]
    assert [until for _, until, _ in stays(ran)["u0 1"]] == [1.0, 2.0, 11.0, 21.0]


@pytest.mark.parametrize("places", [1, 2, 3])
@pytest.mark.parametrize("seed", range(12))
def test_a_store_is_a_buffer_of_a_flow_shop(places: int, seed: int) -> None:
    """The recursion of a line with finite buffers: a unit is left when the batch `places` before has gone on."""
    times = np.random.default_rng(seed).integers(1, 20, (15, 4)).astype(float)
    batches, units = times.shape
    begun, left = np.zeros((batches, units)), np.zeros((batches, units))
    for j in range(batches):
        for k in range(units):
            before = left[j - 1, k] if j else 0.0
            begun[j, k] = max(begun[j, k - 1] + times[j, k - 1] if k else 0.0, before)
        for k in range(units):
            done = begun[j, k] + times[j, k]
            other = j - places  # when it has gone on, the batches after it, this one too, have places in the store
            left[j, k] = max(done, begun[other, k + 1]) if k + 1 < units and other >= 0 else done
    stages = [Stage(times[:, k].copy(), waits_in=f"s{k}" if k else None) for k in range(units)]
    setting = Setting(stores=tuple(Store(f"s{k}", places) for k in range(1, units)))
    ran = shop(stages, batches, setting)
    everything_is_back(ran)
    assert ran.ended() == left[:, -1].tolist()


def test_a_large_store_is_no_limit_and_a_shared_one_is() -> None:
    times = np.random.default_rng(3).integers(1, 20, (12, 3)).astype(float)
    stages = [Stage(times[:, k].copy(), waits_in="cold" if k else None) for k in range(3)]
    assert shop(stages, 12, cold(12)).ended() == flow(times).ended()
    assert max(shop(stages, 12, cold(1)).ended()) >= max(flow(times).ended())


def test_a_batch_that_waits_for_store_and_unit_takes_what_comes_first() -> None:
    """At 11 h the unit is free: the batch in the store goes on, the one on the unit finds its place."""
    ran = through(1.0, 10.0, 1, 3)
    assert len(ran.line.stores["cold"].inside) == 0
    assert ran.begun("p1") == [1.0, 11.0, 21.0]


def test_a_first_procedure_waits_in_a_store() -> None:
    """A batch that holds nothing finds no place and waits all the same."""
    ran = shop([Stage(4.0, waits_in="cold")], 3, cold(1))
    assert ran.begun("p0") == [0.0, 4.0, 8.0]
    everything_is_back(ran)


whole = st.integers(0, 9).map(float)


@st.composite
def lines(draw: st.DrawFn) -> tuple[list[Stage], int, Setting]:
    """Return a line whose stages share two stores, with failures and breakdown."""
    count, length = draw(st.integers(1, 10)), draw(st.integers(1, 4))
    stages = [
        Stage(
            np.array(draw(st.lists(whole, min_size=count, max_size=count))),
            draw(st.integers(1, 2)),
            draw(whole),
            waits_in=draw(st.sampled_from((None, "cold", "freezer"))),
        )
        for _ in range(length)
    ]
    setting = Setting(
        launches=draw(st.lists(whole, min_size=count, max_size=count)),
        storage=draw(st.sampled_from(("unlimited", "none"))),
        priority=draw(st.sampled_from(("fifo", "oldest", "earliest_due"))),
        stores=(Store("cold", draw(st.integers(1, 3))), Store("freezer", 1)),
        failures=(
            Failure("a", "p0", "repeat", probability=0.3),
            Failure("b", f"p{length - 1}", "reject", probability=0.3),
        ),
        breakdowns=draw(st.sampled_from(((), (Breakdown("k", "u0", always(7.0), always(3.0)),)))),
    )
    return stages, count, setting


@settings(max_examples=150, deadline=None)
@given(lines())
def test_a_store_never_holds_more_than_its_places(line: tuple[list[Stage], int, Setting]) -> None:
    """A batch waits on its unit or in the store; a line without loops always empties."""
    stages, count, setting = line
    ran = shop(stages, count, setting)
    everything_is_back(ran)
    assert len(ran.by["finished"]) + len(ran.by["rejected"]) == count
    for store in setting.stores:
        kept = [
            (left, begun, 1.0)
            for position, stage in enumerate(stages)
            if position and stage.waits_in == store.id
            for left, begun in in_store(ran, position)
        ]
        assert most_at_once(kept) <= store.capacity
    assert shop(stages, count, setting).run.log == ran.run.log


def in_store(ran: Ran, position: int) -> list[tuple[float, float]]:
    """Return from when to when batches were off their units before a procedure."""
    found = []
    for begin in ran.by["start"]:
        if begin.procedure == f"p{position}":
            left = max(e.time for e in ran.by["leave"] if e.batch == begin.batch and e.time <= begin.time)
            found.append((left, begin.time))
    return found
