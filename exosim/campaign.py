"""How the batches of one product are started: on a rhythm, as soon as possible, or for orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from exosim.parameter import Array, parameter

WhenFull = Literal["wait", "turn_away"]
Storage = Literal["unlimited", "none", "zero_wait"]
Mode = Literal["paced", "as_soon_as_possible", "on_order"]
Priority = Literal["fifo", "oldest", "earliest_due"]


@dataclass(frozen=True, kw_only=True)
class CampaignNumbers:
    """The numbers of one campaign."""

    every: Array = parameter(
        168.0, "h", low=0.001, high=8760, doc="time between the launches of two batches", decided=True
    )
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
    rank: float | None = parameter(
        None,
        "1",
        low=0,
        high=100,
        whole=True,
        planned=True,
        doc="rank of the batches in every queue; 0 is served first",
    )
    begin: float | None = parameter(
        None, "h", low=0.0, high=876_600, planned=True, doc="when the first batch is started"
    )
    lead_time: float | None = parameter(
        None,
        "h",
        low=0.0,
        high=87_660,
        planned=True,
        doc="how long before its due date the batch of an order is started",
    )
    promise: float | None = parameter(
        None,
        "h",
        low=1,
        high=87_660,
        minimum=0.001,
        planned=True,
        doc="time from the planned start of a batch to its due date",
    )


@dataclass(frozen=True, slots=True)
class Campaign:
    """How batches of one product are started.

    Attributes
    ----------
    rank : in every queue; 0 is served first
    when_full : what becomes of a batch that finds the work in progress at its limit
    begin : hour of the first release
    lead_time : how long before its due date a batch on order is started [h]
    promise : time from the planned start of a paced batch to its due date [h]; None where nothing is due
    """

    mode: Mode = "paced"
    every: Array = 168.0
    batches: int | None = None
    work_in_progress: int | None = None
    batches_per_donor: int = 1
    priority: Priority = "fifo"
    storage: Storage = "unlimited"
    rank: int = 0
    when_full: WhenFull = "wait"
    product: str = ""
    begin: float = 0.0
    lead_time: float = 0.0
    promise: float | None = None
