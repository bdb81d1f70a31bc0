"""What became of each order, and orders of batches: filled when all their batches are good and available."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from exosim.demand import Order
from exosim.records import BatchRecord

Fate = Literal["on_time", "late", "lost", "open"]


class OrderRecord(NamedTuple):
    """What became of an order that was due in the run.

    Attributes
    ----------
    number, product, due, doses, batches : as in :class:`exosim.demand.Order`
    shipped, shipped_on_time : doses that left for it in all, and by its due date; 0 for an order of batches
    filled : when it was complete; None when it was not
    lost : when the customer gave up, or a batch of it was lost; None when neither happened
    """

    number: int
    product: str
    due: float
    doses: int
    batches: int
    shipped: int = 0
    shipped_on_time: int = 0
    filled: float | None = None
    lost: float | None = None

    @property
    def fate(self) -> Fate:
        """Complete by the due date, complete later, lost, or still open at the end of the run."""
        if self.filled is not None:
            return "on_time" if self.filled <= self.due else "late"
        return "open" if self.lost is None else "lost"

    @property
    def late_by(self) -> float | None:
        """Hours from the due date until it was complete; 0 when it was in time, None when it never was."""
        return None if self.filled is None else max(self.filled - self.due, 0.0)


def made_to_order(orders: Sequence[Order], batches: Sequence[BatchRecord], end: float) -> list[OrderRecord]:
    """Return what became of the orders of batches of one product.

    A batch belongs to the order with its due date; where several have the same, to the one that is first in the order
    of their numbers. A batch that is lost is not made again, so that its order is lost with it.

    Parameters
    ----------
    orders : of batches, of one product
    batches : of the same product
    end : hour of the end of the run
    """
    due_at: dict[float, list[BatchRecord]] = defaultdict(list)
    for batch in sorted(batches, key=lambda batch: batch.number):
        due_at[batch.due].append(batch)
    found = []
    for order in sorted(orders, key=lambda order: order.number):
        own, due_at[order.due] = due_at[order.due][: order.batches], due_at[order.due][order.batches :]
        if order.due <= end:
            found.append(_record(order, own, end))
    return found


def _record(order: Order, own: Sequence[BatchRecord], end: float) -> OrderRecord:
    """Return when an order of batches was complete, or lost: whichever comes first of a lost batch and impatience."""
    ready = [batch.available for batch in own if batch.good and batch.available is not None]
    filled = max(ready, default=math.inf) if len(ready) == order.batches else math.inf
    failed = (batch.ended for batch in own if batch.ended is not None and not batch.good)
    lost = min(min(failed, default=math.inf), order.due + order.patience)
    complete = filled <= min(lost, end)
    return OrderRecord(
        order.number, order.product, order.due, 0, order.batches,
        filled=filled if complete else None,
        lost=lost if not complete and lost <= end else None,
    )  # fmt: skip
