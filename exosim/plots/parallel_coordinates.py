"""Points with many coordinates side by side: each point is a line across one axis for every factor and response."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.plots.style import GRAY, VERMILION, figure_of, headline, new_axes, plain, scientific, ticks_between
from exosim.study.factor import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Places: TypeAlias = NDArray[np.intp]
MOST_LINES = 2000
_LETTERS = 15
_ABREAST = 3
_COLORS = "viridis"


def parallel_coordinates(
    names: Sequence[str],
    values: Floats,
    *,
    color_by: str | None = None,
    highlight: Mapping[int, str] | None = None,
    logarithmic: Collection[str] = (),
    words: Mapping[str, Sequence[str]] | None = None,
    title: str = "",
) -> Axes:
    """Draw points as lines across parallel axes.

    Parameters
    ----------
    names : of the axes, with their units, from left to right
    values : shape (points, axes); points with a NaN are left out
    color_by : the axis whose values color the lines; default: the last one
    highlight : points that stand out, by their number, with what they are called
    logarithmic : axes of ratios
    words : what stands at 0, 1, 2 … of an axis of choices
    title : a sentence

    Raises
    ------
    ValueError
        when no point is without NaN, or an axis is not among the names.
    """
    strange = [name for name in (*logarithmic, *(words or {}), *([color_by] if color_by else [])) if name not in names]
    if strange:
        raise ValueError(f"no axis is called {strange[0]!r}: {', '.join(names)}")
    whole = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not whole.size:
        raise ValueError("no point has a value on every axis")
    shown = whole[np.linspace(0, whole.size - 1, min(whole.size, MOST_LINES)).round().astype(np.intp)]
    heights = np.stack(
        [_shares(values[:, n], values[whole, n], name in logarithmic) for n, name in enumerate(names)], 1
    )
    axes = new_axes(1.6 + 1.45 * len(names), 5.0)
    colored = names.index(color_by) if color_by else len(names) - 1
    _lines(axes, heights, values[:, colored], shown, names[colored], names[colored] in logarithmic)
    for place, name in enumerate(names):
        _axis(axes, place, values[whole, place], name in logarithmic, (words or {}).get(name))
    _highlight(axes, heights, highlight or {})
    axes.set_xlim(-0.15, len(names) - 0.85)
    axes.set_ylim(-0.04, 1.04)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    labels = [plain(textwrap.fill(name.replace("_", " ").replace(".", ": "), _LETTERS)) for name in names]
    axes.set_xticks(range(len(names)), labels, fontsize=8.5)
    axes.tick_params(axis="x", length=0, pad=8)
    headline(axes, title)
    told = f"Each line is a point; {shown.size:,} of {len(values):,} are drawn."
    told += "\n " * math.ceil(1.3 * math.ceil(len(highlight or {}) / _ABREAST))  # above the legend, which stands below
    figure_of(axes).supxlabel(told, x=0.01, ha="left", fontsize=8)
    return axes


def _shares(values: Floats, known: Floats, logarithmic: bool) -> Floats:
    """Return the place of values between the smallest and the largest that are drawn."""
    with np.errstate(all="ignore"):
        low, high = (np.log(v) if logarithmic else v for v in (known.min(), known.max()))
        at = np.log(values) if logarithmic else values
        return np.asarray((at - low) / (high - low)) if high > low else np.full(values.shape, 0.5)


def _lines(axes: Axes, heights: Floats, values: Floats, shown: Places, name: str, logarithmic: bool) -> None:
    """Draw the lines; the colors of the last axis are told by a bar beside it."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LogNorm, Normalize

    across = np.broadcast_to(np.arange(heights.shape[1], dtype=float), (shown.size, heights.shape[1]))
    own = values[shown]
    scale = LogNorm if logarithmic else Normalize
    lines = LineCollection(
        np.stack([across, heights[shown]], axis=-1).tolist(), array=own, cmap=_COLORS, norm=scale(own.min(), own.max()),
        linewidth=1.0, alpha=float(np.clip(40.0 / shown.size, 0.12, 0.8)),
    )  # fmt: skip
    axes.add_collection(lines)
    bar = figure_of(axes).colorbar(lines, ax=axes, fraction=0.025, pad=0.02, aspect=40)
    bar.set_label(plain(name.replace("_", " ")), fontsize=8.5)
    bar.ax.tick_params(labelsize=8)
    if bar.solids is not None:
        bar.solids.set_alpha(1.0)


def _axis(axes: Axes, place: int, known: Floats, logarithmic: bool, words: Sequence[str] | None) -> None:
    """Draw an axis with its numbers or words."""
    axes.plot([place, place], [0.0, 1.0], color="black", linewidth=0.9, zorder=4)
    low, high = float(known.min()), float(known.max())
    ticks = np.unique(known) if words else np.array(ticks_between(low, high, ratios=logarithmic))
    for tick, height in zip(ticks.tolist(), _shares(ticks, known, logarithmic).tolist(), strict=True):
        axes.plot([place - 0.02, place + 0.02], [height, height], color="black", linewidth=0.9, zorder=4)
        text = words[round(tick)] if words else _told(tick)
        axes.annotate(
            plain(text), (place, height), (4, 0), textcoords="offset points", fontsize=8, va="center", zorder=6,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75},
        )  # fmt: skip


def _told(value: float) -> str:
    if 9999.5 <= abs(value) < 1e5:
        return f"{value:,.0f}"
    return f"{value:,.4g}" if abs(value) < 1e5 else scientific(value)


def _highlight(axes: Axes, heights: Floats, points: Mapping[int, str]) -> None:
    """Draw points that stand out, named at their left ends."""
    styles = ("-", "--", ":", "-.")
    for number, (point, name) in enumerate(points.items()):
        axes.plot(
            np.arange(heights.shape[1]), heights[point], color=VERMILION if number < len(styles) else GRAY,
            linestyle=styles[number % len(styles)], linewidth=2.4, zorder=5, label=plain(name),
        )  # fmt: skip
    if points:
        figure_of(axes).legend(loc="outside lower center", ncols=_ABREAST, frameon=False, fontsize=8.5)
