"""Sieving and the balances of ultrafiltration: golden values, closed forms and a published removal of protein."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from exosim.parameter import declared
from exosim.physics.sieving import (
    concentration_yield,
    diafiltration_yield,
    distributed_sieving,
    observed_sieving,
    stepwise_diafiltration_yield,
    steric_sieving,
)
from exosim.product import ProteinSize
from exosim.vocabulary import PROTEIN_POOLS

DIAMETER = {"albumin": 7.2, "IgG": 11.0, "ferritin": 12.5, "LDL": 23.0, "EV 30": 30.0, "EV 50": 50.0}
fractions, diavolumes, factors = st.floats(0.0, 1.0), st.floats(0.0, 20.0), st.floats(1.0, 200.0)


@pytest.mark.parametrize(
    "pore, expected",
    [
        (20.0, {"albumin": 0.59, "IgG": 0.29, "ferritin": 0.20, "LDL": 0.0, "EV 30": 0.0}),
        (35.0, {"albumin": 0.84, "IgG": 0.67, "ferritin": 0.60, "LDL": 0.16, "EV 30": 0.024, "EV 50": 0.0}),
        (50.0, {"albumin": 0.92, "IgG": 0.82, "ferritin": 0.77, "LDL": 0.43, "EV 30": 0.23, "EV 50": 0.0}),
    ],
)
def test_sieving_of_the_evidence_table(pore: float, expected: dict[str, float]) -> None:
    # the table takes LDL a little smaller than 23 nm
    for name, value in expected.items():
        assert steric_sieving(DIAMETER[name], pore) == pytest.approx(value, abs=0.03 if name == "LDL" else 0.011), name


@pytest.mark.parametrize(
    "pool, expected",
    [("albumin", (0.59, 0.84, 0.92)), ("immunoglobulin", (0.29, 0.67, 0.82)), ("complex", (0.20, 0.60, 0.77))],
)
def test_default_diameters_of_protein_sieve_as_the_evidence_says(pool: str, expected: tuple[float, ...]) -> None:
    """Diameters of the pools give S of albumin, IgG (11 nm) and ferritin (12.5 nm) at 20, 35 and 50 nm."""
    diameter = getattr(ProteinSize(), pool)
    assert diameter == DIAMETER[{"immunoglobulin": "IgG", "complex": "ferritin"}.get(pool, pool)]
    assert steric_sieving(diameter, np.array([20.0, 35.0, 50.0])) == pytest.approx(expected, abs=0.006)


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0), st.floats(5.0, 80.0))
def test_sieving_is_a_fraction_that_falls_with_size(first: float, second: float, pore: float) -> None:
    small, large = sorted((first, second))
    assert 0.0 <= steric_sieving(large, pore) <= steric_sieving(small, pore) <= 1.0
    assert (steric_sieving(large, pore) == 0.0) == (large >= pore) or large > 0.999 * pore


def test_the_limits_of_sieving() -> None:
    assert steric_sieving(0.0, 35.0) == 1.0
    assert np.all(steric_sieving(np.array([35.0, 36.0, 400.0]), 35.0) == 0.0)
    # lambda = 0.5: 0.25 * 1.75 * exp(-0.7146 / 4)
    assert steric_sieving(10.0, 20.0) == pytest.approx(0.4375 * np.exp(-0.17865), rel=1e-12)


@given(st.floats(1.0, 50.0), st.floats(1.0, 50.0), factors, factors, fractions)
def test_two_steps_are_one(first: float, second: float, one: float, two: float, sieving: float) -> None:
    apart = diafiltration_yield(first, sieving) * diafiltration_yield(second, sieving)
    assert diafiltration_yield(first + second, sieving) == pytest.approx(float(apart), rel=1e-12)
    apart = concentration_yield(one, sieving) * concentration_yield(two, sieving)
    assert concentration_yield(one * two, sieving) == pytest.approx(float(apart), rel=1e-12)


@given(diavolumes, factors, fractions, fractions)
def test_yields_are_fractions_that_fall_with_sieving(
    volumes: float, factor: float, first: float, second: float
) -> None:
    low, high = sorted((first, second))
    for process in (lambda s: diafiltration_yield(volumes, s), lambda s: concentration_yield(factor, s)):
        assert 0.0 <= process(high) <= process(low) <= 1.0
        assert process(0.0) == 1.0


@pytest.mark.parametrize("retention, kept", [(0.98, 0.835), (0.99, 0.914), (0.95, 0.638)])
def test_twentyfold_and_six_diavolumes(retention: float, kept: float) -> None:
    passing = 1.0 - retention
    assert concentration_yield(20.0, passing) * diafiltration_yield(6.0, passing) == pytest.approx(kept, abs=6e-4)


def test_the_two_parts_of_the_golden_value() -> None:
    assert concentration_yield(20.0, 0.02) == pytest.approx(0.942, abs=5e-4)
    assert diafiltration_yield(6.0, 0.02) == pytest.approx(0.887, abs=5e-4)


def test_ninety_nine_percent_of_the_protein_goes_in_six_diavolumes() -> None:
    assert diafiltration_yield(5.98, 0.77) == pytest.approx(0.01, rel=2e-3)
    assert diafiltration_yield(6.0, np.log(100.0) / 6.0) == pytest.approx(0.01, rel=1e-12)


@given(st.floats(0.1, 10.0), st.integers(1, 50), fractions)
def test_dilution_in_steps_tends_to_the_constant_volume(volumes: float, steps: int, sieving: float) -> None:
    once, often = (stepwise_diafiltration_yield(volumes, count, sieving) for count in (steps, 1000 * steps))
    constant = float(diafiltration_yield(volumes, sieving))
    assert 1.0 >= once >= often >= constant * (1.0 - 1e-12)
    assert often == pytest.approx(constant, abs=volumes**2 / (1000 * steps))


def effective_sieving(shares: list[float], coefficients: list[float]) -> float:
    """Return the one coefficient that removes as much of a mixture in six diavolumes."""
    kept = np.dot(shares, diafiltration_yield(6.0, np.array(coefficients))) / np.sum(shares)
    return float(-np.log(kept) / 6.0)


def test_case_v01_protein_passes_a_500_kda_membrane_as_published() -> None:
    """Protein removal of about 99 % in six diavolumes (Oxford, 500 kDa PES): a sieving of ln(100) / 6 = 0.768."""
    published = np.log(100.0) / 6.0
    diameters = ProteinSize().pools().ravel()
    sieving = {name: float(steric_sieving(d, 35.0)) for name, d in zip(PROTEIN_POOLS, diameters, strict=True)}
    culture = declared(HollowFiberCulture)
    share = {
        "small": culture["small_protein"].default,
        "immunoglobulin": culture["immunoglobulin_like"].default,
        "complex": culture["complex_protein"].default,
    }
    share["albumin"] = 1.0 - sum(share.values())
    assert sum(share[name] * sieving[name] for name in share) == pytest.approx(published, abs=0.1)
    main = ["albumin", "immunoglobulin"]
    assert effective_sieving([share[n] for n in main], [sieving[n] for n in main]) == pytest.approx(published, abs=0.1)
    everything = effective_sieving([share[n] for n in share], [sieving[n] for n in share])
    assert everything == pytest.approx(published, abs=0.1)


def test_scalar_equals_array() -> None:
    generator = np.random.default_rng(3)
    one, two = generator.uniform(1.0, 40.0, 50), generator.uniform(0.0, 1.0, 50)
    for function in (steric_sieving, concentration_yield, diafiltration_yield):
        together = function(one, two * 35.0 + 1.0) if function is steric_sieving else function(one, two)
        for lane in range(50):
            second = two[lane] * 35.0 + 1.0 if function is steric_sieving else two[lane]
            assert function(float(one[lane]), float(second)) == pytest.approx(together[lane], rel=1e-12)


@pytest.mark.parametrize("gsd, error", [(1.1, 2e-4), (1.2, 7e-4), (1.3, 1.5e-3), (1.5, 4e-3)])
def test_many_pores_pass_the_mean_over_their_flow(gsd: float, error: float) -> None:
    """Against the integral over number times the fourth power of the diameter, the median by number lower."""
    sigma = math.log(gsd)
    median = 35.0 * math.exp(-4.0 * sigma**2)

    def part(score: float, diameter: float) -> float:
        pore = median * math.exp(score * sigma)
        passed = float(steric_sieving(diameter, pore)) if diameter else 1.0
        return passed * pore**4 * math.exp(-0.5 * score**2)

    flow, _ = quad(part, -9.0, 12.0, args=(0.0,), limit=300)
    for diameter in (4.6, 7.2, 12.5, 23.0, 30.0, 35.0, 50.0, 80.0):
        passed, _ = quad(part, -9.0, 12.0, args=(diameter,), limit=300)
        assert distributed_sieving(diameter, 35.0, gsd) == pytest.approx(passed / flow, abs=error), diameter


def test_pores_of_one_size_are_the_limit() -> None:
    sizes = np.array([4.6, 12.5, 30.0, 50.0])
    for gsd in (None, 1.0):
        assert np.array_equal(distributed_sieving(sizes, 35.0, gsd), steric_sieving(sizes, 35.0))
    assert distributed_sieving(sizes, 35.0, 1.0 + 1e-9) == pytest.approx(steric_sieving(sizes, 35.0), rel=1e-6)
    lanes = np.array([1.0, 1.3])
    assert distributed_sieving(12.5, 35.0, lanes)[0] == pytest.approx(float(steric_sieving(12.5, 35.0)), rel=1e-12)


def test_wider_pores_blur_the_cut() -> None:
    """Protein passes a little less, small vesicles much more: the membrane selects worse (Kanani et al. 2010)."""
    narrow, wide = ([float(distributed_sieving(d, 35.0, gsd)) for d in (7.2, 11.0, 30.0, 50.0)] for gsd in (1.0, 1.4))
    assert wide[0] < narrow[0] and wide[1] < narrow[1]
    assert wide[2] > 2.0 * narrow[2] and wide[3] > 0.0 == narrow[3]
    assert wide[0] == pytest.approx(narrow[0], abs=0.05)


@given(fractions, st.floats(0.0, 2.0), st.floats(0.0, 2.0))
def test_polarization_raises_what_is_observed(sieving: float, first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 0.0 <= observed_sieving(sieving, low) <= observed_sieving(sieving, high) + 1e-15 <= 1.0 + 1e-15
    assert observed_sieving(sieving, 0.0) == pytest.approx(sieving, rel=1e-12)
    assert observed_sieving(sieving, high) <= sieving * math.exp(high) * (1.0 + 1e-12)


def test_capped_polarization_of_small_vesicles() -> None:
    """30 nm through 35 nm: 0.024 at the membrane is 0.15 from the bulk at J / k = 2; without a cap it would be 1."""
    actual = float(steric_sieving(30.0, 35.0))
    assert observed_sieving(actual, 2.0) == pytest.approx(0.154, abs=0.005)
    assert observed_sieving(actual, 30.0 / 2.0) > 0.99
