"""Utilities: what procedures draw of them while their work runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from exosim import units
from exosim.economics.usage import Use
from exosim.records import Event
from exosim.window import Window

Rates = Mapping[tuple[str, str], Mapping[str, float]]
"""What each procedure draws of each utility in an hour, by product and procedure."""
_Key = tuple[int, str]
_AMOUNTS = ("L", "kWh", "m3", "kg")
_WAITED = frozenset({"supplied", "begin", "finish", "utility"})
"""Events that tell in `waited` how long nothing ran before them."""


def amount_unit(rate: str) -> str:
    """Return the unit of an amount of a utility that is taken at a rate: ``L`` of ``m3/h``, ``h`` of a plain number."""
    if rate == "1":
        return "h"
    amount = f"({rate})*h"
    return next((unit for unit in _AMOUNTS if units.dimension(unit) == units.dimension(amount)), amount)


def drawn(window: Window, rates: Rates) -> Iterator[Use]:
    """Yield what procedures draw of utilities: rate times the hours in which their work runs.

    It does not run while they wait for people, stocks or a utility, while a unit is repaired, and outside working time.
    A run that batches share draws once, told of the batch that leads it.
    """
    if not rates:
        return
    known = {utility.id: (amount_unit(utility.unit), _factor(utility.unit)) for utility in window.plant.utilities}
    product = {batch.number: batch.campaign for batch in window.run.batches}
    for (batch, procedure), begin, hours in _running(window):
        for name, rate in rates.get((product[batch], procedure), {}).items():
            unit, factor = known[name]
            time = max(begin, window.start)
            yield Use(batch, procedure, f"utility.{name}", "drawn", rate * hours * factor, unit, time)


def _factor(rate: str) -> float:
    """Return how much of the unit of the amount one of a rate is in an hour."""
    return 1.0 if rate == "1" else units.parse(f"1 ({rate})*h", amount_unit(rate))


def _running(window: Window) -> Iterator[tuple[_Key, float, float]]:
    """Yield each run of a procedure: whose, when it started, and the hours within the window in which work ran."""
    begun: dict[_Key, float] = {}
    lost: dict[_Key, float] = defaultdict(float)
    follows: set[_Key] = set()
    for event in window.run.log:
        key = event.batch, event.procedure
        if event.event == "run" and int(event.note) - 1 != event.batch:
            follows.add(key)
        elif event.event == "start":
            begun[key], lost[key] = event.time, 0.0
        elif key not in begun:
            continue
        elif event.event == "end":
            since, hours = begun.pop(key), lost.pop(key)
            if key not in follows:
                yield key, since, window.inside(since, event.time) - hours
            follows.discard(key)
        else:
            lost[key] += _not_running(window, event)
    yield from ((key, since, window.inside(since, window.run.hours) - lost[key]) for key, since in begun.items())


def _not_running(window: Window, event: Event) -> float:
    """Return the hours within the window in which nothing ran, as an event tells it."""
    if event.event in _WAITED:
        return window.inside(event.time - event.waited, event.time)
    if event.event == "repaired":
        return window.inside(event.time - event.amount, event.time)
    return window.inside(event.time, event.time + event.amount) if event.event == "failure" else 0.0
