"""Rooms: who may be in one together, clearance, changeover, and batches that wait for each other's rooms."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import ModelError
from exosim.plant import Equipment, Failure, Plant, Room, Store
from exosim.waits import waiting, waiting_for_room
from exosim.window import Window
from tests.facility.plants import Ran, Setting, Stage, crew, everything_is_back, shop, shops, told

Product = tuple[list[Stage], int, Setting]


def visits(ran: Ran, rooms: dict[str, str]) -> dict[str, list[tuple[float, float, int, str]]]:
    """Return from when to when which batch of which product had units in which room; `rooms` by equipment class."""
    product = {batch.number: batch.campaign for batch in ran.run.batches}
    since: dict[tuple[int, str], float] = {}
    found: dict[str, list[tuple[float, float, int, str]]] = defaultdict(list)
    for event in ran.run.log:
        room = rooms.get(event.unit.rpartition(" ")[0])
        if room is None:
            continue
        if event.event == "start":
            since.setdefault((event.batch, event.unit), event.time)
        elif event.event == "leave":
            begun = since.pop((event.batch, event.unit))
            found[room].append((begun, event.time, event.batch, product[event.batch]))
    return found


def strangers(stays: list[tuple[float, float, int, str]], what: int) -> list[Any]:
    """Return pairs of stays that overlap although they differ in what they are: 2 the batch, 3 the product."""
    return [(a, b) for a in stays for b in stays if a[what] != b[what] and a[0] < b[1] - 1e-9 and b[0] < a[1] - 1e-9]


def test_one_batch_at_a_time_and_line_clearance() -> None:
    """Two units, but the room takes one batch: 4 h of work and 1 h of clearance each."""
    ran = shop([Stage(4.0, 2, room="suite")], 3, Setting(rooms=(Room("suite", 9, "batch", 1.0),)))
    assert ran.begun("p0") == [0.0, 5.0, 10.0] and ran.ended() == [4.0, 9.0, 14.0]
    everything_is_back(ran)


def test_a_room_without_segregation_takes_its_capacity() -> None:
    ran = shop([Stage(4.0, 9, room="hall")], 5, Setting(rooms=(Room("hall", 2, "none", 1.0, 1.0),)))
    assert ran.begun("p0") == [0.0, 0.0, 4.0, 4.0, 8.0]


def two_products(room: Room, first: list[float], second: list[float], hours: float = 4.0) -> Ran:
    stages = [Stage(hours, 9, unit="mixer", room=room.id)]
    a = Setting(launches=first, product="A", rooms=(room,))
    b = Setting(launches=second, product="B")
    ran = shops([(stages, len(first), a), (stages, len(second), b)])
    everything_is_back(ran)
    return ran


def test_products_are_kept_apart_and_the_room_is_changed_over() -> None:
    """A and A together from 0 h to 5 h; clearance 1 h, changeover 2 h; B from 8 h to 12 h; then A from 15 h."""
    room = Room("suite", 3, "product", 1.0, 2.0)
    ran = two_products(room, [0.0, 1.0, 6.0], [2.0])
    begun = {(e.batch, e.time) for e in ran.by["start"]}
    by_time = sorted(time for _, time in begun)
    assert by_time == [0.0, 1.0, 8.0, 15.0]
    assert not strangers(visits(ran, {"mixer": "suite"})["suite"], 3)


def test_nobody_is_passed_over_for_ever() -> None:
    """The second product, in the queue since 1 h, goes before batches of the first that come later."""
    ran = two_products(Room("suite", 2, "product", 0.0, 0.5), [0.0, 2.0, 3.0], [1.0])
    product = {b.number: b.campaign for b in ran.run.batches}
    assert [(e.time, product[e.batch]) for e in ran.by["start"]] == [(0.0, "A"), (4.5, "B"), (9.0, "A"), (9.0, "A")]


def test_the_head_of_the_queue_may_change_during_a_changeover() -> None:
    """Prepared for B from 4 h to 7 h; an urgent A comes at 5 h: prepared for A until 10 h, for B from 14 h to 17 h."""
    stages = [Stage(4.0, 9, unit="mixer", room="suite")]
    room = Room("suite", 1, "product", 0.0, 3.0)
    a = Setting(launches=[0.0, 5.0], product="A", rank=0, rooms=(room,))
    b = Setting(launches=[1.0], product="B", rank=1)
    ran = shops([(stages, 2, a), (stages, 1, b)])
    product = {r.number: r.campaign for r in ran.run.batches}
    assert [(e.time, product[e.batch]) for e in ran.by["start"]] == [(0.0, "A"), (10.0, "A"), (17.0, "B")]
    everything_is_back(ran)


def test_a_batch_stays_in_its_room_between_units_of_it() -> None:
    """Both units stand in the room: the next batch enters when the first has left both."""
    stages = [Stage(4.0, room="suite"), Stage(3.0, room="suite")]
    ran = shop(stages, 2, Setting(rooms=(Room("suite", 1, "batch", 1.0),)))
    assert ran.begun("p0") == [0.0, 8.0] and ran.ended() == [7.0, 15.0]


THERE_AND_BACK = [Stage(4.0, 9, room="grade B"), Stage(2.0, 9, room="grade C"), Stage(1.0, 9, room="grade B")]
ROOMS = (Room("grade B"), Room("grade C"))


def test_rooms_that_wait_for_each_other_are_told() -> None:
    with pytest.raises(ModelError) as caught:
        shop(THERE_AND_BACK, 3, Setting(storage="none", rooms=ROOMS))
    told = {problem.path: problem.problem for problem in caught.value.problems}
    assert caught.value.exit_code == 4
    assert told == {
        "": "deadlock at 8 h: 2 batches wait for each other",
        "batch 1": "holds u1 1, grade C and waits for grade B",
        "batch 2": "holds u0 1, grade B and waits for grade C",
    }


def test_a_batch_that_holds_a_room_alone_can_be_in_the_ring() -> None:
    """X has left its unit and stays in grade B, for the unit of Y, who waits for grade C, where Z waits for grade B."""
    rooms = (Room("grade B", 2, "none"), Room("grade C", 1, "none"))
    x = [Stage(6.0, unit="mixer", room="grade B"), Stage(1.0, unit="skid", room="grade B")]
    y = [Stage(4.0, unit="skid", room="grade B"), Stage(1.0, unit="filler", room="grade C")]
    z = [Stage(5.0, unit="filler", room="grade C"), Stage(1.0, unit="washer", room="grade B")]
    away = Setting(rooms=rooms, product="X")
    blocking = Setting(storage="none")
    with pytest.raises(ModelError) as caught:
        shops([(x, 1, away), (y, 1, blocking), (z, 1, blocking)])
    told = {problem.path: problem.problem for problem in caught.value.problems}
    assert told == {
        "": "deadlock at 6 h: 3 batches wait for each other",
        "batch 1": "holds grade B and waits for skid",
        "batch 2": "holds skid 1, grade B and waits for grade C",
        "batch 3": "holds filler 1, grade C and waits for grade B",
    }


def test_a_place_outside_is_the_way_out() -> None:
    for setting in (
        Setting(rooms=ROOMS),
        Setting(storage="none", rooms=ROOMS, work_in_progress=1),
        Setting(storage="none", rooms=(Room("grade B", 2, "none"), Room("grade C")), work_in_progress=2),
    ):
        ran = shop(THERE_AND_BACK, 6, setting)
        assert len(ran.by["finished"]) == 6
        everything_is_back(ran)


def test_a_rework_in_another_room_leaves_the_next_one() -> None:
    """After a failed test in the laboratory the batch goes back to a suite, not on into the cold room."""
    stages = [Stage(2.0, room="suite"), Stage(1.0, room="lab"), Stage(3.0, room="cold")]
    again = Failure("test", "p1", "rework", probability=1.0, limit=2, back_to="p0")
    rooms = (Room("suite"), Room("lab"), Room("cold"))
    ran = shop(stages, 2, Setting(failures=(again,), rooms=rooms))
    everything_is_back(ran)
    assert [(e.batch, e.time) for e in ran.by["start"] if e.procedure == "p0"] == [
        (0, 0.0), (1, 2.0), (0, 4.0), (1, 6.0), (0, 8.0), (1, 10.0),
    ]  # fmt: skip
    assert ran.ended() == [11.0, 13.0]


whole = st.integers(0, 9).map(float)


@st.composite
def cleanroom_lines(draw: st.DrawFn) -> tuple[list[Product], tuple[Room, ...], dict[str, str]]:
    """Return two products on a line through rooms, each room visited once, so that nothing can lock."""
    stages_count = draw(st.integers(1, 4))
    of_stage = sorted(draw(st.lists(st.integers(0, 2), min_size=stages_count, max_size=stages_count)))
    rooms = tuple(
        Room(
            f"r{index}",
            draw(st.integers(1, 3)),
            draw(st.sampled_from(("none", "product", "batch"))),
            draw(whole),
            draw(whole),
        )
        for index in range(3)
    )
    stores = (Store("cold", draw(st.integers(1, 3))),)
    failures = tuple(
        Failure(f"f{k}", f"p{draw(st.integers(0, stages_count - 1))}", kind, probability=0.2, repair=draw(whole))  # type: ignore[arg-type]
        for k, kind in enumerate(("repeat", "reject"))
    )
    products: list[Product] = []
    plan = [(draw(st.integers(1, 2)), draw(whole), draw(st.sampled_from((None, "cold")))) for _ in range(stages_count)]
    for name in ("A", "B"):
        count = draw(st.integers(1, 6))
        stages = [
            Stage(
                np.array(draw(st.lists(whole, min_size=count, max_size=count))), units, turnaround, people=1,
                role="crew", room=f"r{of_stage[index]}", waits_in=store,
            )
            for index, (units, turnaround, store) in enumerate(plan)
        ]  # fmt: skip
        setting = Setting(
            launches=sorted(draw(st.lists(whole, min_size=count, max_size=count))),
            storage=draw(st.sampled_from(("unlimited", "none"))),
            product=name,
            rank=draw(st.integers(0, 1)),
            roles=(crew(2),),
            rooms=rooms,
            stores=stores,
            failures=failures,
        )
        products.append((stages, count, setting))
    return products, rooms, {f"u{index}": f"r{room}" for index, room in enumerate(of_stage)}


@settings(max_examples=150, deadline=None)
@given(cleanroom_lines())
def test_segregation_holds_and_no_line_is_accused(
    line: tuple[list[Product], tuple[Room, ...], dict[str, str]],
) -> None:
    """Never two batches, or products, where that is forbidden; a line that visits each room once always empties."""
    products, rooms, where = line
    ran = shops(products)
    everything_is_back(ran)
    assert len(ran.by["finished"]) + len(ran.by["rejected"]) == sum(count for _, count, _ in products)
    seen = visits(ran, where)
    for room in rooms:
        if room.segregation != "none":
            assert not strangers(seen[room.id], 2 if room.segregation == "batch" else 3), room
    assert shops(products).run.log == ran.run.log


def test_a_wait_for_the_room_is_told_apart_from_the_wait_for_the_unit() -> None:
    """The second batch waits 4 h of work and 1 h of clearance for the room, and then 2 h more of turnaround."""
    ran = shop([Stage(4.0, turnaround=7.0, room="suite")], 2, Setting(rooms=(Room("suite", 1, "batch", 1.0),)))
    plant = Plant((Equipment("u0", 1, 7.0, room="suite"),), rooms=(Room("suite", 1, "batch", 1.0),))
    assert told(ran, "room") == [(11.0, 1, "room", "", 5.0, "suite")]
    window = Window(ran.run, plant, 0.0)
    assert waiting_for_room(window) == {"p0": 2.5} and waiting(window) == {"p0": 3.0}
