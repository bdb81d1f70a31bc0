"""What one replication used, without money: the words in which it is told.

One entry per batch, step, resource and driver, so that a saved run can be priced again without simulating it. Time in
queues uses nothing: people count while they work, units while a batch stays on them, utilities while work runs.
:mod:`exosim.economics.recording` tells it from a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

DRIVERS: Mapping[str, str] = {
    "consumed": "material that a step used up",
    "expired": "material that expired in stock",
    "worked": "hours of people at work",
    "paid": "hours of people on duty",
    "occupied": "hours of units, turnaround included",
    "owned": "hours for which units are there",
    "stayed": "hours of batches in rooms",
    "tested": "samples tested, all replicates of a test together",
    "drawn": "amount of a utility",
    "started": "lots started",
    "released": "doses released",
    "contained": "vesicles in the doses released",
    "stored": "doses or vials in the warehouse, times hours",
    "shipped": "deliveries",
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
    step : id of a procedure, address of a job of the laboratory, or of a material that is prepared on site; empty
        where it belongs to none
    resource : address, such as ``material.buffer``, ``personnel.upstream``, ``equipment.tff_skid``, ``assay.qpcr``,
        ``room.suite``; ``lot``, ``dose``, ``vial``, ``vesicles``, ``shipment`` and ``calendar`` of what is no resource
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


used: Callable[[tuple[Any, ...]], Use] = partial(tuple.__new__, Use)
"""Make a use of a tuple of all its fields: three times as fast as by name, and a year makes a thousand."""
