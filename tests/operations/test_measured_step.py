"""A step by its measured figures."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.operations.measured_step import MeasuredStep
from exosim.testing.balances import imbalance
from exosim.testing.feeds import everything


@pytest.mark.parametrize("ratio", [0.05, 0.5, 1.0, 2.0, 30.0])
def test_volume_goes_up_and_down(ratio: float) -> None:
    """The volume ratio adds buffer or discards liquid; vesicles follow the recovery either way."""
    feed = everything()
    outcome = MeasuredStep(volume_ratio=ratio, ev_recovery=0.7, buffer_salt=0.1).transform(feed)
    assert outcome.product.volume == pytest.approx(2.0 * ratio, rel=1e-12)
    assert outcome.added.volume == pytest.approx(max(2.0 * ratio - 2.0, 0.0), abs=1e-12)
    assert outcome.losses["measured loss"].volume == pytest.approx(max(2.0 - 2.0 * ratio, 0.0), abs=1e-12)
    assert outcome.consumption["buffer"] == outcome.added.volume
    assert outcome.product.vesicles / feed.vesicles == pytest.approx(0.7, rel=1e-12)
    assert outcome.product.salt / outcome.product.volume == pytest.approx(0.1, rel=1e-12)
    assert max(imbalance(feed, outcome).values()) < 1e-12


def test_removal_in_logs() -> None:
    """Protein, DNA and solids fall by their log reductions; what is bound follows the vesicles."""
    feed = everything()
    product = (
        MeasuredStep(ev_recovery=0.5, protein_removal=2.0, dna_removal=1.0, debris_removal=3.0).transform(feed).product
    )
    assert product.protein / feed.protein == pytest.approx(1e-2, rel=1e-12)
    assert product.free_dna / feed.free_dna == pytest.approx(0.1, rel=1e-12)
    for solid in ("debris", "viable_cells", "dead_cells"):
        assert getattr(product, solid) / getattr(feed, solid) == pytest.approx(1e-3, rel=1e-12)
    assert product.associated_protein / feed.associated_protein == pytest.approx(0.5, rel=1e-12)
    assert product.bound_dna / feed.bound_dna == pytest.approx(0.5, rel=1e-12)


def test_other_particles_follow_the_vesicles_unless_measured() -> None:
    """Without a figure of their own other particles are recovered as vesicles are."""
    feed = everything()
    same = MeasuredStep(ev_recovery=0.6).transform(feed).product
    other = MeasuredStep(ev_recovery=0.6, particle_recovery=0.1).transform(feed).product
    assert same.nonvesicular / feed.nonvesicular == pytest.approx(0.6, rel=1e-12)
    assert other.nonvesicular / feed.nonvesicular == pytest.approx(0.1, rel=1e-12)
    assert other.lipoproteins / feed.lipoproteins == pytest.approx(0.1, rel=1e-12)
    assert np.array_equal(same.vesicles, other.vesicles)


def test_the_step_takes_its_time() -> None:
    """The duration is the stated one."""
    assert MeasuredStep(step_time=7.5).transform(everything()).duration == 7.5
