"""Uptake of cargo: the roots of the balance, its limits, who carries any, and cycles with unused cargo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import nbinom

from exosim.physics.loading import carriers, cycles, dissolved, taken_up

DECADES = st.floats(-12.0, 2.0)


@given(DECADES, DECADES, st.floats(3.0, 10.0), st.floats(0.0, 1e3))
def test_dissolved_closes_the_balance(total: float, places: float, affinity: float, share: float) -> None:
    """What is dissolved, in places and partitioned adds up to all of it, over twenty decades of excess."""
    c_total, n, k = 10.0**total, 10.0**places, 10.0**affinity
    c = float(dissolved(c_total, n, k, 1.0 + share))
    assert 0.0 <= c <= c_total
    assert c * (1.0 + share) + n * k * c / (1.0 + k * c) == pytest.approx(c_total, rel=1e-9)


def test_dissolved_is_the_root_of_a_solver() -> None:
    for total, places in ((1e-6, 5e-7), (1e-4, 5e-7), (1e-9, 1e-5)):
        root = brentq(lambda c, t=total, n=places: 1.4 * c + n * 1e6 * c / (1.0 + 1e6 * c) - t, 0.0, total, xtol=1e-22)
        assert float(dissolved(total, places, 1e6, 1.4)) == pytest.approx(root, rel=1e-10)


def test_uptake_in_its_limits() -> None:
    """Partition alone is a fraction whatever is offered; places that are strong and few are all filled."""
    assert float(taken_up(1e-6, 0.0, 1e6, 0.25)) == pytest.approx(0.2, rel=1e-12)
    assert float(taken_up(1e-2, 0.0, 1e6, 0.25)) == pytest.approx(0.2, rel=1e-12)
    assert float(taken_up(1e-3, 1e-5, 1e10, 0.0)) == pytest.approx(0.01, rel=1e-4)
    assert float(taken_up(1e-12, 1e-6, 1e6, 0.0)) == pytest.approx(0.5, rel=1e-5)
    assert float(taken_up(0.0, 1e-6, 1e6, 0.3)) >= 0.0


@given(DECADES, st.floats(1.01, 100.0), st.floats(0.0, 10.0))
def test_uptake_never_rises_with_what_is_offered(total: float, more: float, share: float) -> None:
    first, second = (float(taken_up(10.0**total * factor, 1e-6, 1e6, share)) for factor in (1.0, more))
    assert second <= first * (1.0 + 1e-12) <= 1.0 + 1e-12


@pytest.mark.parametrize("able", [1.0, 0.5, 0.2])
@pytest.mark.parametrize("k", [0.3, 1.0, 5.0])
def test_carriers_are_those_of_the_negative_binomial(able: float, k: float) -> None:
    """A share that is able, each with a negative binomial number whose mean makes up the mean of all."""
    for copies in (0.01, 1.0, 50.0):
        mean = copies / able
        none = nbinom.pmf(0, k, k / (k + mean))
        assert float(carriers(copies, able, k)) == pytest.approx(able * (1.0 - none), rel=1e-9)


def test_carriers_in_their_limits() -> None:
    """Nothing carries nothing; a large dispersion is chance alone; there are never more carriers than copies."""
    assert float(carriers(0.0, 1.0, 1.0)) == 0.0
    assert float(carriers(2.0, 1.0, 1e9)) == pytest.approx(1.0 - np.exp(-2.0), rel=1e-6)
    copies = np.geomspace(1e-4, 1e3, 50)
    found = np.asarray(carriers(copies, 0.5, 0.7))
    assert np.all(found <= np.minimum(copies, 0.5)) and np.all(np.diff(found) > 0.0)


def test_cycles_are_a_geometric_series() -> None:
    """With one efficiency each portion is offered r (1 - eta) of what the one before was; washes alone lose cargo."""
    found = cycles(1000.0, lambda _: 0.06, 0.0, 0.77, 6)
    expected = 1000.0 * (0.77 * 0.94) ** np.arange(6)
    assert [cycle.offered for cycle in found] == pytest.approx(expected.tolist(), rel=1e-12)
    assert found[-1].recovered == 0.0
    for cycle in found:
        out = cycle.retained + cycle.left + cycle.recovered + cycle.lost
        assert out == pytest.approx(cycle.offered, rel=1e-14)
    kept, lost = (sum(getattr(cycle, name) for cycle in found) for name in ("retained", "lost"))
    assert kept + lost == pytest.approx(1000.0, rel=1e-13)
