"""A passage in suspension: what is seeded, what grows, what is recovered, and what it takes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exosim.material import Material
from exosim.operations.suspension_passage import SuspensionPassage
from exosim.testing.balances import imbalance
from exosim.testing.feeds import everything


def fed(count: float, age: float = 0.0) -> Material:
    return Material(volume=0.01, viable_cells=count, doublings=count * age)


def test_the_volume_is_seeded_at_its_density_and_the_rest_is_surplus() -> None:
    """2 L at 1e5 cells/mL take 2e8 of 5e8 cells; these triple, and nine tenths are recovered."""
    passage = SuspensionPassage(volume=2.0, seeding_density=1e5, expansion=3.0, recovery=0.9)
    outcome = passage.transform(fed(5e8))
    assert outcome.losses["surplus"].viable_cells == pytest.approx(3e8)
    assert outcome.product.viable_cells == pytest.approx(2e8 * 3.0 * 0.9)
    assert outcome.losses["harvest and dissociation"].viable_cells == pytest.approx(2e8 * 3.0 * 0.1)
    assert outcome.monitors["harvest_density"] == pytest.approx(3e5)
    assert outcome.limits["fewer cells than the seeding density asks for"] == 0.0


def test_fewer_cells_make_a_thinner_culture_and_the_limit_says_so() -> None:
    outcome = SuspensionPassage(volume=2.0, seeding_density=1e5, expansion=3.0, recovery=1.0).transform(fed(1e8))
    assert outcome.product.viable_cells == pytest.approx(3e8)
    assert outcome.losses["surplus"].viable_cells == 0.0
    assert outcome.limits["fewer cells than the seeding density asks for"] == 1.0


def test_medium_reagent_and_vessels() -> None:
    """Five exchanges of 80 % after the fill are five volumes; each vessel takes its own reagent, and is used up."""
    outcome = SuspensionPassage(volume=0.2, vessels=3, exchanges=5, exchanged=0.8, reagent_volume=20.0).transform(
        fed(1e9)
    )
    assert outcome.consumption["growth_medium"] == pytest.approx(1.0)
    assert outcome.consumption["detachment_reagent"] == pytest.approx(0.06) == outcome.product.volume
    assert outcome.consumption["culture_vessel"] == 3.0


@pytest.mark.parametrize(("at_once", "rounds"), [(1, 3), (2, 2), (3, 1), (10, 1)])
def test_handling_comes_on_top_of_the_culture(at_once: float, rounds: int) -> None:
    passage = SuspensionPassage(
        vessels=3, culture_time=96.0, exchanges=3, seeding_time=1.0, exchange_time=0.5, harvest_time=0.25, people=2,
        vessels_at_once=at_once,
    )  # fmt: skip
    outcome = passage.transform(fed(1e9))
    assert [p.name for p in outcome.phases] == ["seed", *["grow", "exchange"] * 3, "grow", "harvest"]
    assert outcome.duration == pytest.approx(96.0 + rounds * (1.0 + 3 * 0.5 + 0.25))
    assert {p.operators for p in outcome.phases if p.attended} == {2}


def test_doublings_add_up_over_passages() -> None:
    """Eightfold is three doublings on top of those that the cells brought."""
    outcome = SuspensionPassage(volume=1.0, expansion=8.0, recovery=0.5).transform(fed(1e9, age=10.0))
    assert outcome.product.doublings / outcome.product.viable_cells == pytest.approx(13.0, rel=1e-12)
    assert outcome.monitors["doublings"] == pytest.approx(3.0)


def test_balance_and_lanes() -> None:
    feed = everything()
    assert max(imbalance(feed, SuspensionPassage(volume=0.001).transform(feed)).values()) < 1e-12
    expansion = np.array([2.0, 4.0, 30.0])
    outcome = SuspensionPassage(volume=0.06, expansion=expansion, recovery=1.0).transform(fed(15e6))
    assert outcome.product.viable_cells == pytest.approx(15e6 * expansion)
    assert outcome.monitors["doublings"] == pytest.approx([math.log2(e) for e in expansion])
