"""What a run costs: one cost ledger for each replication, at the prices of its world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exosim.economics.booking import booked
from exosim.economics.ledger import CostLedger
from exosim.economics_builder import costing
from exosim.scenario import Scenario

if TYPE_CHECKING:
    from exosim.results import FacilityResults
    from exosim.saved_run import SavedRun

WITHOUT_ECONOMICS = {"economics.currency": "EUR"}
"""What costs a scenario that says nothing of money: in this currency, at the prices of the list."""


@dataclass(frozen=True)
class Costs:
    """The costs of a run.

    Attributes
    ----------
    scenario : what was costed, with its prices
    seed : of the run
    ledgers : of each replication
    """

    scenario: Scenario
    seed: int
    ledgers: Sequence[CostLedger]

    @property
    def currency(self) -> str:
        """The currency of all money."""
        return self.ledgers[0].currency


def cost(run: FacilityResults | SavedRun, changes: Mapping[str, Any] | None = None) -> Costs:
    """Return what a run costs, from what it used; nothing is simulated again.

    Parameters
    ----------
    run : results in memory, or read from a folder
    changes : other prices and numbers of ``[economics]``, by address, such as ``{"material.buffer.price": "3 EUR/L"}``

    Raises
    ------
    ScenarioError
        when an address or a value is not valid.
    """
    scenario = run.scenario.with_({**_basis(run.scenario), **(changes or {})})
    worlds = (costing(scenario, replication, run.seed) for replication in range(run.replications))
    each = zip(run.uses, worlds, run.batches, strict=True)
    return Costs(scenario, run.seed, [booked(*one) for one in each])


def _basis(scenario: Scenario) -> Mapping[str, str]:
    return WITHOUT_ECONOMICS if scenario.declarations.economics is None else {}
