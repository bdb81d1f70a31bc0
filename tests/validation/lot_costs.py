"""What runs cost by exosim's own ledger, for the published cost cases."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import exosim as xs
from exosim.economics.booking import booked
from exosim.economics.ledger import CostLedger
from exosim.economics_builder import costing

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def ledger(scenario: xs.Scenario, replication: int = 0, prices: xs.Scenario | None = None) -> CostLedger:
    """Return the ledger of one replication, at the prices of the scenario or of another one."""
    account = xs.simulate(scenario, replication + 1).accounts[replication]
    return booked(account.uses, costing(prices or scenario), account.batches)


@cache
def shipped(name: str) -> CostLedger:
    """Return the ledger of the first replication of a shipped scenario or variant, such as ``a.toml#b``."""
    return ledger(xs.load(f"{SCENARIOS / name}"))


def by_category(found: CostLedger) -> Mapping[str, float]:
    """Return the cost by category, those that are none left out."""
    return {name: cost for name, cost in found.by(lambda line: line.category).items() if cost != 0.0}
