"""Materials that are used up: by each run of a procedure, and by the time in stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter

from exosim.economics.usage import NOBODY, Use, used
from exosim.vocabulary import CONSUMABLES
from exosim.window import Window

Consumption = Callable[[int, str, int], Mapping[str, float]]
"""What a batch used up in the n-th run of a procedure: (batch, procedure, n) to the amounts, by consumable."""
_START, _REPEAT = 0, 1


def consumed(window: Window, consumption: Consumption) -> Iterator[Use]:
    """Yield the materials of each run of a procedure, once more for each attempt that follows a failure.

    A run that is lost half-way has used up all of its materials: they are laid out when it starts. Of a run that
    batches share, each batch uses its own.
    """
    runs: Counter[tuple[int, str]] = Counter()
    for time, what, batch, procedure in _attempts(window):
        number = runs[batch, procedure] - what
        runs[batch, procedure] = number + 1
        if time >= window.start:
            for name, amount in consumption(batch, procedure, number).items():
                yield used((batch, procedure, f"material.{name}", "consumed", amount, _unit(name), time))


def _attempts(window: Window) -> list[tuple[float, int, int, str]]:
    """Return when each run of a procedure started and was tried again, in the order of time."""
    starts = [(event.time, _START, event.batch, event.procedure) for event in window.by_event["start"]]
    again = [(time, _REPEAT, batch, procedure) for time, batch, procedure in window.run.repeats]
    return sorted([*starts, *again], key=itemgetter(0, 1)) if again else starts


def expired(window: Window) -> Iterator[Use]:
    """Yield what expired in stock."""
    for event in window.by_event["expire"]:
        if event.time >= window.start:
            yield Use(NOBODY, "", f"material.{event.note}", "expired", event.amount, _unit(event.note), event.time)


def _unit(material: str) -> str:
    return CONSUMABLES.get(material, "1")
