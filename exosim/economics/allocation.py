"""Whose the costs are that belong to no batch: allocation to batches by what they occupied; what failed lots cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from exosim.economics.ledger import CostLedger, CostLine
from exosim.economics.usage import NOBODY
from exosim.economics.views import FAILED, by_fate

Rule: TypeAlias = Literal["bottleneck", "line", "equal"]
Weights: TypeAlias = Mapping[int, float]


def bottleneck_of(ledger: CostLedger) -> str | None:
    """Return the address of the equipment that batches occupy for the largest share of its time; None of none."""
    taken = {name: occupation.share for name, occupation in ledger.occupation.items() if occupation.share > 0.0}
    return max(taken, key=lambda name: (taken[name], name)) if taken else None


def _by_bottleneck(ledger: CostLedger) -> Weights:
    """Return the hours for which each batch occupied the bottleneck, turnaround included; queues do not count."""
    name = bottleneck_of(ledger)
    return {} if name is None else ledger.occupation[name].by_batch


def _by_line(ledger: CostLedger) -> Weights:
    """Return the hours of each batch from its start to the end of its recipe within the window."""
    end = ledger.start + ledger.hours
    found = {}
    for batch in ledger.batches:
        if batch.disposition != "turned_away":
            left = next((time for time in (batch.manufactured, batch.ended) if time is not None), end)
            found[batch.number] = max(min(left, end) - max(batch.started, ledger.start), 0.0)
    return found


def _equally(ledger: CostLedger) -> Weights:
    """Return one for each batch that has a line of its own."""
    return dict.fromkeys((line.batch for line in ledger.lines if line.batch != NOBODY), 1.0)


RULES: Mapping[Rule, Callable[[CostLedger], Weights]] = {
    "bottleneck": _by_bottleneck, "line": _by_line, "equal": _equally
}  # fmt: skip


def allocated(ledger: CostLedger, rule: Rule = "bottleneck") -> CostLedger:
    """Return a ledger in which what belongs to no batch is shared among the batches; its total is the same.

    Parameters
    ----------
    rule : by which hours of batches: ``bottleneck``, those on the equipment that is occupied most (the practice of
        University College London, in theses of its group on process economics); ``line``, those from start to end of
        the recipe, queues included; ``equal``, one share each. Where no batch has any, nothing is shared. A product
        that does not pass the bottleneck carries nothing by the first rule.
    """
    weights = {batch: weight for batch, weight in RULES[rule](ledger).items() if weight > 0.0}
    total = math.fsum(weights.values())
    if total <= 0.0:
        return ledger
    shares = {batch: weight / total for batch, weight in weights.items()}
    return replace(ledger, lines=[part for line in ledger.lines for part in _shared(line, shares)])


def _shared(line: CostLine, shares: Weights) -> Iterator[CostLine]:
    if line.batch != NOBODY:
        yield line
        return
    for batch, share in shares.items():
        yield line._replace(batch=batch, quantity=line.quantity * share)


def failed_cost(ledger: CostLedger, rule: Rule | None = None) -> float:
    """Return what lots that failed cost [currency].

    Parameters
    ----------
    rule : by which they carry their share of what belongs to no batch; None: they carry none of it
    """
    whole = ledger if rule is None else allocated(ledger, rule)
    return whole.by(by_fate(whole)).get(FAILED, 0.0)
