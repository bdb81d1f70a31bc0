"""Tangential flow filtration: concentration, then constant-volume diafiltration.

Model: sieving of every size class and protein pool by its diameter (:mod:`exosim.physics.sieving`) plus a small
leakage of vesicles of any size through defects; exact balances of ultrafiltration and diafiltration; adsorption to
the membrane; a hold-up that is partly flushed out. The flux is the set flux or what the film model allows for
vesicles or for protein, whichever is less, followed through the concentration (:mod:`exosim.physics.flux`).

Validity: observed sieving at one pore diameter; vesicles below 1e13 EV/mL (above, aggregation and viscosity take
over).
Sources: Zeman & Wales 1981; van Reis & Zydney 2007; Blatt et al. 1970; Binder et al. 2021
(doi:10.3390/cells10123321).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.material import Material, as_precise, one_where, total, weighted
from exosim.operations.base import NOTHING, VESICLES_TAKEN, MeasuredRecovery, Outcome, Phase
from exosim.parameter import Array, parameter
from exosim.physics import flux, passage, sieving
from exosim.physics.quadrature import NODES, POSITIONS, WEIGHTS
from exosim.vocabulary import SMALL_MOLECULES

_POSITIONS, _WEIGHTS = np.append(POSITIONS, 1.0)[:, None], np.append(WEIGHTS, 0.0)  # the nodes, and the end
_OVERCONCENTRATED = 1e13  # EV/mL
_SMALLEST_DIAMETER = 1e-6  # nm, keeps the diffusivity finite when no vesicle is left
_NO_BULK = 1e-9  # EV/mL or ug/mL, where there is nothing to pile up at the membrane


@dataclass(frozen=True, kw_only=True)
class TangentialFlowFiltration(MeasuredRecovery):
    """Concentration and diafiltration on a membrane with cross flow."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"adsorbed_per_area"})
    sized_by: ClassVar[str | None] = "membrane_area"

    membrane_area: Array = parameter(
        0.1, "m2", low=0.002, high=100, doc="membrane area", source="general_knowledge", critical=True, decided=True
    )
    pore_diameter: Array = parameter(
        35.0,
        "nm",
        low=15,
        high=80,
        doc="effective pore diameter; 20 for 300 kDa, 35 for 500 kDa, 50 for 750 kDa",
        source="ora_ultrafiltration",
        grade="B",
        critical=True,
    )
    flux: Array = parameter(
        30.0, "L/m2/h", low=5, high=80, doc="set flux", source="general_knowledge", critical=True, decided=True
    )
    concentration_factor: Array = parameter(
        20.0,
        "1",
        low=1,
        high=200,
        minimum=1.0,
        doc="volumetric concentration factor",
        source="busatto2018",
        critical=True,
        decided=True,
    )
    diavolumes: Array = parameter(
        6.0, "1", low=0, high=20, doc="diavolumes", source="ora_ultrafiltration", grade="A", critical=True, decided=True
    )
    vesicle_leakage: Array = parameter(
        0.002,
        "1",
        low=0.0,
        high=0.006,
        doc="sieving coefficient of vesicles of any size; 0.002: 2 % in the permeate at 20-fold and 6 diavolumes",
        source="binder2021",
        grade="B",
    )
    dna_sieving: Array = parameter(
        0.05,
        "1",
        low=0.0,
        high=0.2,
        doc="sieving coefficient of free DNA that can be amplified",
        source="general_knowledge",
    )
    adsorbed_per_area: Array = parameter(
        2e12,
        "1/m2",
        low=1e11,
        high=2e13,
        doc="vesicles that the membrane binds per area",
    )
    hold_up: Array = parameter(
        200.0,
        "mL/m2",
        low=50,
        high=600,
        doc="volume that cannot be drained, per membrane area",
        source="general_knowledge",
    )
    flushed: Array = parameter(
        0.7, "1", low=0.6, high=0.8, doc="fraction of the hold-up that a flush recovers", source="general_knowledge"
    )
    shear_rate: Array = parameter(
        4000.0,
        "1/s",
        low=500,
        high=16000,
        doc="wall shear rate",
        source="general_knowledge",
        critical=True,
        decided=True,
    )
    channel_length: Array = parameter(0.3, "m", low=0.1, high=1.2, doc="length of the flow path", decided=True)
    vesicle_gel: Array = parameter(
        1e14, "EV/mL", low=1e12, high=1e15, doc="concentration of vesicles at the membrane at which flux stops rising"
    )
    protein_gel: Array = parameter(
        2e5, "ug/mL", low=5e4, high=4e5, doc="gel concentration of protein", source="blatt1970"
    )
    buffer_salt: Array = parameter(
        0.15,
        "mol/L",
        low=0.0,
        high=0.5,
        doc="salt of the diafiltration buffer",
        source="pbs_recipe",
        grade="B",
        decided=True,
    )
    preparation: Array = parameter(
        1.5, "h", low=0.5, high=4, doc="time to flush, to sanitize and to clean", source="general_knowledge"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return the retentate after concentration, diafiltration and flush."""
        retained, number = feed.volume / self.concentration_factor, total(feed.vesicles)
        buffer = Material(volume=self.diavolumes * retained, salt=self.buffer_salt * self.diavolumes * retained)
        particles, drained = self._particles_kept(), self._drained(retained)
        passing = sieving.steric_sieving(self.context.protein_diameters, self.pore_diameter)
        filtered, permeate = feed.separate(self._kept_solutes(particles, passing))
        permeate = permeate + buffer.replaced(salt=0.0)
        salted = filtered.replaced(salt=self._salt(feed, retained))
        permeate = permeate.replaced(salt=feed.salt + buffer.salt - salted.salt)
        stuck = passage.unadsorbed(number, self.adsorbed_per_area, self.membrane_area)
        mechanism = {"permeate": particles, "membrane adsorption": stuck, "hold-up": drained}
        product, losses = self.take_vesicles("measured loss", mechanism, salted)
        product, in_system = product.separate(VESICLES_TAKEN, otherwise=drained)
        losses["hold-up"] = losses.get("hold-up", Material()) + in_system
        losses["permeate"] = losses.get("permeate", Material()) + permeate
        hours, limits = self._time(feed, retained, number, passing)
        return Outcome(
            product,
            added=buffer,
            losses=losses,
            phases=(Phase("prepare", self.preparation), *hours),
            consumption={"buffer": buffer.volume, "membrane_area": self.membrane_area},
            monitors={"load": feed.volume / self.membrane_area},
            limits={**limits, **self.adsorption_limit(stuck, number)},
        )

    def _passed(self, coefficient: Array) -> Array:
        """Return the fraction kept through concentration and diafiltration."""
        return sieving.filtration_yield(self.concentration_factor, self.diavolumes, coefficient)

    def _particles_kept(self) -> NDArray[np.float64]:
        """Return the fraction kept of the particles of each size class: those larger than any pore only leak."""
        diameters, leaking = self.context.sizes.diameters, self._passed(self.vesicle_leakage)
        small = diameters[:, 0] < np.max(self.pore_diameter, initial=0.0)
        steric = sieving.steric_sieving(diameters[small], self.pore_diameter)
        sieved = self._passed(np.maximum(steric, self.vesicle_leakage))
        lanes = np.broadcast_shapes(np.shape(leaking)[-1:], np.shape(sieved)[-1:])
        kept = np.empty((len(diameters), *lanes), np.result_type(leaking, sieved))
        kept[small], kept[~small] = sieved, leaking
        return kept

    def _kept_solutes(self, particles: Array, passing: Array) -> dict[str, Array]:
        """Return the fractions kept of all that is not a vesicle; vesicles are taken later, channel by channel."""
        return {
            "volume": 1.0 / self.concentration_factor,
            "nonvesicular": particles,
            "lipoproteins": particles,
            "protein": self._passed(passing),
            "free_dna": self._passed(self.dna_sieving),
            "nuclease": self._passed(sieving.steric_sieving(self.context.nuclease_diameter, self.pore_diameter)),
            **dict.fromkeys(SMALL_MOLECULES, self._passed(1.0)),
        }

    def _salt(self, feed: Material, retained: Array) -> Array:
        """Return the salt of the retentate: it passes freely and is exchanged for that of the buffer."""
        concentrated = feed.salt / self.concentration_factor
        washed = sieving.diafiltration_yield(self.diavolumes, 1.0)
        return concentrated * washed + self.buffer_salt * retained * (1.0 - washed)

    def _drained(self, retained: Array) -> Array:
        """Return the fraction recovered from the system, (V + flushed hold-up) / (V + hold-up)."""
        hold_up, retained = self.hold_up * self.membrane_area * 1e-3, np.maximum(retained, NOTHING)
        return (retained + self.flushed * hold_up) / (retained + hold_up)

    def _time(
        self, feed: Material, retained: Array, number: Array, passing: Array
    ) -> tuple[tuple[Phase, ...], dict[str, Array]]:
        positions, weights = (as_precise(of_nodes, feed.volume) for of_nodes in (_POSITIONS, _WEIGHTS))
        fluxes, by_vesicles, by_protein = self._fluxes(feed, number, passing, positions)
        concentrate = flux.concentration_hours(
            feed.volume, self.concentration_factor, self.membrane_area, fluxes, positions, weights
        )
        wash = self.diavolumes * retained / (self.membrane_area * fluxes[NODES])
        phases = (Phase("concentrate", concentrate), Phase("diafilter", wash))
        final = number / (np.maximum(retained, NOTHING) * 1e3)
        limits = {
            "flux limited by vesicles at the membrane": by_vesicles,
            "flux limited by protein at the membrane": by_protein,
            "above 1e13 EV/mL: aggregation is likely": one_where(final > _OVERCONCENTRATED),
            "gel reached: the flux is at its floor": one_where(fluxes[NODES] <= flux.SMALLEST_FLUX),
        }
        return phases, limits

    def _fluxes(
        self, feed: Material, number: Array, passing: Array, positions: Array
    ) -> tuple[NDArray[np.float64], Array, Array]:
        """Return the flux at the quadrature nodes and at the end, and which limit binds at the end."""
        depth = np.log(self.concentration_factor) * positions
        milliliters = np.maximum(feed.volume, NOTHING) * 1e3
        protein = np.maximum(self._concentrated(feed.protein, passing, depth) / milliliters, _NO_BULK)
        vesicles = np.maximum(number / milliliters, _NO_BULK)
        mean = self._transfer(self._mean_diameter(feed, number))
        by_vesicles = flux.gel_flux(mean, self.vesicle_gel, vesicles, depth)
        by_protein = flux.gel_flux(self._transfer(self.context.protein_diameters[1]), self.protein_gel, protein)
        fluxes = np.asarray(flux.limited(self.flux, by_vesicles, by_protein))
        bound = fluxes[NODES] < self.flux
        first = by_vesicles[NODES] <= by_protein[NODES]
        return fluxes, one_where(bound & first), one_where(bound & ~first)

    def _transfer(self, diameter: Array) -> Array:
        return flux.mass_transfer(self.shear_rate, flux.diffusivity(diameter), self.channel_length)

    def _mean_diameter(self, feed: Material, number: Array) -> Array:
        """Return the number mean of the vesicles' diameters [nm]."""
        if not isinstance(feed.vesicles, np.ndarray):
            return float(self.context.sizes.diameters.mean())
        diameters = weighted(feed.vesicles, self.context.sizes.diameters)
        return np.asarray(np.maximum(diameters / np.maximum(number, 1.0), _SMALLEST_DIAMETER))

    def _concentrated(self, pools: Array, passing: Array, depth: Array) -> Array:
        """Return the soluble protein per feed volume at each depth: every pool rises as far as it is retained."""
        if not isinstance(pools, np.ndarray):
            return np.zeros_like(depth)
        together: Array = 0.0
        for pool, sieved in zip(pools, np.asarray(passing), strict=True):
            part = np.asarray(depth * (1.0 - sieved))
            together = together + pool * np.exp(part, out=part)
        return together
