"""What materials hold, counted once for all of them, and sums over size classes whose bits no block size moves."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.composition import Contents, own_protein, protein_ceiling, total_protein
from exosim.material import Material, total, weighted
from exosim.operations.base import standard_context
from exosim.physics.detection import Counter, counted_particles

CONTEXT = standard_context()
COUNTER = Counter(65.0, 30.0, 0.1)
GENERATOR = np.random.default_rng(3)
AMOUNT = GENERATOR.random((12, 64 * 9))
WEIGHTS = GENERATOR.random((12, 1))


def material(scale: float = 1e10) -> Material:
    return Material(
        volume=1.0,
        vesicles=scale * GENERATOR.random((12, 64)),
        nonvesicular=scale * GENERATOR.random((12, 64)),
        protein=1e3 * GENERATOR.random((4, 64)),
        associated_protein=10.0,
    )


@pytest.mark.parametrize("parts", [1, 3, 9])
def test_a_weighted_sum_has_the_same_bits_in_blocks_of_any_length(parts: int) -> None:
    """Blocks are multiples of 64 lanes; whether lanes are in order does not matter either."""
    whole = weighted(AMOUNT, WEIGHTS)
    blocks = [weighted(np.ascontiguousarray(part), WEIGHTS) for part in np.split(AMOUNT, parts, axis=1)]
    assert np.array_equal(np.concatenate(blocks), whole)
    order = GENERATOR.permutation(AMOUNT.shape[1])
    assert np.array_equal(weighted(np.ascontiguousarray(AMOUNT[:, order]), WEIGHTS), whole[order])


def test_weights_may_vary_by_lane_and_amounts_may_not() -> None:
    wide = np.broadcast_to(WEIGHTS, AMOUNT.shape) * 1.0
    assert weighted(AMOUNT, wide) == pytest.approx(weighted(AMOUNT, WEIGHTS), rel=1e-14)
    assert weighted(AMOUNT[:, :1], wide) == pytest.approx(float(weighted(AMOUNT[:, :1], WEIGHTS)[0]), rel=1e-14)
    assert weighted(AMOUNT, WEIGHTS) == pytest.approx((AMOUNT * WEIGHTS).sum(axis=0), rel=1e-14)


def test_contents_are_those_of_each_material() -> None:
    contents = Contents(CONTEXT, COUNTER)
    for one in (material(), Material(), material(1e12).replaced(nonvesicular=0.0)):
        for _ in range(2):
            assert np.array_equal(contents.vesicles(one), total(one.vesicles))
            assert np.array_equal(contents.particles(one), counted_particles(one, CONTEXT.sizes, COUNTER))
            assert np.array_equal(contents.protein(one), total_protein(one, CONTEXT))
            assert np.array_equal(contents.own_protein(one), own_protein(one, CONTEXT))
            assert np.array_equal(contents.protein_ceiling(one), protein_ceiling(one, CONTEXT))


def test_what_materials_share_is_summed_once() -> None:
    contents, first = Contents(CONTEXT, COUNTER), material()
    second = first.replaced(volume=3.0, protein=0.0)
    assert contents.vesicles(second) is contents.vesicles(first)
    assert contents.own_protein(second) is contents.own_protein(first)


def test_a_sum_is_never_that_of_an_array_that_is_gone() -> None:
    """Arrays are told apart by identity, which another array takes over when one is freed."""
    contents = Contents(CONTEXT, COUNTER)
    for _ in range(50):
        one = Material(vesicles=GENERATOR.random((12, 64)))
        assert np.array_equal(contents.vesicles(one), total(one.vesicles))
        del one
