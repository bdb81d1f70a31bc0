"""Cells come off, some die, and nothing is lost without a name."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.material import Material
from exosim.operations.cell_detachment import CellDetachment
from exosim.testing.balances import imbalance
from exosim.testing.feeds import everything


def test_the_living_the_dead_and_the_rest() -> None:
    """Of all cells 80 % come off, and of the living among these 90 % stay alive; the medium is drained."""
    feed = everything()
    outcome = CellDetachment(detachment=0.8, viability=0.9, reagent_volume=2.0, quench_ratio=1.5).transform(feed)
    alive, dead = feed.viable_cells, feed.dead_cells
    assert outcome.product.viable_cells == pytest.approx(0.72 * alive, rel=1e-12)
    assert outcome.product.dead_cells == pytest.approx(0.08 * alive + 0.8 * dead, rel=1e-12)
    assert outcome.product.volume == pytest.approx(5.0) and np.sum(outcome.product.vesicles) == 0.0
    assert outcome.losses["drained medium"].volume == feed.volume
    assert outcome.losses["not detached"].viable_cells == pytest.approx(0.2 * alive)
    assert outcome.losses["cell death"].viable_cells == pytest.approx(0.08 * alive)
    product = outcome.product
    told = product.viable_cells / (product.viable_cells + product.dead_cells)
    assert outcome.monitors["viability"] == pytest.approx(told), "cells that died before count, too"
    assert max(imbalance(feed, outcome).values()) < 1e-12


def test_doublings_go_with_the_cells_that_live() -> None:
    outcome = CellDetachment(detachment=0.9, viability=0.5).transform(
        Material(volume=1.0, viable_cells=1e9, doublings=8e9)
    )
    assert outcome.product.doublings / outcome.product.viable_cells == pytest.approx(8.0, rel=1e-12)


def test_lanes_are_independent() -> None:
    cells = np.array([1e6, 5e8, 0.0])
    outcome = CellDetachment(viability=np.array([0.9, 0.8, 0.7])).transform(Material(volume=1.0, viable_cells=cells))
    assert outcome.product.viable_cells == pytest.approx(cells * 0.9 * np.array([0.9, 0.8, 0.7]), rel=1e-12)
