"""Aqueous two-phase extraction: golden recoveries, division by volume, washes, polymer and time."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.aqueous_two_phase import AqueousTwoPhase
from exosim.operations.base import standard_context
from exosim.testing.feeds import everything

DIAMETERS = standard_context().sizes.diameters


def recovery(operation: AqueousTwoPhase, feed: Material) -> float:
    product = operation.transform(feed).product
    return float(np.squeeze(total(product.vesicles) / total(feed.vesicles)))


def test_each_class_follows_its_coefficient() -> None:
    """Y = 1 / (1 + K V_r) in each round, with ln K in proportion to the diameter."""
    feed = everything()
    operation = AqueousTwoPhase(vesicle_partition=0.05, interface=0.0, washes=2, phase_ratio=4.0)
    expected = (1.0 + 4.0 * 0.05 ** (DIAMETERS / 100.0)) ** -3.0
    assert np.asarray(operation.transform(feed).product.vesicles / feed.vesicles) == pytest.approx(expected, rel=1e-12)


def test_recoveries_are_those_reported() -> None:
    """About 70 % with a wash, up to 90 % without: several times those of ultracentrifugation."""
    feed = everything()
    assert 0.6 < recovery(AqueousTwoPhase(), feed) < 0.8
    assert 0.75 < recovery(AqueousTwoPhase(washes=0), feed) < 0.95


def test_what_divides_evenly_divides_by_volume() -> None:
    """K = 1: the bottom phase keeps its share of the volume, a tenth in each round."""
    feed = everything()
    for washes in (0, 1, 3):
        product = AqueousTwoPhase(phase_ratio=9.0, washes=washes, protein_partition=1.0).transform(feed).product
        left = 0.1 ** (1 + washes)
        assert np.asarray(product.protein / feed.protein) == pytest.approx(np.full((4, 1), left), rel=1e-12)
        assert product.glucose == pytest.approx(feed.glucose * left, rel=1e-12)
        assert product.endotoxin == pytest.approx(feed.endotoxin * left, rel=1e-12)
        assert product.debris == feed.debris and product.cell_equivalents == feed.cell_equivalents


def test_washes_trade_vesicles_for_purity() -> None:
    feed = everything()
    products = [AqueousTwoPhase(washes=washes).transform(feed).product for washes in range(4)]
    vesicles = [float(np.squeeze(total(p.vesicles))) for p in products]
    purity = [float(np.squeeze(total(p.vesicles) / total(p.protein))) for p in products]
    assert vesicles == sorted(vesicles, reverse=True) and purity == sorted(purity)


def test_volumes_salt_and_polymer() -> None:
    """A bottom phase of a tenth of the mixture; salt of the feed is washed out, dextran stays."""
    feed = everything().replaced(salt=2.0, polymer=0.0)
    operation = AqueousTwoPhase(stock_ratio=0.25, phase_ratio=9.0, washes=1, top_polymer=40.0, bottom_polymer=100.0)
    outcome = operation.transform(feed)
    assert outcome.product.volume == pytest.approx(0.25, rel=1e-12)
    assert outcome.product.polymer == pytest.approx(25.0, rel=1e-12)
    first = (2.0 + 0.15 * 0.5) / 2.5
    assert outcome.product.salt / 0.25 == pytest.approx(0.1 * first + 0.9 * 0.15, rel=1e-12)
    assert outcome.consumption["separation_polymer"] == pytest.approx(2 * 40.0 * 2.25 + 100.0 * 0.25, rel=1e-12)
    assert outcome.consumption["buffer"] == pytest.approx(0.5 + 2.25, rel=1e-12)
    assert outcome.monitors["product_polymer"] == pytest.approx(100.0, rel=1e-12)


def test_every_filling_and_every_round_takes_its_time() -> None:
    feed = everything()
    outcome = AqueousTwoPhase(vessel_volume=1.0, washes=1, settling_time=0.5, handling_time=0.25).transform(feed)
    assert outcome.monitors["fillings"] == 3.0
    assert outcome.duration == pytest.approx(3 * 2 * 0.75, rel=1e-12)
    assert outcome.limits["more than one filling of the vessel"]
    assert not AqueousTwoPhase(vessel_volume=2.5).transform(feed).limits["more than one filling of the vessel"]


def test_losses_limits_and_a_measured_recovery() -> None:
    feed = everything()
    outcome = AqueousTwoPhase(interface=0.1, washes=1).transform(feed)
    held = 1.0 - float(np.squeeze(total(outcome.losses["top phase"].vesicles) / total(feed.vesicles)))
    assert recovery(AqueousTwoPhase(interface=0.1, washes=1), feed) == pytest.approx(held * 0.81, rel=1e-12)
    poor = AqueousTwoPhase(vesicle_partition=0.2, phase_ratio=20.0).transform(feed)
    assert poor.limits["less than half of the vesicles are in the bottom phase"]
    assert not outcome.limits["less than half of the vesicles are in the bottom phase"]
    assert recovery(AqueousTwoPhase(ev_recovery=0.7, vesicle_partition=0.2), feed) == pytest.approx(0.7, rel=1e-12)
