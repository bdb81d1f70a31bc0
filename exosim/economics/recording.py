"""Tell what one replication used, from its log, its batches and the plan of the plant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter

from exosim.economics.lots_told import Attended, lots, shipped, stored, tested
from exosim.economics.materials_used import Consumption, consumed, expired
from exosim.economics.stays import occupied, owned, stayed, stays_by_step
from exosim.economics.usage import NOBODY, Use, used
from exosim.economics.utilities_drawn import Rates, drawn
from exosim.labor import paid_hours
from exosim.window import Window


def usage(window: Window, consumption: Consumption, utilities: Rates, attended: Attended = frozenset()) -> list[Use]:
    """Return what one replication used from the end of its warm-up on.

    Parameters
    ----------
    window : the run
    consumption : of each run of a procedure
    utilities : what each procedure draws of each utility in an hour, by product and procedure
    attended : product and address of each test that waits for people or a unit
    """
    stays = stays_by_step(window)
    found = [
        *consumed(window, consumption), *expired(window), *_worked(window), *_paid(window), *occupied(window, stays),
        *owned(window), *stayed(window, stays), *tested(window, attended), *drawn(window, utilities), *lots(window),
        *stored(window), *shipped(window), Use(NOBODY, "", "calendar", "passed", window.hours, "h", window.start),
    ]  # fmt: skip
    return sorted(_merged(found), key=attrgetter("batch", "time"))


def _merged(uses: Iterable[Use]) -> Iterator[Use]:
    """Yield each batch, step, resource and driver once, with something: quantities add up, at the first time."""
    sums: dict[tuple[int, str, str, str, str], list[float]] = {}
    for batch, step, resource, driver, quantity, unit, time in uses:
        key = batch, step, resource, driver, unit
        known = sums.get(key)
        if known is None:
            sums[key] = [quantity, time]
            continue
        known[0] += quantity
        if time < known[1]:
            known[1] = time
    for (batch, step, resource, driver, unit), (quantity, time) in sums.items():
        if quantity > 0.0:
            yield used((batch, step, resource, driver, quantity, unit, time))


def _worked(window: Window) -> Iterator[Use]:
    """Yield the hours of people at work; those who prepare a material do so for it."""
    address = {role.id: f"personnel.{role.id}" for role in window.plant.roles}
    for batch, step, role, hours, begun in window.work:
        of = f"material.{step}" if batch == NOBODY else step
        yield used((batch, of, address[role], "worked", hours, "h", begun))


def _paid(window: Window) -> Iterator[Use]:
    for role, hours in paid_hours(window.plant.roles, window.start, window.run.hours).items():
        yield Use(NOBODY, "", f"personnel.{role}", "paid", hours, "h", window.start)
