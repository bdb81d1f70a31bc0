"""Platforms side by side: what more cells bring, and which limit binds at which size of vessel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exosim.plots.style import BLUE, GRAY, GREEN, ORANGE, PURPLE, SKY, VERMILION, new_grid, scientific

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, GRAY)
_LIMITS = {"surface": GRAY, "oxygen": BLUE, "glucose": ORANGE, "lactate": PURPLE, "ammonia": GREEN, "crowding": SKY}
_HELD = 1.1
_BINDS = 90.0


@dataclass(frozen=True, slots=True)
class CellNumbers:
    """What one platform yields over the number of cells, the vessel unchanged: a row per number, shape (numbers, draws).

    Attributes
    ----------
    cells : viable cells at the end of the collection
    titer : vesicles per milliliter at the end of an interval
    total : vesicles harvested
    """

    cells: NDArray[np.float64]
    titer: NDArray[np.float64]
    total: NDArray[np.float64]


def more_cells(platforms: Mapping[str, CellNumbers]) -> tuple[Axes, ...]:
    """Draw titer and total harvest over the number of cells, one line with its 5 to 95 % band per platform.

    A straight line of slope 1 would mean that every cell adds as much as the first; where re-uptake takes back what
    more cells secrete the line flattens.

    Returns
    -------
    the axes of the titer and of the total
    """
    left, right = new_grid(1, 2, 11.0, 5.0, sharex=True)
    for (name, found), color in zip(platforms.items(), _COLORS, strict=False):
        cells = np.median(found.cells, axis=1)
        for axes, values in ((left, found.titer), (right, found.total)):
            low, middle, high = np.quantile(values, (0.05, 0.5, 0.95), axis=1)
            axes.fill_between(cells, low, high, color=color, alpha=0.07, linewidth=0)
            axes.plot(cells, middle, color=color, marker="o", markersize=3.5, label=name)
    for axes, title, unit in ((left, "Titer at harvest", "EV/mL"), (right, "Harvested in a batch", "EV")):
        axes.set(xscale="log", yscale="log", title=title, ylabel=unit, xlabel="viable cells in the vessel")
        _proportional(axes)
    right.legend(loc="upper left", frameon=False, fontsize=9)
    return left, right


def _proportional(axes: Axes) -> None:
    """Draw the slope that cells of equal yield would give."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    start = bottom * 2.0
    axes.plot([left, right], [start, start * right / left], color=GRAY, linestyle=":", linewidth=1.0)
    middle = np.sqrt(left * right)
    axes.annotate(
        "every cell adds as much", (middle, start * middle / left), color=GRAY, fontsize=8, ha="left", va="top",
        xytext=(6, -6), textcoords="offset points",
    )  # fmt: skip
    axes.set(xlim=(left, right), ylim=(bottom, top))


@dataclass(frozen=True, slots=True)
class SizedVessel:
    """One real vessel: its name, its size, and how many times its cells every limit sustains (medians)."""

    name: str
    size: float
    headroom: Mapping[str, float]


def limits_by_size(platforms: Mapping[str, tuple[str, Sequence[SizedVessel]]]) -> tuple[Axes, ...]:
    """Draw how many times the cells of each real vessel every limit sustains: one panel for each platform.

    Parameters
    ----------
    platforms : by title, the unit of the size and the vessels

    Returns
    -------
    the axes of the panels; the limit that binds is a filled mark, the others are lines
    """
    columns = min(3, len(platforms))
    rows = -(-len(platforms) // columns)
    panels = new_grid(rows, columns, 3.9 * columns, 3.5 * rows, sharey=True)
    for axes, (title, (unit, vessels)) in zip(panels, platforms.items(), strict=False):
        ordered = sorted(vessels, key=lambda vessel: vessel.size)
        sizes = [vessel.size for vessel in ordered]
        for limit in dict.fromkeys(name for vessel in ordered for name in vessel.headroom):
            values = [vessel.headroom.get(limit, np.nan) for vessel in ordered]
            axes.plot(sizes, values, color=_LIMITS.get(limit, GRAY), linewidth=1.4, label=limit)
        for vessel in ordered:
            limit, least = min(vessel.headroom.items(), key=lambda item: item[1])
            axes.plot(vessel.size, least, "o", color=_LIMITS.get(limit, GRAY), markersize=6)
            axes.annotate(
                vessel.name, (vessel.size, least), rotation=_BINDS, fontsize=6.5, color=GRAY, ha="center", va="bottom",
                xytext=(0, 6), textcoords="offset points",
            )  # fmt: skip
        axes.axhspan(1e-3, _HELD, color=GRAY, alpha=0.10, linewidth=0)
        axes.set(xscale="log", yscale="log", title=title, xlabel=unit, ylim=(0.5, 300.0))
    for axes in panels[::columns]:
        axes.set_ylabel("cells sustained over cells there")
    for axes in panels[len(platforms) :]:
        axes.set_visible(False)
    handles = {}
    for axes in panels[: len(platforms)]:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    panels[0].legend(handles.values(), handles, loc="upper left", frameon=False, fontsize=8, ncols=2)
    return tuple(panels[: len(platforms)])
