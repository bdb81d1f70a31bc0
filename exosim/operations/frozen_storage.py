"""Storage: a product is frozen, kept and thawed, or kept in the cold.

Model: each freeze-thaw cycle costs vesicles, the first most; what is stored decays at a rate that its temperature sets;
in the liquid some adsorb to the wall of the container, the small ones first, until the wall is full
(:mod:`exosim.physics.storage`). A protectant such as trehalose prevents a share of the freezing and decay losses.

Assumptions: protein that is bound to vesicles follows them; other particles and dissolved matter are not lost; waiting
in the liquid between thawing and freezing is at 4 degC.

Validity: buffer in polypropylene by default. Conditioned medium, blocked or low-binding walls adsorb next to nothing:
`adsorption` 0. The constants are particle counts; potency can be lost sooner, which `potency_decay` tells. The time of
storage counts as time of the batch.

Sources: Ahmadian et al. 2024 (freezing, decay, protection); Evtushenko et al. 2020 (wall, decay at 4 degC).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, one_where, total
from exosim.operations.base import NOTHING, MeasuredRecovery, Outcome, Phase
from exosim.parameter import Array, parameter
from exosim.physics import storage

_DAY = 24.0  # h


@dataclass(frozen=True, kw_only=True)
class FrozenStorage(MeasuredRecovery):
    """Storage at a temperature, with freeze-thaw cycles."""

    in_vials: ClassVar[bool] = True
    mechanism: ClassVar[frozenset[str]] = frozenset(
        {
            "temperature",
            "cycles",
            "first_cycle_loss",
            "later_cycle_loss",
            "protection",
            "deep_decay",
            "freezer_decay",
            "fridge_decay",
            "activation_energy",
            "liquid_time",
            "adsorption",
            "area_per_volume",
            "wall_capacity",
            "size_exponent",
        }
    )

    storage_time: Array = parameter(30.0, "d", low=0.0, high=1100, doc="time in storage", critical=True)
    temperature: Array = parameter(
        -80.0, "degC", low=-196, high=25, minimum=-200, maximum=60, doc="temperature of storage", critical=True
    )
    cycles: float = parameter(
        1, "1", low=0, high=10, whole=True, planned=True, doc="times that the product is frozen and thawed"
    )
    first_cycle_loss: Array = parameter(
        0.295,
        "1",
        low=0.0,
        high=0.36,
        doc="fraction of the vesicles lost in the first freeze-thaw cycle without protectant",
        source="ahmadian2024",
    )
    later_cycle_loss: Array = parameter(
        0.0775,
        "1",
        low=0.0,
        high=0.2,
        doc="fraction of what is left lost in each further cycle without protectant; from 40 % in three cycles",
        source="ahmadian2024",
    )
    protection: Array = parameter(
        0.0,
        "1",
        low=0.0,
        high=1.0,
        doc="share of freezing and decay losses that a protectant prevents; about 0.9 for trehalose with albumin",
        source="goergens2022",
    )
    deep_decay: Array = parameter(
        0.003, "1/d", low=1e-5, high=0.012, doc="first-order decay at -80 degC in buffer", source="gelibter2022"
    )
    freezer_decay: Array = parameter(
        0.0107,
        "1/d",
        low=0.003,
        high=0.02,
        doc="first-order decay at -20 degC in buffer; from 90 % lost in 26 weeks and one cycle, the worst report",
        source="ahmadian2024",
    )
    fridge_decay: Array = parameter(
        0.0045,
        "1/h",
        low=0.002,
        high=0.01,
        doc="first-order decay at 4 degC in buffer, without adsorption; from 18 to 21 % in 48 h",
        source="evtushenko2020",
        grade="B",
    )
    activation_energy: Array = parameter(
        60.0, "kJ/mol", low=40, high=100, doc="activation energy of the decay in the liquid"
    )
    liquid_time: Array = parameter(
        0.0,
        "h",
        low=0.0,
        high=24,
        doc="waiting in the liquid in each cycle; freezing and thawing themselves are in the loss of the cycle",
    )
    adsorption: Array = parameter(
        0.002,
        "cm/h",
        low=0.0,
        high=0.01,
        doc="transfer coefficient of 100 nm vesicles to the wall; from 51 % lost in 48 h, less what decays",
        source="evtushenko2020",
        grade="B",
    )
    area_per_volume: Array = parameter(
        5.3, "cm2/mL", low=0.1, high=12, doc="wetted wall over volume of the container; the default is 0.5 mL in 2 mL"
    )
    wall_capacity: Array = parameter(
        2e9,
        "1/cm2",
        low=1.3e9,
        high=7e9,
        doc="vesicles that the wall can take; at least those that 0.5 mL of 2.1e10 per mL lost to it",
        source="evtushenko2020",
        grade="B",
    )
    size_exponent: Array = parameter(
        1.0,
        "1",
        low=0.0,
        high=1.5,
        maximum=3.0,
        doc="exponent m of (100 nm / d)^m in the adsorption: smaller vesicles go first",
        source="evtushenko2020",
        grade="B",
    )
    potency_decay: Array = parameter(
        0.0, "1/d", low=0.0, high=1.0, doc="first-order loss of the potency of a vesicle, besides the loss of vesicles"
    )
    handling_time: Array = parameter(0.5, "h", low=0.05, high=8, doc="work to freeze and to thaw, in each cycle")

    def transform(self, feed: Material) -> Outcome:
        """Return what is left after storage."""
        product, losses = self.take_vesicles("measured loss", self._mechanism(feed), feed)
        product, faded = product.separate({"potency": np.exp(-self.potency_decay * self.storage_time)})
        losses["loss of potency"] = faded
        return Outcome(
            product,
            losses=losses,
            phases=(
                Phase("handle", max(self.cycles, 1.0) * self.handling_time),
                Phase("store", self.storage_time * _DAY, attended=False),
            ),
            limits=self._limits(feed, losses),
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield that what is stored below the freezing point has to be frozen and thawed."""
        if self.cycles < 1.0 and self.ev_recovery is None and np.any(np.less_equal(self.temperature, 0.0)):
            yield "cycles", "what is stored at or below 0 degC is frozen and thawed at least once"

    def _mechanism(self, feed: Material) -> dict[str, Array]:
        """Return the fraction kept by each loss, in order: frozen first, then in the liquid."""
        lost = 1.0 - self.protection
        frozen = storage.freeze_thaw_survival(self.cycles, self.first_cycle_loss * lost, self.later_cycle_loss * lost)
        liquid, ice = self._hours()
        at_rest = self._decay(self.temperature) * lost
        kept_in_ice = np.exp(-at_rest * ice)
        wet = self.cycles * self.liquid_time + liquid
        decay = (self._decay(storage.FRIDGE) * lost * self.cycles * self.liquid_time + at_rest * liquid) / np.maximum(
            wet, NOTHING
        )
        left, on_wall = storage.stored(
            np.asarray(feed.vesicles * (frozen * kept_in_ice)), decay, self._adsorption(), wet, self._places(feed)
        )
        standing = left + on_wall
        kept = left / np.maximum(standing, NOTHING)
        return {"freeze-thaw": frozen, "decay": np.asarray(kept_in_ice * standing), "adsorption": np.asarray(kept)}

    def _hours(self) -> tuple[Array, Array]:
        """Return the hours of storage in the liquid and in ice."""
        hours, liquid = self.storage_time * _DAY, storage.is_liquid(self.temperature)
        in_liquid = hours * liquid
        return in_liquid, hours - in_liquid

    def _decay(self, temperature: Array) -> Array:
        """Return the first-order constant without protectant [1/h]."""
        deep, freezer = self.deep_decay / _DAY, self.freezer_decay / _DAY
        return storage.decay_constant(temperature, deep, freezer, self.fridge_decay, self.activation_energy)

    def _adsorption(self) -> Array:
        diameters = self.context.sizes.diameters
        return storage.adsorption_constant(self.adsorption, self.area_per_volume, diameters, self.size_exponent)

    def _places(self, feed: Material) -> Array:
        """Return the number of vesicles that the wall can take."""
        return self.wall_capacity * self.area_per_volume * feed.volume * 1e3

    def _limits(self, feed: Material, losses: dict[str, Material]) -> dict[str, Array]:
        if self.ev_recovery is not None:
            return {}
        full = np.greater_equal(total(losses["adsorption"].vesicles), self._places(feed) * (1.0 - 1e-9))
        some = np.greater(total(feed.vesicles), 0.0)
        return {"wall of the container full": one_where(full & some)}
