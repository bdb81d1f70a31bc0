"""What the assays of a lot report: its attributes, with what is known of the lot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exosim.assay import Result
from exosim.companion import Of
from exosim.composition import Contents, ratio
from exosim.kernel import Step
from exosim.material import times
from exosim.operations.base import Context, Outcome
from exosim.parameter import Array
from exosim.quality import Attribute, Lot, reported_value
from exosim.readings import Specification, contents_of, made_by


def attribute_results(
    steps: Sequence[Step],
    context: Context,
    specification: Specification,
    noise: Mapping[str, Array],
    contents: Contents | None = None,
) -> Iterator[tuple[Attribute, str, Array]]:
    """Yield each attribute with the unit and the values that are reported for it.

    Parameters
    ----------
    noise : standard normal number of the one result of each assay, by its id
    contents : of the materials of these steps, as far as they are known
    """
    lots: dict[Of, Lot] = {"product": lot_of(made_by(steps), context, specification, contents)}
    if specification.companion is not None:
        made = specification.companion.made(steps)
        lots["companion"] = lot_of(made, context, specification.about("companion"), contents)
    results = {name: Result(assay, noise[name]) for name, assay in specification.assays.items()}
    for attribute in specification.attributes:
        measure = attribute.about
        named = results[attribute.assay] if attribute.assay is not None else None
        instrument = results[specification.instrument_id]
        yield attribute, measure.unit, reported_value(measure, lots[attribute.of], instrument, named)


def lot_of(
    made: Outcome,
    context: Context,
    specification: Specification,
    contents: Contents | None = None,
    contamination: Mapping[str, float] | None = None,
) -> Lot:
    """Return what the assays are given: the product, the volume of its doses, and what is known of its lots.

    Parameters
    ----------
    made : outcome of the procedure that makes the product
    contents : of the materials of the run, as far as they are known
    contamination : organisms per volume by agent [CFU/mL]
    """
    product = made.product
    contents = contents_of(context, specification) if contents is None else contents
    contained = contents.doses(product, specification.dose.kind)
    per_dose = ratio(times(product.volume, 1e3), contained / specification.dose.amount)
    return Lot(product, context, per_dose, contents, specification.properties, contamination or {}, product.vials)
