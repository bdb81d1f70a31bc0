"""The picture of the validation page: every predicted interval over the published number, on a log axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from case import Row
from page import of_section, rows

from exosim.plots.style import BLUE, GRAY, VERMILION, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEFT, _RIGHT = 0.008, 40.0
_ROLES = {"calibration": " (prior)", "input": " (input)", "test": ""}


def validation(sections: Sequence[str] = ()) -> Axes:
    """Return the picture, of some sections of the page alone where they are named."""
    told = [row for name in sections for row in of_section(name)] if sections else rows()
    shown = [row for row in told if row.numeric and row.role in _ROLES]
    ax = new_axes(9.0, 1.2 + 0.17 * len(shown))
    for place, row in enumerate(shown):
        _draw(ax, place, row)
    ax.axvline(1.0, color=GRAY, linewidth=1.0, zorder=0)
    ax.set_xscale("log")
    ax.set_xlim(_LEFT, _RIGHT)
    ax.set_ylim(len(shown) - 0.3, -0.7)
    ax.set_yticks(range(len(shown)), [_label(row) for row in shown], fontsize=7.0)
    for tick, row in zip(ax.get_yticklabels(), shown, strict=True):
        tick.set_color("black" if row.inside else VERMILION)
    ax.set_xlabel("predicted over published: median and 90 % interval, published band as a bar")
    missed = sum(not row.inside for row in shown)
    ax.set_title(f"{len(shown)} published numbers: {missed} missed (orange)", loc="left", weight="bold")
    ax.grid(axis="x", color="#dddddd", linewidth=0.6)
    return ax


def _label(row: Row) -> str:
    outcome = row.outcome if len(row.outcome) < 62 else row.outcome[:60] + "…"
    return f"{row.case}  {outcome}{_ROLES[row.role]}"


def _draw(ax: Axes, place: int, row: Row) -> None:
    color, middle = BLUE if row.inside else VERMILION, row.published.middle
    if row.published.low is not None and row.published.high is not None and row.published.high > row.published.low:
        ends = row.published.low / middle, row.published.high / middle
        ax.plot(ends, [place, place], color="#cccccc", linewidth=5.0, solid_capstyle="butt", zorder=1)
    if row.median <= 0.0:  # nothing where something was published: an arrow to the left
        ax.plot([_LEFT * 1.1], [place], marker="<", color=color, markersize=5.0, zorder=3)
        return
    low, high = row.interval
    ax.plot([low / middle, high / middle], [place, place], color=color, linewidth=1.6, zorder=2)
    ax.plot([row.median / middle], [place], marker="o", color=color, markersize=3.6, zorder=3)
