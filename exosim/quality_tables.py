"""The structure of the sections about quality: assays, attributes, release and the review of batch records."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from exosim.table_base import Id, Name, Table, Text


class AssayTable(Table):
    id: Id
    method: Name | None = None
    steps: Any = None
    one_run: Annotated[bool, Field(strict=True)] = True
    noise: Literal["multiplicative", "additive"] = "multiplicative"
    bias: Any = None
    between_laboratories: Any = None
    between_days: Any = None
    repeatability: Any = None
    tracks: Any = None
    detection_limit: Any = None
    detection_width: Any = None
    upper_size: Any = None
    counts_vesicles: Any = None
    counts_nonvesicular: Any = None
    counts_lipoproteins: Any = None
    window_low: Any = None
    window_high: Any = None
    dilution: Any = None
    quantification_limit: Any = None
    replicates: Any = None
    volume_tested: Any = None
    duration: Any = None
    hands_on: Any = None
    people: Any = None
    analyst: Name | None = None
    unit: Name | None = None
    sample_after: Name | None = None
    vials: Any = None
    retests: Any = None
    rule: Literal["all", "any", "mean"] = "all"
    investigation: Any = None
    confirmatory: Annotated[bool, Field(strict=True)] = False
    price: Any = None


class LimitsTable(Table):
    at_least: Any = None
    at_most: Any = None


class AttributeTable(Table):
    id: Id
    measure: Name
    of: Literal["product", "companion"] = "product"
    limits: LimitsTable | None = None
    label: Any = None
    tolerance: Any = None
    assay: Name | None = None
    sizes: LimitsTable | None = None
    critical: Annotated[bool, Field(strict=True)] = True
    justification: Text | None = None
    source: Name | None = None


class ClosureTable(Table):
    role: Name | None = None
    hands_on: Any = None
    duration: Any = None


class ReleaseTable(Table):
    analyst: Name | None = None
    sample_after: Name | None = None
    conditional: Annotated[bool, Field(strict=True)] = False
    deviation: ClosureTable | None = None


class ReviewTable(Table):
    id: Id
    role: Name | None = None
    hands_on: Any = None
    duration: Any = None
    after: Literal["batch", "results"] = "results"
