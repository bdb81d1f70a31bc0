"""A step that only takes time: for recipes without vesicles, and for work that changes nothing.

Model: none; the material passes unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from exosim.material import Material
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class TimedStep(UnitOperation):
    """A step of a known duration."""

    plain: ClassVar[bool] = True
    in_vials: ClassVar[bool] = True

    step_time: Array = parameter(1.0, "h", low=0.0, high=8760, doc="duration of the step")
    people: float = parameter(
        1, "1", low=0, high=100, whole=True, planned=True, doc="people at work, when it is attended"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return the feed after the step."""
        return Outcome(feed, phases=(Phase("step", self.step_time, operators=round(self.people)),))
