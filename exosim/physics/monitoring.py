"""Repeated tests of one person: how large a change must be, and how often it happens without any.

Results of an unchanged person scatter about a set point with a coefficient of variation within the person, CV_i, and
one of isolation and assay, CV_a. The reference change value of two results (Harris & Yasaka 1983; Fraser & Harris 1989)
is the change that scatter alone seldom exceeds; with the mean of n first results as baseline (n = 1 is theirs)::

    RCV = z sqrt(1 + 1/n) sqrt(CV_a^2 + CV_i^2)

It is linear, and symmetric where ratios are not: with large variation a fall by more than 100 % cannot be. On the
logarithm (Fokkema et al. 2006), with sigma^2 = ln(1 + CV^2) of each, the spread of a change and its limits are::

    spread = sqrt(1 + 1/n) sqrt(sigma_a^2 + sigma_i^2),    rise = e^(z spread) - 1,    fall = 1 - e^(-z spread)

A calibration that drifts by a fraction d per year shifts the logarithm of the ratio by t ln(1 + d) after t years. A
visit then raises a false alarm with the probability that a normal number with that mean and spread lies beyond a limit.
Visits share their baseline, but an expectation is linear: false alarms per year are visits per year times the mean
probability over the visits, exactly.

Validity: lognormal results about a set point that stays, independent between visits; the baseline is the geometric
mean; no trend of health or age; every visit is judged against the same baseline. Results that do not vary at all never
alarm while the calibration stays, and at every visit once it drifts.
"""

from __future__ import annotations

import math

import numpy as np

from exosim.normal import normal_distribution, normal_quantile
from exosim.parameter import Array


def change_score(confidence: float, *, two_sided: bool) -> float:
    """Return the normal score z of a limit of change that an unchanged person keeps with the `confidence`."""
    return float(normal_quantile(np.array(0.5 + confidence / 2.0 if two_sided else confidence)))


def log_spread(variation: Array) -> Array:
    """Return the sigma of the logarithm of a lognormal with a coefficient of variation."""
    return np.asarray(np.sqrt(np.log1p(np.square(variation))))


def spread_of_change(one: Array, other: Array, baselines: float = 1.0) -> Array:
    """Return the spread of a result minus the mean of first results, from two spreads of one result."""
    return np.asarray(math.sqrt(1.0 + 1.0 / baselines) * np.sqrt(np.square(one) + np.square(other)))


def reference_change_value(analytical: Array, within_person: Array, score: float, baselines: float = 1.0) -> Array:
    """Return the reference change value as a fraction of the baseline, from coefficients of variation."""
    return score * spread_of_change(analytical, within_person, baselines)


def linear_limits(change: Array) -> tuple[Array, Array]:
    """Return the logarithm of the ratio at a rise and at a fall by a fraction; -inf where nothing falls so far."""
    left = np.maximum(1.0 - np.asarray(change), 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log1p(change)), np.asarray(np.log(left))


def alarm_probability(rise: Array, fall: Array, spread: Array, shift: Array = 0.0) -> Array:
    """Return the probability that a change lies beyond one of two limits.

    Parameters
    ----------
    rise, fall : limits of the logarithm of the ratio to the baseline; a fall of -inf is none
    spread : of that logarithm; 0: nothing varies, so that only a shift raises an alarm
    shift : its mean
    """
    return np.asarray(_above_zero(shift - rise, spread) + _above_zero(fall - shift, spread))


def _above_zero(mean: Array, spread: Array) -> Array:
    """Return the probability that a normal number is above 0; without spread it is its mean."""
    varies = np.greater(spread, 0.0)
    drawn = normal_distribution(np.asarray(mean / np.where(varies, spread, 1.0)))
    return np.asarray(np.where(varies, drawn, np.greater(mean, 0.0)))


def detected_change(rise: Array, spread: Array, power: float) -> Array:
    """Return the true rise, as a fraction, that one visit finds with a probability."""
    return np.asarray(np.expm1(rise + float(normal_quantile(np.array(power))) * spread))


def visit_times(interval: float, follow_up: float) -> tuple[float, ...]:
    """Return the times of the visits after the baseline, in the unit of both numbers."""
    return tuple(interval * (number + 1) for number in range(math.floor(follow_up / interval + 1e-9)))


def false_alarms_per_year(
    rise: Array, fall: Array, spread: Array, drift: Array, visits: tuple[float, ...], interval: float
) -> Array:
    """Return the expected number of false alarms of an unchanged person per year.

    Parameters
    ----------
    rise, fall, spread : as for :func:`alarm_probability`
    drift : of the calibration [1/year]
    visits : times since the baseline [year]
    interval : time between two visits [year]
    """
    total: Array = 0.0
    for time in visits:
        total = total + alarm_probability(rise, fall, spread, time * np.log1p(drift))
    return np.asarray(total / (len(visits) * interval))
