"""What a run leaves behind: the event log and one record for each batch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np

from exosim.material import Material

Disposition = Literal[
    "finished", "released", "released_with_deviation", "rejected", "unfinished", "turned_away"
]  # fmt: skip
"""How a batch ends: ``finished`` where the scenario has no release, else released or rejected by quality."""
GOOD: frozenset[str] = frozenset({"finished", "released", "released_with_deviation"})
"""Dispositions of batches whose doses count."""


class Event(NamedTuple):
    """One line of the event log.

    Attributes
    ----------
    time : hours after the start
    batch : number of the batch, from 0
    procedure, phase : where; empty for the batch as a whole. In the laboratory the address of the job, such as
        ``assay.sterility``, ``deviation.1`` or ``review.quality``; the attribute at `result`, ``retest 1`` of a retest
    event : of a batch: ``launch``, ``ready``, ``due`` and ``run`` (of a run that several share: it may start, and it
        has its unit), ``room`` (after a wait), ``start``, ``parallel`` (one more unit), ``supplied`` (from stock),
        ``begin``, ``utility`` (after a wait), ``repaired``, ``finish``, ``failure``, ``deviation``, ``contaminated``
        (nobody notices), ``end``, ``leave``, ``finished``, ``rejected``, ``turned_away``; in the laboratory:
        ``manufactured`` (the recipe has ended), ``sample``, ``ask`` (a job is ready), ``begin`` and ``finish`` of its
        people, ``done``, ``result``, ``investigate`` (before a retest), ``verdict``, ``conditional`` (doses may leave),
        ``recalled``, ``released``, ``released_with_deviation``; of the plant: ``down`` and ``maintenance`` of a unit,
        ``prepare`` and ``prepared``, ``order``, ``receive``, ``draw`` and ``expire`` of a stock, all with batch -1
        where they belong to none
    unit : equipment class and unit number, such as ``tff_skid 1``; of a run that several share that of the batch that
        leads it, and of all at `run`
    role : who does an attended phase
    amount : people at work from `begin` to `finish`, in a shared run with the batch that leads it; hours of the wait
        for room and unit at `start`, for the room alone at `room`, for the others of a run at `due`, of the turnaround
        at `leave`, lost at `failure`, of repair at `down` and `repaired`, above the limit at a `deviation` from a hold,
        of an investigation; batches that fit at `run`; quantity of a material or utility; reported value
    note : product, reason of a failure, room, material or utility; number of the batch that leads a `run`, from 1;
        ``met`` or ``oos`` (out of specification) at `result`, ``pass`` or ``fail`` at `verdict`, what deviated in a job
        that closes a deviation
    waited : hours of the wait for the others of a `run`, for people at `begin`, for a stock or a utility, of the pauses
        outside working time at `finish`
    """

    time: float
    batch: int
    procedure: str = ""
    phase: str = ""
    event: str = ""
    unit: str = ""
    role: str = ""
    amount: float = 0.0
    note: str = ""
    waited: float = 0.0


entry: Callable[[tuple[Any, ...]], Event] = partial(tuple.__new__, Event)
"""Make an event of a tuple of all its fields: three times as fast as by name, and a run makes thousands."""


def log_hash(log: Sequence[Event]) -> str:
    """Return the SHA-256 of a log in its canonical form, as hexadecimal digits.

    The canonical form goes column by column, in the order of the fields: the name of the field, then its values,
    numbers as little-endian 64-bit floats, texts in UTF-8 with a zero byte between two.
    """
    digest = hashlib.sha256()
    for name, column in zip(Event._fields, zip(*log, strict=True), strict=False):
        digest.update(name.encode())
        if isinstance(column[0], str):
            digest.update("\0".join(column).encode())
        else:
            digest.update(np.array(column, dtype="<f8").tobytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """What is known of a batch at the end of a run.

    Attributes
    ----------
    number, donor : from 0
    started, ended : hours after the start; `ended` is None for an unfinished batch
    disposition : how it ended
    product : what it made; None when its doses never could leave
    doses : whole doses of the product, likewise; those of a lot that was recalled count nowhere but in the warehouse
    campaign : name of what is made, where the site makes several products
    due : when it is due; its start where nothing is due
    deviations : what deviated from the plan, as ``procedure: what``
    failures : what failed in it, likewise; told from the log
    in_vain : address of the material or the role for which an unfinished batch waits, and which never comes
    procedures : those that it came through or is in, in order, again after a rework; told from the log
    manufactured : when its recipe ended; None for a batch that did not get so far
    available : from when its doses may leave: its end, or its conditional release; None where they never could
    companion_doses : whole doses of its companion; None where the product has none
    dose_pairs : doses of both that leave together, none where those of the companion have expired before; likewise
    """

    number: int
    donor: int
    started: float
    ended: float | None
    disposition: Disposition
    product: Material | None = None
    doses: float = 0.0
    campaign: str = ""
    due: float = 0.0
    deviations: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    in_vain: str = ""
    manufactured: float | None = None
    available: float | None = None
    companion_doses: float | None = None
    dose_pairs: float | None = None

    @property
    def good(self) -> bool:
        """Whether its doses count: finished where there is no release, else released."""
        return self.disposition in GOOD


@dataclass(frozen=True, slots=True)
class Run:
    """One replication: its log, its batches, how long it ran, and what somebody asked for while all was in use.

    Attributes
    ----------
    outside : product and due date [h] of each batch that should have been started and still waits for the line, which
        is full, at the end
    """

    replication: int
    log: Sequence[Event]
    batches: Sequence[BatchRecord]
    hours: float
    events: int
    lacked: frozenset[str] = frozenset()
    outside: Sequence[tuple[str, float]] = ()
    repeats: Sequence[tuple[float, int, str]] = ()
