"""Packed beds: plates, the pressure of Kozeny and Carman, and the outer surface of the beads."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics.packed_bed import plates, pressure_drop, surface

positive = st.floats(0.1, 100.0)


def test_plates() -> None:
    assert plates(300.0, 1.0) == 300.0
    assert plates(600.0, 1.0) == 2.0 * plates(300.0, 1.0)


def test_pressure_in_units_of_a_bench() -> None:
    """60 cm/h through 30 cm of 90 um beads, by hand: 150 eta u L (1 - eps)^2 / (eps^3 d^2) in pascals."""
    by_hand = 150.0 * 1e-3 * (0.6 / 3600.0) * 0.3 * 0.65**2 / (0.35**3 * 90e-6**2)
    assert pressure_drop(60.0, 30.0, 90.0, 0.35) == pytest.approx(by_hand * 1e-5, rel=1e-12)
    assert pressure_drop(60.0, 30.0, 90.0, 0.35) == pytest.approx(0.0912, abs=5e-4)


@given(positive, positive, st.floats(30.0, 165.0), st.floats(0.3, 0.45))
def test_powers_of_the_pressure(velocity: float, height: float, bead: float, void: float) -> None:
    base = float(pressure_drop(velocity, height, bead, void))
    assert pressure_drop(2.0 * velocity, height, bead, void) == pytest.approx(2.0 * base, rel=1e-12)
    assert pressure_drop(velocity, 2.0 * height, bead, void) == pytest.approx(2.0 * base, rel=1e-12)
    assert pressure_drop(velocity, height, 2.0 * bead, void) == pytest.approx(0.25 * base, rel=1e-12)
    assert pressure_drop(velocity, height, bead, void * 1.1) < base


def test_the_surface_is_that_of_the_beads() -> None:
    """A liter with 65 % beads of 90 um holds 650 mL / (pi d^3 / 6) of them with pi d^2 each."""
    beads = 0.65e-3 / (math.pi / 6.0 * 90e-6**3)
    assert surface(90.0, 0.35) == pytest.approx(beads * math.pi * 90e-6**2, rel=1e-12)
