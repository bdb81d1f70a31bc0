"""What the picture of pairs shows: cells and vesicles of one culture, in variants that change how many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import exosim as xs
from exosim.scenario import load_all

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ADJUNCT = Path(__file__).resolve().parents[1] / "scenarios" / "msc_cell_therapy_adjunct.toml"
_NAMES = {
    None: "as it is:\n1e8 cells, 1e10 particles",
    "larger_dose": "1e12 particles",
    "half_the_cells": "5e7 cells",
    "four_days": "four days of medium",
}


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield the picture by the name of its file; `draws` replaces the number that the scenario declares."""
    known = {scenario.variant: scenario for scenario in load_all(ADJUNCT)}
    yield "pairs", xs.plots.pairs({name: xs.evaluate(known[variant], draws) for variant, name in _NAMES.items()})
