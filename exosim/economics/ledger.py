"""The cost ledger: every cost as one line, and the views of it, which all have the same total.

A line is what a batch caused in a step, or what is there whether a batch is or not (batch -1). Views are sums over
lines; :mod:`exosim.economics.booking` makes the lines.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from exosim.records import BatchRecord


class CostLine(NamedTuple):
    """One cost.

    Attributes
    ----------
    batch : from 0; -1 where it belongs to none
    step : id of a procedure, or address of a job of the laboratory; empty where it belongs to none
    resource, driver : what was used, and how it drives the cost
    quantity, unit : how much of what
    price : money for one unit
    category : of :data:`exosim.cost_numbers.CATEGORIES`
    time : hours after the start of the run
    """

    batch: int
    step: str
    resource: str
    driver: str
    quantity: float
    unit: str
    price: float
    category: str
    time: float

    @property
    def cost(self) -> float:
        """Quantity times price [currency]."""
        return self.quantity * self.price


Key = Callable[[CostLine], str]


@dataclass(frozen=True)
class CostLedger:
    """All costs of one replication.

    Attributes
    ----------
    lines : in the order of batches and time
    batches : what became of each batch
    released : doses of batches that ended well in the window
    hours : length of the window [h]
    currency : of all money
    idle : what people on duty cost beyond the hours at work; part of the lines on the staffing basis
    unpriced : resources that were used and have no price, with how much of them was used
    """

    lines: Sequence[CostLine]
    batches: Sequence[BatchRecord]
    released: float
    hours: float
    currency: str
    idle: float = 0.0
    unpriced: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def total(self) -> float:
        """The sum of all lines [currency]."""
        return math.fsum(line.cost for line in self.lines)

    @property
    def cost_per_dose(self) -> float:
        """The total over the doses released; NaN where none is [currency/dose]."""
        return self.total / self.released if self.released > 0.0 else math.nan

    def by(self, key: Key) -> dict[str, float]:
        """Return the sums of the lines by a key, largest first [currency]."""
        parts: dict[str, list[float]] = defaultdict(list)
        for line in self.lines:
            parts[key(line)].append(line.cost)
        sums = {name: math.fsum(costs) for name, costs in parts.items()}
        return dict(sorted(sums.items(), key=lambda item: -item[1]))
