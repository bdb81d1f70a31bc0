"""One replication: release batches, run the clock, return the log."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from typing import Any

import simpy
from simpy.core import EmptySchedule

from exosim.errors import ModelError, Problem
from exosim.facility.batch import Batch, run_batch
from exosim.facility.deadlock import deadlock, stuck
from exosim.facility.line import Line
from exosim.facility.route import Production, Stage
from exosim.plant import Plant
from exosim.records import BatchRecord, Run

EVENT_LIMIT = 50_000_000
WALL_CLOCK_LIMIT = 3600.0  # s
_CHECK_EVERY = 8192
_AT_ONE_TIME = 1_000_000
_AFTER_ALL = 9
"""Priority of the end among the events of its moment: what happens at the horizon still happens."""


class _Horizon(Exception):
    """The run has reached its horizon."""


def _stop(_: simpy.Event) -> None:
    raise _Horizon


def operate(plant: Plant, productions: Sequence[Production], horizon: float = math.inf, replication: int = 0) -> Run:
    """Run one replication and return its log and batches.

    Parameters
    ----------
    productions : what is made, product by product
    horizon : hours after which the run stops; infinity runs until every batch has ended

    Raises
    ------
    ModelError
        for a deadlock, when the limit of events or of wall-clock time is reached, or when time stands still.
    """
    env = simpy.Environment()
    line = Line(env, plant, productions)
    for production, own in zip(productions, line.stages, strict=True):
        env.process(_source(line, production, own))
    events = _run(env, line, horizon)
    end = env.now if math.isinf(horizon) else horizon
    return Run(replication, line.log, [_record(batch) for batch in line.batches], end, events)


def _source(line: Line, production: Production, own: Sequence[Stage]) -> Generator[simpy.Event, Any, None]:
    """Release batches on their rhythm, or as soon as the first unit takes the last one, below the limit on the line."""
    env, campaign = line.env, production.campaign
    on_the_line: list[Batch] = []
    for lane, release in enumerate(production.releases):
        if release > env.now:
            yield simpy.Timeout(env, release - env.now)
        while campaign.work_in_progress is not None:
            on_the_line = [batch for batch in on_the_line if batch.disposition == "unfinished"]
            if len(on_the_line) < campaign.work_in_progress:
                break
            yield simpy.AnyOf(env, [_done(env, batch) for batch in on_the_line])
        number = len(line.batches)
        batch = Batch(number, lane, production.donors[lane], production, own, env.now, due=release)
        line.batches.append(batch)
        if campaign.mode == "as_soon_as_possible":
            entered = simpy.Event(env)
            env.process(run_batch(batch, line, entered.succeed))
            on_the_line.append(batch)
            yield entered
        else:
            env.process(run_batch(batch, line))
            on_the_line.append(batch)


def _done(env: simpy.Environment, batch: Batch) -> simpy.Event:
    """Return the event of the end of a batch; it exists only where somebody waits for it."""
    if batch.done is None:
        batch.done = simpy.Event(env)
    return batch.done


def _run(env: simpy.Environment, line: Line, horizon: float) -> int:
    """Step until the horizon or until nothing is left to happen; returns the number of events."""
    events, since, moment, started = 0, 0, -1.0, time.monotonic()
    if math.isfinite(horizon):
        last = simpy.Event(env)
        last.callbacks.append(_stop)
        env.schedule(last, priority=_AFTER_ALL, delay=horizon)
    ended = False
    while not ended:
        taken, ended = _steps(env)
        events += taken
        if math.isnan(env.now):
            raise ModelError(Problem(f"a time is not a number after {moment:g} h"))
        since = since + taken if env.now == moment else 0
        moment = env.now
        if since > _AT_ONE_TIME:
            raise ModelError(Problem(f"time stands still at {moment:g} h: {_AT_ONE_TIME:,} events at one moment"))
        if events >= EVENT_LIMIT and not ended:
            raise ModelError(Problem(f"the limit of {EVENT_LIMIT:,} events is reached at {moment:g} h"))
        if time.monotonic() - started > WALL_CLOCK_LIMIT and not ended:
            raise ModelError(Problem(f"the limit of {WALL_CLOCK_LIMIT:g} s is reached at {moment:g} h"))
    unfinished = [batch for batch in line.batches if batch.disposition == "unfinished"]
    waiting = stuck(unfinished)
    if waiting:
        raise deadlock(env.now, waiting)
    if unfinished and math.isinf(horizon):
        left = f"{len(unfinished)} batches are not finished, and nothing happens any more after {env.now:g} h"
        raise ModelError(Problem(left, expected="working time that goes on"))
    return events


def _steps(env: simpy.Environment) -> tuple[int, bool]:
    """Take steps until the run is over or a check is due; returns how many, and whether it is over."""
    step, taken = env.step, 0
    try:
        for taken in range(_CHECK_EVERY):
            step()
    except (_Horizon, EmptySchedule):
        return taken, True
    except ModelError as error:  # SimPy raises a copy that has lost the places of the problems
        raise error.__cause__ or error from None
    return _CHECK_EVERY, False


def _record(batch: Batch) -> BatchRecord:
    if batch.disposition != "finished":
        return BatchRecord(batch.number, batch.donor, batch.released, batch.ended, batch.disposition)
    lots, lane = batch.production.lots, batch.lane
    product, doses = lots.product(lane), lots.doses(lane)
    return BatchRecord(batch.number, batch.donor, batch.released, batch.ended, "finished", product, doses)
