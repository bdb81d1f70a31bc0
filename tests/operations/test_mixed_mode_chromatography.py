"""Mixed modes against size exclusion: what the layer takes of lipoproteins, protein and vesicles."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import Outcome
from exosim.operations.blood_plasma import BloodPlasma
from exosim.operations.mixed_mode_chromatography import MixedModeChromatography
from exosim.operations.size_exclusion_chromatography import SizeExclusionChromatography
from exosim.testing.feeds import everything

FEED = everything().portion(0.06)


def amount(outcome: Outcome, species: str) -> float:
    """Return the sum of a species in the product."""
    return float(np.squeeze(total(getattr(outcome.product, species))))


EXCLUSION = SizeExclusionChromatography().transform(FEED)
DUAL = MixedModeChromatography().transform(FEED)
TRI = MixedModeChromatography(core_bead_share=0.333).transform(FEED)


@pytest.mark.parametrize(("outcome", "relative", "low", "high"), [(DUAL, 0.6, 0.4, 0.9), (TRI, 0.5, 0.3, 0.8)])
def test_recovery_relative_to_size_exclusion(outcome: Outcome, relative: float, low: float, high: float) -> None:
    """Dual mode 0.6 (0.4 to 0.9) and tri mode 0.5 (0.3 to 0.8) of what size exclusion recovers."""
    found = amount(outcome, "vesicles") / amount(EXCLUSION, "vesicles")
    assert found == pytest.approx(relative, abs=0.01)
    assert low < found < high


def test_the_layer_takes_lipoproteins_and_leaves_other_particles() -> None:
    """More vesicles per lipoprotein than size exclusion by far, whose pool holds both."""

    def purity(outcome: Outcome) -> float:
        return amount(outcome, "vesicles") / amount(outcome, "lipoproteins")

    assert purity(DUAL) / purity(EXCLUSION) == pytest.approx(60.0, rel=0.05)  # 0.6 of the vesicles, 0.01 of the others
    assert purity(TRI) > 10.0 * purity(EXCLUSION)
    assert amount(DUAL, "nonvesicular") == pytest.approx(amount(EXCLUSION, "nonvesicular"), rel=1e-12)


def test_beads_take_albumin_and_the_exchanger_alone_does_not() -> None:
    """Vesicles per albumin rise in tri mode; in dual mode all protein stays."""

    def purity(outcome: Outcome) -> float:
        return amount(outcome, "vesicles") / float(np.squeeze(np.asarray(outcome.product.protein)[1]))

    assert DUAL.product.protein == pytest.approx(EXCLUSION.product.protein, rel=1e-12)
    assert purity(TRI) > 2.0 * purity(EXCLUSION)
    assert purity(TRI) > purity(DUAL)


def test_plasma_comes_out_as_published_for_dual_mode() -> None:
    """1 mL on 10 mL: above 99 % of the lipoproteins caught at the default, above 30 % of the vesicles kept."""
    plasma = BloodPlasma(volume=1e-3).transform(Material()).product
    outcome = MixedModeChromatography(column_volume=0.01).transform(plasma)
    assert outcome.monitors["lipoprotein_log_reduction"] > 1.99
    assert amount(outcome, "vesicles") > 0.3 * float(np.squeeze(total(plasma.vesicles)))
    assert not any(np.any(reached) for reached in outcome.limits.values())


def test_without_a_layer_that_takes_anything_it_is_size_exclusion() -> None:
    """The bed is the same bed: pool, phases, cycles and losses."""
    outcome = MixedModeChromatography(exchanger_recovery=1.0, lipoprotein_capture=1e-12).transform(FEED)
    for species in ("vesicles", "lipoproteins", "protein", "volume", "salt", "free_dna"):
        expected = getattr(EXCLUSION.product, species)
        assert getattr(outcome.product, species) == pytest.approx(expected, rel=1e-8)
    assert outcome.duration == pytest.approx(EXCLUSION.duration, rel=1e-12)
    assert set(EXCLUSION.losses) < set(outcome.losses)


def test_an_exhausted_layer_lets_lipoproteins_through() -> None:
    """A plasma holds far more lipoproteins than the layer."""
    limit = "lipoproteins above the capacity of the layer"
    plasma = FEED.replaced(lipoproteins=FEED.lipoproteins * 1e9)
    assert not np.any(DUAL.limits[limit])
    outcome = MixedModeChromatography().transform(plasma)
    assert np.all(outcome.limits[limit])
    assert outcome.monitors["lipoprotein_log_reduction"] < 0.3
    held = float(np.squeeze(total(np.asarray(outcome.losses["caught in the layer"].lipoproteins))))
    assert held == pytest.approx(1e14 * 0.2 * 1200.0, rel=0.01)


def test_channels_and_unused_parameters_follow_the_mode() -> None:
    """Beads that are not there take nothing and are named as unused."""
    assert "core beads" in TRI.losses
    assert "core beads" not in DUAL.losses
    assert "bead_capacity" in MixedModeChromatography().unused()
    assert "bead_capacity" not in MixedModeChromatography(core_bead_share=0.3).unused()


def test_a_measured_recovery_is_that_of_bed_and_layer_together() -> None:
    """Neither bed nor layer takes vesicles a second time."""
    outcome = MixedModeChromatography(ev_recovery=0.35, core_bead_share=0.3).transform(FEED)
    assert outcome.product.vesicles / FEED.vesicles == pytest.approx(0.35, rel=1e-12)


def test_a_feed_without_lipoproteins_passes() -> None:
    """Nothing to catch is no error."""
    feed: Material = FEED.replaced(lipoproteins=0.0)
    outcome = MixedModeChromatography().transform(feed)
    assert amount(outcome, "vesicles") == pytest.approx(amount(DUAL, "vesicles"), rel=1e-12)
    assert np.all(np.asarray(outcome.monitors["lipoprotein_log_reduction"]) == 0.0)
