"""Failures as addressed values: which one strikes a procedure of a batch first, and when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exosim.parameter import Array
from exosim.plant import Consequence, Failure
from exosim.sampling import uniforms

_BATCHES_PER_REPLICATION = 2**32


@dataclass(frozen=True, slots=True)
class Mishap:
    """A failure that strikes: after how many hours of work, what it costs, what follows."""

    id: str
    consequence: Consequence
    after: float
    hours_lost: float
    limit: int


class Mishaps:
    """The failures of one replication; the value of (failure, batch, attempt) is always the same."""

    def __init__(
        self, failures: Sequence[Failure], procedures: Sequence[str], seed: int, replication: int, count: int
    ) -> None:
        self._by_procedure = [[f for f in failures if f.procedure == name] for name in procedures]
        self._seed, self._first, self._count = seed, replication * _BATCHES_PER_REPLICATION, count
        self._drawn: dict[tuple[str, int], list[float]] = {}

    def struck(self, batch: int, index: int, attempt: int, hours: float) -> list[Mishap]:
        """Return what strikes in `hours` of work: the first that stops it alone, otherwise all that make it wait."""
        struck = [
            mishap
            for failure in self._by_procedure[index]
            if (mishap := self._strike(failure, batch, attempt, hours)) is not None
        ]
        stopping = [mishap for mishap in struck if mishap.consequence != "wait"]
        return [min(stopping, key=lambda mishap: mishap.after)] if stopping else struck

    def _strike(self, failure: Failure, batch: int, attempt: int, hours: float) -> Mishap | None:
        repair = _lane(failure.repair, batch)
        if failure.rate is not None:
            rate = _lane(failure.rate, batch)
            if failure.consequence == "wait":
                return self._pauses(failure, batch, rate, hours)
            after = -math.log(self._uniform(failure.id, batch, attempt)) / rate if rate > 0.0 else math.inf
            return Mishap(failure.id, failure.consequence, after, repair, failure.limit) if after < hours else None
        if failure.probability is None or self._uniform(failure.id, batch, attempt) >= _lane(
            failure.probability, batch
        ):
            return None
        return Mishap(failure.id, failure.consequence, hours, repair, failure.limit)

    def _pauses(self, failure: Failure, batch: int, rate: float, hours: float) -> Mishap | None:
        """Return all pauses of a procedure as one loss of time: work is resumed after each repair."""
        worked, count = 0.0, 0
        while rate > 0.0:
            worked -= math.log(self._uniform(failure.id, batch, count)) / rate
            if worked >= hours:
                break
            count += 1
        lost = count * _lane(failure.repair, batch)
        return Mishap(failure.id, "wait", hours, lost, failure.limit) if count else None

    def _uniform(self, id: str, batch: int, attempt: int) -> float:
        key = (id, attempt)
        if key not in self._drawn:
            name = f"failure.{id}" if attempt == 0 else f"failure.{id}#{attempt}"
            drawn = uniforms(self._seed, name, "batch", self._first, self._first + self._count)
            self._drawn[key] = drawn.tolist()
        return self._drawn[key][batch]


def _lane(value: Array, batch: int) -> float:
    array = np.ravel(value)
    return float(array[batch] if array.size > 1 else array[0])
