"""Predictive values, the binormal model and the interval of a share: published cases, limits, and integrals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, norm

from exosim.distributions import Distribution
from exosim.physics.diagnosis import (
    at_spread,
    cut_off,
    interfering_share,
    negative_predictive_value,
    positive_predictive_value,
    posterior,
    total_spread,
    vesicle_share,
    wilson_interval,
)

STUDIES = {
    "three cancers, sensitivity": (99, 139, 0.712, 0.632, 0.781),
    "three cancers, specificity": (183, 184, 0.995, 0.970, 0.999),
    "pancreas, training, sensitivity": (98, 105, 0.933, 0.869, 0.967),
    "pancreas, training, specificity": (496, 545, 0.910, 0.883, 0.931),
}
"""Counts, share and published 95 % interval: Hinestrosa et al. 2022 and 2023."""
SHARES = st.floats(0.01, 0.99)


@pytest.mark.parametrize("case", STUDIES)
def test_published_intervals(case: str) -> None:
    """Wilson's interval is the published one to every printed digit."""
    positive, of, share, low, high = STUDIES[case]
    assert round(positive / of, 3) == share
    assert tuple(round(end, 3) for end in wilson_interval(positive, of)) == (low, high)


@pytest.mark.parametrize(("positive", "of", "share"), [(27, 30, 0.900), (77, 83, 0.928)])
def test_validation_cohort(positive: int, of: int, share: float) -> None:
    """The published percentages are those of whole people; the interval holds them and obeys its quadratic equation."""
    assert round(positive / of, 3) == share
    z = norm.ppf(0.975)
    for end in wilson_interval(positive, of):
        assert (positive / of - end) ** 2 == pytest.approx(z * z * end * (1.0 - end) / of, rel=1e-9)


@pytest.mark.parametrize("case", STUDIES)
def test_posterior_beside_the_published_interval(case: str) -> None:
    """The beta with mean and standard deviation of the posterior is Jeffreys'; its interval is near Wilson's."""
    positive, of, _, low, high = STUDIES[case]
    drawn = Distribution("beta", tuple(zip(("mean", "sd"), posterior(positive, of), strict=True)))
    ends = np.array([0.025, 0.975])
    assert drawn.quantile(ends) == pytest.approx(beta.ppf(ends, positive + 0.5, of - positive + 0.5), abs=1e-12)
    assert np.all(np.abs(drawn.quantile(ends) - (low, high)) < 0.006)


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "percent"),
    [
        (0.712, 0.995, ("1.8", "14.6", "59.0", "83.8")),
        (0.90, 0.928, ("0.16", "1.5", "11.2", "31.2")),
        (0.90, 0.94, ("0.19", "1.8", "13.2", "35.2")),
    ],
)
def test_positive_predictive_values(sensitivity: float, specificity: float, percent: tuple[str, ...]) -> None:
    """At 13 in 100,000 of everybody, 0.12 %, 1 % (diabetes of new onset) and 3.5 % (families, cysts)."""
    found = positive_predictive_value(sensitivity, specificity, np.array([13e-5, 0.0012, 0.01, 0.035]))
    digits = [len(text.partition(".")[2]) for text in percent]
    assert tuple(f"{100 * value:.{n}f}" for value, n in zip(found, digits, strict=True)) == percent


@given(SHARES, SHARES, SHARES)
def test_bayes_counts_people(sensitivity: float, specificity: float, prevalence: float) -> None:
    """Both predictive values are shares of a table of four kinds of people."""
    sick, well = prevalence, 1.0 - prevalence
    found, missed = sensitivity * sick, (1.0 - sensitivity) * sick
    cleared, alarmed = specificity * well, (1.0 - specificity) * well
    positive = positive_predictive_value(sensitivity, specificity, prevalence)
    negative = negative_predictive_value(sensitivity, specificity, prevalence)
    assert positive * (found + alarmed) == pytest.approx(found)
    assert negative * (cleared + missed) == pytest.approx(cleared)


def test_a_test_that_nobody_fails_or_passes() -> None:
    """Where nobody is positive, or negative, there is no share: 0, and no number that is none."""
    assert positive_predictive_value(0.0, 1.0, 0.01) == 0.0
    assert negative_predictive_value(1.0, 0.0, 0.01) == 0.0
    assert positive_predictive_value(1.0, 1.0, 1e-5) == 1.0


@given(SHARES, SHARES, st.floats(0.05, 1.0), st.floats(0.0, 0.5))
def test_equal_spreads_give_the_published_values(
    sensitivity: float, specificity: float, biological: float, analytical: float
) -> None:
    study = total_spread(biological, analytical)
    here = total_spread(biological, analytical, vesicle_share(cut_off(specificity, study), 0.0), 0.7)
    assert at_spread(sensitivity, study, here) == pytest.approx(sensitivity, abs=1e-12)
    assert at_spread(specificity, study, here) == pytest.approx(specificity, abs=1e-12)


def performance(
    interference: float, analytical: float, background: float = 0.0, published: tuple[float, float] = (0.9, 0.93)
) -> tuple[float, float]:
    """Return sensitivity and specificity of a test of which the study had an analytical spread of 10 %."""
    study = total_spread(0.4, 0.1)
    share = vesicle_share(cut_off(published[1], study), interference)
    here = total_spread(0.4, analytical, share, background)
    return float(at_spread(published[0], study, here)), float(at_spread(published[1], study, here))


def test_all_interference_is_a_coin() -> None:
    """As the signal of vesicles vanishes, any error of the assay decides."""
    assert performance(1.0, 0.1) == pytest.approx((0.5, 0.5), abs=1e-12)
    assert performance(1.0 - 1e-6, 0.1) == pytest.approx((0.5, 0.5), abs=1e-4)


def test_without_errors_a_background_costs_nothing() -> None:
    """The whole signal rises with that of the vesicles: a cut-off that is set anew sorts people as before."""
    clean = performance(0.0, 0.0)
    assert performance(0.9, 0.0) == pytest.approx(clean, abs=1e-12)
    assert clean[0] > 0.9
    assert clean[1] > 0.93


def test_interference_and_errors_cost_performance() -> None:
    """More background, larger errors and backgrounds that differ between people: each lowers both figures."""
    for more, less in (((0.5, 0.1), (0.2, 0.1)), ((0.2, 0.2), (0.2, 0.1)), ((0.2, 0.1, 0.5), (0.2, 0.1, 0.0))):
        worse, better = performance(*more), performance(*less)
        assert worse[0] < better[0]
        assert worse[1] < better[1]


def exact(mean: float, cut: float, share: float, biological: float, analytical: float, background: float) -> float:
    """Return the probability that the whole signal lies above its cut-off, by integration over all errors."""
    z, others = np.linspace(-8.0, 8.0, 801)[:, None], np.linspace(-6.0, 6.0, 61 if background else 1)
    weight = norm.pdf(z) * norm.pdf(others)
    rest = share * np.exp(background * others)
    above = np.log((1.0 - share) * np.exp(mean + biological * z) + rest)
    limit = math.log((1.0 - share) * math.exp(cut) + share)
    return float((weight * norm.cdf((above - limit) / analytical)).sum() / weight.sum())


@pytest.mark.parametrize(
    ("share", "tolerances"),
    [(0.0, (1e-9, 1e-9, 1e-9)), (0.2, (0.006, 0.008, 0.03)), (0.4, (0.015, 0.02, 0.05)), (0.6, (0.03, 0.045, 0.08))],
)
def test_closed_form_beside_the_integral(share: float, tolerances: tuple[float, float, float]) -> None:
    """The straight line about the cut-off: how far it carries, and what it flatters.

    The tolerances are for a cut-off above most of the healthy, for one below most of them, and for backgrounds that
    differ between people.
    """
    settings = (((0.9, 0.995), 0.0), ((0.3,), 0.0), ((0.3, 0.9, 0.995), 0.4))
    for (specificities, background), tolerance in zip(settings, tolerances, strict=True):
        cases = itertools.product((0.3, 0.4, 0.6), (0.1, 0.15, 0.3), (0.7, 0.9), specificities)
        for biological, analytical, sensitivity, specificity in cases:
            study = total_spread(biological, 0.1)
            cut = float(cut_off(specificity, study))
            separation = cut + float(study * norm.ppf(sensitivity))
            here = total_spread(biological, analytical, vesicle_share(cut, share), background)
            errors = share, biological, analytical, background
            found = at_spread(sensitivity, study, here), at_spread(specificity, study, here)
            right = exact(separation, cut, *errors), 1.0 - exact(0.0, cut, *errors)
            assert np.abs(np.subtract(found, right)).max() < tolerance
            assert found[0] - right[0] < 1e-9
            assert found[1] - right[1] > -1e-9


@pytest.mark.parametrize(("share", "missing"), [(0.6, 1 / 8), (0.76, 1 / 3)])
def test_false_positives_that_the_straight_line_misses(share: float, missing: float) -> None:
    """At the defaults and a specificity of 99.5 %: small beside 1, and not beside what is left."""
    spread = total_spread(0.4, 0.15)
    cut = float(cut_off(0.995, spread))
    told = 1.0 - float(at_spread(0.995, spread, total_spread(0.4, 0.15, vesicle_share(cut, share))))
    assert 1.0 - told / exact(0.0, cut, share, 0.4, 0.15, 0.0) == pytest.approx(missing, abs=0.02)


def test_share_of_the_signal() -> None:
    """As many vesicles' worth of lipoproteins as vesicles: half; nothing at all: nothing."""
    assert interfering_share(np.array([1e9, 0.0, 0.0]), np.array([1e9, 0.0, 5.0])) == pytest.approx([0.5, 0.0, 1.0])


@pytest.mark.parametrize("specificity", [0.0, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_test_that_is_always_right_or_wrong_stays_so(specificity: float, share: float) -> None:
    """A cut-off at infinity on either side: interference and errors do not move what has no tail."""
    here = total_spread(0.4, 0.2, vesicle_share(cut_off(np.array(specificity), 0.4), share), 0.3)
    found = float(at_spread(np.array(specificity), 0.4, here))
    assert found == pytest.approx(specificity, abs=1e-12)


@given(st.floats(-1.0, 3.0), st.floats(0.0, 0.99))
def test_share_at_the_cut_off_is_the_slope(cut: float, share: float) -> None:
    """It is d ln((1 - I) e^x + I) / dx."""

    def whole(x: float) -> float:
        return math.log((1.0 - share) * math.exp(x) + share)

    slope = (whole(cut + 1e-5) - whole(cut - 1e-5)) / 2e-5
    assert float(vesicle_share(cut, share)) == pytest.approx(slope, abs=1e-6)
