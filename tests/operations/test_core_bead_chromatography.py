"""Core beads: protein is caught by size and mass, vesicles flow through."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.core_bead_chromatography import CoreBeadChromatography
from exosim.testing.feeds import everything

OVERLOAD = "protein above the capacity of the beads"


def protein(milligrams: float, liters: float = 0.1) -> Material:
    """Return vesicles with that much of every pool of protein."""
    return Material(
        volume=liters, vesicles=standard_context().secreted * 1e12, protein=np.full((4, 1), milligrams * 1e3)
    )


def test_little_albumin_falls_by_the_stated_reduction() -> None:
    """On fresh beads, at the residence time for which it is stated, and in proportion to the residence time."""
    feed = protein(0.01, 0.001)
    for residence, expected in ((4.0, 1.7), (8.0, 3.4), (2.0, 0.85)):
        kept = CoreBeadChromatography(residence_time=residence).transform(feed).product.protein / feed.protein
        assert -np.log10(np.squeeze(kept[1])) == pytest.approx(expected, rel=1e-3)


def test_smaller_protein_is_caught_better_and_what_the_shell_keeps_out_not_at_all() -> None:
    """Reduction falls with diameter, and is none above the cut-off."""
    feed = protein(0.01)
    kept = np.ravel(CoreBeadChromatography(shell_cutoff=12.0).transform(feed).product.protein / feed.protein)
    assert np.all(np.diff(kept) > 0.0)
    assert kept[3] == pytest.approx(1.0, abs=1e-8)  # complexes of 12.5 nm
    wider = np.ravel(CoreBeadChromatography(shell_cutoff=17.0).transform(feed).product.protein / feed.protein)
    assert wider[3] < 0.6


@pytest.mark.parametrize("milligrams", [500.0, 2000.0, 20000.0])
def test_beads_never_hold_more_than_their_capacity(milligrams: float) -> None:
    """Far above it they are full, at 13 mg per mL, and the rest breaks through."""
    feed = protein(milligrams)
    outcome = CoreBeadChromatography(most_cycles=1, half_saturation=1.0).transform(feed)
    caught = float(np.squeeze(total(feed.protein) - total(outcome.product.protein)))
    assert caught <= 13e3 * 20.0
    assert caught == pytest.approx(13e3 * 20.0, rel=0.02)
    assert outcome.limits[OVERLOAD] == 1.0


def test_mass_limits_a_load_and_volume_does_not() -> None:
    """The same protein in ten times the volume needs as many cycles where it is not dilute; twice as much, more."""
    few, same, more = (
        CoreBeadChromatography(half_saturation=1.0).transform(feed).monitors["cycles"]
        for feed in (protein(300.0, 0.1), protein(300.0, 1.0), protein(600.0, 0.1))
    )
    assert few == same == np.ceil(1200.0 / (13.0 * 20.0 * 0.8))
    assert more == np.ceil(2400.0 / (13.0 * 20.0 * 0.8))


def test_split_loads_remove_what_an_overload_lets_through() -> None:
    """Cycles cost time, buffer and beads, and keep the reduction."""
    feed = protein(500.0)
    split, one = (CoreBeadChromatography(most_cycles=most).transform(feed) for most in (None, 1))
    assert split.monitors["protein_log_reduction"] > 2.0 * one.monitors["protein_log_reduction"]
    assert split.duration > one.duration
    assert split.consumption["buffer"] > one.consumption["buffer"]
    assert split.consumption["resin"] == pytest.approx(0.02 * split.monitors["cycles"] / 20.0, rel=1e-12)


def test_vesicles_and_large_particles_flow_through() -> None:
    """All sizes alike, lipoproteins with them, DNA above the cut-off too."""
    feed = everything()
    product = CoreBeadChromatography(bed_recovery=0.8).transform(feed).product
    assert product.vesicles / feed.vesicles == pytest.approx(0.8, rel=1e-12)
    assert product.lipoproteins / feed.lipoproteins == pytest.approx(1.0, rel=1e-12)
    assert product.free_dna / feed.free_dna == pytest.approx(1.0, rel=1e-8)
    assert product.cell_equivalents == feed.cell_equivalents
    assert product.nuclease < 0.3 * feed.nuclease


def test_defaults_reach_the_published_reduction() -> None:
    """Protein at working load falls by about one log, at the low end of 1 to 2.5 because complexes barely enter."""
    outcome = CoreBeadChromatography(residence_time=8.0).transform(everything())
    assert 1.0 < outcome.monitors["protein_log_reduction"] < 2.5


def test_volume_and_time_follow_the_residence_time() -> None:
    """The pool is the load and its chase; a column volume takes the residence time."""
    feed = protein(1.0, 0.2)
    outcome = CoreBeadChromatography(residence_time=5.0).transform(feed)
    assert outcome.product.volume == pytest.approx(0.22, rel=1e-12)
    load = next(phase.duration for phase in outcome.phases if phase.name == "load")
    assert load == pytest.approx(0.2 / 0.02 * 5.0 / 60.0, rel=1e-12)
