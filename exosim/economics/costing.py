"""The prices and numbers of one possible world, as plain numbers in the money of the scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exosim.cost_numbers import CapitalEstimate, DepreciationMethod, EconomicsNumbers, LaborBasis, Reuse


@dataclass(frozen=True, slots=True)
class EquipmentCost:
    """What one unit of an equipment class costs, and what else there is to know of it.

    Attributes
    ----------
    purchase : of one unit of the size that the recipe needs [currency]
    life : years of depreciation
    power : while it is used [kW]
    footprint : floor area that it takes [m2]
    size : of one unit, in the unit of what its procedures are sized by; None where that is not known
    """

    purchase: float
    life: float
    power: float = 0.0
    footprint: float = 0.0
    size: float | None = None


@dataclass(frozen=True, slots=True)
class RoomCost:
    """A room: its area [m2], what building it costs [currency/m2], and what running it costs [currency/m2/h]."""

    area: float
    building: float
    utilities: float


@dataclass(frozen=True, slots=True)
class Charge:
    """A cost that no resource causes.

    Attributes
    ----------
    price : money per lot that is started, dose released, vial filled, dose or vial and hour in the warehouse, delivery,
        hour of the calendar, or square meter and hour
    per : ``lot``, ``dose``, ``vial``, ``dose*h``, ``vial*h``, ``shipment``, ``h`` or ``m2*h``
    category : of :data:`exosim.cost_numbers.CATEGORIES`
    procedure : step that it belongs to; empty: none
    """

    id: str
    price: float
    per: str
    category: str
    procedure: str = ""


@dataclass(frozen=True)
class Costing:
    """The prices and numbers of one world.

    Attributes
    ----------
    currency, year : the money
    numbers : of the costing as a whole, all plain floats
    labor_basis, estimate, depreciation : the rules chosen
    prices : money per unit of a resource, by its address: ``material.buffer``, ``assay.qpcr``, ``utility.steam``,
        ``economics.electricity`` [currency/(kW h)]; of one procedure, ``polish.material.resin``
    wages : money for an hour of one person, by role, without loading
    overage : amount prepared beyond what is used, as a share, by material
    cycles : uses of one amount, by material; 1 where nothing is told
    equipment, rooms : by id
    charges : what is charged besides
    price_per_dose : at which a dose is sold; None where nothing is told
    unpriced : addresses of what has no price
    reuse : whether a column or membrane costs its cycles, or is bought whole
    """

    currency: str
    year: int
    numbers: EconomicsNumbers
    labor_basis: LaborBasis
    estimate: CapitalEstimate
    depreciation: DepreciationMethod
    prices: Mapping[str, float]
    wages: Mapping[str, float]
    overage: Mapping[str, float]
    cycles: Mapping[str, float]
    equipment: Mapping[str, EquipmentCost]
    rooms: Mapping[str, RoomCost]
    charges: tuple[Charge, ...] = ()
    price_per_dose: float | None = None
    unpriced: frozenset[str] = field(default_factory=frozenset)
    reuse: Reuse = "pro_rata"

    def price(self, resource: str, step: str = "") -> float:
        """Return the money for one unit of a resource in a step; 0 of what has no price.

        Parameters
        ----------
        resource : address, such as ``material.buffer``
        step : procedure; a price of its own comes before that of the resource
        """
        own = self.prices.get(f"{step}.{resource}")
        return self.prices.get(resource, 0.0) if own is None else own
