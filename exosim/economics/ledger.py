"""The cost ledger: every cost as one line, and the views of it, which all have the same total.

A line is what a batch caused in a step, or what is there whether a batch is or not (batch -1). Views are sums over
lines; :mod:`exosim.economics.booking` makes the lines.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple

from exosim.economics.usage import Use
from exosim.records import BatchRecord

TRILLION = 1e12
"""Vesicles to which costs are referred besides doses."""


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


_line: Callable[[tuple[Any, ...]], CostLine] = partial(tuple.__new__, CostLine)
"""Make a line of a tuple of all its fields: a ledger has a thousand."""


def line_of(use: Use, price: float, category: str, quantity: float | None = None) -> CostLine:
    """Return the cost of a use at a price; of another quantity than that of the use where one is given."""
    batch, step, resource, driver, amount, unit, time = use
    return _line((batch, step, resource, driver, amount if quantity is None else quantity, unit, price, category, time))


class Occupation(NamedTuple):
    """The units of one class over the window.

    Attributes
    ----------
    owned : hours for which units are there [h]
    by_batch : hours for which each batch occupied them, turnaround included [h]
    """

    owned: float
    by_batch: Mapping[int, float]

    @property
    def share(self) -> float:
        """Share of the hours in which batches occupy units."""
        return math.fsum(self.by_batch.values()) / self.owned if self.owned > 0.0 else 0.0


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
    vesicles : in the lots that ended well in the window, true number [EV]
    lots : lots that ended well in the window
    occupation : of each class of equipment, by its address
    start : when the window begins, hours after the start of the run [h]
    """

    lines: Sequence[CostLine]
    batches: Sequence[BatchRecord]
    released: float
    hours: float
    currency: str
    idle: float = 0.0
    unpriced: Mapping[str, float] = field(default_factory=dict)
    vesicles: float = 0.0
    lots: int = 0
    occupation: Mapping[str, Occupation] = field(default_factory=dict)
    start: float = 0.0

    @cached_property
    def total(self) -> float:
        """The sum of all lines [currency]."""
        return math.fsum(line.cost for line in self.lines)

    @property
    def cost_per_dose(self) -> float:
        """The total over the doses released; NaN where none is [currency/dose]."""
        return self._per(self.released)

    @property
    def cost_per_lot(self) -> float:
        """The total over the lots released; NaN where none is [currency/lot]."""
        return self._per(self.lots)

    @property
    def cost_per_trillion(self) -> float:
        """The total over 1e12 vesicles in the lots released; NaN where there are none [currency]."""
        return self._per(self.vesicles / TRILLION)

    def _per(self, amount: float) -> float:
        return self.total / amount if amount > 0.0 else math.nan

    def by(self, key: Key) -> dict[str, float]:
        """Return the sums of the lines by a key, largest first [currency]."""
        parts: dict[str, list[float]] = defaultdict(list)
        for line in self.lines:
            parts[key(line)].append(line.cost)
        sums = {name: math.fsum(costs) for name, costs in parts.items()}
        return dict(sorted(sums.items(), key=lambda item: -item[1]))
