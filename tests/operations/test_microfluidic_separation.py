"""Microfluidic separation: throughput, purity, clogs, and the volume at which chips give up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.microfluidic_separation import MicrofluidicSeparation
from exosim.parameter import declared
from exosim.preset_catalog import fitting, presets
from exosim.quantities import read_quantity
from exosim.references import references
from exosim.testing.feeds import everything

DAY = "more than a day on these chips"


def milliliters(volume: float) -> Material:
    """Return a feed of a volume in mL."""
    feed = everything()
    return feed.portion(volume * 1e-3 / feed.volume)


def recovery(product: Material, feed: Material) -> float:
    return float(np.squeeze(total(product.vesicles) / total(feed.vesicles)))


def purity(product: Material) -> float:
    kinds = [float(np.squeeze(total(k))) for k in (product.vesicles, product.nonvesicular, product.lipoproteins)]
    return kinds[0] / sum(kinds)


@pytest.mark.parametrize(("volume", "chips", "hours"), [(10.0, 1, 20.0), (10.0, 10, 2.0), (120.0, 10, 24.0)])
def test_throughput_is_flow_times_chips(volume: float, chips: int, hours: float) -> None:
    operation = MicrofluidicSeparation(chips=chips, chip_flow=0.5, clog_hazard=1e-9)
    outcome = operation.transform(milliliters(volume))
    assert {p.name: p.duration for p in outcome.phases}["run"] == pytest.approx(hours, rel=1e-6)


def test_a_liter_needs_many_chips() -> None:
    """1 L in a day takes at least 84 chips of 0.5 mL/h; the limit says where a lot takes longer."""
    for chips, reached in ((80, True), (90, False)):
        outcome = MicrofluidicSeparation(chips=chips, clog_hazard=0.0005).transform(milliliters(1000.0))
        assert bool(outcome.limits[DAY]) is reached
    hours = [float(MicrofluidicSeparation().transform(milliliters(v)).duration) for v in (10.0, 100.0, 1000.0)]
    assert (hours[2] - 0.5) / (hours[1] - 0.5) == pytest.approx(10.0, rel=1e-9)


def test_clogs_cost_chips_time_and_sample() -> None:
    """50 mL at 0.02 per mL: one clog is expected, one chip more, a quarter of an hour over ten chips, 0.05 mL."""
    feed = milliliters(50.0)
    settings: dict[str, Any] = {"chips": 10, "chip_volume": 0.05, "exchange_time": 0.25}
    outcome = MicrofluidicSeparation(clog_hazard=0.02, **settings).transform(feed)
    clean = MicrofluidicSeparation(clog_hazard=1e-12, **settings).transform(feed)
    assert outcome.monitors["clogs"] == pytest.approx(1.0, rel=1e-12)
    assert outcome.monitors["chance_of_clog"] == pytest.approx(1.0 - np.exp(-1.0), rel=1e-12)
    assert outcome.consumption["chip"] == pytest.approx(11.0, rel=1e-12)
    assert outcome.duration - clean.duration == pytest.approx(0.025, rel=1e-6)
    lost = outcome.losses["clogged chips"]
    assert np.asarray(lost.vesicles / feed.vesicles) == pytest.approx(np.full((12, 1), 0.001), rel=1e-9)
    assert lost.cell_equivalents == pytest.approx(0.001 * feed.cell_equivalents, rel=1e-9)
    assert not outcome.limits["every chip is expected to clog"]
    assert MicrofluidicSeparation(chips=1, clog_hazard=0.02).transform(feed).limits["every chip is expected to clog"]
    form = MicrofluidicSeparation().closed_forms()["clogs"]
    assert (form.formula, form.monitor) == ("clog_hazard * entered_volume", "clogs")


def test_purity_is_kept_whatever_the_feed() -> None:
    """As long as there are enough other particles; with few of them it is better than declared."""
    feed = milliliters(10.0)
    for share in (0.9, 0.95, 0.984):
        assert purity(MicrofluidicSeparation(purity=share).transform(feed).product) == pytest.approx(share, rel=1e-9)
    clean = feed.replaced(nonvesicular=feed.nonvesicular * 1e-4, lipoproteins=0.0)
    assert purity(MicrofluidicSeparation(purity=0.9).transform(clean).product) > 0.999


def test_the_window_is_cut_from_both_sides() -> None:
    """At the edges half is left; measured per class, times the fraction that reaches the outlet."""
    feed = milliliters(1.0)
    diameters = standard_context().sizes.diameters
    operation = MicrofluidicSeparation(smallest=60.0, largest=150.0, sharpness=8.0, clog_hazard=1e-12)
    kept = np.asarray(operation.transform(feed).product.vesicles / feed.vesicles)
    expected = 0.82 / (1.0 + (diameters / 150.0) ** 8) / (1.0 + (60.0 / diameters) ** 8)
    assert kept == pytest.approx(expected, rel=1e-9)


def test_what_is_dissolved_and_the_liquid() -> None:
    """Protein falls by its log reduction; volume and salt by the outlet's share of sample and buffer."""
    feed = milliliters(5.0)
    operation = MicrofluidicSeparation(
        protein_removal=1.5, sheath_ratio=3.0, outlet_ratio=2.0, clog_hazard=1e-12, buffer_salt=0.1
    )
    outcome = operation.transform(feed)
    product = outcome.product
    assert np.asarray(product.protein / feed.protein) == pytest.approx(np.full((4, 1), 10**-1.5), rel=1e-9)
    assert product.volume == pytest.approx(2.0 * feed.volume, rel=1e-9)
    assert product.salt == pytest.approx(0.5 * (feed.salt + 0.1 * 3.0 * feed.volume), rel=1e-9)
    assert product.dead_cells == 0.0 and product.cell_equivalents == pytest.approx(feed.cell_equivalents, rel=1e-9)
    assert [name for name, _ in MicrofluidicSeparation(outlet_ratio=4.0).problems()] == ["outlet_ratio"]


def test_a_measured_recovery_replaces_window_clogs_and_outlet() -> None:
    feed = milliliters(20.0)
    outcome = MicrofluidicSeparation(ev_recovery=0.5, largest=100.0).transform(feed)
    assert np.asarray(outcome.product.vesicles / feed.vesicles) == pytest.approx(np.full((12, 1), 0.5), rel=1e-12)


def test_chips_differ_as_reported() -> None:
    """Acoustics are the purest; arrays of gaps below a micrometer clog the most and lose the most."""
    feed, grades, known = milliliters(10.0), dict.fromkeys(references(), "C"), declared(MicrofluidicSeparation)
    made = {}
    for key in fitting("chip", "microfluidic_separation"):
        values = presets("chip")[key].values_for(known)
        numbers = {name: read_quantity(raw, known[name], grades).quantity.typical for name, raw in values.items()}
        made[key] = MicrofluidicSeparation(**numbers).transform(feed)
    assert set(made) == {"acoustofluidic", "lateral_displacement", "electrokinetic"}
    assert purity(made["acoustofluidic"].product) == max(purity(o.product) for o in made.values())
    assert made["lateral_displacement"].monitors["clogs"] == max(o.monitors["clogs"] for o in made.values())
    assert recovery(made["lateral_displacement"].product, feed) < recovery(made["electrokinetic"].product, feed)
