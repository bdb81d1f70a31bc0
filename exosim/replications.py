"""Run a scenario in time: `simulate` repeats a campaign over replications, each one possible world."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from itertools import repeat
from multiprocessing import get_context
from typing import TypeAlias

import numpy as np

from exosim.errors import LimitError, Problem, ScenarioError, UsageError, shortened
from exosim.facility.lots import Lots
from exosim.facility.mishaps import Mishaps
from exosim.facility.operate import operate
from exosim.facility.route import Production
from exosim.feasibility import check_in_time
from exosim.indicators import Account, Window, account
from exosim.limits import MOST_REPLICATIONS
from exosim.operations.base import Context, Outcome
from exosim.parameter import Array
from exosim.plant import Campaign, Plant
from exosim.readings import doses_of
from exosim.recipe import Recipe, UnitProcedure
from exosim.results import FacilityResults
from exosim.scenario import Scenario

Progress: TypeAlias = Callable[[int, int], None]
BATCHES_PER_REPLICATION = 2**32
_MORE_THAN_ENOUGH = 4
_MOST_BATCHES = 100_000
_WORTH_PROCESSES = 2


def simulate(
    scenario: Scenario,
    replications: int | None = None,
    *,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> FacilityResults:
    """Return what leaves the facility over the horizon, for each replication.

    Parameters
    ----------
    scenario : with a ``[campaign]``
    replications : number of replications; default: as in the scenario
    seed : seed of the addressed random values; default: as in the scenario
    jobs : processes; the results do not depend on it
    progress : called with (replications done, replications asked for)

    Raises
    ------
    UsageError
        when `replications` or `jobs` is below 1.
    ScenarioError
        when the scenario has no campaign.
    ModelError
        when the clock cannot go on, such as in a deadlock.
    LimitError
        when there are more replications than a run may have, or a worker process cannot be had.
    """
    asked = scenario.replications if replications is None else replications
    used = scenario.seed if seed is None else seed
    if asked < 1 or jobs < 1 or used < 0:
        raise UsageError(
            Problem("replications and jobs must be at least 1, the seed at least 0", got=f"{asked}, {jobs}, {used}")
        )
    if scenario.declarations.plant.rules is None:
        problem = Problem("the scenario has no [campaign]", expected='[campaign] with every = "21 d", say')
        raise ScenarioError(replace(problem, file=scenario.source.name))
    if asked > MOST_REPLICATIONS:
        problem = Problem("this is more than a run may have", got=shortened(f"{asked:,} replications"))
        raise LimitError(replace(problem, expected=f"at most {MOST_REPLICATIONS:,}: --replications N"))
    check_in_time(scenario)
    first = run_once(scenario, used, 0)
    accounts = [account(first)]
    if progress is not None:
        progress(1, asked)
    for found in _others(scenario, asked, used, jobs):
        accounts.append(found)
        if progress is not None:
            progress(len(accounts), asked)
    return FacilityResults(scenario, used, accounts, first)


def _others(scenario: Scenario, count: int, seed: int, jobs: int) -> Iterator[Account]:
    """Yield the replications after the first in order, whoever ran them."""
    rest = range(1, count)
    if jobs == 1 or len(rest) < _WORTH_PROCESSES:
        for replication in rest:
            yield _account_of(scenario, seed, replication)
        return
    try:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            chunk = max(1, len(rest) // (4 * jobs))
            yield from pool.map(_account_of, repeat(scenario), repeat(seed), rest, chunksize=chunk)
    except (BrokenProcessPool, OSError) as error:
        reason = getattr(error, "strerror", None) or "it ended abruptly, perhaps for want of memory"
        problem = f"a worker process cannot be had: {reason}"
        raise LimitError(Problem(problem, got=f"{jobs} processes", expected="fewer: --jobs N")) from None


def _account_of(scenario: Scenario, seed: int, replication: int) -> Account:
    return account(run_once(scenario, seed, replication))


def run_once(scenario: Scenario, seed: int, replication: int) -> Window:
    """Run one replication: one world, its donors and its batches."""
    declared = scenario.declarations.plant
    campaign, releases = _releases(scenario, seed, replication)
    count = len(releases)
    donors = _donors(campaign, replication, count)
    first = replication * BATCHES_PER_REPLICATION
    values = scenario.batch_values(replication, donors, first, seed)
    recipe = scenario.recipe(values)

    def alone(batch: int) -> Recipe:
        return scenario.recipe({path: _lane(value, batch) for path, value in values.items()})

    def doses(outcome: Outcome, context: Context) -> Array:
        return doses_of(outcome, context, scenario.declarations.dose)

    plant = scenario.plant(values)
    procedures = recipe.procedures
    failures = Mishaps(plant.failures, [p.id for p in procedures], seed, replication, count)
    lots = Lots(recipe, alone, count, doses)
    _check_people(scenario, plant, procedures, lots)
    production = Production(campaign, procedures, lots, failures, releases, donors)
    run = operate(plant, [production], declared.horizon, replication)
    return Window(run, plant, declared.warm_up)


def _check_people(scenario: Scenario, plant: Plant, procedures: Sequence[UnitProcedure], lots: Lots) -> None:
    """Refuse a procedure that takes more people at once than its role has."""
    there = {role.id: role.headcount for role in plant.roles}
    for index, procedure in enumerate(procedures):
        role, needed = procedure.operator, lots.most_people(index)
        if role in there and needed > there[role]:
            problem = f"{procedure.id} needs {needed} people at once"
            path, expected = f"personnel.{role}.headcount", f"at least {needed}"
            raise ScenarioError(Problem(problem, path, str(there[role]), expected, file=scenario.source.name))


def _releases(scenario: Scenario, seed: int, replication: int) -> tuple[Campaign, list[float]]:
    """Return the campaign and the hours of its releases within the horizon."""
    horizon = scenario.declarations.plant.horizon
    count = 64
    while True:
        first = replication * BATCHES_PER_REPLICATION
        donors = [replication * BATCHES_PER_REPLICATION] * count
        campaign = scenario.campaign(scenario.batch_values(replication, donors, first, seed))
        if campaign.mode == "as_soon_as_possible":
            return campaign, [0.0] * (campaign.batches or _enough(scenario, horizon))
        gaps = np.broadcast_to(np.asarray(campaign.every, dtype=np.float64), count)
        at = np.concatenate([[0.0], np.cumsum(gaps)])[:count]
        limit = campaign.batches or _MOST_BATCHES
        if at[-1] > horizon or count >= limit:
            return campaign, [float(t) for t in at[:limit] if t < horizon]
        count = min(count * _MORE_THAN_ENOUGH, max(limit, 64))


def _enough(scenario: Scenario, horizon: float) -> int:
    """Return more batches than can pass the line within the horizon."""
    recipe = scenario.recipe(scenario.typical_values())
    lots = Lots(recipe, lambda _: recipe, 1)
    counts = {e.id: e.count for e in scenario.plant(scenario.typical_values()).equipment}
    longest = 0.0
    for index, procedure in enumerate(recipe.procedures):
        hours = sum(phase.hours for phase in lots.begin(0, index, 0.0))
        longest = max(longest, hours / counts.get(procedure.unit or "", _MOST_BATCHES))
    return min(math.ceil(_MORE_THAN_ENOUGH * horizon / max(longest, 1e-3)) + 10, _MOST_BATCHES)


def _donors(campaign: Campaign, replication: int, count: int) -> list[int]:
    return [replication * BATCHES_PER_REPLICATION + batch // campaign.batches_per_donor for batch in range(count)]


def _lane(value: Array, lane: int) -> Array:
    if isinstance(value, np.ndarray) and value.ndim and value.shape[-1] > 1:
        return value[..., lane : lane + 1]
    return value
