"""Nuclease treatment: first-order digestion, salt, shielded DNA and the enzyme that stays."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exosim.material import Material
from exosim.operations.nuclease_treatment import NucleaseTreatment
from exosim.testing.feeds import everything


def without_salt() -> Material:
    """Return a feed without salt."""
    return everything().replaced(salt=0.0)


def test_two_logs_in_an_hour_without_salt() -> None:
    """At 50 U/mL and no salt one log takes ln 10 / 4.6 = 0.5 h, so that an hour takes two."""
    outcome = NucleaseTreatment().transform(without_salt())
    assert outcome.monitors["dna_log_reduction"] == pytest.approx(2.0, abs=0.003)
    half = NucleaseTreatment(treatment_time=math.log(10.0) / 4.6).transform(without_salt())
    assert half.product.free_dna / without_salt().free_dna == pytest.approx(0.1, rel=1e-12)


@pytest.mark.parametrize("activity", [20.0, 50.0, 100.0])
@pytest.mark.parametrize("salt", [0.0, 0.05, 0.15, 0.5])
def test_digestion_in_closed_form(activity: float, salt: float) -> None:
    """Free DNA falls by exp(-k E/50 t / (1 + (I/I50)^2)); half the activity is left at I50."""
    feed = everything().replaced(salt=salt * 2.0)
    product = NucleaseTreatment(activity=activity, treatment_time=0.7).transform(feed).product
    exponent = 4.6 * activity / 50.0 * 0.7 / (1.0 + (salt / 0.15) ** 2)
    assert product.free_dna / feed.free_dna == pytest.approx(math.exp(-exponent), rel=1e-12)


def test_bound_dna_is_shielded() -> None:
    """Bound DNA loses only what the vesicles lose."""
    feed = everything()
    product = NucleaseTreatment(treatment_time=16.0, hold_loss=0.05).transform(feed).product
    assert product.bound_dna == pytest.approx(0.95 * feed.bound_dna, rel=1e-12)
    assert product.vesicles / feed.vesicles == pytest.approx(0.95, rel=1e-12)


def test_the_enzyme_stays_in_the_product() -> None:
    """Activity times volume is bought, added and handed on, besides what was there."""
    feed = everything()
    outcome = NucleaseTreatment(activity=80.0).transform(feed)
    assert outcome.consumption["nuclease"] == pytest.approx(80.0 * 2000.0, rel=1e-12)
    assert outcome.product.nuclease == pytest.approx(feed.nuclease + 80.0 * 2000.0, rel=1e-12)
    assert outcome.product.volume == feed.volume


def test_a_measured_recovery_replaces_the_warm_hold() -> None:
    """A measured recovery is not multiplied by the loss in the warm hold."""
    feed = everything()
    product = NucleaseTreatment(ev_recovery=0.9, hold_loss=0.07).transform(feed).product
    assert np.asarray(product.vesicles / feed.vesicles) == pytest.approx(0.9, rel=1e-12)
