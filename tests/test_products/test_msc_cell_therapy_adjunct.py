"""Cells and vesicles of one culture: what each key input does to the pairs, on common draws."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import exosim as xs

SCENARIO = xs.load(Path(__file__).parents[2] / "scenarios" / "msc_cell_therapy_adjunct.toml")
DRAWS = 512


@cache
def drawn(name: str, *changes: tuple[str, Any]) -> NDArray[np.float64]:
    """Return a headline on the draws that all tests share, with some values changed."""
    return xs.evaluate(SCENARIO.with_(dict(changes)), draws=DRAWS).values(name)


def cells_of(amount: str) -> tuple[tuple[str, str], ...]:
    """Return what makes the doses of cells, and their vials, hold another number."""
    return ("product.companion.dose", f"{amount} cell"), ("fill_cells.target_content", f"{amount} cell/vial")


def test_the_cells_limit_and_not_the_vesicles() -> None:
    """The answer: one culture makes a hundred doses of vesicles for each dose of cells."""
    doses, cells, pairs = (drawn(name) for name in ("doses", "companion_doses", "dose_pairs"))
    assert np.array_equal(pairs, np.minimum(doses, cells))
    assert np.mean(cells < doses) > 0.99
    assert 50 < np.median(doses) / np.median(pairs) < 300


def test_more_days_of_medium_are_more_vesicles_and_no_more_cells() -> None:
    """Cells die in the medium without serum, however slowly: what is gained on one side is lost on the other."""
    longer = (("culture.collection", "4 d"),)
    assert np.all(drawn("doses", *longer) >= drawn("doses"))
    assert np.median(drawn("doses", *longer)) > 1.5 * np.median(drawn("doses"))
    assert np.all(drawn("companion_doses", *longer) <= drawn("companion_doses"))
    assert np.mean(drawn("dose_pairs", *longer)) < np.mean(drawn("dose_pairs"))


def test_smaller_doses_of_cells_are_more_pairs_until_the_vesicles_limit() -> None:
    """With 1e12 particles to a dose: pairs rise and then stay, for there are no more vesicles."""
    large = (("product.dose", "1e12 particle"),)
    pairs = [drawn("dose_pairs", *large, *cells_of(amount)) for amount in ("2e8", "1e8", "5e7", "1e7")]
    doses = drawn("doses", *large)
    for fewer, more in itertools.pairwise(pairs):
        assert np.all(more >= fewer)
    assert np.mean(pairs[0]) < 0.7 * np.mean(pairs[2])
    assert np.all(pairs[-1] <= doses) and np.mean(pairs[-1] == doses) > 0.9


def test_larger_doses_of_vesicles_never_are_more_pairs() -> None:
    pairs = [drawn("dose_pairs", ("product.dose", f"{amount} particle")) for amount in ("1e10", "1e11", "1e12")]
    assert np.mean(pairs[1]) > 0.9 * np.mean(pairs[0]) and np.mean(pairs[2]) < 0.9 * np.mean(pairs[0])
    assert np.all(pairs[2] <= pairs[1]) and np.all(pairs[1] <= pairs[0])


def test_fresh_cells_do_not_last_until_their_vesicles_are_released() -> None:
    """The year: frozen cells leave in pairs; those that keep for 72 h have expired two weeks before."""
    of = {"frozen": SCENARIO, "fresh": SCENARIO.variants()["fresh_cells"]}
    runs = {name: xs.simulate(scenario, replications=2) for name, scenario in of.items()}
    years = {name: {q.name: q.mean for q in run.quantities() if q.step is None} for name, run in runs.items()}
    assert years["frozen"]["dose_pairs_per_year"] == years["fresh"]["pairs_expired_per_year"] > 20.0
    assert years["frozen"]["pairs_expired_per_year"] == years["fresh"]["dose_pairs_per_year"] == 0.0
