"""The constants of Monod growth, for cultures that take the slow path (:mod:`exosim.culture.monod_path`).

The defaults are the set of a Chinese hamster ovary line (doi:10.3390/bioengineering5010025, Table 2); a set of one line
belongs together. Its largest growth rate is that of the culture's doubling time. The constants of glutamine that matter
only where it is short are left out, since it is never short here.
"""

from __future__ import annotations

from dataclasses import dataclass

from exosim.parameter import Array, declared, parameter
from exosim.physics.monod import MonodSet

_NO_MATTER = 1.0  # half-saturation of an uptake that is 0
REPLACED = frozenset({"glucose_uptake", "ammonia_rate", "starvation_rate", "metabolic_link", "contact_inhibition"})
"""Parameters of a culture that do not matter on the slow path."""


@dataclass(frozen=True, kw_only=True)
class MonodConstants:
    """The constants of Monod growth, and whether they are used."""

    monod_step: float | None = parameter(
        None, "h", low=0.5, high=2.0, planned=True, doc="step of an integration of Monod growth; none: the closed form"
    )
    half_glucose: Array = parameter(
        1.0, "mmol/L", low=0.1, high=2.0, doc="glucose at which growth is halved", source="cho_monod2018", grade="A"
    )
    toxic_death: Array = parameter(
        0.004,
        "1/h",
        low=0.0,
        high=0.04,
        doc="death rate in much lactate and ammonia",
        source="cho_monod2018",
        grade="A",
    )
    lactate_death: Array = parameter(
        45.8, "mmol/L", low=10, high=100, doc="lactate at which that death is halved", source="cho_monod2018", grade="A"
    )
    ammonia_death: Array = parameter(
        6.51, "mmol/L", low=1, high=20, doc="ammonia at which that death is halved", source="cho_monod2018", grade="A"
    )
    cells_per_glucose: Array = parameter(
        0.357e9, "cell/mmol", low=1e8, high=1e9, doc="cells made of glucose", source="cho_monod2018", grade="A"
    )
    cells_per_glutamine: Array = parameter(
        0.974e9, "cell/mmol", low=3e8, high=3e9, doc="cells made of glutamine", source="cho_monod2018", grade="A"
    )
    ammonia_per_glutamine: Array = parameter(
        0.67, "1", low=0.0, high=1.0, doc="ammonia released per glutamine built in", source="cho_monod2018", grade="A"
    )
    glucose_maintenance: Array = parameter(
        0.0692, "pmol/cell/h", low=0.0, high=0.3, doc="glucose that a cell takes up without growing",
        source="cho_monod2018", grade="A",
    )  # fmt: skip
    ammonia_removal: Array = parameter(
        0.0063, "pmol/cell/h", low=0.0, high=0.05, doc="ammonia that a cell takes up", source="cho_monod2018", grade="A"
    )
    scarcity: Array = parameter(
        0.05, "mmol/L", low=0.01, high=0.2, doc="concentration at which a constant uptake is halved"
    )

    def kinetics(self, lactate_yield: Array, lactate_limit: Array, ammonia_limit: Array) -> MonodSet:
        """Return the set of these cells, growth left out.

        Parameters
        ----------
        lactate_yield : lactate released per glucose
        lactate_limit, ammonia_limit : concentrations that halve growth [mmol/L]
        """
        return MonodSet(
            growth=0.0,
            death=self.toxic_death,
            half_glucose=self.half_glucose,
            half_glutamine=0.0,
            lactate_inhibition=lactate_limit,
            ammonia_inhibition=ammonia_limit,
            lactate_death=self.lactate_death,
            ammonia_death=self.ammonia_death,
            cells_per_glucose=self.cells_per_glucose,
            cells_per_glutamine=self.cells_per_glutamine,
            lactate_per_glucose=lactate_yield,
            ammonia_per_glutamine=self.ammonia_per_glutamine,
            glucose_maintenance=self.glucose_maintenance,
            glutamine_maintenance=0.0,
            half_maintenance=_NO_MATTER,
            ammonia_removal=self.ammonia_removal,
            production=0.0,
            scarcity=self.scarcity,
        )


MONOD_CONSTANTS = frozenset(declared(MonodConstants)) - {"monod_step"}
"""Parameters that matter on the slow path alone."""
