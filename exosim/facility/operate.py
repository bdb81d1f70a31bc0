"""One replication: start batches, run the clock, return the log."""

from __future__ import annotations

import contextlib
import gc
import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import simpy
from simpy.core import StopSimulation
from simpy.events import EventPriority

from exosim.errors import ModelError, Problem
from exosim.facility.batch import Batch, run_batch
from exosim.facility.clock import Clock, Pause
from exosim.facility.deadlock import deadlock, stuck, waiting_with
from exosim.facility.in_vain import never_comes
from exosim.facility.line import Line
from exosim.facility.route import Production, Stage
from exosim.plant import Plant
from exosim.records import GOOD, BatchRecord, Event, Run, entry

EVENT_LIMIT = 50_000_000
WALL_CLOCK_LIMIT = 3600.0  # s
_CHECK_EVERY = 8192
_AT_ONE_TIME = 1_000_000
_AFTER_ALL = EventPriority(9)
"""Priority of the end among the events of its moment: what happens at the horizon still happens."""


def _stop(_: simpy.Event) -> None:
    raise StopSimulation


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
    env = Clock()
    line = Line(env, plant, productions)
    sources = [env.process(_source(line, *made)) for made in zip(productions, line.stages, strict=True)]
    if math.isinf(horizon):
        env.process(_close(line, sources))
    try:
        with _without_collector():
            events = _run(env, line, horizon)
    except ModelError as error:
        error.log = tuple(line.log)
        raise
    end = env.now if math.isinf(horizon) else horizon
    records = _with_pairs(line.batches, [_record(batch) for batch in line.batches], line.log)
    outside = _outside(line, productions, end)
    return Run(replication, line.log, records, end, events, line.lacked(), outside, line.repeats)


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Switch Python's collector of cycles off: a run makes few cycles, and it would visit the whole log each time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _source(line: Line, production: Production, own: Sequence[Stage]) -> Generator[simpy.Event, Any, None]:
    """Start batches on their rhythm, or as soon as the first unit takes the last one, below the limit on the line."""
    env, campaign = line.env, production.campaign
    on_the_line: list[Batch] = []
    for lane, launch in enumerate(production.launches):
        if launch > env.now:
            yield Pause(env, launch - env.now)
        due = production.dues[lane] if production.dues else launch
        while campaign.work_in_progress is not None:
            on_the_line = [batch for batch in on_the_line if batch.on_the_line]
            if len(on_the_line) < campaign.work_in_progress:
                break
            line.full.add(campaign.product)
            if campaign.when_full == "turn_away":
                break
            yield simpy.AnyOf(env, [_off_line(env, batch) for batch in on_the_line])
        batch = Batch(len(line.batches), lane, production.donors[lane], production, own, env.now, due)
        line.batches.append(batch)
        if campaign.work_in_progress is not None and len(on_the_line) >= campaign.work_in_progress:
            _turn_away(line, batch)
            continue
        on_the_line.append(batch)
        entered = simpy.Event(env) if campaign.mode == "as_soon_as_possible" else None
        batch.process = env.process(run_batch(batch, line, entered.succeed if entered is not None else None))
        if entered is not None:
            yield entered


def _turn_away(line: Line, batch: Batch) -> None:
    """Note a batch that found the line full; nothing is made of it."""
    batch.disposition, batch.ended = "turned_away", line.env.now
    line.log.append(entry((line.env.now, batch.number, "", "", "turned_away", "", "", 0.0, batch.product, 0.0)))


def _close(line: Line, sources: Sequence[simpy.Process]) -> Generator[simpy.Event, Any, None]:
    """End a run without a horizon with its last batch, although machines go on to age and stocks to expire."""
    yield simpy.AllOf(line.env, sources)
    if line.restless:
        yield simpy.AllOf(line.env, [_done(line.env, b) for b in line.batches if b.disposition == "unfinished"])
        _end_after(line.env, 0.0)


def _end_after(env: simpy.Environment, hours: float) -> None:
    last = simpy.Event(env)
    last.callbacks.append(_stop)
    env.schedule(last, priority=_AFTER_ALL, delay=hours)


def _done(env: simpy.Environment, batch: Batch) -> simpy.Event:
    """Return the event of the end of a batch; it exists only where somebody waits for it."""
    if batch.done is None:
        batch.done = simpy.Event(env)
    return batch.done


def _off_line(env: simpy.Environment, batch: Batch) -> simpy.Event:
    """Return the event at which a batch leaves the line; it exists only where somebody waits for it."""
    if batch.off_line is None:
        batch.off_line = simpy.Event(env)
    return batch.off_line


def _run(env: Clock, line: Line, horizon: float) -> int:
    """Step until the horizon or until nothing is left to happen; returns the number of events."""
    before, since, moment, started = 0, 0, -1.0, time.monotonic()
    if math.isfinite(horizon):
        _end_after(env, horizon)
    ended = False
    while not ended:
        ended = env.go(_CHECK_EVERY)
        taken, before = env.taken - before, env.taken
        if math.isnan(env.now):
            raise ModelError(Problem(f"a time is not a number after {moment:g} h"))
        since = since + taken if env.now == moment else 0
        moment = env.now
        if since > _AT_ONE_TIME:
            raise ModelError(Problem(f"time stands still at {moment:g} h: {_AT_ONE_TIME:,} events at one moment"))
        if env.taken >= EVENT_LIMIT and not ended:
            raise ModelError(Problem(f"the limit of {EVENT_LIMIT:,} events is reached at {moment:g} h"))
        if time.monotonic() - started > WALL_CLOCK_LIMIT and not ended:
            raise ModelError(Problem(f"the limit of {WALL_CLOCK_LIMIT:g} s is reached at {moment:g} h"))
        if line.restless:
            _check_stuck(line)
    unfinished = _check_stuck(line)
    if unfinished and math.isinf(horizon):
        left = f"{len(unfinished)} batches are not finished, and nothing happens any more after {env.now:g} h"
        lacking = sorted({batch.waits_for.name for batch in unfinished if batch.waits_for is not None})
        got = f"batches that wait for {', '.join(lacking)}" if lacking else None
        raise ModelError(Problem(left, got=got, expected="working time that goes on, and stocks that are reordered"))
    return env.taken


def _check_stuck(line: Line) -> list[Batch]:
    """Return the batches that are not finished; raise when some of them wait for each other."""
    unfinished = [batch for batch in line.batches if batch.disposition == "unfinished"]
    waiting = stuck(waiting_with(*unfinished))
    if waiting:
        raise deadlock(line.env.now, waiting)
    return unfinished


def _outside(line: Line, productions: Sequence[Production], end: float) -> list[tuple[str, float]]:
    """Return what is due and still waits for its start: product and due date of each such batch."""
    found: list[tuple[str, float]] = []
    for production in productions:
        begun = sum(batch.production is production for batch in line.batches)
        waiting = zip(production.launches[begun:], production.dues[begun:], strict=bool(production.dues))
        found += [(production.campaign.product, due) for launch, due in waiting if launch <= end]
    return found


def _record(batch: Batch) -> BatchRecord:
    made, doses = None, 0.0
    if batch.disposition in GOOD or batch.available is not None:  # doses may have left, even when they are recalled
        lots, lane = batch.production.lots, batch.lane
        made, doses = lots.product(lane), lots.doses(lane)
    return BatchRecord(
        batch.number, batch.donor, batch.started, batch.ended, batch.disposition, made, doses,
        batch.product, batch.due, tuple(batch.deviations), in_vain=never_comes(batch),
        manufactured=batch.manufactured, available=batch.available,
    )  # fmt: skip


def _with_pairs(batches: Sequence[Batch], records: Sequence[BatchRecord], log: Sequence[Event]) -> list[BatchRecord]:
    """Return the records with the pairs of doses of those batches that have a companion."""
    after = {b.number: b.production.companion.after for b in batches if b.production.companion is not None}
    if not after:
        return list(records)
    filled = {e.batch: e.time for e in log if e.event == "end" and after.get(e.batch) == e.procedure}
    return [_paired(*both, filled) for both in zip(batches, records, strict=True)]


def _paired(batch: Batch, record: BatchRecord, filled: Mapping[int, float]) -> BatchRecord:
    """Return a record with the doses of the companion and the pairs that leave; `filled` tells when, by batch."""
    companion = batch.production.companion
    if companion is None:
        return record
    if record.available is None:
        return replace(record, companion_doses=0.0, dose_pairs=0.0)
    others = batch.production.lots.doses(batch.lane, "companion")
    keep = companion.in_time(filled[batch.number], record.available)
    return replace(record, companion_doses=others, dose_pairs=min(record.doses, others) if keep else 0.0)
