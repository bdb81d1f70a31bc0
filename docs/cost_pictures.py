"""The pictures of costs: where the money of a dose goes, how sure its cost is, and the plant as an investment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import exosim as xs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLANT = Path(__file__).resolve().parents[1] / "scenarios" / "msc_hollow_fiber_release.toml"


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield each picture by the name of its file."""
    costs = xs.cost(xs.simulate(xs.load(PLANT), 50 if draws is None else 2))
    for draw in (xs.plots.cost_stack, xs.plots.cost_per_dose, xs.plots.cash_flow):
        yield draw.__name__, draw(costs)[0]
