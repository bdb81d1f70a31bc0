"""Time the facility against the same plant written plainly with stock SimPy resources."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simpy
from pairs import PROCESSOR, interleaved

import exosim as xs
from exosim.campaign import Campaign
from exosim.facility.lots import Lots
from exosim.facility.mishaps import Mishaps
from exosim.facility.operate import operate
from exosim.facility.route import Production
from exosim.indicators import account
from exosim.operations.base import standard_context
from exosim.operations.timed_step import TimedStep
from exosim.plant import Equipment, Failure, Plant, Role
from exosim.recipe import Recipe, UnitProcedure
from exosim.replications import run_once
from exosim.working_time import Shift, WorkingTime, working_time

BATCHES, OPERATIONS, YEAR, ROUNDS = 300, 8, 8766.0, 11
ROLES = ("upstream", "downstream")
TURNAROUND = 1.0
SHIFTS = [Shift((0, 1, 2, 3, 4, 5, 6), 6.0, 22.0)]
REFERENCE = Path(__file__).parent.parent / "scenarios" / "msc_hollow_fiber.toml"


@dataclass(frozen=True)
class Numbers:
    """The plant as numbers: durations of every batch and operation, failures, working time."""

    hours: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    fails: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    working: WorkingTime


def numbers() -> Numbers:
    """Return a year of 300 batches through 8 operations; 2 % of the operations are repeated once."""
    generator = np.random.default_rng(1)
    hours = generator.uniform(2.0, 8.0, (BATCHES, OPERATIONS))
    fails = generator.random((BATCHES, OPERATIONS)) < 0.02
    return Numbers(hours, fails, working_time(SHIFTS, datetime.datetime(2027, 1, 4, 6), 2 * YEAR))


def ours(n: Numbers, *, bare: bool = False) -> Callable[[], int]:
    """Return the plant on exosim's engine; bare: without roles, shifts and failures."""
    context = standard_context()
    procedures = tuple(
        UnitProcedure(
            f"p{k}", TimedStep(context=context, step_time=n.hours[:, k].copy()), (), unit=f"u{k}",
            operator=None if bare else ROLES[k % 2],
        )
        for k in range(OPERATIONS)
    )  # fmt: skip
    recipe = Recipe(procedures, context)
    roles = () if bare else tuple(Role(name, 3, n.working) for name in ROLES)
    plant = Plant(tuple(Equipment(f"u{k}", 1, TURNAROUND) for k in range(OPERATIONS)), roles)
    failures = () if bare else tuple(Failure(f"f{k}", f"p{k}", "repeat", probability=0.02) for k in range(OPERATIONS))
    launches = [YEAR / BATCHES * b for b in range(BATCHES)]

    def run() -> int:
        lots = Lots(recipe, lambda _: recipe, BATCHES)
        mishaps = Mishaps(failures, [p.id for p in procedures], 1, 0, BATCHES)
        production = Production(Campaign(), procedures, lots, mishaps, launches, [0] * BATCHES)
        return operate(plant, [production]).events

    return run


def stock(n: Numbers) -> Callable[[], int]:
    """Return the same plant with stock SimPy resources, no physics and no log."""

    def batch(env: simpy.Environment, number: int, units: list[simpy.Resource], crews: list[simpy.Resource]):  # type: ignore[no-untyped-def]
        for k in range(OPERATIONS):
            request = units[k].request()
            yield request
            for _ in range(2 if n.fails[number, k] else 1):
                hours = float(n.hours[number, k])
                begin = n.working.next_start(env.now, hours)
                if begin > env.now:
                    yield env.timeout(begin - env.now)
                with crews[k % 2].request() as people:
                    yield people
                    begin = n.working.next_start(env.now, hours)
                    if begin > env.now:
                        yield env.timeout(begin - env.now)
                    yield env.timeout(hours)
            env.process(clean(env, units[k], request))

    def clean(env: simpy.Environment, unit: simpy.Resource, request: simpy.resources.resource.Request):  # type: ignore[no-untyped-def]
        yield env.timeout(TURNAROUND)
        unit.release(request)

    def source(env: simpy.Environment, units: list[simpy.Resource], crews: list[simpy.Resource]):  # type: ignore[no-untyped-def]
        for number in range(BATCHES):
            env.process(batch(env, number, units, crews))
            yield env.timeout(YEAR / BATCHES)

    def run() -> int:
        env = simpy.Environment()
        units = [simpy.Resource(env, 1) for _ in range(OPERATIONS)]
        crews = [simpy.Resource(env, 3) for _ in ROLES]
        env.process(source(env, units, crews))
        env.run()
        return 0

    return run


def physics_share() -> float:
    """Return the share of one replication of the reference scenario that is not the bare engine."""
    scenario = xs.load(REFERENCE)
    values = scenario.batch_values(0, [0] * 18, 0)
    recipe = scenario.recipe(values)

    def physics() -> int:
        Lots(recipe, lambda _: recipe, 18)
        return 0

    rounds = interleaved(physics, lambda: run_once(scenario, 1, 0).run.log, clock=PROCESSOR)
    return rounds.ratio(0, 1)


def release_figures() -> dict[str, float]:
    """Return what tests, reviews and release cost in a year of the reference scenario, indicators included."""
    without, tested = xs.load(REFERENCE), xs.load(REFERENCE.with_name("msc_hollow_fiber_release.toml"))
    rounds = interleaved(
        lambda: account(run_once(tested, 1, 0)).log_hash,
        lambda: account(run_once(without, 1, 0)).log_hash,
        rounds=ROUNDS,
        clock=PROCESSOR,
    )
    run = run_once(tested, 1, 0).run
    work = sum(event.event in ("start", "ask") for event in run.log)
    return {
        "release_factor": rounds.ratio(0, 1),
        "release_50_years_seconds": 50.0 * rounds.median(0),
        "release_events_per_operation": run.events / work,
    }


def figures() -> dict[str, float]:
    """Return the speed of the facility."""
    n = numbers()
    full = ours(n)
    events = full()
    rounds = interleaved(full, stock(n), ours(n, bare=True), rounds=ROUNDS, clock=PROCESSOR)
    return {
        "facility_years_per_second": 1.0 / rounds.median(0),
        "facility_vs_stock_simpy": rounds.ratio(0, 1),
        "facility_vs_bare": rounds.ratio(0, 2),
        "physics_share": physics_share(),
        "events_per_operation": events / (BATCHES * OPERATIONS),
        "stock_simpy_ms_per_year": 1000.0 * rounds.median(1),
        **release_figures(),
    }
