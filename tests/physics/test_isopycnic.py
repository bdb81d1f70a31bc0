"""Isopycnic banding: the approach to one's own density, the cut, and what both leave of vesicles and lipoproteins."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import isopycnic, pelleting

STEEP = 0.18 / 92.1  # g/mL per mm


def test_the_rate_is_that_of_stokes() -> None:
    """100 nm, 2.5 mPa s, 100,000 g: d^2 / 18 eta = 2.2e-13 m2/(Pa s); times 1954 kg/m4 and 9.8e5 m/s2 in an hour."""
    expected = 1e-14 / (18.0 * 2.5e-3) * (180.0 / 0.0921) * 9.80665e5 * 3600.0
    rate = isopycnic.approach_rate(isopycnic.mobility(100.0, 2.5), STEEP, 1e5)
    assert rate == pytest.approx(expected, rel=1e-12)


def test_followed_in_small_steps() -> None:
    """The closed form is what steps of Stokes' law in the rising density give."""
    mobility, force = float(isopycnic.mobility(60.0, 2.5)), 1e5
    rate = float(isopycnic.approach_rate(mobility, STEEP, force))
    own, here, step = 1.08, 1.21, 1e-3
    for _ in range(4000):
        speed = mobility * (own - here) * force * pelleting.GRAVITY  # m/s
        here += speed * 1e3 * STEEP * step * 3600.0
    assert isopycnic.density_reached(own, 1.21, rate, 4.0) == pytest.approx(here, abs=2e-4)


def test_nothing_moves_in_no_time_and_all_arrive_in_the_end() -> None:
    assert isopycnic.density_reached(1.08, 1.21, 2.0, 0.0) == 1.21
    assert isopycnic.density_reached(1.08, 1.21, 2.0, 40.0) == pytest.approx(1.08, abs=1e-12)


@pytest.mark.parametrize(("density", "expected"), [(1.06, 0.5), (1.09, 0.9545), (1.075, 0.84), (1.045, 0.1587)])
def test_the_cut_is_a_gaussian(density: float, expected: float) -> None:
    """One standard deviation inside, on and outside the edge, and in the middle of four."""
    assert isopycnic.cut(density, 1.06, 1.12, 0.015) == pytest.approx(expected, abs=2e-3)


def test_adjacent_cuts_add_up() -> None:
    edges = np.linspace(0.9, 1.4, 21)
    parts = sum(isopycnic.cut(1.07, low, high, 0.015) for low, high in itertools.pairwise(edges))
    assert parts == pytest.approx(1.0, rel=1e-12)


@given(st.floats(1.03, 1.2), st.floats(1.03, 1.2), st.floats(0.01, 0.02))
def test_a_fraction(density: float, edge: float, spread: float) -> None:
    found = isopycnic.cut(density, edge, edge + 0.05, spread)
    assert 0.0 <= found <= 1.0
    mirrored = isopycnic.cut(-density, -edge - 0.05, -edge, spread)
    assert found == pytest.approx(mirrored, abs=1e-12)


@pytest.mark.parametrize(
    ("diameter", "density"),
    [(30.0, 1114.0), (50.0, 1089.0), (80.0, 1070.0), (100.0, 1062.0), (150.0, 1052.0), (200.0, 1047.0)],
)
def test_density_of_vesicles(diameter: float, density: float) -> None:
    """Core and shell, 1,030 and 1,150 kg/m3 and 5 nm, by an independent calculation: small vesicles are denser."""
    assert 1e3 * pelleting.core_shell_density(diameter, 1.03, 1.15, 5.0) == pytest.approx(density, abs=0.6)


def test_the_cut_selects_by_size() -> None:
    """Between 1.06 and 1.12 g/mL are the vesicles of 50 to 100 nm; the large ones are too light."""
    density = pelleting.core_shell_density(np.array([50.0, 100.0, 200.0]), 1.03, 1.15, 5.0)
    small, middle, large = isopycnic.cut(density, 1.06, 1.12, 0.015)
    assert small > 0.9
    assert middle == pytest.approx(0.57, abs=0.01)
    assert large < 0.25
    assert math.isclose(isopycnic.cut(1.03, 1.06, 1.12, 0.015), 0.02275, rel_tol=1e-3)
