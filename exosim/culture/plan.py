"""When a culture is visited: medium changes while it grows, the change to collection medium, and the harvests."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from exosim.operations.base import Visit
from exosim.parameter import Array, parameter

_A_LITTLE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The planned schedule of a culture."""

    growth_period: float = parameter(
        6.0, "d", low=0, high=21, planned=True, doc="time in growth medium before collection starts"
    )
    exchange_every: float | None = parameter(
        None, "d", low=0.25, high=14, planned=True, doc="time between changes of the growth medium; none: no change"
    )
    collection: float = parameter(
        14.0, "d", low=1, high=60, planned=True, doc="time over which harvests are collected", critical=True
    )
    harvest_every: float = parameter(
        1.0,
        "d",
        low=0.125,
        high=7,
        planned=True,
        doc="time between harvests",
        source="cellbiosci2022",
        grade="A",
        critical=True,
    )
    harvest_fraction: Array = parameter(0.95, "1", low=0.3, high=1.0, doc="fraction of the medium taken at a harvest")
    pool_every: float | None = parameter(
        None,
        "d",
        low=0.125,
        high=60,
        planned=True,
        doc="harvests are pooled over this time; none: the whole collection",
    )
    inoculation_time: Array = parameter(4.0, "h", low=0.5, high=24, doc="hands-on time of the inoculation")
    harvest_duration: Array = parameter(1.0, "h", low=0.1, high=8, doc="hands-on time of one harvest")

    def visits(self) -> tuple[Visit, ...]:
        """Return the changes of growth medium, the change to collection medium, and the planned harvests."""
        begin = 24.0 * self.growth_period
        count = max(1, round(self.collection / self.harvest_every))
        per_pool = count if self.pool_every is None else max(1, round(self.pool_every / self.harvest_every))
        step = 24.0 * self.harvest_every
        harvests = [Visit(begin + step * (i + 1), "harvest", i // per_pool, i + 1 == count) for i in range(count)]
        return (*self._changes(begin), *harvests)

    def _changes(self, begin: float) -> Iterator[Visit]:
        every = 24.0 * self.exchange_every if self.exchange_every else math.inf
        for index in range(1, math.ceil(begin / every - _A_LITTLE)):
            yield Visit(every * index, "feed")
        yield Visit(begin, "exchange")

    def wrong_times(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit: whole numbers of harvests in the collection and in a pool."""
        for name in ("collection", "pool_every"):
            time = getattr(self, name)
            if time is not None and (time / self.harvest_every + 1e-9) % 1.0 > 1e-6:
                yield name, "is not a whole number of harvest intervals"
