"""Steady states: balances of what is fed, kept and washed out. The reference figures are in test_oracle_rows.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics import steady

rates, halves, feeds = st.floats(0.01, 0.1), st.floats(0.01, 2.0), st.floats(1.0, 40.0)
shares, flows = st.floats(0.0, 1.0), st.floats(1e-4, 0.1)


@given(rates, halves, feeds, st.floats(0.001, 0.99))
def test_growth_at_the_steady_substrate_is_the_dilution(largest: float, half: float, feed: float, part: float) -> None:
    dilution = part * steady.washout_dilution(largest, half, feed)
    substrate = steady.limiting_substrate(dilution, largest, half, feed)
    assert largest * substrate / (half + substrate) == pytest.approx(dilution, rel=1e-9)
    assert 0.0 < substrate < feed


@given(rates, halves, feeds, st.floats(1.0, 5.0))
def test_at_and_beyond_washout_the_vessel_holds_the_feed(largest: float, half: float, feed: float, part: float) -> None:
    dilution = part * steady.washout_dilution(largest, half, feed)
    substrate = steady.limiting_substrate(dilution, largest, half, feed)
    assert substrate == feed
    assert steady.chemostat_cells(substrate, feed, 3e6) == 0.0


def test_no_dilution_makes_more_cells_than_the_most_productive() -> None:
    best = steady.most_productive_dilution(0.06, 0.5, 5.0)
    tried = np.linspace(0.001, 0.0545, 400)
    made = tried * steady.chemostat_cells(steady.limiting_substrate(tried, 0.06, 0.5, 5.0), 5.0, 3e6)
    most = best * steady.chemostat_cells(steady.limiting_substrate(best, 0.06, 0.5, 5.0), 5.0, 3e6)
    assert np.all(made <= most)
    assert abs(tried[np.argmax(made)] - best) < 2e-4


@given(flows, flows, shares)
def test_perfusion_without_retention_is_a_chemostat(bleed: float, harvest: float, retention: float) -> None:
    dilution = bleed + harvest
    assert steady.perfusion_growth(bleed, harvest, 0.0) == dilution
    assert steady.perfusion_growth(bleed, harvest, retention) <= dilution
    cells = steady.perfusion_cells(dilution, bleed, harvest, 1.0, 5.0, 3e6)
    assert cells == pytest.approx(steady.chemostat_cells(1.0, 5.0, 3e6), rel=1e-12)


@given(flows, flows, shares, flows, st.floats(1e5, 1e8))
def test_what_is_secreted_is_harvested_bled_or_lost(
    bleed: float, harvest: float, sieving: float, lost: float, cells: float
) -> None:
    titer = steady.vesicle_titer(100.0, cells, bleed + sieving * harvest, lost)
    assert titer * (bleed + sieving * harvest + lost) == pytest.approx(100.0 * cells, rel=1e-12)
    share = steady.harvested_share(harvest, sieving, bleed, lost)
    assert share * 100.0 * cells == pytest.approx(titer * sieving * harvest, rel=1e-9, abs=1e-300)
    assert 0.0 <= share < 1.0
