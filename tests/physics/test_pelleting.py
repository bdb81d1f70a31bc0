"""Pelleting: the published rotors from one function, exact balances, and how it moves with what is turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from exosim.physics import pelleting
from exosim.physics.pelleting import Rotor

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Published:
    """A rotor of Livshits et al. 2015, Tables 1 and 2: 30 min at 10,000 g at the mean radius.

    Vesicles of 1.15 g/mL in a liquid of 1.0 g/mL and 1.55 mPa s; pelleted fractions of 150, 120, 100 and 70 nm.
    """

    name: str
    rotor: Rotor
    path: float
    cutoff: float
    percent: tuple[float, float, float, float]


LIVSHITS = (
    Published("SW 40 Ti", Rotor(66.7, 158.8), 92.1, 321.0, (30.0, 20.0, 14.0, 7.0)),
    Published("MLS-50", Rotor(47.5, 95.8), 48.3, 230.0, (51.0, 34.0, 25.0, 12.0)),
    Published("Type 45 Ti", Rotor(35.9, 103.8, 38.0, 24.0), 41.6, 210.0, (62.0, 41.0, 29.0, 14.0)),
    Published("TLA-110", Rotor(26.0, 48.5, 13.0, 28.0), 14.7, 125.0, (100.0, 98.0, 76.0, 40.0)),
)
SW_32, TYPE_45, TYPE_70 = Rotor(66.8, 152.5), Rotor(35.9, 103.8, 38.0, 24.0), Rotor(39.5, 91.9, 25.0, 23.0)


@pytest.mark.parametrize("published", LIVSHITS, ids=lambda published: published.name)
def test_published_rotors(published: Published) -> None:
    """Four rotors of both kinds within one percentage point, and their cut-off within one nanometer."""
    speed = pelleting.revolutions(published.rotor.mean_radius, 10_000.0)
    coefficient = pelleting.sedimentation_coefficient(np.array([150.0, 120.0, 100.0, 70.0]), 1.15, 1.0, 1.55)
    found = pelleting.pelleted_fraction(published.rotor, pelleting.settled(coefficient, speed, 0.5))
    assert 100.0 * found == pytest.approx(published.percent, abs=1.0)
    assert pelleting.cutoff_diameter(published.rotor, 0.15, 1.55, speed, 0.5) == pytest.approx(
        published.cutoff, abs=1.0
    )
    assert published.rotor.path == pytest.approx(published.path, abs=0.05)


def test_the_force_is_that_at_the_mean_radius() -> None:
    """Taken at every radius on its own, the share of 120 nm in a TLA-110 would be 93.9 instead of 97.7 %."""
    rotor = LIVSHITS[-1].rotor
    speed = pelleting.revolutions(rotor.mean_radius, 10_000.0)
    moved = pelleting.settled(pelleting.sedimentation_coefficient(120.0, 1.15, 1.0, 1.55), speed, 0.5)
    assert 100.0 * pelleting.pelleted_fraction(rotor, moved) == pytest.approx(97.7, abs=0.05)
    radii = np.linspace(rotor.inner, rotor.outer, 20_001)
    each = pelleting.pelleted_fraction(rotor, moved * radii / rotor.mean_radius)
    assert 100.0 * np.mean(each) == pytest.approx(93.9, abs=0.05)


@pytest.mark.parametrize(
    ("rotor", "minutes", "expected"),
    [
        (SW_32, 70.0, (0.215, 0.423, 0.736, 0.930, 1.0)),
        (SW_32, 120.0, (0.353, 0.662, 1.0, 1.0, 1.0)),
        (TYPE_45, 70.0, (0.424, 0.826, 1.0, 1.0, 1.0)),
    ],
)
def test_vesicles_at_100_000_g(rotor: Rotor, minutes: float, expected: tuple[float, ...]) -> None:
    """Vesicles with a core and a shell at 4 degC, by an independent calculation, 30 to 150 nm."""
    diameters = np.array([30.0, 50.0, 80.0, 100.0, 150.0])
    density = pelleting.core_shell_density(diameters, 1.03, 1.15, 5.0)
    assert density == pytest.approx([1.114, 1.089, 1.070, 1.0625, 1.052], abs=6e-4)
    coefficient = pelleting.sedimentation_coefficient(diameters, density, 1.007, 1.567)
    speed = pelleting.revolutions(rotor.mean_radius, 100_000.0)
    found = pelleting.pelleted_fraction(rotor, pelleting.settled(coefficient, speed, minutes / 60.0))
    assert found == pytest.approx(expected, abs=6e-4)


def by_counting(rotor: Rotor, moved: float, starts: int = 400) -> float:
    """Return the pelleted fraction by following a grid of start positions through the tube."""
    middles = (np.arange(starts) + 0.5) / starts
    if rotor.swings:
        radii = rotor.inner + (rotor.outer - rotor.inner) * middles
        return float(np.mean(radii * np.exp(moved) >= rotor.outer))
    along, across = np.meshgrid(2.0 * middles - 1.0, 2.0 * middles - 1.0)
    inside = along**2 + across**2 < 1.0
    to_the_wall = 0.5 * rotor.path * (np.sqrt(np.maximum(1.0 - across**2, 0.0)) - along)
    return float(np.mean((to_the_wall <= moved * rotor.mean_radius)[inside]))


@pytest.mark.parametrize("rotor", [SW_32, TYPE_45, Rotor(26.0, 48.5, 13.0, 28.0)])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.95, 1.4])
def test_followed_one_by_one(rotor: Rotor, share: float) -> None:
    """The closed form is what comes of following particles from all over the tube."""
    moved = float(share * pelleting.settled_at_the_wall(rotor))
    assert pelleting.pelleted_fraction(rotor, moved) == pytest.approx(by_counting(rotor, moved), abs=5e-3)


@given(st.floats(20.0, 100.0), st.floats(5.0, 100.0), st.floats(5.0, 80.0), st.floats(5.0, 45.0), st.booleans())
def test_a_fraction_that_rises_to_one_at_the_cutoff(
    inner: float, depth: float, diameter: float, angle: float, swings: bool
) -> None:
    """In any rotor the fraction rises with the time from 0, and reaches 1 when the last particle is there."""
    rotor = Rotor(inner, inner + depth, diameter, 0.0 if swings else angle)
    moved = np.linspace(0.0, 1.5, 61) * pelleting.settled_at_the_wall(rotor)
    found = pelleting.pelleted_fraction(rotor, moved)
    assert found[0] == 0.0
    assert np.all(np.diff(found[:41]) > 0.0)
    assert found[40:] == pytest.approx(1.0, abs=1e-7)
    assert np.all(found[:39] < 1.0)


def test_a_short_spin_pellets_what_passes_the_wall() -> None:
    """For short spins the fraction is displacement over path; in the ellipse 4/pi of it, its mean chord."""
    x = 1e-6
    assert pelleting.pelleted_fraction(SW_32, x) == pytest.approx(x * SW_32.outer / SW_32.path, rel=1e-5)
    expected = 4.0 / np.pi * x * TYPE_45.mean_radius / TYPE_45.path
    assert pelleting.pelleted_fraction(TYPE_45, x) == pytest.approx(expected, rel=1e-9)


def test_the_time_to_pellet_and_the_cutoff_are_one_thing() -> None:
    """Particles of the cut-off diameter are pelleted in exactly the time of the spin, in both kinds of rotor."""
    for rotor in (SW_32, TYPE_45):
        cutoff = pelleting.cutoff_diameter(rotor, 0.06, 1.5, 30_000.0, 1.2)
        coefficient = pelleting.sedimentation_coefficient(cutoff, 1.067, 1.007, 1.5)
        assert pelleting.pelleting_hours(rotor, coefficient, 30_000.0) == pytest.approx(1.2, rel=1e-12)


def test_the_k_factor_times_a_run() -> None:
    """In a swinging bucket the time in hours is the k-factor over the coefficient in svedberg."""
    coefficient = 250.0 * pelleting.SVEDBERG
    hours = pelleting.pelleting_hours(SW_32, coefficient, 32_000.0)
    assert hours == pytest.approx(pelleting.k_factor(SW_32, 32_000.0) / 250.0, rel=1e-12)
    assert pelleting.k_factor(SW_32, 32_000.0) == pytest.approx(204.0, abs=0.5)  # as rated


@pytest.mark.parametrize(
    ("rotor", "speed", "expected"),
    [(SW_32, 32_000.0, 203.9), (TYPE_45, 45_000.0, 132.7), (TYPE_70, 70_000.0, 43.6)],
    ids=["SW 32 Ti", "Type 45 Ti", "Type 70 Ti"],
)
def test_k_factors_as_rated(rotor: Rotor, speed: float, expected: float) -> None:
    """The radii of three rotors give their k-factors at full speed; at half speed they are four times as large.

    The usual constant 2.53e5 of the data sheets is 2.533e5 rounded.
    """
    constant = 1e-6 / (np.pi / 30.0) ** 2 / 3600.0 / pelleting.SVEDBERG
    assert constant == pytest.approx(2.533e5, rel=1e-4)
    found = pelleting.k_factor(rotor, np.array([speed, 0.5 * speed])) * 2.53e5 / constant
    assert found == pytest.approx([expected, 4.0 * expected], rel=1e-3)


def test_what_floats_is_not_pelleted() -> None:
    """Lighter than the liquid, or as heavy, a particle stays."""
    assert pelleting.sedimentation_coefficient(50.0, 0.96, 1.007, 1.5) == 0.0
    assert pelleting.sedimentation_coefficient(50.0, 1.007, 1.007, 1.5) == 0.0


def test_force_and_speed_are_inverse() -> None:
    assert pelleting.relative_force(109.65, pelleting.revolutions(109.65, 1e5)) == pytest.approx(1e5, rel=1e-12)


@pytest.mark.parametrize(("celsius", "expected"), [(0.0, 1.7916), (5.0, 1.5192), (10.0, 1.3069), (20.0, 1.0020),
                                                   (25.0, 0.8903), (40.0, 0.6532), (65.0, 0.4334)])  # fmt: skip
def test_viscosity_of_water(celsius: float, expected: float) -> None:
    """Table II of Korson et al. 1969 [mPa s]."""
    assert pelleting.water_viscosity(celsius) == pytest.approx(expected, abs=5e-4)


def test_a_tiny_vesicle_is_all_shell() -> None:
    assert pelleting.core_shell_density(8.0, 1.03, 1.15, 5.0) == pytest.approx(1.15, rel=1e-12)
