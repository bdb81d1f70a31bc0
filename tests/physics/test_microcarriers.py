"""Beads: geometry, Poisson, attachment against the integrator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import microcarriers as beads
from exosim.physics.integrator import RUNGE_KUTTA, integrate

diameters, solids, rates = st.floats(100.0, 300.0), st.floats(0.02, 1.2), st.floats(0.02, 0.5)


@pytest.mark.parametrize("cells, empty", [(1.0, 0.365), (2.0, 0.135), (3.0, 0.05)])
def test_empty_beads(cells: float, empty: float) -> None:
    """Case E4: 0.365, 0.135 and 0.05 as published; exp(-1) is 0.368."""
    assert beads.empty_share(cells) == pytest.approx(empty, abs=0.003)


@given(diameters, solids)
def test_a_gram_of_beads(diameter: float, dry: float) -> None:
    number, area = beads.beads_per_gram(diameter, dry), beads.area_per_gram(diameter, dry)
    assert beads.beads_of_area(area, diameter) == pytest.approx(number, rel=1e-12)
    volume = number * np.pi / 6.0 * (diameter * 1e-4) ** 3
    assert volume * dry == pytest.approx(1.0, rel=1e-12)


def test_solid_plastic_beads() -> None:
    """Solid beads of 170 um and 1.02 g/cm3 have 346 cm2/g, near the 360 cm2/g of data sheets of plastic carriers."""
    assert beads.area_per_gram(170.0, 1.02) == pytest.approx(346.0, abs=1.0)


@pytest.mark.parametrize("capacity", [0.5, 1.0, 1.5, 20.0])
@pytest.mark.parametrize("hours", [1.0, 6.0, 24.0])
def test_attachment_against_the_integrator(capacity: float, hours: float) -> None:
    """With room for half of the cells, half stay suspended; with just enough room the last ones take for ever."""
    rate, cells = 0.2, 1.0

    def attach(_: object, y: np.ndarray) -> np.ndarray:
        return -rate * (1.0 - (cells - y) / capacity) * y

    solved = integrate(RUNGE_KUTTA, attach, np.array([[cells]]), 0.0, hours, 200)
    assert beads.suspended_cells(cells, rate, capacity, hours) == pytest.approx(solved.item(), rel=1e-7)


@given(rates, st.floats(0.1, 10.0))
def test_as_many_attach_as_there_is_room_for(rate: float, room: float) -> None:
    over_time = beads.suspended_cells(1.0, rate, room, np.array([0.0, 1.0, 10.0, 100.0, 1000.0]))
    assert over_time[0] == pytest.approx(1.0, rel=1e-12)
    assert np.all(np.diff(over_time) <= 1e-12)
    assert np.all(over_time >= max(1.0 - room, 0.0) - 1e-12)
    assert beads.suspended_cells(1.0, rate, 0.5, 1000.0) == pytest.approx(0.5, abs=1e-6)
    assert beads.suspended_cells(1.0, rate, 2.0, 1000.0) == pytest.approx(0.0, abs=1e-4)


@given(rates, st.floats(0.0, 0.1), st.floats(0.0, 48.0))
def test_attachment_competes_with_death(rate: float, death: float, hours: float) -> None:
    expected = rate / (rate + death) * -np.expm1(-(rate + death) * hours)
    assert beads.attached_share(rate, death, hours) == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_without_death_and_with_much_room_both_forms_agree() -> None:
    attached = 1.0 - beads.suspended_cells(1.0, 0.1, 1e9, 10.0)
    assert beads.attached_share(0.1, 0.0, 10.0) == pytest.approx(float(attached), rel=1e-8)


def test_fresh_beads_and_the_critical_eddy() -> None:
    assert beads.enlarged_area(1000.0, 500.0, 0.8) == 1400.0
    assert beads.critical_eddy(180.0, 0.6) == 108.0
