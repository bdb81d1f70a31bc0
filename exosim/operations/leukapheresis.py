"""White cells of one patient, enriched for monocytes: the start of an autologous process.

Model: a number of monocytes is collected from the patient and brought to the line; elutriation recovers a fraction of
them, which goes on at a stated density of viable cells. Monocytes that are not recovered leave with other fractions.
Validity: other white cells are counted with the dead cells only as far as `viability` says so; platelets and red cells
are not modeled.
Sources: Nguyen et al. 2002 (collection), Berger et al. 2005 (elutriation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from exosim.material import Material
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class Leukapheresis(UnitOperation):
    """Monocytes of one patient, collected and enriched."""

    source: ClassVar[bool] = True

    collected: Array = parameter(
        3.2e9,
        "cell",
        low=1e8,
        high=2e10,
        doc="monocytes that one leukapheresis collects: 3.2 +- 2.0e9 in patients with melanoma",
        source="nguyen2002",
        grade="A",
        critical=True,
    )
    enrichment_recovery: Array = parameter(
        0.7545,
        "1",
        low=0.3,
        high=1.0,
        doc="fraction of the monocytes in the fraction that goes on: 0.75 +- 0.11 by elutriation",
        source="berger2005",
        grade="A",
        recovery=True,
    )
    viability: Array = parameter(0.95, "1", low=0.5, high=1.0, doc="viable fraction of what goes on")
    suspension_density: Array = parameter(1e7, "cell/mL", low=1e5, high=1e9, doc="density of viable cells that go on")
    transport_time: Array = parameter(4.0, "h", low=0.0, high=96, doc="time from the clinic to the line, on the unit")
    enrichment_time: Array = parameter(3.0, "h", low=0.5, high=24, doc="hands-on time to receive and to enrich")

    def transform(self, feed: Material) -> Outcome:
        """Return the enriched monocytes, together with any cells that `feed` brings."""
        alive, died = self.collected * self.viability, self.collected * (1.0 - self.viability)
        kept = self.enrichment_recovery
        density = self.suspension_density
        whole = Material(volume=alive / density * 1e-3, viable_cells=alive, dead_cells=died)
        lost = Material(
            volume=whole.volume * (1.0 - kept), viable_cells=alive * (1.0 - kept), dead_cells=died * (1.0 - kept)
        )
        going_on = Material(volume=whole.volume * kept, viable_cells=alive * kept, dead_cells=died * kept)
        return Outcome(
            feed + going_on,
            added=whole,
            losses={"other fractions": lost},
            phases=(Phase("transport", self.transport_time, attended=False), Phase("enrich", self.enrichment_time)),
        )
