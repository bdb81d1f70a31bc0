"""Filling: whole vials, dilution to a target, line loss, overfill and rejects."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.vial_filling import VialFilling
from exosim.physics.detection import counted_particles
from exosim.testing.balances import imbalance
from exosim.testing.feeds import everything

PLAIN: dict[str, Any] = {"overfill": 0.0, "line_loss": 0.0, "reject_fraction": 0.0, "retained": 0.0}


def bulk(milliliters: float, vesicles: float = 1e12) -> Material:
    """Return a bulk of a volume that holds a number of vesicles."""
    feed = everything()
    feed = feed.portion(milliliters * 1e-3 / feed.volume).replaced(volume=milliliters * 1e-3)
    return feed.replaced(vesicles=feed.vesicles * (vesicles / np.sum(feed.vesicles)))


@pytest.mark.parametrize("fill", [0.1, 0.3, 0.7, 1.0, 1.1, 3.0])
@pytest.mark.parametrize("vials", [1, 3, 7, 10, 49, 1000])
def test_exact_multiples_stay_whole(fill: float, vials: int) -> None:
    """A bulk of exactly n fills makes n vials, whatever rounding does to the quotient; a hair less makes n - 1."""
    outcome = VialFilling(fill_volume=fill, **PLAIN).transform(bulk(fill * vials))
    assert outcome.monitors["vials"] == outcome.monitors["accepted"] == vials
    less = VialFilling(fill_volume=fill, **PLAIN).transform(bulk(fill * vials * (1.0 - 1e-6)))
    assert less.monitors["vials"] == vials - 1


def test_overfill_line_loss_and_rejects() -> None:
    """From 1000 mL, 30 mL stay in the line, vials take 1.1 mL, and 2 % are rejected, all in whole vials."""
    operation = VialFilling(overfill=0.1, line_loss=30.0, reject_fraction=0.02, retained=25.0)
    outcome = operation.transform(bulk(1000.0))
    filled, accepted = 881, 863  # floor(970 / 1.1), floor(0.98 * 881)
    assert outcome.monitors["vials"] == filled and outcome.monitors["accepted"] == accepted
    assert outcome.monitors["retained"] == 25.0
    assert outcome.consumption["vial"] == filled
    assert outcome.product.volume == pytest.approx(accepted * 1e-3, rel=1e-12)
    assert outcome.losses["overfill"].volume == pytest.approx(accepted * 1e-4, rel=1e-12)
    assert outcome.losses["rejected vials"].volume == pytest.approx((filled - accepted) * 1.1e-3, rel=1e-12)
    assert outcome.losses["line and heel"].volume == pytest.approx(1.0 - filled * 1.1e-3, rel=1e-9)
    assert outcome.monitors["content"] == pytest.approx(1e12 / 1000.0, rel=1e-12)
    hours = {phase.name: phase.duration for phase in outcome.phases}["fill"]
    assert hours == pytest.approx(filled / 150.0, rel=1e-12)


def test_forty_vials_are_kept_back_by_default() -> None:
    """Without other words 40 vials are retained, and a rate of one's own sets the time of filling."""
    outcome = VialFilling(rate=600.0).transform(bulk(1000.0))
    assert outcome.monitors["retained"] == 40.0
    hours = {phase.name: phase.duration for phase in outcome.phases}["fill"]
    assert hours == pytest.approx(float(outcome.monitors["vials"]) / 600.0, rel=1e-12)


def test_a_hundred_vials_lose_whole_rejects() -> None:
    """A reject fraction that meets a whole number takes exactly that number."""
    outcome = VialFilling(**{**PLAIN, "reject_fraction": 0.1}).transform(bulk(100.0))
    assert outcome.monitors["accepted"] == 90.0


def test_a_target_is_reached_by_dilution() -> None:
    """A bulk of 1e12 vesicles in 100 mL with 1e9 per vial of 1 mL is diluted to a liter."""
    outcome = VialFilling(target_content=1e9, diluent_salt=0.1, **PLAIN).transform(bulk(100.0))
    assert outcome.added.volume == pytest.approx(0.9, rel=1e-12)
    assert outcome.added.salt == pytest.approx(0.09, rel=1e-12)
    assert outcome.consumption["buffer"] == pytest.approx(0.9, rel=1e-12)
    assert outcome.monitors["vials"] == 1000.0
    assert outcome.monitors["content"] == pytest.approx(1e9, rel=1e-12)
    assert outcome.limits["bulk below the target content: vials hold less"] == 0.0


def test_a_target_never_concentrates() -> None:
    """A bulk below the target is filled as it is, with less in each vial, and says so."""
    outcome = VialFilling(target_content=1e11, **PLAIN).transform(bulk(100.0))
    assert outcome.added.volume == 0.0
    assert outcome.monitors["vials"] == 100.0
    assert outcome.monitors["content"] == pytest.approx(1e10, rel=1e-12)
    assert outcome.limits["bulk below the target content: vials hold less"] == 1.0


def test_a_target_already_met_needs_nothing() -> None:
    """A bulk at its target is neither diluted nor reported."""
    outcome = VialFilling(target_content=1e10, **PLAIN).transform(bulk(100.0))
    assert outcome.added.volume == pytest.approx(0.0, abs=1e-15)
    assert outcome.limits["bulk below the target content: vials hold less"] == 0.0


def test_content_is_counted_as_the_dose_is() -> None:
    """Where the dose is in particles, the target and the content are what the instrument counts."""
    context = dataclasses.replace(standard_context(), dose_kind="particle")
    feed = bulk(100.0)
    seen = float(np.squeeze(counted_particles(feed, context.sizes, context.counter)))
    assert seen != pytest.approx(1e12, rel=1e-3)
    outcome = VialFilling(context=context, target_content=seen / 500.0, **PLAIN).transform(feed)
    assert outcome.monitors["vials"] == 500.0
    assert outcome.monitors["content"] == pytest.approx(seen / 500.0, rel=1e-9)


def test_retained_vials_are_at_most_the_accepted() -> None:
    """A lot smaller than the retained set keeps all of it back."""
    outcome = VialFilling(**{**PLAIN, "retained": 20.0}).transform(bulk(7.0))
    assert outcome.monitors["retained"] == outcome.monitors["accepted"] == 7.0


def test_a_lot_that_stays_in_the_line() -> None:
    """A bulk smaller than the line loss fills nothing and everything is accounted for."""
    feed = bulk(4.0)
    outcome = VialFilling(line_loss=5.0).transform(feed)
    assert outcome.monitors["vials"] == 0.0 and outcome.monitors["content"] == 0.0
    assert np.all(total(outcome.losses["line and heel"].vesicles) == pytest.approx(1e12, rel=1e-12))
    assert max(imbalance(feed, outcome).values()) < 1e-12


def test_a_last_vial_takes_the_rest_and_is_retained() -> None:
    """Of 10.5 mL ten vials are full and the eleventh, half full, is kept back: ten vials of doses remain."""
    feed = bulk(10.5)
    outcome = VialFilling(**{**PLAIN, "partial_vial": 1, "retained": 1.0}).transform(feed)
    assert outcome.monitors["vials"] == outcome.monitors["accepted"] == outcome.consumption["vial"] == 11.0
    assert outcome.monitors["retained"] == 1.0
    assert outcome.monitors["content"] == pytest.approx(1e12 / 10.5, rel=1e-12)
    assert np.sum(outcome.product.vesicles) == pytest.approx(1e12, rel=1e-12)
    assert max(imbalance(feed, outcome).values()) < 1e-12
    whole = VialFilling(**{**PLAIN, "partial_vial": 1, "retained": 1.0}).transform(bulk(10.0))
    assert whole.monitors["vials"] == 10.0


def test_the_rest_in_a_last_vial_has_overfill_and_no_heel() -> None:
    """From 1000 mL, 30 mL stay in the line; the rest after 881 vials of 1.1 mL goes into one more."""
    values = {"overfill": 0.1, "line_loss": 30.0, "reject_fraction": 0.02, "retained": 25.0}
    without, feed = VialFilling(**values).transform(bulk(1000.0)), bulk(1000.0)
    outcome = VialFilling(**values, partial_vial=1).transform(feed)
    rest = 970.0 - 881 * 1.1
    assert outcome.monitors["accepted"] == without.monitors["accepted"] + 1.0
    assert outcome.monitors["content"] == without.monitors["content"]
    assert outcome.losses["line and heel"].volume == pytest.approx(0.03, rel=1e-9)
    assert outcome.product.volume - without.product.volume == pytest.approx(rest / 1.1 * 1e-3, rel=1e-9)
    assert max(imbalance(feed, outcome).values()) < 1e-12


def test_a_partly_filled_vial_must_be_retained() -> None:
    """A vial that is not full cannot be sold: without a retained vial the choice is refused."""
    assert [name for name, _ in VialFilling(partial_vial=1, retained=0.0).problems()] == ["partial_vial"]
    assert not list(VialFilling(partial_vial=1, retained=1.0).problems())


def test_cells_are_filled_as_vesicles_are() -> None:
    """A dose in cells counts the viable cells of a vial, and a target content is reached by dilution."""
    context = dataclasses.replace(standard_context(), dose_kind="cell")
    feed = Material(volume=0.1, viable_cells=1e9)
    outcome = VialFilling(context=context, target_content=2e6, **PLAIN).transform(feed)
    assert outcome.monitors["vials"] == 500.0
    assert outcome.monitors["content"] == pytest.approx(2e6, rel=1e-12)


def test_the_tests_of_the_vials_take_their_time() -> None:
    """The lot stays on the line, without people, until its tests are done."""
    outcome = VialFilling(test_time=72.0).transform(bulk(100.0))
    assert outcome.phases[-1].name == "test" and not outcome.phases[-1].attended
    assert outcome.duration == pytest.approx(VialFilling().transform(bulk(100.0)).duration + 72.0)


@pytest.mark.parametrize("milliliters", [1.0 - 1e-10, 1.0 + 1e-10, 3.0 - 5e-10, 1000.0 - 1e-9])
def test_the_balance_closes_where_a_vial_is_all_but_full(milliliters: float) -> None:
    """Rounding up to a whole vial adds no volume."""
    feed = bulk(milliliters)
    outcome = VialFilling(**PLAIN).transform(feed)
    assert max(imbalance(feed, outcome).values()) < 1e-12
    assert outcome.losses["line and heel"].volume >= 0.0


@pytest.mark.parametrize(("retained", "told"), [(40, 1.0), (100, 1.0), (99, 0.0), (0, 0.0)])
def test_no_vial_for_doses_is_told(retained: int, told: float) -> None:
    """Vials that are all retained make no dose, and the filling says why there is none."""
    milliliters = 30.0 if retained == 40 else 100.0
    outcome = VialFilling(**{**PLAIN, "retained": retained}).transform(bulk(milliliters))
    assert outcome.limits["no vial is left for doses: all that are accepted are retained"] == told
