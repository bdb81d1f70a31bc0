"""Ratios of times on a machine that other work shares: sides interleaved, medians of paired ratios.

Both sides of a round run one after the other, so that a machine that slows down slows both. What runs in this process
alone is timed by the processor, so that waiting for other work does not count; all else by the clock on the wall. The
first call of each side is not counted: it fills caches.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

ROUNDS = 9
"""Least number of rounds of a ratio."""
Side: TypeAlias = Callable[[], object]
Clock: TypeAlias = Callable[[], float]
WALL: Clock = time.perf_counter
PROCESSOR: Clock = time.process_time
"""Time that this process keeps the processor busy."""


def timed(run: Side, clock: Clock = WALL) -> float:
    """Return the seconds of one run."""
    started = clock()
    run()
    return clock() - started


@dataclass(frozen=True)
class Rounds:
    """The seconds of several sides, one row for each round."""

    rows: Sequence[tuple[float, ...]]

    def ratio(self, side: int, other: int) -> float:
        """Return the median over the rounds of the time of one side over that of another."""
        return statistics.median(row[side] / row[other] for row in self.rows)

    def median(self, side: int) -> float:
        """Return the median time of one side [s]."""
        return statistics.median(row[side] for row in self.rows)

    def best(self, side: int) -> float:
        """Return the least time of one side [s]: what it takes while nothing else runs."""
        return min(row[side] for row in self.rows)


def interleaved(*sides: Side, rounds: int = ROUNDS, clock: Clock = WALL) -> Rounds:
    """Return the times of the sides, run in turn in every round after one run of each that is not counted."""
    for side in sides:
        side()
    return Rounds([tuple(timed(side, clock) for side in sides) for _ in range(rounds)])
