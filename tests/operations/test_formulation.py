"""Formulation: dilution to a target or by a factor, never concentration, and excipients."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.formulation import Formulation
from exosim.physics.detection import counted_particles
from exosim.testing.feeds import everything

CONTEXT = standard_context()
LIMIT = "feed below the target concentration: not diluted"


def bulk(per_milliliter: float, liters: float = 0.2) -> Material:
    """Return vesicles in buffer."""
    return Material(volume=liters, vesicles=CONTEXT.secreted * (per_milliliter * liters * 1e3), salt=0.15 * liters)


def per_milliliter(material: Material) -> float:
    """Return the vesicles per milliliter."""
    return float(np.squeeze(total(material.vesicles) / (material.volume * 1e3)))


def test_dilution_to_a_target() -> None:
    """The product has the target; the buffer is what was missing; the vessel keeps its share."""
    outcome = Formulation(target=2e10, vessel_loss=0.0).transform(bulk(1e11))
    assert per_milliliter(outcome.product) == pytest.approx(2e10, rel=1e-12)
    assert outcome.consumption["buffer"] == pytest.approx(0.8, rel=1e-12)
    assert outcome.monitors["dilution"] == pytest.approx(5.0, rel=1e-12)
    kept = Formulation(target=2e10, vessel_loss=0.05).transform(bulk(1e11)).product
    assert per_milliliter(kept) == pytest.approx(2e10, rel=1e-12)
    assert total(kept.vesicles) == pytest.approx(0.95 * total(bulk(1e11).vesicles), rel=1e-12)


def test_each_lane_has_its_own_dilution() -> None:
    """Two lots, one thinner than the target: that one stays as it is, and a limit tells."""
    shares = CONTEXT.secreted * np.array([[1e11, 1e9]]) * 200.0
    outcome = Formulation(target=2e10, vessel_loss=0.0).transform(Material(volume=0.2, vesicles=shares))
    assert np.asarray(outcome.product.volume) == pytest.approx([1.0, 0.2], rel=1e-12)
    assert np.asarray(outcome.limits[LIMIT]).tolist() == [0.0, 1.0]


def test_a_feed_at_the_target_is_no_limit() -> None:
    outcome = Formulation(target=2e10).transform(bulk(2e10))
    assert outcome.limits[LIMIT] == 0.0
    assert outcome.consumption["buffer"] == pytest.approx(0.0, abs=1e-12)


def test_a_target_as_counted() -> None:
    """Particles per milliliter are those that the instrument sees, other particles included."""
    outcome = Formulation(counted_target=1e9, vessel_loss=0.0).transform(everything())
    seen = counted_particles(outcome.product, CONTEXT.sizes, CONTEXT.counter) / (outcome.product.volume * 1e3)
    assert seen == pytest.approx(1e9, rel=1e-12)
    assert "dilution" in Formulation(counted_target=1e9).unused()


def test_a_fixed_dilution() -> None:
    outcome = Formulation(dilution=3.0, buffer_salt=0.1, vessel_loss=0.0).transform(bulk(1e10))
    assert outcome.product.volume == pytest.approx(0.6, rel=1e-12)
    assert outcome.product.salt == pytest.approx(0.03 + 0.04, rel=1e-12)
    assert outcome.limits == {}


def test_excipients_are_for_the_final_volume() -> None:
    """25 mmol/L trehalose and 2 mg/mL albumin in 1 L: 8.56 g and 2 g; the albumin is protein of the product."""
    outcome = Formulation(target=2e10, trehalose=25.0, albumin=2.0, vessel_loss=0.0).transform(bulk(1e11))
    assert outcome.consumption["trehalose"] == pytest.approx(8.5575, rel=1e-9)
    assert outcome.consumption["human_albumin"] == pytest.approx(2.0, rel=1e-12)
    assert np.asarray(outcome.product.protein)[:, 0] == pytest.approx([0.0, 2e6, 0.0, 0.0], rel=1e-12)


def test_two_targets_are_refused() -> None:
    (problem,) = Formulation(target=1e10, counted_target=1e10).problems()
    assert problem[0] == "counted_target"


def test_nothing_added_hands_on_the_feed() -> None:
    outcome = Formulation(trehalose=0.0, vessel_loss=0.0).transform(bulk(1e10))
    assert outcome.product.volume == 0.2
    assert outcome.duration == pytest.approx(1.5)
