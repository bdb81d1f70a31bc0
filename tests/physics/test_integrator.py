"""Fixed-step integration: orders, exactness, honest errors, lanes that do not know of each other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from exosim.physics import growth
from exosim.physics.integrator import HEUN, RUNGE_KUTTA, Scheme, integrate, integrate_with_error

SCHEMES = pytest.mark.parametrize("scheme", [HEUN, RUNGE_KUTTA], ids=["heun", "runge_kutta"])
Floats = NDArray[np.float64]


def logistic(_: object, state: Floats) -> Floats:
    return state * (1.0 - state)


def logistic_error(scheme: Scheme, steps: int) -> float:
    truth = growth.density(0.1, 1.0, 1.0, 1.0, 4.0)
    return abs(float(integrate(scheme, logistic, np.array([[0.1]]), 0.0, 4.0, steps).item() - truth))


@pytest.mark.parametrize("scheme, steps", [(HEUN, 100), (HEUN, 400), (RUNGE_KUTTA, 50), (RUNGE_KUTTA, 100)])
def test_halving_the_step_divides_the_error_by_two_to_the_order(scheme: Scheme, steps: int) -> None:
    order = np.log2(logistic_error(scheme, steps) / logistic_error(scheme, 2 * steps))
    assert order == pytest.approx(scheme.order, abs=0.05)


@SCHEMES
def test_a_polynomial_in_time_of_its_order_is_exact(scheme: Scheme) -> None:
    power = scheme.order

    def rates(time: object, state: Floats) -> Floats:
        return np.full_like(state, power * np.asarray(time) ** (power - 1))

    end = integrate(scheme, rates, np.array([[2.0]]), 1.0, 3.0, 7)
    assert end.item() == pytest.approx(2.0 + 4.0**power - 1.0, rel=1e-13)


@SCHEMES
def test_a_linear_system_takes_the_taylor_polynomial_of_its_exponential(scheme: Scheme) -> None:
    matrix = np.array([[-0.3, 0.1, 0.0], [0.2, -0.4, 0.05], [0.0, 0.3, -0.1]])
    step, power, taylor = 0.5, np.eye(3), np.eye(3)
    for number in range(1, scheme.order + 1):
        power = power @ (step * matrix) / number
        taylor = taylor + power
    start = np.array([[1.0], [2.0], [3.0]])
    end = integrate(scheme, lambda _, y: matrix @ y, start, 0.0, 4 * step, 4)
    np.testing.assert_allclose(end, np.linalg.matrix_power(taylor, 4) @ start, rtol=1e-14)


@SCHEMES
def test_a_linear_invariant_is_kept(scheme: Scheme) -> None:
    """What leaves one row and enters another is neither lost nor made, whatever the step."""

    def rates(_: object, state: Floats) -> Floats:
        flow = 0.7 * state[0] * state[1]
        return np.stack([-flow, flow])

    start = np.array([[3.0, 1.0], [0.5, 2.0]])
    end = integrate(scheme, rates, start, 0.0, 5.0, 8)
    np.testing.assert_allclose(end.sum(axis=0), start.sum(axis=0), rtol=1e-14)


@pytest.mark.parametrize("scheme, steps", [(HEUN, 50), (HEUN, 200), (RUNGE_KUTTA, 20), (RUNGE_KUTTA, 60)])
def test_the_estimated_error_is_the_true_one_within_a_fifth(scheme: Scheme, steps: int) -> None:
    estimate = integrate_with_error(scheme, logistic, np.array([[0.1]]), 0.0, 4.0, steps)
    true = logistic_error(scheme, 2 * steps)
    assert estimate.error.item() == pytest.approx(true, rel=0.2)


@SCHEMES
def test_lanes_have_their_own_times_and_do_not_know_of_each_other(scheme: Scheme) -> None:
    starts, hours = np.array([[0.1, 0.2, 1.7]]), np.array([1.0, 4.0, 2.5])
    together = integrate(scheme, logistic, starts, 0.0, hours, 30)
    for lane in range(3):
        alone = integrate(scheme, logistic, starts[:, [lane]], 0.0, float(hours[lane]), 30)
        assert alone.item() == together[0, lane]


def test_the_last_step_ends_at_the_end() -> None:
    """An oscillation driven in time: the phase shows any slip of the clock."""
    end = integrate(RUNGE_KUTTA, lambda t, y: np.full_like(y, np.cos(t)), np.array([[0.0]]), 2.0, 10.0, 400)
    assert end.item() == pytest.approx(np.sin(12.0) - np.sin(2.0), abs=1e-8)
