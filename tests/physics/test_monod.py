"""Monod kinetics: the constants mean what they are called, and what is taken up is accounted for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cho import CHO
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import monod
from exosim.physics.monod import Medium

concentrations = st.floats(0.0, 60.0)
media = st.builds(Medium, concentrations, concentrations, concentrations, concentrations)
RICH = Medium(1e9, 1e9, 0.0, 0.0)


def test_growth_is_halved_at_each_constant() -> None:
    assert monod.growth_rate(CHO, RICH) == pytest.approx(CHO.growth, rel=1e-8)
    for field, value in (
        ("glucose", CHO.half_glucose),
        ("glutamine", CHO.half_glutamine),
        ("lactate", CHO.lactate_inhibition),
        ("ammonia", CHO.ammonia_inhibition),
    ):
        medium = replace(RICH, **{field: value})
        assert monod.growth_rate(CHO, medium) == pytest.approx(CHO.growth / 2.0, rel=1e-8)


def test_death_needs_both_lactate_and_ammonia() -> None:
    assert monod.death_rate(CHO, RICH) == 0.0
    assert monod.death_rate(CHO, replace(RICH, lactate=50.0)) == 0.0
    half_each = replace(RICH, lactate=CHO.lactate_death, ammonia=CHO.ammonia_death)
    assert monod.death_rate(CHO, half_each) == pytest.approx(CHO.death / 4.0, rel=1e-12)
    assert monod.death_rate(CHO, replace(RICH, lactate=1e9, ammonia=1e9)) == pytest.approx(CHO.death, rel=1e-6)


def test_uptake_per_cell_in_rich_medium_by_hand() -> None:
    """0.039/0.357e9 mmol + 69.2e-12 mmol a cell and hour; at 1e6 cell/mL a thousand times that in mM."""
    made = monod.metabolism(CHO, RICH, 0.039, 1e6)
    assert made.glucose == pytest.approx(-(0.039 / 0.357e9 + 69.2e-12) * 1e9, rel=1e-8)
    assert made.glutamine == pytest.approx(-(0.039 / 0.974e9 + 3.2e-12) * 1e9, rel=1e-7)
    assert made.ammonia == pytest.approx(0.67 * 0.039 / 0.974e9 * 1e9, rel=1e-8)  # no ammonia, none to remove


@given(media, st.floats(1e3, 1e8))
def test_lactate_comes_from_glucose_and_nothing_is_taken_up_where_nothing_is(medium: Medium, viable: float) -> None:
    growth = monod.growth_rate(CHO, medium)
    made = monod.metabolism(CHO, medium, growth, viable)
    assert made.lactate == pytest.approx(-0.7 * float(made.glucose), rel=1e-12, abs=1e-300)
    assert made.glucose <= 0.0 and made.glutamine <= 0.0
    none = monod.metabolism(CHO, Medium(0.0, 0.0, 5.0, 0.0), 0.0, viable)
    assert (none.glucose, none.glutamine, none.lactate, none.ammonia) == (0.0, 0.0, 0.0, 0.0)


@given(media, media)
def test_directions(one: Medium, other: Medium) -> None:
    poorer = Medium(
        min(one.glucose, other.glucose),
        min(one.glutamine, other.glutamine),
        max(one.lactate, other.lactate),
        max(one.ammonia, other.ammonia),
    )
    assert 0.0 <= monod.growth_rate(CHO, poorer) <= monod.growth_rate(CHO, one) <= CHO.growth
    assert 0.0 <= monod.death_rate(CHO, one) <= monod.death_rate(CHO, poorer) <= CHO.death


def test_steep_inhibition_lies_between_both_readings_of_a_growth_inhibiting_level() -> None:
    """Half of the growth at 35.4 mM lactate; 94 % at half of it, 6 % at twice."""
    levels = np.array([0.0, 17.7, 35.4, 70.8])
    expected = [1.0, 16.0 / 17.0, 0.5, 1.0 / 17.0]
    np.testing.assert_allclose(monod.steep_inhibition(levels, 35.4, 4.0), expected, rtol=1e-12)


def test_scalar_equals_array() -> None:
    lanes = Medium(*np.random.default_rng(3).uniform(0.0, 20.0, (4, 9)))
    together = monod.growth_rate(CHO, lanes)
    for lane in range(9):
        alone = Medium(*(float(getattr(lanes, name)[lane]) for name in ("glucose", "glutamine", "lactate", "ammonia")))
        assert monod.growth_rate(CHO, alone) == together[lane]
