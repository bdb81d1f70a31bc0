"""Run a scenario in time: `simulate` repeats a campaign over replications, each one possible world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from itertools import repeat
from multiprocessing import get_context
from typing import TypeAlias

from exosim import preflight
from exosim.errors import LimitError, Problem, ScenarioError, UsageError, shortened
from exosim.facility.lots import Lots, lane_of
from exosim.facility.mishaps import Mishaps
from exosim.facility.operate import operate
from exosim.facility.route import Production
from exosim.feasibility import check_in_time
from exosim.indicators import Account, Window, account
from exosim.limits import MOST_REPLICATIONS
from exosim.operations.base import Context, Outcome
from exosim.parameter import Array
from exosim.readings import doses_of
from exosim.recipe import Recipe
from exosim.releases import BATCHES_PER_REPLICATION, releases
from exosim.results import FacilityResults
from exosim.scenario import Scenario

Progress: TypeAlias = Callable[[int, int], None]
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
    made = releases(scenario, seed, replication)
    count = len(made.at)
    values = scenario.batch_values(replication, made.donors, replication * BATCHES_PER_REPLICATION, seed)
    recipe = scenario.recipe(values)

    def alone(batch: int) -> Recipe:
        return scenario.recipe({path: lane_of(value, batch) for path, value in values.items()})

    def doses(outcome: Outcome, context: Context) -> Array:
        return doses_of(outcome, context, scenario.declarations.dose)

    plant = scenario.plant(values, seed, replication)
    failures = Mishaps(plant.failures, [p.id for p in recipe.procedures], seed, replication, count)
    lots = Lots(recipe, alone, count, doses)
    preflight.check(scenario, plant, recipe.procedures, lots)
    production = Production(made.campaign, recipe.procedures, lots, failures, made.at, made.donors, made.dues)
    run = operate(plant, [production], declared.horizon, replication)
    return Window(run, plant, declared.warm_up)
