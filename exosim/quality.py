"""Quality: the assays, what they report, and the limits that a specification sets on what is reported.

True values and reported values are separate. An assay multiplies the true value by (1 + bias) and a lognormal error; a
particle counter also misses small vesicles and counts other particles. Limits of an attribute apply to what its assay
reports (ICH Q6B: specification; ICH Q8: critical quality attribute).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from exosim.composition import Contents, ratio, total_dna, total_protein
from exosim.material import Material, is_number, times, total
from exosim.operations.base import Context
from exosim.parameter import Array, parameter
from exosim.physics.detection import Counter


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
        65.0,
        "nm",
        low=0.0,
        high=150,
        doc="diameter at which half of the particles are counted",
        source="general_knowledge",
    )
    detection_width: Array = parameter(
        30.0, "nm", low=1.0, high=100, doc="range of diameters over which counting rises from none to all"
    )

    def counter(self) -> Counter:
        """Return the particle counter that this assay is."""
        return Counter(self.detection_limit, self.detection_width, self._bias)

    def error(self, z: Array) -> Array:
        """Return the lognormal factor of one result, for a standard normal number."""
        sigma = np.sqrt(np.log1p(np.square(self.repeatability)))
        return np.asarray(np.exp(sigma * z))

    def reported(self, true: Array, z: Array) -> Array:
        """Return the result for a true value and a standard normal number."""
        return np.asarray(true * (1.0 + self._bias) * self.error(z))

    @property
    def _bias(self) -> Array:
        """The bias, with which no result is below 0."""
        return 0.0 if is_number(self.bias, 0.0) else np.maximum(self.bias, -1.0)


@dataclass(frozen=True, slots=True)
class Measure:
    """What an attribute is about: an amount of something over a volume, a protein mass or a dose."""

    unit: str
    top: Literal["particles", "vesicles", "protein", "dna"]
    bottom: Literal["volume", "protein", "dose"]


MEASURES: Mapping[str, Measure] = {
    "particles_per_volume": Measure("particle/mL", "particles", "volume"),
    "particles_per_protein": Measure("particle/ug", "particles", "protein"),
    "evs_per_volume": Measure("EV/mL", "vesicles", "volume"),
    "evs_per_protein": Measure("EV/ug", "vesicles", "protein"),
    "protein_per_volume": Measure("ug/mL", "protein", "volume"),
    "dna_per_volume": Measure("ng/mL", "dna", "volume"),
    "dna_per_dose": Measure("ng/dose", "dna", "dose"),
}


@dataclass(frozen=True, slots=True)
class Lot:
    """What measures are taken of: the final product and the doses made of it.

    Attributes
    ----------
    product, dose_volume_ml, context : the material, the volume of a dose [mL], and what the run shares
    contents : what the instrument of the product finds in it, where that is known
    """

    product: Material
    context: Context
    dose_volume_ml: Array
    contents: Contents | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """An assay and the standard normal number of its one result on a lot; every attribute sees the same result."""

    assay: Assay
    z: Array


def reported_value(measure: Measure, lot: Lot, instrument: Result, assay: Result | None) -> Array:
    """Return what is reported for a measure.

    Parameters
    ----------
    measure : what is asked for
    lot : the lot
    instrument : the particle counter of the product
    assay : the assay that the attribute names: it reports the protein of a measure per protein, the amount on top
        otherwise; without one, what is not counted is reported as it is

    Particles are counted by the instrument of the product, or by the named assay when nothing else is measured.
    """
    over_protein = measure.bottom == "protein"
    if measure.top == "particles":
        top = _counted(lot, instrument if over_protein or assay is None else assay, instrument)
    else:
        top = _through(None if over_protein else assay, _amount(measure.top, lot))
    if over_protein:
        return ratio(top, _through(assay, _amount("protein", lot)))
    per_milliliter = ratio(top, lot.product.volume * 1e3)
    return times(per_milliliter, lot.dose_volume_ml) if measure.bottom == "dose" else per_milliliter


def _counted(lot: Lot, result: Result, instrument: Result) -> Array:
    known = lot.contents if result is instrument else None
    contents = Contents(lot.context, result.assay.counter()) if known is None else known
    return times(contents.particles(lot.product), result.assay.error(result.z))


def _through(result: Result | None, true: Array) -> Array:
    return true if result is None else result.assay.reported(true, result.z)


def _amount(what: str, lot: Lot) -> Array:
    if what == "dna":
        return total_dna(lot.product)
    if lot.contents is not None:
        return lot.contents.protein(lot.product) if what == "protein" else lot.contents.vesicles(lot.product)
    return total_protein(lot.product, lot.context) if what == "protein" else total(lot.product.vesicles)


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
