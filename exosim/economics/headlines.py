"""What a replication costs as a whole: per dose released, per lot released, and in a year."""

from __future__ import annotations

import math
from collections.abc import Mapping

from exosim.economics.fixed import YEAR
from exosim.economics.ledger import CostLedger
from exosim.records import GOOD

COST_UNITS: Mapping[str, str] = {"cost_per_dose": "dose", "cost_per_lot": "lot", "cost_per_year": "year"}
"""The costs of a replication as a whole, and per what they are, in the currency of the scenario."""
FAILED = "rejected"
"""How a lot ends that is lost in production or rejected by quality."""


def cost_headlines(ledger: CostLedger) -> dict[str, float]:
    """Return the costs of a replication as a whole; NaN per dose or lot where none is released."""
    lots = released_lots(ledger)
    return {
        "cost_per_dose": ledger.cost_per_dose,
        "cost_per_lot": ledger.total / lots if lots else math.nan,
        "cost_per_year": ledger.total * YEAR / ledger.hours if ledger.hours > 0.0 else math.nan,
    }


def cost_units(currency: str) -> dict[str, str]:
    """Return the units of :func:`cost_headlines`, such as ``EUR/dose``."""
    return {name: f"{currency}/{per}" for name, per in COST_UNITS.items()}


def _ended(ledger: CostLedger, dispositions: frozenset[str]) -> int:
    """Return how many lots ended so in the window."""
    ended = [batch.ended for batch in ledger.batches if batch.disposition in dispositions]
    return sum(time is not None and time >= ledger.start for time in ended)


def released_lots(ledger: CostLedger) -> int:
    """Return the lots that ended well in the window."""
    return _ended(ledger, GOOD)


def failed_lots(ledger: CostLedger) -> int:
    """Return the lots that were lost or rejected in the window."""
    return _ended(ledger, frozenset({FAILED}))
