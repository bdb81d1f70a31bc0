"""The plant as values: equipment, people, campaigns and what fails (ISA-95 resources)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from exosim.parameter import Array, parameter
from exosim.working_time import WorkingTime

Consequence = Literal["wait", "repeat", "reject"]
Storage = Literal["unlimited", "none", "zero_wait"]
Mode = Literal["paced", "as_soon_as_possible"]
Priority = Literal["fifo", "oldest", "earliest_due"]


@dataclass(frozen=True, kw_only=True)
class EquipmentNumbers:
    """The numbers of one equipment class."""

    count: float = parameter(1, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="identical units")
    turnaround: Array = parameter(0.0, "h", low=0.0, high=168, doc="cleaning and set-up after each use, per unit")


@dataclass(frozen=True, kw_only=True)
class RoleNumbers:
    """The numbers of one role."""

    headcount: float = parameter(
        1, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="people on duty in each shift"
    )


@dataclass(frozen=True, kw_only=True)
class CampaignNumbers:
    """The numbers of one campaign."""

    every: Array = parameter(168.0, "h", low=0.001, high=8760, doc="time between the releases of two batches")
    batches: float | None = parameter(
        None,
        "1",
        low=1,
        high=1e6,
        minimum=1,
        whole=True,
        planned=True,
        doc="batches; none: as many as the horizon allows",
    )
    work_in_progress: float | None = parameter(
        None, "1", low=1, high=1e5, minimum=1, whole=True, planned=True, doc="most batches on the line at once"
    )
    batches_per_donor: float = parameter(
        1, "1", low=1, high=1e6, minimum=1, whole=True, planned=True, doc="batches made from one donor"
    )


@dataclass(frozen=True, kw_only=True)
class FailureNumbers:
    """The numbers of one failure: a rate while a procedure runs, or a probability at its end."""

    rate: Array | None = parameter(None, "1/h", low=0.0, high=10, doc="failures per hour of the procedure")
    probability: Array | None = parameter(None, "1", low=0.0, high=1.0, doc="probability that the procedure fails")
    repair: Array = parameter(0.0, "h", low=0.0, high=1000, doc="time lost before work goes on or starts again")
    limit: float = parameter(1, "1", low=0, high=100, whole=True, planned=True, doc="repeats before the batch is lost")


@dataclass(frozen=True, slots=True)
class Equipment:
    """An equipment class: identical units."""

    id: str
    count: int
    turnaround: Array = 0.0


@dataclass(frozen=True, slots=True)
class Role:
    """People who do the same work, and when they are there."""

    id: str
    headcount: int
    hours: WorkingTime = field(default_factory=WorkingTime)


@dataclass(frozen=True, slots=True)
class Failure:
    """What can go wrong in a procedure, and what follows."""

    id: str
    procedure: str
    consequence: Consequence
    rate: Array | None = None
    probability: Array | None = None
    repair: Array = 0.0
    limit: int = 1


@dataclass(frozen=True, slots=True)
class Campaign:
    """How batches are released to the line."""

    mode: Mode = "paced"
    every: Array = 168.0
    batches: int | None = None
    work_in_progress: int | None = None
    batches_per_donor: int = 1
    priority: Priority = "fifo"
    storage: Storage = "unlimited"


@dataclass(frozen=True, slots=True)
class Plant:
    """Everything that batches share."""

    equipment: tuple[Equipment, ...] = ()
    roles: tuple[Role, ...] = ()
    failures: tuple[Failure, ...] = ()
