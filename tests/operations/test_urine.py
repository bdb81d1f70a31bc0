"""Urine: one number dilutes all of it, and uromodulin is counted and holds vesicles."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.composition import total_dna
from exosim.material import FIELDS, Material, total
from exosim.operations.base import Outcome, standard_context
from exosim.operations.clarifying_centrifugation import ClarifyingCentrifugation
from exosim.operations.urine import Urine
from exosim.physics.detection import Counter, counted_particles

CONTEXT = standard_context()
TRACKING = Counter(65.0, 30.0)


def number(amount: object) -> float:
    return float(np.squeeze(np.asarray(total(np.asarray(amount)))))


def urine(**values: float) -> Outcome:
    return Urine(**values).transform(Material())


def counted(product: Material) -> float:
    return float(np.squeeze(counted_particles(product, CONTEXT.sizes, TRACKING)))


def test_contents_per_milliliter() -> None:
    """At the defaults 0.9 mg of creatinine per mL, 36 ug of uromodulin, 74 ug of protein, 0.135 mol/L of salt."""
    voided = urine(volume=0.02).added
    assert number(voided.vesicles) / 20.0 == pytest.approx(0.9 * 3e9, rel=1e-12)
    assert number(voided.protein) / 20.0 == pytest.approx(0.9 * (30.0 + 8.0 + 4.0 + 40.0), rel=1e-12)
    assert np.ravel(voided.protein) / 20.0 == pytest.approx([27.0, 25.2, 3.6, 18.0], rel=1e-12)
    assert voided.salt / 0.02 == pytest.approx(0.135, rel=1e-12)
    assert total_dna(voided) / 20.0 == pytest.approx(4.5, rel=1e-12)


@pytest.mark.parametrize("fold", [0.34, 3.0])
def test_the_water_of_the_day_scales_everything(fold: float) -> None:
    """What is voided is in proportion to the creatinine, species by species: a ratio to it does not move."""
    one, other = urine().added, urine(creatinine=0.9 * fold).added
    for field in FIELDS[1:]:
        assert number(getattr(other, field)) == pytest.approx(number(getattr(one, field)) * fold, rel=1e-12)
    assert other.volume == one.volume


def test_uromodulin_holds_more_in_a_concentrated_sample() -> None:
    """Half of the vesicles at the half-holding concentration, and after division by creatinine the loss remains."""
    half = urine(creatinine=1.0, uromodulin=100.0, polymerized=0.5, half_holding=50.0)
    assert number(half.product.vesicles) == pytest.approx(0.5 * number(half.added.vesicles), rel=1e-12)
    per_creatinine = [
        number(urine(creatinine=c).product.vesicles) / float(np.squeeze(urine(creatinine=c).monitors["creatinine"]))
        for c in (0.3, 0.9, 3.0)
    ]
    assert per_creatinine == sorted(per_creatinine, reverse=True)
    assert per_creatinine[-1] < 0.6 * per_creatinine[0]


def test_a_reducing_agent_frees_vesicles_and_lowers_the_count_of_polymers() -> None:
    """More vesicles and fewer other particles, the same mass of protein."""
    as_it_is, opened = urine(), urine(opened=0.9)
    assert number(opened.product.vesicles) > 1.2 * number(as_it_is.product.vesicles)
    assert number(opened.product.nonvesicular) == pytest.approx(0.1 * number(as_it_is.product.nonvesicular), rel=1e-9)
    assert number(opened.product.protein) == pytest.approx(number(as_it_is.product.protein), rel=1e-12)


def test_uromodulin_raises_the_count_of_tracking() -> None:
    """Blijdorp et al. 2021: with uromodulin added, nanoparticle tracking counts more though vesicles are not more."""
    little, much = urine(uromodulin=10.0).product, urine(uromodulin=100.0).product
    assert number(much.vesicles) < number(little.vesicles)
    assert counted(much) / number(much.vesicles) > 1.5 * counted(little) / number(little.vesicles)


def test_a_first_spin_takes_the_debris() -> None:
    feed = urine(volume=0.04).product
    spun = ClarifyingCentrifugation(force=2000.0, tube_volume=50.0).transform(feed).product
    assert number(spun.debris) < 0.1 * number(feed.debris)
    assert number(spun.vesicles) > 0.7 * number(feed.vesicles)
