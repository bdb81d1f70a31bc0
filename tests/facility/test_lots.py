"""Physics before the clock equals physics in the loop: the material is what the kernel says for the real waits."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim
from exosim.facility.lots import Lots, PlannedPhase, material_of
from exosim.kernel import run
from exosim.material import FIELDS, Material, total
from exosim.operations.base import Hold, VisitedOperation
from exosim.parameter import Array
from exosim.plant import Equipment, Failure, Plant, Role
from exosim.recipe import Recipe
from exosim.working_time import Shift, working_time
from tests.facility.plants import Ran, Setting, crew, everything_is_back, operated

LANES = 8
SCENARIO = Path(exosim.__file__).parents[1] / "scenarios" / "msc_hollow_fiber.toml"
MONDAY = datetime.datetime(2026, 1, 5)


@functools.cache
def scenario() -> exosim.Scenario:
    return exosim.load(SCENARIO)


@functools.cache
def values() -> Mapping[str, Array]:
    return scenario().values(0, LANES)


def one_lane(value: Array, lane: int) -> Array:
    return value[..., lane : lane + 1] if isinstance(value, np.ndarray) else value


def changed(recipe: Recipe, holds: Mapping[str, Hold], waits: Mapping[str, Array]) -> Recipe:
    """Return the recipe with other holds and planned waits, and no limit on either."""
    procedures = (
        dataclasses.replace(
            p, hold=holds.get(p.id, p.hold), expected_hold=waits.get(p.id, p.expected_hold), longest_hold=None
        )
        for p in recipe.procedures
    )
    return Recipe(tuple(procedures), recipe.context)


class InTheLoop(Lots):
    """Evaluates every procedure of every batch when the clock reaches it, and nothing before."""

    def begin(self, batch: int, index: int, waited: float) -> list[PlannedPhase]:
        self._follow(batch, index, waited, None)
        return super().begin(batch, index, waited)


def lots_of(kind: type[Lots], holds: Mapping[str, Hold], waits: Mapping[str, Array]) -> tuple[Recipe, Lots]:
    """Return the recipe of all lanes and what happens to the material of each."""
    recipe = changed(scenario().recipe(values()), holds, waits)

    def alone(batch: int) -> Recipe:
        own = {path: one_lane(value, batch) for path, value in values().items()}
        return changed(scenario().recipe(own), holds, {name: one_lane(wait, batch) for name, wait in waits.items()})

    return recipe, kind(recipe, alone, LANES)


def made(
    kind: type[Lots] = Lots,
    holds: Mapping[str, Hold] | None = None,
    waits: Mapping[str, Array] | None = None,
    counts: Mapping[str, int] | None = None,
    turnaround: Mapping[str, float] | None = None,
    roles: tuple[Role, ...] = (),
    **setting: Any,
) -> tuple[Recipe, Ran]:
    """Run the reference scenario; units are without number unless counted."""
    recipe, lots = lots_of(kind, holds or {}, waits or {})
    units = dict.fromkeys((p.unit for p in recipe.procedures if p.unit), LANES) | dict(counts or {})
    equipment = tuple(Equipment(name, count, (turnaround or {}).get(name, 0.0)) for name, count in units.items())
    plant = Plant(equipment, roles)
    ran = operated(recipe.procedures, plant, Setting(roles=roles, **setting), lots, LANES)
    everything_is_back(ran)
    return recipe, ran


def assert_same(found: Material, expected: Material) -> None:
    """Assert that two materials agree to 1e-12 in every field."""
    for field in FIELDS:
        one, other = (np.ravel(np.asarray(getattr(m, field), dtype=np.float64)) for m in (found, expected))
        assert np.broadcast_to(one, np.broadcast(one, other).shape) == pytest.approx(other, rel=1e-12, abs=0.0), field


def assert_products(ran: Ran, recipe: Recipe) -> None:
    """Assert that every batch made what the kernel makes of the recipe."""
    product = run(recipe)[-1].outcome.product
    assert len(ran.run.batches) == LANES
    for batch in ran.run.batches:
        assert batch.product is not None
        assert np.all(total(batch.product.vesicles) > 0.0)
        assert_same(batch.product, material_of(product, batch.number))


@pytest.mark.parametrize("kind", [Lots, InTheLoop])
def test_without_waits_the_facility_makes_what_the_kernel_says(kind: type[Lots]) -> None:
    """Units without number, nobody shared, nothing fails: also when all physics is in the loop."""
    recipe, ran = made(kind)
    assert_products(ran, recipe)
    steps = run(recipe)
    planned = sum(np.broadcast_to(np.asarray(step.outcome.duration), (LANES,)) for step in steps)
    assert ran.ended() == pytest.approx(np.asarray(planned).tolist(), rel=1e-12)


HOLDS = {
    "concentrate": Hold(rate=0.01, size_exponent=0.8),
    "polish": Hold(rate=0.02, size_exponent=0.5),
    "fill": Hold(rate=0.005),
}


@pytest.mark.parametrize("kind", [Lots, InTheLoop])
def test_a_real_wait_acts_like_a_planned_one(kind: type[Lots]) -> None:
    """One skid for eight batches: each product is the kernel's for the hours that this batch really waited."""
    cleaning = {"tff_skid": 20.0, "chromatography_skid": 35.0, "filling_isolator": 50.0}
    _, ran = made(kind, HOLDS, counts=dict.fromkeys(cleaning, 1), turnaround=cleaning)
    waits = {name: np.array([ran.waits(name)[lane] for lane in range(LANES)]) for name in HOLDS}
    assert np.count_nonzero(waits["concentrate"] > 1.0) >= LANES - 3
    assert np.any(waits["concentrate"] == 0.0) and np.any(waits["polish"] > 1.0)
    recipe, _ = lots_of(Lots, HOLDS, waits)
    assert_products(ran, recipe)


def test_before_the_clock_equals_in_the_loop() -> None:
    """Both ways write the same log and make the same products."""
    counts = {"tff_skid": 1, "chromatography_skid": 1, "hollow_fiber_bioreactor": 3}
    (_, first), (_, second) = (made(kind, HOLDS, counts=counts) for kind in (Lots, InTheLoop))
    for one, other in zip(first.run.log, second.run.log, strict=True):
        assert one._replace(time=0.0, amount=0.0) == other._replace(time=0.0, amount=0.0)
        assert (one.time, one.amount) == pytest.approx((other.time, other.amount), rel=1e-12, abs=1e-9)
    for mine, yours in zip(first.run.batches, second.run.batches, strict=True):
        assert mine.product is not None and yours.product is not None
        assert_same(mine.product, yours.product)


def test_a_planned_wait_that_did_not_happen_costs_nothing() -> None:
    """A plan of 40 hours is replaced by the real wait, here none."""
    planned = {"polish": 40.0}
    _, ran = made(Lots, HOLDS, planned)
    recipe, _ = lots_of(Lots, HOLDS, {})
    assert_products(ran, recipe)


def test_a_planned_wait_that_happened_is_evaluated_once() -> None:
    """When batches wait as planned, nothing is evaluated again and the product is the planned one."""
    _, ran = made(Lots, HOLDS, counts={"tff_skid": 1})
    waits = {name: np.array([ran.waits(name)[lane] for lane in range(LANES)]) for name in HOLDS}
    recipe, again = made(Lots, HOLDS, waits, counts={"tff_skid": 1})
    assert not again.lots._streams
    assert_products(again, recipe)


def test_a_repeat_starts_with_the_same_feed() -> None:
    """A procedure that is repeated gives what it gives at once: the lot that failed is made again from its feed."""
    recipe, lots = lots_of(Lots, HOLDS, {})
    units = {p.unit for p in recipe.procedures if p.unit}
    failures = (Failure("torn", "concentrate", "repeat", probability=0.7, repair=3.0, limit=99),)
    plant = Plant(tuple(Equipment(name, LANES) for name in units), failures=failures)
    ran = operated(recipe.procedures, plant, Setting(failures=failures), lots, LANES)
    assert len(ran.by["failure"]) > 3
    assert_products(ran, recipe)


DAY = Role("upstream", 1, working_time([Shift((0, 1, 2, 3, 4), 8.0, 16.0)], MONDAY, 4000.0))


def visits_of(ran: Ran, batch: int) -> tuple[float, list[float]]:
    """Return when the culture was inoculated and how long after that each visit was over."""
    events = [e for e in ran.by["finish"] if e.batch == batch and e.procedure == "culture"]
    inoculated = next(e.time for e in events if e.phase == "inoculate")
    return inoculated, [e.time - inoculated for e in events if e.phase != "inoculate"]


def late_product(ran: Ran, batch: int) -> Material:
    """Return the product of the kernel's operations, with the visits of the culture as they really were."""
    recipe = scenario().recipe({path: one_lane(value, batch) for path, value in values().items()})
    _, real = visits_of(ran, batch)
    streams: dict[str, Material] = {}
    product = Material()
    for procedure in recipe.procedures:
        feed = Material()
        for name in procedure.feeds:
            feed = feed + streams[name]
        operation = procedure.operation
        if isinstance(operation, VisitedOperation):
            pairs = zip(operation.schedule(), real, strict=True)
            visits = tuple(dataclasses.replace(visit, time=time) for visit, time in pairs)
            outcome = operation.transform(feed, visits)
        else:
            outcome = operation.transform(feed)
        streams[f"{procedure.id}.product"], product = outcome.product, outcome.product
        streams[f"{procedure.id}.remainder"] = outcome.remainder
    return product


@pytest.mark.parametrize("kind", [Lots, InTheLoop])
def test_late_harvests_are_harvested_when_they_are_late(kind: type[Lots]) -> None:
    """One person on weekdays and daily harvests: those of the weekend wait, and the vesicles know it."""
    recipe, ran = made(kind, roles=(DAY,), launches=[24.0 * 3 * n for n in range(LANES)])
    planned = [visit.time for visit in recipe.procedures[1].operation.schedule()]  # type: ignore[attr-defined]
    product = run(recipe)[-1].outcome.product
    for batch in ran.run.batches:
        _, real = visits_of(ran, batch.number)
        late = np.subtract(real, planned)
        assert late.min() > -1e-9 and late.max() > 24.0
        assert np.all(np.diff(real) > 0.0)
        assert batch.product is not None
        assert_same(batch.product, late_product(ran, batch.number))
        kernel = total(material_of(product, batch.number).vesicles)
        assert not np.allclose(np.asarray(total(batch.product.vesicles)), np.asarray(kernel), rtol=1e-6)


def test_the_clock_of_a_culture_starts_when_it_is_inoculated() -> None:
    """A vessel that waits over the weekend for its cells grows from Monday on, as long as planned."""
    always = working_time([Shift(tuple(range(7)), 0.0, 0.0)], MONDAY, 4000.0)
    assert always.intervals is not None
    late_start = dataclasses.replace(always, intervals=((0.0, 10.0), (500.0, 5000.0)))
    # Cells arrive after hour 10 and are inoculated from hour 500 on; everything after that is on time.
    recipe, ran = made(roles=(Role("upstream", 50, late_start),))
    planned = [visit.time for visit in recipe.procedures[1].operation.schedule()]  # type: ignore[attr-defined]
    for batch in range(LANES):
        inoculated, real = visits_of(ran, batch)
        assert inoculated >= 504.0 - 1e-9
        assert real == pytest.approx(planned, abs=1e-9)
    assert_products(ran, recipe)


def test_people_who_are_always_there_change_nothing() -> None:
    """With as many people as batches, a line with attended phases makes what the kernel says, in its time."""
    plain, ran = made(roles=tuple(crew(LANES, name=name) for name in ("upstream", "downstream", "fill")))
    _, alone = made()
    assert ran.ended() == pytest.approx(alone.ended(), rel=1e-12)
    assert_products(ran, plain)


def test_a_feed_that_waits_for_people_ages_as_well() -> None:
    """The skid is free, the people come with their shift: the product is the kernel's for the whole wait."""
    working = working_time([Shift((0, 1, 2, 3, 4), 6.0, 14.0)], MONDAY, 5000.0)
    roles = (Role("downstream", 2, working),)
    _, ran = made(Lots, HOLDS, roles=roles)
    ready = {(event.batch, event.procedure): event.time for event in ran.by["ready"]}
    begun: dict[tuple[int, str], float] = {}
    for event in ran.by["begin"]:
        begun.setdefault((event.batch, event.procedure), event.time)
    names = ("concentrate", "polish")
    waits = {name: np.array([begun[lane, name] - ready[lane, name] for lane in range(LANES)]) for name in names}
    assert any(np.any(wait > 1.0) for wait in waits.values())
    assert all(wait == pytest.approx(0.0) for wait in ran.waits("concentrate").values())
    recipe, _ = lots_of(Lots, HOLDS, waits)
    assert_products(ran, recipe)
