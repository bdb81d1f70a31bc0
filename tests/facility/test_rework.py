"""Rework: where it goes back to, what it costs, how often, and that no material is lost or made twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import ModelError
from exosim.facility.lots import Lots
from exosim.material import Material
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array
from exosim.plant import Equipment, Failure, Plant, Store
from exosim.recipe import Recipe, UnitProcedure
from exosim.sampling import uniforms
from tests.facility.plants import CONTEXT, Ran, Setting, Stage, alone, crew, everything_is_back, operated, shop

HOURS = (2.0, 3.0, 1.0)


def again(limit: int, probability: float = 1.0, at: str = "p2", back_to: str = "p1", repair: float = 0.0) -> Failure:
    return Failure("test", at, "rework", probability=probability, limit=limit, back_to=back_to, repair=repair)


def run(failure: Failure, count: int = 1, stages: Sequence[Stage] | None = None, **named: object) -> Ran:
    line = [Stage(hours) for hours in HOURS] if stages is None else stages
    ran = shop(line, count, Setting(failures=(failure,), **named))  # type: ignore[arg-type]
    everything_is_back(ran)
    return ran


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_the_limit_counts_reworks(limit: int) -> None:
    """2 h, then 3 + 1 h and a repair of 0.5 h as often as the limit allows and once more; then it is lost."""
    ran = run(again(limit, repair=0.5))
    assert ran.ended() == [2.0 + (limit + 1) * 4.5]
    assert [b.disposition for b in ran.run.batches] == ["rejected"]
    assert [e.procedure for e in ran.by["start"]] == ["p0"] + ["p1", "p2"] * (limit + 1)


def test_each_pass_is_another_draw() -> None:
    """It passes with the draw of its own number at each visit: no failure, one, two... as the addressed values say."""
    ran = run(again(100, 0.5), 200)
    drawn = [uniforms(1, f"failure.test#{2**20 * n}" if n else "failure.test", "batch", 0, 200) for n in range(30)]
    fails = np.array(drawn) < 0.5
    passes = fails.argmin(axis=0) + 1
    found = [sum(e.batch == number and e.procedure == "p2" for e in ran.by["start"]) for number in range(200)]
    assert found == passes.tolist()


def test_a_rework_queues_behind_those_who_wait() -> None:
    """Batch 1 has the second unit from 5 h to 8 h; batch 0 fails at 6 h and has it again from 8 h."""
    ran = run(again(1), 2)
    assert [(e.batch, e.time) for e in ran.by["start"] if e.procedure == "p1"] == [
        (0, 2.0), (1, 5.0), (0, 8.0), (1, 11.0),
    ]  # fmt: skip


def test_on_its_own_unit_it_goes_on_at_once() -> None:
    """A rework of the same procedure, or of one on the same class, keeps the unit, in any storage."""
    for storage in ("unlimited", "none"):
        for stages, back_to in (
            ([Stage(2.0), Stage(3.0), Stage(1.0)], "p2"),
            ([Stage(2.0), Stage(3.0, unit="skid"), Stage(1.0, unit="skid")], "p1"),
        ):
            ran = run(again(1, back_to=back_to), 1, stages, storage=storage)
            hours = sum(HOURS[1:]) if back_to == "p1" else 1.0
            assert ran.ended() == [sum(HOURS) + hours]
            assert len(ran.by["leave"]) == (3 if back_to == "p2" else 2)


def test_back_on_another_unit_the_old_one_is_free() -> None:
    """With places between units the unit is given back before the rework, also where the next procedure needs it."""
    stages = [Stage(2.0), Stage(3.0, unit="skid"), Stage(1.0, unit="skid")]
    ran = run(again(1, at="p1", back_to="p0"), 2, stages)
    assert [(e.batch, e.time) for e in ran.by["start"] if e.procedure == "p1"] == [
        (0, 2.0),
        (1, 5.0),
        (0, 8.0),
        (1, 11.0),
    ]


def test_it_waits_in_the_store_of_where_it_goes() -> None:
    """Back to p1, whose feed waits in the cold room: it leaves the unit of p2 as soon as there is a place."""
    stages = [Stage(2.0), Stage(30.0, waits_in="cold"), Stage(1.0)]
    ran = run(again(1), 2, stages, stores=(Store("cold", 1),))
    left = [e.time for e in ran.by["leave"] if e.unit == "u2 1"]
    assert left[0] == 33.0 and ran.ended() == [93.0, 123.0]


def test_rework_without_places_can_lock() -> None:
    """Batch 0 wants back onto the unit on which batch 1 waits for the unit of batch 0."""
    with pytest.raises(ModelError, match="deadlock at 8 h: 2 batches"):
        run(again(3), 3, storage="none")


def test_stops_and_reworks_count_on_their_own() -> None:
    """A repeat within a pass counts anew in the next pass."""
    both = (Failure("leak", "p1", "repeat", probability=1.0, limit=0), again(1))
    ran = shop([Stage(h) for h in HOURS], 1, Setting(failures=both))
    assert ran.ended() == [5.0] and ran.run.batches[0].disposition == "rejected"


@dataclass(frozen=True, kw_only=True)
class Vessel(UnitOperation):
    """A source of some volume."""

    source: ClassVar[bool] = True
    volume: Array = 10.0

    def transform(self, feed: Material) -> Outcome:
        return Outcome(Material(volume=self.volume), phases=(Phase("fill", 1.0),))


@dataclass(frozen=True, kw_only=True)
class Halved(UnitOperation):
    """Half goes on, half stays."""

    def transform(self, feed: Material) -> Outcome:
        return Outcome(feed.portion(0.5), feed.portion(0.5), phases=(Phase("run", 1.0),))


@dataclass(frozen=True, kw_only=True)
class Passing(UnitOperation):
    """All goes on."""

    def transform(self, feed: Material) -> Outcome:
        return Outcome(feed, phases=(Phase("run", 1.0),))


def made(procedures: Sequence[UnitProcedure], failures: tuple[Failure, ...], count: int) -> list[float]:
    """Return the volume of the product of each batch."""
    recipe = Recipe(tuple(procedures), CONTEXT)
    lots = Lots(recipe, lambda batch: alone(recipe, batch), count)
    plant = Plant(tuple(Equipment(p.unit or "", 1) for p in procedures), failures=failures)
    ran = operated(procedures, plant, Setting(failures=failures), lots, count)
    everything_is_back(ran)
    return [float(np.squeeze(b.product.volume)) if b.product is not None else np.nan for b in ran.run.batches]


def on(id: str, operation: UnitOperation, *feeds: str, **named: object) -> UnitProcedure:
    return UnitProcedure(id, operation, feeds, unit=id, **named)  # type: ignore[arg-type]


VOLUMES = np.array([10.0, 8.0, 6.0, 4.0, 2.0, 1.0])


@pytest.mark.parametrize("limit", [0, 1, 9])
def test_what_was_pooled_is_not_pooled_twice(limit: int) -> None:
    """A quarter is treated and pooled with the rest; a rework treats the pool, and all of it is there at the end."""
    procedures = [
        on("p0", Vessel(context=CONTEXT, volume=VOLUMES), split={"x": 0.25, "y": 0.75}),
        on("p1", Passing(context=CONTEXT), "p0.x"),
        on("p2", Passing(context=CONTEXT), "p1.product", "p0.y"),
        on("p3", Passing(context=CONTEXT), "p2.product"),
    ]
    volumes = made(procedures, (again(limit, 0.5 if limit else 0.0),), 6)
    finished = ~np.isnan(volumes)
    assert finished.any() and np.array(volumes)[finished] == pytest.approx(VOLUMES[finished])


def test_what_left_the_loop_is_kept() -> None:
    """Half stays behind at each pass and is pooled at the end: all of it is there."""
    procedures = [
        on("p0", Vessel(context=CONTEXT, volume=VOLUMES)),
        on("p1", Halved(context=CONTEXT), "p0.product"),
        on("p2", Passing(context=CONTEXT), "p1.product"),
        on("p3", Passing(context=CONTEXT), "p2.product", "p1.remainder"),
    ]
    assert made(procedures, (again(30, 0.6),), 6) == pytest.approx(VOLUMES)


def test_a_second_pass_loses_as_the_first() -> None:
    """With half lost at each pass, the volume tells how often it passed."""
    procedures = [
        on("p0", Vessel(context=CONTEXT, volume=VOLUMES)),
        on("p1", Halved(context=CONTEXT), "p0.product"),
        on("p2", Passing(context=CONTEXT), "p1.product"),
    ]
    drawn = [uniforms(1, f"failure.test#{2**20 * n}" if n else "failure.test", "batch", 0, 6) for n in range(40)]
    passes = (np.array(drawn) < 0.6).argmin(axis=0) + 1
    assert made(procedures, (again(100, 0.6),), 6) == pytest.approx(VOLUMES * 0.5**passes)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_every_batch_ends(data: st.DataObject) -> None:
    """With places between units, whatever goes back where ends in time, and all is given back."""
    draw = data.draw
    count, length = draw(st.integers(1, 8)), draw(st.integers(2, 4))
    failures = []
    for index in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, length - 1))
        failures.append(
            Failure(
                f"f{index}", f"p{at}", draw(st.sampled_from(("rework", "repeat", "reject"))), probability=0.4,
                repair=float(draw(st.integers(0, 3))), limit=draw(st.integers(0, 4)),
                back_to=f"p{draw(st.integers(0, at))}",
            )
        )  # fmt: skip
    stages = [
        Stage(
            float(draw(st.integers(0, 5))),
            draw(st.integers(1, 2)),
            unit=draw(st.sampled_from((None, "a", "b", ""))),
            people=1,
            role="crew",
        )
        for _ in range(length)
    ]
    setting = Setting(failures=tuple(failures), roles=(crew(2),))
    ran = shop(stages, count, setting)
    everything_is_back(ran)
    assert len(ran.by["finished"]) + len(ran.by["rejected"]) == count
    assert shop(stages, count, setting).run.log == ran.run.log
