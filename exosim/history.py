"""What the log tells of each batch: the procedures that made it, and what went wrong on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from exosim.records import BatchRecord, Event, Run

_WRONG = ("failure", "deviation")


def troubles(log: Sequence[Event]) -> dict[int, list[Event]]:
    """Return the failures and deviations of each batch that has any, in order."""
    found: dict[int, list[Event]] = defaultdict(list)
    for event in log:
        if event.event in _WRONG:
            found[event.batch].append(event)
    return dict(found)


def histories(run: Run, wrong: Mapping[int, Sequence[Event]]) -> list[BatchRecord]:
    """Return the batches of a run with their procedures and failures, and without their material.

    Parameters
    ----------
    run : with its log
    wrong : failures and deviations by batch, as :func:`troubles` returns them
    """
    made_by: dict[int, list[str]] = defaultdict(list)
    for event in run.log:
        if event.event == "start":
            made_by[event.batch].append(event.procedure)
    failed = {
        batch: tuple(f"{event.procedure}: {event.note}" for event in events if event.event == "failure")
        for batch, events in wrong.items()
    }
    return [
        replace(b, product=None, procedures=tuple(made_by[b.number]), failures=failed.get(b.number, ()))
        for b in run.batches
    ]
