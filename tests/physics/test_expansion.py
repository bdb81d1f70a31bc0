"""Cell hours between two densities: the closed forms against quadrature over time, and their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from exosim.physics import expansion, growth

PLATEAU = 3e4
rates = st.floats(0.005, 0.06)
thetas = st.sampled_from([1.0, 1.5, 2.0, 3.0])


def between(initial: float, final: float, net_rate: float, theta: float) -> tuple[float, float, float]:
    """Return the hours from one density to the other, the cell hours, and b, with the plateau at 3e4."""
    crowd = net_rate / PLATEAU**theta
    hours = float(growth.hours_to_reach(initial, final, net_rate, crowd, theta))
    return hours, float(np.squeeze(expansion.cell_hours(initial, final, hours, net_rate, crowd, theta))), crowd


@given(st.floats(1e-4, 0.9), st.floats(0.01, 1.0), rates, thetas)
def test_the_integral_over_time(first: float, way: float, net_rate: float, theta: float) -> None:
    initial = first * PLATEAU
    final = initial + way * (0.98 * PLATEAU - initial)
    hours, found, crowd = between(initial, final, net_rate, theta)
    exact, _ = quad(
        lambda t: float(growth.density(initial, net_rate, crowd, theta, t)), 0.0, hours, epsrel=1e-11, limit=200
    )
    tolerance = 1e-9 if theta in (1.0, 2.0) else 2e-4
    assert found == pytest.approx(exact, rel=tolerance)


@pytest.mark.parametrize("theta", [1.0, 2.0])
def test_far_below_the_plateau_growth_is_exponential(theta: float) -> None:
    _, found, _ = between(1e-3, 8e-3, 0.03, theta)
    assert found == pytest.approx(7e-3 / 0.03, rel=1e-6)


@pytest.mark.parametrize("theta", [1.0, 2.0])
def test_cells_that_do_not_grow_have_no_hours(theta: float) -> None:
    assert between(5e3, 5e3, 0.03, theta)[:2] == (0.0, 0.0)


@pytest.mark.parametrize("theta", [1.0, 2.0])
def test_lanes_are_those_of_one_alone(theta: float) -> None:
    final = np.linspace(6e3, 2.9e4, 7)
    crowd = 0.03 / PLATEAU**theta
    together = expansion.cell_hours(5e3, final, 1.0, 0.03, crowd, theta)
    assert together == pytest.approx([between(5e3, x, 0.03, theta)[1] for x in final], rel=1e-12)
    assert math.isfinite(together.max())
