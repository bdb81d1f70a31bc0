"""Beads with an inert shell: who enters, and what a stated reduction of one solute says of the others."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.physics import core_beads

POOLS = np.array([[4.6], [7.2], [11.0], [12.5]])


def test_only_what_is_smaller_than_the_cut_off_enters() -> None:
    amounts = np.array([[1.0], [2.0], [4.0], [8.0]])
    assert core_beads.entering(amounts, POOLS, 17.0) == 15.0
    assert core_beads.entering(amounts, POOLS, 12.0) == 7.0
    assert core_beads.entering(0.0, POOLS, 12.0) == 0.0


def test_the_reference_falls_by_its_reduction_on_fresh_beads() -> None:
    units = core_beads.reference_units(1.7, 8.0)  # twice the reference residence time
    assert -np.log10(core_beads.passing(7.2, 7.2, 17.0, units, 0.0)) == pytest.approx(3.4, rel=1e-6)


def test_reductions_are_in_proportion_to_the_part_that_is_accessible() -> None:
    units = core_beads.reference_units(1.7, 4.0)
    reductions = -np.log10(core_beads.passing(POOLS, 7.2, 17.0, units, 0.0))
    accessible = (1.0 - POOLS / 17.0) ** 2
    assert reductions / 1.7 == pytest.approx(accessible / accessible[1], rel=1e-6)
    assert core_beads.passing(17.0, 7.2, 17.0, units, 0.5) == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("load", [0.2, 0.9, 1.5, 10.0])
def test_full_beads_let_all_through(load: float) -> None:
    units = core_beads.reference_units(1.7, 4.0)
    passed = np.ravel(core_beads.passing(POOLS, 7.2, 17.0, units, load))
    assert np.all(np.diff(passed) >= -1e-12)  # the larger the less is caught
    assert np.all(1.0 - passed <= 1.0 / load + 1e-12)
