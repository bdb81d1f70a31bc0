"""The numbers of costing, each declared once: of the whole, of equipment, rooms, materials and people.

Money itself is not declared here: a price has the currency and the year that its author states, so it is read by
:mod:`exosim.price_reader`. What follows is what turns use and prices into cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from exosim.parameter import parameter

LaborBasis: TypeAlias = Literal["staffing", "activity"]
CapitalEstimate: TypeAlias = Literal["installed", "lang", "light", "standard", "gmp_purification"]
DepreciationMethod: TypeAlias = Literal["straight_line", "declining_balance", "sum_of_years"]
Reuse: TypeAlias = Literal["pro_rata", "whole"]
Grade: TypeAlias = Literal["A", "B", "C", "D", "CNC"]
"""Of a room by cleanliness (EU GMP Annex 1); CNC is controlled and not classified."""
CATEGORIES: Mapping[str, str] = {
    "materials": "media, buffers, reagents",
    "consumables": "single-use vessels, filters, resins, vials",
    "labor": "people at work, and in attendance where they are paid for it",
    "quality": "tests, quality assurance, stability, media fills",
    "equipment": "depreciation of equipment",
    "building": "depreciation of the building",
    "maintenance": "maintenance of equipment and building",
    "insurance_tax": "insurance, local tax, factory expense",
    "facility": "running the rooms: air, cleaning, monitoring, requalification",
    "utilities": "electricity, water, gases, steam",
    "validation": "start-up and validation",
    "waste": "disposal",
    "logistics": "storage and shipping",
    "royalties": "royalties and licenses",
    "fees": "fees of a contract manufacturer",
    "overhead": "what is charged as a share of other costs",
}
"""The categories of the cost ledger, in the order of reports."""


@dataclass(frozen=True, kw_only=True)
class EconomicsNumbers:
    """The numbers of the costing of a scenario as a whole."""

    escalation: float = parameter(
        0.03, "1/year", low=0.0, high=0.15, decided=False, source="lopes2018", minimum=-0.5,
        doc="yearly rise of prices, from their year to that of the scenario, where no index is given",
    )  # fmt: skip
    paid_hours: float = parameter(
        1750.0, "h/year", low=1400, high=2100, minimum=1, doc="hours that a full-time person is paid to be there"
    )
    loading: float = parameter(
        0.0, "1", low=0.0, high=2.0, maximum=10.0, doc="what comes on top of wages: social charges, training, cover"
    )
    supervision: float = parameter(
        0.0, "1", low=0.0, high=1.0, maximum=10.0, doc="supervision as a share of the labor of operators"
    )
    miscellaneous: float = parameter(
        0.0, "1", low=0.0, high=1.0, maximum=10.0, doc="miscellaneous materials as a share of the direct materials"
    )
    overage: float = parameter(
        0.1, "1", low=0.0, high=1.0, maximum=10.0, decided=True,
        doc="liquids prepared beyond what the process takes: overfill, dead volume, what is discarded",
    )  # fmt: skip
    installation: float = parameter(
        0.5, "1", low=0.0, high=2.0, maximum=10.0, source="superpro_help", doc="installation as a share of purchase"
    )
    lang_factor: float = parameter(
        5.0, "1", low=2.3, high=8.5, minimum=1.0, source="pereirachilima2020",
        doc="fixed capital over the purchase of equipment (only the range is published)",
    )  # fmt: skip
    area_factor: float = parameter(
        2500.0, "1", low=675, high=6815, minimum=1.0, source="pereirachilima2020",
        doc="purchase of equipment per square meter of facility, in money per m2, where no room has an area",
    )  # fmt: skip
    equipment_life: float = parameter(
        10.0, "year", low=3, high=20, minimum=0.0, decided=True, source="superpro_help",
        doc="years over which equipment is depreciated",
    )  # fmt: skip
    building_life: float = parameter(
        15.0, "year", low=5, high=50, minimum=0.0, decided=True, source="tessee",
        doc="years over which the building is depreciated",
    )  # fmt: skip
    salvage: float = parameter(
        0.05, "1", low=0.0, high=0.3, source="superpro_help", doc="share of the capital that is left at the end"
    )
    maintenance: float = parameter(
        0.06, "1/year", low=0.0, high=0.15, source="superpro_help", doc="maintenance per year and fixed capital"
    )
    insurance: float = parameter(
        0.01, "1/year", low=0.0, high=0.05, source="superpro_help", doc="insurance per year and fixed capital"
    )
    local_tax: float = parameter(
        0.02, "1/year", low=0.0, high=0.05, source="superpro_help", doc="local taxes per year and fixed capital"
    )
    factory_expense: float = parameter(
        0.05, "1/year", low=0.0, high=0.1, source="superpro_help", doc="factory expense per year and fixed capital"
    )
    start_up: float = parameter(
        0.05, "1", low=0.0, high=0.3, source="tuse2014", doc="start-up and validation as a share of the fixed capital"
    )
    working_capital: float = parameter(
        30.0, "d", low=0, high=180, decided=True, source="tuse2014",
        doc="days of labor, materials and utilities that are bound",
    )  # fmt: skip
    royalty: float = parameter(0.0, "1", low=0.0, high=0.3, decided=True, doc="royalty as a share of the other cost")
    overhead: float = parameter(
        0.0, "1", low=0.0, high=2.0, maximum=10.0, decided=True, doc="overhead as a share of the cost of labor"
    )
    capital_rate: float = parameter(
        0.10, "1/year", low=0.0, high=0.3, decided=True, source="lopes2018",
        doc="real rate at which money is discounted",
    )  # fmt: skip
    income_tax: float = parameter(0.25, "1", low=0.0, high=0.5, doc="tax on profit")
    project_life: float = parameter(
        15.0, "year", low=1, high=40, minimum=0.0, maximum=1000.0, decided=True, source="lopes2018", whole=True,
        doc="years of production",
    )  # fmt: skip
    construction: float = parameter(
        1.0, "year", low=0, high=6, maximum=1000.0, decided=True, whole=True,
        doc="years of building before the first dose",
    )  # fmt: skip
    ramp: float = parameter(
        0.0, "year", low=0, high=6, maximum=1000.0, decided=True, whole=True,
        doc="years until full output, in equal steps",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class EquipmentCostNumbers:
    """What one unit of an equipment class needs besides its price."""

    exponent: float = parameter(
        0.6, "1", low=0.3, high=1.0, minimum=0.0, maximum=2.0, source="williams1947",
        doc="exponent of the price of equipment over its size",
    )  # fmt: skip
    life: float | None = parameter(
        None, "year", low=1, high=30, minimum=0.0, decided=True, doc="years over which a unit is depreciated"
    )
    footprint: float | None = parameter(
        None, "m2", low=0.1, high=1000, minimum=0.0, decided=True,
        doc="floor area that a unit takes, with the space to work at it",
    )  # fmt: skip
    power: float | None = parameter(None, "kW", low=0.0, high=1000, doc="electrical power of a unit while it is used")


@dataclass(frozen=True, kw_only=True)
class RoomCostNumbers:
    """What a room needs besides its prices."""

    area: float | None = parameter(None, "m2", low=1, high=20000, minimum=0.0, decided=True, doc="floor area of a room")


@dataclass(frozen=True, kw_only=True)
class MaterialCostNumbers:
    """What a material needs besides its price."""

    overage: float | None = parameter(
        None, "1", low=0.0, high=1.0, maximum=10.0, decided=True, doc="amount prepared or bought beyond what is used"
    )
    cycles: float | None = parameter(
        None, "1", low=1, high=500, minimum=1.0, decided=True,
        doc="uses of one amount before it is replaced, such as cycles of a resin; 1 is single use",
    )  # fmt: skip
