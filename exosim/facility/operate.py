"""One replication: release batches, run the clock, return the log."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from exosim.errors import ModelError, Problem
from exosim.facility.batch import Batch, run_batch
from exosim.facility.deadlock import deadlock, stuck
from exosim.facility.line import Line
from exosim.facility.lots import Lots
from exosim.facility.mishaps import Mishaps
from exosim.plant import Campaign, Plant
from exosim.recipe import UnitProcedure
from exosim.records import BatchRecord, Run

EVENT_LIMIT = 50_000_000
WALL_CLOCK_LIMIT = 3600.0  # s
_CHECK_EVERY = 8192
_AT_ONE_TIME = 1_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What one replication is to run.

    Attributes
    ----------
    releases : hours at which batches are released; for a campaign that is not paced, the earliest
    horizon : hours after which the run stops; infinity runs until every batch has ended
    """

    releases: Sequence[float]
    donors: Sequence[int]
    horizon: float


def operate(
    plant: Plant,
    campaign: Campaign,
    procedures: Sequence[UnitProcedure],
    lots: Lots,
    failures: Mishaps,
    order: Order,
    replication: int = 0,
) -> Run:
    """Run one replication and return its log and batches.

    Raises
    ------
    ModelError
        for a deadlock, when the limit of events or of wall-clock time is reached, or when time stands still.
    """
    env = simpy.Environment()
    line = Line(env, plant, campaign, procedures, lots, failures)
    env.process(_source(line, campaign, order))
    events = _run(env, line, order.horizon)
    end = env.now if math.isinf(order.horizon) else order.horizon
    return Run(replication, line.log, [_record(batch, line) for batch in line.batches], end, events)


def _source(line: Line, campaign: Campaign, order: Order) -> Generator[simpy.Event, Any, None]:
    """Release batches on their rhythm, or as soon as the first unit takes the last one, below the limit on the line."""
    env = line.env
    on_the_line: list[Batch] = []
    for number, release in enumerate(order.releases):
        if release > env.now:
            yield simpy.Timeout(env, release - env.now)
        while campaign.work_in_progress is not None:
            on_the_line = [batch for batch in on_the_line if batch.disposition == "unfinished"]
            if len(on_the_line) < campaign.work_in_progress:
                break
            yield simpy.AnyOf(env, [batch.done for batch in on_the_line])
        entered = simpy.Event(env)
        batch = Batch(number, order.donors[number], env.now, due=release, done=simpy.Event(env))
        line.batches.append(batch)
        on_the_line.append(batch)
        env.process(run_batch(batch, line, _once(entered)))
        if campaign.mode == "as_soon_as_possible":
            yield entered


def _once(event: simpy.Event) -> Callable[[], None]:
    def trigger() -> None:
        if not event.triggered:
            event.succeed()

    return trigger


def _run(env: simpy.Environment, line: Line, horizon: float) -> int:
    """Step until the horizon or until nothing is left to happen; returns the number of events."""
    events, since, moment, started = 0, 0, -1.0, time.monotonic()
    last = min(horizon, sys.float_info.max)
    while True:
        try:
            taken = _steps(env, last)
        except ModelError as error:  # SimPy raises a copy that has lost the places of the problems
            raise error.__cause__ or error from None
        events += taken
        if math.isnan(env.now):
            raise ModelError(Problem(f"a time is not a number after {moment:g} h"))
        if taken < _CHECK_EVERY:
            break
        since = since + taken if env.now == moment else 0
        moment = env.now
        if since > _AT_ONE_TIME:
            raise ModelError(Problem(f"time stands still at {moment:g} h: {_AT_ONE_TIME:,} events at one moment"))
        if events >= EVENT_LIMIT:
            raise ModelError(Problem(f"the limit of {EVENT_LIMIT:,} events is reached at {moment:g} h"))
        if time.monotonic() - started > WALL_CLOCK_LIMIT:
            raise ModelError(Problem(f"the limit of {WALL_CLOCK_LIMIT:g} s is reached at {moment:g} h"))
    unfinished = [batch for batch in line.batches if batch.disposition == "unfinished"]
    waiting = stuck(unfinished)
    if waiting:
        raise deadlock(env.now, waiting)
    if unfinished and math.isinf(horizon):
        left = f"{len(unfinished)} batches are not finished, and nothing happens any more after {env.now:g} h"
        raise ModelError(Problem(left, expected="working time that goes on"))
    return events


def _steps(env: simpy.Environment, last: float) -> int:
    """Take steps until the next one would be after `last`, or a check is due; returns how many."""
    peek, step = env.peek, env.step
    for taken in range(_CHECK_EVERY):
        if peek() > last:
            return taken
        step()
    return _CHECK_EVERY


def _record(batch: Batch, line: Line) -> BatchRecord:
    if batch.disposition != "finished":
        return BatchRecord(batch.number, batch.donor, batch.released, batch.ended, batch.disposition)
    product, doses = line.lots.product(batch.number), line.lots.doses(batch.number)
    return BatchRecord(batch.number, batch.donor, batch.released, batch.ended, "finished", product, doses)
