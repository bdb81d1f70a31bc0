"""The events of each lot: its own, and those of the unit of a run that it shares with the lot that leads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from exosim.records import Event


def own_events(log: Sequence[Event]) -> Mapping[int, Sequence[Event]]:
    """Return the events of each batch, in order; -1 stands for none.

    What breaks down under a shared run is told of the batch that leads the run, and holds for all that take part.
    """
    found: dict[int, list[Event]] = defaultdict(list)
    led: dict[tuple[int, str], list[int]] = defaultdict(list)
    for event in log:
        found[event.batch].append(event)
        leader = int(event.note) - 1 if event.event == "run" else event.batch
        if leader != event.batch:
            led[leader, event.unit].append(event.batch)
        elif event.event == "down":
            for number in led.get((leader, event.unit), ()):
                found[number].append(event._replace(batch=number))
        elif event.event == "leave":
            led.pop((leader, event.unit), None)
    return found
