"""Assays report with bias and error; attributes hold what is reported against limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim import units
from exosim.assay import Assay, Result
from exosim.cargo_contents import CARGO
from exosim.composition import own_protein, total_protein
from exosim.errors import ModelError
from exosim.kernel import run
from exosim.lot_properties import LotProperties
from exosim.lot_readings import attribute_results
from exosim.material import Material, total
from exosim.operations.base import UnitOperation, standard_context
from exosim.operations.cargo_loading import CargoLoading
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.operations.measured_step import MeasuredStep
from exosim.operations.vial_filling import VialFilling
from exosim.physics.detection import Counter, class_efficiency, counted_particles
from exosim.quality import AGENTS, MEASURES, Attribute, Lot, Measure, reported_value, true_value
from exosim.readings import DoseRule, Specification
from exosim.recipe import Recipe, UnitProcedure

CONTEXT = standard_context()
KNOWN = LotProperties(endotoxin=0.2, potency=0.9, cd9=0.5, cd63=0.4, cd81=0.3)
_OTHER_TOPS = (*AGENTS, "viable_cells")
AMOUNTS = [name for name, one in MEASURES.items() if one.top not in _OTHER_TOPS and one.bottom != "particles"]
"""Measures of a medium whose assays report an amount: no test for organisms, no share of the particles, no cells."""


def attribute(measure: str, assay: str | None = None, **limits: Any) -> Attribute:
    """Return an attribute named after its measure."""
    return Attribute(measure, measure, assay, limits.get("at_least"), limits.get("at_most"))


def results(
    attributes: tuple[Attribute, ...], z: float | Mapping[str, float] = 0.0, fill: bool = False, **assays: Assay
) -> dict[str, float]:
    """Return what is reported of a liter of medium with 5e9 EV/mL, by attribute; `counter` is the instrument.

    Where cargo is asked for, the vesicles have been loaded.
    """
    last: UnitOperation = VialFilling() if fill else MeasuredStep(ev_recovery=1.0)
    if any(MEASURES[a.measure].top in CARGO for a in attributes):
        last = CargoLoading(aggregated_share=0.25, free_cargo_removal=0.0)
    procedures = (UnitProcedure("medium", ConditionedMedium()), UnitProcedure("last", last, ("medium.product",)))
    steps = run(Recipe(procedures, CONTEXT))
    every = {"counter": Assay(), **assays}
    specification = Specification(DoseRule(1e10, "EV"), every, "counter", attributes, KNOWN)
    noise = {name: np.array([z.get(name, 0.0) if isinstance(z, Mapping) else z]) for name in specification.assays}
    found = attribute_results(steps, CONTEXT, specification, noise)
    return {a.id: float(np.squeeze(reported)) for a, _, reported in found}


def test_an_assay_without_error_reports_the_truth() -> None:
    """With z = 0 the reported value is the true one; the median of a lognormal error is 1."""
    assert Assay(repeatability=0.3).reported(5.0, 0.0) == 5.0


@pytest.mark.parametrize("repeatability", [0.01, 0.12, 0.6])
def test_repeatability_is_the_coefficient_of_variation(repeatability: float) -> None:
    """Standard deviation over mean of many results is the stated coefficient of variation, to four standard errors."""
    z = np.random.default_rng(1).standard_normal(400_000)
    reported = Assay(repeatability=repeatability).reported(1e10, z)
    assert np.std(reported) / np.mean(reported) == pytest.approx(repeatability, rel=0.02)
    assert np.median(reported) == pytest.approx(1e10, rel=0.005)


def test_one_standard_deviation_up() -> None:
    """At z = 1 the result is exp(sigma) high, with sigma^2 = ln(1 + CV^2)."""
    assert Assay(repeatability=0.12).reported(1.0, 1.0) == pytest.approx(
        math.exp(math.sqrt(math.log(1 + 0.12**2))), rel=1e-12
    )


def factor(z: float, repeatability: float = 0.06) -> float:
    """Return the factor of a result that lies z standard deviations off."""
    return math.exp(z * math.sqrt(math.log(1.0 + repeatability**2)))


def lot(**values: Any) -> Lot:
    """Return a lot of conditioned medium with doses of 2 mL."""
    return Lot(ConditionedMedium(**values).transform(Material()).product, CONTEXT, 2.0, properties=KNOWN)


def reported(measure: str, of: Lot, instrument: Result, assay: Result | None = None) -> float:
    """Return what is reported for a measure of a lot."""
    return float(np.squeeze(reported_value(MEASURES[measure], of, instrument, assay)))


PLAIN = Result(Assay(), 0.0)


def test_error_and_bias_multiply() -> None:
    """A result is the truth times (1 + bias) times the lognormal error, in each lane."""
    bias, z = np.array([-0.5, 0.0, 0.25]), np.array([-1.0, 0.5, 3.0])
    assay = Assay(bias=bias, repeatability=0.12)
    errors = np.array([factor(one, 0.12) for one in z])
    assert assay.error(z) == pytest.approx(errors, rel=1e-12)
    assert assay.reported(7.0, z) == pytest.approx(7.0 * (1.0 + bias) * errors, rel=1e-12)


def test_a_bias_below_minus_one_reports_nothing() -> None:
    """No result is negative: an assay or a counter that reads more than 100 % low reads 0."""
    assert Assay(bias=-1.5).reported(5.0, 0.3) == 0.0
    assert Assay(bias=-1.5).counter() == Counter(65.0, 30.0, -1.0)
    low = Result(Assay(bias=-1.5), 0.0)
    assert reported("particles_per_volume", lot(), PLAIN, low) == 0.0
    assert reported("protein_per_volume", lot(), PLAIN, low) == 0.0


def test_a_biased_counter_counts_more() -> None:
    """Bias multiplies counts once: in the counter for particles, afterwards for everything else."""
    asked = (attribute("particles_per_volume", "nta"), attribute("protein_per_volume", "bca"))
    plain = results(asked, nta=Assay(), bca=Assay())
    high = results(asked, nta=Assay(bias=0.25), bca=Assay(bias=0.1))
    assert high["particles_per_volume"] == pytest.approx(1.25 * plain["particles_per_volume"], rel=1e-12)
    assert high["protein_per_volume"] == pytest.approx(1.1 * plain["protein_per_volume"], rel=1e-12)


@pytest.mark.parametrize("measure", AMOUNTS)
def test_a_named_assay_reports_protein_below_or_what_is_on_top(measure: str) -> None:
    """The bias and the error of the named assay enter once: below a measure per protein, on top of any other."""
    assay = Assay(bias=0.5, repeatability=0.2)
    plain = results((attribute(measure, "bca"),), bca=Assay())[measure]
    found = results((attribute(measure, "bca"),), z={"bca": 1.3}, bca=assay)[measure]
    expected = 1.5 * factor(1.3, 0.2)
    if MEASURES[measure].bottom == "protein":
        expected = 1.0 / expected
    assert found / plain == pytest.approx(expected, rel=1e-12)


def test_cargo_loaded_and_as_found() -> None:
    """Aggregates make an assay of the total find more in a vesicle than there is; half of all cargo is loaded here."""
    product = lot().product.replaced(cargo=3e-9, aggregated_cargo=1e-9, free_cargo=2e-9)
    of = Lot(product, CONTEXT, 2.0)
    vesicles = float(np.sum(product.vesicles))
    assert reported("cargo_per_vesicle", of, PLAIN) == pytest.approx(3e-9 * 6.02214076e23 / vesicles, rel=1e-12)
    assert reported("apparent_cargo_per_vesicle", of, PLAIN) == pytest.approx(
        4e-9 * 6.02214076e23 / vesicles, rel=1e-12
    )
    assert reported("loaded_fraction", of, PLAIN) == pytest.approx(0.5, rel=1e-12)
    assert reported("free_cargo_per_dose", of, PLAIN) == pytest.approx(2e-9 / 1000.0 * 2.0, rel=1e-12)
    high = Result(Assay(bias=1.2), 0.0)
    assert reported("loaded_fraction", of, PLAIN, high) == 1.0
    assert [reported(name, lot(), PLAIN) for name in ("loaded_fraction", "cargo_per_vesicle")] == [0.0, 0.0]


@pytest.mark.parametrize("named", [None, "bca"])
@pytest.mark.parametrize("measure", AMOUNTS)
def test_the_instrument_enters_where_particles_are_counted(measure: str, named: str | None) -> None:
    """Bias and error of the instrument enter what is counted, unless another assay counts, and nothing else."""
    counted = ("particles_per_volume", "particles_per_vial", "particles_per_dose")
    counts = measure == "particles_per_protein" or (measure in counted and named is None)
    biased = Assay(bias=0.5, repeatability=0.2)
    plain = results((attribute(measure, named),), bca=Assay())[measure]
    found = results((attribute(measure, named),), z={"counter": 1.3}, bca=Assay(), counter=biased)[measure]
    assert found / plain == pytest.approx(1.5 * factor(1.3, 0.2) if counts else 1.0, rel=1e-12)


@pytest.mark.parametrize("measure", [m for m in AMOUNTS if MEASURES[m].top != "particles"])
def test_without_an_assay_what_is_not_counted_is_reported_as_it_is(measure: str) -> None:
    """Vesicles, protein and DNA that no assay reports carry neither bias nor error, whatever the noise."""
    every = {"counter": Assay(bias=0.5), "bca": Assay(bias=0.3)}
    assert results((attribute(measure),), z=2.0, **every)[measure] == results((attribute(measure),))[measure]


def test_a_higher_detection_limit_lowers_particles_per_protein() -> None:
    """Purity is counted by the instrument of the product, whatever detection the protein assay would have."""
    asked = (attribute("particles_per_protein", "bca"),)
    found = [
        results(asked, bca=Assay(), counter=Assay(detection_limit=limit))["particles_per_protein"]
        for limit in (40.0, 65.0, 90.0, 120.0)
    ]
    assert np.all(np.diff(found) < -0.01 * found[0])
    other = results(asked, bca=Assay(detection_limit=140.0, detection_width=5.0))["particles_per_protein"]
    assert other == results(asked, bca=Assay())["particles_per_protein"] == found[1]
    context, medium = CONTEXT, lot().product
    for limit, one in zip((40.0, 65.0, 90.0, 120.0), found, strict=True):
        count = counted_particles(medium, context.sizes, Counter(limit, 30.0))
        assert one == pytest.approx(float(np.squeeze(count / total_protein(medium, context))), rel=1e-12)


def test_a_protein_assay_that_reads_half_as_much_again_divides_the_purity() -> None:
    """A bias of +50 % on the protein divides particles and vesicles per protein by 1.5."""
    asked = (attribute("particles_per_protein", "bca"), attribute("evs_per_protein", "bca"))
    plain, high = results(asked, bca=Assay()), results(asked, bca=Assay(bias=0.5))
    assert high["particles_per_protein"] == pytest.approx(plain["particles_per_protein"] / 1.5, rel=1e-12)
    assert high["evs_per_protein"] == pytest.approx(plain["evs_per_protein"] / 1.5, rel=1e-12)


def test_noise_of_instrument_and_protein_assay_both_enter_the_purity() -> None:
    """The spread of the purity is that of the count and that of the protein, added in the logarithm."""
    z = np.random.default_rng(7).standard_normal((2, 200_000))
    counter, bca = Assay(repeatability=0.12), Assay(repeatability=0.3)
    measure = MEASURES["particles_per_protein"]
    found = np.log(reported_value(measure, lot(), Result(counter, z[0]), Result(bca, z[1])))
    variance = math.log(1.0 + 0.12**2) + math.log(1.0 + 0.3**2)
    assert np.var(found) == pytest.approx(variance, rel=0.01)
    assert np.corrcoef(found, z[0])[0, 1] == pytest.approx(math.sqrt(math.log(1.0 + 0.12**2) / variance), abs=0.01)
    assert np.corrcoef(found, z[1])[0, 1] == pytest.approx(-math.sqrt(math.log(1.0 + 0.3**2) / variance), abs=0.01)


def test_the_noise_of_one_assay_cancels_where_it_counts_and_weighs() -> None:
    """One result is one result: the same assay on top and below leaves the true ratio of what it reports."""
    found = results((attribute("particles_per_protein", "counter"),), z=1.7)["particles_per_protein"]
    assert found == pytest.approx(results((attribute("particles_per_protein"),))["particles_per_protein"], rel=1e-12)


def test_attributes_share_the_result_of_an_assay() -> None:
    """Two attributes of one assay err alike; those of another err by themselves."""
    asked = (
        attribute("protein_per_volume", "bca"),
        attribute("particles_per_protein", "bca"),
        attribute("particles_per_volume", "counter"),
        attribute("evs_per_protein", "other"),
    )
    assays = {"bca": Assay(repeatability=0.2), "other": Assay(repeatability=0.2)}
    plain, off = results(asked, **assays), results(asked, z={"bca": 1.0, "counter": -0.5}, **assays)
    ratios = {name: off[name] / plain[name] for name in plain}
    assert ratios["protein_per_volume"] == pytest.approx(factor(1.0, 0.2), rel=1e-12)
    assert ratios["particles_per_volume"] == pytest.approx(factor(-0.5), rel=1e-12)
    assert ratios["particles_per_protein"] == pytest.approx(factor(-0.5) / factor(1.0, 0.2), rel=1e-12)
    assert ratios["evs_per_protein"] == 1.0


def test_particles_per_volume_are_counted_by_the_named_assay() -> None:
    """A second counter sees with its own detection limit; without a name the instrument counts."""
    blind = Assay(detection_limit=120.0, detection_width=20.0)
    found = reported("particles_per_volume", lot(), PLAIN, Result(blind, 0.0))
    expected = counted_particles(lot().product, CONTEXT.sizes, Counter(120.0, 20.0)) / 1e3
    assert found == pytest.approx(float(np.squeeze(expected)), rel=1e-12)
    assert found < 0.8 * reported("particles_per_volume", lot(), PLAIN)
    assert reported("particles_per_volume", lot(), Result(blind, 0.0)) == found


def test_measures_are_pinned() -> None:
    """Scenarios name these measures and give limits in these units."""
    assert dict(MEASURES) == {
        "particles_per_volume": Measure("particle/mL", "particles", "volume"),
        "particles_per_protein": Measure("particle/ug", "particles", "protein"),
        "evs_per_volume": Measure("EV/mL", "vesicles", "volume"),
        "evs_per_protein": Measure("EV/ug", "vesicles", "protein"),
        "protein_per_volume": Measure("ug/mL", "protein", "volume"),
        "dna_per_volume": Measure("ng/mL", "dna", "volume"),
        "particles_per_vial": Measure("particle/vial", "particles", "vial"),
        "particles_per_dose": Measure("particle/dose", "particles", "dose"),
        "evs_per_vial": Measure("EV/vial", "vesicles", "vial"),
        "dna_per_dose": Measure("ng/dose", "dna", "dose"),
        "particles_in_size_range": Measure("1", "particles", "particles"),
        "endotoxin_per_volume": Measure("EU/mL", "endotoxin", "volume"),
        "endotoxin_per_dose": Measure("EU/dose", "endotoxin", "dose"),
        "relative_potency": Measure("1", "potency", "vesicles"),
        "cargo_per_vesicle": Measure("1/EV", "loaded", "vesicles"),
        "apparent_cargo_per_vesicle": Measure("1/EV", "retained", "vesicles"),
        "loaded_fraction": Measure("1", "loaded", "all cargo"),
        "free_cargo_per_dose": Measure("mol/dose", "free", "dose"),
        "cd9_positive": Measure("1", "cd9", "vesicles"),
        "cd63_positive": Measure("1", "cd63", "vesicles"),
        "cd81_positive": Measure("1", "cd81", "vesicles"),
        "viability": Measure("1", "viable_cells", "all cells"),
        "viable_cells_per_volume": Measure("cell/mL", "viable_cells", "volume"),
        "viable_cells_per_vial": Measure("cell/vial", "viable_cells", "vial"),
        "bioburden": Measure("CFU/mL", "bacteria", "volume"),
        "mycoplasma": Measure("CFU/mL", "mycoplasma", "volume"),
    }


def test_an_empty_lot_reports_zero() -> None:
    """Nothing over nothing is nothing, without a warning of the arithmetic."""
    empty = Lot(Material(), CONTEXT, 0.0, properties=LotProperties(endotoxin=0.0, cd9=0.0, cd63=0.0, cd81=0.0))
    with np.errstate(all="raise"):
        for measure in MEASURES.values():
            assert np.all(reported_value(measure, empty, PLAIN, None) == 0.0)
            assert np.all(reported_value(measure, empty, PLAIN, Result(Assay(), 1.0)) == 0.0)


def test_measures_of_a_known_medium() -> None:
    """Measures are amounts over volume or over total protein, in the units that they are declared in."""
    found = results(tuple(attribute(name) for name, measure in MEASURES.items() if measure.top not in CARGO))
    assert found["evs_per_volume"] == pytest.approx(5e9, rel=1e-12)
    assert found["dna_per_volume"] == pytest.approx(200.0, rel=1e-12)
    assert found["particles_per_volume"] / found["particles_per_protein"] == pytest.approx(
        found["protein_per_volume"], rel=1e-12
    )
    assert found["evs_per_volume"] / found["evs_per_protein"] == pytest.approx(found["protein_per_volume"], rel=1e-12)
    assert 80.0 < found["protein_per_volume"] < 83.0  # the vesicles' own protein comes on top of 80 ug/mL
    assert found["dna_per_dose"] == pytest.approx(200.0 * 1000.0 / 500.0, rel=1e-12)  # 500 doses in a liter
    assert (found["endotoxin_per_volume"], found["endotoxin_per_dose"]) == (0.2, pytest.approx(0.4, rel=1e-12))
    assert found["relative_potency"] == pytest.approx(0.9, rel=1e-12)
    assert [found[f"{marker}_positive"] for marker in ("cd9", "cd63", "cd81")] == [0.5, 0.4, 0.3]
    assert found["bioburden"] == found["mycoplasma"] == 0.0  # nothing lives in a batch that does not fail
    for measure in MEASURES.values():
        units.dimension(measure.unit)


def test_dna_per_dose_counts_what_a_dose_holds() -> None:
    """A dose of 1e10 at 5e9 per milliliter holds 2 mL, however many vials are kept back."""
    found = results((attribute("dna_per_dose"),), fill=True)
    assert found["dna_per_dose"] == pytest.approx(200.0 * 2.0, rel=1e-9)


@pytest.mark.parametrize(
    ("low", "high", "met"),
    [
        (None, None, [1, 1, 1, 1, 1]),
        (2.0, None, [0, 1, 1, 1, 1]),
        (None, 4.0, [1, 1, 1, 1, 0]),
        (2.0, 4.0, [0, 1, 1, 1, 0]),
        (3.0, 3.0, [0, 0, 1, 0, 0]),
    ],
)
def test_limits_include_their_ends(low: float | None, high: float | None, met: list[int]) -> None:
    """A result at a limit meets it; either limit may be missing."""
    rule = Attribute("a", "protein_per_volume", None, low, high)
    assert rule.met(np.array([1.0, 2.0, 3.0, 4.0, 5.0])).tolist() == met


def test_limits_apply_to_what_is_reported() -> None:
    """A lot just above its limit fails when the assay reads low."""
    rule = attribute("evs_per_volume", "counter", at_least=4.9e9)
    assert rule.met(np.array([results((rule,))["evs_per_volume"]])) == 1.0
    assert rule.met(np.array([results((rule,), z=-1.0)["evs_per_volume"]])) == 0.0


@pytest.mark.parametrize(
    ("cv", "bias", "passing"),
    [(0.12 / math.sqrt(3), 0.0, 0.995), (0.12 / math.sqrt(3), 0.15, 0.73), (0.12, 0.15, 0.64)],
)
def test_a_biased_count_fails_good_lots(cv: float, bias: float, passing: float) -> None:
    """Label claims of 20 % are met as often as the evidence says, so that bias and not the process fails lots."""
    z = np.random.default_rng(4).standard_normal(200_000)
    assay = Assay(repeatability=cv, bias=bias)
    rule = Attribute("label", "particles_per_volume", None, 0.8, 1.2)
    rounding, error = 0.005, math.sqrt(passing * (1.0 - passing) / z.size)  # the evidence has two digits
    expected = pytest.approx(passing, abs=rounding + 4.0 * error)
    assert np.mean(rule.met(assay.reported(1.0, z))) == expected
    medium = lot()
    claim = reported("particles_per_volume", medium, PLAIN)
    for instrument, named in ((Result(assay, z), None), (PLAIN, Result(assay, z))):
        counts = reported_value(MEASURES["particles_per_volume"], medium, instrument, named)
        assert np.mean(rule.met(counts / claim)) == expected


def test_an_assay_is_a_counter() -> None:
    """The detection limit, its width and the bias make the counter."""
    assert Assay(detection_limit=70.0, detection_width=20.0, bias=0.1).counter() == Counter(70.0, 20.0, 0.1)


def test_a_lot_counts_vesicles_and_other_particles() -> None:
    """What is counted per volume grows with other particles while the true vesicles stay."""
    medium = ConditionedMedium().transform(Material()).product
    lots = [Lot(m, CONTEXT, 1.0) for m in (medium, medium.replaced(lipoproteins=medium.vesicles * 10.0))]
    counts = [reported("particles_per_volume", one, PLAIN) for one in lots]
    true = [reported("evs_per_volume", one, PLAIN) for one in lots]
    assert counts[1] > 10.0 * counts[0] and true[0] == true[1] == pytest.approx(5e9, rel=1e-12)
    assert lots[0].product.volume * 1e3 == pytest.approx(1000.0)
    assert float(np.squeeze(total(medium.vesicles))) == pytest.approx(5e12, rel=1e-12)
    own = own_protein(medium, CONTEXT) + medium.associated_protein + total(medium.protein)
    assert reported("protein_per_volume", lots[0], PLAIN) == pytest.approx(float(np.squeeze(own)) / 1e3, rel=1e-12)


@pytest.mark.parametrize("replicates", [1, 3, 10])
def test_the_mean_of_replicates_errs_less(replicates: float) -> None:
    """The logarithm of the mean of n results has 1/sqrt(n) of the sigma of one; one replicate changes no bit."""
    z = np.array([-1.0, 0.3, 2.0])
    single, mean = Assay(repeatability=0.12), Assay(repeatability=0.12, replicates=replicates)
    assert np.log(mean.error(z)) == pytest.approx(np.log(single.error(z)) / math.sqrt(replicates), rel=1e-12)
    assert replicates > 1 or mean.error(z).tolist() == single.error(z).tolist()


@pytest.mark.parametrize(("level", "volume"), [(0.05, 10.0), (0.1, 20.0), (1.0, 0.2), (0.002, 20.0)])
def test_organisms_are_found_as_often_as_the_tested_volume_holds_one(level: float, volume: float) -> None:
    """The share of tests that find something is 1 - exp(-level x volume), within the binomial 99.9 % interval."""
    z = np.random.default_rng(3).standard_normal(100_000)
    found = np.asarray(Assay(volume_tested=volume).found(level, z))
    share = -math.expm1(-level * volume)
    assert set(found.tolist()) == {0.0, level}
    assert abs(np.mean(found > 0.0) - share) < 3.29 * math.sqrt(share * (1.0 - share) / z.size)


def test_a_poisson_number_of_organisms_is_found_alike() -> None:
    """Drawn organism by organism: a test that counts none in its volume reports 0, as often as the formula says."""
    drawn = np.random.default_rng(8).poisson(0.15 * 10.0, 200_000)
    z = np.random.default_rng(9).standard_normal(200_000)
    found = np.asarray(Assay(volume_tested=10.0).found(0.15, z)) > 0.0
    assert np.mean(found) == pytest.approx(np.mean(drawn > 0), abs=3.29 * math.sqrt(2.0 * 0.25 / 200_000))


def test_a_sterile_lot_is_never_found_positive() -> None:
    """No organism, no result above 0, whatever the noise; a full lot is always found."""
    test, extreme = Assay(volume_tested=20.0), np.array([-9.0, 0.0, 9.0])
    assert np.all(np.asarray(test.found(0.0, extreme)) == 0.0)
    assert np.all(np.asarray(test.found(np.zeros(3), extreme)) == 0.0)
    assert np.asarray(test.found(np.full(3, 1e3), extreme)).tolist() == [1e3] * 3


def test_a_test_without_a_volume_says_what_it_needs() -> None:
    """Only where there is something to find; so does an attribute of a property that is not given."""
    assert Assay().found(0.0, 1.0) == 0.0
    with pytest.raises(ModelError, match="volume_tested"):
        Assay().found(1.0, 1.0)
    unknown = replace(lot(), properties=LotProperties())
    with pytest.raises(ModelError, match=r"product\.lot\.endotoxin"):
        reported("endotoxin_per_dose", unknown, PLAIN)
    assert reported("relative_potency", unknown, PLAIN) == pytest.approx(1.0, rel=1e-12)


def test_relative_potency_follows_the_vesicles() -> None:
    """What the recipe did to the vesicles multiplies what the scenario says of the lot."""
    medium = lot().product
    faded = replace(lot(), product=medium.replaced(potency=medium.potency * 0.5))
    assert reported("relative_potency", faded, PLAIN) == pytest.approx(0.9 * 0.5, rel=1e-12)


def test_endotoxin_of_a_material_adds_to_what_is_given() -> None:
    """A plug-in may put endotoxin into the material: 300 EU in a liter are 0.3 EU/mL more."""
    full = replace(lot(), product=lot().product.replaced(endotoxin=np.array([300.0])))
    assert reported("endotoxin_per_volume", full, PLAIN) == pytest.approx(0.2 + 0.3, rel=1e-12)
    assert reported("endotoxin_per_dose", full, PLAIN) == pytest.approx(2.0 * 0.5, rel=1e-12)


def test_particles_in_a_range_of_sizes_are_those_that_the_counter_sees_there() -> None:
    """Class by class: a range of whole classes holds what the counter sees of them; ranges side by side add up."""
    edges, medium = CONTEXT.sizes.edges, lot()
    assay = Assay(detection_limit=80.0, detection_width=30.0)

    def share(low: float, high: float) -> float:
        about = replace(MEASURES["particles_in_size_range"], sizes=(low, high))
        return float(np.squeeze(reported_value(about, medium, PLAIN, Result(assay, 0.0))))

    everything = medium.product.vesicles + medium.product.nonvesicular + medium.product.lipoproteins
    seen = np.squeeze(everything * class_efficiency(CONTEXT.sizes, 80.0, 30.0))
    assert share(edges[3], edges[7]) == pytest.approx(float(seen[3:7].sum() / seen.sum()), rel=1e-12)
    assert share(50.0, 123.0) + share(123.0, 400.0) == pytest.approx(share(50.0, 400.0), rel=1e-12)
    assert share(0.0, math.inf) == pytest.approx(1.0, rel=1e-12)
    assert share(0.0, 65.0) == 0.0 < share(66.0, 80.0) < share(66.0, 81.0)
    assert share(500.0, 600.0) == 0.0


def test_bias_and_error_of_one_count_cancel_in_a_fraction_of_it() -> None:
    """The particles in a range and all of them are one count; only what the counter sees of each size matters."""
    about = replace(MEASURES["particles_in_size_range"], sizes=(66.0, 120.0))
    medium, off = lot(), Result(Assay(bias=-0.2, repeatability=0.1), -0.5)
    plain = float(np.squeeze(reported_value(about, medium, PLAIN, None)))
    assert 0.3 < plain < 0.9
    for instrument, named in ((off, None), (PLAIN, off)):
        assert reported_value(about, medium, instrument, named) == plain == true_value(about, medium, instrument, named)
    blind = Result(Assay(detection_limit=110.0), 0.0)
    assert reported_value(about, medium, PLAIN, blind) < 0.8 * plain


def test_no_more_than_all_vesicles_carry_a_marker() -> None:
    """A fraction that an assay reads high is reported as all of them."""
    high = Result(Assay(bias=0.5, repeatability=0.1), 0.0)
    assert reported("cd9_positive", lot(), PLAIN, high) == pytest.approx(0.75, rel=1e-12)
    assert reported("cd9_positive", replace(lot(), properties=LotProperties(cd9=0.8)), PLAIN, high) == 1.0


NORMALS = st.floats(-4.0, 4.0)
LEVELS = st.floats(0.0, 50.0)


@given(low=LEVELS, more=LEVELS, z=NORMALS, bias=st.floats(-0.9, 2.0), cv=st.floats(0.0, 0.6), limit=LEVELS)
def test_more_endotoxin_never_turns_a_failed_lot_into_a_passed_one(
    low: float, more: float, z: float, bias: float, cv: float, limit: float
) -> None:
    """With the same assay and the same error, what is reported rises with the true value."""
    assay = Result(Assay(bias=bias, repeatability=cv), z)
    rule = Attribute("endotoxin", "endotoxin_per_volume", "assay", None, limit)
    lots = [replace(lot(), properties=LotProperties(endotoxin=level)) for level in (low, low + more)]
    first, second = (rule.met(np.asarray(reported("endotoxin_per_volume", one, PLAIN, assay))) for one in lots)
    assert second <= first


@given(low=LEVELS, more=LEVELS, z=NORMALS, volume=st.floats(0.01, 1000.0))
def test_more_organisms_are_never_overlooked(low: float, more: float, z: float, volume: float) -> None:
    """A test that finds a level finds every higher one; a larger volume finds what a smaller one finds."""
    test = Assay(volume_tested=volume)
    assert test.found(low, z) == 0.0 or np.asarray(test.found(low + more, z)) > 0.0
    assert test.found(low, z) <= Assay(volume_tested=2.0 * volume).found(low, z)


@given(potency=st.floats(0.05, 5.0), less=st.floats(0.0, 0.99), z=NORMALS, cv=st.floats(0.0, 0.6))
def test_less_potency_never_turns_a_failed_lot_into_a_passed_one(
    potency: float, less: float, z: float, cv: float
) -> None:
    """A limit below: less of it never helps."""
    assay = Result(Assay(repeatability=cv), z)
    rule = Attribute("potency", "relative_potency", "assay", 0.7, None)
    lots = [replace(lot(), properties=LotProperties(potency=p)) for p in (potency, potency * (1.0 - less))]
    first, second = (rule.met(np.asarray(reported("relative_potency", one, PLAIN, assay))) for one in lots)
    assert second <= first


@given(replicates=st.integers(1, 100), z=NORMALS, cv=st.floats(0.01, 0.6))
def test_more_replicates_come_nearer_to_the_truth(replicates: int, z: float, cv: float) -> None:
    """Without bias, the mean of more results is never farther off."""
    fewer, more = (float(Assay(repeatability=cv, replicates=n).error(z)) for n in (replicates, replicates + 1))
    assert abs(math.log(more)) <= abs(math.log(fewer)) + 1e-15
