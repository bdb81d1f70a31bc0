"""Deadlock: batches that wait for what only they can give back."""

from __future__ import annotations

from collections.abc import Iterable

from exosim.errors import ModelError, Problem
from exosim.facility.batch import Batch
from exosim.facility.pool import Pool


def waiting_with(batch: Batch) -> set[Batch]:
    """Return the batch and those that wait, on whose units its own wait depends."""
    found: set[Batch] = set()
    todo = [batch]
    while todo:
        other = todo.pop()
        if other not in found and isinstance(other.waits_for, Pool):
            found.add(other)
            todo.extend(holder for holder in other.waits_for.holders.values() if holder is not None)
    return found


def stuck(batches: Iterable[Batch]) -> list[Batch]:
    """Return the batches that can never go on.

    A batch is stuck when every unit of the pool that it waits for is held by a batch that is stuck; found by taking
    away, again and again, those that somebody who can still move may serve.
    """
    candidates = {batch for batch in batches if isinstance(batch.waits_for, Pool)}
    while True:
        movable = {
            batch
            for batch in candidates
            if any(holder is None or holder not in candidates for holder in batch.waits_for.holders.values())  # type: ignore[union-attr]
        }
        if not movable:
            return sorted(candidates, key=lambda batch: batch.number)
        candidates -= movable


def deadlock(now: float, batches: list[Batch]) -> ModelError:
    """Return the error that tells who holds what and waits for what."""
    problems = [Problem(f"deadlock at {now:g} h: {len(batches)} batches wait for each other")]
    for batch in batches:
        held = ", ".join(f"{pool.name} {unit + 1}" for pool, unit in batch.holds) or "nothing"
        waits = batch.waits_for.name if batch.waits_for is not None else "nothing"
        problems.append(Problem(f"holds {held} and waits for {waits}", path=f"batch {batch.number + 1}"))
    return ModelError(problems)
