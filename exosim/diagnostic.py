"""A diagnostic test on vesicles: its published performance, what differs here, and how people are followed with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from exosim.parameter import Array, parameter
from exosim.physics.diagnosis import wilson_interval

Sided: TypeAlias = Literal["two", "one"]
Limits: TypeAlias = Literal["logarithmic", "linear"]

DIAGNOSTIC_HEADLINES: Mapping[str, str] = {
    "positive_predictive_value": "1",
    "negative_predictive_value": "1",
    "sensitivity": "1",
    "specificity": "1",
    "true_positives_per_100000": "1",
    "false_positives_per_100000": "1",
    "interference": "1",
    "reference_change_value": "1",
    "alarm_rise": "1",
    "alarm_fall": "1",
    "false_alarms_per_patient_year": "1/year",
    "detected_change": "1",
}
"""What is reported of a diagnostic test, with units; as far as the scenario says what it needs."""
TESTED = 100_000.0
"""Of how many people tested counts are told."""


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Whom a test is for, and how well it did in its study."""

    prevalence: Array = parameter(
        None, "1", low=1e-7, high=0.9, doc="share of those tested who have the condition", critical=True
    )
    sensitivity: Array = parameter(
        None, "1", low=0.05, high=1.0, doc="share of those with the condition whom the test finds, in its study"
    )
    specificity: Array = parameter(
        None, "1", low=0.05, high=1.0, doc="share of those without the condition whom the test clears, in its study"
    )


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Spreads of the signal, sigma of its natural logarithm: what here differs from the study."""

    analytical: Array = parameter(
        0.15, "1", low=0.0, high=1.5, doc="spread of one result by isolation and assay, here", critical=True
    )
    biological: Array = parameter(0.40, "1", low=0.05, high=3.0, doc="spread between people of one group")
    study_analytical: Array = parameter(
        0.15, "1", low=0.0, high=1.5, doc="spread of one result that the published performance contains"
    )


@dataclass(frozen=True, kw_only=True)
class Interference:
    """What the assay makes of matter that is no vesicle and comes along; none: it does not see it."""

    lipoproteins: Array | None = parameter(
        None, "1", low=0.0, high=10.0, doc="response to a lipoprotein particle over that to a vesicle"
    )
    nonvesicular: Array | None = parameter(
        None, "1", low=0.0, high=10.0, doc="response to another non-vesicular particle over that to a vesicle"
    )
    protein: Array | None = parameter(
        None, "EV/ug", low=0.0, high=1e12, doc="vesicles to whose response that of soluble protein is equal"
    )
    spread: Array = parameter(
        0.0, "1", low=0.0, high=3.0, doc="spread between people of what interferes, sigma of ln; 0: alike in all"
    )


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """How one person is tested again and again."""

    interval: float = parameter(0.25, "year", low=0.002, high=10.0, planned=True, doc="time between two visits")
    follow_up: float = parameter(
        1.0, "year", low=0.01, high=50.0, planned=True, doc="time over which false alarms are averaged"
    )
    within_person: Array = parameter(
        0.4, "1", low=0.0, high=2.0, doc="coefficient of variation within a person (CV_i)", critical=True
    )
    analytical: Array = parameter(
        0.2, "1", low=0.0, high=2.0, doc="coefficient of variation of one result (CV_a)", critical=True
    )
    drift: Array = parameter(
        0.0, "1/year", low=-0.5, high=1.0, minimum=-0.99, doc="drift of the calibration, as a fraction of the result"
    )
    baselines: float = parameter(
        1, "1", low=1, high=50, minimum=1, whole=True, planned=True, doc="first results whose mean is the baseline"
    )
    confidence: float = parameter(
        0.95, "1", low=0.5, high=0.9999, minimum=0.5, maximum=0.999999, planned=True,
        doc="probability that a change of an unchanged person raises no alarm",
    )  # fmt: skip
    power: float = parameter(
        0.8, "1", low=0.5, high=0.9999, minimum=0.5, maximum=0.999999, planned=True,
        doc="probability with which one visit finds the change that is told as detected",
    )  # fmt: skip
    sided: Sided = "two"
    limits: Limits = "logarithmic"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a study counted in one group: how many were positive of how many, and where it is published."""

    positive: int
    of: int
    source: str

    def share(self, *, negative: bool = False) -> tuple[float, float, float]:
        """Return the share of the positive, or of the `negative`, and its Wilson interval of 95 %."""
        number = self.of - self.positive if negative else self.positive
        return number / self.of, *wilson_interval(number, self.of)

    def as_dict(self, *, negative: bool = False) -> dict[str, Any]:
        """Return the counts with that share and its interval as a JSON object."""
        share, low, high = self.share(negative=negative)
        told = {"positive": self.positive, "of": self.of, "share": share, "low": low, "high": high}
        return {**told, "source": self.source}


@dataclass(frozen=True)
class Diagnostic:
    """A diagnostic test, with its numbers on the lanes of a run; None for what the scenario does not tell."""

    performance: Performance
    signal: Signal | None = None
    interference: Interference | None = None
    monitoring: Monitoring | None = None
