"""Assays report with bias and error; attributes hold what is reported against limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from exosim import units
from exosim.kernel import run
from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.operations.measured_step import MeasuredStep
from exosim.operations.vial_filling import VialFilling
from exosim.physics.detection import Counter
from exosim.quality import MEASURES, Assay, Attribute, Lot
from exosim.readings import DoseRule, Specification, attribute_results
from exosim.recipe import Recipe, UnitProcedure

CONTEXT = standard_context()


def attribute(measure: str, assay: str | None = None, **limits: Any) -> Attribute:
    """Return an attribute named after its measure."""
    return Attribute(measure, measure, assay, limits.get("at_least"), limits.get("at_most"))


def results(attributes: tuple[Attribute, ...], z: float = 0.0, fill: bool = False, **assays: Assay) -> dict[str, float]:
    """Return what is reported of a liter of medium with 5e9 EV/mL, by attribute."""
    last = VialFilling() if fill else MeasuredStep(ev_recovery=1.0)
    procedures = (UnitProcedure("medium", ConditionedMedium()), UnitProcedure("last", last, ("medium.product",)))
    steps = run(Recipe(procedures, CONTEXT))
    specification = Specification(Assay(), DoseRule(1e10, "EV"), attributes, assays)
    noise = {a.id: np.array([z]) for a in attributes}
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


def test_a_biased_counter_counts_more() -> None:
    """Bias multiplies counts once: in the counter for particles, afterwards for everything else."""
    plain = results(
        (attribute("particles_per_volume", "nta"), attribute("protein_per_volume", "bca")), nta=Assay(), bca=Assay()
    )
    high = results(
        (attribute("particles_per_volume", "nta"), attribute("protein_per_volume", "bca")),
        nta=Assay(bias=0.25),
        bca=Assay(bias=0.1),
    )
    assert high["particles_per_volume"] == pytest.approx(1.25 * plain["particles_per_volume"], rel=1e-12)
    assert high["protein_per_volume"] == pytest.approx(1.1 * plain["protein_per_volume"], rel=1e-12)


def test_the_error_multiplies_every_measure() -> None:
    """Every attribute carries the error of its assay, the instrument of the product where none is named."""
    every = tuple(attribute(measure) for measure in MEASURES)
    plain, high = results(every), results(every, z=2.0)
    factor = math.exp(2.0 * math.sqrt(math.log(1 + 0.06**2)))
    assert all(high[name] == pytest.approx(factor * plain[name], rel=1e-12) for name in MEASURES)


def test_measures_of_a_known_medium() -> None:
    """Measures are amounts over volume or over total protein, in the units that they are declared in."""
    found = results(tuple(attribute(measure) for measure in MEASURES))
    assert found["evs_per_volume"] == pytest.approx(5e9, rel=1e-12)
    assert found["dna_per_volume"] == pytest.approx(200.0, rel=1e-12)
    assert found["particles_per_volume"] / found["particles_per_protein"] == pytest.approx(
        found["protein_per_volume"], rel=1e-12
    )
    assert found["evs_per_volume"] / found["evs_per_protein"] == pytest.approx(found["protein_per_volume"], rel=1e-12)
    assert 80.0 < found["protein_per_volume"] < 83.0  # the vesicles' own protein comes on top of 80 ug/mL
    assert found["dna_per_dose"] == pytest.approx(200.0 * 1000.0 / 500.0, rel=1e-12)  # 500 doses in a liter
    for unit, _ in MEASURES.values():
        units.dimension(unit)


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
    rule = attribute("evs_per_volume", at_least=4.9e9)
    assert rule.met(np.array([results((rule,))["evs_per_volume"]])) == 1.0
    assert rule.met(np.array([results((rule,), z=-1.0)["evs_per_volume"]])) == 0.0


@pytest.mark.parametrize(
    ("cv", "bias", "passing"),
    [(0.12 / math.sqrt(3), 0.0, 0.995), (0.12 / math.sqrt(3), 0.15, 0.73), (0.12, 0.15, 0.64)],
)
def test_a_biased_count_fails_good_lots(cv: float, bias: float, passing: float) -> None:
    """Label claims of 20 % are met as often as the evidence says, so that bias and not the process fails lots."""
    z = np.random.default_rng(4).standard_normal(200_000)
    reported = Assay(repeatability=cv, bias=bias).reported(1.0 + bias, z)
    rule = Attribute("label", "particles_per_volume", None, 0.8, 1.2)
    assert np.mean(rule.met(reported)) == pytest.approx(passing, abs=0.025)


def test_an_assay_is_a_counter() -> None:
    """The detection limit, its width and the bias make the counter."""
    assert Assay(detection_limit=70.0, detection_width=20.0, bias=0.1).counter() == Counter(70.0, 20.0, 0.1)


def test_a_lot_counts_vesicles_and_other_particles() -> None:
    """What is counted per volume grows with other particles while the true vesicles stay."""
    medium = ConditionedMedium().transform(Material()).product
    lots = [
        Lot(m, CONTEXT, Counter(65.0, 30.0), 1.0)
        for m in (medium, medium.replaced(lipoproteins=medium.vesicles * 10.0))
    ]
    counts = [float(np.squeeze(MEASURES["particles_per_volume"][1](lot))) for lot in lots]
    true = [float(np.squeeze(MEASURES["evs_per_volume"][1](lot))) for lot in lots]
    assert counts[1] > 10.0 * counts[0] and true[0] == true[1]
    assert lots[0].milliliters == pytest.approx(1000.0)
    assert float(np.squeeze(total(medium.vesicles))) == pytest.approx(5e12, rel=1e-12)
