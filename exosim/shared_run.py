"""Runs that several batches share: the samples on a plate, the tubes in a rotor, the columns on a stand."""

from __future__ import annotations

from dataclasses import dataclass

from exosim.parameter import parameter


@dataclass(frozen=True, kw_only=True)
class SharedRunNumbers:
    """The numbers of the runs of a procedure that several batches of one campaign share."""

    places: float = parameter(
        None, "1", low=2, high=1536, minimum=2, whole=True, planned=True, doc="samples or batches in one run at most"
    )
    controls: float = parameter(
        0, "1", low=0, high=384, whole=True, planned=True, doc="places that calibrators and controls take in every run"
    )
    longest_wait: float | None = parameter(
        None, "h", low=0.0, high=720, planned=True,
        doc="wait of its first batch after which a run starts although places are free",
    )  # fmt: skip
    every: float | None = parameter(
        None, "h", low=0.1, high=720, minimum=0.01, planned=True,
        doc="runs start only at multiples of this time after the start, such as a daily plate",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SharedRun:
    """How the batches of a campaign share the runs of a procedure.

    Attributes
    ----------
    places, controls : of one run, and how many of them batches cannot have
    longest_wait : hours that the first batch waits for others at most; None: a run starts with whoever waits
    every : hours between the times at which runs start; None: at any time
    """

    places: int
    controls: int = 0
    longest_wait: float | None = None
    every: float | None = None

    @property
    def usable(self) -> int:
        """Most batches in one run."""
        return self.places - self.controls
