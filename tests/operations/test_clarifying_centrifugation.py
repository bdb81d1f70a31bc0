"""Clearing spins: what they take out at 300, 2,000 and 10,000 g, and what they cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import Outcome
from exosim.operations.clarifying_centrifugation import ClarifyingCentrifugation
from exosim.operations.ultracentrifugation import Ultracentrifugation
from exosim.testing.feeds import everything


def cleared(**values: Any) -> Outcome:
    """Return what becomes of conditioned medium."""
    return ClarifyingCentrifugation(**values).transform(everything())


def kept(outcome: Outcome, name: str) -> float:
    """Return the fraction of a species of the feed in the supernatant."""
    return float(np.squeeze(total(getattr(outcome.product, name)) / total(getattr(everything(), name))))


def test_the_published_series() -> None:
    """300 g takes cells and little debris, 2,000 g debris, 10,000 g large vesicles too (Théry et al. 2006)."""
    gentle = cleared(force=300.0, spin_time=10.0 / 60.0)
    middle = cleared(force=2000.0, spin_time=20.0 / 60.0)
    hard = cleared(force=10_000.0, spin_time=0.5)
    assert kept(gentle, "viable_cells") < 0.05 < 0.3 < kept(gentle, "debris")
    assert kept(middle, "debris") < 0.05
    assert 0.95 <= kept(gentle, "vesicles") <= 1.0
    assert 0.7 <= kept(hard, "vesicles") <= 0.95
    by_size = np.asarray(hard.product.vesicles / everything().vesicles)[:, 0]
    assert np.all(np.diff(by_size) < 0.0)


def test_small_vesicles_lost_at_10_000_g() -> None:
    """In 28 mm tubes at 25 deg and 80 mm, 30 min: 14, 26, 41 and 100 % of 100, 150, 200 and 400 nm are pelleted."""
    spin = ClarifyingCentrifugation(
        force=10_000.0, spin_time=0.5, r_min=50.0, r_max=110.0, tube_diameter=28.0, angle=25.0, viscosity=1.567
    )
    diameters = np.array([[100.0], [150.0], [200.0], [400.0]])
    sizes = type("Sizes", (), {"diameters": diameters})()
    assert spin.pelleted_vesicles(sizes)[:, 0] == pytest.approx([0.143, 0.262, 0.406, 1.0], abs=1e-3)  # type: ignore[call-overload, index]


def test_the_other_side_of_the_same_spin() -> None:
    """What this operation leaves of the vesicles is what ultracentrifugation pellets in the same spin."""
    same: dict[str, Any] = {"force": 10_000.0, "spin_time": 0.5, "r_min": 35.9, "r_max": 103.8}
    same |= {"tube_diameter": 38.0, "angle": 24.0}
    left = cleared(heel=0.0, stirred_up=0.0, **same).product.vesicles
    pellet = Ultracentrifugation(washes=0.0, resuspended=1.0, aggregated=0.0, residual_volume=0.0, **same)
    assert np.asarray(left + pellet.transform(everything()).product.vesicles) == pytest.approx(
        np.asarray(everything().vesicles), rel=1e-12
    )


def test_heel_and_stirred_up_pellet() -> None:
    """Four bottles leave 20 mL of two liters, with what is in it; a part of the pellet comes along."""
    outcome = cleared(heel=5.0, stirred_up=0.1)
    assert outcome.product.volume == pytest.approx(1.98)
    assert outcome.losses["heel"].volume == pytest.approx(0.02)
    assert kept(outcome, "dead_cells") == pytest.approx(0.1 * 0.99, rel=1e-12)
    assert kept(outcome, "salt") == pytest.approx(0.99, rel=1e-12)
    assert outcome.consumption["centrifuge_tube"] == 4
    assert outcome.duration == pytest.approx(0.5 + 1.0 / 3.0)


def test_cargo_that_is_not_in_vesicles() -> None:
    """A hard spin takes aggregates of cargo before vesicles; dissolved cargo and polymer stay in the supernatant."""
    outcome = cleared(force=10_000.0, spin_time=0.5)
    assert kept(outcome, "aggregated_cargo") < kept(outcome, "vesicles")
    assert [kept(outcome, name) for name in ("free_cargo", "polymer")] == pytest.approx([0.99, 0.99], rel=1e-12)


def test_the_heel_is_a_share_of_the_lot() -> None:
    """What stays over the pellets takes cell equivalents along; of less than a heel nothing is left to dose."""
    assert kept(cleared(), "cell_equivalents") == pytest.approx(0.99, rel=1e-12)
    heel = "the heel takes more than half of the feed"
    assert cleared().limits[heel] == 0.0
    assert ClarifyingCentrifugation().transform(Material()).limits[heel] == 0.0
    tiny = ClarifyingCentrifugation().transform(everything().portion(1e-3))
    assert tiny.limits[heel] == 1.0
    assert tiny.product.volume == 0.0 and tiny.product.cell_equivalents == 0.0
    assert tiny.losses["heel"].cell_equivalents == pytest.approx(1e-3 * everything().cell_equivalents, rel=1e-12)


def test_a_measured_recovery_holds_for_all_of_the_step() -> None:
    """Neither pellet nor heel takes vesicles besides."""
    outcome = cleared(ev_recovery=0.85)
    assert np.asarray(outcome.product.vesicles / everything().vesicles) == pytest.approx(0.85, rel=1e-12)
    assert outcome.product.volume == pytest.approx(1.98)


def test_nothing_in_nothing_out() -> None:
    assert ClarifyingCentrifugation().transform(Material()).duration == 0.0
