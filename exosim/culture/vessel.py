"""The vessel of a culture: what it offers the cells, and the rates that follow from it.

A platform declares its vessel and overrides the properties that tell what it offers: volume, surface, oxygen transfer,
fresh medium, shear.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from exosim.culture.interval import Rates
from exosim.culture.medium import Medium
from exosim.culture.release import HOURS
from exosim.culture.supply import MILLIMOLAR_PER_PICOMOLE
from exosim.material import Material, is_number, plus, times
from exosim.operations.base import NOTHING
from exosim.parameter import Array, parameter
from exosim.physics import growth, oxygen, senescence

_PICOMOLE = 1e-3  # pmol in a fmol


@dataclass(frozen=True, kw_only=True)
class Vessel(Medium):
    """What a vessel declares besides its size, and what it tells of itself."""

    effects: ClassVar[Mapping[str, Mapping[str, float]]] = {
        "oxygen": {"oxygen_uptake": 0.0},
        "glucose": {"glucose_uptake": 0.0},
        "lactate": {"lactate_yield": 0.0},
        "ammonia": {"ammonia_rate": 0.0},
        "starvation": {"starvation_rate": 0.0, "metabolic_link": 0.0},
        "reuptake": {"reuptake": 0.0},
        "decay": {"decay": 0.0},
        "density": {"density_exponent": 0.0},
        "growth_secretion": {"growth_secretion": 0.0},
        "hypoxia": {"hypoxia_gain": 0.0},
        "senescence": {"doublings_limit": math.inf},
        "passage": {"potency_loss": 0.0},
    }

    oxygen_saturation: Array = parameter(
        0.187,
        "mmol/L",
        low=0.01,
        high=1.1,
        doc="oxygen of medium in equilibrium with the gas phase",
        source="weiss1970",
        grade="B",
    )
    least_oxygen: Array = parameter(
        0.1, "1", low=0.0, high=0.6, doc="fraction of saturation below which cells go short of oxygen"
    )
    oxygen_level: Array = parameter(
        1.0, "1", low=0.02, high=1.0, doc="oxygen in the gas phase over that at which the secretion rate was measured"
    )
    fusion_rate: Array = parameter(
        0.105, "1/h", low=0.0105, high=1.05, doc="rate at which multivesicular bodies fuse with the membrane",
        source="wang2017",
        grade="A",
    )  # fmt: skip
    lysosomal_rate: Array = parameter(
        0.1, "1/h", low=0.0, high=1.0, doc="rate at which multivesicular bodies end in lysosomes"
    )
    budding: Array = parameter(
        0.2, "1", low=0.0, high=1.0, doc="share of the vesicles that bud from the membrane itself"
    )

    # -- what a platform tells of its vessel --------------------------------------------------------------------------

    @property
    def liters(self) -> Array:
        """Medium in the vessel when it is filled [L]."""
        raise TypeError(f"{type(self).__name__} tells no volume")

    @property
    def surface(self) -> Array | None:
        """Growth surface [cm2]; None where cells float."""
        return None

    @property
    def most_cells(self) -> Array | None:
        """Cells at which growth ends for want of space [cell]; None where nothing but the supply ends it."""
        return None

    @property
    def transfer(self) -> Array | None:
        """Oxygen transfer coefficient [1/h]; None where oxygen cannot run short."""
        return None

    @property
    def exchange(self) -> Array:
        """Flow of fresh medium that passes the cells without taking vesicles along, over the volume [1/h]."""
        return 0.0

    @property
    def medium_flow(self) -> Array:
        """Fresh medium used while the culture runs [L/d]."""
        return 0.0

    @property
    def shear_gain(self) -> Array:
        """Factor of shear on secretion."""
        return 1.0

    @property
    def shear_death(self) -> Array:
        """Death rate that shear adds [1/h]."""
        return 0.0

    @property
    def permeate(self) -> Array:
        """Flow of medium out of the vessel through the device that keeps the cells, while collecting [1/h]."""
        return 0.0

    @property
    def bleed(self) -> Array:
        """Flow of the whole suspension out of the vessel, while collecting [1/h]."""
        return 0.0

    @property
    def passing_vesicles(self) -> Array:
        """Share of the vesicles that passes with the permeate."""
        return 1.0

    @property
    def passing_cells(self) -> Array:
        """Share of the cells that passes with the permeate."""
        return 0.0

    @property
    def drains(self) -> bool:
        """Whether medium leaves the vessel while it runs."""
        return not (is_number(self.permeate, 0.0) and is_number(self.bleed, 0.0))

    @property
    def washout(self) -> Array:
        """Rate at which cells leave [1/h]."""
        return plus(self.bleed, times(self.permeate, self.passing_cells))

    @property
    def vesicle_outflow(self) -> Array:
        """Rate at which vesicles leave [1/h]."""
        return plus(self.bleed, times(self.permeate, self.passing_vesicles))

    def vessel_use(self) -> dict[str, Array]:
        """Return what of the vessel is used up."""
        return {}

    # -- rates --------------------------------------------------------------------------------------------------------

    def rates(self, state: Material, relative_growth: Array, death_rate: Array) -> Rates:
        """Return what governs a stretch in growth medium; densities are per milliliter of the vessel."""
        milliliters = state.volume * 1e3
        rate = times(growth.doubling_rate(self.doubling_time), relative_growth)
        if not is_number(rate, 0.0) and not is_number(self.doublings_limit, math.inf):
            doublings = state.doublings / np.maximum(state.viable_cells, NOTHING)
            rate = rate * senescence.growth_share(doublings, self.doublings_limit)
        no_uptake = is_number(self.oxygen_uptake, 0.0)
        return Rates(
            growth=rate,
            death=plus(death_rate, self.shear_death),
            theta=self.contact_inhibition,
            surface=None if self.most_cells is None else self.most_cells / milliliters,
            oxygen=None if self.transfer is None or no_uptake else self._oxygen(self.transfer),
            starvation=self.starvation_rate,
            uptake=times(self.glucose_uptake, MILLIMOLAR_PER_PICOMOLE),
            lactate_yield=self.lactate_yield,
            ammonia=times(self.ammonia_rate, MILLIMOLAR_PER_PICOMOLE),
            lactate_limit=self.lactate_limit,
            ammonia_limit=self.ammonia_limit,
            exchange=self.exchange,
            inflow=self.fresh_glucose,
        )

    @property
    def steady(self) -> bool:
        """Whether the rates of the collection are the same from harvest to harvest in a vessel of constant volume."""
        return is_number(self.collection_growth, 0.0)

    def _oxygen(self, transfer: Array) -> Array:
        """Return the cells that oxygen sustains [cell/mL]."""
        saturation = times(self.oxygen_saturation, self.oxygen_level)
        return oxygen.stirred_density(
            transfer, saturation, saturation * self.least_oxygen, self.oxygen_uptake * _PICOMOLE
        )

    def collecting(self, state: Material) -> Rates:
        """Return what governs a stretch of collection: the rates of growth and those of the vesicles."""
        gain = times(self.shear_gain, self._hypoxia)
        milliliters = state.volume * 1e3
        return replace(
            self.rates(state, self.collection_growth, self.death_rate),
            secretion=times(self.activity * self.secretion_rate / HOURS, gain),
            gain=gain,
            growth_secretion=self.growth_secretion,
            metabolic_link=self.metabolic_link,
            density_exponent=0.0 if self.surface is None else self.density_exponent,
            density_reference=1.0 if self.surface is None else self.density_reference * self.surface / milliliters,
            reuptake=self.reuptake,
            loss=plus(self.decay, self.vesicle_outflow),
            potency=self.relative_potency,
            fading=self.potency_decay,
            exchange=plus(self.exchange, plus(self.permeate, self.bleed)),
            washout=self.washout,
        )

    @property
    def _hypoxia(self) -> Array:
        """Factor of oxygen on secretion, 1 + gain (1 - level)."""
        if is_number(self.hypoxia_gain, 0.0) or is_number(self.oxygen_level, 1.0):
            return 1.0
        return 1.0 + self.hypoxia_gain * np.maximum(1.0 - self.oxygen_level, 0.0)
