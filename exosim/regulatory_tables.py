"""The structure of the sections about quality by design: target profile, critical parameters, reporting."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from exosim.quality_tables import LimitsTable
from exosim.table_base import Name, Table, Text


class ElementTable(Table):
    name: Name
    target: Text
    justification: Text | None = None
    source: Name | None = None


class QualityProfileTable(Table):
    intended_use: Text | None = None
    route: Text | None = None
    dosage_form: Text | None = None
    delivery_system: Text | None = None
    strength: Text | None = None
    container: Text | None = None
    storage: Text | None = None
    shelf_life: Text | None = None
    element: list[ElementTable] = Field(default_factory=list)


class CriticalParameterTable(Table):
    parameter: Name
    range: LimitsTable
    affects: Annotated[list[Name], Field(default_factory=list)]
    justification: Text | None = None
    source: Name | None = None


class ReportingTable(Table):
    source: Text | None = None
    culture: Text | None = None
    storage: Text | None = None
    separation: Text | None = None
    characterization: Text | None = None
    controls: Text | None = None
    function: Text | None = None
    ev_track: Text | None = None
