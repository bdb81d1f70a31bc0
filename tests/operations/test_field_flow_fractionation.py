"""AF4: retention times, size-resolved cuts, injections, dilution, and the limit of an analytical method."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.field_flow_fractionation import FieldFlowFractionation
from exosim.physics.size import vesicle_protein
from exosim.testing.feeds import everything

DIAMETERS = np.ravel(standard_context().sizes.diameters)
TOO_MANY = "analytical: more injections than are reasonable"


def microliters(volume: float) -> Material:
    """Return a feed of a volume in uL."""
    feed = everything()
    return feed.portion(volume * 1e-6 / feed.volume)


def kept(product: Material, feed: Material) -> Any:
    return np.ravel(product.vesicles / feed.vesicles)


def test_times_are_those_of_strong_retention() -> None:
    """t_R is nearly w^2 / (6 D) ln(1 + V_c / V_out): 14.4 min at 100 nm, in proportion to the diameter."""
    outcome = FieldFlowFractionation(pool_from=50.0, pool_to=100.0).transform(microliters(100.0))
    start, stop = (float(outcome.monitors[name]) for name in ("collected_from", "collected_to"))
    assert stop == pytest.approx(14.5, abs=0.1)
    assert stop / start == pytest.approx(2.0, rel=0.02)


def test_a_sharp_run_cuts_by_size() -> None:
    """With many plates all between the diameters is collected and nothing else, but for what stays on the wall."""
    feed = microliters(100.0)
    product = FieldFlowFractionation(pool_from=60.0, pool_to=150.0, plates=1e6, recovered=0.75).transform(feed).product
    inside = (DIAMETERS > 60.0) & (DIAMETERS < 150.0)
    assert kept(product, feed) == pytest.approx(np.where(inside, 0.75, 0.0), abs=1e-9)
    assert np.ravel(product.nonvesicular / feed.nonvesicular) == pytest.approx(inside.astype(float), abs=1e-9)


def test_small_and_large_vesicles_and_exomeres_are_told_apart() -> None:
    """Cuts of 60 to 80 and of 90 to 120 nm hold mostly their own sizes, and next to nothing of 35 nm or of protein."""
    feed = microliters(100.0)
    small = FieldFlowFractionation(pool_from=60.0, pool_to=80.0, plates=400.0).transform(feed).product
    large = FieldFlowFractionation(pool_from=90.0, pool_to=120.0, plates=400.0).transform(feed).product
    of_35, of_70, of_105 = (int(np.argmin(np.abs(DIAMETERS - d))) for d in (35.0, 70.0, 105.0))
    assert kept(small, feed)[of_70] > 5 * kept(large, feed)[of_70]
    assert kept(large, feed)[of_105] > 5 * kept(small, feed)[of_105]
    assert max(kept(small, feed)[of_35], kept(large, feed)[of_35]) < 1e-6
    assert np.all(small.protein / feed.protein < 1e-6)


def test_adjoining_cuts_add_up() -> None:
    """What one cut leaves the next one takes."""
    feed = microliters(100.0)
    edges = (30.0, 60.0, 100.0, 200.0)
    parts = [FieldFlowFractionation(pool_from=a, pool_to=b) for a, b in itertools.pairwise(edges)]
    together = sum(kept(part.transform(feed).product, feed) for part in parts)
    whole = kept(FieldFlowFractionation(pool_from=30.0, pool_to=200.0).transform(feed).product, feed)
    assert together == pytest.approx(whole, rel=1e-9, abs=1e-12)


def test_injections_follow_protein_or_volume() -> None:
    """0.1 mg or 0.1 mL in an injection, whichever asks for more; at least one."""
    feed = microliters(1000.0)
    sizes, context = standard_context().sizes, standard_context()
    own = float(np.squeeze(vesicle_protein(feed.vesicles, sizes, context.protein_fraction)))
    protein = float(np.squeeze(total(feed.protein))) + float(np.squeeze(feed.associated_protein)) + own
    by_mass = FieldFlowFractionation(load=protein * 1e-3 / 7.5, injection_volume=10.0).transform(feed)
    assert by_mass.monitors["injections"] == 8.0
    by_volume = FieldFlowFractionation(load=1e3, injection_volume=0.1).transform(feed)
    assert by_volume.monitors["injections"] == 10.0
    assert FieldFlowFractionation(load=1e3, injection_volume=10.0).transform(feed).monitors["injections"] == 1.0


def test_a_preparative_lot_is_refused_by_its_limit() -> None:
    """Two liters are 20,000 injections and more than a year; 1 mL is an analysis."""
    analysis, lot = (FieldFlowFractionation().transform(feed) for feed in (microliters(1000.0), everything()))
    assert not analysis.limits[TOO_MANY] and lot.limits[TOO_MANY]
    assert lot.monitors["injections"] == 20_000.0 and np.all(lot.duration > 24 * 365)
    assert np.all(analysis.duration / analysis.monitors["injections"] < 1.5)


def test_what_is_collected_is_dilute() -> None:
    """The pool is outlet flow times the time of the cut; its salt is the carrier's."""
    feed = microliters(100.0)
    outcome = FieldFlowFractionation(outlet_flow=0.8, carrier_salt=0.05, load=10.0).transform(feed)
    minutes = float(outcome.monitors["collected_to"] - outcome.monitors["collected_from"])
    assert outcome.product.volume == pytest.approx(0.8e-3 * minutes, rel=1e-12)
    assert outcome.product.salt == pytest.approx(0.05 * outcome.product.volume, rel=1e-12)
    assert outcome.product.volume > 50 * feed.volume
    hours = 0.15 + float(outcome.monitors["collected_to"]) / 60.0 + 0.2
    assert {p.name: p.duration for p in outcome.phases}["run"] == pytest.approx(hours, rel=1e-12)
    assert outcome.consumption["buffer"] == pytest.approx(1.3 * 60e-3 * hours, rel=1e-12)


def test_losses_and_a_measured_recovery() -> None:
    feed = microliters(100.0)
    outcome = FieldFlowFractionation(recovered=0.6).transform(feed)
    cut = 1.0 - float(np.squeeze(total(outcome.losses["outside the pool"].vesicles) / total(feed.vesicles)))
    wall = float(np.squeeze(total(outcome.losses["accumulation wall"].vesicles) / total(feed.vesicles)))
    assert wall == pytest.approx(0.4 * cut, rel=1e-9)
    assert outcome.product.dead_cells == 0.0 and outcome.product.cell_equivalents == feed.cell_equivalents
    measured = FieldFlowFractionation(ev_recovery=0.7).transform(feed)
    assert kept(measured.product, feed) == pytest.approx(np.full(12, 0.7), rel=1e-12)


def test_a_cut_that_ends_before_it_starts_is_refused() -> None:
    assert [name for name, _ in FieldFlowFractionation(pool_from=100.0, pool_to=80.0).problems()] == ["pool_to"]
    assert not list(FieldFlowFractionation().problems())
