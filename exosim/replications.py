"""Run a scenario in time: `simulate` repeats a campaign over replications, each one possible world."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeAlias

import numpy as np

from exosim.cycle_time import planned_occupation
from exosim.errors import Problem, ScenarioError, UsageError
from exosim.event_files import log_folder, write_log
from exosim.facility.lots import Lots
from exosim.facility.mishaps import Mishaps
from exosim.facility.operate import operate
from exosim.facility.route import Production
from exosim.indicators import Account, Window, account
from exosim.limits import MOST_REPLICATIONS
from exosim.operations.base import Context, Outcome
from exosim.parameter import Array
from exosim.plant import Campaign, Plant
from exosim.readings import doses_of
from exosim.recipe import Recipe, UnitProcedure
from exosim.records import BATCHES_PER_REPLICATION
from exosim.results import FacilityResults
from exosim.scenario import Scenario
from exosim.stopping import read_half_widths, settled, targets

Progress: TypeAlias = Callable[[int, int], None]
_Task: TypeAlias = Callable[[int], Account]
_MORE_THAN_ENOUGH = 4
_MOST_BATCHES = 100_000
_WORTH_PROCESSES = 2
_MOST_IN_A_ROW = 8
"""Replications that a process is given at once; an interrupt waits for them."""


def simulate(
    scenario: Scenario,
    replications: int | None = None,
    *,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    half_width: Mapping[str, str] | None = None,
    events: str | Path | None = None,
) -> FacilityResults:
    """Return what leaves the facility over the horizon, for each replication.

    Parameters
    ----------
    scenario : with a ``[campaign]``
    replications : number of replications; default: as in the scenario. With `half_width`, the most that are allowed;
        default: 1,000,000
    seed : seed of the addressed random values; default: as in the scenario
    jobs : processes; the results do not depend on it
    progress : called with (replications done, replications asked for)
    half_width : by name of an indicator, how wide half the 95 % interval of its mean may be, such as
        ``{"doses_per_year": "5 %", "lead_time": "10 h"}``; replications are added until it is met
    events : folder that does not exist, into which the log of each replication is written as Parquet as it ends;
        needs the extra ``parquet``

    Raises
    ------
    UsageError
        when `replications` or `jobs` is below 1, a half-width is off, or the extra is missing.
    ScenarioError
        when the scenario has no campaign.
    ModelError
        when the clock cannot go on, such as in a deadlock.
    FileError
        when the folder for the events is there already or cannot be written.
    """
    widths = read_half_widths(half_width or {})
    asked = (MOST_REPLICATIONS if widths else scenario.replications) if replications is None else replications
    used = scenario.seed if seed is None else seed
    _check(scenario, asked, jobs, used)
    accounts: list[Account] = []
    with log_folder(None if events is None else Path(events)) as folder, _workers(jobs) as each:
        first = _logged(scenario, used, folder, 0)
        for target in targets(widths, asked):
            if not accounts:
                accounts.append(account(first))
                _tell(progress, 1, target)
            for found in each(partial(_account_of, scenario, used, folder), range(len(accounts), target)):
                accounts.append(found)
                _tell(progress, len(accounts), target)
            if settled(widths, accounts):
                break
    return FacilityResults(scenario, used, accounts, first, [w.reached(accounts) for w in widths], folder)


def _check(scenario: Scenario, replications: int, jobs: int, seed: int) -> None:
    if replications < 1 or jobs < 1 or seed < 0:
        problem = "replications and jobs must be at least 1, the seed at least 0"
        raise UsageError(Problem(problem, got=f"{replications}, {jobs}, {seed}"))
    if scenario.declarations.plant.rules is None:
        missing = Problem("the scenario has no [campaign]", expected='[campaign] with every = "21 d", say')
        raise ScenarioError(replace(missing, file=scenario.source.name))


def _tell(progress: Progress | None, done: int, asked: int) -> None:
    if progress is not None:
        progress(done, asked)


@contextlib.contextmanager
def _workers(jobs: int) -> Iterator[Callable[[_Task, range], Iterable[Account]]]:
    """Give a function that runs a task on numbers and returns what comes of it in order, whoever ran it."""
    if jobs == 1:
        yield map
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:

        def each(task: _Task, numbers: range) -> Iterable[Account]:
            if len(numbers) < _WORTH_PROCESSES:
                return map(task, numbers)
            return pool.map(task, numbers, chunksize=max(1, min(len(numbers) // (4 * jobs), _MOST_IN_A_ROW)))

        try:
            yield each
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _account_of(scenario: Scenario, seed: int, folder: Path | None, replication: int) -> Account:
    return account(_logged(scenario, seed, folder, replication))


def _logged(scenario: Scenario, seed: int, folder: Path | None, replication: int) -> Window:
    """Run one replication and write its log, where a folder is given."""
    window = run_once(scenario, seed, replication)
    if folder is not None:
        write_log(window.run.log, folder, replication)
    return window


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
    planned = planned_occupation(plant, procedures, lots, count)
    production = Production(campaign, procedures, lots, failures, releases, donors)
    run = operate(plant, [production], declared.horizon, replication)
    return Window(run, plant, declared.warm_up, planned)


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
