"""Partition between two phases: conservation, K = 1 divides by volume, rounds multiply, one law for all sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import partition

coefficients, ratios = st.floats(1e-3, 1e3), st.floats(0.05, 50.0)


@given(coefficients, ratios)
def test_both_phases_together_hold_all(coefficient: float, ratio: float) -> None:
    """The top phase is the bottom phase of the mirrored system, 1 / K and 1 / r."""
    below = partition.bottom_share(coefficient, ratio)
    assert below + partition.bottom_share(1.0 / coefficient, 1.0 / ratio) == pytest.approx(1.0, rel=1e-12)
    top, bottom = (1.0 - below) / ratio, below  # concentrations, with a bottom phase of volume 1
    assert top / bottom == pytest.approx(coefficient, rel=1e-9)


@given(ratios)
def test_a_coefficient_of_one_divides_by_volume(ratio: float) -> None:
    assert partition.bottom_share(1.0, ratio) == pytest.approx(1.0 / (1.0 + ratio), rel=1e-12)


@given(coefficients, ratios, st.integers(1, 6))
def test_rounds_multiply(coefficient: float, ratio: float, rounds: int) -> None:
    one = float(partition.bottom_share(coefficient, ratio))
    assert partition.bottom_share(coefficient, ratio, float(rounds)) == pytest.approx(one**rounds, rel=1e-9)


def test_golden_recoveries() -> None:
    """A nine-fold top phase and K = 0.02 keep 85 % a round; protein with K = 1 loses a log each round."""
    assert partition.bottom_share(0.02, 9.0) == pytest.approx(1 / 1.18, rel=1e-12)
    assert partition.bottom_share(0.02, 9.0, 2.0) == pytest.approx(0.718, abs=5e-4)
    assert partition.bottom_share(1.0, 9.0, 2.0) == pytest.approx(0.01, rel=1e-12)


def test_one_law_from_proteins_to_large_vesicles() -> None:
    """ln K goes with a power of the diameter: nearly even for small ones, one-sided for large ones."""
    found = partition.coefficient(np.array([10.0, 100.0, 200.0]), 0.02, 2.0)
    assert found == pytest.approx([0.02**0.01, 0.02, 0.02**4], rel=1e-12)
    assert np.array_equal(partition.coefficient(np.array([10.0, 400.0]), 0.3, 0.0), [0.3, 0.3])
    assert partition.coefficient(250.0, 1.0, 1.0) == 1.0


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), ratios, st.integers(0, 5))
def test_washes_exchange_what_divides_evenly(mixed: float, fresh: float, ratio: float, washes: int) -> None:
    """Against rounds one by one: the bottom phase is mixed with the fresh top phase."""
    concentration = mixed
    for _ in range(washes):
        concentration = (concentration + fresh * ratio) / (1.0 + ratio)
    found = partition.washed_concentration(mixed, fresh, ratio, float(washes))
    assert found == pytest.approx(concentration, rel=1e-9, abs=1e-12)
