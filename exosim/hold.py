"""Waiting as physics: how fast particles are lost while a material waits, and how fast their potency fades.

Vesicles are lost first order, the small ones first (:mod:`exosim.physics.holding`), and take their potency along. What
is left can also do less than before: its potency decays on its own, first order, beside the loss of vesicles, so that
potency never lasts longer than the count. There are no human data for that constant. The review of Ahmadian et al. 2024
reports bioactivity that was gone after 4 d at 37 degC; a tenth left after 4 d would be 0.024 1/h.
"""

from __future__ import annotations

from dataclasses import dataclass

from exosim.followers import without_vesicles
from exosim.material import Material, SizeClasses, is_number
from exosim.parameter import Array, parameter
from exosim.physics import holding


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Waiting as physics: how fast particles are lost in a matrix."""

    rate: Array = parameter(
        0.0034,
        "1/h",
        low=1e-6,
        high=0.03,
        doc="first-order loss of 100 nm particles while held; the default is conditioned medium at 4 degC",
        source="evtushenko2020",
        grade="B",
    )
    size_exponent: Array = parameter(
        1.0,
        "1",
        low=0.0,
        high=1.5,
        maximum=3.0,
        doc="exponent m of (100 nm / d)^m: smaller particles are lost first",
        source="evtushenko2020",
        grade="B",
    )
    potency_decay: Array | None = parameter(
        None,
        "1/h",
        low=0.0,
        high=0.1,
        doc="first-order loss of the potency of a vesicle while held, besides the loss of vesicles; none: no such loss",
    )

    def apply(self, material: Material, hours: Array, sizes: SizeClasses) -> tuple[Material, Material]:
        """Return the material after `hours` and what was lost; vesicles, bound matter and potency only."""
        if is_number(hours, 0.0):
            return material, Material()
        kept = holding.survival(self.rate, self.size_exponent, sizes.diameters, hours)
        left, lost = without_vesicles(kept, material)
        if self.potency_decay is None:
            return left, lost
        left, faded = left.separate({"potency": holding.lasting(self.potency_decay, hours)})
        return left, lost + faded
