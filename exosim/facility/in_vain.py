"""What a batch waits for although it never comes: a material that nobody orders, people who have no shift left."""

from __future__ import annotations

from exosim.facility.batch import Batch
from exosim.facility.crew import Crew
from exosim.facility.deadlock import SHARED, Waiter
from exosim.facility.gathering import Gathering
from exosim.facility.load import Load
from exosim.facility.stock import StockRoom


def never_comes(batch: Batch) -> str:
    """Return what a batch, or one of its jobs in the laboratory, waits for in vain; empty when it may go on."""
    jobs = () if batch.dossier is None else batch.dossier.jobs
    return next((why for waiter in (batch, *jobs) if (why := waits_in_vain(waiter))), "")


def waits_in_vain(waiter: Waiter, behind: frozenset[Waiter] = frozenset()) -> str:
    """Return the address of the material or the role that a batch waits for in vain; empty when it may go on.

    A batch waits in vain as well for units, rooms and preparations that those have who wait in vain themselves.

    Parameters
    ----------
    behind : who waits for this one
    """
    wanted = waiter.waits_for
    if isinstance(wanted, Crew):
        return f"personnel.{wanted.name}" if wanted.ended else ""
    if isinstance(wanted, Load):
        return waits_in_vain(wanted, behind)
    if isinstance(wanted, Gathering):
        reasons = [waits_in_vain(load, behind) for load in wanted.asking]
        return reasons[0] if reasons and all(reasons) else ""
    if waiter in behind or not isinstance(wanted, SHARED):
        return ""
    coming = wanted.coming() if isinstance(wanted, StockRoom) else wanted.held_by(waiter)
    reasons = ["" if other is None else waits_in_vain(other, behind | {waiter}) for other in coming]
    if reasons.count("") >= wanted.lacks(waiter):
        return ""
    return next((why for why in reasons if why), f"material.{wanted.name}" if isinstance(wanted, StockRoom) else "")
