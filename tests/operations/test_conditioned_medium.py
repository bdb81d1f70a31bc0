"""Conditioned medium: true and counted titers, and its contents."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from exosim.composition import total_dna
from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.physics.detection import Counter, counted, counted_particles

CONTEXT = standard_context()


def test_a_true_titer_is_the_number_of_vesicles() -> None:
    """Titer times volume are the vesicles, spread over sizes as they are secreted."""
    product = ConditionedMedium(volume=3.0, titer=4e9).transform(Material()).product
    assert total(product.vesicles) == pytest.approx(1.2e13, rel=1e-12)
    assert product.vesicles == pytest.approx(np.asarray(CONTEXT.secreted) * 1.2e13, rel=1e-12)
    assert total(product.nonvesicular) == pytest.approx(5e8 * 3000.0, rel=1e-12)


@pytest.mark.parametrize("share", [0.001, 0.4, 0.9, 1.0])
@pytest.mark.parametrize("counter", [Counter(65.0, 30.0), Counter(100.0, 60.0, 0.5), Counter(0.0, 1.0)])
def test_a_counted_titer_round_trips(share: float, counter: Counter) -> None:
    """Counting the medium again with the instrument of the product gives the titer that was entered."""
    context = dataclasses.replace(CONTEXT, counter=counter)
    operation = ConditionedMedium(context=context, volume=0.5, counted_titer=3e9, vesicle_share=share)
    product = operation.transform(Material()).product
    seen = counted_particles(product, context.sizes, counter)
    assert seen == pytest.approx(3e9 * 500.0, rel=1e-12)
    assert counted(product.vesicles, context.sizes, counter) == pytest.approx(share * 3e9 * 500.0, rel=1e-12)


def test_more_vesicles_than_an_unbiased_instrument_counts() -> None:
    """An instrument that misses small vesicles means more true vesicles than counts."""
    product = ConditionedMedium(counted_titer=5e9, vesicle_share=1.0).transform(Material()).product
    assert 1.02 * 5e12 < float(np.squeeze(total(product.vesicles))) < 1.3 * 5e12


def test_contents_per_milliliter() -> None:
    """Protein, DNA, debris and salt are concentration times volume, split as stated."""
    product = (
        ConditionedMedium(volume=2.0, protein=100.0, dna=300.0, debris=1e4, salt=0.12).transform(Material()).product
    )
    assert total(product.protein) + product.associated_protein == pytest.approx(2e5, rel=1e-12)
    assert product.associated_protein == pytest.approx(0.02 * 2e5, rel=1e-12)
    assert np.ravel(product.protein) / (0.98 * 2e5) == pytest.approx([0.25, 0.45, 0.2, 0.1], rel=1e-12)
    assert total_dna(product) == pytest.approx(6e5, rel=1e-12)
    assert product.bound_dna == pytest.approx(0.05 * 6e5, rel=1e-12)
    assert product.debris == pytest.approx(2e7, rel=1e-12)
    assert product.salt == pytest.approx(0.24, rel=1e-12)


def test_shares_above_one_are_a_contradiction() -> None:
    """Pools that add up to more than the protein are reported, a full hundred percent is not."""
    too_much = ConditionedMedium(small_protein=0.5, immunoglobulin_like=0.4, complex_protein=0.2)
    assert [name for name, _ in too_much.problems()] == ["complex_protein"]
    assert not list(ConditionedMedium(small_protein=0.5, immunoglobulin_like=0.25, complex_protein=0.25).problems())


def test_lipoproteins_of_serum_are_counted() -> None:
    """By default there are none, and none in the product; where they are given, they come on top of a counted titer."""
    assert ConditionedMedium().transform(Material()).product.lipoproteins == 0.0
    assert {"lipoprotein_median", "lipoprotein_gsd"} <= ConditionedMedium().unused()
    operation = ConditionedMedium(volume=2.0, counted_titer=1e9, lipoproteins=3e9)
    product = operation.transform(Material()).product
    assert total(product.lipoproteins) == pytest.approx(6e12, rel=1e-12)
    assert not {"lipoprotein_median", "lipoprotein_gsd"} & operation.unused()
    seen = counted_particles(product, CONTEXT.sizes, CONTEXT.counter)
    assert 2e12 * 1.2 < float(np.squeeze(seen)) < 2e12 * 4.0
