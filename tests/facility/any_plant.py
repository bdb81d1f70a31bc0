"""Random plants of all that a scenario can have: lines with rooms, people, stocks, failures; a laboratory beside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st

from exosim.facility.batch import Batch
from exosim.plant import (
    Breakdown,
    Equipment,
    Failure,
    Maintenance,
    Preparation,
    Role,
    Room,
    Stock,
    Store,
    Utility,
)
from exosim.release import Closure, Release, Review, TestPlan
from exosim.shared_run import SharedRun
from exosim.working_time import WorkingTime
from tests.facility.plants import Ran, Setting, Stage, always, listed, shops
from tests.facility.test_laboratory import Results

Products: TypeAlias = list[tuple[list[Stage], int, Setting]]
hours = st.integers(0, 12).map(float) | st.sampled_from((0.1, 0.7, 2.3, 5.9))
gaps = st.lists(st.integers(1, 40).map(float), min_size=3, max_size=3)
_SHIFTS: Sequence[tuple[float, float]] = ((0.0, 15.0), (8.0, 16.5), (20.0, 31.0))


def worked(days: int, begin: float, end: float) -> WorkingTime:
    """Return a shift on the first days of each week."""
    return WorkingTime(tuple((24.0 * d + begin, 24.0 * d + end) for d in range(1500) if d % 7 < days))


@st.composite
def roles(draw: st.DrawFn, name: str) -> Role:
    """Return people who are there always or in a shift; at least two, so that nothing asks for more than there are."""
    calendar = draw(st.none() | st.tuples(st.sampled_from((5, 7)), st.sampled_from(_SHIFTS)))
    when = WorkingTime() if calendar is None else worked(calendar[0], *calendar[1])
    return Role(name, draw(st.integers(2, 3)), when, draw(st.sampled_from((0.0, 0.5))), draw(st.integers(1, 2)))


@st.composite
def stages(draw: st.DrawFn, count: int, index: int) -> Stage:
    """Return one procedure on a class of its own, or on the one before."""
    people = draw(st.integers(0, 2))
    return Stage(
        np.array(draw(st.lists(hours, min_size=count, max_size=count))),
        draw(st.integers(1, 3)), draw(hours), people=people,
        unit=draw(st.sampled_from((None, None, None, "", "u0"))) if index else None,
        role=draw(st.sampled_from(("crew", "qa"))) if people else None,
        room=draw(st.sampled_from((None, None, "r0", f"r{index}"))),
        size_limit=draw(st.sampled_from((None, None, 2.0))), size=draw(st.sampled_from((None, 5.0))),
        when_too_large=draw(st.sampled_from(("parallel", "cycles"))),
        maintenance=draw(st.sampled_from((None, None, Maintenance(40.0, 3.0)))),
        waits_in=draw(st.sampled_from((None, None, "cold"))),
        longest_hold=draw(st.sampled_from((None, None, 3.0))), breach=draw(st.sampled_from(("deviation", "reject"))),
        utilities=draw(st.sampled_from(({}, {}, {"wfi": 0.6}))),
        consumes=draw(st.sampled_from(({}, {}, {"buffer": 1.0}, {"buffer": 1.0, "media": 2.0}))),
    )  # fmt: skip


@st.composite
def failures(draw: st.DrawFn, name: str, length: int) -> Failure:
    """Return a failure of any consequence, by hour, by procedure or by manipulation."""
    at = draw(st.integers(0, length - 1))
    consequence = draw(st.sampled_from(("wait", "repeat", "reject", "rework", "deviation", "contaminate")))
    chance: dict[str, float] = draw(
        st.sampled_from(({"rate": 0.05}, {"probability": 0.3}, {"per_manipulation": 0.3}, {"probability": 1.0}))
    )
    more: dict[str, Any] = {"agent": "bacteria", "level": 2.0} if consequence == "contaminate" else {}
    if consequence == "rework":
        more["back_to"] = f"p{draw(st.integers(0, at))}"
    repair = 0.0 if consequence == "contaminate" else draw(hours)
    return Failure(name, f"p{at}", consequence, repair=repair, limit=draw(st.integers(0, 3)), **more, **chance)


@st.composite
def releases(draw: st.DrawFn, length: int, cut: bool) -> tuple[Release, Results]:
    """Return tests, closures and reviews by people and on units that the line may want as well, and what they find.

    The log tells that a test has a unit when people come to it: in a run that is `cut`, lines want others.
    """
    people = st.sampled_from((None, "crew", "qa"))
    units = (None, "counter", "reader", "reader" if cut else "u0")
    tests = tuple(
        TestPlan(
            f"t{n}", f"p{draw(st.integers(0, length - 1))}", draw(hours | st.just(60.0)), draw(hours), draw(hours),
            draw(st.integers(1, 2)), draw(people), draw(st.sampled_from(units)),
            draw(st.integers(0, 2)), draw(st.sampled_from(("all", "any", "mean"))), draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 3)))
    )  # fmt: skip
    reviews = tuple(
        Review(f"r{n}", draw(people), draw(hours), draw(hours), draw(st.sampled_from(("batch", "results"))))
        for n in range(draw(st.integers(0, 3)))
    )
    closures = st.builds(Closure, people, hours.map(always), hours.map(always))
    found = {t.id: draw(st.lists(st.sampled_from((0.5, 0.5, 2.0)), min_size=3, max_size=3)) for t in tests}
    if draw(st.integers(0, 5)) == 0:
        found[""] = [2.0]
    return Release(tests, reviews, draw(st.none() | closures), draw(st.booleans())), Results(found)


@st.composite
def preparations(draw: st.DrawFn) -> Preparation:
    """Return how a medium is made: on a mixer or not, by people or not."""
    mixer, role = draw(st.sampled_from((None, "mixer"))), draw(st.sampled_from((None, "qa")))
    return Preparation(always(draw(hours) + 0.5), mixer, role)


@st.composite
def plants(draw: st.DrawFn) -> Products:
    """Return one or two products with their lines on one plant, and how their batches are started."""
    length, made = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    kinds = ("operating", "calendar")
    breaking = draw(st.lists(st.tuples(st.sampled_from(("u0", "counter")), st.sampled_from(kinds)), max_size=2))
    shared: dict[str, Any] = {
        "roles": (draw(roles("crew")), draw(roles("qa"))),
        "failures": tuple(draw(failures(f"f{n}", length)) for n in range(draw(st.integers(0, 3)))),
        "breakdowns": tuple(
            Breakdown(
                f"k{n}", unit, listed(*draw(gaps)), listed(*draw(gaps)),
                draw(st.sampled_from(("wait", "repeat", "reject"))), clock,  # type: ignore[arg-type]
            )
            for n, (unit, clock) in enumerate(breaking)
        ),
        "rooms": tuple(
            Room(f"r{i}", draw(st.integers(1, 2)), draw(st.sampled_from(("none", "product", "batch"))), draw(hours),
                 draw(hours))
            for i in range(length)
        ),
        "stores": (Store("cold", draw(st.integers(1, 2))),),
        "stocks": (
            Stock("buffer", 2.0, 1.0, 2.0, always(draw(hours))),
            Stock("media", 2.0, 2.0, 4.0, preparation=draw(preparations())),
        ),
        "utilities": (Utility("wfi", 1.0),),
        "spare": (
            Equipment("counter", draw(st.integers(1, 2)), draw(hours)), Equipment("mixer", 1, draw(hours)),
            Equipment("reader", 1, draw(hours), maintenance=draw(st.sampled_from((None, Maintenance(30.0, 4.0))))),
        ),
        "horizon": draw(st.sampled_from((np.inf, np.inf, 17.0, 60.5, 200.0))),
    }  # fmt: skip
    return [draw(_product(name, length, shared)) for name in ("x", "y")[:made]]


@st.composite
def _product(draw: st.DrawFn, name: str, length: int, shared: dict[str, Any]) -> tuple[list[Stage], int, Setting]:
    count = draw(st.integers(1, 5))
    line = [draw(stages(count, index)) for index in range(length)]
    release, results = draw(st.none() | releases(length, math.isfinite(shared["horizon"]))) or (None, None)
    setting = Setting(
        launches=sorted(draw(st.lists(hours, min_size=count, max_size=count))),
        mode=draw(st.sampled_from(("paced", "as_soon_as_possible"))),
        storage=draw(st.sampled_from(("unlimited", "unlimited", "none", "zero_wait"))),
        priority=draw(st.sampled_from(("fifo", "oldest", "earliest_due"))),
        work_in_progress=draw(st.sampled_from((None, 1, 2))), when_full=draw(st.sampled_from(("wait", "turn_away"))),
        rank=draw(st.integers(0, 1)), product=name,
        dues=sorted(draw(st.lists(hours, min_size=count, max_size=count))), release=release, results=results, **shared,
    )  # fmt: skip
    return line, count, setting


@st.composite
def shared_plants(draw: st.DrawFn) -> Products:
    """Return a plant in which batches share the runs of one procedure at least, on the same units in both products."""
    products = draw(plants())
    rules = st.builds(
        SharedRun, st.integers(2, 4), st.integers(0, 1), st.none() | st.integers(0, 40).map(float),
        st.sampled_from((None, None, 1.0, 7.0, 24.0)),
    )  # fmt: skip
    length = len(products[0][0])
    picks = draw(st.lists(st.booleans(), min_size=length, max_size=length).filter(any))
    units = [draw(st.sampled_from((f"s{i}", ""))) if i else None for i in range(length)]

    def shared(line: Sequence[Stage], i: int) -> Stage:
        if picks[i]:
            plain: dict[str, Any] = {"room": None, "size_limit": None, "size": None, "waits_in": None}
            return replace(line[i], shared_run=draw(rules), unit=units[i], **plain)
        if i and picks[i - 1]:  # neither stays on the unit of the procedure before, nor goes on on it
            return replace(line[i], waits_in=None, unit=None)
        return line[i]

    return [
        ([shared(line, i) for i in range(length)], count, replace(setting, storage="unlimited"))
        for line, count, setting in products
    ]


def ran(products: Products) -> Ran:
    """Run the products of a plant."""
    return shops(products)


def nothing_is_kept(run: Ran) -> None:
    """Assert that nobody has anything any more, but for work on lots that were lost and what machines do by themselves.

    What a job of a lost lot has begun is ended, which may be after the last lot.
    """
    open_: dict[tuple[str, ...], float] = {}
    for event in run.run.log:
        if event.role:
            sign = 1.0 if event.event in ("begin", "prepare") else -1.0
            open_[event.role,] = open_.get((event.role,), 0.0) + sign * event.amount
    for people in run.line.crews.values():
        assert people.free + open_.get((people.name,), 0.0) == people.capacity, people.name
    for pool in run.line.pools.values():
        assert sorted([*pool.free, *pool.holders]) == list(range(pool.capacity)), pool.name
        assert not any(isinstance(holder, Batch) for holder in pool.holders.values()), pool.name
    for batch in run.line.batches:
        assert not batch.holds and not batch.rooms and batch.waits_for is None and batch.wants_store is None, batch
    for room in run.line.rooms.values():
        assert not room.inside and not room.queue, room.name
    assert not any(store.inside for store in run.line.stores.values())
    assert all(utility.taken == 0.0 and not utility.queue for utility in run.line.utilities.values())
    assert not any(stock.queue for stock in run.line.stocks.values())
