"""What one replication costs, at the prices of its world."""

from __future__ import annotations

from collections.abc import Sequence

from exosim.economics.booking import booked
from exosim.economics.ledger import CostLedger
from exosim.economics.usage import Use
from exosim.economics_builder import costing
from exosim.records import BatchRecord
from exosim.scenario import Scenario


def ledger_of(
    scenario: Scenario, seed: int, replication: int, uses: Sequence[Use], batches: Sequence[BatchRecord]
) -> CostLedger | None:
    """Return the cost ledger of a replication, counted from 0; None where the scenario says nothing of money."""
    if scenario.declarations.economics is None:
        return None
    return booked(uses, costing(scenario, replication, seed), batches)
