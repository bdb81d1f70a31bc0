"""What one replication used, without money: told from the log, the batches and the plan of the plant.

One entry per batch, step, resource and driver, so that a saved run can be priced again without simulating it. Time in
queues uses nothing: people count while they work, units while a batch stays on them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from exosim.labor import paid_hours, work_of_people
from exosim.records import GOOD
from exosim.release import ASSAY
from exosim.vocabulary import CONSUMABLES
from exosim.window import Window

DRIVERS: Mapping[str, str] = {
    "consumed": "material that a step used up",
    "worked": "hours of people at work",
    "paid": "hours of people on duty",
    "occupied": "hours of units, turnaround included",
    "owned": "hours for which units are there",
    "tested": "tests of the laboratory",
    "drawn": "amount of a utility",
    "started": "lots started",
    "filled": "vials filled",
    "released": "doses released",
    "passed": "hours of the calendar",
}
"""What drives a cost, in words."""
NOBODY = -1
"""Number of the batch of what belongs to none."""


class Use(NamedTuple):
    """One use of a resource.

    Attributes
    ----------
    batch : from 0; :data:`NOBODY` where it belongs to none
    step : id of a procedure, or address of a job of the laboratory; empty where it belongs to none
    resource : address, such as ``material.buffer``, ``personnel.upstream``, ``equipment.tff_skid``, ``assay.qpcr``
    driver : of :data:`DRIVERS`
    quantity, unit : how much of what
    time : when, hours after the start of the run; of several, when the first was
    """

    batch: int
    step: str
    resource: str
    driver: str
    quantity: float
    unit: str
    time: float


Consumption = Callable[[int, str, int], Mapping[str, float]]
"""What a batch used up in the n-th run of a procedure: (batch, procedure, n) to the amounts, by consumable."""

Rates = Mapping[tuple[str, str], Mapping[str, float]]
"""What each procedure draws of each utility in an hour, by product and procedure."""


def usage(
    window: Window, consumption: Consumption, utilities: Mapping[tuple[str, str], Mapping[str, float]]
) -> list[Use]:
    """Return what one replication used from the end of its warm-up on.

    Parameters
    ----------
    window : the run
    consumption : of each run of a procedure
    utilities : what each procedure draws of each utility in an hour, by product and procedure
    """
    found = [
        *_consumed(window, consumption), *_worked(window), *_paid(window), *_occupied(window), *_owned(window),
        *_tested(window), *_drawn(window, utilities), *_lots(window),
        Use(NOBODY, "", "calendar", "passed", window.hours, "h", window.start),
    ]  # fmt: skip
    return sorted((use for use in _merged(found) if use.quantity > 0.0), key=lambda use: (use.batch, use.time))


def _merged(uses: list[Use]) -> Iterator[Use]:
    """Yield each batch, step, resource and driver once: quantities add up, at the first time."""
    sums: dict[tuple[int, str, str, str, str], tuple[float, float]] = {}
    for use in uses:
        key = (use.batch, use.step, use.resource, use.driver, use.unit)
        quantity, time = sums.get(key, (0.0, use.time))
        sums[key] = quantity + use.quantity, min(time, use.time)
    for (batch, step, resource, driver, unit), (quantity, time) in sums.items():
        yield Use(batch, step, resource, driver, quantity, unit, time)


def _consumed(window: Window, consumption: Consumption) -> Iterator[Use]:
    """Yield the materials of each run of a procedure, once more for each run that was repeated."""
    repeats = Counter(
        (e.batch, e.procedure)
        for e in window.by_event["failure"]
        if e.time >= window.start and _repeats(window, e.note)
    )
    runs: dict[tuple[int, str], int] = defaultdict(int)
    for event in window.by_event["start"]:
        if event.batch < 0:
            continue
        key = event.batch, event.procedure
        number = runs[key]
        runs[key] += 1
        if event.time < window.start:
            continue
        times = 1 + (repeats[key] if number == 0 else 0)
        for name, amount in consumption(event.batch, event.procedure, number).items():
            yield Use(*key, f"material.{name}", "consumed", amount * times, CONSUMABLES[name], event.time)


def _repeats(window: Window, failure: str) -> bool:
    return any(f.id == failure and f.consequence == "repeat" for f in window.plant.failures)


def _worked(window: Window) -> Iterator[Use]:
    for work in work_of_people(window.run.log, window.plant.roles, window.start, window.run.hours):
        yield Use(work.batch, work.step, f"personnel.{work.role}", "worked", work.hours, "h", work.begun)


def _paid(window: Window) -> Iterator[Use]:
    for role, hours in paid_hours(window.plant.roles, window.start, window.run.hours).items():
        yield Use(NOBODY, "", f"personnel.{role}", "paid", hours, "h", window.start)


def _occupied(window: Window) -> Iterator[Use]:
    for stay in window.occupations:
        hours = window.inside(stay.begin, stay.end + stay.after)
        yield Use(
            stay.batch, stay.step, f"equipment.{stay.name}", "occupied", hours, "h", max(stay.begin, window.start)
        )


def _owned(window: Window) -> Iterator[Use]:
    for equipment in window.plant.equipment:
        hours = equipment.count * window.hours
        yield Use(NOBODY, "", f"equipment.{equipment.id}", "owned", hours, "h", window.start)


def _tested(window: Window) -> Iterator[Use]:
    """Yield the tests: each sample that the laboratory worked on."""
    for event in window.by_event["ask"]:
        if event.procedure.startswith(ASSAY) and event.time >= window.start:
            yield Use(event.batch, event.procedure, event.procedure, "tested", 1.0, "1", event.time)


def _drawn(window: Window, utilities: Mapping[tuple[str, str], Mapping[str, float]]) -> Iterator[Use]:
    """Yield what procedures draw of utilities: their rate times the hours from begin to finish of their phases."""
    units = {utility.id: utility.unit for utility in window.plant.utilities}
    product = {batch.number: batch.campaign for batch in window.run.batches}
    begun: dict[tuple[int, str], float] = {}
    for event in window.run.log if utilities else ():
        key = event.batch, event.procedure
        if event.event == "start":
            begun[key] = event.time
        elif event.event == "end" and key in begun:
            hours = window.inside(begun[key], event.time)
            rates = utilities.get((product.get(event.batch, ""), event.procedure), {})
            for name, rate in rates.items():
                unit = "h" if units[name] == "1" else f"({units[name]})*h"
                yield Use(*key, f"utility.{name}", "drawn", rate * hours, unit, begun[key])


def _lots(window: Window) -> Iterator[Use]:
    """Yield what is charged by the lot: lots started, vials filled, doses released."""
    for batch in window.run.batches:
        if batch.disposition == "turned_away":
            continue
        if batch.started >= window.start:
            yield Use(batch.number, "", "lot", "started", 1.0, "lot", batch.started)
        ended = batch.ended if batch.ended is not None else window.run.hours
        if batch.disposition in GOOD and ended >= window.start:
            yield Use(batch.number, "", "dose", "released", batch.doses, "dose", ended)
