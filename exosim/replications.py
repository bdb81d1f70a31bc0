"""Run a scenario in time: `simulate` repeats a campaign over replications, each one possible world."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

from exosim import preflight
from exosim.assay import noise_name
from exosim.companion import Of
from exosim.cycle_time import planned_occupation
from exosim.errors import LimitError, Problem, ScenarioError, UsageError, shortened
from exosim.event_files import log_folder, write_log
from exosim.facility.lots import CountDoses, Lots
from exosim.facility.mishaps import Mishaps
from exosim.facility.operate import operate
from exosim.facility.route import Production
from exosim.feasibility import check_in_time
from exosim.indicators import Account, account
from exosim.launches import BATCHES_PER_REPLICATION, launches
from exosim.limits import MOST_REPLICATIONS
from exosim.lot_results import LotResults
from exosim.material import lane_of
from exosim.patients import Promise
from exosim.plant import Failure
from exosim.readings import DoseRule, doses_of
from exosim.recipe import Recipe
from exosim.replication_cost import ledger_of
from exosim.results import FacilityResults
from exosim.sampling import BatchSample
from exosim.scenario import Scenario
from exosim.sites import seeds
from exosim.stopping import read_half_widths, settled, targets
from exosim.uses import used as used_by
from exosim.window import Window
from exosim.workers import processes, starting

Progress: TypeAlias = Callable[[int, int], None]
T = TypeVar("T")
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
    LimitError
        when there are more replications than a run may have, or a worker process cannot be had.
    """
    widths = read_half_widths(half_width or {})
    asked = (MOST_REPLICATIONS if widths else scenario.replications) if replications is None else replications
    used = scenario.seed if seed is None else seed
    check_run(scenario, asked, jobs, used)
    accounts: list[Account] = []
    with log_folder(None if events is None else Path(events)) as folder, sharing(jobs) as each:
        replayed = _logged(scenario, used, folder, 0)
        first = replayed.window
        for target in targets(widths, asked):
            if not accounts:
                accounts.append(_account(scenario, used, 0, replayed))
                _tell(progress, 1, target)
            for found in each(partial(_account_of, scenario, used, folder), range(len(accounts), target)):
                accounts.append(found)
                _tell(progress, len(accounts), target)
            if settled(widths, accounts):
                break
    return FacilityResults(scenario, used, accounts, first, [w.reached(accounts) for w in widths], folder)


def check_run(scenario: Scenario, replications: int, jobs: int, seed: int) -> None:
    """Refuse what cannot be run in time, as :func:`simulate` does."""
    if replications < 1 or jobs < 1 or seed < 0:
        problem = "replications and jobs must be at least 1, the seed at least 0"
        raise UsageError(Problem(problem, got=f"{replications}, {jobs}, {seed}"))
    if not scenario.declarations.plant.campaigns:
        missing = Problem("the scenario has no [campaign]", expected='[campaign] with every = "21 d", say')
        raise ScenarioError(replace(missing, file=scenario.source.name))
    if replications > MOST_REPLICATIONS:
        much = Problem("this is more than a run may have", got=shortened(f"{replications:,} replications"))
        raise LimitError(replace(much, expected=f"at most {MOST_REPLICATIONS:,}: --replications N"))
    for product in scenario.products():
        check_in_time(product)


def _tell(progress: Progress | None, done: int, asked: int) -> None:
    if progress is not None:
        progress(done, asked)


@contextlib.contextmanager
def sharing(jobs: int) -> Iterator[Callable[[Callable[[int], T], Sequence[int]], Iterable[T]]]:
    """Give a function that runs a task on numbers and returns what comes of it in order, whoever ran it."""
    if jobs == 1:
        yield map
        return
    with processes(jobs, jobs) as pool:

        def each(task: Callable[[int], T], numbers: Sequence[int]) -> Iterable[T]:
            if len(numbers) < _WORTH_PROCESSES:
                return map(task, numbers)
            with starting(jobs):
                return pool.map(task, numbers, chunksize=max(1, min(len(numbers) // (4 * jobs), _MOST_IN_A_ROW)))

        yield each


def _account_of(scenario: Scenario, seed: int, folder: Path | None, replication: int) -> Account:
    return _account(scenario, seed, replication, _logged(scenario, seed, folder, replication))


def _account(scenario: Scenario, seed: int, replication: int, replayed: Replay) -> Account:
    """Return the indicators of a replication, and what it costs: the prices of its world are known."""
    uses = used_by(*replayed)
    return account(replayed.window, uses, ledger_of(scenario, seed, replication, uses, replayed.window.run.batches))


def _logged(scenario: Scenario, seed: int, folder: Path | None, replication: int) -> Replay:
    """Run one replication and write its log, where a folder is given."""
    replayed = replay(scenario, seed, replication)
    if folder is not None:
        write_log(replayed.window.run.log, folder, replication)
    return replayed


class Replay(NamedTuple):
    """One replication, with what was made: the material of every lot."""

    window: Window
    productions: Sequence[Production]


def run_once(scenario: Scenario, seed: int, replication: int) -> Window:
    """Run one replication: one world, its donors and its batches."""
    return replay(scenario, seed, replication).window


def replay(scenario: Scenario, seed: int, replication: int) -> Replay:
    """Run one replication, counted from 0, and keep the material of its lots.

    Raises
    ------
    ScenarioError
        when the scenario has no campaign.
    """
    if not scenario.declarations.plant.campaigns:
        check_run(scenario, 1, 1, seed)
    declared, first = scenario.declarations.plant, replication * BATCHES_PER_REPLICATION
    used = seeds(scenario, seed)
    made = [_made(product, own, replication) for product, own in zip(scenario.products(), used, strict=True)]
    count = sum(len(production.launches) for production, _ in made)
    donors = made[0][0].donors if len(made) == 1 else range(first, first + count)
    plant = scenario.plant(scenario.batch_values(replication, donors, first, seed), seed, replication)
    plant = replace(
        plant,
        failures=tuple(failure for _, failures in made for failure in failures),
        promises=dict(_promises(scenario, made)),
    )
    planned: dict[str, float] = {}
    for product, (production, _) in zip(scenario.products(), made, strict=True):
        preflight.check(product, plant, production.procedures, production.lots)
        own = len(production.launches)
        for name, hours in planned_occupation(plant, production.procedures, production.lots, own).items():
            planned[name] = planned.get(name, 0.0) + hours * own / max(count, 1)
    productions = [production for production, _ in made]
    run = operate(plant, productions, declared.horizon, replication)
    return Replay(Window(run, plant, declared.warm_up, planned), productions)


def _promises(site: Scenario, made: Sequence[tuple[Production, Sequence[Failure]]]) -> Iterator[tuple[str, Promise]]:
    """Yield what is promised of each product that is due, or made for patients."""
    for product, (production, _) in zip(site.products(), made, strict=True):
        campaign, course = production.campaign, product.declarations.course
        if campaign.promise is not None or course:
            yield campaign.product, Promise(campaign.promise, course)


def _made(product: Scenario, seed: int, replication: int) -> tuple[Production, Sequence[Failure]]:
    """Return what one replication makes of one product, and what can fail in it."""
    planned = launches(product, seed, replication)
    sample = BatchSample(seed, replication, planned.donors, replication * BATCHES_PER_REPLICATION)
    values = product.values_on(sample)
    recipe, count = product.recipe(values), len(planned.at)

    def alone(batch: int) -> Recipe:
        return product.recipe({path: lane_of(value, batch) for path, value in values.items()})

    def counted(dose: DoseRule) -> CountDoses:
        return lambda outcome, context: doses_of(outcome, context, dose)

    declared, specification = product.declarations, product.specification(values)
    companion = declared.companion

    failures = product.plant(values, seed, replication).failures
    mishaps = Mishaps(failures, [p.id for p in recipe.procedures], seed, replication, count)
    second = None if companion is None else (companion.after, counted(companion.dose))
    lots = Lots(recipe, alone, count, counted(declared.dose), second)

    def results(of: Of, beside: LotResults | None = None) -> LotResults:
        return LotResults(
            specification.about(of),
            lambda assay, attempt: sample.normals(noise_name(assay, attempt), "batch"),
            lambda: lots.planned(of),
            lambda batch: lots.off_plan(batch, of),
            beside,
        )

    production = Production(
        planned.campaign, recipe.procedures, lots, mishaps, planned.at, planned.donors, planned.dues,
        product.release(recipe, values, seed, replication),
        results("product", None if companion is None else results("companion")), companion,
    )  # fmt: skip
    return production, failures
