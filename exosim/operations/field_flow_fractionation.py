"""Asymmetrical flow field-flow fractionation (AF4): an analytical cut of vesicles by size.

Model: every size class and protein pool leaves the channel at the time that its diffusivity gives it
(:mod:`exosim.physics.field_flow`), spread by the plate number of the run (:mod:`exosim.physics.plates`); what leaves
between the times of two diameters is collected. A fraction of the vesicles stays on the membrane of the accumulation
wall. An injection takes little protein and little volume, so that a lot is run in many injections, and what is
collected is dilute. Focusing and rinsing take time beside the elution.

Assumptions: cross flow and outlet flow are constant; salt and small molecules leave through the membrane; endotoxin
leaves with protein complexes; cells and debris do not enter; no protein is lost to the membrane.

Typical failure modes: overload (peaks shift and merge), a fouled membrane, a leak at the spacer.

Validity: analytical. Normal mode (below about 500 nm), a tenth of a milligram of protein in an injection.

Sources: Giddings 1980 and Wahlund & Giddings 1987 (retention), Zhang & Lyden 2019 (exosomes, run time).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.material import Material, one_where, plus, rounded_up, solution, total
from exosim.operations.base import MeasuredRecovery, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import field_flow, flux, plates
from exosim.physics.size import vesicle_protein
from exosim.vocabulary import SMALL_MOLECULES

_MINUTES = 60.0  # in an hour
_MILLILITERS = 1e3  # in a liter
_MICROGRAMS = 1e3  # in a milligram


@dataclass(frozen=True, kw_only=True)
class FieldFlowFractionation(MeasuredRecovery):
    """Fractionation by diffusion in a thin channel, injection by injection."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"recovered"})
    takes_longer: ClassVar[str | None] = "channel"
    repeats: ClassVar[str | None] = "injections"

    pool_from: Array = parameter(
        40.0, "nm", low=10, high=150, doc="diameter at whose time collecting starts", critical=True, decided=True
    )
    pool_to: Array = parameter(
        180.0, "nm", low=60, high=400, doc="diameter at whose time collecting ends", critical=True, decided=True
    )
    cross_flow: Array = parameter(
        0.5, "mL/min", low=0.1, high=4, doc="flow through the membrane", critical=True, decided=True
    )
    outlet_flow: Array = parameter(
        1.0, "mL/min", low=0.2, high=2, doc="flow that leaves the channel", critical=True, decided=True
    )
    thickness: Array = parameter(
        250.0, "um", low=150, high=500, doc="thickness of the channel", source="general_knowledge", decided=True
    )
    void_volume: Array = parameter(
        0.6, "mL", low=0.1, high=2, doc="volume of the channel", source="general_knowledge", decided=True
    )
    plates: Array = parameter(100.0, "1", low=20, high=1000, doc="plate number of a run")
    load: Array = parameter(
        0.1,
        "mg",
        low=0.04,
        high=0.5,
        doc="protein of an injection, that of the vesicles included",
        source="zhang2019",
        critical=True,
    )
    injection_volume: Array = parameter(
        0.1, "mL", low=0.01, high=2, doc="sample of an injection", source="general_knowledge", decided=True
    )
    most_injections: float = parameter(
        20, "1", low=1, high=1000, whole=True, planned=True, doc="injections above which this is no analysis any more"
    )
    recovered: Array = parameter(
        0.75,
        "1",
        low=0.6,
        high=0.95,
        doc="fraction of the vesicles that does not stay on the accumulation wall",
        source="zhang2018",
        recovery=True,
    )
    focusing_time: Array = parameter(0.15, "h", low=0.05, high=0.5, doc="time to inject and to focus", decided=True)
    rinsing_time: Array = parameter(0.2, "h", low=0.05, high=0.5, doc="time to rinse without cross flow", decided=True)
    dna_diameter: Array = parameter(
        40.0, "nm", low=10, high=200, doc="hydrodynamic diameter of DNA that can be amplified (above 200 bp)"
    )
    carrier_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.5, doc="salt of the carrier", source="pbs_recipe", grade="B", decided=True
    )
    preparation: Array = parameter(
        1.0, "h", low=0.25, high=4, doc="time to fit a membrane, to equilibrate and to check"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return what was collected in all injections."""
        injections = self._injections(feed)
        start, stop = self._retention(self.pool_from), self._retention(self.pool_to)
        particles = self._collected(self.context.sizes.diameters)
        collected, outside = feed.separate(self._others(particles))
        mechanism = {"outside the pool": particles, "accumulation wall": self.recovered}
        product, losses = self.take_vesicles("measured loss", mechanism, collected)
        carrier = self._carrier(injections, stop)
        volume = injections * self.outlet_flow * (stop - start) / _MILLILITERS
        salt = self.carrier_salt * volume
        waste = outside.replaced(volume=feed.volume + carrier.volume - volume, salt=feed.salt + carrier.salt - salt)
        return Outcome(
            product.replaced(volume=volume, salt=salt),
            added=carrier,
            losses=joined(losses, {"outside the pool": waste}),
            phases=(
                Phase("prepare", self.preparation),
                Phase("run", injections * self._run_time(stop), attended=False),
            ),
            consumption={"buffer": carrier.volume},
            monitors={"injections": injections, "collected_from": start, "collected_to": stop},
            limits={
                "analytical: more injections than are reasonable": one_where(
                    np.greater(injections, self.most_injections)
                )
            },
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the cut."""
        if np.any(np.less_equal(self.pool_to, self.pool_from)):
            yield "pool_to", "the cut must end above the diameter at which it starts"

    def _injections(self, feed: Material) -> Array:
        """Return the injections that the protein and the volume of a lot take."""
        sizes = self.context.sizes
        of_vesicles: Array = 0.0
        if isinstance(feed.vesicles, np.ndarray):
            of_vesicles = vesicle_protein(feed.vesicles, sizes, self.context.protein_fraction)
        protein = plus(plus(total(feed.protein), feed.associated_protein), of_vesicles)
        loads = protein / (self.load * _MICROGRAMS)
        wanted = np.maximum(loads, feed.volume * _MILLILITERS / self.injection_volume)
        return rounded_up(wanted)

    def _retention(self, diameters: Array) -> Array:
        """Return the time at which particles leave [min]."""
        diffusion = flux.diffusivity(diameters)
        height = field_flow.height(diffusion, self.void_volume, self.cross_flow, self.thickness)
        void = field_flow.void_time(self.void_volume, self.cross_flow, self.outlet_flow)
        return np.asarray(void / field_flow.retention_ratio(height))

    def _collected(self, diameters: Array) -> NDArray[np.float64]:
        """Return the fraction that leaves while the cut is collected."""
        start, stop = self._retention(self.pool_from), self._retention(self.pool_to)
        return np.asarray(plates.pooled_fraction(self._retention(diameters), self.plates, start, stop))

    def _others(self, particles: NDArray[np.float64]) -> dict[str, Array]:
        """Return the collected fractions of all that is not a vesicle; liquid and salt are those of the carrier."""
        protein = self._collected(self.context.protein_diameters)
        return {
            "nonvesicular": particles,
            "lipoproteins": particles,
            "aggregated_cargo": particles[-1],
            "protein": protein,
            "endotoxin": protein[-1],
            "nuclease": self._collected(self.context.nuclease_diameter),
            "free_cargo": self._collected(self.context.free_cargo_diameter),
            "polymer": self._collected(self.context.polymer_diameter),
            "free_dna": self._collected(self.dna_diameter),
            **dict.fromkeys(("volume", "salt", "debris", "viable_cells", "dead_cells", *SMALL_MOLECULES), 0.0),
        }

    def _run_time(self, stop: Array) -> Array:
        """Return the time of one injection [h]."""
        return self.focusing_time + stop / _MINUTES + self.rinsing_time

    def _carrier(self, injections: Array, stop: Array) -> Material:
        """Return the carrier of all injections: both flows, from focusing to rinsing."""
        flow = (self.cross_flow + self.outlet_flow) * _MINUTES / _MILLILITERS
        return solution(injections * flow * self._run_time(stop), self.carrier_salt)
