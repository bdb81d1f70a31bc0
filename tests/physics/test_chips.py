"""Chips in parallel: throughput, Poisson clogs, and purity."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import chips


def test_golden_times() -> None:
    """10 mL at 0.5 mL/h take 20 h on one chip and 2 h on ten; four clogs of a quarter of an hour add an hour."""
    assert chips.hours(10.0, 0.5, 1.0, 0.0, 0.25) == 20.0
    assert chips.hours(10.0, 0.5, 10.0, 0.0, 0.25) == 2.0
    assert chips.hours(10.0, 0.5, 1.0, 4.0, 0.25) == 21.0


def test_clogs_are_poisson() -> None:
    assert chips.chance_of_a_clog(0.02, 50.0) == pytest.approx(1.0 - math.exp(-1.0), rel=1e-12)
    assert chips.chance_of_a_clog(0.02, 0.0) == 0.0


@pytest.mark.parametrize(
    ("clogs", "volume", "lost"), [(2.0, 10.0, 0.01), (0.0, 10.0, 0.0), (5.0, 0.1, 1.0), (0.0, 0.0, 0.0)]
)
def test_a_clog_costs_what_the_chip_holds(clogs: float, volume: float, lost: float) -> None:
    assert chips.lost_in_clogs(clogs, 0.05, volume) == pytest.approx(lost, rel=1e-12)


@given(st.floats(1.0, 1e14), st.floats(1.0, 1e14), st.floats(0.05, 1.0))
def test_what_leaves_has_the_purity_or_more(vesicles: float, others: float, purity: float) -> None:
    passed = others * float(chips.passing_others(vesicles, others, purity))
    found = vesicles / (vesicles + passed)
    assert passed <= others * (1.0 + 1e-12)
    assert found >= purity * (1.0 - 1e-9)
    if passed < others * (1.0 - 1e-9):
        assert found == pytest.approx(purity, rel=1e-9)


def test_nothing_passes_with_no_vesicles() -> None:
    assert chips.passing_others(0.0, 1e10, 0.9) == 0.0
    assert chips.passing_others(0.0, 0.0, 0.9) == 0.0
