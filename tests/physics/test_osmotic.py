"""Osmotic pressure of albumin, and the flux of a pressure against it: limits, closed forms, a root found otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from exosim.physics.osmotic import osmotic_pressure, pressure_flux

GAS_CONSTANT, KELVIN, MOLAR_MASS = 8.31446, 298.15, 67.0  # J/mol/K, K, kg/mol

pressures, permeabilities = st.floats(0.07, 0.7), st.floats(55.0, 570.0)
transfers, bulks = st.floats(2.0, 60.0), st.floats(1e-6, 3e5)


def test_a_dilute_solution_is_ideal() -> None:
    """Van 't Hoff: 1 g/L of 67 kg/mol presses with 37 Pa."""
    ideal = 1.0 / MOLAR_MASS * GAS_CONSTANT * KELVIN
    assert osmotic_pressure(1e3) * 1e5 == pytest.approx(ideal, rel=5e-3)
    assert osmotic_pressure(1.0) * 1e5 == pytest.approx(ideal * 1e-3, rel=1e-5)


def test_the_second_virial_term_is_half_the_excluded_volume() -> None:
    """Shaw 1976: (Pi / n k T - 1) / n tends to u / 2 with u = 0.97e-18 cm3 per molecule."""
    per_liter = 20.0 / 67_000.0 * 6.02214e23  # molecules in 1 L of 20 g/L
    ideal = 20.0 / MOLAR_MASS * GAS_CONSTANT * KELVIN * 1e-5
    excess = osmotic_pressure(2e4) / ideal - 1.0
    assert excess / (per_liter * 1e-3) == pytest.approx(0.97e-18 / 2.0, rel=0.06)


def test_the_third_virial_term_is_that_of_spheres() -> None:
    """Of hard spheres B3 is 5/8 of the square of B2 (Boltzmann)."""
    second = 0.97e-18 / 2.0
    number = 1e-3 * 40.0 / 67_000.0 * 6.02214e23  # per cm3 at 40 g/L
    ideal = 40.0 / MOLAR_MASS * GAS_CONSTANT * KELVIN * 1e-5
    left = osmotic_pressure(4e4) / ideal - 1.0 - second * number
    assert left / number**2 == pytest.approx(0.625 * second**2, rel=0.1)


def test_concentrated_albumin_presses_several_times_as_much() -> None:
    """At 200 g/L, 2.6 times the ideal pressure; more than 24 kPa would contradict what plasma shows at that protein."""
    kilopascals = float(osmotic_pressure(2e5)) * 100.0
    assert kilopascals == pytest.approx(19.4, abs=0.1)
    plasma = (2.1 * 20.0 + 0.16 * 20.0**2 + 0.009 * 20.0**3) * 0.13332  # Landis & Pappenheimer at 20 g/dL
    assert kilopascals == pytest.approx(plasma, rel=0.25)


def written_out(pressure: float, permeability: float, transfer: float, bulk: float) -> float:
    """Return the root of J = L (P - Pi(C exp(J / k))) by bracketing in the wall concentration."""

    def excess(wall: float) -> float:
        return transfer * np.log(wall / bulk) - permeability * (pressure - float(osmotic_pressure(wall)))

    wall = brentq(excess, 1e-12, 5.5e5, xtol=1e-15, rtol=1e-14, maxiter=500)
    return transfer * float(np.log(wall / bulk))


@given(pressures, permeabilities, transfers, bulks)
def test_the_flux_is_the_root(pressure: float, permeability: float, transfer: float, bulk: float) -> None:
    found = float(pressure_flux(pressure, permeability, transfer, bulk))
    expected = written_out(pressure, permeability, transfer, bulk)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6 * permeability * pressure)


@given(pressures, permeabilities, transfers)
def test_without_protein_the_membrane_alone_resists(pressure: float, permeability: float, transfer: float) -> None:
    clean = pressure_flux(pressure, permeability, transfer, 1e-200)
    assert clean == pytest.approx(permeability * pressure, rel=1e-9)


@given(pressures, pressures, permeabilities, transfers, st.floats(1.0, 2e5), st.floats(1.0, 2e5))
def test_directions(one: float, other: float, permeability: float, transfer: float, bulk: float, second: float) -> None:
    """More pressure gives more flux, more protein less, and none is more than that of water."""
    low, high = sorted((one, other))
    thin, thick = sorted((bulk, second))
    tiny = 1e-6 * permeability
    assert pressure_flux(low, permeability, transfer, thin) <= pressure_flux(high, permeability, transfer, thin) + tiny
    assert pressure_flux(low, permeability, transfer, thick) <= pressure_flux(low, permeability, transfer, thin) + tiny
    assert pressure_flux(low, permeability, transfer, thin) <= permeability * low + tiny


def test_an_open_membrane_is_limited_by_the_osmotic_pressure() -> None:
    """The flux tends to k ln(C(TMP) / C): tripling the permeability changes it by 2 %, tripling k triples it."""
    at_wall = brentq(lambda c: float(osmotic_pressure(c)) - 0.2, 1.0, 5e5)
    flux = float(pressure_flux(0.2, 1e5, 11.4, 1e4))
    assert flux == pytest.approx(11.4 * np.log(at_wall / 1e4), rel=2e-3)
    assert pressure_flux(0.2, 3e5, 11.4, 1e4) == pytest.approx(flux, rel=2e-3)
    assert pressure_flux(0.2, 1e5, 34.2, 1e4) == pytest.approx(3.0 * flux, rel=5e-3)


def test_a_bulk_that_presses_harder_than_the_pump_flows_back() -> None:
    assert pressure_flux(0.07, 200.0, 11.4, 2.5e5) < 0.0


def test_lanes_are_those_alone() -> None:
    generator = np.random.default_rng(5)
    p, perm, k = (generator.uniform(*ends, 40) for ends in ((0.07, 0.7), (55.0, 570.0), (2.0, 40.0)))
    bulk = generator.lognormal(7.0, 3.0, 40)
    together = pressure_flux(p, perm, k, bulk)
    for lane in range(40):
        alone = pressure_flux(float(p[lane]), float(perm[lane]), float(k[lane]), float(bulk[lane]))
        assert alone == pytest.approx(together[lane], rel=1e-12)
