"""Loading of cargo: two efficiencies, balances, isotherms, recycling, methods, and what engineered cells bring."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import Outcome
from exosim.operations.cargo_loading import CargoLoading
from exosim.parameter import GRADES, declared
from exosim.physics.loading import AVOGADRO
from exosim.preset_catalog import fitting, presets
from exosim.quantities import read_quantity
from exosim.references import references
from exosim.testing.balances import imbalance
from exosim.testing.feeds import everything

PLAIN: dict[str, Any] = {"vesicle_recovery": 1.0, "free_cargo_removal": 0.0}
VESICLES = float(np.sum(everything().vesicles))
BARE = everything().replaced(cargo=0.0, free_cargo=0.0, aggregated_cargo=0.0)
JEYARAM = ((1000, 65, 720), (720, 41, 543), (543, 32, 420), (420, 23, 280), (280, 7, 198), (198, 0, 125))
"""Table 1 of Jeyaram et al. 2020: siRNA offered to 10 ug of vesicles, loaded, recovered for the next turn [pmol]."""
SOURCES = dict.fromkeys(references(), "C")


def loaded(feed: Material = BARE, **values: Any) -> Outcome:
    """Return what becomes of conditioned medium without cargo."""
    return CargoLoading(**values).transform(feed)


def monitor(outcome: Outcome, name: str) -> float:
    return float(np.squeeze(outcome.monitors[name]))


def typical(method: str, name: str) -> float:
    """Return the median that a method brings for a parameter."""
    raw = presets("method")[method].parameters[name]
    return read_quantity(raw, declared(CargoLoading)[name], SOURCES).quantity.typical


# -- balances and the two efficiencies ---------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.3, 0.998])
@pytest.mark.parametrize("cycles", [1.0, 4.0])
def test_apparent_is_true_and_aggregated(share: float, cycles: float) -> None:
    """What an assay of the total finds is loaded plus aggregated cargo, and all that was offered is accounted for."""
    outcome = loaded(apparent_efficiency=0.2, aggregated_share=share, cycles=cycles)
    offered, product = outcome.consumption["cargo"], outcome.product
    apparent, true = monitor(outcome, "apparent_efficiency"), monitor(outcome, "true_efficiency")
    assert apparent == pytest.approx(true + product.aggregated_cargo / offered, rel=1e-13)
    assert true == pytest.approx((1.0 - share) * apparent, rel=1e-12)
    out = product.cargo + product.aggregated_cargo + product.free_cargo + outcome.losses["unused cargo"].free_cargo
    assert out == pytest.approx(offered, rel=1e-13)
    assert max(imbalance(BARE, outcome).values()) < 1e-12


def test_published_efficiency_is_of_what_is_offered() -> None:
    """Cargo in the vesicles that are left over cargo offered, however many vesicles the method costs."""
    for recovery in (0.3, 0.6, 0.95):
        outcome = loaded(apparent_efficiency=0.26, vesicle_recovery=recovery)
        assert outcome.product.cargo / outcome.consumption["cargo"] == pytest.approx(0.26, rel=1e-12)
        assert total(outcome.product.vesicles)[0] == pytest.approx(recovery * VESICLES, rel=1e-12)


def test_offered_for_each_vesicle_and_in_all() -> None:
    """The ratio of the plan is that of the feed; about 1 ug of siRNA for 1e9 vesicles are 45,000 copies."""
    outcome = loaded(**PLAIN)
    assert outcome.consumption["cargo"] == pytest.approx(7.5e-20 * VESICLES, rel=1e-12)
    assert monitor(outcome, "apparent_copies_per_vesicle") / 0.05 == pytest.approx(7.5e-20 * AVOGADRO, rel=1e-12)
    assert pytest.approx(1e-6, rel=0.01) == 7.5e-20 * 13300.0 * 1e9  # g, with 13.3 kg/mol
    assert loaded(cargo_offered=2e-6, **PLAIN).consumption["cargo"] == 2e-6


def test_clean_up_and_stock() -> None:
    """Dissolved cargo falls by its log reduction, that of the feed as well; aggregates stay; the stock adds volume."""
    feed = everything()
    outcome = CargoLoading(apparent_efficiency=0.1, free_cargo_removal=2.0, stock=1e-4).transform(feed)
    offered = outcome.consumption["cargo"]
    assert outcome.product.free_cargo == pytest.approx(0.01 * (0.9 * offered + feed.free_cargo), rel=1e-12)
    assert outcome.product.aggregated_cargo == feed.aggregated_cargo
    assert outcome.product.volume == pytest.approx(feed.volume + offered / 1e-4, rel=1e-12)
    assert outcome.product.cell_equivalents == feed.cell_equivalents


def test_cargo_of_the_feed_goes_with_its_vesicles() -> None:
    outcome = CargoLoading(vesicle_recovery=0.5, apparent_efficiency=0.1).transform(everything())
    fresh = outcome.consumption["cargo"] * 0.1
    assert outcome.product.cargo - fresh == pytest.approx(0.5 * everything().cargo, rel=1e-9)


def test_potency_is_apart_from_number() -> None:
    outcome = loaded(vesicle_recovery=0.5, potency_kept=0.8)
    assert outcome.product.potency / BARE.potency == pytest.approx(0.4, rel=1e-12)
    assert outcome.losses["loss of potency"].potency == pytest.approx(0.1 * BARE.potency, rel=1e-12)


# -- isotherm ----------------------------------------------------------------------------------------------------------


def test_an_isotherm_transfers_between_ratios() -> None:
    """Places fill: a hundred times the cargo for a vesicle gives few times the copies, at a lower efficiency."""
    few, many = (loaded(capacity=100.0, affinity=1e8, cargo_per_vesicle=ratio, **PLAIN) for ratio in (1e-22, 1e-20))
    assert 80.0 < monitor(many, "copies_per_vesicle") < 100.0 < 1e-20 * AVOGADRO
    assert monitor(few, "copies_per_vesicle") < 0.5 * 1e-22 * AVOGADRO
    assert monitor(few, "true_efficiency") > 5.0 * monitor(many, "true_efficiency")


def test_partition_is_one_efficiency_at_all_ratios() -> None:
    """A partition of P into a share phi of the volume takes up P phi / (1 + P phi), whatever is offered."""
    context = CargoLoading().context
    inside = float(np.sum(BARE.vesicles * context.sizes.mean_cubes)) * np.pi / 6.0 * 1e-24
    for ratio in (1e-22, 1e-20):
        outcome = loaded(partition=500.0, cargo_per_vesicle=ratio, stock=1e-3, **PLAIN)
        phi = inside / float(np.squeeze(outcome.product.volume))
        assert monitor(outcome, "true_efficiency") == pytest.approx(500.0 * phi / (1.0 + 500.0 * phi), rel=1e-9)


def test_places_and_affinity_raise_uptake() -> None:
    def copies(**values: float) -> float:
        return monitor(loaded(**PLAIN, **values), "copies_per_vesicle")

    assert copies(capacity=10.0) < copies(capacity=100.0) < copies(capacity=100.0, affinity=1e8)
    assert copies(capacity=10.0) < copies(capacity=10.0, partition=100.0)


# -- recycling: V08 ----------------------------------------------------------------------------------------------------


def test_recycling_as_published() -> None:
    """V08: with the published efficiency and recovery the turns offer what they did, to the third within 5 %."""
    offered = [1000.0 * ((1.0 - 0.06) * 0.77) ** turn for turn in range(6)]
    assert offered == pytest.approx([row[0] for row in JEYARAM], rel=0.11)
    assert offered[:3] == pytest.approx([row[0] for row in JEYARAM[:3]], rel=0.05)
    recovered = [again / (offered - kept) for offered, kept, again in JEYARAM]
    assert [round(share, 2) for share in recovered] == [0.77, 0.80, 0.82, 0.71, 0.73, 0.63]
    efficiency = [kept / offered for offered, kept, _ in JEYARAM]
    assert [round(100 * share, 1) for share in efficiency] == [6.5, 5.7, 5.9, 5.5, 2.5, 0.0]


def test_each_turn_of_the_published_cycles() -> None:
    """V08: each turn alone, at its own efficiency and recovery, gives back what was loaded and recovered."""
    for offered, kept, again in JEYARAM[:-1]:
        share = again / (offered - kept)
        outcome = loaded(
            cargo_offered=offered * 1e-12, apparent_efficiency=kept / offered, free_cargo_removal=9.0,
            recycled=share, cycles=2.0,
        )  # fmt: skip
        second = outcome.losses["unused cargo"].free_cargo
        assert outcome.product.cargo * 1e12 == pytest.approx(kept + again * kept / offered, rel=1e-6)
        assert second * 1e12 == pytest.approx((offered - kept - again) + again * (1.0 - kept / offered), rel=1e-6)


def test_recycling_saves_cargo() -> None:
    """Turns load less for a vesicle and more of the cargo; the feed of vesicles is the same."""
    once, turns = (loaded(apparent_efficiency=0.06, cycles=cycles, cargo_offered=1e-6) for cycles in (1.0, 6.0))
    assert monitor(turns, "true_efficiency") > 2.5 * monitor(once, "true_efficiency")
    assert turns.duration > once.duration
    assert total(turns.product.vesicles) == pytest.approx(total(once.product.vesicles))


# -- methods: V09 ------------------------------------------------------------------------------------------------------

ORDERS = {
    "paclitaxel": ("sonication_paclitaxel", "electroporation_paclitaxel", "incubation_paclitaxel"),
    "catalase": ("sonication_protein", "extrusion_protein", "freeze_thaw_protein", "incubation_protein"),
    "porphyrin": ("incubation_hydrophobic_porphyrin", "electroporation_hydrophilic_porphyrin"),
    "small RNA": ("incubation_hydrophobic_rna", "transfection_small_rna", "electroporation_small_rna"),
}


@pytest.mark.parametrize("cargo", ORDERS)
def test_order_of_methods(cargo: str) -> None:
    """V09: the order of the methods for one class of cargo is the published one, through the whole step."""
    found = [
        float(np.squeeze(loaded(apparent_efficiency=typical(method, "apparent_efficiency")).product.cargo))
        for method in ORDERS[cargo]
    ]
    assert found == sorted(found, reverse=True) and len(set(found)) == len(found)


def test_every_method_has_a_source_for_its_efficiency() -> None:
    methods = fitting("method", "cargo_loading")
    assert len(methods) >= 20
    for key in methods:
        brought = presets("method")[key].values_for(declared(CargoLoading))
        amount = brought.get("apparent_efficiency", brought.get("copies_per_vesicle"))
        assert amount["source"] in references() and amount["grade"] in GRADES


# -- engineered cells --------------------------------------------------------------------------------------------------


def test_cells_that_load_their_vesicles() -> None:
    """Copies of the carriers, half of all, are there without a step, and nothing is lost."""
    outcome = loaded(copies_per_vesicle=100.0, positive_fraction=0.5, dispersion=1.0)
    assert outcome.duration == 0.0 and not outcome.consumption
    assert np.array_equal(outcome.product.vesicles, BARE.vesicles)
    assert float(outcome.generated.cargo[0]) * AVOGADRO / VESICLES == pytest.approx(50.0, rel=1e-12)
    assert monitor(outcome, "loaded_vesicles") == pytest.approx(0.5 * (1.0 - 1.0 / 101.0), rel=1e-12)
    assert max(imbalance(BARE, outcome).values()) < 1e-12


def test_what_does_not_matter() -> None:
    """Each way to state the uptake leaves the parameters of the others idle."""
    assert {"affinity", "recycled", "portion_time"} == CargoLoading().unused()
    assert {"apparent_efficiency"} <= CargoLoading(capacity=100.0).unused()
    assert {"cargo_per_vesicle"} <= CargoLoading(cargo_offered=1e-6).unused()
    idle = CargoLoading(copies_per_vesicle=100.0).unused()
    assert set(declared(CargoLoading)) - idle == {
        "ev_recovery", "copies_per_vesicle", "positive_fraction", "dispersion",
    }  # fmt: skip


# -- time and limits ---------------------------------------------------------------------------------------------------


def test_small_portions_take_hours() -> None:
    """Two liters in cuvettes of 0.4 mL are 5,000 of them; time is in proportion."""
    outcome = loaded(portion=0.4, portion_time=0.05)
    assert monitor(outcome, "portions") == 5000.0
    counts = np.arange(1.0, 3000.0)
    narrow = Material(volume=(counts * 4e-4).astype(np.float32))
    found = CargoLoading(portion=np.float32(0.4)).transform(narrow).monitors["portions"]
    assert np.array_equal(found, counts)  # rounding of single precision adds no cuvette
    assert float(np.squeeze(outcome.duration)) == pytest.approx(0.5 + 5000.0 * 0.05 + 1.5 + 2.0, rel=1e-12)
    assert loaded().duration == pytest.approx(4.0)


def test_limits_tell_what_cannot_be() -> None:
    """More cargo than fits into the vesicles, and cargo that is mostly aggregated, are warned of and not cut."""
    inside, aggregates = "loaded cargo larger than the vesicles hold", "most of the cargo found is aggregated"
    assert not any(np.any(reached) for reached in loaded().limits.values())
    full = loaded(apparent_efficiency=0.62, **PLAIN)
    assert np.all(full.limits[inside]) and full.product.cargo > 0.6 * full.consumption["cargo"]
    assert not np.any(loaded(apparent_efficiency=0.62, aggregated_share=0.9, **PLAIN).limits[inside])
    assert np.all(loaded(aggregated_share=0.9).limits[aggregates])


def test_no_vesicles_take_up_nothing() -> None:
    """What is offered to nothing stays dissolved."""
    outcome = loaded(Material(volume=1.0), cargo_offered=1e-6, apparent_efficiency=0.5, free_cargo_removal=0.0)
    assert np.all(outcome.product.cargo == 0.0)
    assert outcome.losses["unused cargo"].free_cargo + outcome.product.free_cargo == pytest.approx(1e-6)
