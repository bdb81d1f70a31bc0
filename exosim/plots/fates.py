"""What becomes of the lots of a year on each of several plants: released, rejected by a test, lost, under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.style import GREEN, ORANGE, SKY, VERMILION, headline, light_grid, new_axes, plain
from exosim.product_indicators import YEAR
from exosim.records import BatchRecord
from exosim.results import FacilityResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FATES = {
    "released": ("released", GREEN),
    "released_with_deviation": ("released with deviation", SKY),
    "failed": ("rejected by a test", VERMILION),
    "lost": ("lost on the line", ORANGE),
    "under_way": ("still under way at the end", "#C4C4C4"),
}


def fates(runs: Mapping[str, FacilityResults], ax: Axes | None = None) -> Axes:
    """Draw what becomes of the lots that are started, per year and on average over replications.

    Parameters
    ----------
    runs : results by the name of the plant, the first on top
    ax : where to draw; default: a new figure

    Returns
    -------
    the axes: a bar for each plant, in parts by what became of its lots, with their number where there is room
    """
    axes = new_axes(9.0, 1.9 + 0.55 * len(runs)) if ax is None else ax
    left = np.zeros(len(runs))
    counted = [_per_year(results) for results in runs.values()]
    whole = max(sum(row.values()) for row in counted)
    for fate, (label, color) in _FATES.items():
        widths = np.array([row[fate] for row in counted])
        if not widths.any():
            continue
        axes.barh(range(len(runs)), widths, left=left, height=0.6, color=color, label=label)
        for row, width in enumerate(widths):
            if width > 0.03 * whole:
                axes.text(left[row] + width / 2, row, f"{width:.1f}", ha="center", va="center", fontsize=9)
        left += widths
    axes.set_yticks(range(len(runs)), [plain(name) for name in runs])
    axes.set_ylim(len(runs) - 0.5, -0.5)
    axes.set_xlim(0.0, whole * 1.02)
    axes.set_xlabel("lots started per year")
    axes.legend(frameon=False, fontsize=8.5, ncols=3, loc="upper center", bbox_to_anchor=(0.4, -0.5 / len(runs) - 0.12))
    first = next(iter(runs.values()))
    headline(axes, f"{first.scenario.title or first.scenario.name}: what becomes of its lots")
    light_grid(axes, "x")
    return axes


def _per_year(results: FacilityResults) -> Counter[str]:
    """Return the lots per year by what became of them, over the window of all replications."""
    batches = [batch for account in results.accounts for batch in account.batches]
    start = results.first.start
    found = Counter(_fate(b) for b in batches if b.started >= start and b.disposition != "turned_away")
    years = len(results.accounts) * results.first.hours / YEAR
    return Counter({fate: count / years for fate, count in found.items()})


def _fate(batch: BatchRecord) -> str:
    if batch.disposition == "unfinished":
        return "under_way"
    if batch.disposition == "rejected":
        return "lost" if batch.manufactured is None else "failed"
    return "released" if batch.disposition == "finished" else batch.disposition
