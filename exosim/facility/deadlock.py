"""Deadlock: batches that wait for what only they can give back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from exosim.errors import ModelError, Problem
from exosim.facility.batch import Batch
from exosim.facility.job import Job
from exosim.facility.load import Load
from exosim.facility.pool import Pool
from exosim.facility.preparation import Order
from exosim.facility.room import Room
from exosim.facility.stock import StockRoom

Waiter: TypeAlias = Batch | Order | Job | Load
SHARED = Pool | Room | StockRoom
"""What batches, and preparations for them, can keep from each other."""


def waiting_with(*batches: Batch) -> set[Waiter]:
    """Return the batches and those that wait, on whose units, rooms and preparations their own wait depends."""
    found: set[Waiter] = set()
    todo: list[Waiter] = [*batches]
    while todo:
        other = todo.pop()
        if other not in found and isinstance(other.waits_for, SHARED):
            found.add(other)
            todo.extend(holder for holder in other.waits_for.held_by(other) if holder is not None)
    return found


def stuck(batches: Iterable[Waiter]) -> list[Waiter]:
    """Return the batches that can never go on.

    A batch is stuck when too few of those who hold the units, or are in the room, that it waits for can still move;
    found by taking away, again and again, those that enough others who can still move may serve. A batch that may find
    a place in a store, and leave its unit for that, can move as soon as somebody in the store can.
    """
    candidates = {batch for batch in batches if isinstance(batch.waits_for, SHARED)}
    while True:
        movable = {batch for batch in candidates if _may_move(batch, candidates)}
        if not movable:
            return sorted(candidates, key=lambda batch: batch.number)
        candidates -= movable


def _may_move(batch: Waiter, candidates: set[Waiter]) -> bool:
    store = batch.wants_store
    if store is not None and batch not in store.inside and any(other not in candidates for other in store.inside):
        return True
    if not isinstance(batch.waits_for, SHARED):
        return True
    free = sum(other is None or other not in candidates for other in batch.waits_for.held_by(batch))
    return free >= batch.waits_for.lacks(batch)


def deadlock(now: float, batches: list[Waiter]) -> ModelError:
    """Return the error that tells who holds what and waits for what."""
    problems = [Problem(f"deadlock at {now:g} h: {len(batches)} batches wait for each other")]
    for batch in batches:
        units = [f"{pool.name} {unit + 1}" for pool, unit in batch.holds]
        held = ", ".join([*units, *(room.name for room in batch.rooms)]) or "nothing"
        waits = batch.waits_for.name if batch.waits_for is not None else "nothing"
        who = f"preparation of {batch.material}" if isinstance(batch, Order) else f"batch {batch.number + 1}"
        problems.append(Problem(f"holds {held} and waits for {waits}", path=who))
    return ModelError(problems)
