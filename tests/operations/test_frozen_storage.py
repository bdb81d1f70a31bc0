"""Storage: the published losses at 4 degC, on freezing and over months, and what protects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import Outcome, standard_context
from exosim.operations.frozen_storage import FrozenStorage
from exosim.testing.feeds import everything

CONTEXT = standard_context()
FRIDGE: dict[str, Any] = {"temperature": 4.0, "storage_time": 2.0, "cycles": 0.0}


def tube(per_milliliter: float = 1e10) -> Material:
    """Return half a milliliter of vesicles in buffer."""
    return Material(volume=0.5e-3, vesicles=CONTEXT.secreted * (0.5 * per_milliliter))


def left(outcome: Outcome, feed: Material) -> float:
    """Return the fraction of the vesicles that is left."""
    return float(np.squeeze(total(outcome.product.vesicles) / total(feed.vesicles)))


@pytest.mark.parametrize("per_milliliter", [0.5e10, 1e10, 2.1e10])
def test_walls_at_four_degrees(per_milliliter: float) -> None:
    """V06: 0.49 left after 48 h in polypropylene from 0.5 to 2.1e10 per mL, two thirds of the loss on the wall."""
    feed = tube(per_milliliter)
    outcome = FrozenStorage(**FRIDGE).transform(feed)
    assert left(outcome, feed) == pytest.approx(0.49, abs=0.03)
    on_wall = np.sum(outcome.losses["adsorption"].vesicles)
    assert on_wall / (total(feed.vesicles) - total(outcome.product.vesicles)) == pytest.approx(2.0 / 3.0, abs=0.05)


@pytest.mark.parametrize(("decay", "published"), [(0.0045, 0.80), (0.0034, 0.85)], ids=["blocked", "medium"])
def test_walls_that_do_not_bind(decay: float, published: float) -> None:
    """V06: 0.79 to 0.82 left in blocked or low-binding tubes, 0.85 in depleted medium."""
    outcome = FrozenStorage(adsorption=0.0, fridge_decay=decay, **FRIDGE).transform(tube())
    assert left(outcome, tube()) == pytest.approx(published, abs=0.03)


def test_small_vesicles_go_first() -> None:
    """V06: the wall takes small vesicles first."""
    outcome = FrozenStorage(**FRIDGE).transform(tube())
    assert np.all(np.diff(np.asarray(outcome.product.vesicles / tube().vesicles)[:, 0]) > 0.0)


def test_a_full_wall_takes_little_of_a_dense_product() -> None:
    """At 1e12 per mL the wall fills up: what is left is what decay leaves, and a limit tells."""
    outcome = FrozenStorage(**FRIDGE).transform(tube(1e12))
    assert left(outcome, tube(1e12)) == pytest.approx(0.80, abs=0.01)
    assert outcome.limits["wall of the container full"] == 1.0
    assert FrozenStorage(**FRIDGE).transform(tube()).limits["wall of the container full"] == 0.0
    taken = np.sum(outcome.losses["adsorption"].vesicles)
    assert taken == pytest.approx(2e9 * 5.3 * 0.5, rel=1e-9)


@pytest.mark.parametrize(("cycles", "low", "high"), [(1.0, 0.64, 0.77), (3.0, 0.57, 0.63)])
def test_freezing_and_thawing(cycles: float, low: float, high: float) -> None:
    """V07: one cycle costs 23 to 36 %, three cost 37 to 43 %."""
    outcome = FrozenStorage(cycles=cycles, storage_time=0.0).transform(tube())
    assert low <= left(outcome, tube()) <= high


def test_the_first_cycle_costs_most() -> None:
    """V07: the loss of a cycle, of what was there, falls after the first."""
    by_cycle = [left(FrozenStorage(cycles=float(n), storage_time=0.0).transform(tube()), tube()) for n in (1, 2, 3)]
    assert 1.0 - by_cycle[0] > 3.0 * (1.0 - by_cycle[1] / by_cycle[0])


def test_half_a_year_at_minus_20() -> None:
    """V07: up to 90 % lost in 26 weeks."""
    outcome = FrozenStorage(temperature=-20.0, storage_time=182.0).transform(tube())
    assert left(outcome, tube()) == pytest.approx(0.10, abs=0.01)


def test_a_year_in_trehalose() -> None:
    """V07: with trehalose the count is unchanged after a year at -80 degC, within the error of a counter."""
    outcome = FrozenStorage(storage_time=365.0, protection=0.95).transform(tube())
    assert left(outcome, tube()) > 0.9
    assert left(FrozenStorage(storage_time=365.0).transform(tube()), tube()) < 0.4


def test_channels_add_up() -> None:
    """Freezing first, then decay in ice, then decay and wall in the liquid: each takes its part."""
    operation = FrozenStorage(cycles=2.0, liquid_time=5.0, storage_time=100.0, adsorption=0.004)
    outcome = operation.transform(tube())
    parts = {name: float(np.sum(lost.vesicles)) for name, lost in outcome.losses.items()}
    assert set(parts) == {"freeze-thaw", "decay", "adsorption", "loss of potency"}
    whole = float(np.squeeze(total(tube().vesicles)))
    assert sum(parts.values()) + float(np.squeeze(total(outcome.product.vesicles))) == pytest.approx(whole, rel=1e-12)
    assert parts["freeze-thaw"] == pytest.approx((1.0 - 0.705 * 0.9225) * whole, rel=1e-12)
    at_100_nm = np.exp(-0.003 * 100.0) * np.exp(-(0.0045 + 0.004 * 5.3) * 10.0) * 0.705 * 0.9225
    diameters = CONTEXT.sizes.diameters[:, 0]
    by_size = np.asarray(outcome.product.vesicles / tube().vesicles)[:, 0]
    assert np.interp(100.0, diameters, by_size) == pytest.approx(at_100_nm, rel=5e-3)


def test_only_vesicles_and_what_follows_them_are_lost() -> None:
    feed = everything()
    product = FrozenStorage().transform(feed).product
    assert np.array_equal(product.protein, feed.protein)
    assert product.volume == feed.volume
    assert np.all(np.asarray(product.associated_protein) < np.asarray(feed.associated_protein))


def test_it_takes_its_time() -> None:
    outcome = FrozenStorage(storage_time=10.0, cycles=2.0, handling_time=0.5).transform(tube())
    assert outcome.duration == pytest.approx(241.0)


def test_ice_without_freezing_is_refused() -> None:
    (problem,) = FrozenStorage(cycles=0.0).problems()
    assert problem[0] == "cycles"
    assert not list(FrozenStorage(**FRIDGE).problems())
    assert not list(FrozenStorage(cycles=0.0, ev_recovery=0.9).problems())


def test_a_measured_recovery_replaces_everything() -> None:
    outcome = FrozenStorage(ev_recovery=0.9, cycles=3.0).transform(tube())
    assert left(outcome, tube()) == pytest.approx(0.9, rel=1e-12)
    assert outcome.limits == {}


def test_potency_fades_besides_the_count() -> None:
    """Potency per vesicle falls at its own rate, and the count does not know of it."""
    feed = everything().replaced(potency=1e13)
    plain, fading = (FrozenStorage(storage_time=10.0, potency_decay=k).transform(feed).product for k in (0.0, 0.1))
    assert np.asarray(fading.potency) == pytest.approx(np.exp(-1.0) * np.asarray(plain.potency), rel=1e-12)
    assert np.array_equal(fading.vesicles, plain.vesicles)
