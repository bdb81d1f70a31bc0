"""The structure of the section about a diagnostic test: its study, its signal, who is followed with it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from exosim.table_base import Grade, Name, Table, Text


class CountsTable(Table):
    positive: Annotated[int, Field(strict=True, ge=0, le=10**9)]
    of: Annotated[int, Field(strict=True, ge=1, le=10**9)]
    source: Name | None = None
    grade: Grade | None = None


class SignalTable(Table):
    analytical: Any = None
    biological: Any = None
    study_analytical: Any = None


class InterferenceTable(Table):
    lipoproteins: Any = None
    nonvesicular: Any = None
    protein: Any = None
    spread: Any = None


class MonitoringTable(Table):
    interval: Any = None
    follow_up: Any = None
    within_person: Any = None
    analytical: Any = None
    drift: Any = None
    baselines: Any = None
    confidence: Any = None
    power: Any = None
    sided: Literal["two", "one"] = "two"
    limits: Literal["logarithmic", "linear"] = "logarithmic"


class DiagnosticTable(Table):
    condition: Text = ""
    prevalence: Any = None
    sensitivity: Any = None
    specificity: Any = None
    diseased: CountsTable | None = None
    healthy: CountsTable | None = None
    signal: SignalTable | None = None
    interference: InterferenceTable | None = None
    monitoring: MonitoringTable | None = None
