"""What a replication costs as a whole: per dose released, per lot released, and in a year."""

from __future__ import annotations

import math
from collections.abc import Mapping

from exosim.economics.fixed import YEAR
from exosim.economics.ledger import CostLedger

COST_UNITS: Mapping[str, str] = {"cost_per_dose": "dose", "cost_per_lot": "lot", "cost_per_year": "year"}
"""The costs of a replication as a whole, and per what they are, in the currency of the scenario."""
FAILED = "rejected"
"""How a lot ends that is lost in production or rejected by quality."""


def cost_headlines(ledger: CostLedger) -> dict[str, float]:
    """Return the costs of a replication as a whole; NaN per dose or lot where none is released."""
    return {
        "cost_per_dose": ledger.cost_per_dose,
        "cost_per_lot": ledger.cost_per_lot,
        "cost_per_year": ledger.total * YEAR / ledger.hours if ledger.hours > 0.0 else math.nan,
    }


def cost_units(currency: str) -> dict[str, str]:
    """Return the units of :func:`cost_headlines`, such as ``EUR/dose``."""
    return {name: f"{currency}/{per}" for name, per in COST_UNITS.items()}


def failed_lots(ledger: CostLedger) -> int:
    """Return the lots that were lost or rejected in the window."""
    ended = [batch.ended for batch in ledger.batches if batch.disposition == FAILED]
    return sum(time is not None and time >= ledger.start for time in ended)
