"""Orderings of separations that reviews agree on: what keeps most, what is purest, what does not scale."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from exosim.composition import total_protein
from exosim.material import Material, total
from exosim.operations import catalog
from exosim.operations.base import Outcome, standard_context
from exosim.physics.detection import counted_particles

SOURCES = ("conditioned_medium", "blood_plasma")


@cache
def feed(source: str) -> Material:
    return catalog()[source]().transform(Material()).product


@cache
def isolated(source: str, operation: str) -> Outcome:
    return catalog()[operation]().transform(feed(source))


def recovery(source: str, operation: str) -> float:
    return float(np.squeeze(total(isolated(source, operation).product.vesicles) / total(feed(source).vesicles)))


def purity(source: str, operation: str) -> float:
    """Return the vesicles per microgram of all protein."""
    product = isolated(source, operation).product
    return float(np.squeeze(total(product.vesicles) / total_protein(product, standard_context())))


def per_lipoprotein(operation: str) -> float:
    product = isolated("blood_plasma", operation).product
    return float(np.squeeze(total(product.vesicles) / total(product.lipoproteins)))


@pytest.mark.parametrize("source", SOURCES)
def test_precipitation_keeps_most_and_cleans_least(source: str) -> None:
    """Its recovery is above those of two phases, of affinity and of the ultracentrifuge; its purity below all."""
    others = ("aqueous_two_phase", "affinity_capture", "ultracentrifugation")
    assert all(recovery(source, "precipitation") > recovery(source, other) for other in others)
    assert all(
        purity(source, "precipitation") < 0.25 * purity(source, other)
        for other in (*others, "size_exclusion_chromatography")
    )


@pytest.mark.parametrize("source", SOURCES)
def test_two_phases_keep_more_than_the_ultracentrifuge(source: str) -> None:
    """About 70 to 90 % beside about 25 %."""
    assert recovery(source, "aqueous_two_phase") > 2.0 * recovery(source, "ultracentrifugation")


@pytest.mark.parametrize("source", SOURCES)
def test_affinity_is_the_purest_of_these(source: str) -> None:
    others = ("precipitation", "aqueous_two_phase", "microfluidic_separation", "ultracentrifugation")
    assert all(purity(source, "affinity_capture") > purity(source, other) for other in others)


def test_affinity_leaves_lipoproteins_behind() -> None:
    """Size exclusion and precipitation take those of vesicle size along, affinity does not."""
    for other in ("size_exclusion_chromatography", "precipitation"):
        assert per_lipoprotein("affinity_capture") > 10.0 * per_lipoprotein(other)


def test_precipitated_plasma_counts_as_it_is_reported() -> None:
    """1e7 to 1e9 particles per microgram are counted, of which few are vesicles."""
    context, product = standard_context(), isolated("blood_plasma", "precipitation").product
    counted = counted_particles(product, context.sizes, context.counter)
    assert 1e7 < float(np.squeeze(counted / total_protein(product, context))) < 1e9
    assert np.all(total(product.vesicles) < 0.1 * counted)


def test_chips_and_field_flow_do_not_scale() -> None:
    """A milliliter of plasma is done within a day; a liter of medium reaches their limits and no other's."""
    for operation in ("microfluidic_separation", "field_flow_fractionation"):
        assert np.all(isolated("conditioned_medium", operation).duration > 100.0)
        assert any(np.all(reached) for reached in isolated("conditioned_medium", operation).limits.values())
    assert np.all(isolated("blood_plasma", "microfluidic_separation").duration < 24.0)
    for operation in ("affinity_capture", "precipitation", "aqueous_two_phase"):
        assert np.all(isolated("conditioned_medium", operation).duration < 24.0)
        assert not any(np.any(reached) for reached in isolated("conditioned_medium", operation).limits.values())
