"""Losses while a material waits: published survivals and the dependence on size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics.holding import survival

rates, exponents, hours = st.floats(0.0, 0.03), st.floats(0.0, 1.5), st.floats(0.0, 1000.0)
DIAMETERS = np.geomspace(30.0, 400.0, 12)[:, None]


@pytest.mark.parametrize(
    "rate, left", [(0.0149, 0.49), (0.0045, 0.80), (0.0034, 0.85)], ids=["buffer", "low binding", "conditioned medium"]
)
def test_survival_of_48_hours_at_4_degrees(rate: float, left: float) -> None:
    # Evtushenko et al. 2020: 51 %, about 20 % and 15 % of the particles are lost
    assert survival(rate, 1.0, 100.0, 48.0) == pytest.approx(left, abs=0.01)


@given(rates, exponents, hours, hours)
def test_waiting_twice_is_waiting_for_the_sum(rate: float, exponent: float, first: float, second: float) -> None:
    together = survival(rate, exponent, DIAMETERS, first + second)
    apart = survival(rate, exponent, DIAMETERS, first) * survival(rate, exponent, DIAMETERS, second)
    assert together == pytest.approx(apart, rel=1e-11, abs=1e-300)


@given(rates, exponents, hours)
def test_survival_is_a_fraction_and_smaller_particles_go_first(rate: float, exponent: float, time: float) -> None:
    left = survival(rate, exponent, DIAMETERS, time)
    assert left.shape == DIAMETERS.shape
    assert np.all((left >= 0.0) & (left <= 1.0))
    assert np.all(np.diff(left[:, 0]) >= 0.0)


def test_the_exponent_acts_on_the_rate() -> None:
    assert np.log(survival(0.01, 1.0, 50.0, 10.0)) == pytest.approx(-0.2, rel=1e-12)
    assert np.log(survival(0.01, 0.5, 400.0, 10.0)) == pytest.approx(-0.05, rel=1e-12)
    assert survival(0.01, 0.0, DIAMETERS, 10.0) == pytest.approx(np.exp(-0.1), rel=1e-14)
    assert np.all(survival(0.01, 1.0, DIAMETERS, 0.0) == 1.0)


def test_scalar_equals_array() -> None:
    generator = np.random.default_rng(1)
    rate, exponent, time = (generator.uniform(0.0, high, 30) for high in (0.03, 1.5, 200.0))
    together = survival(rate, exponent, DIAMETERS, time)
    for lane in range(30):
        one = [float(survival(*map(float, (rate[lane], exponent[lane], d, time[lane])))) for d in DIAMETERS[:, 0]]
        assert together[:, lane] == pytest.approx(one, rel=1e-12)
