"""A companion: a second product of the same batch, such as the cells beside their vesicles, and the pairs of both.

A pair is one dose of either product, both of one batch: of what has more doses, the rest finds no partner. Both are
released together, as one lot, so the doses that are ready first wait for the others; where they keep for a while only,
they may expire before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from exosim.composition import ratio
from exosim.kernel import Step
from exosim.material import one_where
from exosim.operations.base import Outcome
from exosim.parameter import Array, parameter

if TYPE_CHECKING:
    from exosim.readings import DoseRule

Of = Literal["product", "companion"]
"""What an attribute is about."""

PAIR_HEADLINES: Mapping[str, str] = {
    "companion_doses": "dose",
    "dose_pairs": "pair",
    "unpaired_share": "1",
    "companion_limits": "1",
}
"""Headline figures of a batch with a companion and their units, in the order of the report."""
_LONGEST = 87660.0  # h


@dataclass(frozen=True, kw_only=True)
class CompanionNumbers:
    """The numbers of a companion."""

    shelf_life: float | None = parameter(
        None, "h", low=1.0, high=_LONGEST, planned=True,
        doc="time from the fill of the companion until its doses expire; none: longer than any release takes",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Companion:
    """The second product of a batch.

    Attributes
    ----------
    name : of what it is
    dose : what a dose of it is
    after : id of the procedure whose product holds its doses
    shelf_life : hours from the end of that procedure until its doses expire; none: longer than any release takes
    """

    name: str
    dose: DoseRule
    after: str
    shelf_life: float | None = None

    def made(self, steps: Iterable[Step]) -> Outcome:
        """Return the outcome of the procedure whose product holds the doses."""
        return next(step.outcome for step in steps if step.procedure.id == self.after)

    def in_time(self, filled: float, available: float) -> bool:
        """Return whether its doses still keep when the lot may leave; both times in hours."""
        return available - filled <= (math.inf if self.shelf_life is None else self.shelf_life)


def pair_figures(doses: Array, others: Array) -> dict[str, Array]:
    """Return the figures of :data:`PAIR_HEADLINES`, of whole doses of the product and of its companion."""
    both, pairs = np.asarray(doses) + np.asarray(others), np.minimum(doses, others)
    return {
        "companion_doses": others,
        "dose_pairs": pairs,
        "unpaired_share": ratio(both - 2.0 * pairs, both),
        "companion_limits": one_where(np.less(others, doses)),
    }
