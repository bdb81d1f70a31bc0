"""Permeate flux: golden values of the film model, its limits, and the time that a concentration takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from exosim.physics import flux, pelleting
from exosim.physics.quadrature import POSITIONS, WEIGHTS

positive = st.floats(1e-3, 1e3)


@pytest.mark.parametrize("shear, expected", [(2000, 9.0), (4000, 11.4), (8000, 14.3)])
def test_mass_transfer_of_albumin(shear: float, expected: float) -> None:
    assert flux.mass_transfer(shear, 6.7e-11, 0.3) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("shear, expected", [(2000, 1.6), (4000, 2.0), (8000, 2.5)])
def test_mass_transfer_of_vesicles(shear: float, expected: float) -> None:
    assert flux.mass_transfer(shear, flux.diffusivity(100.0), 0.3) == pytest.approx(expected, abs=0.06)


def test_diffusivity_of_stokes_and_einstein() -> None:
    assert flux.diffusivity(100.0) == pytest.approx(4.91e-12, rel=2e-3)
    assert flux.diffusivity(7.2) == pytest.approx(6.8e-11, rel=0.02)  # 6.7e-11 is the table's albumin
    assert flux.diffusivity(50.0) == pytest.approx(2.0 * flux.diffusivity(100.0), rel=1e-14)


def test_colder_water_slows_diffusion() -> None:
    """100 nm at 20 and 4 degC, with the viscosity of water there, and the mass transfer at 20 degC."""
    at_25 = float(flux.diffusivity(100.0))

    def diffusivity(celsius: float) -> float:
        viscosity = float(pelleting.water_viscosity(celsius)) * 1e-3
        return at_25 * (celsius + 273.15) / flux.ROOM_TEMPERATURE * flux.WATER_VISCOSITY / viscosity

    assert diffusivity(20.0) == pytest.approx(4.29e-12, abs=0.005e-12)
    assert diffusivity(4.0) == pytest.approx(2.59e-12, abs=0.005e-12)
    found = [float(flux.mass_transfer(shear, diffusivity(20.0), 0.3)) for shear in (2000.0, 4000.0, 8000.0)]
    assert found == pytest.approx([1.44, 1.82, 2.29], abs=0.005)


@given(st.floats(500.0, 16000.0), st.floats(1e-12, 1e-10), st.floats(0.1, 1.2), st.floats(1.1, 10.0))
def test_powers_of_the_mass_transfer(shear: float, diffusion: float, length: float, times: float) -> None:
    base = float(flux.mass_transfer(shear, diffusion, length))
    assert flux.mass_transfer(shear * times, diffusion, length) == pytest.approx(base * times ** (1 / 3), rel=1e-12)
    assert flux.mass_transfer(shear, diffusion * times, length) == pytest.approx(base * times ** (2 / 3), rel=1e-12)
    assert flux.mass_transfer(shear, diffusion, length * times) == pytest.approx(base / times ** (1 / 3), rel=1e-12)


def test_gel_fluxes_of_the_evidence_table() -> None:
    assert flux.gel_flux(2.0, 1e14, 1e10) == pytest.approx(18.0, abs=0.5)
    assert flux.gel_flux(11.4, 100.0, 1.0) == pytest.approx(52.0, abs=0.6)


@given(positive, positive, positive, positive)
def test_gel_flux_falls_with_concentration_to_zero(transfer: float, gel: float, first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert flux.gel_flux(transfer, gel, low) >= flux.gel_flux(transfer, gel, high) >= 0.0
    assert flux.gel_flux(transfer, gel, gel) == 0.0
    assert flux.gel_flux(transfer, gel, gel * 3.0) == 0.0


@given(positive, st.lists(st.floats(0.0, 1e4), max_size=4))
def test_the_smallest_limit_holds_above_a_floor(setpoint: float, limits: list[float]) -> None:
    limited = float(flux.limited(setpoint, *limits))
    assert limited == max(min([setpoint, *limits]), 0.1)


def hours_to_concentrate(volume: float, factor: float, area: float, transfer: float, gel: float, power: float) -> float:
    nodes, weights = np.polynomial.legendre.leggauss(40)
    positions = (nodes + 1.0) / 2.0
    bulk = factor ** (power * positions[:, None])
    fluxes = flux.gel_flux(transfer, gel, bulk)
    return flux.concentration_hours(volume, factor, area, fluxes, positions, weights / 2.0).item()


def test_the_golden_concentration_takes_an_hour() -> None:
    """10 to 0.5 L on 0.2 m2 with k = 11.4 L/m2/h, gel at 100 times the feed, protein rising as X^0.4."""
    assert hours_to_concentrate(10.0, 20.0, 0.2, 11.4, 100.0, 0.4) == pytest.approx(0.98, abs=0.005)


@given(st.floats(1.1, 100.0), st.floats(0.1, 1.0), st.floats(200.0, 1e4))
def test_the_time_is_the_integral_over_volume(factor: float, power: float, gel: float) -> None:
    def hours_per_liter(left: float) -> float:
        return float(1.0 / (0.2 * 11.4 * np.log(gel / (10.0 / left) ** power)))

    expected, _ = quad(hours_per_liter, 10.0 / factor, 10.0, epsrel=1e-10)
    assert hours_to_concentrate(10.0, factor, 0.2, 11.4, gel, power) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("factor, tolerance", [(2.0, 1e-10), (20.0, 5e-6), (200.0, 3e-4)])
def test_four_nodes_at_constant_flux(factor: float, tolerance: float) -> None:
    """At constant flux the time is the permeate over area and flux; four nodes lose accuracy with ln X."""
    fluxes = np.full((4, 1), 30.0)
    hours = flux.concentration_hours(10.0, factor, 0.1, fluxes, POSITIONS, WEIGHTS)
    assert hours == pytest.approx(10.0 * (1.0 - 1.0 / factor) / (0.1 * 30.0), rel=tolerance)


def test_no_concentration_takes_no_time() -> None:
    assert flux.concentration_hours(10.0, 1.0, 0.1, np.full((4, 1), 30.0), POSITIONS, WEIGHTS) == 0.0


def test_scalar_equals_array() -> None:
    generator = np.random.default_rng(4)
    volume, factor, area = (generator.uniform(*ends, 20) for ends in ((1.0, 50.0), (1.0, 100.0), (0.1, 2.0)))
    fluxes = generator.uniform(5.0, 60.0, (4, 20))
    together = flux.concentration_hours(volume, factor, area, fluxes, POSITIONS, WEIGHTS)
    transfer = flux.mass_transfer(volume * 100.0, flux.diffusivity(factor), area)
    for lane in range(20):
        one = float(volume[lane]), float(factor[lane]), float(area[lane])
        hours = flux.concentration_hours(*one, fluxes[:, [lane]], POSITIONS, WEIGHTS)
        assert hours.item() == pytest.approx(together[lane], rel=1e-12)
        single = flux.mass_transfer(one[0] * 100.0, flux.diffusivity(one[1]), one[2])
        assert single == pytest.approx(transfer[lane], rel=1e-12)


@given(positive, st.lists(positive, min_size=3, max_size=3))
def test_one_limit_binds_or_the_set_flux_does(setpoint: float, limits: list[float]) -> None:
    """The least of all binds, the first of equal ones, and none that is not below the set flux."""
    named = dict(zip(("a", "b", "c"), limits, strict=True))
    bound = [name for name, binds in flux.binding(setpoint, named).items() if binds]
    least = min(limits)
    assert bound == ([] if least >= setpoint else [next(name for name, of in named.items() if of == least)])
    assert not any(flux.binding(5.0, {"a": 5.0}).values())
    assert [bool(binds) for binds in flux.binding(5.0, {"a": 4.0, "b": 4.0}).values()] == [True, False]


def test_the_best_point_to_diafilter_is_the_gel_over_e() -> None:
    """A wash of what is fully retained takes 1 / (C ln(Cg / C)), least at Cg / e."""
    gel = 1e14
    bulks = gel * np.linspace(0.05, 0.95, 1801)
    times = 1.0 / (bulks * flux.gel_flux(2.0, gel, bulks))
    assert bulks[np.argmin(times)] == pytest.approx(gel / np.e, rel=2e-3)
