"""Lyophilization: recovery with and without disaccharide, water that leaves and comes back, limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from exosim.material import total
from exosim.operations.base import Outcome
from exosim.operations.lyophilization import Lyophilization
from exosim.testing.balances import imbalance
from exosim.testing.feeds import everything

FEED = everything()


def dried(**values: Any) -> Outcome:
    return Lyophilization(**values).transform(FEED)


def kept(outcome: Outcome) -> float:
    """Return the fraction of the vesicles in the product."""
    return float(np.squeeze(total(outcome.product.vesicles) / total(FEED.vesicles)))


def test_recovery_as_stated_with_enough_disaccharide() -> None:
    """The defaults: 0.8 recovered in 60 h of drying; more disaccharide than enough protects no better."""
    assert kept(dried()) == pytest.approx(0.8, rel=1e-12)
    assert kept(dried(disaccharide=300.0)) == pytest.approx(0.8, rel=1e-12)
    assert float(np.squeeze(dried().duration)) == pytest.approx(60.0 + 2.0 + 0.25)
    assert dried().phases[1].duration == 60.0 and not dried().phases[1].attended


@pytest.mark.parametrize(("mmolar", "expected"), [(0.0, 0.4), (12.5, 0.6), (25.0, 0.8)])
def test_protection_rises_with_disaccharide(mmolar: float, expected: float) -> None:
    """Without any a share of 0.5 survives; half as much as is enough brings half of the rest."""
    assert kept(dried(disaccharide=mmolar, unprotected=0.5, enough=25.0)) == pytest.approx(expected, rel=1e-12)


def test_water_leaves_and_comes_back() -> None:
    """The cake keeps its residual moisture; the volume after reconstitution is the one that is wanted."""
    outcome = dried(disaccharide=50.0, residual_moisture=0.02, reconstituted=0.5)
    cake = FEED.salt * 58.44 + 50.0 * FEED.volume * 0.3423 + float(np.sum(FEED.protein)) * 1e-6
    moisture = cake * 0.02 / 0.98 * 1e-3
    assert np.squeeze(outcome.monitors["cake"]) == pytest.approx(cake, rel=1e-12)
    assert np.squeeze(outcome.losses["water vapor"].volume) == pytest.approx(FEED.volume - moisture, rel=1e-12)
    assert np.squeeze(outcome.product.volume) == pytest.approx(0.5 * FEED.volume, rel=1e-12)
    assert np.squeeze(outcome.consumption["water_for_injection"]) == pytest.approx(1.0 - moisture, rel=1e-12)
    assert outcome.product.salt == FEED.salt
    assert max(imbalance(FEED, outcome).values()) < 1e-12


def test_disaccharide_is_used_once() -> None:
    """What the formulation has added is not taken from the stock again."""
    assert dried().consumption["trehalose"] == pytest.approx(50.0 * FEED.volume * 0.3423, rel=1e-12)
    assert dried(formulated=1.0).consumption["trehalose"] == 0.0


def test_potency_falls_apart_from_number() -> None:
    outcome = dried(potency_kept=0.7)
    assert kept(outcome) == pytest.approx(0.8, rel=1e-12)
    assert outcome.product.potency / FEED.potency == pytest.approx(0.56, rel=1e-12)
    assert outcome.product.cell_equivalents == FEED.cell_equivalents


def test_limits_tell_of_wet_cakes_salt_and_missing_sugar() -> None:
    assert not any(np.any(reached) for reached in dried().limits.values())
    assert np.all(dried(residual_moisture=0.04).limits["residual moisture above 3 %"])
    assert np.all(dried(reconstituted=0.2).limits["salt above 0.3 mol/L after reconstitution"])
    assert np.all(dried(disaccharide=0.0).limits["too little disaccharide to protect"])
    assert "too little disaccharide to protect" not in dried(disaccharide=0.0, ev_recovery=0.7).limits


def test_a_measured_recovery_replaces_the_mechanism() -> None:
    outcome = dried(ev_recovery=0.7, disaccharide=0.0)
    assert kept(outcome) == pytest.approx(0.7, rel=1e-12)
    assert "freezing and drying" not in outcome.losses
    assert not Lyophilization(ev_recovery=0.7).closed_forms()


def test_the_closed_form_is_the_loss() -> None:
    """The share that a formula names is the share that is lost."""
    operation = Lyophilization(disaccharide=10.0)
    share = 1.0 - 0.8 * (0.5 + 0.5 * min(10.0 / 25.0, 1.0))
    assert operation.closed_forms()["share_dried"].channel == "freezing and drying"
    assert math.isclose(1.0 - kept(operation.transform(FEED)), share, rel_tol=1e-12)
