"""Capture by a ligand: first order in contact time, whole cycles, and a capacity that is never exceeded."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import capture
from exosim.physics.adsorption import cycles_needed


@pytest.mark.parametrize(("rate", "hours", "bound"), [(30.0, 0.1, 0.950213), (30.0, 0.0, 0.0), (6.931472, 0.1, 0.5)])
def test_binding_is_first_order(rate: float, hours: float, bound: float) -> None:
    assert capture.bound_in_time(rate, hours) == pytest.approx(bound, abs=1e-6)


def test_short_contacts_bind_in_proportion() -> None:
    """1 - exp(-x) without cancellation."""
    assert capture.bound_in_time(1e-12, 1.0) == pytest.approx(1e-12, rel=1e-9)


@pytest.mark.parametrize(
    ("bindable", "cycles"), [(0.0, 1), (1e12, 1), (8e12, 1), (8e12 + 1e6, 2), (1.6e13, 2), (4e13, 5), (4.1e13, 5)]
)
def test_cycles_are_whole_and_bounded(bindable: float, cycles: int) -> None:
    assert cycles_needed(bindable / 1e13, 0.8, 5.0) == cycles


@given(st.floats(0.0, 1e16), st.floats(1e9, 1e14), st.integers(1, 50))
def test_no_more_is_bound_than_there_is_room(bindable: float, capacity: float, most: int) -> None:
    cycles = float(cycles_needed(bindable / capacity, 1.0, float(most)))
    assert 1.0 <= cycles <= most and cycles == math.floor(cycles)
    bound = bindable * float(capture.within_capacity(bindable, capacity * cycles))
    assert bound == pytest.approx(min(bindable, capacity * cycles), rel=1e-9, abs=1e-9)
    if bindable <= capacity * most:
        assert bound == pytest.approx(bindable, rel=1e-8)


def test_an_empty_bed_has_room_for_nothing() -> None:
    assert np.array_equal(capture.within_capacity(np.array([0.0, 1.0]), 1e10), [1.0, 1.0])
