"""Size-exclusion chromatography against exact plug convolution, cycles and its bookkeeping of volumes."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from exosim.material import Material
from exosim.operations.base import standard_context
from exosim.operations.size_exclusion_chromatography import SizeExclusionChromatography
from exosim.product import ProteinSize
from exosim.testing.feeds import everything

COLUMN: dict[str, Any] = {"column_volume": 0.01, "plates": 200.0, "void_fraction": 0.33, "pore_fraction": 0.6}
NO_LOSS: dict[str, Any] = {"bed_recovery": 1.0, "protein_tail": 0.0}


def loaded(volume: float) -> Material:
    """Return a feed of `volume` liters."""
    feed = everything()
    return feed.portion(volume / feed.volume)


@pytest.mark.parametrize(
    ("load_ml", "excluded", "partly", "half"),
    [(0.5, 0.978, 0.952, 0.0), (1.0, 0.989, 0.756, 0.0), (2.0, 0.839, 0.400, 0.001)],
)
def test_the_pool_holds_the_fractions_of_the_evidence(
    load_ml: float, excluded: float, partly: float, half: float
) -> None:
    """On a 10 mL bed, 3 to 5 mL pooled, solutes with K_D 0, 0.15 and 0.5 appear as an exact plug says."""
    feed = loaded(load_ml * 1e-3)
    for coefficient, diameter, pool, expected in ((0.15, 12.5, 3, partly), (0.5, 7.2, 1, half)):
        matrix = diameter / (1.0 - math.sqrt(coefficient))
        operation = SizeExclusionChromatography(pore_diameter=matrix, load_fraction=0.25, **COLUMN, **NO_LOSS)
        product = operation.transform(feed).product
        assert (product.protein / feed.protein)[pool] == pytest.approx(expected, abs=1e-3)
        if matrix < 31.0:  # every vesicle is excluded
            assert product.vesicles / feed.vesicles == pytest.approx(excluded, abs=1e-3)


def test_the_pool_agrees_with_a_sum_over_slices_of_the_load() -> None:
    """The exact plug equals the mean over many thin slices, each a Gaussian pulse."""
    feed = loaded(1e-3)
    operation = SizeExclusionChromatography(**COLUMN, **NO_LOSS)
    slices = (np.arange(4000) + 0.5) / 4000 * 0.1
    for pool, diameter in ((1, 7.2), (3, 12.5)):
        retention = 0.33 + (1.0 - diameter / 40.0) ** 2 * 0.6
        sigma = retention / math.sqrt(200.0)
        pulses = norm.cdf((0.5 - slices - retention) / sigma) - norm.cdf((0.3 - slices - retention) / sigma)
        kept = operation.transform(feed).product.protein / feed.protein
        assert kept[pool] == pytest.approx(np.mean(pulses), rel=1e-6)


def test_ten_percent_load_is_diluted_twofold() -> None:
    """A pool of a fifth of a column volume from a load of a tenth doubles the volume, and carries the eluent's salt."""
    outcome = SizeExclusionChromatography().transform(loaded(0.12))
    assert outcome.product.volume == pytest.approx(2 * 0.12, rel=1e-12)
    assert outcome.monitors["cycles"] == 1.0
    assert outcome.product.salt / outcome.product.volume == pytest.approx(0.15, rel=1e-12)


@pytest.mark.parametrize(
    ("liters", "cycles"), [(0.01, 1), (0.1199, 1), (0.12, 1), (0.12 + 1e-6, 2), (0.36, 3), (0.37, 4), (12.0, 100)]
)
def test_a_large_lot_is_run_in_equal_cycles(liters: float, cycles: int) -> None:
    """Cycles are the load over the largest load, rounded up; an exact multiple needs no extra one."""
    outcome = SizeExclusionChromatography(column_volume=1.2, load_fraction=0.1).transform(loaded(liters))
    assert outcome.monitors["cycles"] == cycles
    assert outcome.monitors["load"] == pytest.approx(liters / (1.2 * cycles), rel=1e-12)
    assert outcome.consumption["buffer"] == pytest.approx(3.0 * 1.2 * cycles, rel=1e-12)
    assert outcome.product.volume == pytest.approx(0.2 * 1.2 * cycles, rel=1e-12)
    run = next(phase.duration for phase in outcome.phases if phase.name == "run")
    assert run == pytest.approx((liters + 3.0 * 1.2 * cycles) / (2.0 * 1.2), rel=1e-12)


def test_a_lot_can_wear_out_its_packing() -> None:
    """A hundred liters on a column of a liter are more cycles than its packing lasts, and a limit says so."""
    worn = "more loads than the packing lasts"
    assert SizeExclusionChromatography(lifetime=50.0).transform(loaded(100.0)).limits[worn] == 1.0
    assert SizeExclusionChromatography(lifetime=50.0).transform(loaded(6.0)).limits[worn] == 0.0
    assert SizeExclusionChromatography(lifetime=50.0).transform(loaded(6.01)).limits[worn] == 1.0


@pytest.mark.parametrize("flow", [0.3, 2.0, 8.0])
def test_flow_is_in_column_volumes(flow: float) -> None:
    """A cycle of a tenth of a column and three volumes of buffer takes 3.1 / flow hours on a column of any size."""
    for column_volume in (0.01, 1.2, 30.0):
        operation = SizeExclusionChromatography(column_volume=column_volume, load_fraction=0.1, flow=flow)
        outcome = operation.transform(loaded(0.1 * column_volume))
        run = next(phase.duration for phase in outcome.phases if phase.name == "run")
        assert run == pytest.approx(3.1 / flow, rel=1e-12)


@pytest.mark.parametrize("column_volume", [0.3, 0.7, 1.2])
def test_exact_multiples_of_a_load_need_no_extra_cycle(column_volume: float) -> None:
    """A lot of n loads takes n cycles, whatever rounding does to the quotient."""
    operation = SizeExclusionChromatography(column_volume=column_volume, load_fraction=0.1)
    for cycles in range(1, 60):
        assert operation.transform(loaded(cycles * column_volume / 10.0)).monitors["cycles"] == cycles


def test_the_tail_brings_a_fixed_share_of_all_protein() -> None:
    """Where plate theory leaves no protein in the pool, the tail alone is found there."""
    feed = loaded(0.06)
    kept = SizeExclusionChromatography(protein_tail=0.03, plates=3000.0).transform(feed).product.protein / feed.protein
    assert kept[0] == pytest.approx(0.03, rel=1e-6)
    assert kept[1] == pytest.approx(0.03, rel=1e-6)
    product = SizeExclusionChromatography(protein_tail=0.03, plates=3000.0).transform(feed).product
    assert product.nuclease / feed.nuclease == pytest.approx(0.03, rel=1e-6)  # the enzyme elutes with albumin
    none = SizeExclusionChromatography(protein_tail=0.0, plates=3000.0).transform(feed).product.protein / feed.protein
    tailed = none + 0.03 * (1.0 - none)
    assert kept == pytest.approx(tailed, rel=1e-12)


def test_free_dna_elutes_by_its_own_diameter() -> None:
    """Free DNA elutes like a protein without tail, or a vesicle, of the same size; by default it is excluded."""
    feed = loaded(0.06)
    settings: dict[str, Any] = {"protein_tail": 0.0, "bed_recovery": 1.0}
    product = SizeExclusionChromatography(dna_diameter=12.5, **settings).transform(feed).product
    assert product.free_dna / feed.free_dna == pytest.approx(np.asarray(product.protein / feed.protein)[3], rel=1e-12)
    sizes = standard_context().sizes.diameters
    index = 1
    settings["pore_diameter"] = 60.0
    same = SizeExclusionChromatography(dna_diameter=float(sizes[index, 0]), **settings).transform(feed).product
    assert same.free_dna / feed.free_dna == pytest.approx(np.asarray(same.vesicles / feed.vesicles)[index], rel=1e-12)
    excluded = SizeExclusionChromatography(protein_tail=0.0, bed_recovery=1.0).transform(feed).product
    largest = np.asarray(excluded.vesicles / feed.vesicles)[-1]
    assert excluded.free_dna / feed.free_dna == pytest.approx(largest, rel=1e-12)


def test_protein_and_nuclease_elute_by_the_diameters_of_the_product() -> None:
    """Pools of equal diameter elute alike, in each lane, and the resolution is that from albumin."""
    feed, lanes = loaded(0.06), np.array([7.2, 11.0, 12.5])
    pools = ProteinSize(albumin=lanes, immunoglobulin=9.0).pools()
    context = dataclasses.replace(standard_context(), protein_diameters=pools, nuclease_diameter=lanes)
    outcome = SizeExclusionChromatography(context=context, **NO_LOSS).transform(feed)
    plain = SizeExclusionChromatography(**NO_LOSS).transform(feed).product
    expected = np.ravel(plain.protein / feed.protein)[1:]
    kept = np.asarray(outcome.product.protein / feed.protein)
    assert kept[1] == pytest.approx(expected, rel=1e-12)
    assert np.asarray(outcome.product.nuclease / feed.nuclease) == pytest.approx(expected, rel=1e-12)
    assert kept[2] != pytest.approx(expected[1], rel=1e-2)
    first, second = 0.35, 0.35 + (1.0 - lanes / 40.0) ** 2 * 0.6
    resolution = 2.0 * (second - first) / (4.0 * (first + second) / math.sqrt(200.0))
    assert outcome.monitors["resolution"] == pytest.approx(resolution, rel=1e-12)


def test_a_wider_window_never_holds_less() -> None:
    """Opening the window later or closing it earlier only loses; volume grows with the window."""
    feed = loaded(0.12)
    previous = 0.0
    for stop in (0.38, 0.42, 0.5, 0.7, 0.9):
        product = SizeExclusionChromatography(pool_to=stop).transform(feed).product
        assert np.sum(product.vesicles) >= previous
        assert product.volume == pytest.approx((stop - 0.3) * 1.2, rel=1e-12)
        previous = float(np.sum(product.vesicles))


def test_vesicles_and_lipoproteins_leave_together() -> None:
    """Lipoproteins of vesicle size are not separated: they miss only what the bed adsorbs."""
    feed = loaded(0.12)
    product = SizeExclusionChromatography(bed_recovery=0.8).transform(feed).product
    assert product.vesicles / feed.vesicles == pytest.approx(0.8 * product.lipoproteins / feed.lipoproteins, rel=1e-12)


def test_a_measured_recovery_replaces_window_and_bed() -> None:
    """With a measured recovery neither the window nor the bed takes vesicles a second time."""
    feed = loaded(0.12)
    outcome = SizeExclusionChromatography(ev_recovery=0.55, bed_recovery=0.5, pool_from=0.4).transform(feed)
    assert outcome.product.vesicles / feed.vesicles == pytest.approx(0.55, rel=1e-12)
    assert np.all(outcome.losses["outside the pool"].vesicles == 0.0)


def test_overloading_is_reported() -> None:
    """A load above 20 % of the column raises the limit; exactly at it does not."""
    limit = "load above 20 % of the column"
    for liters, reached in ((0.19, 0.0), (0.21, 1.0)):
        operation = SizeExclusionChromatography(column_volume=1.0, load_fraction=0.25)
        assert operation.transform(loaded(liters)).limits[limit] == reached


def test_resolution_and_contradictions() -> None:
    """The monitored resolution is 2 dV / (w1 + w2), and a window that ends before it starts is refused."""
    outcome = SizeExclusionChromatography(plates=150.0).transform(loaded(0.1))
    first, second = 0.35, 0.35 + (1 - 7.2 / 40.0) ** 2 * 0.6
    expected = 2 * (second - first) / (4 * (first + second) / math.sqrt(150.0))
    assert outcome.monitors["resolution"] == pytest.approx(expected, rel=1e-12)
    assert [name for name, _ in SizeExclusionChromatography(pool_from=0.5, pool_to=0.4).problems()] == ["pool_to"]


def test_a_packing_serves_its_cycles() -> None:
    """A lot of n cycles uses up n of the cycles that a packing serves, not a bed."""
    for liters, cycles in ((0.12, 1.0), (0.6, 5.0)):
        outcome = SizeExclusionChromatography(column_volume=1.2, lifetime=40.0).transform(loaded(liters))
        assert outcome.consumption["resin"] == pytest.approx(1.2 * cycles / 40.0, rel=1e-12)


def test_columns_in_parallel_share_the_lot() -> None:
    """Four columns take a fourth of the cycles and of the time, and the pool, resin and eluent of one column."""
    lot = loaded(1.2 * 0.1 * 8)
    one = SizeExclusionChromatography(column_volume=1.2).transform(lot)
    four = SizeExclusionChromatography(column_volume=1.2, columns=4.0).transform(lot)
    assert one.monitors["cycles"] == 8.0 and four.monitors["cycles"] == 2.0
    run = [next(p.duration for p in outcome.phases if p.name == "run") for outcome in (one, four)]
    assert run[1] == pytest.approx(run[0] / 4.0, rel=1e-12)
    assert four.product.volume == pytest.approx(one.product.volume, rel=1e-12)
    assert four.product.vesicles == pytest.approx(np.asarray(one.product.vesicles), rel=1e-12)
    assert four.consumption == pytest.approx(one.consumption, rel=1e-12)


def test_plates_follow_from_the_height_of_the_bed() -> None:
    """N = L / H replaces the plate number; a taller bed separates protein better at the same load fraction."""
    lot = loaded(0.06)
    bed = SizeExclusionChromatography(bed_height=30.0, plate_height=1.5)
    assert bed.transform(lot).product.protein == pytest.approx(
        np.asarray(SizeExclusionChromatography(plates=200.0).transform(lot).product.protein), rel=1e-12
    )
    assert "plates" in bed.unused() and "plate_height" not in bed.unused()
    assert {"plate_height", "pressure_limit", "bead_diameter"} <= SizeExclusionChromatography().unused()
    by_default = SizeExclusionChromatography(bed_height=10.0).transform(lot).product.protein  # 200 plates in 10 cm
    assert by_default == pytest.approx(np.asarray(bed.transform(lot).product.protein), rel=1e-12)
    tall = SizeExclusionChromatography(bed_height=90.0, plate_height=1.5).transform(lot)
    assert tall.monitors["resolution"] == pytest.approx(math.sqrt(3.0) * bed.transform(lot).monitors["resolution"])


@pytest.mark.parametrize(("limit", "reached"), [(0.08, 1.0), (0.1, 0.0)])
def test_a_bed_bears_a_pressure(limit: float, reached: float) -> None:
    """2 CV/h on 30 cm are 60 cm/h, which take 0.091 bar through 90 um beads."""
    operation = SizeExclusionChromatography(bed_height=30.0, flow=2.0, pressure_limit=limit)
    outcome = operation.transform(loaded(0.1))
    assert outcome.monitors["linear_velocity"] == pytest.approx(60.0, rel=1e-12)
    assert outcome.monitors["pressure"] == pytest.approx(0.0912, abs=5e-4)
    assert outcome.limits["pressure above what the bed bears"] == reached
    plain = SizeExclusionChromatography().transform(loaded(0.1))
    assert "pressure" not in plain.monitors and "pressure above what the bed bears" not in plain.limits


def test_the_surface_of_the_beads_is_full_at_some_point() -> None:
    """The beads bind Gamma times their outer surface of a lot, so that a larger lot loses a smaller share."""
    settings: dict[str, Any] = {"column_volume": 0.01, "load_fraction": 0.1, "adsorbed_per_area": 1e10}
    surface = 6.0 * 0.65 / 90e-6 * 1e-5  # m2 in 10 mL
    previous = 0.0
    for liters in (1e-3, 4e-3):
        feed = loaded(liters)
        outcome = SizeExclusionChromatography(**settings).transform(feed)
        bound = float(np.sum(outcome.losses["bed adsorption"].vesicles))
        offered = float(np.sum(feed.vesicles))
        in_pool = np.sum(feed.vesicles - outcome.losses["outside the pool"].vesicles)
        assert bound == pytest.approx(1e10 * surface * float(in_pool) / offered, rel=1e-9)
        assert float(np.sum(outcome.product.vesicles)) / offered > previous
        previous = float(np.sum(outcome.product.vesicles)) / offered
    operation = SizeExclusionChromatography(**settings)
    assert "bed_recovery" in operation.unused() and "bead_diameter" not in operation.unused()
    greedy = SizeExclusionChromatography(**{**settings, "adsorbed_per_area": 1e12}).transform(loaded(1e-3))
    assert greedy.limits["adsorption takes more than half of the vesicles"] == 1.0


def test_dissolved_cargo_elutes_late_and_aggregates_in_the_void() -> None:
    """Free cargo and polymer elute by their diameters without a tail, aggregates of cargo like excluded vesicles."""
    feed = loaded(0.06)
    context = dataclasses.replace(standard_context(), free_cargo_diameter=12.5, polymer_diameter=7.2)
    product = SizeExclusionChromatography(context=context, **NO_LOSS).transform(feed).product
    pools = np.ravel(product.protein / feed.protein)
    assert np.squeeze(product.free_cargo / feed.free_cargo) == pytest.approx(pools[3], rel=1e-12)
    assert np.squeeze(product.polymer / feed.polymer) == pytest.approx(pools[1], rel=1e-12)
    largest = np.ravel(product.vesicles / feed.vesicles)[-1]
    assert np.squeeze(product.aggregated_cargo / feed.aggregated_cargo) == pytest.approx(largest, rel=1e-12)
    assert product.cell_equivalents == feed.cell_equivalents
