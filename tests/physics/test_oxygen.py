"""Oxygen: published solubility and diffusivity, and the figures that a process engineer knows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import oxygen

BODY = 310.15  # K
MSC, HEK = 0.098, 0.2  # pmol/cell/h
MEDIUM = 0.89  # what medium holds of what water holds
SATURATION = float(oxygen.water_saturation(BODY)) * MEDIUM
DIFFUSIVITY = float(oxygen.diffusivity(BODY))


def test_water_holds_what_tables_say() -> None:
    """9.09 mg/L at 20 degC and 8.26 mg/L at 25 degC: the values of every table of dissolved oxygen."""
    for celsius, milligrams in ((20.0, 9.09), (25.0, 8.26), (0.0, 14.62)):
        assert oxygen.water_saturation(celsius + 273.15) * 32.0 == pytest.approx(milligrams, rel=0.005)
    assert oxygen.water_saturation(BODY) == pytest.approx(0.210, abs=0.0005)
    assert pytest.approx(0.187, abs=0.0005) == SATURATION


def test_diffusivity_by_temperature() -> None:
    """2.0e-9 m2/s at 25 degC, as handbooks say (2.0 to 2.1); models of tissue take up to 3e-9 at 37 degC."""
    fitted = oxygen.diffusivity(np.array([278.15, 298.15, BODY, 333.15]))
    assert np.all(np.diff(fitted) > 0.0)
    assert fitted[1] == pytest.approx(2.0e-9, rel=0.005)
    assert pytest.approx(2.62e-9, rel=0.005) == DIFFUSIVITY


def test_a_stirred_vessel_at_half_saturation() -> None:
    """kLa 2/h carries about 2e6 stem cells per mL, a slow spinner at 0.5/h about 5e5."""
    assert oxygen.stirred_density(2.0, SATURATION, SATURATION / 2.0, MSC) == pytest.approx(1.91e6, rel=0.01)
    assert oxygen.stirred_density(0.5, SATURATION, SATURATION / 2.0, MSC) == pytest.approx(4.77e5, rel=0.01)


def test_a_film_of_three_millimeters() -> None:
    """Oxygen falls by about 5 % under 3e4 stem cells per cm2 and by more than half under 2e5 HEK."""
    stem = oxygen.film_drop(MSC, 3e4, 3.0, DIFFUSIVITY) / SATURATION
    kidney = oxygen.film_drop(HEK, 2e5, 3.0, DIFFUSIVITY) / SATURATION
    assert stem == pytest.approx(0.050, abs=0.001)
    assert kidney == pytest.approx(0.68, abs=0.01)
    assert oxygen.film_transfer(DIFFUSIVITY, 3.0) == pytest.approx(1.05, abs=0.01)


@given(st.floats(0.0, 0.1), st.floats(0.01, 0.5), st.floats(0.5, 10.0), st.floats(1e-9, 4e-9))
def test_density_and_depth_are_where_the_drop_is_what_is_there(
    least: float, uptake: float, depth: float, diffusion: float
) -> None:
    cells = oxygen.film_density(SATURATION, least, uptake, depth, diffusion)
    assert oxygen.film_drop(uptake, cells, depth, diffusion) == pytest.approx(SATURATION - least, rel=1e-12)
    assert oxygen.deepest_film(SATURATION, least, uptake, cells, diffusion) == pytest.approx(depth, rel=1e-12)


@given(st.floats(0.5, 10.0), st.floats(0.01, 0.5))
def test_a_film_is_a_vessel_with_its_own_transfer(depth: float, uptake: float) -> None:
    """Cells per area over the depth are the cells per volume that D / h^2 carries at the same oxygen."""
    per_area = oxygen.film_density(SATURATION, 0.05, uptake, depth, DIFFUSIVITY)
    transfer = oxygen.film_transfer(DIFFUSIVITY, depth)
    per_volume = oxygen.stirred_density(transfer, SATURATION, 0.05, uptake)
    assert per_area / (depth / 10.0) == pytest.approx(per_volume, rel=1e-12)
