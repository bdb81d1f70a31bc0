"""The structure of the sections about money: ``[economics]`` and ``[[charge]]``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from exosim.table_base import Id, Name, Table

Category = Literal[
    "materials", "consumables", "labor", "quality", "equipment", "building", "maintenance", "insurance_tax", "facility",
    "utilities", "validation", "waste", "logistics", "royalties", "fees", "overhead",
]  # fmt: skip


class EconomicsTable(Table):
    currency: Name | None = None
    year: Annotated[int, Field(strict=True, ge=1950, le=2100)] = 2024
    labor_basis: Literal["staffing", "activity"] = "staffing"
    estimate: Literal["installed", "lang", "light", "standard", "gmp_purification"] = "installed"
    depreciation: Literal["straight_line", "declining_balance", "sum_of_years"] = "straight_line"
    reuse: Literal["pro_rata", "whole"] = "pro_rata"
    exchange: dict[Name, Any] = Field(default_factory=dict)
    index: dict[Name, Any] = Field(default_factory=dict)
    building: Any = None
    utilities: Any = None
    electricity: Any = None
    liquid_waste: Any = None
    solid_waste: Any = None
    price_per_dose: Any = None
    escalation: Any = None
    paid_hours: Any = None
    loading: Any = None
    supervision: Any = None
    miscellaneous: Any = None
    overage: Any = None
    installation: Any = None
    lang_factor: Any = None
    area_factor: Any = None
    equipment_life: Any = None
    building_life: Any = None
    salvage: Any = None
    maintenance: Any = None
    insurance: Any = None
    local_tax: Any = None
    factory_expense: Any = None
    start_up: Any = None
    working_capital: Any = None
    royalty: Any = None
    overhead: Any = None
    capital_rate: Any = None
    income_tax: Any = None
    project_life: Any = None
    construction: Any = None
    ramp: Any = None


class ChargeTable(Table):
    id: Id
    price: Any
    category: Category
    procedure: Name | None = None
