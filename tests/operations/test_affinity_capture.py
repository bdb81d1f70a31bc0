"""Affinity capture: the formula, the capacity with its cycles, elution by ligand, and what else is bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.material import Material, total
from exosim.operations.affinity_capture import AffinityCapture
from exosim.parameter import declared
from exosim.preset_catalog import fitting, presets
from exosim.quantities import read_quantity
from exosim.references import references
from exosim.testing.feeds import everything

BREAKS = "load above the capacity of the ligand: vesicles break through"


def share(outcome: Any, feed: Material) -> float:
    """Return the recovered fraction of the vesicles."""
    return float(np.squeeze(total(outcome.product.vesicles) / total(feed.vesicles)))


def lost(outcome: Any, channel: str, feed: Material) -> float:
    return float(np.squeeze(total(outcome.losses[channel].vesicles) / total(feed.vesicles)))


def with_ligand(key: str, **parameters: Any) -> AffinityCapture:
    """Return the operation with the values of a preset."""
    known = declared(AffinityCapture)
    grades = dict.fromkeys(references(), "C")
    values = presets("ligand")[key].values_for(known)
    numbers = {name: read_quantity(raw, known[name], grades).quantity.typical for name, raw in values.items()}
    return AffinityCapture(**{**numbers, **parameters})


@pytest.mark.parametrize(("positive", "rate", "minutes", "eluted"), [(0.6, 0.5, 6.0, 0.8), (0.3, 0.05, 10.0, 0.5)])
def test_the_eluate_is_the_formula(positive: float, rate: float, minutes: float, eluted: float) -> None:
    """N f (1 - exp(-k L t)) is bound, and a fraction of it eluted; each loss has its channel."""
    feed = everything()
    operation = AffinityCapture(
        positive_fraction=positive, binding_rate=rate, residence_time=minutes, eluted=eluted, column_volume=1.0
    )
    outcome = operation.transform(feed)
    met = 1.0 - np.exp(-rate * minutes)
    assert share(outcome, feed) == pytest.approx(positive * met * eluted, rel=1e-12)
    assert lost(outcome, "without the target", feed) == pytest.approx(1.0 - positive, rel=1e-12)
    assert lost(outcome, "not bound in time", feed) == pytest.approx(positive * (1.0 - met), rel=1e-9)
    assert lost(outcome, "not eluted", feed) == pytest.approx(positive * met * (1.0 - eluted), rel=1e-9)
    assert lost(outcome, "breakthrough", feed) == 0.0
    assert not outcome.limits[BREAKS]


def test_a_full_bed_binds_its_capacity_and_no_more() -> None:
    """With one cycle, q V is bound whatever the lot; the rest breaks through, and the limit says so."""
    feed = everything()
    for portion in (1.0, 3.0):
        lot = feed.portion(portion)
        operation = AffinityCapture(column_volume=0.01, vesicle_capacity=1e11, most_cycles=1, eluted=0.8)
        outcome = operation.transform(lot)
        assert float(np.squeeze(total(outcome.product.vesicles))) == pytest.approx(0.8 * 1e12, rel=1e-9)
        bindable = 0.6 * (1.0 - np.exp(-3.0)) * float(np.squeeze(total(lot.vesicles)))
        assert lost(outcome, "breakthrough", lot) * float(np.squeeze(total(lot.vesicles))) == pytest.approx(
            bindable - 1e12, rel=1e-9
        )
        assert outcome.limits[BREAKS] and outcome.monitors["share_of_capacity"] == pytest.approx(1.0, rel=1e-12)


def test_more_cycles_take_up_the_rest() -> None:
    """Cycles share the lot, cost buffer, time and ligand, and end the breakthrough."""
    feed = everything()
    one = AffinityCapture(column_volume=0.02, most_cycles=1).transform(feed)
    many = AffinityCapture(column_volume=0.02, most_cycles=10).transform(feed)
    assert many.monitors["cycles"] == np.ceil(0.6 * (1 - np.exp(-3.0)) * 1e13 / (0.8 * 2e12)) == 4.0
    assert one.limits[BREAKS] and not many.limits[BREAKS]
    assert share(many, feed) > share(one, feed)
    for key in ("buffer", "affinity_resin"):
        assert many.consumption[key] == pytest.approx(4.0 * one.consumption[key], rel=1e-12)
    assert many.duration > one.duration
    assert many.product.volume == pytest.approx(4.0 * one.product.volume, rel=1e-12)
    assert many.consumption["affinity_resin"] == pytest.approx(4 * 0.02 / 50, rel=1e-12)


def test_time_is_that_of_the_residence() -> None:
    """A liter over 0.1 L of bed at 6 min of residence loads for an hour."""
    feed = everything()
    outcome = AffinityCapture(column_volume=0.1, residence_time=6.0).transform(feed.portion(1.0 / feed.volume))
    assert {p.name: p.duration for p in outcome.phases}["load"] == pytest.approx(1.0, rel=1e-12)


def test_protein_falls_by_two_to_three_and_a_half_logs() -> None:
    """Every pool alike, and the pool has the salt and the volume of the elution."""
    feed = everything()
    for removal in (2.0, 2.7, 3.5):
        product = AffinityCapture(protein_removal=removal, elution_salt=1.5).transform(feed).product
        assert -np.log10(product.protein / feed.protein) == pytest.approx(np.full((4, 1), removal), rel=1e-9)
        assert product.salt / product.volume == pytest.approx(1.5, rel=1e-12)
        assert product.cell_equivalents == feed.cell_equivalents


def test_potency_is_lost_apart_from_vesicles() -> None:
    feed = everything()
    mild, harsh = (AffinityCapture(potency_kept=kept).transform(feed) for kept in (1.0, 0.7))
    assert np.array_equal(mild.product.vesicles, harsh.product.vesicles)
    assert harsh.product.potency == pytest.approx(0.7 * mild.product.potency, rel=1e-12)
    assert harsh.losses["loss of potency"].potency == pytest.approx(0.3 * mild.product.potency, rel=1e-9)


def test_a_measured_recovery_replaces_the_mechanism() -> None:
    """It stands for target, contact and elution; cycles then follow from what is recovered."""
    feed = everything()
    outcome = AffinityCapture(ev_recovery=0.45, positive_fraction=0.3, eluted=0.5, column_volume=0.03).transform(feed)
    assert share(outcome, feed) == pytest.approx(0.45, rel=1e-12)
    assert outcome.monitors["cycles"] == np.ceil(0.45 * 1e13 / (0.8 * 3e12))
    assert AffinityCapture(ev_recovery=0.45).closed_forms() == {}


@pytest.mark.parametrize(
    ("key", "low", "high"), [("tim4", 0.3, 0.8), ("tetraspanin_antibody", 0.2, 0.8), ("heparin", 0.4, 0.8)]
)
def test_ligands_recover_what_is_reported(key: str, low: float, high: float) -> None:
    feed = everything()
    assert low < share(with_ligand(key).transform(feed), feed) < high


def test_the_ligands_differ_as_their_elution_does() -> None:
    """Low pH costs potency, heparin elutes with salt and takes lipoproteins along; a chelator is mild and clean."""
    feed = everything()
    made = {key: with_ligand(key).transform(feed).product for key in fitting("ligand", "affinity_capture")}
    assert set(made) == {"tim4", "tetraspanin_antibody", "heparin"}
    kept = {key: float(np.squeeze(p.potency / total(p.vesicles))) for key, p in made.items()}
    assert kept["tetraspanin_antibody"] < min(kept["tim4"], kept["heparin"])
    salt = {key: p.salt / p.volume for key, p in made.items()}
    assert salt["heparin"] > 5 * salt["tim4"]
    apart = {key: float(np.squeeze(total(p.lipoproteins) / total(p.vesicles))) for key, p in made.items()}
    assert apart["heparin"] > 10 * apart["tim4"]


def test_a_scenario_names_its_ligand(tmp_path: Path) -> None:
    """The preset brings its values, and the parameters of the scenario go first."""
    path = tmp_path / "capture.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    scenario = xs.load(path)
    resolved = {row.path: row for row in scenario.ledger()}
    assert resolved["capture.potency_kept"].origin == "preset"
    assert resolved["capture.positive_fraction"].origin == "scenario"
    recovery = np.median(xs.evaluate(scenario).values("recovery", "capture"))
    assert recovery == pytest.approx(0.5 * (1.0 - np.exp(-3.0)) * 0.78, rel=1e-6)


SCENARIO = """\
format = 1
name = "tetraspanin capture"
seed = 1
draws = 64

[product]
dose = "1e10 EV"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "1 L"

[[unit_procedure]]
id = "capture"
operation = "affinity_capture"
ligand = "tetraspanin_antibody"
[unit_procedure.parameters]
column_volume = "0.2 L"
positive_fraction = 0.5
"""
