"""Core-bead chromatography: small protein is caught inside beads whose shell keeps vesicles out; vesicles flow through.

Model: protein enters the shell as a sphere enters a pore, ``K_D = (1 - d / d_shell)^2``, and is caught inside for good
at a finite rate (:mod:`exosim.physics.core_beads`), with transfer units in proportion to K_D and to the residence
time; they are stated as the log reduction of albumin on fresh beads. What limits a load is the mass of protein that
enters, not the volume: the beads hold a Langmuir capacity at the concentration of the feed, and what exceeds it breaks
through. A lot that brings more than the safe share of the capacity is run in cycles with cleaning between them, or up
to a most number of cycles, overloaded. A fraction of the vesicles stays in the bed.

Assumptions: all protein that enters shares one capacity; nuclease and free cargo are caught as protein of their
diameter; neutral polymers, small molecules, endotoxin and free DNA above the cut-off pass; non-vesicular particles and
lipoproteins pass as they are, and so do debris and cells, which should be filtered off before.

Validity: after concentration and buffer exchange, with protein at most a few mg/mL; proteins that bind the outer shell
are not in the model. Failure modes: overload, a bed fouled by lipids, incomplete cleaning, debris on the frit.

Sources: Bohart & Adams 1920; Langmuir 1918; Corso et al. 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, one_where, solution
from exosim.operations.base import NOTHING, MeasuredRecovery, Outcome, Phase, log_reduction
from exosim.parameter import Array, parameter
from exosim.physics import adsorption, core_beads

_CAUGHT = "caught in the beads"


@dataclass(frozen=True, kw_only=True)
class CoreBeadChromatography(MeasuredRecovery):
    """Flow-through on beads with an inert shell and a binding core; volumes of liquid are in column volumes."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"bed_recovery"})
    sized_by: ClassVar[str | None] = "column_volume"
    grows: ClassVar[tuple[str, ...]] = ("column_volume",)

    column_volume: Array = parameter(
        0.02, "L", low=1e-4, high=50, doc="volume of the bed", source="general_knowledge", critical=True, decided=True
    )
    shell_cutoff: Array = parameter(
        17.0,
        "nm",
        low=10,
        high=25,
        doc="hydrodynamic diameter that the shell keeps out; 17 for 700 kDa, 14 for 400 kDa",
        source="general_knowledge",
    )
    protein_capacity: Array = parameter(
        13.0,
        "mg/mL",
        low=10,
        high=15,
        doc="protein that the beads hold at saturation (ovalbumin)",
        source="vendor_data_sheets",
        grade="B",
    )
    half_saturation: Array = parameter(
        20.0, "ug/mL", low=1, high=200, doc="concentration of protein at which the beads hold half of that"
    )
    albumin_removal: Array = parameter(
        1.7,
        "log",
        low=1.0,
        high=2.5,
        doc="log10 reduction of albumin by fresh beads in a residence time of 4 min",
        source="corso2017",
    )
    residence_time: Array = parameter(
        4.0,
        "min",
        low=2,
        high=8,
        doc="volume of the bed over the flow",
        source="general_knowledge",
        critical=True,
        decided=True,
    )
    safety: Array = parameter(
        0.8, "1", low=0.3, high=1.0, doc="share of the capacity that a load may take", decided=True
    )
    most_cycles: float | None = parameter(
        None,
        "1",
        low=1,
        high=500,
        minimum=1.0,
        whole=True,
        planned=True,
        doc="most loads of a lot; protein above the capacity then breaks through. None: as many as it takes",
    )
    bed_recovery: Array = parameter(
        0.8,
        "1",
        low=0.65,
        high=0.95,
        doc="fraction of the vesicles that does not stay on the bed",
        source="corso2017",
        recovery=True,
    )
    dna_diameter: Array = parameter(
        40.0, "nm", low=10, high=200, doc="hydrodynamic diameter of DNA that can be amplified (above 200 bp)"
    )
    chase_volume: Array = parameter(
        1.0, "CV", low=0.3, high=3, doc="buffer that follows a load into the pool", decided=True
    )
    equilibration_volume: Array = parameter(5.0, "CV", low=2, high=20, doc="buffer before a load", decided=True)
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=1.0, doc="salt of the buffer", source="pbs_recipe", grade="B", decided=True
    )
    cleaning_volume: Array = parameter(
        5.0, "CV", low=2, high=20, doc="alkali and alcohol that clean the beads after a load", decided=True
    )
    cleaning_time: Array = parameter(
        1.0, "h", low=0.25, high=4, doc="time to clean the beads after a load", source="general_knowledge"
    )
    lifetime: Array = parameter(
        20.0, "1", low=1, high=100, minimum=1.0, doc="loads after which the beads are replaced", decided=True
    )
    preparation: Array = parameter(0.5, "h", low=0.1, high=4, doc="time to set up")

    def transform(self, feed: Material) -> Outcome:
        """Return the flow-through."""
        needed = self._protein_load(feed)
        cycles = adsorption.cycles_needed(needed, self.safety, self.most_cycles)
        load = needed / cycles
        passing, caught = feed.separate(
            {
                "protein": self._passing(self.context.protein_diameters, load),
                "nuclease": self._passing(self.context.nuclease_diameter, load),
                "free_cargo": self._passing(self.context.free_cargo_diameter, load),
                "free_dna": self._passing(self.dna_diameter, load),
            }
        )
        product, losses = self.take_vesicles("measured loss", {"bed adsorption": self.bed_recovery}, passing)
        beds = self.column_volume * cycles
        chase, rinse = (solution(v * beds, self.buffer_salt) for v in (self.chase_volume, self.equilibration_volume))
        cleaner = Material(volume=self.cleaning_volume * beds)
        added = chase + rinse + cleaner
        return Outcome(
            product + chase,
            added=added,
            losses={_CAUGHT: caught + rinse + cleaner, **losses},
            phases=self._phases(feed.volume, cycles),
            consumption={"buffer": added.volume, "resin": beds / self.lifetime},
            monitors={
                "cycles": cycles,
                "share_of_capacity": load,
                "protein_log_reduction": log_reduction(feed.protein, product.protein),
            },
            limits={
                "protein above the capacity of the beads": one_where(load > 1.0),
                "more cycles than the bed lasts": one_where(cycles > self.lifetime),
            },
        )

    def _protein_load(self, feed: Material) -> Array:
        """Return the protein that enters the beads over what one bed holds."""
        milliliters = np.maximum(feed.volume, NOTHING) * 1e3
        entering = core_beads.entering(feed.protein, self.context.protein_diameters, self.shell_cutoff)
        held = adsorption.langmuir(entering / milliliters, self.protein_capacity, 1.0 / self.half_saturation)
        return entering * 1e-3 / np.maximum(held * self.column_volume * 1e3, NOTHING)

    def _passing(self, diameter: Array, load: Array) -> Array:
        """Return the fraction of a solute that the beads do not catch."""
        units = core_beads.reference_units(self.albumin_removal, self.residence_time)
        return core_beads.passing(diameter, self.context.protein_diameters[1], self.shell_cutoff, units, load)

    def _phases(self, volume: Array, cycles: Array) -> tuple[Phase, ...]:
        hours = self.residence_time / 60.0
        return (
            Phase("prepare", self.preparation),
            Phase("equilibrate", cycles * self.equilibration_volume * hours),
            Phase("load", volume / self.column_volume * hours),
            Phase("chase", cycles * self.chase_volume * hours),
            Phase("clean", cycles * self.cleaning_time),
        )
