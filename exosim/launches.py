"""When the batches of a campaign are started: on a rhythm, as soon as possible, or for orders with due dates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exosim.campaign import Campaign
from exosim.facility.lots import Lots
from exosim.scenario import Scenario

BATCHES_PER_REPLICATION = 2**32
_MORE_THAN_ENOUGH = 4
_MOST_BATCHES = 100_000


@dataclass(frozen=True)
class Launches:
    """The batches of one campaign in one replication.

    Attributes
    ----------
    campaign : with the values of this replication
    at : hour of each release; for a campaign that is not paced, the earliest
    dues : hour at which each batch is due: that of its order, or its launch and what is promised; empty where nothing
        is due
    donors : donor of each batch
    """

    campaign: Campaign
    at: Sequence[float]
    dues: Sequence[float]
    donors: Sequence[int]


def launches(scenario: Scenario, seed: int, replication: int) -> Launches:
    """Return the launches within the horizon."""
    campaign, at, dues = _planned(scenario, seed, replication)
    first = replication * BATCHES_PER_REPLICATION
    donors = [first + batch // campaign.batches_per_donor for batch in range(len(at))]
    return Launches(campaign, at, dues, donors)


def _planned(scenario: Scenario, seed: int, replication: int) -> tuple[Campaign, list[float], list[float]]:
    horizon, count = scenario.declarations.plant.horizon, 64
    while True:
        first = replication * BATCHES_PER_REPLICATION
        campaign = scenario.campaign(scenario.batch_values(replication, [first] * count, first, seed))
        if campaign.mode == "as_soon_as_possible":
            return campaign, [campaign.begin] * (campaign.batches or _enough(scenario, horizon)), []
        if campaign.mode == "on_order":
            return campaign, *_on_order(scenario, campaign, horizon)
        gaps = np.broadcast_to(np.asarray(campaign.every, dtype=np.float64), count)
        at = campaign.begin + np.concatenate([[0.0], np.cumsum(gaps)])[:count]
        limit = campaign.batches or _MOST_BATCHES
        if at[-1] > horizon or count >= limit:
            paced = [float(t) for t in at[:limit] if t < horizon]
            return campaign, paced, [] if campaign.promise is None else [t + campaign.promise for t in paced]
        count = min(count * _MORE_THAN_ENOUGH, max(limit, 64))


def _on_order(scenario: Scenario, campaign: Campaign, horizon: float) -> tuple[list[float], list[float]]:
    """Return when the batch of each order is started, and when it is due; what is due first comes first."""
    orders = scenario.declarations.plant.orders
    dues = sorted(due for order in orders for due in order.dues for _ in range(order.batches))
    found = [(max(due - campaign.lead_time, campaign.begin), due) for due in dues]
    within = [(at, due) for at, due in found if at < horizon]
    return [at for at, _ in within], [due for _, due in within]


def _enough(scenario: Scenario, horizon: float) -> int:
    """Return more batches than can pass the line within the horizon."""
    recipe = scenario.recipe(scenario.typical_values())
    lots = Lots(recipe, lambda _: recipe, 1)
    counts = {e.id: e.count for e in scenario.plant(scenario.typical_values()).equipment}
    longest = 0.0
    for index, procedure in enumerate(recipe.procedures):
        hours = sum(phase.hours for phase in lots.begin(0, index, 0.0))
        together = 1 if procedure.shared_run is None else procedure.shared_run.usable
        longest = max(longest, hours / (counts.get(procedure.unit or "", _MOST_BATCHES) * together))
    return min(math.ceil(_MORE_THAN_ENOUGH * horizon / max(longest, 1e-3)) + 10, _MOST_BATCHES)
