"""On random plants with random laboratories: every hour has a cause, and indicators follow from the log."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings

from exosim.attribution.words import fates, who
from exosim.errors import ModelError
from exosim.indicators import account
from exosim.plant import Plant
from exosim.records import Event
from exosim.window import Window
from tests.facility import plants as builder
from tests.facility.any_plant import Products, nothing_is_kept, plants, ran, shared_plants
from tests.facility.plants import Ran
from tests.why_plants import contiguous, hours, path_of, planned


def whole(products: Products) -> Ran | None:
    """Run a plant; None where lots wait for each other or for material for ever, or a culture would need cycles."""
    try:
        return ran(products)
    except ModelError as error:
        assert "deadlock" in str(error) or "nothing happens any more" in str(error), error
        return None


@settings(max_examples=120, deadline=None)
@given(plants() | shared_plants())
def test_every_hour_of_every_lot_has_a_cause(products: Products) -> None:
    """The spans follow each other from start to end, none of them is unexplained, and nobody keeps anything."""
    run = whole(products)
    if run is None:
        return
    end = run.run.hours
    if math.isinf(products[0][2].horizon):
        nothing_is_kept(run)
    for batch in run.run.batches:
        if batch.disposition == "turned_away":
            continue
        path, spent = path_of(run, batch.number), hours(run, batch.number)
        until = batch.available if batch.good and batch.available is not None else batch.ended
        contiguous(path.critical, batch.started, end if until is None else until)
        assert sum(spent.values()) == pytest.approx(path.lead_time, abs=1e-6)
        assert spent.get("unexplained", 0.0) <= 1e-6
        assert all(told >= 0.0 for told in planned(run, batch.number).values())
        own = [event for event in run.run.log if event.batch == batch.number]
        assert fates(batch, own, end) and all(isinstance(who(span, {}, batch.number), str) for span in path.critical)


def more(plant: Plant, address: str) -> Plant:
    """Return a plant with one more of something."""
    kind, name = address.split(".")
    if kind == "equipment":
        return replace(plant, equipment=tuple(replace(e, count=e.count + (e.id == name)) for e in plant.equipment))
    if kind == "personnel":
        return replace(plant, roles=tuple(replace(r, headcount=r.headcount + (r.id == name)) for r in plant.roles))
    if kind == "room":
        return replace(plant, rooms=tuple(replace(r, capacity=r.capacity + (r.id == name)) for r in plant.rooms))
    return replace(plant, stores=tuple(replace(s, capacity=s.capacity + (s.id == name)) for s in plant.stores))


def provable(plant: Plant, products: Products) -> set[str]:
    """Return what more of changes nothing where nobody lacked it, as in `exosim.bottlenecks.candidates`."""
    broken = {kind.equipment for kind in plant.breakdowns}
    plain = [e.id for e in plant.equipment if e.maintenance is None and e.size_limit is None and e.id not in broken]
    if any(setting.storage == "zero_wait" for *_, setting in products):
        plain = []
    return {
        *(f"equipment.{name}" for name in plain), *(f"personnel.{role.id}" for role in plant.roles),
        *(f"room.{room.id}" for room in plant.rooms if room.segregation != "batch"),
        *(f"store.{store.id}" for store in plant.stores),
        *(f"campaign.{setting.product}" for *_, setting in products if setting.work_in_progress is not None),
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(plants() | shared_plants())
def test_more_of_what_nobody_lacked_changes_no_event(products: Products) -> None:
    """The log is the same event by event: `bottleneck` need not run it again."""
    run = whole(products)
    if run is None:
        return
    together = builder.together
    for address in sorted(provable(run.plant, products) - run.run.lacked):
        changed = products
        if address.startswith("campaign."):
            changed = [
                (line, count, replace(own, work_in_progress=(own.work_in_progress or 0) + 1))
                if own.product == address.removeprefix("campaign.") else (line, count, own)
                for line, count, own in products
            ]  # fmt: skip
            again = whole(changed)
        else:

            def with_more(plant: Plant, *rest: object, address: str = address) -> Ran:
                return together(more(plant, address), *rest)  # type: ignore[arg-type]

            with mock.patch.object(builder, "together", with_more):
                again = whole(changed)
        assert again is not None
        assert list(again.run.log) == list(run.run.log), address


@settings(max_examples=100, deadline=None)
@given(plants() | shared_plants())
def test_indicators_follow_from_the_log(products: Products) -> None:
    """Hands-on hours are those of work in the log; instruments are used while people work; release times are lots'."""
    run = whole(products)
    if run is None:
        return
    window = Window(run.run, run.plant, 0.0)
    found = account(window)
    per_year = 8766.0 / window.hours
    touched, ended = hands_on(run)
    for role, spent in touched.items():
        if ended[role]:
            assert found.by_resource["labor_touch_hours"][role] == pytest.approx(spent * per_year, abs=1e-6)
    assert all(share <= 1.0 + 1e-9 for share in found.by_resource["utilization"].values())
    assert all(share <= 1.0 + 1e-9 for share in found.by_resource["labor"].values() if not math.isnan(share))
    made = {e.batch: e.time for e in run.by["manufactured"]}
    left: dict[int, float] = {}
    for event in run.run.log:
        if event.event in ("conditional", "released", "released_with_deviation"):
            left.setdefault(event.batch, event.time)
    good = [left[b.number] - made[b.number] for b in run.run.batches if b.number in made and b.number in left
            and b.disposition != "rejected"]  # fmt: skip
    if "release_time" in found.headlines and all(product[2].release is not None for product in products):
        expected = float(np.median(good)) if good else math.nan
        assert found.headlines["release_time"] == pytest.approx(expected, nan_ok=True)


def hands_on(run: Ran) -> tuple[dict[str, float], dict[str, bool]]:
    """Return people times hours of work by role, without pauses, repairs, utilities; and whether all of it ended."""
    hours_of: dict[str, float] = {role.id: 0.0 for role in run.plant.roles}
    ended = dict.fromkeys(hours_of, True)
    begun: dict[tuple[object, ...], list[Event]] = defaultdict(list)
    idle: dict[tuple[int, str], float] = defaultdict(float)
    worked = {role.id: role.hours.worked for role in run.plant.roles}
    for event in run.run.log:
        key = (event.batch, event.procedure, event.phase, event.role, event.unit)
        if event.role and event.event in ("begin", "prepare"):
            begun[key].append(event)
            idle[event.batch, event.procedure] = 0.0
        elif event.role:
            first = begun[key].pop(0)
            lost = idle[event.batch, event.procedure] + event.waited
            there = event.time - first.time - lost
            if event.event == "prepared":
                there = worked[event.role](event.time) - worked[event.role](first.time)
            hours_of[event.role] += event.amount * there
        elif event.event in ("repaired", "utility"):
            idle[event.batch, event.procedure] += event.amount if event.event == "repaired" else event.waited
    for events in begun.values():
        for event in events:
            ended[event.role] = False
    return hours_of, ended
