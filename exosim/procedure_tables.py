"""The structure of the unit procedures of a recipe: operation, feeds, unit, people, holds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from exosim.table_base import Grade, Id, Name, Table, Text


class HoldTable(Table):
    rate: Any = None
    size_exponent: Any = None
    potency_decay: Any = None
    matrix: Text | None = None
    source: Name | None = None
    grade: Grade | None = None


class LongestHoldTable(Table):
    limit: Any
    breach: Literal["deviation", "reject"] = "deviation"


class SharedRunTable(Table):
    places: Any
    controls: Any = None
    longest_wait: Any = None
    every: Any = None


class StimulusTable(Table):
    id: Id
    fold: Any
    basis: Name
    acts_on: Literal["secretion", "fusion", "formation"] = "secretion"
    begin: Any = None
    duration: Any = None
    every: Any = None
    death: Any = None


class ProcedureTable(Table):
    id: Id
    operation: Name
    vessel: Name | None = None
    cells: Name | None = None
    medium: Name | None = None
    carrier: Name | None = None
    rotor: Name | None = None
    ligand: Name | None = None
    chip: Name | None = None
    method: Name | None = None
    adsorber: Name | None = None
    unit: Name | None = None
    operator: Name | None = None
    feeds: Annotated[list[Name], Field(min_length=1)] | None = None
    split: Annotated[dict[Id, Any], Field(min_length=1)] | None = None
    end: Annotated[bool, Field(strict=True)] = False
    expected_hold: Any = None
    hold: HoldTable | None = None
    harvest_hold: HoldTable | None = None
    max_hold: LongestHoldTable | None = None
    shared_run: SharedRunTable | None = None
    waits_in: Name | None = None
    utilities: dict[Name, Any] = Field(default_factory=dict)
    when_too_large: Literal["refuse", "parallel", "cycles"] = "refuse"
    without: list[Name] = Field(default_factory=list)
    stimulus: list[StimulusTable] = Field(default_factory=list)
    prices: dict[Name, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
