"""Four-node Gauss-Legendre quadrature: exactness, the integrals from each node on, and bits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics.quadrature import NODES, POSITIONS, REMAINING, WEIGHTS, rule


def test_nodes_and_weights_are_those_of_the_handbook() -> None:
    # Abramowitz & Stegun 1964, table 25.4, n = 4, moved from (-1, 1) to (0, 1)
    inner, outer = 0.339981043584856, 0.861136311594053
    assert pytest.approx([-outer, -inner, inner, outer], abs=1e-15) == 2.0 * POSITIONS - 1.0
    assert pytest.approx([0.347854845137454, 0.652145154862546] * 2, abs=1e-15) == 2.0 * WEIGHTS[[0, 1, 3, 2]]


@pytest.mark.parametrize("degree", range(2 * NODES))
def test_polynomials_up_to_degree_seven_are_exact(degree: int) -> None:
    length = np.array([0.5, 2.0, 24.0])
    integral = length * (WEIGHTS @ (POSITIONS[:, None] * length) ** degree)
    assert integral == pytest.approx(length ** (degree + 1) / (degree + 1), rel=1e-13)


def test_degree_eight_is_not_exact() -> None:
    error = abs(float(WEIGHTS @ POSITIONS**8) - 1.0 / 9.0)
    assert error == pytest.approx(math.factorial(4) ** 4 / (9.0 * math.factorial(8) ** 2), rel=1e-6)


@pytest.mark.parametrize("degree", range(NODES))
def test_the_integral_from_each_node_to_the_end_is_exact_for_cubics(degree: int) -> None:
    to_end = REMAINING @ POSITIONS**degree
    assert to_end == pytest.approx((1.0 - POSITIONS ** (degree + 1)) / (degree + 1), rel=1e-12)


@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_a_rule_has_the_precision_of_the_lanes(precision: type) -> None:
    found = rule(np.dtype(precision))
    assert {found.ends.dtype, found.lengths.dtype, found.weights.dtype, found.remaining.dtype} == {np.dtype(precision)}
    assert found.ends[:, 0] == pytest.approx([*POSITIONS, 1.0], rel=1e-7)
    assert found.lengths[:, 0] == pytest.approx([*(1.0 - POSITIONS), 1.0], rel=1e-7)
    assert found.remaining == pytest.approx(np.vstack([REMAINING, WEIGHTS]), rel=1e-6)


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_a_sum_has_the_same_bits_in_every_block_of_64_lanes(blocks: int, seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(size=(NODES, 64 * blocks))
    for matrix in (WEIGHTS, rule(values.dtype).remaining):
        parts = [np.dot(matrix, part) for part in np.split(values, blocks, axis=1)]
        assert np.array_equal(np.concatenate(parts, axis=-1), np.dot(matrix, values))
    assert np.dot(WEIGHTS, values) == pytest.approx((WEIGHTS[:, None] * values).sum(axis=0), rel=1e-14)
