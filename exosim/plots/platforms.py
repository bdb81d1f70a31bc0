"""Platforms side by side: what more cells bring, and which limit binds at which size of vessel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exosim.plots.style import BLUE, GRAY, GREEN, ORANGE, PURPLE, SKY, VERMILION, new_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, GRAY)
_LIMITS = {"surface": GRAY, "density": SKY, "oxygen": BLUE, "glucose": ORANGE, "lactate": PURPLE, "ammonia": GREEN}
_HELD, _LEFT, _RIGHT = 1.1, 0.5, 1000.0


@dataclass(frozen=True, slots=True)
class CellNumbers:
    """What one platform yields over the number of cells in one vessel; arrays of shape (numbers, draws).

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


def limits_by_size(platforms: Mapping[str, Sequence[SizedVessel]]) -> Axes:
    """Draw how many times the cells of each real vessel every limit sustains: a row for each vessel, by size.

    Parameters
    ----------
    platforms : the vessels of each platform, by its name

    Returns
    -------
    the axes: a mark for each limit, the one that binds filled; to the left of 1 a limit would not sustain the cells
    """
    count = sum(len(vessels) for vessels in platforms.values()) + len(platforms)
    (axes,) = new_grid(1, 1, 9.0, 0.26 * count + 1.2)
    row, ticks, drawn = 0, dict[float, str](), set[str]()
    for platform, vessels in platforms.items():
        axes.text(_LEFT, row, f" {platform}", weight="bold", fontsize=9.5, va="center")
        for vessel in sorted(vessels, key=lambda one: one.size):
            row -= 1
            ticks[row] = vessel.name
            drawn |= set(vessel.headroom)
            _row(axes, row, vessel.headroom)
        row -= 1
    axes.axvspan(_LEFT, _HELD, color=GRAY, alpha=0.12, linewidth=0)
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=8)
    axes.set(xscale="log", xlim=(_LEFT, _RIGHT), ylim=(row + 0.5, 0.8))
    axes.set_xlabel("cells that the limit sustains, over the cells that are there")
    for limit in (name for name in _LIMITS if name in drawn):
        axes.plot([], [], "o", color=_LIMITS[limit], label=limit)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(_LIMITS), frameon=False, fontsize=9)
    axes.grid(axis="x", color=GRAY, alpha=0.2)
    return axes


def _row(axes: Axes, row: float, headroom: Mapping[str, float]) -> None:
    """Draw the limits of one vessel: open marks, and a large filled one for the least."""
    least = min(headroom, key=lambda limit: headroom[limit])
    axes.plot([max(headroom[least], _LEFT), _RIGHT], [row, row], color=GRAY, linewidth=0.6, alpha=0.5)
    for limit, value in headroom.items():
        color = _LIMITS.get(limit, GRAY)
        face = color if limit == least else "white"
        shown = max(value, 1.1 * _LEFT)
        form = "o" if value > _LEFT else "<"  # beyond the picture
        axes.plot(shown, row, form, markeredgecolor=color, markerfacecolor=face, markersize=7 if limit == least else 5)
