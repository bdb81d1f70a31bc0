"""Quality: the assays, what they report, and the limits that a specification sets on what is reported.

True values and reported values are separate. An assay multiplies the true value by (1 + bias) and a lognormal error; a
particle counter also misses small vesicles and counts other particles. Limits of an attribute apply to what its assay
reports (ICH Q6B: specification; ICH Q8: critical quality attribute).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from exosim.composition import ratio, total_dna, total_protein
from exosim.material import Material, total
from exosim.operations.base import Context
from exosim.parameter import Array, parameter
from exosim.physics.detection import Counter, counted_particles


@dataclass(frozen=True, kw_only=True)
class Assay:
    """An assay; the defaults are those of nanoparticle tracking analysis."""

    bias: Array = parameter(
        0.0, "1", low=-0.5, high=1.0, minimum=-math.inf, maximum=math.inf, doc="relative error of every result"
    )
    repeatability: Array = parameter(
        0.06, "1", low=0.0, high=0.6, doc="coefficient of variation of a result", source="vestad2017", grade="A"
    )
    detection_limit: Array = parameter(
        65.0, "nm", low=0.0, high=150, doc="diameter at which half of the particles are counted", source="majka2017"
    )
    detection_width: Array = parameter(
        30.0, "nm", low=1.0, high=100, doc="range of diameters over which counting rises from none to all"
    )

    def counter(self) -> Counter:
        """Return the particle counter that this assay is."""
        return Counter(self.detection_limit, self.detection_width, self.bias)

    def reported(self, true: Array, z: Array) -> Array:
        """Return the result for a true value and a standard normal number; a count already carries its bias."""
        sigma = np.sqrt(np.log1p(np.square(self.repeatability)))
        return np.asarray(true * np.exp(sigma * z))


@dataclass(frozen=True, slots=True)
class Lot:
    """What measures are taken of: the final product and the doses made of it."""

    product: Material
    context: Context
    counter: Counter
    dose_volume_ml: Array

    @property
    def milliliters(self) -> Array:
        """Volume of the product [mL]."""
        return self.product.volume * 1e3


def _particles(lot: Lot) -> Array:
    return counted_particles(lot.product, lot.context.sizes, lot.counter)


def _protein(lot: Lot) -> Array:
    return total_protein(lot.product, lot.context)


MEASURES: Mapping[str, tuple[str, Callable[[Lot], Array]]] = {
    "particles_per_volume": ("particle/mL", lambda lot: ratio(_particles(lot), lot.milliliters)),
    "particles_per_protein": ("particle/ug", lambda lot: ratio(_particles(lot), _protein(lot))),
    "evs_per_volume": ("EV/mL", lambda lot: ratio(total(lot.product.vesicles), lot.milliliters)),
    "evs_per_protein": ("EV/ug", lambda lot: ratio(total(lot.product.vesicles), _protein(lot))),
    "protein_per_volume": ("ug/mL", lambda lot: ratio(_protein(lot), lot.milliliters)),
    "dna_per_volume": ("ng/mL", lambda lot: ratio(total_dna(lot.product), lot.milliliters)),
    "dna_per_dose": ("ng/dose", lambda lot: ratio(total_dna(lot.product), lot.milliliters) * lot.dose_volume_ml),
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """A quality attribute: a measure, its limits and the assay that reports it.

    Attributes
    ----------
    id, measure, assay : names; `measure` is a key of :data:`MEASURES`
    at_least, at_most : limits in the unit of the measure; None where there is none
    critical : whether it is a critical quality attribute
    """

    id: str
    measure: str
    assay: str | None
    at_least: float | None
    at_most: float | None
    critical: bool = True

    def met(self, reported: Array) -> Array:
        """Return 1 where the reported value lies within the limits, else 0."""
        inside = np.ones(np.shape(reported))
        if self.at_least is not None:
            inside = inside * (np.asarray(reported) >= self.at_least)
        if self.at_most is not None:
            inside = inside * (np.asarray(reported) <= self.at_most)
        return inside
