"""Tangential flow filtration against exact balances, analytic times and one published case."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from exosim.composition import total_protein
from exosim.material import Material, total
from exosim.operations.base import standard_context
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.operations.tangential_flow_filtration import TangentialFlowFiltration
from exosim.physics import flux
from exosim.physics.osmotic import osmotic_pressure
from exosim.physics.sieving import distributed_sieving
from exosim.product import ProteinSize
from exosim.testing.feeds import everything

NOTHING_STICKS: dict[str, Any] = {"hold_up": 0.0, "adsorbed_per_area": 0.0}
IDEAL: dict[str, Any] = {**NOTHING_STICKS, "pore_diameter": 15.0, "vesicle_leakage": 0.0}
GEL_LIMITED = {"flux": 2000.0, "protein_gel": 1e30}


def zeman_wales(diameter: float, pore: float) -> float:
    """Return the sieving of a sphere, written out once more."""
    ratio = diameter / pore
    free = (1.0 - ratio) ** 2
    return free * (2.0 - free) * math.exp(-0.7146 * ratio**2) if ratio < 1.0 else 0.0


def transfer(diameter: float, shear_rate: float) -> float:
    """Return the mass-transfer coefficient in a path of 0.3 m [L/m2/h]: Leveque, with Stokes and Einstein."""
    diffusion = 1.380649e-23 * 298.15 / (3.0 * math.pi * 0.89e-3 * diameter * 1e-9)
    return 3.6e6 * 0.807 * (shear_rate * diffusion**2 / 0.3) ** (1.0 / 3.0)


def of_mean(diameter: float, feed: Material) -> Material:
    """Return a feed whose vesicles have that number-mean diameter exactly, all in the two classes beside it."""
    sizes = np.ravel(standard_context().sizes.diameters)
    above = int(np.searchsorted(sizes, diameter))
    share = (diameter - sizes[above - 1]) / (sizes[above] - sizes[above - 1])
    shares = np.zeros((len(sizes), 1))
    shares[above - 1 : above + 1, 0] = 1.0 - share, share
    return feed.replaced(vesicles=shares * np.sum(feed.vesicles))


def mean_diameter(feed: Material) -> float:
    """Return the number-mean diameter of the vesicles [nm]."""
    return float(np.average(np.ravel(standard_context().sizes.diameters), weights=np.ravel(feed.vesicles)))


def hours(operation: TangentialFlowFiltration, feed: Material, phase: str) -> float:
    """Return the duration of one phase."""
    durations = {p.name: p.duration for p in operation.transform(feed).phases}
    return float(np.squeeze(durations[phase]))


@pytest.mark.parametrize(
    ("retention", "factor", "diavolumes", "expected", "tolerance"),
    [
        (0.98, 20.0, 6.0, 0.835, 5e-4),
        (0.99, 20.0, 6.0, 0.914, 5e-4),
        (0.95, 20.0, 6.0, 0.638, 5e-4),
        (0.998, 20.0, 7.0, 0.9802070397820618, 1e-9),
        (0.9, 5.0, 0.0, 0.8513399225207846, 1e-9),
        (0.9, 20.0, 0.0, 0.7411344491069478, 1e-9),
        (0.995, 100.0, 0.0, 0.9772372209558107, 1e-9),
        (0.98, 1.0, 7.0, 0.8693582353988059, 1e-9),
        (1.0, 20.0, 6.0, 1.0, 1e-12),
    ],
)
def test_concentration_and_diafiltration_keep_the_exact_fraction(
    retention: float, factor: float, diavolumes: float, expected: float, tolerance: float
) -> None:
    """With measured sieving S = 1 - R the retentate keeps X^(R-1) exp(-N S) of the vesicles."""
    settings = {**IDEAL, "vesicle_leakage": 1.0 - retention}
    operation = TangentialFlowFiltration(concentration_factor=factor, diavolumes=diavolumes, **settings)
    feed = everything()
    kept = np.asarray(operation.transform(feed).product.vesicles) / feed.vesicles
    assert kept == pytest.approx(expected, rel=tolerance)
    assert kept == pytest.approx(factor ** (retention - 1.0) * math.exp(-diavolumes * (1.0 - retention)), rel=1e-12)


@pytest.mark.parametrize("leakage", [0.0, 0.006, 0.1])
@pytest.mark.parametrize("pore", [20.0, 35.0, 50.0])
def test_protein_pools_and_small_vesicles_pass_by_their_size(pore: float, leakage: float) -> None:
    """Every pool and size class keeps X^-S exp(-N S) with its steric sieving; vesicles pass at least by leakage."""
    operation = TangentialFlowFiltration(pore_diameter=pore, vesicle_leakage=leakage, **NOTHING_STICKS)
    feed = everything()
    product = operation.transform(feed).product
    enzyme = zeman_wales(7.0, pore)
    assert product.nuclease / feed.nuclease == pytest.approx(20.0**-enzyme * math.exp(-6.0 * enzyme), rel=1e-12)
    for diameter, kept in zip((4.6, 7.2, 11.0, 12.5), np.ravel(product.protein / feed.protein), strict=True):
        sieving = zeman_wales(diameter, pore)
        assert kept == pytest.approx(20.0**-sieving * math.exp(-6.0 * sieving), rel=1e-12)
    diameters, vesicles = standard_context().sizes.diameters, np.asarray(product.vesicles / feed.vesicles)
    for diameter, kept in zip(np.ravel(diameters), np.ravel(vesicles), strict=True):
        sieving = max(zeman_wales(float(diameter), pore), leakage)
        assert kept == pytest.approx(20.0**-sieving * math.exp(-6.0 * sieving), rel=1e-12)


@pytest.mark.parametrize(
    ("pore", "albumin", "immunoglobulin"), [(20.0, 0.59, 0.29), (35.0, 0.84, 0.67), (50.0, 0.92, 0.82)]
)
def test_protein_sieving_agrees_with_the_evidence_table(pore: float, albumin: float, immunoglobulin: float) -> None:
    """The sieving seen in one diavolume is that of the evidence for 300, 500 and 750 kDa membranes."""
    operation = TangentialFlowFiltration(concentration_factor=1.0, diavolumes=1.0, pore_diameter=pore, **NOTHING_STICKS)
    feed = everything()
    seen = -np.log(np.ravel(operation.transform(feed).product.protein / feed.protein))
    assert seen[1:3] == pytest.approx([albumin, immunoglobulin], abs=0.006)


def test_diameters_of_protein_and_nuclease_are_those_of_the_product() -> None:
    """Pools and nuclease pass by the diameters of the context, which may differ from lane to lane."""
    feed, lanes = everything(), np.array([10.0, 20.0, 40.0])
    pools = ProteinSize(albumin=6.9, complex=lanes).pools()
    context = dataclasses.replace(standard_context(), protein_diameters=pools, nuclease_diameter=lanes / 4.0)
    product = TangentialFlowFiltration(context=context, **NOTHING_STICKS).transform(feed).product
    for index, diameter in enumerate(lanes):
        for pool, of_pool in enumerate((4.6, 6.9, 11.0, float(diameter))):
            sieving = zeman_wales(of_pool, 35.0)
            kept = np.asarray(product.protein / feed.protein)[pool, index]
            assert kept == pytest.approx(20.0**-sieving * math.exp(-6.0 * sieving), rel=1e-12)
        sieving = zeman_wales(float(diameter) / 4.0, 35.0)
        kept = np.asarray(product.nuclease / feed.nuclease)[index]
        assert kept == pytest.approx(20.0**-sieving * math.exp(-6.0 * sieving), rel=1e-12)


@pytest.mark.parametrize(
    ("diavolumes", "left"), [(3.0, 0.049787068367863944), (7.0, 0.0009118819655545162), (10.0, 4.5399929762484854e-05)]
)
def test_salt_is_washed_out_and_replaced(diavolumes: float, left: float) -> None:
    """Salt passes freely: exp(-N) of the old concentration is left, the rest is that of the buffer."""
    feed = everything().replaced(salt=0.9 * 2.0)
    settings: dict[str, Any] = {"concentration_factor": 4.0, "diavolumes": diavolumes, "hold_up": 0.0}
    product = TangentialFlowFiltration(buffer_salt=0.0, **settings).transform(feed).product
    assert product.salt / product.volume == pytest.approx(0.9 * left, rel=1e-9)
    product = TangentialFlowFiltration(buffer_salt=0.2, **settings).transform(feed).product
    assert product.salt / product.volume == pytest.approx(0.9 * left + 0.2 * (1.0 - left), rel=1e-9)


@pytest.mark.parametrize(("area", "per_area"), [(0.1, 300.0), (0.05, 600.0), (0.4, 75.0)])
def test_hold_up_takes_its_share_of_volume_vesicles_and_protein(area: float, per_area: float) -> None:
    """Of a retentate V with hold-up H per area, f of which is flushed, the share (V + f H A) / (V + H A) goes on."""
    feed = everything()
    settings = {**IDEAL, "hold_up": per_area, "membrane_area": area, "flushed": 0.6}
    outcome = TangentialFlowFiltration(concentration_factor=10.0, diavolumes=0.0, **settings).transform(feed)
    share = (200.0 + 0.6 * 30.0) / (200.0 + 30.0)
    assert outcome.product.volume == pytest.approx(0.2 * share, rel=1e-12)
    assert outcome.product.vesicles / feed.vesicles == pytest.approx(share, rel=1e-12)
    without = TangentialFlowFiltration(concentration_factor=10.0, diavolumes=0.0, **IDEAL).transform(feed)
    assert outcome.product.protein / without.product.protein == pytest.approx(share, rel=1e-12)
    assert np.sum(outcome.losses["hold-up"].vesicles) == pytest.approx(np.sum(feed.vesicles) * (1.0 - share))


def test_the_membrane_binds_up_to_its_surface() -> None:
    """A membrane binds Gamma A vesicles, and a small lot is lost to it altogether."""
    feed = everything()
    settings = {**IDEAL, "adsorbed_per_area": 2e12, "membrane_area": 0.5}
    outcome = TangentialFlowFiltration(**settings).transform(feed)
    assert np.sum(outcome.losses["membrane adsorption"].vesicles) == pytest.approx(1e12, rel=1e-12)
    small = feed.replaced(vesicles=feed.vesicles * 1e-2)
    assert np.sum(small.vesicles) < 1e12
    assert np.sum(TangentialFlowFiltration(**settings).transform(small).product.vesicles) == 0.0


def test_a_measured_recovery_replaces_the_mechanism_and_counts_once() -> None:
    """With a measured recovery that fraction of every size class goes on, and one loss channel holds the rest."""
    feed = everything()
    outcome = TangentialFlowFiltration(ev_recovery=0.61, vesicle_leakage=0.006, hold_up=5000.0).transform(feed)
    assert outcome.product.vesicles / feed.vesicles == pytest.approx(0.61, rel=1e-12)
    assert outcome.product.associated_protein / feed.associated_protein == pytest.approx(0.61, rel=1e-12)
    assert np.sum(outcome.losses["measured loss"].vesicles) == pytest.approx(0.39 * np.sum(feed.vesicles), rel=1e-12)
    assert all(np.all(lost.vesicles == 0.0) for name, lost in outcome.losses.items() if name != "measured loss")


@pytest.mark.parametrize(("factor", "tolerance"), [(2.0, 1e-9), (20.0, 1e-5), (200.0, 2e-4)])
def test_time_at_the_set_flux(factor: float, tolerance: float) -> None:
    """At a constant flux, concentrating takes V (1 - 1/X) / (A J) and washing N V / (X A J)."""
    operation = TangentialFlowFiltration(
        concentration_factor=factor, membrane_area=0.2, flux=10.0, vesicle_gel=1e30, protein_gel=1e30
    )
    assert hours(operation, everything(), "concentrate") == pytest.approx(2.0 * (1 - 1 / factor) / 2.0, rel=tolerance)
    assert hours(operation, everything(), "diafilter") == pytest.approx(6.0 * 2.0 / factor / 2.0, rel=1e-12)
    assert all(np.all(reached == 0.0) for reached in operation.transform(everything()).limits.values())


def test_time_with_a_flux_limited_by_vesicles() -> None:
    """The film model gives the logarithmic-integral time of the reference results: V 50 L, A 2 m2, k 25, X 20.

    The coefficient is that of vesicles whose number-mean diameter is 100 nm.
    """
    at_25 = 4000.0 * (25.0 / transfer(100.0, 4000.0)) ** 3  # the coefficient rises with the cube root of the shear rate
    feed = of_mean(100.0, everything())
    feed = feed.portion(50.0 / feed.volume)
    feed = feed.replaced(vesicles=feed.vesicles * (1e11 * 50e3 / np.sum(feed.vesicles)))
    operation = TangentialFlowFiltration(shear_rate=at_25, membrane_area=2.0, vesicle_gel=1e13, **GEL_LIMITED)
    assert hours(operation, feed, "concentrate") == pytest.approx(0.26491553274046975, rel=1e-5)
    limits = operation.transform(feed).limits
    assert np.all(limits["flux limited by vesicles at the membrane"] == 1.0)
    assert np.all(limits["flux limited by protein at the membrane"] == 0.0)


@pytest.mark.parametrize(
    ("shear_rate", "albumin", "vesicle"), [(2000.0, 9.0, 1.6), (4000.0, 11.4, 2.0), (8000.0, 14.3, 2.5)]
)
def test_the_limiting_flux_is_that_of_the_evidence(shear_rate: float, albumin: float, vesicle: float) -> None:
    """Without concentration the flux is k ln(C_gel / C) with the mass-transfer coefficients of the evidence.

    They are those of vesicles of 100 nm, here the number mean, and of albumin.
    """
    feed = of_mean(100.0, everything())
    settings = {"concentration_factor": 1.0, "diavolumes": 1.0, "membrane_area": 1.0, "flux": 200.0}
    per_milliliter = float(np.sum(feed.vesicles)) / 2000.0
    operation = TangentialFlowFiltration(
        shear_rate=shear_rate, vesicle_gel=per_milliliter * math.e**4, protein_gel=1e30, **settings
    )
    assert 2.0 / hours(operation, feed, "diafilter") == pytest.approx(4.0 * vesicle, rel=0.03)
    protein = float(np.sum(feed.protein)) / 2000.0
    operation = TangentialFlowFiltration(
        shear_rate=shear_rate, protein_gel=protein * math.e**4, vesicle_gel=1e30, **settings
    )
    assert 2.0 / hours(operation, feed, "diafilter") == pytest.approx(4.0 * albumin, rel=0.03)
    assert np.all(operation.transform(feed).limits["flux limited by protein at the membrane"] == 1.0)


def test_diafiltration_runs_at_the_flux_of_the_concentrate() -> None:
    """The wash takes N V / (X A J) with the film-limited flux at the concentration that was reached."""
    feed = everything()
    bulk = float(np.sum(feed.vesicles)) / 2000.0
    operation = TangentialFlowFiltration(vesicle_gel=bulk * 20.0 * math.e**3, protein_gel=1e30, flux=60.0)
    assert 120.0 < mean_diameter(feed) < 126.0  # 115 nm exp(ln(1.45)^2 / 2), on the grid
    expected = 6.0 * 0.1 / (0.1 * transfer(mean_diameter(feed), 4000.0) * 3.0)
    assert hours(operation, feed, "diafilter") == pytest.approx(expected, rel=1e-9)


def test_the_film_follows_the_mean_diameter_of_each_lane() -> None:
    """A lot of larger vesicles is concentrated more slowly, as k goes with the diameter to the power of -2/3."""
    means = (60.0, 100.0, 200.0)
    lots = [of_mean(mean, everything()) for mean in means]
    bulk = float(np.sum(lots[0].vesicles)) / 2000.0
    operation = TangentialFlowFiltration(vesicle_gel=bulk * 20.0 * math.e**3, **GEL_LIMITED)
    alone = [hours(operation, lot, "diafilter") for lot in lots]
    for mean, found in zip(means, alone, strict=True):
        assert found / alone[1] == pytest.approx((mean / 100.0) ** (2.0 / 3.0), rel=1e-9)
    together = lots[0].replaced(vesicles=np.concatenate([np.asarray(lot.vesicles) for lot in lots], axis=1))
    durations = {p.name: p.duration for p in operation.transform(together).phases}
    assert np.asarray(durations["diafilter"]) == pytest.approx(alone, rel=1e-12)


def test_the_film_of_protein_is_that_of_the_albumin_of_the_product() -> None:
    """The limiting flux of protein goes with the diameter of albumin to the power of -2/3, whatever the other pools."""
    feed = everything()
    protein = float(np.sum(feed.protein)) / 2000.0
    settings: dict[str, Any] = {"concentration_factor": 1.0, "diavolumes": 1.0, "flux": 200.0, "vesicle_gel": 1e30}

    def wash(**sizes: float) -> float:
        context = dataclasses.replace(standard_context(), protein_diameters=ProteinSize(**sizes).pools())
        return hours(
            TangentialFlowFiltration(context=context, protein_gel=protein * 50.0, **settings), feed, "diafilter"
        )

    assert wash() == pytest.approx(2.0 / (0.1 * transfer(7.2, 4000.0) * math.log(50.0)), rel=1e-9)
    assert wash(albumin=6.8) / wash() == pytest.approx((6.8 / 7.2) ** (2.0 / 3.0), rel=1e-9)
    assert wash(small=3.0, immunoglobulin=9.0, complex=40.0) == wash()


@pytest.mark.parametrize("without", [0.0, "zeros"])
def test_a_feed_without_vesicles_runs_at_the_set_flux(without: Any) -> None:
    """No vesicle, no film of vesicles: neither an infinity nor a limit."""
    feed = everything()
    feed = feed.replaced(vesicles=np.zeros_like(feed.vesicles) if without == "zeros" else without)
    operation = TangentialFlowFiltration(flux=10.0, protein_gel=1e30)
    with np.errstate(all="raise"):
        assert hours(operation, feed, "diafilter") == pytest.approx(6.0 * 0.1 / (0.1 * 10.0), rel=1e-12)
        assert np.all(operation.transform(feed).limits["flux limited by vesicles at the membrane"] == 0.0)


def test_time_where_the_limit_sets_in_on_the_way() -> None:
    """Against adaptive quadrature, four nodes follow a flux that leaves its set point within 2 %."""
    feed = everything()
    bulk = float(np.sum(feed.vesicles)) / 2000.0
    operation = TangentialFlowFiltration(flux=8.0, vesicle_gel=bulk * 200.0, protein_gel=1e30, membrane_area=0.1)
    coefficient = transfer(mean_diameter(feed), 4000.0)

    def per_volume(volume: float) -> float:
        return 1.0 / (0.1 * min(8.0, coefficient * math.log(200.0 * volume / 2.0)))

    expected, _ = quad(per_volume, 0.1, 2.0, limit=200)
    assert hours(operation, feed, "concentrate") == pytest.approx(expected, rel=0.02)


def test_overconcentration_is_reported() -> None:
    """Above 1e13 vesicles per milliliter the limit is reached, below it is not."""
    feed = everything()
    for content, reached in ((1.1e13, 1.0), (0.9e13, 0.0)):
        dense = feed.replaced(vesicles=feed.vesicles * (content * 100.0 / np.sum(feed.vesicles)))
        limits = TangentialFlowFiltration().transform(dense).limits
        assert np.all(limits["above 1e13 EV/mL: aggregation is likely"] == reached)


@pytest.mark.parametrize(("gel", "reached"), [(19.9, 1.0), (20.01, 1.0), (40.0, 0.0)])
@pytest.mark.parametrize("by", ["vesicle_gel", "protein_gel"])
def test_a_flux_at_its_floor_is_reported(by: str, gel: float, reached: float) -> None:
    """Where the concentrate reaches the gel, the wash runs at the floor of the flux and a limit says so."""
    limit = "gel reached: the flux is at its floor"
    feed = everything()
    protein = np.asarray(feed.protein)
    # without leakage of complexes all protein is retained, so that either bulk rises twentyfold
    feed = feed.replaced(protein=np.concatenate([np.zeros_like(protein[:3]), np.sum(protein, keepdims=True)]))
    bulk = float(np.sum(feed.vesicles if by == "vesicle_gel" else feed.protein)) / 2000.0
    context = dataclasses.replace(standard_context(), protein_diameters=ProteinSize(complex=40.0).pools())
    settings: dict[str, Any] = {"vesicle_gel": 1e30, "protein_gel": 1e30, by: gel * bulk, "flux": 30.0}
    operation = TangentialFlowFiltration(context=context, **settings)
    assert np.all(operation.transform(feed).limits[limit] == reached)
    assert flux.SMALLEST_FLUX == 0.1
    longest = 6.0 * 0.1 / (0.1 * 0.1)
    if reached:
        assert hours(operation, feed, "diafilter") == pytest.approx(longest, rel=1e-12)
    else:
        assert hours(operation, feed, "diafilter") < 0.5 * longest


@pytest.mark.parametrize(("share", "reached"), [(0.49, 0.0), (0.51, 1.0), (2.0, 1.0)])
def test_a_membrane_that_takes_most_of_a_lot_is_reported(share: float, reached: float) -> None:
    """Adsorption of more than half of the vesicles reaches a limit, unless the recovery is measured."""
    limit = "adsorption takes more than half of the vesicles"
    feed = everything()
    per_area = share * float(np.sum(feed.vesicles)) / 0.5
    settings: dict[str, Any] = {"membrane_area": 0.5, "adsorbed_per_area": per_area}
    assert TangentialFlowFiltration(**settings).transform(feed).limits[limit] == reached
    assert limit not in TangentialFlowFiltration(ev_recovery=0.9, **settings).transform(feed).limits


def test_dna_passes_by_its_own_sieving() -> None:
    """Free DNA keeps X^-S exp(-N S) with its own coefficient; bound DNA follows the vesicles."""
    feed = everything()
    product = TangentialFlowFiltration(dna_sieving=0.2, **IDEAL).transform(feed).product
    assert product.free_dna / feed.free_dna == pytest.approx(20.0**-0.2 * math.exp(-1.2), rel=1e-12)
    assert product.bound_dna == pytest.approx(feed.bound_dna, rel=1e-12)


def removal(factor: float, **shares: float) -> float:
    """Return the fraction of soluble protein that 6 diavolumes on a 500 kDa membrane remove."""
    medium = ConditionedMedium(associated_protein=0.0, **shares).transform(Material()).product
    operation = TangentialFlowFiltration(concentration_factor=factor, diavolumes=6.0, pore_diameter=35.0, hold_up=0.0)
    return 1.0 - float(np.squeeze(total(operation.transform(medium).product.protein) / total(medium.protein)))


def test_published_protein_removal() -> None:
    """Case V01, about 99 % after 6 diavolumes: the effective sieving of the default mixture is 0.77 within 0.1."""
    removed = removal(1.0)
    assert -math.log(1.0 - removed) / 6.0 == pytest.approx(math.log(100.0) / 6.0, abs=0.1)
    assert removed == pytest.approx(0.99, abs=0.005)


def test_concentration_removes_protein_too() -> None:
    """Concentrating before the diafiltration lets protein pass as well, so that less of it is left."""
    assert removal(20.0) > removal(5.0) > removal(1.0)


def test_protein_that_follows_the_vesicles_stays() -> None:
    """Bound protein is not washed out, so that purity has a floor that no diavolume removes."""
    medium = ConditionedMedium().transform(Material()).product
    product = TangentialFlowFiltration(diavolumes=60.0, **IDEAL).transform(medium).product
    assert product.associated_protein == pytest.approx(medium.associated_protein, rel=1e-12)
    assert float(np.squeeze(total_protein(product, standard_context()))) > medium.associated_protein


def end_flux(operation: TangentialFlowFiltration, feed: Material) -> float:
    """Return the flux of the wash [L/m2/h]."""
    washed = float(np.squeeze(operation.diavolumes * feed.volume / operation.concentration_factor))
    return washed / (float(operation.membrane_area) * hours(operation, feed, "diafilter"))


def test_the_best_point_to_diafilter_is_the_gel_over_e() -> None:
    """Washing a lot of retained vesicles takes least where they have reached Cg / e."""
    feed = everything()
    bulk = float(np.sum(feed.vesicles)) / 2000.0
    factors = np.linspace(2.0, 20.0, 181)
    settings = {**IDEAL, **GEL_LIMITED, "vesicle_gel": bulk * 8.0 * math.e, "concentration_factor": factors}
    durations = {p.name: p.duration for p in TangentialFlowFiltration(**settings).transform(feed).phases}
    assert factors[np.argmin(durations["diafilter"])] == pytest.approx(8.0, abs=0.2)


def test_a_pressure_drives_water_through_the_membrane() -> None:
    """Without film or protein the flux is TMP times permeability; the set flux stays a ceiling; a limit says so."""
    feed = everything().replaced(protein=0.0)
    settings: dict[str, Any] = {"vesicle_gel": 1e250, "protein_gel": 1e250, "flux": 60.0, "permeability": 100.0}
    for pressure, expected, bound in ((0.2, 20.0, 1.0), (0.5, 50.0, 1.0), (0.7, 60.0, 0.0)):
        operation = TangentialFlowFiltration(transmembrane_pressure=pressure, **settings)
        assert end_flux(operation, feed) == pytest.approx(expected, rel=1e-9)
        assert operation.transform(feed).limits["flux limited by pressure"] == bound
    assert "flux limited by pressure" not in TangentialFlowFiltration(**settings).transform(feed).limits


def test_retained_protein_presses_back() -> None:
    """A tight membrane feels the osmotic pressure of albumin at its wall; an open one only what it retains."""
    feed = everything()
    albumin = np.zeros((4, 1))
    albumin[1] = 2e4 * 2000.0  # 20 g/L
    feed = feed.replaced(protein=albumin)
    settings: dict[str, Any] = {
        "concentration_factor": 1.0, "diavolumes": 1e-6, "vesicle_gel": 1e250, "protein_gel": 1e250, "flux": 500.0,
        "permeability": 300.0, "transmembrane_pressure": 0.3,
    }  # fmt: skip
    tight = end_flux(TangentialFlowFiltration(pore_diameter=7.0, **settings), feed)
    film = transfer(7.2, 4000.0)
    wall = 2e4 * math.exp(tight / film)
    assert tight == pytest.approx(300.0 * (0.3 - float(osmotic_pressure(wall))), rel=1e-6)
    assert tight < 0.5 * 300.0 * 0.3
    half = end_flux(TangentialFlowFiltration(pore_diameter=35.0, **settings), feed)
    passing = zeman_wales(7.2, 35.0)
    assert half == pytest.approx(
        300.0 * (0.3 - float(osmotic_pressure((1.0 - passing) * 2e4 * math.exp(half / film)))), rel=1e-6
    )
    assert tight < half < 300.0 * 0.3


def test_the_permeability_matters_under_a_pressure_only() -> None:
    """Without a pressure the parameter is without effect and says so."""
    assert "permeability" in TangentialFlowFiltration().unused()
    assert "permeability" not in TangentialFlowFiltration(transmembrane_pressure=0.2).unused()


def test_fouling_slows_the_set_flux_in_a_straight_line_of_resistance() -> None:
    """1 / J rises with the volume filtered per area, so that both phases have closed forms."""
    feed = everything()
    settings: dict[str, Any] = {"flux": 20.0, "vesicle_gel": 1e250, "protein_gel": 1e250, "membrane_area": 0.1}
    operation = TangentialFlowFiltration(fouling=0.02, concentration_factor=5.0, diavolumes=3.0, **settings)
    filtered, washed = (2.0 - 0.4) / 0.1, 3.0 * 0.4 / 0.1
    assert hours(operation, feed, "concentrate") == pytest.approx((filtered + 0.01 * filtered**2) / 20.0, rel=1e-5)
    expected = (washed + 0.01 * ((filtered + washed) ** 2 - filtered**2)) / 20.0
    assert hours(operation, feed, "diafilter") == pytest.approx(expected, rel=1e-12)


def test_fouling_adds_to_the_resistance_under_a_pressure() -> None:
    """A set flux below what the fouled membrane lets through does not change; above, the resistance decides."""
    feed = everything().replaced(protein=0.0)
    settings: dict[str, Any] = {
        "concentration_factor": 5.0, "diavolumes": 1e-9, "vesicle_gel": 1e250, "protein_gel": 1e250, "fouling": 0.05,
        "permeability": 200.0, "transmembrane_pressure": 0.2, "membrane_area": 0.1,
    }  # fmt: skip
    resistance = 1.0 + 0.05 * 1.6 / 0.1
    assert end_flux(TangentialFlowFiltration(flux=80.0, **settings), feed) == pytest.approx(40.0 / resistance, rel=1e-9)
    assert end_flux(TangentialFlowFiltration(flux=15.0, **settings), feed) == pytest.approx(15.0, rel=1e-9)


@pytest.mark.parametrize(("fouling", "reached"), [(0.2, 0.0), (0.22, 1.0)])
def test_a_flux_below_a_fifth_of_its_start_is_reported(fouling: float, reached: float) -> None:
    """With 19 L/m2 filtered a specific resistance of 0.21 m2/L leaves a fifth of the flux."""
    limit = "flux below 20 % of its start: stop and clean"
    settings: dict[str, Any] = {"vesicle_gel": 1e250, "protein_gel": 1e250, "diavolumes": 0.0, "membrane_area": 0.1}
    limits = TangentialFlowFiltration(fouling=fouling, **settings).transform(everything()).limits
    assert np.all(limits[limit] == reached)


@pytest.mark.parametrize("gsd", [1.2, 1.5])
def test_pores_of_many_sizes_let_small_vesicles_pass(gsd: float) -> None:
    """Every class and pool keeps X^-S exp(-N S) with the sieving averaged over the flow of the pores."""
    feed = everything()
    product = TangentialFlowFiltration(pore_gsd=gsd, **NOTHING_STICKS).transform(feed).product
    for diameter, kept in zip((4.6, 7.2, 11.0, 12.5), np.ravel(product.protein / feed.protein), strict=True):
        sieving = float(distributed_sieving(diameter, 35.0, gsd))
        assert kept == pytest.approx(20.0**-sieving * math.exp(-6.0 * sieving), rel=1e-12)
    diameters, vesicles = standard_context().sizes.diameters, np.asarray(product.vesicles / feed.vesicles)
    for diameter, kept in zip(np.ravel(diameters), np.ravel(vesicles), strict=True):
        sieving = max(float(distributed_sieving(float(diameter), 35.0, gsd)), 0.002)
        assert kept == pytest.approx(20.0**-sieving * math.exp(-6.0 * sieving), rel=1e-12)
    narrow = TangentialFlowFiltration(**NOTHING_STICKS).transform(feed).product
    assert np.sum(product.vesicles) < np.sum(narrow.vesicles)


def test_polarization_raises_passage_up_to_its_cap() -> None:
    """S is seen from the bulk with the flux that vesicles allow at the start, J / k at most the cap; leakage is not."""
    feed = everything()
    bulk = float(np.sum(feed.vesicles)) / 2000.0
    settings: dict[str, Any] = {**NOTHING_STICKS, "flux": 80.0, "vesicle_gel": bulk * math.e**3}
    outcome = TangentialFlowFiltration(polarization=2.0, **settings).transform(feed)
    film = transfer(mean_diameter(feed), 4000.0) * 3.0
    for diameter, kept in zip((4.6, 7.2, 11.0, 12.5), np.ravel(outcome.product.protein / feed.protein), strict=True):
        actual, over = zeman_wales(diameter, 35.0), min(film / transfer(diameter, 4000.0), 2.0)
        sieving = actual / (actual + (1.0 - actual) * math.exp(-over))
        assert kept == pytest.approx(20.0**-sieving * math.exp(-6.0 * sieving), rel=1e-9)
    plain = TangentialFlowFiltration(**settings).transform(feed)
    for small in (0, 1):  # the smallest classes pass, at J / k = 2
        assert outcome.product.vesicles[small] <= plain.product.vesicles[small]
    assert np.ravel(outcome.product.vesicles)[-1] == pytest.approx(np.ravel(plain.product.vesicles)[-1], rel=1e-12)
    lost = np.sum(outcome.losses["permeate"].vesicles) / np.sum(feed.vesicles)
    assert lost < 0.05  # what was read of permeates
    off = TangentialFlowFiltration(polarization=0.0, **settings).transform(feed).product
    assert off.protein / plain.product.protein == pytest.approx(1.0, rel=1e-12)


def test_passes_through_the_pump_and_their_damage() -> None:
    """n = (ln X + N) / (permeate / cross flow); exp(-k gamma n) survives, after what was adsorbed."""
    feed = everything()
    outcome = TangentialFlowFiltration(permeate_share=0.03).transform(feed)
    assert outcome.monitors["pump_passes"] == pytest.approx((math.log(20.0) + 6.0) / 0.03, rel=1e-12)
    assert "shear" not in outcome.losses
    sheared = TangentialFlowFiltration(shear_damage=1e-7).transform(feed)
    survived = math.exp(-1e-7 * 4000.0 * (math.log(20.0) + 6.0) / 0.03)
    assert sheared.product.vesicles / outcome.product.vesicles == pytest.approx(survived, rel=1e-9)
    assert sheared.product.associated_protein / outcome.product.associated_protein == pytest.approx(survived, rel=1e-9)
    measured = TangentialFlowFiltration(shear_damage=1e-7, ev_recovery=0.8)
    assert np.sum(measured.transform(feed).product.vesicles) == pytest.approx(0.8 * np.sum(feed.vesicles), rel=1e-12)
    assert "shear_damage" in measured.unused()


def test_dissolved_cargo_and_polymer_pass_aggregates_and_origin_do_not() -> None:
    """Free cargo and polymer pass by their diameters, aggregates only leak, cell equivalents go with the hold-up."""
    feed = everything()
    context = dataclasses.replace(standard_context(), free_cargo_diameter=5.0, polymer_diameter=11.0)
    operation = TangentialFlowFiltration(context=context, vesicle_leakage=0.004)
    product = operation.transform(feed).product
    drained = (100.0 + 0.7 * 20.0) / (100.0 + 20.0)
    for name, sieving in (
        ("free_cargo", zeman_wales(5.0, 35.0)), ("polymer", zeman_wales(11.0, 35.0)), ("aggregated_cargo", 0.004),
    ):  # fmt: skip
        kept = np.squeeze(getattr(product, name) / getattr(feed, name))
        assert kept == pytest.approx(20.0**-sieving * math.exp(-6.0 * sieving) * drained, rel=1e-12), name
    assert product.cell_equivalents == pytest.approx(feed.cell_equivalents * drained, rel=1e-12)


def test_a_membrane_binds_a_jammed_layer_at_most() -> None:
    """Whatever Gamma is said to be, no more than 54.7 % of the area is covered."""
    feed = of_mean(100.0, everything())
    feed = feed.replaced(vesicles=feed.vesicles * (1e14 / np.sum(feed.vesicles)))
    outcome = TangentialFlowFiltration(**{**IDEAL, "adsorbed_per_area": 1e20}).transform(feed)
    bound = float(np.sum(outcome.losses["membrane adsorption"].vesicles)) / 0.1
    squares = float(np.average(np.ravel(standard_context().sizes.diameters) ** 2, weights=np.ravel(feed.vesicles)))
    assert bound == pytest.approx(0.547 / (math.pi / 4.0 * squares * 1e-18), rel=1e-9)
    assert bound == pytest.approx(7.0e13, rel=0.05)


def test_a_second_pass_is_the_operation_once_more() -> None:
    """Diafiltration alone, without concentration: the exact balances multiply."""
    feed = everything()
    settings = {**IDEAL, "vesicle_leakage": 0.004}
    first = TangentialFlowFiltration(**settings).transform(feed).product
    second = TangentialFlowFiltration(**{**settings, "concentration_factor": 1.0, "diavolumes": 4.0}).transform(first)
    expected = math.exp(-0.004 * (math.log(20.0) + 10.0))
    assert second.product.vesicles / feed.vesicles == pytest.approx(expected, rel=1e-12)
    assert np.ravel(second.product.protein / first.protein)[1] == pytest.approx(math.exp(-4.0 * zeman_wales(7.2, 15.0)))
