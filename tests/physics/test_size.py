"""Size distributions: partial moments, the grid of classes, and the protein of vesicles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import lognorm

from exosim.physics import size

medians, gsds = st.floats(50.0, 200.0), st.floats(1.1, 2.0)


def mean_cube(median: float, gsd: float, low: float, high: float) -> float:
    """Return the mean cubed diameter by integration over the logarithm of the diameter, in units of the median."""
    sigma, ends = math.log(gsd), (math.log(low / median), math.log(high / median))
    moments = [quad(lambda x, k=k: math.exp(k * x - 0.5 * (x / sigma) ** 2), *ends, epsrel=1e-11)[0] for k in (3, 0)]
    return median**3 * moments[0] / moments[1]


@given(st.floats(20.0, 300.0), st.floats(1.0, 300.0), medians, gsds)
def test_the_number_between_two_diameters_is_that_of_a_lognormal(
    low: float, wide: float, median: float, gsd: float
) -> None:
    expected = np.diff(lognorm(np.log(gsd), scale=median).cdf([low, low + wide]))[0]
    assert size.moment_share(low, low + wide, median, gsd) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("moment", [1.0, 2.0, 3.0])
def test_higher_moments_are_integrals(moment: float) -> None:
    number = lognorm(np.log(1.45), scale=115.0)
    inside, _ = quad(lambda d: d**moment * number.pdf(d), 50.0, 150.0, epsrel=1e-11)
    assert size.moment_share(50.0, 150.0, 115.0, 1.45, moment) == pytest.approx(
        inside / number.moment(moment), rel=1e-9
    )


@given(medians, gsds, st.integers(0, 3))
def test_shares_add_up(median: float, gsd: float, moment: int) -> None:
    edges = np.array([1e-6, 30.0, 80.0, 150.0, 1e12])
    shares = size.moment_share(edges[:-1], edges[1:], median, gsd, float(moment))
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.all(shares >= 0.0)


def test_the_grid_is_even_in_log_diameter() -> None:
    sizes = size.size_classes(12, 115.0, 1.45)
    assert sizes.edges.shape == (13,)
    assert sizes.diameters.shape == sizes.mean_cubes.shape == (12, 1)
    assert sizes.edges[[0, -1]] == pytest.approx([30.0, 400.0], rel=1e-14)
    assert np.diff(np.log(sizes.edges)) == pytest.approx(np.log(400.0 / 30.0) / 12.0, rel=1e-12)
    assert sizes.diameters[:, 0] ** 2 == pytest.approx(sizes.edges[1:] * sizes.edges[:-1], rel=1e-14)


def test_the_mean_cube_of_a_class_is_an_integral() -> None:
    sizes = size.size_classes(6, 115.0, 1.45)
    expected = [mean_cube(115.0, 1.45, low, high) for low, high in zip(sizes.edges[:-1], sizes.edges[1:], strict=True)]
    assert sizes.mean_cubes[:, 0] == pytest.approx(expected, rel=1e-8)


@given(st.integers(1, 40), st.floats(30.0, 300.0), st.floats(1.05, 2.5))
def test_the_mean_cube_lies_inside_its_class(classes: int, median: float, gsd: float) -> None:
    sizes = size.size_classes(classes, median, gsd)
    cubes = sizes.mean_cubes[:, 0] ** (1.0 / 3.0)
    assert np.all(cubes >= sizes.edges[:-1] * (1.0 - 1e-6))
    assert np.all(cubes <= sizes.edges[1:] * (1.0 + 1e-6))


def test_a_class_that_holds_nothing_takes_its_middle() -> None:
    sizes = size.size_classes(12, 40.0, 1.05)
    assert sizes.mean_cubes[-1] == pytest.approx(sizes.diameters[-1] ** 3, rel=1e-12)


@given(medians, gsds, st.integers(1, 24))
def test_class_shares_are_a_distribution(median: float, gsd: float, classes: int) -> None:
    shares = size.class_shares(size.size_classes(classes, 115.0, 1.45), median, gsd)
    assert shares.shape == (classes, 1)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.all(shares >= 0.0)


def test_scalar_equals_array() -> None:
    sizes = size.size_classes(12, 115.0, 1.45)
    generator = np.random.default_rng(0)
    median, gsd = generator.uniform(60.0, 150.0, 20), generator.uniform(1.2, 1.8, 20)
    together = size.class_shares(sizes, median, gsd)
    apart = np.hstack([size.class_shares(sizes, m, g) for m, g in zip(median, gsd, strict=True)])
    assert together.shape == (12, 20)
    assert together == pytest.approx(apart, rel=1e-12)
    vesicles = 1e10 * together
    single = [size.vesicle_protein(vesicles[:, [lane]], sizes, 0.15)[0] for lane in range(20)]
    assert size.vesicle_protein(vesicles, sizes, 0.15) == pytest.approx(single, rel=1e-12)


@given(st.floats(60.0, 150.0), st.floats(1.2, 1.6))
@settings(max_examples=25)
def test_the_protein_of_vesicles_does_not_depend_on_the_number_of_classes(median: float, gsd: float) -> None:
    amounts = []
    for classes in (3, 12, 60):
        sizes = size.size_classes(classes, median, gsd)
        vesicles = 1e10 * size.class_shares(sizes, median, gsd)
        amounts.append(float(size.vesicle_protein(vesicles, sizes, 0.15)[0]))
    expected = 0.15 * 1.35e-15 * np.pi / 6.0 * 1e10 * mean_cube(median, gsd, 30.0, 400.0)
    assert np.array(amounts) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("diameter, ceiling", [(60, 4.4e10), (80, 1.8e10), (100, 9.4e9), (120, 5.5e9), (150, 2.8e9)])
def test_protein_ceilings_of_the_evidence_table(diameter: float, ceiling: float) -> None:
    last_digit = 10.0 ** (math.floor(math.log10(ceiling)) - 1)
    assert size.protein_ceiling(diameter, 0.15) == pytest.approx(ceiling, abs=0.51 * last_digit)


@pytest.mark.parametrize("median, ceiling", [(115.0, 3.4e9), (57.5, 2.7e10)])
def test_protein_ceilings_of_whole_distributions(median: float, ceiling: float) -> None:
    sizes = size.size_classes(200, median, 1.45, 1.0, 4000.0)
    vesicles = size.class_shares(sizes, median, 1.45)
    assert 1.0 / size.vesicle_protein(vesicles, sizes, 0.15) == pytest.approx(ceiling, rel=0.03)


def test_the_ceiling_is_the_inverse_of_the_protein_of_one_vesicle() -> None:
    sizes = size.size_classes(1, 100.0, 1.0001, 99.9, 100.1)
    protein = size.vesicle_protein(np.array([[1.0]]), sizes, 0.15)
    assert protein * size.protein_ceiling(100.0, 0.15) == pytest.approx(1.0, rel=1e-4)
    assert size.protein_ceiling(50.0, 0.3) == pytest.approx(4.0 * size.protein_ceiling(100.0, 0.15), rel=1e-12)


@given(medians, gsds)
def test_mode_and_variation_are_those_of_a_lognormal(median: float, gsd: float) -> None:
    number = lognorm(np.log(gsd), scale=median)
    mode = float(size.mode(median, gsd))
    assert number.pdf(mode) >= max(number.pdf(mode * 0.999), number.pdf(mode * 1.001))
    assert size.variation(gsd) == pytest.approx(number.std() / number.mean(), rel=1e-9)
