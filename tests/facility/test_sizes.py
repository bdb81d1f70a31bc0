"""Size limits: one unit is too small, so that a procedure takes several, runs in cycles, or is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import ModelError
from exosim.plant import Failure
from tests.facility.plants import Ran, Setting, Stage, crew, everything_is_back, most_at_once, shop, told


def sized(size: object, count: int, rule: str, hours: float = 4.0, **named: object) -> Stage:
    return Stage(hours, count, size=size, size_limit=2.0, when_too_large=rule, **named)  # type: ignore[arg-type]


def run(stages: Stage | list[Stage], count: int, setting: Setting | None = None) -> Ran:
    ran = shop([stages] if isinstance(stages, Stage) else stages, count, setting or Setting())
    everything_is_back(ran)
    return ran


def test_parallel_units() -> None:
    """6 m2 on units of 2 m2 takes three of four at once, and the same time; the next batch waits for all."""
    ran = run(sized(6.0, 4, "parallel", turnaround=1.0), 2)
    assert told(ran, "start", "parallel", "leave")[:6] == [
        (0.0, 0, "parallel", "u0 2", 0.0, ""),
        (0.0, 0, "parallel", "u0 3", 0.0, ""),
        (0.0, 0, "start", "u0 1", 0.0, ""),
        (4.0, 0, "leave", "u0 1", 1.0, ""),
        (4.0, 0, "leave", "u0 2", 1.0, ""),
        (4.0, 0, "leave", "u0 3", 1.0, ""),
    ]
    assert ran.ended() == [4.0, 9.0]


def test_cycles_on_one_unit() -> None:
    """5 m2 on one unit of 2 m2 runs three times; people come to each cycle."""
    ran = run(sized(5.0, 1, "cycles", people=1, role="crew"), 2, Setting(roles=(crew(1),)))
    assert ran.ended() == [12.0, 24.0] and len(ran.by["begin"]) == len(ran.by["finish"]) == 6


def test_parallel_and_then_cycles() -> None:
    """14 m2 are seven parts on three units: three rounds."""
    assert run(sized(14.0, 3, "parallel"), 1).ended() == [12.0]


def test_a_size_that_is_the_limit_but_for_rounding_fits() -> None:
    assert run(sized(0.1 + 0.2 + 1.7, 1, "refuse"), 1).ended() == [4.0]
    assert run(sized(2.0 * (1.0 + 1e-12), 1, "refuse"), 1).ended() == [4.0]
    assert run(sized(4.0 + 1e-12, 2, "parallel"), 1).ended() == [4.0]


def test_too_large_is_refused() -> None:
    with pytest.raises(ModelError, match=r"p0: needs a size of 2.5, and one u0 holds 2"):
        shop([sized(2.5, 3, "refuse")], 1)


def test_cycles_end_with_their_procedure() -> None:
    """Three cycles of 4 h, then plain procedures of 5 h and 1 h: on another unit, and on none."""
    ran = run([sized(6.0, 1, "cycles"), Stage(5.0), Stage(1.0, unit="")], 1)
    assert ran.ended() == [18.0]


def test_the_next_procedure_goes_on_on_the_same_units() -> None:
    """6 m2 take three units; 4 m2 fit on them; 12 m2 need two rounds on them; they are left together."""
    stages = [
        sized(6.0, 3, "parallel", unit="skid"),
        sized(4.0, 3, "refuse", unit="skid"),
        sized(12.0, 3, "parallel", unit="skid"),
    ]
    ran = run(stages, 2)
    assert ran.ended() == [16.0, 32.0]
    assert [e.unit for e in ran.by["start"] if e.batch == 0] == ["skid 1"] * 3


def test_a_large_batch_is_not_passed_over() -> None:
    """Sizes 2, 6, 2: the second waits for all three units, and the third behind it."""
    ran = run(sized(np.array([2.0, 6.0, 2.0]), 3, "parallel"), 3, Setting(launches=[0.0, 1.0, 2.0]))
    assert ran.begun("p0") == [0.0, 4.0, 8.0]


def test_two_that_hold_some_and_want_more_are_told() -> None:
    """Both go back to the class with one unit of another held, for two units that the other has."""
    stages = [Stage(1.0, unit="mixer"), sized(4.0, 2, "parallel", 4.0, unit="skid"), Stage(1.0, unit="mixer")]
    with pytest.raises(ModelError, match="deadlock at 5 h"):
        shop(stages, 3, Setting(storage="none"))


whole = st.integers(1, 9).map(float)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_never_more_than_there_is(data: st.DataObject) -> None:
    """Units in use never exceed the class, every batch ends, a line without loops is never accused."""
    draw = data.draw
    count = draw(st.integers(1, 10))
    stages = [
        Stage(
            np.array(draw(st.lists(whole, min_size=count, max_size=count))),
            draw(st.integers(1, 4)),
            draw(whole) - 1.0,
            size=np.array(draw(st.lists(whole, min_size=count, max_size=count))),
            size_limit=draw(whole),
            when_too_large=draw(st.sampled_from(("parallel", "cycles"))),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    setting = Setting(
        launches=draw(st.lists(whole, min_size=count, max_size=count)),
        storage=draw(st.sampled_from(("unlimited", "none"))),
        failures=(Failure("a", "p0", "repeat", probability=0.2), Failure("b", "p0", "reject", probability=0.2)),
    )
    ran = shop(stages, count, setting)
    everything_is_back(ran)
    since: dict[tuple[int, str], float] = {}
    used = []
    for event in ran.run.log:
        if event.event in ("start", "parallel"):
            since.setdefault((event.batch, event.unit), event.time)
        elif event.event == "leave":
            used.append((since.pop((event.batch, event.unit)), event.time + event.amount, event.unit))
    assert not since
    for unit in {unit for *_, unit in used}:
        assert most_at_once((begin, end, 1.0) for begin, end, name in used if name == unit) <= 1.0
    assert len(ran.by["finished"]) + len(ran.by["rejected"]) == count
