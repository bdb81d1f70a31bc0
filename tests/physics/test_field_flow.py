"""Field-flow fractionation: limits of retention, an integral over the channel, and retention times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from exosim.physics import field_flow, flux


@pytest.mark.parametrize("height", [1e-6, 1e-5, 1e-4])
def test_close_to_the_wall_the_ratio_is_six_lambda(height: float) -> None:
    """R = 6 lambda (1 - 2 lambda) where coth is 1."""
    assert field_flow.retention_ratio(height) == pytest.approx(6.0 * height * (1.0 - 2.0 * height), rel=1e-12)


@pytest.mark.parametrize("height", [1e2, 1e4, 1e8])
def test_without_a_field_all_travel_with_the_liquid(height: float) -> None:
    """1 - R goes to 1 / (60 lambda^2)."""
    ratio = field_flow.retention_ratio(height)
    assert ratio <= 1.0
    assert 1.0 - ratio == pytest.approx(1.0 / (60.0 * height**2), rel=1e-3, abs=1e-15)


@given(st.floats(0.003, 30.0))
def test_the_ratio_is_the_mean_speed_of_an_exponential_layer(height: float) -> None:
    """R = <c v> / (<c> <v>) with c = exp(-x / lambda) and the parabola v = 6 x (1 - x)."""
    layer, _ = quad(lambda x: np.exp(-x / height), 0.0, 1.0, points=[min(height, 0.9)], epsabs=1e-13)
    carried, _ = quad(lambda x: 6.0 * x * (1.0 - x) * np.exp(-x / height), 0.0, 1.0, points=[min(height, 0.9)])
    assert field_flow.retention_ratio(height) == pytest.approx(carried / layer, rel=1e-7)


def test_both_branches_meet() -> None:
    """Series and hyperbolic cotangent agree where one takes over."""
    below, above = 0.5 / np.array([0.2 * (1 - 1e-13), 0.2 * (1 + 1e-13)])
    assert field_flow.retention_ratio(below) == pytest.approx(float(field_flow.retention_ratio(above)), rel=2e-12)


@given(st.floats(1e-4, 1e3), st.floats(1.001, 3.0))
def test_a_higher_layer_travels_faster(height: float, times: float) -> None:
    assert 0.0 < field_flow.retention_ratio(height) <= field_flow.retention_ratio(height * times) <= 1.0


def test_the_height_of_a_layer() -> None:
    """100 nm at 25 degC, 0.6 mL, 0.5 mL/min, 250 um: 0.565 % of the channel."""
    height = field_flow.height(flux.diffusivity(100.0), 0.6, 0.5, 250.0)
    assert height == pytest.approx(4.907e-12 * 0.6e-6 / (0.5e-6 / 60.0 * (250e-6) ** 2), rel=1e-3)
    assert height == pytest.approx(0.00565, abs=1e-5)


def test_strong_retention_is_that_of_the_thickness_alone() -> None:
    """t_R = w^2 / (6 D) ln(1 + V_c / V_out): the volume of the channel cancels."""
    diffusion = flux.diffusivity(150.0)
    for void in (0.3, 0.9):
        ratio = field_flow.retention_ratio(field_flow.height(diffusion, void, 2.0, 350.0))
        minutes = field_flow.void_time(void, 2.0, 1.0) / ratio
        assert minutes == pytest.approx((350e-6) ** 2 / (6.0 * diffusion) / 60.0 * np.log(3.0), rel=2e-2)


def test_a_weak_cross_flow_leaves_the_time_of_the_channel() -> None:
    assert field_flow.void_time(0.6, 1e-9, 1.0) == pytest.approx(0.6, rel=1e-8)
