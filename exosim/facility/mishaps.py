"""Failures as addressed values: which one strikes a procedure of a batch first, and when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exosim.facility.lots import PlannedPhase
from exosim.parameter import Array
from exosim.plant import Consequence, Failure
from exosim.sampling import uniforms

_BATCHES_PER_REPLICATION = 2**32
GOES_ON: tuple[Consequence, ...] = ("wait", "deviation", "contaminate")
"""Consequences after which the work goes on."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """A failure that strikes: after how many hours of work, what it costs, what follows, what it leaves behind."""

    id: str
    consequence: Consequence
    after: float
    hours_lost: float
    limit: int
    agent: str | None = None
    level: float = 0.0

    @property
    def stops(self) -> bool:
        """Whether the work ends there."""
        return self.consequence not in GOES_ON


_NONE: Sequence[Mishap] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """A failure with its numbers for every batch; all but one of `rate`, `probability` and `manipulation` are empty."""

    failure: Failure
    rate: list[float]
    probability: list[float]
    manipulation: list[float]
    repair: list[float]
    level: list[float]

    def strikes(self, batch: int, after: float, hours_lost: float) -> Mishap:
        """Return the failure as it strikes a batch."""
        failure, level = self.failure, self.level[batch] if self.level else 0.0
        return Mishap(failure.id, failure.consequence, after, hours_lost, failure.limit, failure.agent, level)


class Mishaps:
    """The failures of one replication; the value of (failure, batch, attempt) is always the same."""

    def __init__(
        self, failures: Sequence[Failure], procedures: Sequence[str], seed: int, replication: int, count: int
    ) -> None:
        self._seed, self._first, self._count = seed, replication * _BATCHES_PER_REPLICATION, count
        self._drawn: dict[tuple[str, int], list[float]] = {}
        known = [
            _Known(f, *(self._lanes(v) for v in (f.rate, f.probability, f.per_manipulation, f.repair, f.level)))
            for f in failures
        ]
        self._by_procedure = [[k for k in known if k.failure.procedure == name] for name in procedures]
        self._safe = [self._safe_hours(known) for known in self._by_procedure]

    def struck(self, batch: int, index: int, attempt: int, phases: Sequence[PlannedPhase]) -> Sequence[Mishap]:
        """Return what strikes while phases run: the first that stops the work alone, otherwise all that do not."""
        safe = self._safe[index][batch] if attempt == 0 else -1.0
        if safe == math.inf:
            return _NONE
        hours = sum([phase.hours for phase in phases])
        if hours <= safe:
            return _NONE
        struck = [
            mishap
            for known in self._by_procedure[index]
            if (mishap := self._strike(known, batch, attempt, hours, phases)) is not None
        ]
        stopping = [mishap for mishap in struck if mishap.stops]
        return [min(stopping, key=lambda mishap: mishap.after)] if stopping else struck

    def _safe_hours(self, known: Sequence[_Known]) -> list[float]:
        """Return for each batch the hours of a first attempt in which nothing can strike."""
        safe = np.full(self._count, math.inf)
        for one in known:
            drawn = np.array(self._uniforms(one.failure.id, 0))
            if one.manipulation:
                safe = np.full(self._count, -1.0)
            elif one.probability:
                safe = np.where(drawn < one.probability, -1.0, safe)
            elif one.rate:
                with np.errstate(divide="ignore"):
                    safe = np.minimum(safe, -np.log(drawn) / np.asarray(one.rate) * (1.0 - 1e-12))
        return [float(hours) for hours in safe]

    def _strike(
        self, known: _Known, batch: int, attempt: int, hours: float, phases: Sequence[PlannedPhase]
    ) -> Mishap | None:
        failure = known.failure
        if known.manipulation:
            return self._at_manipulation(known, batch, attempt, phases)
        if known.probability:
            if self._uniform(failure.id, batch, attempt) >= known.probability[batch]:
                return None
            return known.strikes(batch, hours, known.repair[batch])
        rate = known.rate[batch] if known.rate else 0.0
        if rate <= 0.0:
            return None
        if failure.consequence in GOES_ON:
            return self._pauses(known, batch, attempt, rate, hours)
        after = -math.log(self._uniform(failure.id, batch, attempt)) / rate
        if after >= hours:
            return None
        return known.strikes(batch, after, known.repair[batch])

    def _pauses(self, known: _Known, batch: int, attempt: int, rate: float, hours: float) -> Mishap | None:
        """Return all pauses of a procedure as one loss of time: work is resumed after each repair."""
        failure = known.failure
        name = f"{failure.id}~{attempt}" if attempt else failure.id
        worked, count = 0.0, 0
        while True:
            worked -= math.log(self._uniform(name, batch, count)) / rate
            if worked >= hours:
                break
            count += 1
        return known.strikes(batch, hours, count * known.repair[batch]) if count else None

    def _at_manipulation(
        self, known: _Known, batch: int, attempt: int, phases: Sequence[PlannedPhase]
    ) -> Mishap | None:
        """Return what strikes at the end of the first attended phase that goes wrong."""
        failure, worked, attended = known.failure, 0.0, 0
        for phase in phases:
            worked += phase.hours
            if not phase.attended:
                continue
            if self._uniform(f"{failure.id}@{attended}", batch, attempt) < known.manipulation[batch]:
                return known.strikes(batch, worked, known.repair[batch])
            attended += 1
        return None

    def _uniform(self, id: str, batch: int, attempt: int) -> float:
        return self._uniforms(id, attempt)[batch]

    def _uniforms(self, id: str, attempt: int) -> list[float]:
        key = (id, attempt)
        if key not in self._drawn:
            name = f"failure.{id}" if attempt == 0 else f"failure.{id}#{attempt}"
            drawn = uniforms(self._seed, name, "batch", self._first, self._first + self._count)
            self._drawn[key] = drawn.tolist()
        return self._drawn[key]

    def _lanes(self, value: Array | None) -> list[float]:
        """Return a number for each batch; none where there is no value."""
        return [] if value is None else [float(v) for v in np.broadcast_to(np.ravel(value), (self._count,))]
