"""Storage: published losses by freezing and by the wall, limits of the laws, and what they conserve."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import storage

RATES = st.floats(0.0, 0.1)


def test_freezing_and_thawing_in_closed_form() -> None:
    """The first cycle loses more than each later one; without a cycle nothing is lost."""
    assert storage.freeze_thaw_survival(0.0, 0.3, 0.1) == 1.0
    assert storage.freeze_thaw_survival(1.0, 0.3, 0.1) == pytest.approx(0.7)
    assert storage.freeze_thaw_survival(4.0, 0.3, 0.1) == pytest.approx(0.7 * 0.9**3)


@pytest.mark.parametrize(("scale", "share", "error"), [(0.350, 1.0, 0.01), (0.03, 0.1, 0.002)])
def test_cycles_beside_a_stretched_exponential(scale: float, share: float, error: float) -> None:
    """The law exp(-a n^b) with a = 0.350 and b = 0.345, 0.705, 0.641 and 0.600 left, or 0.03 with trehalose."""
    cycles = np.arange(1.0, 4.0)
    stretched = np.exp(-scale * cycles**0.345)
    if share == 1.0:
        assert stretched == pytest.approx([0.705, 0.641, 0.600], abs=5e-4)
    assert storage.freeze_thaw_survival(cycles, 0.295 * share, 0.0775 * share) == pytest.approx(stretched, abs=error)
    if share == 1.0:  # both go beyond the data here
        assert np.exp(-scale * 5.0**0.345) == pytest.approx(0.544, abs=1e-3)
        assert storage.freeze_thaw_survival(5.0, 0.295, 0.0775) == pytest.approx(0.511, abs=5e-4)


def test_decay_meets_its_constants() -> None:
    """At -80, -20 and 4 degC the constants are those given; between, a straight line in 1/T."""
    given_constants = (0.003, 0.0127, 0.108, 60.0)
    at = np.array([-80.0, -20.0, 4.0])
    assert storage.decay_constant(at, *given_constants) == pytest.approx(given_constants[:3], rel=1e-12)
    middle = 2.0 / (1.0 / 193.15 + 1.0 / 253.15) - 273.15
    assert storage.decay_constant(middle, *given_constants) == pytest.approx(math.sqrt(0.003 * 0.0127), rel=1e-12)
    warm = storage.decay_constant(37.0, *given_constants) / 0.108
    assert warm == pytest.approx(math.exp(60.0 / 8.314462618e-3 * (1 / 277.15 - 1 / 310.15)), rel=1e-12)


def test_colder_is_never_worse() -> None:
    rates = storage.decay_constant(np.linspace(-196.0, 37.0, 200), 0.003, 0.0127, 0.108, 60.0)
    assert np.all(np.diff(rates) > 0.0)


@given(RATES, RATES, st.floats(0.0, 200.0), st.floats(0.0, 2.0))
def test_what_is_left_and_what_is_on_the_wall(decay: float, adsorption: float, hours: float, places: float) -> None:
    """Never more than there was; the wall never takes more than it has places; full walls leave more in solution."""
    vesicles = np.array([[0.5], [1.5]])
    constants = np.array([[2.0], [1.0]]) * adsorption
    left, on_wall = storage.stored(vesicles, decay, constants, hours, places)
    assert np.all((left >= 0.0) & (on_wall >= 0.0) & (left + on_wall <= 1.0 + 1e-12))
    assert np.sum(vesicles * on_wall) <= places * (1.0 + 1e-12)
    free, _ = storage.stored(vesicles, decay, constants, hours, 1e9)
    assert np.all(left >= free - 1e-12)
    assert np.all(left <= np.exp(-decay * hours) + 1e-12)


def test_with_places_for_all_two_rates_compete() -> None:
    """With room on the wall the two first-order losses share by their constants."""
    left, on_wall = storage.stored(np.array([[1.0]]), 0.0045, np.array([[0.0104]]), 48.0, 10.0)
    assert left[0, 0] == pytest.approx(math.exp(-0.0149 * 48.0), rel=1e-12)
    assert on_wall[0, 0] / (1.0 - left[0, 0]) == pytest.approx(0.0104 / 0.0149, rel=1e-12)


def test_adsorption_is_faster_for_small_vesicles() -> None:
    rates = storage.adsorption_constant(0.002, 5.0, np.array([[50.0], [100.0], [200.0]]), 1.0)
    assert rates[:, 0] == pytest.approx([0.02, 0.01, 0.005], rel=1e-12)
