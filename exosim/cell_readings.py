"""What is reported of a batch whose product is cells: viable cells after each step, and the headline figures.

Names and units of the headline figures are fixed: other programs read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exosim.composition import ratio
from exosim.kernel import Step
from exosim.material import Material, is_number, plus, times
from exosim.parameter import Array

CELL_HEADLINES: Mapping[str, str] = {
    "doses": "dose",
    "cell_yield": "1",
    "fold_expansion": "1",
    "vials": "vial",
    "cells_started": "cell",
    "cells_harvested": "cell",
    "cells_vialed": "cell",
    "batch_duration": "h",
}
"""Headline figures of a product of cells and their units, in the order of the report."""

CELL_STEP_UNITS: Mapping[str, str] = {
    "viable_cells": "cell",
    "volume": "mL",
    "cell_density": "cell/mL",
    "recovery": "1",
    "cumulative_yield": "1",
}
"""What is reported of cells after each step, with units; the last two from the last expansion on."""


def last_expansion(steps: Iterable[Step]) -> Step | None:
    """Return the last step in which cells grow; None when they only pass through."""
    return next((step for step in reversed(tuple(steps)) if not _absent(step.outcome.generated.viable_cells)), None)


def harvested_cells(steps: Iterable[Step]) -> Array:
    """Return the cells that leave the last expansion, or all that enter the process [cell]."""
    last = last_expansion(steps := tuple(steps))
    return cells_started(steps) if last is None else last.outcome.product.viable_cells


def cells_started(steps: Iterable[Step]) -> Array:
    """Return the viable cells that enter the process from outside [cell]."""
    cells: Array = 0.0
    for step in steps:
        cells = plus(cells, step.outcome.added.viable_cells)
    return cells


def cell_headlines(steps: Iterable[Step]) -> dict[str, Array]:
    """Return what is known of the cells of a batch, by headline."""
    steps = tuple(steps)
    started, harvested, vialed = cells_started(steps), harvested_cells(steps), steps[-1].outcome.product.viable_cells
    return {
        "cell_yield": ratio(vialed, harvested),
        "fold_expansion": ratio(harvested, started),
        "cells_started": started,
        "cells_harvested": harvested,
        "cells_vialed": vialed,
    }


def cell_figures(material: Material, entered: Array | None, start: Array) -> dict[str, Array]:
    """Return what is reported of the cells after a step.

    Parameters
    ----------
    material : what the step hands on
    entered : viable cells that entered the step; None while they still grow
    start : viable cells that leave the last expansion
    """
    cells, milliliters = material.viable_cells, times(material.volume, 1e3)
    figures = {"viable_cells": cells, "volume": milliliters, "cell_density": ratio(cells, milliliters)}
    if entered is None:
        return figures
    return {**figures, "recovery": ratio(cells, entered), "cumulative_yield": ratio(cells, start)}


def _absent(amount: Array) -> bool:
    return is_number(amount, 0.0)
