"""Potency beside count: what a vesicle of the final product can still do, and how many doses that is worth.

Potency travels with the vesicles as their number weighted with relative potency: a loss of vesicles takes it along, and
it falls on its own with the passage of the cells, while material waits, in storage, and where a step harms vesicles.

Names and units of the figures are fixed: other programs read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from exosim.composition import Contents, ratio
from exosim.lot_properties import LotProperties
from exosim.material import Material, times
from exosim.operations.base import VisitedOperation
from exosim.parameter import Array
from exosim.recipe import UnitProcedure

POTENCY_HEADLINES: Mapping[str, str] = {"potent_doses": "dose", "relative_potency": "1"}
"""Headline figures of the potency and their units; reported where anything can make it differ from 1."""
_WITHOUT_EFFECT: Mapping[str, float] = {"potency_decay": 0.0, "potency_kept": 1.0, "relative_potency": 1.0}
"""What operations tell of the potency of a vesicle, with the value at which it stays what it was."""


def may_differ(procedures: Iterable[UnitProcedure], properties: LotProperties) -> bool:
    """Return whether anything can make the potency of a vesicle differ from 1.

    It follows from what the scenario gives and lets vary, never from the values on some lanes, so that all lanes of a
    run report the same figures.
    """
    return properties.potency is not None or any(map(_changes, procedures))


def _changes(procedure: UnitProcedure) -> bool:
    operation = procedure.operation
    harvests = operation.harvest_hold if isinstance(operation, VisitedOperation) else None
    holds = [getattr(hold, "potency_decay", None) for hold in (procedure.hold, harvests)]
    found = [getattr(operation, name, None) for name in _WITHOUT_EFFECT]
    told = zip((*found, *holds), (*_WITHOUT_EFFECT.values(), 0.0, 0.0), strict=True)
    return any(value is not None and not _is(value, neutral) for value, neutral in told)


def _is(value: Array, number: float) -> bool:
    """Return whether a value is one number for all lanes, and which."""
    return np.ndim(value) == 0 and float(value) == number


def relative_potency(product: Material, contents: Contents, properties: LotProperties) -> Array:
    """Return the potency of a vesicle of the product over that of the standard; 0 where there is no vesicle."""
    carried = ratio(product.potency, contents.vesicles(product))
    return carried if properties.potency is None else times(carried, properties.potency)


def potency_headlines(
    product: Material, contents: Contents, properties: LotProperties, doses: Array
) -> dict[str, Array]:
    """Return the potency of a vesicle of the product, and the doses of full potency that its doses are worth."""
    potency = relative_potency(product, contents, properties)
    return {"relative_potency": potency, "potent_doses": np.asarray(doses * potency)}
