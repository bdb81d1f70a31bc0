"""Utilities with a peak limit: what runs at the same time fits, and nobody waits in a ring."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import ModelError
from exosim.plant import Breakdown, Failure, Role, Utility
from exosim.working_time import WorkingTime
from tests.facility.plants import (
    Ran,
    Setting,
    Stage,
    always,
    crew,
    everything_is_back,
    listed,
    most_at_once,
    shop,
    shops,
)


def water(limit: float) -> Setting:
    return Setting(utilities=(Utility("wfi", limit),))


def running(ran: Ran, stages: list[Stage], name: str) -> list[tuple[float, float, float]]:
    """Return from when to when each procedure took how much of a utility: from the end of its last wait to its end."""
    found, since = [], {}
    for event in ran.run.log:
        if event.procedure:
            amount = stages[int(event.procedure[1:])].utilities.get(name, 0.0)
            if event.event in ("start", "utility"):
                since[event.batch] = event.time
            elif event.event == "end":
                found.append((since.pop(event.batch), event.time, amount))
    return found


def test_two_fit_and_the_third_waits() -> None:
    """Limit 10, 4 each: two at a time; the wait is told, and the unit is held meanwhile."""
    ran = shop([Stage(6.0, 9, utilities={"wfi": 4.0})], 3, water(10.0))
    everything_is_back(ran)
    assert ran.begun("p0") == [0.0, 0.0, 0.0] and ran.ended() == [6.0, 6.0, 12.0]
    assert [(e.time, e.batch, e.note, e.amount, e.waited) for e in ran.by["utility"]] == [(6.0, 2, "wfi", 4.0, 6.0)]


def test_first_come_first_served() -> None:
    """9 waits from 1 h for the end of 4 at 6 h; 2, which would fit, comes later and is later."""
    sizes = {0: 4.0, 1: 9.0, 2: 2.0}
    products = [
        ([Stage(6.0, 9, unit="tank", utilities={"wfi": amount})], 1,
         Setting(launches=[float(n)], utilities=(Utility("wfi", 10.0),), product=str(n)))
        for n, amount in sizes.items()
    ]  # fmt: skip
    ran = shops(products)
    everything_is_back(ran)
    assert sorted(ran.ended()) == [6.0, 12.0, 18.0]


def test_ten_times_a_tenth_fit_into_one() -> None:
    ran = shop([Stage(5.0, 20, utilities={"wfi": 0.1})], 20, water(1.0))
    assert ran.ended() == [5.0] * 10 + [10.0] * 10
    everything_is_back(ran)


def test_more_than_the_limit_can_never_run() -> None:
    with pytest.raises(ModelError, match="wfi"):
        shop([Stage(5.0, utilities={"wfi": 11.0})], 1, water(10.0))


def test_two_utilities_in_either_order_do_not_lock() -> None:
    """All ask in the order of the plant, whatever the order of the procedures."""
    both = (Utility("wfi", 1.0), Utility("steam", 1.0))
    stages = [Stage(2.0, 9, utilities={"wfi": 1.0, "steam": 1.0}), Stage(2.0, 9, utilities={"steam": 1.0, "wfi": 1.0})]
    ran = shop(stages, 6, Setting(utilities=both))
    everything_is_back(ran)
    assert max(ran.ended()) == 24.0


def test_people_stand_by_and_their_shift_may_end() -> None:
    """Both crews begin at 6 h; the second waits for water until 10 h, and from then works until 12 h and 2 h more."""
    role = Role("crew", 2, WorkingTime(((6.0, 12.0), (30.0, 36.0))))
    ran = shop([Stage(4.0, 9, people=1, role="crew", utilities={"wfi": 1.0})], 2,
               Setting(roles=(role,), utilities=(Utility("wfi", 1.0),)))  # fmt: skip
    everything_is_back(ran)
    assert ran.ended() == [10.0, 32.0]
    assert [(e.time, e.waited) for e in ran.by["finish"]] == [(10.0, 0.0), (32.0, 18.0)]


@pytest.mark.parametrize(
    "consequence, ended", [("wait", [14.0, 18.0]), ("repeat", [6.0, 16.0]), ("reject", [2.0, 6.0])]
)
def test_a_breakdown_gives_the_utility_back_when_work_ends(consequence: str, ended: list[float]) -> None:
    """Down after 2 h for 10 h: who waits for the repair keeps the water; who starts again asks again, behind others."""
    broken = Breakdown("pump", "u0", lambda unit, n: 2.0 if (unit, n) == ("u0 1", 0) else 1e9, always(10.0),
                       consequence)  # type: ignore[arg-type]  # fmt: skip
    ran = shop([Stage(4.0, 2, utilities={"wfi": 1.0})], 2,
               Setting(utilities=(Utility("wfi", 1.0),), breakdowns=(broken,)))  # fmt: skip
    everything_is_back(ran)
    assert sorted(ran.ended()) == ended


whole = st.integers(0, 9).map(float)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_never_above_the_limit(data: st.DataObject) -> None:
    """The sum of what runs is at most the limit, also with failures and breakdown; all is given back."""
    draw = data.draw
    count = draw(st.integers(1, 10))
    stages = [
        Stage(
            np.array(draw(st.lists(whole, min_size=count, max_size=count))),
            draw(st.integers(1, 3)),
            people=draw(st.integers(0, 1)),
            role="crew",
            utilities={
                name: draw(st.integers(1, 10)) / 10 for name in draw(st.sets(st.sampled_from(("wfi", "steam"))))
            },
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    setting = Setting(
        launches=draw(st.lists(whole, min_size=count, max_size=count)),
        utilities=(Utility("wfi", 1.0), Utility("steam", 1.2)),
        roles=(crew(2),),
        failures=(Failure("a", "p0", "repeat", probability=0.2), Failure("b", "p0", "reject", probability=0.2)),
        breakdowns=draw(st.sampled_from(((), (Breakdown("k", "u0", listed(3.0, 5.0, 7.0), always(4.0)),)))),
    )
    ran = shop(stages, count, setting)
    everything_is_back(ran)
    if not ran.by["failure"]:
        for utility in setting.utilities:
            assert most_at_once(running(ran, stages, utility.id)) <= utility.limit * (1 + 1e-9)
    assert shop(stages, count, setting).run.log == ran.run.log
