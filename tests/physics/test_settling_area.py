"""Sigma theory: areas by geometry, what is captured by following particles, and where half of them are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import pelleting, settling_area
from exosim.physics.pelleting import GRAVITY

INNER, OUTER, LENGTH, SPEED = 53.0, 66.0, 760.0, 40_000.0


def test_area_of_discs() -> None:
    """72 discs of 36 to 140 mm at 40 deg and 6,650 rpm, by 2 pi n omega^2 (R^3 - r^3) cot / 3 g in meters."""
    omega = 2.0 * math.pi * 6650.0 / 60.0
    expected = 2.0 * math.pi * 72.0 * omega**2 * (0.140**3 - 0.036**3) / (3.0 * 9.80665 * math.tan(math.radians(40.0)))
    assert settling_area.disc_area(72.0, 36.0, 140.0, 40.0, 6650.0) == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(2.4e4, rel=0.02)


def test_a_thin_layer_is_a_tank() -> None:
    """A thin layer at the wall is a settling tank of its own area under the force at the wall."""
    thin = settling_area.tubular_area(LENGTH, OUTER * 0.999, OUTER, SPEED)
    wall = 2.0 * math.pi * OUTER * LENGTH * 1e-6
    force = pelleting.relative_force(OUTER, SPEED)
    assert thin == pytest.approx(wall * force, rel=2e-3)


@pytest.mark.parametrize("inner", [10.0, 33.0, 53.0, 65.0])
def test_half_is_captured_at_twice_the_velocity(inner: float) -> None:
    """Ambler's flow Q = 2 v Sigma captures one half in both kinds of bowl, however thick the layer is."""
    assert settling_area.captured(0.5) == 0.5
    assert settling_area.captured_in_bowl(0.5, inner, OUTER) == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("ratio", [0.05, 0.3, 0.8, 1.0, 1.3])
def test_followed_one_by_one(ratio: float) -> None:
    """The tubular bowl captures those of an even annulus that reach the wall in the time V / Q."""
    area = float(settling_area.tubular_area(LENGTH, INNER, OUTER, SPEED))
    coefficient = 300e-13
    flow = coefficient * GRAVITY * area * 3.6e6 / ratio
    volume = math.pi * (OUTER**2 - INNER**2) * LENGTH * 1e-9
    moved = coefficient * pelleting.angular_speed(SPEED) ** 2 * volume / (flow / 3.6e6)
    starts = np.sqrt(np.linspace(INNER**2, OUTER**2, 200_001))
    followed = float(np.mean(starts * math.exp(moved) >= OUTER))
    found = settling_area.captured_in_bowl(settling_area.overflow_ratio(coefficient, area, flow), INNER, OUTER)
    assert found == pytest.approx(followed, abs=1e-5)


def test_it_is_the_sector_of_an_analytical_cell() -> None:
    """The annulus widens with the radius as the cell of an analytical centrifuge does: one law."""
    ratio = 0.4
    moved = ratio * settling_area.half_way(INNER, OUTER)
    expected = pelleting.sector_fraction(pelleting.Rotor(INNER, OUTER), moved)
    assert settling_area.captured_in_bowl(ratio, INNER, OUTER) == pytest.approx(expected, rel=1e-12)


@given(st.floats(5.0, 200.0), st.floats(1.001, 4.0), st.floats(0.0, 3.0))
def test_between_nothing_and_all(inner: float, widening: float, ratio: float) -> None:
    """More area or less flow never captures less, and never more than all."""
    outer = inner * widening
    less, more = settling_area.captured_in_bowl(np.array([ratio, 1.1 * ratio]), inner, outer)
    assert 0.0 <= less <= more <= 1.0
    assert settling_area.captured(ratio) <= settling_area.captured(1.1 * ratio) <= 1.0


def test_both_laws_are_one_in_a_thin_layer() -> None:
    ratios = np.linspace(0.0, 1.5, 16)
    thin = settling_area.captured_in_bowl(ratios, 0.9999 * OUTER, OUTER)
    assert thin == pytest.approx(settling_area.captured(ratios), abs=2e-4)


def test_a_vesicle_and_a_cell_in_the_same_bowl() -> None:
    """At 100 L/h over 3,500 m2 cells are caught a thousand times over, and of 100 nm vesicles a few percent."""
    vesicle = pelleting.sedimentation_coefficient(100.0, 1.062, 1.007, 1.002)
    cell = pelleting.sedimentation_coefficient(15_000.0, 1.06, 1.007, 1.002)
    assert 0.02 < settling_area.overflow_ratio(vesicle, 3500.0, 100.0) < 0.06
    assert settling_area.overflow_ratio(cell, 3500.0, 100.0) > 500.0
