"""What the largest tank train releases in a year, as it is and with what holds it back changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import exosim as xs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TANK = Path(__file__).resolve().parents[1] / "scenarios" / "msc_200l_gmp.toml"
REPLICATIONS = 50


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield the picture by the name of its file; with few `draws` it shows few replications."""
    base, count = xs.load(TANK), REPLICATIONS if draws is None else 2
    plants = {
        "as it is": base,
        "cells die as slowly\nas in hollow fibers": base.variants()["fewer_dead_cells"],
        "a second tank": base.variants()["second_tank"],
    }
    yield "lots_of_a_tank", xs.plots.fates({name: xs.simulate(plant, count) for name, plant in plants.items()})
