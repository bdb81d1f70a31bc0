"""Depth filtration: number of filters, time by standard blocking, adsorption and log reductions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from exosim.material import Material
from exosim.operations.base import standard_context
from exosim.operations.depth_filtration import DepthFiltration
from exosim.physics import plugging
from exosim.testing.feeds import everything


def volume(liters: float) -> Material:
    """Return a feed of `liters`."""
    feed = everything()
    return feed.portion(liters / feed.volume)


def filter_hours(operation: DepthFiltration, liters: float) -> float:
    """Return the time of the filtration phase."""
    return float({p.name: p.duration for p in operation.transform(volume(liters)).phases}["filter"])


def test_time_follows_standard_blocking() -> None:
    """80 L through a square meter at 100 L/m2/h and 400 L/m2 take one hour (Vmax model), and t/v is linear in t."""
    operation = DepthFiltration(area=1e4, flux=100.0, capacity=400.0)
    assert filter_hours(operation, 80.0) == pytest.approx(1.0, rel=1e-9)
    for liters in (10.0, 150.0, 270.0):
        hours = filter_hours(operation, liters)
        assert hours / liters == pytest.approx(hours / 400.0 + 1.0 / 100.0, rel=1e-12)


@pytest.mark.parametrize(("load", "filters"), [(0.01, 1), (0.683, 1), (0.684, 2), (1.367, 2), (1.368, 3), (6.9, 11)])
def test_filters_are_changed_at_ninety_percent_flow_decay(load: float, filters: int) -> None:
    """Each filter takes up to 0.684 of its capacity; more filters share the load and cut the time."""
    operation = DepthFiltration(area=1e4, flux=100.0, capacity=100.0)
    outcome = operation.transform(volume(100.0 * load))
    assert outcome.monitors["filters"] == filters == math.ceil(load / (1.0 - math.sqrt(0.1)))
    assert outcome.monitors["throughput"] == pytest.approx(100.0 * load / filters, rel=1e-12)
    assert outcome.consumption["depth_filter_area"] == pytest.approx(filters, rel=1e-12)
    assert outcome.limits["depth filter would plug: more than one needed"] == float(filters > 1)
    share = load / filters
    assert filter_hours(operation, 100.0 * load) == pytest.approx(share / (1.0 - share), rel=1e-12)


def test_debris_cells_and_dna_fall_by_log_reductions() -> None:
    """Debris and cells fall by one log reduction, free DNA by another; protein and salt pass."""
    feed = everything()
    product = DepthFiltration(debris_reduction=3.0, dna_reduction=1.0).transform(feed).product
    assert product.debris == pytest.approx(feed.debris * 1e-3, rel=1e-12)
    assert product.dead_cells == pytest.approx(feed.dead_cells * 1e-3, rel=1e-12)
    assert product.viable_cells == pytest.approx(feed.viable_cells * 1e-3, rel=1e-12)
    assert product.free_dna == pytest.approx(feed.free_dna * 0.1, rel=1e-12)
    assert np.array_equal(product.protein, feed.protein) and product.salt == feed.salt
    assert product.volume == feed.volume


def test_the_inner_surface_binds_vesicles_until_it_is_full() -> None:
    """Gamma times the inner surface of all filters is lost, whatever the lot; bound DNA goes along."""
    feed = everything()
    outcome = DepthFiltration(area=500.0, inner_area_ratio=10.0, adsorbed_per_area=2e12).transform(feed)
    bound = 2e12 * 0.05 * 10.0
    assert np.sum(feed.vesicles) - np.sum(outcome.product.vesicles) == pytest.approx(bound, rel=1e-9)
    share = np.sum(outcome.product.vesicles) / np.sum(feed.vesicles)
    assert outcome.product.bound_dna == pytest.approx(feed.bound_dna * share, rel=1e-9)
    several = DepthFiltration(area=80.0, inner_area_ratio=10.0, adsorbed_per_area=2e12).transform(feed)
    assert several.monitors["filters"] == 4.0
    assert np.sum(feed.vesicles) - np.sum(several.product.vesicles) == pytest.approx(4 * 2e12 * 0.008 * 10.0, rel=1e-9)
    larger = DepthFiltration(area=2e6, inner_area_ratio=10.0, adsorbed_per_area=2e12).transform(feed)
    assert np.all(larger.product.vesicles == 0.0)


def test_a_measured_recovery_replaces_adsorption() -> None:
    """With a measured recovery the surface takes nothing more, even where it would take everything."""
    feed = everything()
    outcome = DepthFiltration(area=2e6, inner_area_ratio=1000.0, ev_recovery=0.9).transform(feed)
    assert outcome.product.vesicles / feed.vesicles == pytest.approx(0.9, rel=1e-12)


@pytest.mark.parametrize(("share", "reached"), [(0.49, 0.0), (0.51, 1.0), (2.0, 1.0)])
def test_a_surface_that_takes_most_of_a_lot_is_reported(share: float, reached: float) -> None:
    """Adsorption of more than half of the vesicles reaches a limit, unless the recovery is measured."""
    limit = "adsorption takes more than half of the vesicles"
    empty = DepthFiltration(area=5000.0).transform(Material(volume=5.0))
    assert empty.limits[limit] == 0.0, "nothing is taken where nothing was offered"
    feed = everything()
    per_area = share * float(np.sum(feed.vesicles)) / (10.0 * 0.5)
    settings: dict[str, Any] = {"area": 5000.0, "inner_area_ratio": 10.0, "adsorbed_per_area": per_area}
    outcome = DepthFiltration(**settings).transform(feed)
    assert outcome.monitors["filters"] == 1.0
    assert outcome.limits[limit] == reached
    assert limit not in DepthFiltration(ev_recovery=0.9, **settings).transform(feed).limits


@pytest.mark.parametrize("blocking", [2.0, 1.5, 1.0, 0.0])
def test_the_law_of_plugging_is_a_choice(blocking: float) -> None:
    """Every law takes its own time to the same capacity, and needs the same filters."""
    settings: dict[str, Any] = {"area": 1e4, "flux": 150.0, "capacity": 80.0}
    feed = everything().portion(25.0)  # 50 L
    outcome = DepthFiltration(blocking=blocking, **settings).transform(feed)
    hours = {phase.name: phase.duration for phase in outcome.phases}["filter"]
    assert hours == pytest.approx(float(plugging.hours(50.0, 150.0, 80.0, blocking)), rel=1e-9)
    assert outcome.monitors["filters"] == 1.0


@pytest.mark.parametrize(("area", "filters"), [(0.959, 1.0), (0.958, 2.0)])
def test_a_time_limit_asks_for_more_filters(area: float, filters: float) -> None:
    """50 L within 1 h at 150 L/m2/h and 80 L/m2 take 0.9583 m2; below, a second filter, which is not plugging."""
    settings: dict[str, Any] = {"flux": 150.0, "capacity": 80.0, "time_limit": 1.0}
    feed = everything().portion(25.0)
    outcome = DepthFiltration(area=area * 1e4, **settings).transform(feed)
    hours = {phase.name: phase.duration for phase in outcome.phases}["filter"]
    assert outcome.monitors["filters"] == filters
    assert hours <= 1.0 + 1e-9
    assert outcome.limits["depth filter would plug: more than one needed"] == 0.0


def test_a_surface_binds_a_jammed_layer_at_most() -> None:
    """Whatever Gamma is said to be, no more than 54.7 % of the surface is covered."""
    feed = everything().portion(1e-3)
    feed = feed.replaced(vesicles=feed.vesicles * (1e16 / np.sum(feed.vesicles)))
    settings: dict[str, Any] = {"area": 100.0, "capacity": 1e3, "adsorbed_per_area": 1e30}
    outcome = DepthFiltration(**settings).transform(feed)
    bound = sum(float(np.sum(lost.vesicles)) for name, lost in outcome.losses.items() if name == "depth filter")
    squares = float(np.average(standard_context().sizes.diameters ** 2, weights=np.asarray(feed.vesicles)))
    assert bound == pytest.approx(0.01 * 10.0 * 0.547 / (np.pi / 4.0 * squares * 1e-18), rel=1e-9)
