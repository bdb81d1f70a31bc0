"""Anion exchange: capacity, competition, salt, peaks, cycles, presets."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.anion_exchange_chromatography import AnionExchangeChromatography
from exosim.operations.base import Outcome, standard_context
from exosim.parameter import declared
from exosim.physics import adsorption
from exosim.preset_catalog import presets
from exosim.quantities import read_quantity
from exosim.references import references
from exosim.testing.feeds import everything

OVERLOAD = "load above the capacity of the bed"


def vesicles(number: float, liters: float = 1.0, salt: float = 0.1, **others: Any) -> Material:
    """Return vesicles in salt, and nothing else but `others`."""
    return Material(volume=liters, vesicles=standard_context().secreted * number, salt=salt * liters, **others)


def recovered(outcome: Outcome, feed: Material, species: str = "vesicles") -> float:
    """Return the fraction of a species in the product."""
    return share(outcome.product, feed, species)


def share(part: Material, feed: Material, species: str = "vesicles") -> float:
    """Return a species in a part of the feed over that in the feed."""
    return float(np.squeeze(total(getattr(part, species)) / total(getattr(feed, species))))


def of_preset(key: str, **others: Any) -> AnionExchangeChromatography:
    """Return the operation with the values of a preset."""
    known, grades = declared(AnionExchangeChromatography), dict.fromkeys(references(), "C")
    given = presets("adsorber")[key].parameters
    values = {name: read_quantity(raw, known[name], grades).quantity for name, raw in given.items()}
    return AnionExchangeChromatography(**{name: value.typical for name, value in values.items()}, **others)


def test_defaults_recover_what_is_published_for_bind_and_elute() -> None:
    """Recovery 0.5 to 0.9, protein 0.7 to 2.0 log, DNA 0.5 to 3 log: the ranges of the evidence."""
    feed = everything()
    outcome = AnionExchangeChromatography().transform(feed)
    assert 0.5 < recovered(outcome, feed) < 0.9
    assert 0.7 < outcome.monitors["protein_log_reduction"] < 2.0
    assert 0.5 < outcome.monitors["dna_log_reduction"] < 3.0
    assert not any(np.any(reached) for reached in outcome.limits.values())


def test_a_monolith_holds_two_times_ten_to_the_twelve_of_100_nanometers_per_milliliter() -> None:
    """The default coverage of the geometric ceiling is the typical capacity of the evidence."""
    default = AnionExchangeChromatography()
    surface = adsorption.channel_surface(default.porosity, default.channel_diameter)
    assert default.coverage * adsorption.covering_capacity(surface, 100.0) == pytest.approx(2e12, rel=0.01)


def test_a_measured_capacity_replaces_the_coverage_of_the_channels() -> None:
    """The capacity that the coverage stands for, given as such, changes nothing; above the ceiling it is named."""
    feed, default = everything(), AnionExchangeChromatography(column_volume=0.002)
    measured = dataclasses.replace(default, vesicle_capacity=default.coverage * 8.3575443e13)
    assert recovered(measured.transform(feed), feed) == pytest.approx(
        recovered(default.transform(feed), feed), rel=1e-6
    )
    assert "coverage" in measured.unused()
    limit = "capacity above what the channels hold at most"
    for capacity, reached in ((8e13, 0.0), (8.5e13, 1.0)):
        assert dataclasses.replace(measured, vesicle_capacity=capacity).transform(feed).limits[limit] == reached


def test_a_small_load_is_bound_washed_and_eluted_by_the_logistic_of_salt() -> None:
    """Far below saturation the pool is E(elution) - E(wash) x E(elution), per size class, times what comes off."""
    feed = vesicles(1e9)
    outcome = AnionExchangeChromatography(dilution=1.0, irreversible=0.1, size_exponent=0.15).transform(feed)
    midpoint = 0.45 * (standard_context().sizes.diameters / 100.0) ** 0.15
    washed, eluted = (1.0 / (1.0 + (midpoint / salt) ** 8.0) for salt in (0.3, 0.6))
    expected = (1.0 - washed) * eluted * 0.9
    assert outcome.product.vesicles / feed.vesicles == pytest.approx(expected, rel=1e-3)


def test_overload_sends_the_excess_to_the_flow_through() -> None:
    """One cycle of a firm binder keeps what the bed holds, whatever is offered."""
    context = standard_context()
    capacity = 1.0 / np.sum(context.secreted / adsorption.covering_capacity(1.0, context.sizes.diameters))
    capacity *= 1.2 * 0.024 * 0.9 * 80.0  # surface, coverage, dynamic share, milliliters
    for excess in (2.0, 5.0, 20.0):
        feed = vesicles(excess * capacity, salt=0.02)
        outcome = AnionExchangeChromatography(most_cycles=1, dilution=1.0).transform(feed)
        bound = 1.0 - share(outcome.losses["flow-through"], feed)
        surface = standard_context().sizes.diameters ** 2
        held = total((feed.vesicles - outcome.losses["flow-through"].vesicles) * surface)
        taken = float(np.squeeze(held / total(feed.vesicles * surface)))
        assert 0.94 / excess < taken <= 1.0 / excess  # below it because all sizes enter with their mean strength
        assert bound < 2.0 / excess
        assert outcome.limits[OVERLOAD] == 1.0
    within = AnionExchangeChromatography(most_cycles=1, dilution=1.0).transform(vesicles(0.5 * capacity, salt=0.02))
    assert within.limits[OVERLOAD] == 0.0


def test_an_overload_is_split_into_cycles_unless_that_is_forbidden() -> None:
    """Cycles are the capacities that a lot asks for over the safe share; they recover what an overload loses."""
    feed = vesicles(3e14, salt=0.05)
    one, split = (AnionExchangeChromatography(most_cycles=most).transform(feed) for most in (1, None))
    asked = float(np.squeeze(one.monitors["share_of_capacity"]))
    assert split.monitors["cycles"] == np.ceil(asked / 0.8)
    assert split.monitors["share_of_capacity"] <= 0.8
    assert recovered(split, feed) > 1.5 * recovered(one, feed)
    assert split.duration > one.duration
    assert split.consumption["buffer"] > one.consumption["buffer"]
    assert split.consumption["resin"] == pytest.approx(0.08 * split.monitors["cycles"] / 20.0, rel=1e-12)


@pytest.mark.parametrize("competitor", ["free_dna", "protein", "nonvesicular"])
def test_what_competes_lowers_the_capacity_for_vesicles(competitor: str) -> None:
    """More DNA, protein or other particles in an overloaded bed leave fewer vesicles on it."""
    kept = []
    for amount in (0.0, 1.0, 3.0, 10.0):
        context = standard_context()
        amounts = {
            "free_dna": 1e9 * amount,
            "protein": np.full((4, 1), 1e6) * amount,
            "nonvesicular": context.secreted * 1e14 * amount,
        }
        feed = vesicles(1.5e14, **{competitor: amounts[competitor]})
        kept.append(recovered(AnionExchangeChromatography(most_cycles=1, dilution=1.0).transform(feed), feed))
    assert np.all(np.diff(kept) < 0.0)


def test_a_competitor_asks_for_more_cycles() -> None:
    """A lot with much DNA needs a bed more often."""
    clean = AnionExchangeChromatography().transform(vesicles(1e14))
    laden = AnionExchangeChromatography().transform(vesicles(1e14, free_dna=2e9))
    assert laden.monitors["cycles"] > clean.monitors["cycles"]


def test_salt_in_the_load_loses_vesicles_and_dilution_brings_them_back() -> None:
    """Binding holds to physiological salt and falls above it."""
    through = []
    for salt in (0.05, 0.1, 0.15, 0.25, 0.35, 0.45):
        feed = vesicles(5e12, salt=salt)
        outcome = AnionExchangeChromatography(dilution=1.0).transform(feed)
        through.append(share(outcome.losses["flow-through"], feed))
        assert outcome.limits["load above 0.15 mol/L of salt"] == float(salt > 0.15)
    assert np.all(np.diff(through) > 0.0)
    assert through[2] < 0.01
    assert through[4] > 0.2
    feed = vesicles(5e12, salt=0.35)
    diluted = AnionExchangeChromatography(dilution=3.0).transform(feed)
    assert share(diluted.losses["flow-through"], feed) < 0.01
    assert diluted.monitors["load_salt"] == pytest.approx((0.35 + 2.0 * 0.02) / 3.0, rel=1e-12)
    undiluted = AnionExchangeChromatography(dilution=1.0).transform(feed)
    assert diluted.added.volume == pytest.approx(undiluted.added.volume + 2.0, rel=1e-12)
    load = [next(p.duration for p in of.phases if p.name == "load") for of in (undiluted, diluted)]
    assert load[1] == pytest.approx(3.0 * load[0], rel=1e-12)


def test_peaks_leave_in_order() -> None:
    """Protein, non-vesicular particles, small vesicles, large vesicles, DNA."""
    feed = everything()
    salts = np.linspace(0.05, 1.5, 300)
    operation = AnionExchangeChromatography(elution_salt=salts, wash_salt=0.04)
    product = operation.transform(feed).product
    vesicle = product.vesicles / feed.vesicles
    curves = {
        "protein": total(product.protein) / total(feed.protein),
        "nonvesicular": total(product.nonvesicular) / total(feed.nonvesicular),
        "small vesicles": vesicle[1],
        "large vesicles": vesicle[-1],
        "DNA": np.asarray(product.free_dna) / feed.free_dna,
    }
    peaks = [salts[np.argmax(np.diff(curve))] for curve in curves.values()]
    assert peaks == sorted(peaks)
    assert len(set(peaks)) == len(peaks)


def test_a_step_between_the_peaks_washes_out_other_particles() -> None:
    """More salt in the wash takes non-vesicular particles first, then vesicles."""
    feed = everything()
    gentle, strict = (AnionExchangeChromatography(wash_salt=salt).transform(feed) for salt in (0.2, 0.36))
    ratio = recovered(strict, feed, "nonvesicular") / recovered(gentle, feed, "nonvesicular")
    assert ratio < 0.3
    assert recovered(strict, feed) / recovered(gentle, feed) > 0.8


def test_larger_vesicles_are_released_later() -> None:
    """A low elution salt leaves the large ones on the bed."""
    feed = vesicles(1e11)
    kept = AnionExchangeChromatography(elution_salt=0.45).transform(feed).product.vesicles / feed.vesicles
    assert np.all(np.diff(np.ravel(kept)) < 0.0)


def test_more_wash_releases_more() -> None:
    """The midpoint holds for a volume; a longer wash at the same salt takes more."""
    feed = vesicles(1e11)
    lost = [
        share(AnionExchangeChromatography(wash_volume=volume).transform(feed).losses["wash"], feed)
        for volume in (2.0, 5.0, 20.0)
    ]
    assert lost[0] < lost[1] < lost[2]


def test_volumes_salt_and_time() -> None:
    """The pool has the volume and salt of the elution; every phase is its volume over the flow."""
    feed = vesicles(1e11, liters=1.2)
    outcome = AnionExchangeChromatography(column_volume=0.1, flow=4.0).transform(feed)
    assert outcome.product.volume == pytest.approx(0.5, rel=1e-12)
    assert outcome.product.salt / outcome.product.volume == pytest.approx(0.6, rel=1e-12)
    hours = {phase.name: float(np.squeeze(phase.duration)) for phase in outcome.phases}
    assert hours["load"] == pytest.approx(1.2 * 1.5 / 0.1 / 4.0 / 60.0, rel=1e-12)
    assert hours["elute"] == pytest.approx(5.0 / 4.0 / 60.0, rel=1e-12)
    assert outcome.consumption["buffer"] == pytest.approx(0.6 + 0.1 * (10 + 5 + 5 + 10), rel=1e-12)


def test_media_differ_in_what_they_hold() -> None:
    """Of the same volume a monolith holds more vesicles than a membrane of wider channels, and beads the least."""
    feed = vesicles(1e14)
    keys = ("cimmultus_qa", "sartobind_q", "q_agarose")
    cycles = [float(np.squeeze(of_preset(key).transform(feed).monitors["cycles"])) for key in keys]
    assert cycles[0] < cycles[1] < cycles[2]
    held = of_preset("q_agarose")
    surface = adsorption.channel_surface(held.porosity, held.channel_diameter)
    assert (
        1e10 < held.coverage * float(adsorption.covering_capacity(surface, 100.0)) < 1e12
    )  # the range of the evidence


def test_a_hydroxyl_monolith_binds_at_high_salt_and_releases_at_low() -> None:
    """97 % of protein and 95 % of DNA are removed, and vesicles bind only where salt excludes them."""
    feed = everything()
    operation = of_preset("cim_oh")
    outcome = operation.transform(feed)
    assert list(operation.problems()) == []
    assert recovered(outcome, feed, "protein") == pytest.approx(0.03, abs=1e-4)
    assert recovered(outcome, feed, "free_dna") == pytest.approx(0.05, abs=1e-4)
    assert recovered(outcome, feed) > 0.7
    diluted_in_water = dataclasses.replace(operation, buffer_salt=0.0).transform(feed)
    assert recovered(diluted_in_water, feed) < 0.01
    assert {"protein_midpoint", "dna_midpoint"} <= operation.unused()


def test_a_measured_recovery_replaces_the_mechanism_for_vesicles() -> None:
    """Not even an overload takes vesicles a second time."""
    feed = vesicles(1e15)
    outcome = AnionExchangeChromatography(ev_recovery=0.7, most_cycles=1).transform(feed)
    assert outcome.product.vesicles / feed.vesicles == pytest.approx(0.7, rel=1e-12)
    assert outcome.limits[OVERLOAD] == 1.0


@pytest.mark.parametrize(
    ("steepness", "wash", "elution", "wrong"), [(8, 0.3, 0.25, 1), (-8, 1.5, 1.6, 1), (-8, 1, 0.1, 0)]
)
def test_steps_in_the_wrong_direction_are_refused(steepness: float, wash: float, elution: float, wrong: int) -> None:
    """An elution must release what the wash does not."""
    operation = AnionExchangeChromatography(steepness=steepness, wash_salt=wash, elution_salt=elution)
    assert len(list(operation.problems())) == wrong
