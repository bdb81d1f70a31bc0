"""Quality: the assays, what they report, and the limits that a specification sets on what is reported.

True values and reported values are separate: :mod:`exosim.assay` tells what an assay makes of a true value. Limits
of an attribute apply to what its assay reports (ICH Q6B: specification;
ICH Q8: critical quality attribute).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from exosim.assay import Result
from exosim.cargo_contents import CARGO, Cargo, cargo, cargo_share, molecules
from exosim.companion import Of
from exosim.composition import Contents, ratio, total_dna, total_protein
from exosim.errors import ModelError, Problem
from exosim.lot_properties import LotProperties, Marker
from exosim.material import Material, plus, times, total
from exosim.operations.base import Context
from exosim.parameter import Array
from exosim.physics.detection import Counter, efficiency, seen_particles

Agent: TypeAlias = Literal["bacteria", "mycoplasma"]
"""What can live in a contaminated lot."""
AGENTS: tuple[Agent, ...] = get_args(Agent)
MARKERS: tuple[Marker, ...] = get_args(Marker)
GIVEN: tuple[str, ...] = ("endotoxin", *MARKERS)
"""What only the scenario can say of a lot: fields of :class:`~exosim.lot_properties.LotProperties`."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What an attribute is about: an amount of something over a volume, a protein mass, a dose or all of its kind.

    Attributes
    ----------
    unit, top, bottom : of the ratio
    sizes : diameters between which particles on top are counted [nm]
    """

    unit: str
    top: Literal[
        "particles", "vesicles", "protein", "dna", "endotoxin", "potency", "viable_cells", Cargo, Marker, Agent
    ]  # fmt: skip
    bottom: Literal["volume", "protein", "dose", "vial", "vesicles", "particles", "all cargo", "all cells"]
    sizes: tuple[float, float] | None = None

    @property
    def counts(self) -> bool:
        """Whether the named assay counts particles for it."""
        return self.top == "particles" and self.bottom != "protein"


MEASURES: Mapping[str, Measure] = {
    "particles_per_volume": Measure("particle/mL", "particles", "volume"),
    "particles_per_protein": Measure("particle/ug", "particles", "protein"),
    "evs_per_volume": Measure("EV/mL", "vesicles", "volume"),
    "evs_per_protein": Measure("EV/ug", "vesicles", "protein"),
    "protein_per_volume": Measure("ug/mL", "protein", "volume"),
    "dna_per_volume": Measure("ng/mL", "dna", "volume"),
    "particles_per_vial": Measure("particle/vial", "particles", "vial"),
    "particles_per_dose": Measure("particle/dose", "particles", "dose"),
    "evs_per_vial": Measure("EV/vial", "vesicles", "vial"),
    "dna_per_dose": Measure("ng/dose", "dna", "dose"),
    "particles_in_size_range": Measure("1", "particles", "particles"),
    "endotoxin_per_volume": Measure("EU/mL", "endotoxin", "volume"),
    "endotoxin_per_dose": Measure("EU/dose", "endotoxin", "dose"),
    "relative_potency": Measure("1", "potency", "vesicles"),
    "cargo_per_vesicle": Measure("1/EV", "loaded", "vesicles"),
    "apparent_cargo_per_vesicle": Measure("1/EV", "retained", "vesicles"),
    "loaded_fraction": Measure("1", "loaded", "all cargo"),
    "free_cargo_per_dose": Measure("mol/dose", "free", "dose"),
    "cd9_positive": Measure("1", "cd9", "vesicles"),
    "cd63_positive": Measure("1", "cd63", "vesicles"),
    "cd81_positive": Measure("1", "cd81", "vesicles"),
    "viability": Measure("1", "viable_cells", "all cells"),
    "viable_cells_per_volume": Measure("cell/mL", "viable_cells", "volume"),
    "viable_cells_per_vial": Measure("cell/vial", "viable_cells", "vial"),
    "bioburden": Measure("CFU/mL", "bacteria", "volume"),
    "mycoplasma": Measure("CFU/mL", "mycoplasma", "volume"),
}


_SHORT = re.compile(r"\b(dna|cd\d+|evs)\b")


def in_words(measure: str) -> str:
    """Return what a measure is called: ``dna_per_dose`` as ``DNA per dose``."""
    words = measure.replace("_", " ")
    return _SHORT.sub(lambda found: "EVs" if found[1] == "evs" else found[1].upper(), words)


@dataclass(frozen=True, slots=True)
class Lot:
    """What measures are taken of: the final product and the doses made of it.

    Attributes
    ----------
    product, dose_volume_ml, context : the material, the volume of a dose [mL], and what the run shares
    contents : what the instrument of the product finds in it, where that is known
    properties : what the scenario says of its lots
    contamination : organisms per volume by agent [CFU/mL]; none: no batch has failed
    vials : number of vials that hold the product; 0 where it is in none
    """

    product: Material
    context: Context
    dose_volume_ml: Array
    contents: Contents | None = None
    properties: LotProperties = field(default_factory=LotProperties)
    contamination: Mapping[str, Array] = field(default_factory=dict)
    vials: Array = 0.0

    @property
    def milliliters(self) -> Array:
        """Volume of the product [mL]."""
        return self.product.volume * 1e3


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

    Raises
    ------
    ModelError
        when the measure is about a property that the scenario does not give.
    """
    if measure.top in AGENTS:
        level = lot.contamination.get(measure.top, 0.0)
        return level if assay is None else assay.assay.found(level, assay.z)
    if measure.bottom == "all cargo":
        return np.minimum(_through(assay, cargo_share(lot.product)), 1.0)
    if measure.bottom == "all cells":
        alive = ratio(lot.product.viable_cells, plus(lot.product.viable_cells, lot.product.dead_cells))
        return np.minimum(_through(assay, alive), 1.0)
    if measure.bottom == "vesicles" and measure.top in CARGO:
        return _through(assay, ratio(molecules(measure.top, lot.product), total(lot.product.vesicles)))
    if measure.bottom == "vesicles":
        return _of_the_vesicles(measure, lot, assay)
    if measure.bottom == "particles":
        return _in_range(measure, lot, (instrument if assay is None else assay).assay.counter())
    if measure.bottom == "protein":
        top = _counted(lot, instrument, instrument) if measure.top == "particles" else _amount(measure.top, lot)
        return ratio(top, _through(assay, _amount("protein", lot), lot.milliliters))
    per_milliliter = _per_milliliter(measure, lot, instrument, assay)
    if measure.bottom == "vial":
        return times(per_milliliter, ratio(lot.milliliters, lot.vials))
    return times(per_milliliter, lot.dose_volume_ml) if measure.bottom == "dose" else per_milliliter


def true_value(measure: Measure, lot: Lot, instrument: Result, assay: Result | None) -> Array:
    """Return what would be reported without bias and error; a counter still sees what it sees of each size."""
    if measure.top != "particles":
        return reported_value(measure, lot, instrument, None)
    named = _exact(assay) if assay is not None else None
    return reported_value(measure, replace(lot, contents=None), _exact(instrument), named)


def _exact(result: Result) -> Result:
    return Result(result.assay.exact(), 0.0)


def _of_the_vesicles(measure: Measure, lot: Lot, assay: Result | None) -> Array:
    """Return their relative potency, or the fraction that carries a marker: no more than all of them."""
    if measure.top != "potency":
        return np.minimum(_through(assay, _given(measure.top, lot)), 1.0)
    carried = ratio(lot.product.potency, total(lot.product.vesicles))
    declared = lot.properties.potency
    return _through(assay, carried if declared is None else times(carried, declared))


def _in_range(measure: Measure, lot: Lot, counter: Counter) -> Array:
    """Return the fraction of the particles that a counter sees which lies in the range of diameters of a measure.

    It is a ratio within one count, whose bias and error cancel.
    """
    sizes = lot.context.sizes
    between = (0.0, math.inf) if measure.sizes is None else measure.sizes
    inside = seen_particles(lot.product, efficiency(sizes, counter, between), counter)
    return ratio(inside, seen_particles(lot.product, efficiency(sizes, counter), counter))


def _per_milliliter(measure: Measure, lot: Lot, instrument: Result, assay: Result | None) -> Array:
    if measure.top == "endotoxin":
        carried = ratio(lot.product.endotoxin, lot.product.volume * 1e3)
        return _through(assay, plus(_given("endotoxin", lot), carried))
    if measure.top == "particles":
        top = _counted(lot, instrument if assay is None else assay, instrument)
    else:
        top = _through(assay, _amount(measure.top, lot), lot.milliliters)
    return ratio(top, lot.milliliters)


def _given(name: str, lot: Lot) -> Array:
    value: Array | None = getattr(lot.properties, name)
    if value is None:
        raise ModelError(Problem("is not given", path=f"product.lot.{name}", expected="it in [product.lot]"))
    return value


def _counted(lot: Lot, result: Result, instrument: Result) -> Array:
    known = lot.contents if result is instrument else None
    contents = Contents(lot.context, result.assay.counter()) if known is None else known
    return result.assay.counts(contents.particles(lot.product), lot.milliliters, result.z)


def _through(result: Result | None, true: Array, milliliters: Array = 1.0) -> Array:
    return true if result is None else result.assay.reported(true, result.z, milliliters)


def _amount(what: str, lot: Lot) -> Array:
    if what == "dna":
        return total_dna(lot.product)
    if what in CARGO:
        return cargo(what, lot.product)
    if what == "viable_cells":
        return lot.product.viable_cells
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
    sizes : diameters between which particles count, for the measure of a range of sizes [nm]
    of : whether it is one of the product or of its companion
    """

    id: str
    measure: str
    assay: str | None
    at_least: float | None
    at_most: float | None
    critical: bool = True
    sizes: tuple[float, float] | None = None
    of: Of = "product"

    @property
    def about(self) -> Measure:
        """What it is about."""
        return replace(MEASURES[self.measure], sizes=self.sizes)

    def met(self, reported: Array) -> Array:
        """Return 1 where the reported value lies within the limits, else 0."""
        inside = np.ones(np.shape(reported))
        if self.at_least is not None:
            inside = inside * (np.asarray(reported) >= self.at_least)
        if self.at_most is not None:
            inside = inside * (np.asarray(reported) <= self.at_most)
        return inside
