"""What the log tells of each batch: the procedures that made it, and what went wrong on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from exosim.records import BatchRecord, Event, Run

_WRONG = ("failure", "deviation")
SEPARATOR = "; "
"""Stands between the deviations of a batch in a table; no deviation contains it."""


def troubles(log: Sequence[Event]) -> dict[int, list[Event]]:
    """Return the failures and deviations of each batch that has any, in order."""
    found: dict[int, list[Event]] = defaultdict(list)
    for event in log:
        if event.event in _WRONG:
            found[event.batch].append(event)
    return dict(found)


def histories(run: Run, wrong: Mapping[int, Sequence[Event]]) -> list[BatchRecord]:
    """Return the batches of a run with their procedures and deviations, and without their material.

    Parameters
    ----------
    run : with its log
    wrong : failures and deviations by batch, as :func:`troubles` returns them
    """
    made_by: dict[int, list[str]] = defaultdict(list)
    for event in run.log:
        if event.event == "start":
            made_by[event.batch].append(event.procedure)
    return [
        replace(
            batch,
            product=None,
            procedures=tuple(made_by[batch.number]),
            deviations=tuple(_in_words(event) for event in wrong.get(batch.number, ())),
        )
        for batch in run.batches
    ]


def _in_words(event: Event) -> str:
    place = f"{event.procedure}: " if event.procedure else ""
    return f"{place}{event.note or event.event}".replace(";", ",")
