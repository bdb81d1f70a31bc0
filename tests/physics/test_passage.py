"""Sterilizing filters: passage by size, and adsorption that matters at small loads only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics.passage import left_in_solution, size_passage, unadsorbed, up_to_jamming
from exosim.physics.size import class_shares, size_classes

diameters, halves, slopes = st.floats(10.0, 1000.0), st.floats(100.0, 300.0), st.floats(1.0, 12.0)


@given(halves, slopes, st.floats(1.0, 10.0))
def test_half_passes_at_the_middle_and_the_curve_is_symmetric(half: float, slope: float, fold: float) -> None:
    assert size_passage(half, half, slope) == 0.5
    together = size_passage(half * fold, half, slope) + size_passage(half / fold, half, slope)
    assert together == pytest.approx(1.0, rel=1e-12)


@given(diameters, diameters, halves, slopes)
def test_passage_is_a_fraction_that_falls_with_size(first: float, second: float, half: float, slope: float) -> None:
    small, large = sorted((first, second))
    assert 0.0 <= size_passage(large, half, slope) <= size_passage(small, half, slope) <= 1.0


@pytest.mark.parametrize(
    "diameter, passed", [(50.0, 0.99998), (100.0, 0.9941), (150.0, 0.8689), (190.0, 0.5), (300.0, 0.0252)]
)
def test_passage_through_a_sterilizing_filter(diameter: float, passed: float) -> None:
    # P = 1 / (1 + (d / 190 nm)^8) in exact fractions
    assert size_passage(diameter, 190.0, 8.0) == pytest.approx(passed, abs=6e-5)


def test_the_size_cut_alone_keeps_most_of_the_default_vesicles() -> None:
    sizes = size_classes(60, 115.0, 1.45)
    kept = (class_shares(sizes, 115.0, 1.45) * size_passage(sizes.diameters, 190.0, 8.0)).sum()
    assert kept == pytest.approx(0.88, abs=0.01)


def test_adsorption_takes_what_the_surface_binds() -> None:
    assert unadsorbed(1e13, 2e12, 0.1) == pytest.approx(0.98, rel=1e-12)
    assert unadsorbed(1e11, 2e12, 0.1) == 0.0
    assert unadsorbed(1e13, 0.0, 0.1) == 1.0
    assert unadsorbed(0.0, 2e12, 0.1) == 0.0
    assert unadsorbed(0.0, 0.0, 0.1) == 1.0


@given(st.floats(0.0, 1e16), st.floats(0.0, 1e16), st.floats(1e11, 7e13), st.floats(1e-4, 10.0))
def test_a_larger_load_loses_a_smaller_share(first: float, second: float, per_area: float, area: float) -> None:
    low, high = sorted((first, second))
    assert 0.0 <= unadsorbed(low, per_area, area) <= unadsorbed(high, per_area, area) <= 1.0
    bound = high * (1.0 - unadsorbed(high, per_area, area))
    assert bound <= per_area * area * (1.0 + 1e-9) + 1e-9 * high


def test_scalar_equals_array() -> None:
    generator = np.random.default_rng(6)
    diameter, half, slope = (generator.uniform(*ends, 30) for ends in ((30.0, 400.0), (150.0, 220.0), (5.0, 12.0)))
    per_area, area = (generator.uniform(*ends, 30) for ends in ((1e11, 2e13), (0.01, 1.0)))
    number = generator.lognormal(28.0, 2.0, 30)
    passed, left = size_passage(diameter, half, slope), unadsorbed(number, per_area, area)
    for lane in range(30):
        one = size_passage(float(diameter[lane]), float(half[lane]), float(slope[lane]))
        assert one == pytest.approx(passed[lane], rel=1e-12)
        one = unadsorbed(float(number[lane]), float(per_area[lane]), float(area[lane]))
        assert one == pytest.approx(left[lane], rel=1e-12)


def test_a_jammed_layer_is_the_most_that_a_surface_binds() -> None:
    """Random sequential adsorption: 7.0e13 per m2 of 100 nm, a quarter of it of 200 nm, a mixture by mean area."""
    for diameter, most in ((100.0, 7.0e13), (200.0, 1.75e13)):
        grid = np.array([[diameter]])
        assert up_to_jamming(1e20, np.array([[1e12]]), grid) == pytest.approx(most, abs=0.05e13)
        assert up_to_jamming(2e12, np.array([[1e12]]), grid) == 2e12
    grid, mixed = np.array([[100.0], [200.0]]), np.array([[3e12], [1e12]])
    assert up_to_jamming(1e20, mixed, grid) == pytest.approx(0.547 / (np.pi / 4.0 * 17500e-18), rel=1e-12)


def test_a_surface_leaves_what_it_has_no_place_for() -> None:
    """Of 1e14 particles of 100 nm a square meter takes the jammed layer at most; where there are none it takes none."""
    grid = np.array([[100.0]])
    left = left_in_solution(np.array([[1e14, 1e12, 0.0]]), grid, 1e20, 1.0)
    assert left == pytest.approx([1.0 - 6.965e13 / 1e14, 0.0, 1.0], abs=1e-4)
    assert left_in_solution(np.array([[1e14]]), grid, 2e12, 1.0) == pytest.approx(0.98, rel=1e-12)
    assert up_to_jamming(2e12, 0.0, grid) == 2e12


def test_a_jammed_layer_in_single_precision() -> None:
    """A lot of 1e21 vesicles does not overflow single precision."""
    grid = np.array([[100.0], [200.0]], np.float32)
    many = np.full((2, 1), 5e20, np.float32)
    with np.errstate(all="raise"):
        found = up_to_jamming(np.float32(1e20), many, grid)
    assert found == pytest.approx(0.547 / (np.pi / 4.0 * 25000e-18), rel=1e-5)
