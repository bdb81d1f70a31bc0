"""What a batch waits for before and during each procedure, cause by cause: the causes add up to all its waiting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from exosim.records import Event

if TYPE_CHECKING:
    from exosim.window import Window


def waiting(window: Window) -> dict[str, float]:
    """Return the mean wait before each procedure, for a unit [h]."""
    others: dict[str, Callable[[Event], float]] = {
        "room": lambda event: -event.amount,
        "run": lambda event: -event.waited,
    }
    found = _per_procedure(window, {"start": lambda event: event.amount, **others})
    return {procedure: hours if hours > 0.0 else 0.0 for procedure, hours in found.items()}  # but for rounding


def waiting_for_run(window: Window) -> dict[str, float]:
    """Return the mean wait before each procedure with shared runs, until one is full or its time comes [h]."""
    shared = {event.procedure for event in window.by_event["run"]}
    found = _per_procedure(window, {"run": lambda event: event.waited})
    return {procedure: hours for procedure, hours in found.items() if procedure in shared}


def waiting_for_room(window: Window) -> dict[str, float]:
    """Return the mean wait before each procedure, for the room, its clearance and its changeover [h]."""
    return _per_procedure(window, {"room": lambda event: event.amount})


def waiting_for_material(window: Window) -> dict[str, float]:
    """Return the mean time for which a procedure waits for material from stock [h]."""
    return _per_procedure(window, {"supplied": lambda event: event.waited})


def waiting_for_utility(window: Window) -> dict[str, float]:
    """Return the mean time for which a procedure waits for its share of a utility [h]."""
    return _per_procedure(window, {"utility": lambda event: event.waited})


def waiting_for_people(window: Window) -> dict[str, float]:
    """Return the mean time for which a procedure waits for people within their working time [h]."""
    hours = {role.id: role.hours for role in window.plant.roles}

    def within(event: Event) -> float:
        if event.waited <= 0.0 or not event.role:  # an instrument that works alone
            return 0.0
        worked = hours[event.role].worked
        return worked(event.time) - worked(event.time - event.waited)

    return _per_procedure(window, {"begin": within})


def waiting_for_shift(window: Window) -> dict[str, float]:
    """Return the mean time for which a procedure waits or pauses outside working time [h]."""
    people = waiting_for_people(window)
    both = _per_procedure(window, dict.fromkeys(("begin", "finish"), lambda event: event.waited))
    return {procedure: max(found - people[procedure], 0.0) for procedure, found in both.items()}


def lost_to_failures(window: Window) -> dict[str, float]:
    """Return the mean time that a procedure loses while failures and breakdowns are repaired [h]."""
    return _per_procedure(window, dict.fromkeys(("failure", "repaired"), lambda event: event.amount))


def _per_procedure(window: Window, hours_of: Mapping[str, Callable[[Event], float]]) -> dict[str, float]:
    """Return the hours of the events in the window, per start of the procedure.

    Parameters
    ----------
    hours_of : what an event tells, by its name
    """
    hours: dict[str, float] = defaultdict(float)
    for name, told in hours_of.items():
        for event in window.by_event[name]:
            if event.procedure and event.batch >= 0 and event.time >= window.start:
                hours[event.procedure] += told(event)
    return {procedure: hours[procedure] / count for procedure, count in window.starts.items()}


WAITS: Mapping[str, tuple[str, Callable[[Window], dict[str, float]]]] = {
    "waiting": ("h", waiting),
    "waiting_for_run": ("h", waiting_for_run),
    "waiting_for_room": ("h", waiting_for_room),
    "waiting_for_material": ("h", waiting_for_material),
    "waiting_for_utility": ("h", waiting_for_utility),
    "waiting_for_people": ("h", waiting_for_people),
    "waiting_for_shift": ("h", waiting_for_shift),
    "lost_to_failures": ("h", lost_to_failures),
}
"""The causes of waiting by procedure, with units."""
