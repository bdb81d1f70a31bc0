"""What a dose takes of the world besides money: plastic, water, electricity, mass of inputs, hours in clean rooms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from exosim.economics.booking import electricity_of
from exosim.economics.costing import Costing
from exosim.economics.ledger import TRILLION
from exosim.economics.masses import is_device, is_liquid, mass
from exosim.economics.material_lines import material_of, prepared
from exosim.economics.usage import Use

ASSUMED: tuple[str, ...] = (
    "media, buffers and other liquids weigh as much as water and are made of water for injection",
    "filters, vessels, columns, tubes and vials weigh what the table of masses assumes for their area or number, over "
    "the number of their cycles; bags, tubing, gowns and packaging are left out",
    "electricity is that of units whose power is stated and of utilities in kWh; that of the air of rooms is left out",
)
"""What stands behind the figures, in words."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What was taken over the window, or for one of something.

    Attributes
    ----------
    plastic : single-use things thrown away, glass and resin with them [kg]
    water : for injection, in liquids and as a utility [L]
    electricity : of units and utilities [kWh]; not a number where nobody states a power or a utility in kWh
    inputs : mass of all liquids, powders and things [kg]
    room_hours : of batches in rooms [h]; not a number where no equipment stands in one
    """

    plastic: float
    water: float
    electricity: float
    inputs: float
    room_hours: float

    def per(self, amount: float) -> Footprint:
        """Return it for one of an amount, such as the doses released; not a number where the amount is zero."""
        if amount <= 0.0:
            return Footprint(*[math.nan] * len(fields(self)))
        return replace(self, **{one.name: getattr(self, one.name) / amount for one in fields(self)})


@dataclass(frozen=True, slots=True)
class Footprints:
    """The footprint of a replication: of all, of a dose released, and of 1e12 vesicles in the lots released.

    `intensity` is the process mass intensity: kilograms of inputs for 1e12 vesicles [kg].
    """

    whole: Footprint
    per_dose: Footprint
    intensity: float


def footprint(uses: Sequence[Use], costing: Costing) -> Footprints:
    """Return the footprint of a replication; lots that fail count, doses released divide.

    Parameters
    ----------
    uses : what it used
    costing : with its overage, cycles of reuse, and power of units
    """
    whole = Footprint(
        math.fsum(_mass(use, costing) for use in uses if _is_material(use) and is_device(material_of(use))),
        math.fsum(_water(use, costing) for use in uses),
        _known(use.quantity if use.driver == "drawn" else electricity_of(use, costing) for use in uses if _draws(use)),
        math.fsum(_mass(use, costing) for use in uses if _is_material(use)),
        _known(use.quantity for use in uses if use.driver == "stayed"),
    )
    released, vesicles = (
        math.fsum(use.quantity for use in uses if use.driver == driver) for driver in ("released", "contained")
    )
    return Footprints(whole, whole.per(released), whole.per(vesicles / TRILLION).inputs)


def _is_material(use: Use) -> bool:
    return use.driver in ("consumed", "expired")


def _amount(use: Use, costing: Costing) -> float:
    """Return how much of a material went into the plant for a use: with what is prepared beyond, over its cycles."""
    if use.driver == "expired":
        return use.quantity
    return prepared(use, costing) / costing.cycles.get(material_of(use), 1.0)


def _mass(use: Use, costing: Costing) -> float:
    return mass(material_of(use), _amount(use, costing))


def _water(use: Use, costing: Costing) -> float:
    if _is_material(use):
        return _amount(use, costing) if is_liquid(material_of(use)) else 0.0
    return use.quantity if use.driver == "drawn" and use.unit == "L" else 0.0


def _draws(use: Use) -> bool:
    """Return whether a use may take electricity."""
    return use.driver == "occupied" or (use.driver == "drawn" and use.unit == "kWh")


def _known(amounts: Iterable[float]) -> float:
    """Return the sum of amounts; not a number where there is nothing but zeros: nobody told them."""
    return math.fsum(amounts) or math.nan
