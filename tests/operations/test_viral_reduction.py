"""Viral reduction: what each method takes of viruses and of vesicles, filters by size, and the sum over a recipe."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.material import total
from exosim.operations.base import Outcome, standard_context
from exosim.operations.viral_reduction import ViralReduction
from exosim.parameter import declared
from exosim.preset_catalog import fitting, presets
from exosim.quantities import read_quantity
from exosim.references import references
from exosim.testing.balances import imbalance
from exosim.testing.feeds import everything
from tests.texts import Door, changed

FEED = everything()
DIAMETERS = standard_context().sizes.diameters
FILTER = "virus filter"
SOURCES = dict.fromkeys(references(), "C")
METHODS = fitting("method", "viral_reduction")


def by(method: str, **values: Any) -> Outcome:
    """Return what a method at its medians makes of conditioned medium."""
    known = declared(ViralReduction)
    brought = {
        name: read_quantity(raw, known[name], SOURCES).quantity.typical
        for name, raw in presets("method")[method].parameters.items()
    }
    return ViralReduction(**{**brought, **values}).transform(FEED)


def kept(outcome: Outcome, name: str = "vesicles") -> float:
    """Return the fraction of a species in the product."""
    return float(np.squeeze(total(getattr(outcome.product, name)) / total(getattr(FEED, name))))


def claimed(outcome: Outcome) -> tuple[float, float]:
    """Return the log reductions of enveloped and of non-enveloped viruses."""
    enveloped, other = (outcome.monitors[f"virus reduction: {kind}"] for kind in ("enveloped", "non-enveloped"))
    return float(enveloped), float(other)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_its_balance_and_claims_something(method: str) -> None:
    outcome = by(method)
    assert max(imbalance(FEED, outcome).values()) < 1e-12
    enveloped, other = claimed(outcome)
    assert enveloped >= 4.0 and 0.0 <= other <= enveloped
    assert not np.any(outcome.limits["no effective step: below 4 log of any virus"])


def test_methods_that_know_only_envelopes() -> None:
    """Solvent, detergent and acid need a membrane to attack; heat, rays and pores do not (Yin et al. 2015)."""
    none = {method for method in METHODS if claimed(by(method))[1] == 0.0}
    assert none == {"solvent_detergent", "low_ph", "nanofiltration_50"}


def test_what_attacks_membranes_takes_vesicles_apart() -> None:
    assert kept(by("solvent_detergent")) == pytest.approx(0.01, rel=1e-12)
    assert np.all(by("solvent_detergent").limits["takes more than half of the vesicles"])
    assert kept(by("solvent_detergent"), "potency") == pytest.approx(0.01, rel=1e-12)
    assert kept(by("solvent_detergent"), "protein") == 1.0


def test_a_filter_for_small_viruses_keeps_the_vesicles() -> None:
    """The size conflict: a pore of 20 nm passes protein, and less than one vesicle in ten thousand."""
    outcome = by("nanofiltration_20")
    assert kept(outcome, "protein") > 0.99
    assert kept(outcome) < 1e-3
    assert kept(outcome, "cell_equivalents") == 1.0 and kept(outcome, "debris") == 0.0
    assert total(outcome.losses[FILTER].vesicles) / total(FEED.vesicles) == pytest.approx(1.0, abs=1e-3)
    assert np.all(outcome.limits["takes more than half of the vesicles"])


def test_passage_by_size_as_stated() -> None:
    """Each class passes 1 / (1 + (d / pore)^n): the small ones, and all more through larger pores."""
    passed = by("nanofiltration_50", pore_slope=12.0).product.vesicles / FEED.vesicles
    assert passed == pytest.approx(1.0 / (1.0 + (DIAMETERS / 50.0) ** 12.0), rel=1e-12)
    recoveries = [kept(by("nanofiltration_50", pore_diameter=pore)) for pore in (20.0, 50.0, 100.0, 200.0)]
    assert recoveries == sorted(recoveries) and recoveries[-1] > 0.8


def test_ultraviolet_light_by_its_dose() -> None:
    """3,000 J/L over the doses for 4 log of the most resistant viruses of each kind (Blazquez et al. 2019)."""
    assert claimed(by("ultraviolet_c")) == pytest.approx((4.0 * 3000.0 / 1953.0, 4.0 * 3000.0 / 3708.0), abs=0.06)


def test_filters_and_time() -> None:
    """A filter passes as gradual plugging says; more than it can take needs another one."""
    outcome = by("nanofiltration_20", filter_area=0.05, filter_capacity=200.0, filter_flux=40.0)
    load = FEED.volume / 0.05
    assert outcome.monitors["filters"] == 1.0
    assert outcome.duration == pytest.approx(1.0 + load / (40.0 * (1.0 - load / 200.0)), rel=1e-12)
    assert by("nanofiltration_20", filter_area=0.005).monitors["filters"] == 3.0
    assert by("pasteurization").duration == 11.0
    assert by("pasteurization").consumption["virus_filter_area"] == 0.0


def test_weak_steps_are_told() -> None:
    assert np.all(by("low_ph", enveloped=2.0).limits["no effective step: below 4 log of any virus"])


def test_polymer_and_free_cargo_pass_by_their_size() -> None:
    context = dataclasses.replace(standard_context(), polymer_diameter=60.0, free_cargo_diameter=1.0)
    operation = ViralReduction(context=context, pore_diameter=20.0)
    product = operation.transform(FEED).product
    assert product.polymer / FEED.polymer < 1e-4 and product.free_cargo / FEED.free_cargo > 0.999


def test_log_reductions_add_up_over_a_recipe(door: Door) -> None:
    """A yield reports the sums of a recipe that reduces viruses, and nothing of one that does not."""
    low = 'id = "acid"\noperation = "viral_reduction"\nmethod = "low_ph"'
    light = 'id = "light"\noperation = "viral_reduction"\nmethod = "ultraviolet_c"'
    head = "\n\n[[unit_procedure]]\n"
    text = changed('id = "fill"', low + head + light + head + 'id = "fill"')
    yields = xs.evaluate(xs.load(door.write(text)), draws=64)
    assert yields.values("virus reduction: enveloped") == pytest.approx(10.1, rel=1e-6)
    assert yields.values("virus reduction: non-enveloped") == pytest.approx(3.2, rel=1e-6)
    explained = xs.explain(xs.load(door.folder / "scenario.toml"), "virus reduction: enveloped")
    assert explained.value == pytest.approx(10.1, rel=1e-9)
    assert {"acid.enveloped", "light.enveloped"} <= {node.name for node in explained.root.walk()}
    plain = xs.evaluate(xs.load(door.write(changed("draws = 64", "draws = 65"))), draws=64)
    with pytest.raises(KeyError):
        plain.values("virus reduction: enveloped")
