"""The runs behind `bottleneck`: replications of the plant as it is and of each candidate, here or in other processes.

A replication in which nobody ever lacked a resource runs event by event as it would with one more of it: units are
taken lowest number first, people are granted at once, and random values belong to batches and not to the clock. Such a
replication need not be run again: its difference is 0. That holds neither for shifts nor for units whose number itself
matters (maintenance, breakdowns, limits of size, zero wait); those are always run. Nor does it hold for money: one more
unit costs whether anybody lacked it or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np

from exosim.bottlenecks.candidates import Candidate
from exosim.bottlenecks.gains import Floats
from exosim.bottlenecks.yardsticks import measured
from exosim.economics.headlines import COST_UNITS
from exosim.errors import ModelError
from exosim.indicators import limiting_class
from exosim.replication_cost import ledger_of
from exosim.replications import Progress, replay
from exosim.scenario import Scenario
from exosim.uses import used
from exosim.window import Window


class Outcome(NamedTuple):
    """What is kept of one replication: indicators, what somebody lacked, and the pace as planned."""

    values: Mapping[str, float]
    lacked: frozenset[str]
    limiting_class: str
    cycle: float
    fates: tuple[int, int, int, int]
    """Batches that were started, ended well, were lost, and are under way at the end; over the whole run."""


_Each: TypeAlias = Callable[[Callable[[int], Outcome], Sequence[int]], Iterable[Outcome]]


class Runs:
    """Runs replications of scenarios, here or in other processes, and tells how many are done."""

    def __init__(
        self, n: int, seed: int, names: Sequence[str], each: _Each, progress: Progress | None, tried: int
    ) -> None:
        self._n, self._seed, self._names, self._each, self._progress = n, seed, names, each, progress
        self._done, self._asked, self.count = 0, n * (tried + 1), 0

    def all_of(self, scenario: Scenario, numbers: Sequence[int] | None = None) -> Iterator[Outcome]:
        """Yield what comes of replications, in their order; they are handed to other processes now."""
        asked = range(self._n) if numbers is None else numbers
        return self._told(self._each(partial(_outcome, scenario, self._seed, self._names), asked))

    def of_candidates(
        self, scenario: Scenario, tried: Sequence[Candidate], base: Sequence[Outcome], screen: bool
    ) -> dict[str, dict[str, Floats]]:
        """Return the indicators by candidate; replications that are certain to change nothing are not run."""
        open_, handed = {}, {}
        for candidate in tried:
            changed = scenario.with_(candidate.changes)
            open_[candidate.name] = [
                number for number, one in enumerate(base) if not (screen and candidate.changes_nothing(one.lacked))
            ]
            self._advance(self._n - len(open_[candidate.name]))
            handed[candidate.name] = self.all_of(changed, open_[candidate.name])
        return {c.name: self._joined(c, base, open_[c.name], handed[c.name]) for c in tried}

    def _joined(
        self, candidate: Candidate, base: Sequence[Outcome], numbers: Sequence[int], found: Iterator[Outcome]
    ) -> dict[str, Floats]:
        rows = list(base)
        try:
            for number, outcome in zip(numbers, found, strict=True):
                rows[number] = outcome
        except ModelError as error:
            told = ModelError([replace(p, problem=f"with {candidate}: {p.problem}") for p in error.problems])
            told.log = error.log
            raise told from None
        return self.columns(rows)

    def columns(self, rows: Sequence[Outcome]) -> dict[str, Floats]:
        """Return the indicators of replications, by name."""
        return {name: np.array([row.values[name] for row in rows]) for name in self._names}

    def more(self, runs: int) -> None:
        """Expect more runs than were asked for."""
        self._asked += runs

    def _told(self, found: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in found:
            self.count += 1
            self._advance(1)
            yield outcome

    def _advance(self, runs: int) -> None:
        self._done += runs
        if self._progress is not None and runs:
            self._progress(self._done, self._asked)


def _outcome(scenario: Scenario, seed: int, names: Sequence[str], replication: int) -> Outcome:
    """Run one replication and keep what is told of it."""
    replayed = replay(scenario, seed, replication)
    window = replayed.window
    asked = any(name in COST_UNITS for name in names)
    batches = window.run.batches
    ledger = ledger_of(scenario, seed, replication, used(*replayed), batches) if asked else None
    name, cycle = limiting_class(window)
    return Outcome(measured(window, names, ledger), window.run.lacked, name, cycle, _fates(window))


def _fates(window: Window) -> tuple[int, int, int, int]:
    batches = [batch for batch in window.run.batches if batch.disposition != "turned_away"]
    good, lost = sum(b.good for b in batches), sum(b.disposition == "rejected" for b in batches)
    return len(batches), good, lost, sum(b.disposition == "unfinished" for b in batches)
