"""Tangential flow filtration: concentration, then constant-volume diafiltration.

Model: sieving of every size class, protein pool and dissolved matter by its diameter (:mod:`exosim.physics.sieving`),
through pores of one size or of many, plus a small leakage of vesicles of any size through defects; exact balances of
ultrafiltration and diafiltration; adsorption to the membrane, at most a jammed layer; a hold-up that is partly flushed
out. The flux is the set flux or what the film model allows for vesicles or for protein, whichever is less, followed
through the concentration (:mod:`exosim.physics.flux`). Each loss has a channel of its own.

On request: a transmembrane pressure, which limits the flux through membrane, fouling and the osmotic pressure of the
protein that is retained (:mod:`exosim.physics.osmotic`; its share 1 - S is felt, as reflection equals retention:
Levitt 1975); fouling, which slows a flux that is set without a pressure, else adds to the resistance of the membrane,
and goes with cleaning; polarization, which raises the sieving that is observed, with the flux that vesicles allow at
the start; and shear, ``exp(-k gamma n)`` after n passes of the pump, ``n = (ln X + N) / (permeate / cross flow)``.

Assumptions: aggregates of cargo are as large as the largest vesicles; debris and cells are retained. A second pass is
the operation once more; a measured recovery replaces all losses of vesicles.

Validity: observed sieving, unless polarization is given; vesicles below 1e13 EV/mL (above, aggregation and viscosity
take over) and mostly below 300 nm (above, shear-induced diffusion does). Typical failures: fouling (stop and clean,
about 2 h), breach of the membrane, over-concentration, foaming.
Sources: Zeman & Wales 1981; van Reis & Zydney 2007; Blatt et al. 1970; Binder et al. 2021
(doi:10.3390/cells10123321).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.material import Material, as_precise, is_number, one_where, total, weighted
from exosim.operations.base import NOTHING, VESICLES_TAKEN, MeasuredRecovery, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import flux, osmotic, passage, sieving
from exosim.physics.quadrature import NODES, POSITIONS, WEIGHTS
from exosim.vocabulary import SMALL_MOLECULES

_POSITIONS, _WEIGHTS = np.append(POSITIONS, (1.0, 0.0))[:, None], np.append(WEIGHTS, (0.0, 0.0))
_END, _START = NODES, NODES + 1  # behind the nodes
_FOULED = 0.2  # of the flux at the start
_LIMITED = {
    "vesicles": "flux limited by vesicles at the membrane",
    "protein": "flux limited by protein at the membrane",
    "pressure": "flux limited by pressure",
}
_OVERCONCENTRATED = 1e13  # EV/mL
_SMALLEST_DIAMETER = 1e-6  # nm, keeps the diffusivity finite when no vesicle is left
_NO_BULK = 1e-9  # EV/mL or ug/mL, where there is nothing to pile up at the membrane


@dataclass(frozen=True, kw_only=True)
class TangentialFlowFiltration(MeasuredRecovery):
    """Concentration and diafiltration on a membrane with cross flow."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"adsorbed_per_area", "shear_damage"})
    sized_by: ClassVar[str | None] = "membrane_area"
    grows: ClassVar[tuple[str, ...]] = ("membrane_area",)

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
    pore_gsd: Array | None = parameter(
        None,
        "1",
        low=1.0,
        high=1.5,
        minimum=1.0,
        doc="geometric standard deviation of the pores around the effective diameter; pores of one size without it",
        source="kanani2010",
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
    transmembrane_pressure: Array | None = parameter(
        None,
        "bar",
        low=0.07,
        high=0.7,
        doc="transmembrane pressure; without it the set flux is reached whatever pressure that takes",
        source="general_knowledge",
        critical=True,
        decided=True,
    )
    permeability: Array = parameter(
        180.0,
        "L/m2/h/bar",
        low=55,
        high=570,
        doc="flux of water through the clean membrane, per pressure",
        source="bacchin_course",
        grade="B",
    )
    fouling: Array | None = parameter(
        None,
        "m2/L",
        low=0.002,
        high=0.1,
        doc="resistance that each liter filtered per area adds, over that of the clean membrane",
        source="chu2022",
    )
    polarization: Array | None = parameter(
        None,
        "1",
        low=0.0,
        high=2.0,
        maximum=2.0,
        doc="largest J / k by which polarization raises the sieving; without it the sieving is the observed one",
    )
    permeate_share: Array = parameter(
        0.03,
        "1",
        low=0.01,
        high=0.05,
        minimum=1e-4,
        doc="permeate over cross flow in one pass of the pump",
        source="repligen2023",
        grade="A",
    )
    shear_damage: Array | None = parameter(
        None,
        "s",
        low=1e-10,
        high=1e-7,
        doc="vesicles destroyed per pass of the pump and wall shear rate; no evidence of any",
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
        film = self._film(feed, number)
        particles, drained = self._particles_kept(film), self._drained(retained)
        passing = self._sieving(self.context.protein_diameters, film)
        filtered, permeate = feed.separate(self._kept_solutes(feed, film, particles, passing))
        permeate = permeate + buffer.replaced(salt=0.0)
        salted = filtered.replaced(salt=self._salt(feed, retained))
        permeate = permeate.replaced(salt=feed.salt + buffer.salt - salted.salt)
        diameters = self.context.sizes.diameters
        stuck = passage.left_in_solution(feed.vesicles, diameters, self.adsorbed_per_area, self.membrane_area)
        passes = self._pump_passes()
        mechanism = {"permeate": particles, "membrane adsorption": stuck, **self._shear(passes), "hold-up": drained}
        product, losses = self.take_vesicles("measured loss", mechanism, salted)
        product, in_system = product.separate(VESICLES_TAKEN, otherwise=drained)
        hours, limits = self._time(feed, retained, number, passing)
        return Outcome(
            product,
            added=buffer,
            losses=joined(losses, {"hold-up": in_system, "permeate": permeate}),
            phases=(Phase("prepare", self.preparation), *hours),
            consumption={"buffer": buffer.volume, "membrane_area": self.membrane_area},
            monitors={"load": feed.volume / self.membrane_area, "pump_passes": passes},
            limits={**limits, **self.adsorption_limit(stuck, number)},
        )

    def unused(self) -> frozenset[str]:
        """Return the parameters without effect: the permeability matters under a pressure only."""
        idle = super().unused()
        return idle if self.transmembrane_pressure is not None else idle | {"permeability"}

    def _passed(self, coefficient: Array) -> Array:
        """Return the fraction kept through concentration and diafiltration."""
        return sieving.filtration_yield(self.concentration_factor, self.diavolumes, coefficient)

    def _film(self, feed: Material, number: Array) -> Array:
        """Return the flux that polarizes, what vesicles allow at the start; 0 where nothing depends on it [L/m2/h]."""
        if self.polarization is None:
            return 0.0
        bulk = np.maximum(number / (np.maximum(feed.volume, NOTHING) * 1e3), _NO_BULK)
        allowed = flux.gel_flux(self._transfer(self._mean_diameter(feed, number)), self.vesicle_gel, bulk)
        return flux.limited(self.flux, allowed)

    def _sieving(self, diameter: Array, film: Array) -> Array:
        """Return the sieving that is observed at the flux of the film."""
        steric = sieving.distributed_sieving(diameter, self.pore_diameter, self.pore_gsd)
        if self.polarization is None:
            return steric
        return sieving.observed_sieving(steric, np.minimum(film / self._transfer(diameter), self.polarization))

    def _particles_kept(self, film: Array) -> NDArray[np.float64]:
        """Return the fraction kept of the particles of each size class: those larger than any pore only leak."""
        diameters, leaking = self.context.sizes.diameters, self._passed(self.vesicle_leakage)
        spread: Array = 1.0 if self.pore_gsd is None else self.pore_gsd**sieving.WIDEST
        small = diameters[:, 0] < np.max(self.pore_diameter * spread, initial=0.0)
        sieved = self._passed(np.maximum(self._sieving(diameters[small], film), self.vesicle_leakage))
        lanes = np.broadcast_shapes(np.shape(leaking)[-1:], np.shape(sieved)[-1:])
        kept = np.empty((len(diameters), *lanes), np.result_type(leaking, sieved))
        kept[small], kept[~small] = sieved, leaking
        return kept

    def _kept_solutes(
        self, feed: Material, film: Array, particles: NDArray[np.float64], passing: Array
    ) -> dict[str, Array]:
        """Return the fractions kept of all that is not a vesicle; vesicles are taken later, channel by channel."""
        dissolved = {
            "nuclease": self.context.nuclease_diameter,
            "free_cargo": self.context.free_cargo_diameter,
            "polymer": self.context.polymer_diameter,
        }
        there = {name: size for name, size in dissolved.items() if not is_number(getattr(feed, name), 0.0)}
        return {
            "volume": 1.0 / self.concentration_factor,
            "nonvesicular": particles,
            "lipoproteins": particles,
            "aggregated_cargo": particles[-1],
            "protein": self._passed(passing),
            "free_dna": self._passed(self.dna_sieving),
            **{name: self._passed(self._sieving(size, film)) for name, size in there.items()},
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

    def _pump_passes(self) -> Array:
        """Return how often the lot goes through the pump while its permeate is drawn."""
        return (np.log(self.concentration_factor) + self.diavolumes) / self.permeate_share

    def _shear(self, passes: Array) -> dict[str, Array]:
        """Return the fraction that survives the pump, where damage is given."""
        if self.shear_damage is None:
            return {}
        return {"shear": np.exp(-self.shear_damage * self.shear_rate * passes)}

    def _time(
        self, feed: Material, retained: Array, number: Array, passing: Array
    ) -> tuple[tuple[Phase, ...], dict[str, Array]]:
        positions, weights = (as_precise(of_nodes, feed.volume) for of_nodes in (_POSITIONS, _WEIGHTS))
        fluxes, limits = self._fluxes(feed, number, passing, positions)
        concentrate = flux.concentration_hours(
            feed.volume, self.concentration_factor, self.membrane_area, fluxes, positions, weights
        )
        wash = self.diavolumes * retained / (self.membrane_area * fluxes[_END])
        phases = (Phase("concentrate", concentrate), Phase("diafilter", wash))
        final = number / (np.maximum(retained, NOTHING) * 1e3)
        limits = {
            **limits,
            "above 1e13 EV/mL: aggregation is likely": one_where(final > _OVERCONCENTRATED),
            "gel reached: the flux is at its floor": one_where(fluxes[_END] <= flux.SMALLEST_FLUX),
            "flux below 20 % of its start: stop and clean": one_where(fluxes[_END] < _FOULED * fluxes[_START]),
        }
        return phases, limits

    def _fluxes(
        self, feed: Material, number: Array, passing: Array, positions: Array
    ) -> tuple[NDArray[np.float64], dict[str, Array]]:
        """Return the flux at the quadrature nodes, at the end and at the start, and which limit binds at the end."""
        depth = np.log(self.concentration_factor) * positions
        milliliters = np.maximum(feed.volume, NOTHING) * 1e3
        protein = np.maximum(self._concentrated(feed.protein, passing, depth) / milliliters, _NO_BULK)
        vesicles = np.maximum(number / milliliters, _NO_BULK)
        mean, albumin = self._transfer(self._mean_diameter(feed, number)), self.context.protein_diameters[1]
        found = {
            "vesicles": flux.gel_flux(mean, self.vesicle_gel, vesicles, depth),
            "protein": flux.gel_flux(self._transfer(albumin), self.protein_gel, protein),
        }
        ceiling, fouled = self.flux, self._fouled(feed.volume, depth, positions)
        if self.transmembrane_pressure is None:
            ceiling = ceiling / fouled
        else:
            felt = np.maximum(self._concentrated(feed.protein, passing, depth, felt=True) / milliliters, _NO_BULK)
            path = self.permeability / fouled, self._transfer(albumin)
            found["pressure"] = osmotic.pressure_flux(self.transmembrane_pressure, *path, felt)
        fluxes = np.asarray(flux.limited(ceiling, *found.values()))
        ended = ceiling[_END] if isinstance(ceiling, np.ndarray) and ceiling.ndim == 2 else ceiling
        bound = flux.binding(ended, {name: of_limit[_END] for name, of_limit in found.items()})
        return fluxes, {_LIMITED[name]: one_where(binds) for name, binds in bound.items()}

    def _fouled(self, volume: Array, depth: Array, positions: Array) -> Array:
        """Return the resistance of the membrane at each node over that of the clean one; at the end, amid the wash."""
        if self.fouling is None:
            return 1.0
        left, amid_wash = np.exp(-depth), 0.5 * self.diavolumes * (positions == 1.0)
        return 1.0 + self.fouling * volume / self.membrane_area * (1.0 - left + amid_wash * left)

    def _transfer(self, diameter: Array) -> Array:
        return flux.mass_transfer(self.shear_rate, flux.diffusivity(diameter), self.channel_length)

    def _mean_diameter(self, feed: Material, number: Array) -> Array:
        """Return the number mean of the vesicles' diameters [nm]."""
        if not isinstance(feed.vesicles, np.ndarray):
            return float(self.context.sizes.diameters.mean())
        diameters = weighted(feed.vesicles, self.context.sizes.diameters)
        return np.asarray(np.maximum(diameters / np.maximum(number, 1.0), _SMALLEST_DIAMETER))

    def _concentrated(self, pools: Array, passing: Array, depth: Array, felt: bool = False) -> Array:
        """Return the soluble protein per feed volume at each depth, or what of it the membrane feels as retained.

        Every pool rises as far as it is retained.
        """
        if not isinstance(pools, np.ndarray):
            return np.zeros_like(depth)
        together: Array = 0.0
        for pool, sieved in zip(pools, np.asarray(passing), strict=True):
            part = np.asarray(depth * (1.0 - sieved))
            together = together + (pool * (1.0 - sieved) if felt else pool) * np.exp(part, out=part)
        return together
