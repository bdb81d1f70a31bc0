"""One patient, one lot: the doses that one patient needs, and until when they are promised."""

from __future__ import annotations

from dataclasses import dataclass

from exosim.parameter import parameter


@dataclass(frozen=True, kw_only=True)
class PatientNumbers:
    """What a lot must hold to serve the patient for whom it is made."""

    course: float | None = parameter(
        None,
        "1",
        low=1,
        high=1e6,
        minimum=1,
        whole=True,
        planned=True,
        doc="whole doses that one patient needs: a lot that is released with fewer does not serve its patient",
    )


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised of the batches of one product.

    Attributes
    ----------
    within : time from the planned start of a batch to its due date [h]; None where nothing is promised
    course : doses that the patient of a batch needs; 0 where a batch is for no patient
    """

    within: float | None = None
    course: int = 0
