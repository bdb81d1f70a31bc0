"""Precipitation: what a polymer takes with it, and why counted recoveries exceed the true ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.precipitation import Precipitation
from exosim.testing.feeds import everything

DIAMETERS = standard_context().sizes.diameters


def ratio(product: Material, feed: Material, name: str) -> Any:
    """Return what is left of a species."""
    return np.squeeze(np.asarray(getattr(product, name)) / np.asarray(getattr(feed, name)))


def recovery(product: Material, feed: Material) -> float:
    return float(np.squeeze(total(product.vesicles) / total(feed.vesicles)))


IDEAL: dict[str, Any] = {"resuspended": 1.0, "aggregated": 0.0, "residual_liquid": 0.0005, "growth_time": 0.05}


def test_each_size_class_follows_the_law() -> None:
    """Y = 1 - exp(-beta (c - c*)), c* = 50 g/L (100 nm / d)^0.5, with the liquid that stays over the pellet."""
    feed = everything()
    product = Precipitation(**IDEAL).transform(feed).product
    solid = 1.0 - np.exp(-0.05 * np.maximum(100.0 - 50.0 * np.sqrt(100.0 / DIAMETERS), 0.0))
    expected = 1.0 - (1.0 - solid) * (1.0 - 0.0005)
    assert np.asarray(product.vesicles / feed.vesicles) == pytest.approx(expected, rel=1e-9)
    assert np.asarray(product.lipoproteins / feed.lipoproteins) == pytest.approx(expected, rel=1e-9)
    assert np.all(np.diff(np.ravel(product.vesicles / feed.vesicles)) > 0.0)


def test_the_usual_recipe_recovers_most_vesicles_with_much_protein() -> None:
    """10 % PEG overnight: 70 to 95 % of the vesicles, a log of protein at most, 1e7 to 1e9 particles per ug."""
    feed = everything()
    product = Precipitation().transform(feed).product
    assert 0.7 < recovery(product, feed) < 0.95
    assert 0.3 < -np.log10(float(total(product.protein)[0] / total(feed.protein)[0])) < 1.3
    assert 1e7 < float(total(product.vesicles)[0] / total(product.protein)[0]) < 1e9


def test_less_polymer_or_a_shorter_hold_precipitates_less() -> None:
    feed = everything()
    by_polymer = [recovery(Precipitation(polymer_concentration=c).transform(feed).product, feed) for c in (60, 80, 120)]
    by_hold = [recovery(Precipitation(hold_time=h).transform(feed).product, feed) for h in (0.25, 1.0, 12.0)]
    assert by_polymer == sorted(by_polymer) and by_hold == sorted(by_hold)
    weak = Precipitation(polymer_concentration=55.0).transform(feed)
    assert weak.limits["less than half of the vesicles are precipitated"]
    assert not Precipitation().transform(feed).limits["less than half of the vesicles are precipitated"]


def test_protein_is_dragged_along_and_the_largest_precipitates() -> None:
    """At 100 g/L proteins are dragged only; at 150 g/L complexes precipitate of themselves."""
    feed = everything()
    settings: dict[str, Any] = {"resuspended": 1.0, "protein_carryover": 0.2, "residual_liquid": 0.0005}
    usual = ratio(Precipitation(**settings).transform(feed).product, feed, "protein")
    assert usual == pytest.approx(np.full(4, 1.0 - 0.8 * (1.0 - 0.0005)), rel=1e-9)
    strong = ratio(Precipitation(polymer_concentration=150.0, **settings).transform(feed).product, feed, "protein")
    assert strong[3] > strong[1] + 0.2 and strong[1] == pytest.approx(usual[1], rel=1e-9)


def test_counted_recovery_exceeds_the_true_one_in_proteinaceous_feeds() -> None:
    """A tenth of serum: more particles are counted than went in, though a fifth of the vesicles is lost."""
    medium = everything()
    serum = medium.replaced(protein=medium.protein + np.array([[0.2], [0.55], [0.15], [0.1]]) * 4e3 * 2000.0)
    plain, rich = (Precipitation(aggregates_per_protein=1e7).transform(feed) for feed in (medium, serum))
    assert float(np.squeeze(plain.monitors["counted_recovery"])) < 1.0
    assert float(np.squeeze(rich.monitors["counted_recovery"])) > 1.0
    assert recovery(rich.product, serum) == pytest.approx(recovery(plain.product, medium), rel=1e-12)
    assert rich.limits["most particles are aggregates of protein"]
    assert not plain.limits["most particles are aggregates of protein"]


def test_aggregates_are_generated_from_the_protein_that_goes_on() -> None:
    feed = everything()
    outcome = Precipitation(aggregates_per_protein=3e6).transform(feed)
    formed = float(np.squeeze(total(outcome.generated.nonvesicular)))
    assert formed == pytest.approx(3e6 * float(np.squeeze(total(outcome.product.protein))), rel=1e-12)
    none = everything().replaced(protein=0.0)
    assert np.all(Precipitation().transform(none).generated.nonvesicular == 0.0)


def test_polymer_and_salt_are_accounted_for() -> None:
    """The stock makes the mixture 100 g/L; what stays with the pellet is the residual liquid's share."""
    feed = everything().replaced(polymer=0.0)
    outcome = Precipitation(residual_liquid=0.01, concentration_factor=20.0).transform(feed)
    mixture = 2.0 * 500.0 / 400.0
    assert outcome.consumption["separation_polymer"] == pytest.approx(100.0 * mixture, rel=1e-12)
    assert outcome.product.volume == pytest.approx(2.0 / 20.0 + 0.01 * mixture, rel=1e-12)
    assert outcome.product.polymer == pytest.approx(0.01 * 100.0 * mixture, rel=1e-12)
    concentration = outcome.product.polymer / outcome.product.volume
    assert outcome.monitors["product_polymer"] == pytest.approx(concentration, rel=1e-12)
    salt = (feed.salt + 0.375 * (mixture - 2.0)) * 0.01 + 0.15 * 0.1
    assert outcome.product.salt == pytest.approx(salt, rel=1e-12)


def test_losses_have_their_channels() -> None:
    feed = everything()
    outcome = Precipitation(resuspended=0.9, aggregated=0.1).transform(feed)
    settled = float(np.squeeze(1.0 - total(outcome.losses["supernatant"].vesicles) / total(feed.vesicles)))
    assert recovery(outcome.product, feed) == pytest.approx(settled * 0.9 * 0.9, rel=1e-9)
    assert outcome.product.debris == pytest.approx(0.9 * feed.debris, rel=1e-12)
    assert outcome.product.cell_equivalents == feed.cell_equivalents
    measured = Precipitation(ev_recovery=0.6).transform(feed)
    assert recovery(measured.product, feed) == pytest.approx(0.6, rel=1e-12)
    assert measured.product.debris == pytest.approx(0.92 * feed.debris, rel=1e-12)


def test_large_lots_take_many_runs_of_the_centrifuge() -> None:
    """2.5 L of mixture are one run of 4 L; ten times the lot is seven, and a hundred times reaches the limit."""
    feed = everything()
    for times, runs in ((1.0, 1.0), (10.0, 7.0), (100.0, 63.0)):
        outcome = Precipitation(spin_volume=4.0, spin_time=0.5, turnaround=0.25).transform(feed.portion(times))
        assert outcome.monitors["runs"] == runs
        assert outcome.duration == pytest.approx(12.0 + runs * 0.75, rel=1e-12)
        assert outcome.limits["more than ten runs of the centrifuge"] == (runs > 10)


def test_a_weak_stock_is_refused() -> None:
    problems = list(Precipitation(polymer_concentration=150.0, stock_concentration=150.0).problems())
    assert [name for name, _ in problems] == ["stock_concentration"]
    assert not list(Precipitation().problems())
