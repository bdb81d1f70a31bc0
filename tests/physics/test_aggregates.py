"""Aggregates: closed forms against the balance that they solve, limits, and figures by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_bvp

from exosim.physics import aggregates

films, ratios = st.floats(0.0, 2.0), st.floats(1.0, 30.0)


def test_cells_of_an_aggregate() -> None:
    """A sphere of 300 um with 60 % cells of 15 um holds 4800 of them, at 3.4e8 per milliliter."""
    assert aggregates.cells_per_aggregate(300.0, 15.0, 0.6) == pytest.approx(4800.0, rel=1e-12)
    dense = aggregates.density(15.0, 0.6)
    assert dense == pytest.approx(3.395e8, rel=1e-3)
    milliliters = np.pi / 6.0 * 0.03**3
    assert dense * milliliters == pytest.approx(4800.0, rel=1e-12)


def test_critical_diameter_by_hand() -> None:
    """At 98 fmol/cell/h and 3.4e8 cells/mL the demand is 9.24e-3 mol/m3/s: with 0.2 mM and 2e-9 m2/s 1.02 mm."""
    demand = aggregates.demand(98.0, 3.395e8, "fmol")
    assert demand == pytest.approx(98e-15 * 3.395e8 * 1e6 / 3600.0, rel=1e-12) == pytest.approx(9.242e-3, rel=1e-3)
    radius = np.sqrt(6 * 2e-9 * 0.2 / 9.242e-3)
    assert aggregates.critical_diameter(0.2, 2e-9, demand, 0.0) == pytest.approx(2e6 * radius, rel=1e-3)
    assert 2e6 * radius == pytest.approx(1019.0, abs=1.0)
    assert aggregates.demand(0.098, 1.0, "pmol") == pytest.approx(aggregates.demand(98.0, 1.0, "fmol"), rel=1e-12)


def test_half_of_the_radius_without_a_film() -> None:
    """Where 6 D C / (Q R2) is one half, (1 - x)^2 (1 + 2 x) = 1/2 has the root one half, an eighth of the cells."""
    assert aggregates.core_radius(np.sqrt(2.0), 1.0, 0.0) == pytest.approx(0.5, rel=1e-12)
    assert aggregates.core_share(np.sqrt(2.0), 1.0, 0.0) == pytest.approx(0.125, rel=1e-12)


@given(ratios, films)
def test_the_core_solves_the_balance(ratio: float, film: float) -> None:
    """The root satisfies the cubic it was taken from."""
    x = float(aggregates.core_radius(ratio, 1.0, film))
    supply = (1.0 + film) / ratio**2
    assert (1 - x) ** 2 * (1 + 2 * x) + film * (1 - x**3) == pytest.approx(supply, rel=1e-6, abs=1e-9)
    assert 0.0 <= x <= 1.0


@given(films)
def test_no_core_below_the_critical_diameter(film: float) -> None:
    assert np.all(aggregates.core_share(np.array([1e-9, 0.5, 1.0]), 1.0, film) == 0.0)
    grown = aggregates.core_share(np.linspace(1.0, 50.0, 200), 1.0, film)
    assert np.all(np.diff(grown) > 0.0) and grown[-1] < 1.0


def test_without_a_nutrient_all_is_core() -> None:
    assert aggregates.core_share(200.0, 0.0, 0.0) == pytest.approx(1.0, rel=1e-12)
    assert aggregates.core_share(200.0, 0.0, 1.1) == pytest.approx(1.0, rel=1e-12)


def test_a_film_is_a_resistance_in_series() -> None:
    """In still medium of the same diffusivity the critical diameter falls by the square root of three."""
    beta = aggregates.film(2e-9, 2e-9, 2.0)
    assert beta == 2.0
    with_film = aggregates.critical_diameter(0.2, 2e-9, 0.01, beta)
    assert with_film == pytest.approx(aggregates.critical_diameter(0.2, 2e-9, 0.01, 0.0) / np.sqrt(3.0), rel=1e-12)


@pytest.mark.parametrize("film", [0.0, 0.4, 1.5])
def test_a_sphere_without_core_against_a_boundary_value_solver(film: float) -> None:
    """At the critical diameter the concentration in the center, by a general solver, is zero."""
    diffusivity, demand, concentration = 2e-9, 0.01, 0.2
    radius = 0.5e-6 * float(aggregates.critical_diameter(concentration, diffusivity, demand, film))

    def slopes(s: np.ndarray, y: np.ndarray) -> np.ndarray:
        curved = np.where(s > 1e-9, 2.0 * y[1] / np.maximum(s, 1e-9), 2.0 * demand * radius**2 / (3.0 * diffusivity))
        return np.array([y[1], demand * radius**2 / diffusivity - curved])

    def ends(inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
        return np.array([inner[1], outer[0] + 0.5 * film * outer[1] - concentration])

    s = np.linspace(0.0, 1.0, 200)
    solved = solve_bvp(slopes, ends, s, np.array([0.1 * s**2, 0.2 * s]), tol=1e-8)
    assert solved.success and solved.sol(0.0)[0] == pytest.approx(0.0, abs=1e-4 * concentration)
