"""What a diagnostic test tells of those tested, from its published performance and what comes out of the recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from exosim.composition import Contents
from exosim.diagnostic import DIAGNOSTIC_HEADLINES, TESTED, Diagnostic, Interference, Monitoring, Signal
from exosim.material import Material, plus, times, total
from exosim.parameter import Array
from exosim.physics import diagnosis, monitoring
from exosim.step_table import Reading


def diagnosed(diagnostic: Diagnostic | None, product: Material, contents: Contents) -> Iterator[Reading]:
    """Yield what a test on the product tells of those tested; nothing where there is no test."""
    if diagnostic is not None:
        figures = diagnostic_figures(diagnostic, product, contents)
        told = ((name, unit) for name, unit in DIAGNOSTIC_HEADLINES.items() if name in figures)
        yield from (Reading(name, None, unit, figures[name]) for name, unit in told)


def diagnostic_figures(diagnostic: Diagnostic, product: Material, contents: Contents) -> dict[str, Array]:
    """Return the figures of :data:`exosim.diagnostic.DIAGNOSTIC_HEADLINES`, as far as there are any.

    Parameters
    ----------
    diagnostic : the test
    product : what enters the assay
    contents : of the materials of the run
    """
    found: dict[str, Array] = {}
    told, share = diagnostic.performance, np.asarray(0.0)
    if diagnostic.interference is not None:
        share = np.asarray(interference_of(diagnostic.interference, product, contents))
        found["interference"] = share
    background = 0.0 if diagnostic.interference is None else diagnostic.interference.spread
    here = told.sensitivity, told.specificity
    if diagnostic.signal is not None:
        study, spread = spreads(diagnostic.signal, told.specificity, share, background)
        here = diagnosis.at_spread(here[0], study, spread), diagnosis.at_spread(here[1], study, spread)
    if diagnostic.monitoring is not None:
        found |= monitoring_figures(diagnostic.monitoring)
    found = {**predictive_figures(*here, told.prevalence), **found}
    lanes = np.asarray(product.vesicles).dtype  # plain numbers widen nothing
    return {name: np.asarray(figure, dtype=lanes) for name, figure in found.items()}


def interference_of(response: Interference, product: Material, contents: Contents) -> Array:
    """Return the share of the signal that lipoproteins, other particles and soluble protein make."""
    others: Array = 0.0
    for name in ("lipoproteins", "nonvesicular", "protein"):
        per_one = getattr(response, name)
        if per_one is not None:
            others = plus(others, times(total(getattr(product, name)), per_one))
    return diagnosis.interfering_share(np.asarray(contents.vesicles(product)), np.asarray(others))


def spreads(signal: Signal, specificity: Array, share: Array, background: Array) -> tuple[Array, Array]:
    """Return the spread of the logarithm of the vesicle signal in the study, and here.

    Parameters
    ----------
    signal : the spreads
    specificity : as published, which fixes the cut-off
    share : of the signal that others than vesicles make
    background : spread between people of what they make
    """
    study = diagnosis.total_spread(signal.biological, signal.study_analytical)
    own = diagnosis.vesicle_share(diagnosis.cut_off(specificity, study), share)
    return study, diagnosis.total_spread(signal.biological, signal.analytical, own, background)


def predictive_figures(sensitivity: Array, specificity: Array, prevalence: Array) -> dict[str, Array]:
    """Return performance and predictive values, and the people behind them of 100,000 tested."""
    return {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "positive_predictive_value": diagnosis.positive_predictive_value(sensitivity, specificity, prevalence),
        "negative_predictive_value": diagnosis.negative_predictive_value(sensitivity, specificity, prevalence),
        "true_positives_per_100000": TESTED * sensitivity * prevalence,
        "false_positives_per_100000": TESTED * (1.0 - specificity) * (1.0 - prevalence),
    }


def monitoring_figures(plan: Monitoring) -> Mapping[str, Array]:
    """Return what repeated tests of one person tell: limits of change, false alarms, the change that is found."""
    both = plan.sided == "two"
    score = monitoring.change_score(plan.confidence, two_sided=both)
    change = monitoring.reference_change_value(plan.analytical, plan.within_person, score, plan.baselines)
    one = monitoring.log_spread(plan.analytical), monitoring.log_spread(plan.within_person)
    spread = monitoring.spread_of_change(*one, plan.baselines)
    rise, fall = (score * spread, -score * spread) if plan.limits == "logarithmic" else monitoring.linear_limits(change)
    if not both:
        fall = np.full_like(np.asarray(rise), -np.inf)
    visits = monitoring.visit_times(plan.interval, plan.follow_up)
    found: dict[str, Array] = {"reference_change_value": change, "alarm_rise": np.expm1(rise)}
    if both:
        found["alarm_fall"] = -np.expm1(fall)
    alarms = monitoring.false_alarms_per_year(rise, fall, spread, plan.drift, visits, plan.interval)
    detected = monitoring.detected_change(rise, spread, plan.power)
    return {**found, "false_alarms_per_patient_year": alarms, "detected_change": detected}
