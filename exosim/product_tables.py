"""The structure of the sections about the product: its dose, its sizes, what is true of its lots."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from exosim.table_base import Name, Table


class SizeTable(Table):
    median: Any = None
    gsd: Any = None
    classes: Any = None


class ProteinSizeTable(Table):
    small: Any = None
    albumin: Any = None
    immunoglobulin: Any = None
    complex: Any = None
    nuclease: Any = None
    free_cargo: Any = None
    polymer: Any = None


class LotTable(Table):
    endotoxin: Any = None
    potency: Any = None
    mhc_ii: Any = None
    cd9: Any = None
    cd63: Any = None
    cd81: Any = None


class CompanionTable(Table):
    name: Name
    dose: Any
    after: Name
    shelf_life: Any = None


class ProductTable(Table):
    name: Name = "product"
    dose: Any
    instrument: Name | None = None
    protein_assay: Name | None = None
    ev_size: SizeTable = Field(default_factory=SizeTable)
    protein_size: ProteinSizeTable = Field(default_factory=ProteinSizeTable)
    lot: LotTable = Field(default_factory=LotTable)
    protein_fraction: Any = None
    companion: CompanionTable | None = None
    course: Any = None
