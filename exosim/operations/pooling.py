"""Pooling: the harvests of a lot are transferred into one vessel.

Model: a fraction of the volume stays in bags and lines, with everything in it. What vesicles lose while they wait for
the pool to be complete is the harvest hold of the culture, not part of this step.
"""

from __future__ import annotations

from dataclasses import dataclass

from exosim.material import Material
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class Pooling(UnitOperation):
    """Transfer of harvests into one vessel."""

    transfer_loss: Array = parameter(0.01, "1", low=0.0, high=0.1, doc="fraction left in bags and lines")
    duration: Array = parameter(1.0, "h", low=0.1, high=12, doc="time to pool")

    def transform(self, feed: Material) -> Outcome:
        """Return the pooled lot."""
        product, left = feed.separate({}, otherwise=1.0 - self.transfer_loss)
        return Outcome(product, losses={"transfer": left}, phases=(Phase("pool", self.duration),))
