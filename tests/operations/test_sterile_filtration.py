"""Sterile filtration: size cut, adsorption, hold-up and plugging by concentrated vesicles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exosim.operations.base import standard_context
from exosim.operations.sterile_filtration import SterileFiltration
from exosim.physics import plugging
from exosim.testing.feeds import everything

CLEAN: dict[str, Any] = {"adsorbed_per_area": 0.0, "chased": 1.0, "area": 5000.0}


def test_passage_by_size() -> None:
    """Vesicles and other particles pass as 1 / (1 + (d / d50)^n)."""
    feed = everything()
    product = SterileFiltration(**CLEAN).transform(feed).product
    passage = 1.0 / (1.0 + (standard_context().sizes.diameters / 190.0) ** 8.0)
    assert product.vesicles / feed.vesicles == pytest.approx(passage, rel=1e-12)
    assert product.nonvesicular / feed.nonvesicular == pytest.approx(passage, rel=1e-12)
    assert product.debris == product.dead_cells == product.viable_cells == 0.0


def test_the_size_cut_alone_is_that_of_the_evidence() -> None:
    """For the default vesicles the size cut alone keeps 0.88."""
    feed = everything()
    kept = np.sum(SterileFiltration(**CLEAN).transform(feed).product.vesicles) / np.sum(feed.vesicles)
    assert kept == pytest.approx(0.88, abs=0.01)


def test_adsorption_and_hold_up_in_turn() -> None:
    """Adsorption takes Gamma A of what arrives, then the hold-up keeps its share of volume and vesicles alike."""
    feed = everything()
    plain = SterileFiltration(**CLEAN).transform(feed).product
    settings = {**CLEAN, "adsorbed_per_area": 2e12, "hold_up": 100.0, "chased": 0.5}
    product = SterileFiltration(**settings).transform(feed).product
    kept = (1.0 - 2e12 * 0.5 / np.sum(feed.vesicles)) * (1.0 - 0.05 / 2.0)
    assert product.vesicles / plain.vesicles == pytest.approx(kept, rel=1e-12)
    assert product.volume == pytest.approx(2.0 * (1.0 - 0.05 / 2.0), rel=1e-12)
    assert product.protein / plain.protein == pytest.approx(1.0 - 0.05 / 2.0, rel=1e-12)


def test_concentrated_vesicles_plug_the_filter() -> None:
    """The capacity falls as 1 / (1 + c / c*), so that a concentrated lot needs more filters."""
    feed = everything()
    concentration = np.sum(feed.vesicles) / 2000.0
    settings: dict[str, Any] = {"area": 1e4, "flux": 100.0, "capacity": 10.0, "half_capacity": concentration}
    outcome = SterileFiltration(**settings).transform(feed)
    assert outcome.monitors["filters"] == 1.0
    hours = {phase.name: phase.duration for phase in outcome.phases}["filter"]
    assert hours == pytest.approx(2.0 / (100.0 * (1.0 - 2.0 / 5.0)), rel=1e-12)
    settings["half_capacity"] = concentration / 9.0
    outcome = SterileFiltration(**settings).transform(feed)
    assert outcome.monitors["filters"] == 3.0  # capacity 1 L/m2, changed at 0.684
    bound = np.sum(outcome.losses["filter adsorption"].vesicles) / np.sum(
        feed.vesicles - outcome.losses["size cut"].vesicles
    )
    assert bound == pytest.approx(3 * 2e12 / np.sum(feed.vesicles), rel=1e-9)
    assert outcome.limits["sterile filter would plug: more than one needed"] == 1.0
    assert outcome.consumption["sterile_filter_area"] == pytest.approx(3.0, rel=1e-12)


def test_a_measured_recovery_replaces_all_three_mechanisms() -> None:
    """A measured recovery stands for cut, adsorption and hold-up of vesicles; volume still loses the hold-up."""
    feed = everything()
    outcome = SterileFiltration(ev_recovery=0.85, hold_up=100.0, chased=0.0, area=1e5).transform(feed)
    assert outcome.product.vesicles / feed.vesicles == pytest.approx(0.85, rel=1e-12)
    assert outcome.product.volume == pytest.approx(1.9, rel=1e-12)
    assert [name for name, lost in outcome.losses.items() if np.any(np.asarray(lost.vesicles) > 0.0)] == [
        "sterile filter"
    ]


def test_a_hold_up_larger_than_the_lot_takes_it_all() -> None:
    """A lot smaller than the hold-up is lost, not negative."""
    product = SterileFiltration(hold_up=500.0, chased=0.0).transform(everything().portion(0.05)).product
    assert product.volume == 0.0 and np.all(product.vesicles == 0.0)


@pytest.mark.parametrize(("share", "reached"), [(0.49, 0.0), (0.51, 1.0), (2.0, 1.0)])
def test_a_surface_that_takes_most_of_a_lot_is_reported(share: float, reached: float) -> None:
    """Adsorption of more than half of the vesicles reaches a limit, unless the recovery is measured."""
    limit = "adsorption takes more than half of the vesicles"
    feed = everything()
    per_area = share * float(np.sum(feed.vesicles)) / (0.5)
    settings: dict[str, Any] = {"area": 5000.0, "adsorbed_per_area": per_area}
    outcome = SterileFiltration(**settings).transform(feed)
    assert outcome.monitors["filters"] == 1.0
    assert outcome.limits[limit] == reached
    assert limit not in SterileFiltration(ev_recovery=0.9, **settings).transform(feed).limits


@pytest.mark.parametrize("blocking", [2.0, 1.5, 1.0, 0.0])
def test_the_law_of_plugging_is_a_choice(blocking: float) -> None:
    """Every law takes its own time to the same capacity, and needs the same filters."""
    settings: dict[str, Any] = {"half_capacity": 1e30, "area": 1e4, "flux": 150.0, "capacity": 80.0}
    feed = everything().portion(25.0)  # 50 L
    outcome = SterileFiltration(blocking=blocking, **settings).transform(feed)
    hours = {phase.name: phase.duration for phase in outcome.phases}["filter"]
    assert hours == pytest.approx(float(plugging.hours(50.0, 150.0, 80.0, blocking)), rel=1e-9)
    assert outcome.monitors["filters"] == 1.0


@pytest.mark.parametrize(("area", "filters"), [(0.959, 1.0), (0.958, 2.0)])
def test_a_time_limit_asks_for_more_filters(area: float, filters: float) -> None:
    """50 L within 1 h at 150 L/m2/h and 80 L/m2 take 0.9583 m2; below, a second filter, which is not plugging."""
    settings: dict[str, Any] = {"half_capacity": 1e30, "flux": 150.0, "capacity": 80.0, "time_limit": 1.0}
    feed = everything().portion(25.0)
    outcome = SterileFiltration(area=area * 1e4, **settings).transform(feed)
    hours = {phase.name: phase.duration for phase in outcome.phases}["filter"]
    assert outcome.monitors["filters"] == filters
    assert hours <= 1.0 + 1e-9
    assert outcome.limits["sterile filter would plug: more than one needed"] == 0.0


def test_a_surface_binds_a_jammed_layer_at_most() -> None:
    """Whatever Gamma is said to be, no more than 54.7 % of the surface is covered."""
    feed = everything().portion(1e-3)
    feed = feed.replaced(vesicles=feed.vesicles * (1e16 / np.sum(feed.vesicles)))
    settings: dict[str, Any] = {"half_capacity": 1e30, "area": 100.0, "capacity": 1e3, "adsorbed_per_area": 1e30}
    outcome = SterileFiltration(**settings).transform(feed)
    passed = np.asarray(feed.vesicles - outcome.losses["size cut"].vesicles)
    bound = float(np.sum(outcome.losses["filter adsorption"].vesicles)) / float(np.sum(passed))
    squares = float(np.average(standard_context().sizes.diameters ** 2, weights=np.asarray(feed.vesicles)))
    assert bound * 1e16 == pytest.approx(0.01 * 0.547 / (np.pi / 4.0 * squares * 1e-18), rel=1e-9)


def test_aggregates_of_cargo_pass_as_vesicles_do() -> None:
    """Aggregates have the sizes of the vesicles: the size cut takes the same share of both."""
    feed = everything()
    outcome = SterileFiltration(**CLEAN).transform(feed)
    kept = np.squeeze(outcome.product.aggregated_cargo / feed.aggregated_cargo)
    assert kept == pytest.approx(np.sum(outcome.product.vesicles) / np.sum(feed.vesicles), rel=1e-12)
    assert kept < 1.0
    assert outcome.product.free_cargo == feed.free_cargo and outcome.product.polymer == feed.polymer


def test_the_origin_of_a_lot_leaves_with_portions_of_it_only() -> None:
    """Cell equivalents stay with the hold-up, and neither with the vesicles that are cut nor with those adsorbed."""
    feed = everything()
    product = SterileFiltration(hold_up=100.0, chased=0.5, area=5000.0).transform(feed).product
    assert product.cell_equivalents == pytest.approx(feed.cell_equivalents * (1.0 - 0.05 / 2.0), rel=1e-12)
