"""What must be true for a goal: maps of its probability with the line where it is just reached, and the way there."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from exosim.plots.style import BLUE, GRAY, VERMILION, figure_of, light_grid, new_grid, plain, scientific
from exosim.study.target_words import change_in_words, goal_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

    from exosim.study.factor import Factor, Floats
    from exosim.study.iso_surface import IsoSurface
    from exosim.study.target import Target
    from exosim.study.target_answer import Answer

_LEVELS = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0])
_TICKS = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0])
_LETTERS = {1: 72, 2: 104, 3: 138}
_OUTLINED: dict[str, Any] = {
    "markeredgecolor": "black", "markeredgewidth": 1.2, "zorder": 8, "clip_on": False, "linestyle": "none",
}  # fmt: skip
_SHORT = 0.06
"""Of the axes: a way shorter than that has no arrow."""
_GREENS = ["#FFFFFF", "#D9E8D3", "#8FC1A0", "#3F8F72"]
_BLUES = ["#F7F7F7", "#C9DCEB", "#7FB0D3", "#2F6EA3"]


def target_surface(found: Target) -> Axes:
    """Draw the probability of the goal over pairs of factors, all others at the base.

    The thick line is where the goal is just reached. The arrow is the smallest change of both factors, from the base
    (circle); diamonds are what one of them must be if it is moved alone. Where nothing reaches the goal, by how much it
    is missed is drawn instead, with a cross where both come nearest.

    Parameters
    ----------
    found : of :func:`exosim.study.target.target`, with at least one map
    """
    count = len(found.surfaces)
    grid = new_grid(1, count, (7.6, 11.0, 14.5)[count - 1], 5.8 if count == 1 else 5.2)
    filling = _filling(found)
    for axes, surface in zip(grid, found.surfaces, strict=True):
        filled = _map(axes, found, surface, filling)
        _line(axes, found, surface)
        _marks(axes, found, surface)
    figure = figure_of(grid[0])
    bar = figure.colorbar(filled, ax=grid, label=filling.label, ticks=filling.ticks, pad=0.02)
    if filling.of_probability and found.probability < 1.0:
        bar.ax.axhline(found.probability, color=VERMILION, linewidth=2.5)
    figure.suptitle(
        plain(textwrap.fill(_title(found), _LETTERS[count])), x=0.01, ha="left", weight="bold", fontsize=11.5
    )
    handles = {label: one for a in grid for one, label in zip(*a.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower left", ncols=5, fontsize=9, frameon=False)
    return grid[0]


def target_profiles(found: Target) -> Axes:
    """Draw the probability of the goal along each factor alone, from what the search asked there.

    Parameters
    ----------
    found : of :func:`exosim.study.target.target`
    """
    count = len(found.factors)
    columns = min(count, 3)
    rows = -(-count // columns)
    grid = new_grid(rows, columns, max(6.4, 1.2 + 3.6 * columns), 1.2 + 2.9 * rows, sharey=True)
    for n, (axes, factor) in enumerate(zip(grid, found.factors, strict=False)):
        _profile(axes, found, n, factor)
        if n % columns:
            axes.set_ylabel("")
    for axes in grid[count:]:
        axes.set_visible(False)
    goal = f"What one factor alone does for {goal_in_words(found)} (dashed); all others at the base (circle)"
    letters = int(10.5 * figure_of(grid[0]).get_figwidth())
    figure_of(grid[0]).suptitle(plain(textwrap.fill(goal, letters)), x=0.01, ha="left", weight="bold", fontsize=11.5)
    return grid[0]


def _title(found: Target) -> str:
    goal = goal_in_words(found)
    if found.base.reaches:
        return f"The base meets {goal}; beyond the line it is lost"
    if not found.answers:
        return f"Nothing within these ranges reaches {goal}"
    return f"{_capital(change_in_words(found, found.answers[0]))}: the smallest change to {goal}"


def _capital(text: str) -> str:
    return text if "." in text.split(" ", 1)[0] else text[:1].upper() + text[1:]


@dataclass(frozen=True)
class _Filling:
    """What maps are filled with: the probability, or the margin where that says nothing."""

    of_probability: bool
    label: str
    levels: Floats
    ticks: Floats
    colors: list[str]

    def of(self, surface: IsoSurface) -> Floats:
        return surface.probability if self.of_probability else surface.margin


def _filling(found: Target) -> _Filling:
    from matplotlib.ticker import MaxNLocator

    if found.base.reaches or found.answers:
        return _Filling(True, "probability that the goal is met", _LEVELS, _TICKS, _GREENS)
    known = np.concatenate([_finite(surface.margin) for surface in found.surfaces])
    ends = (float(known.min()), float(known.max())) if known.size else (-1.0, 0.0)
    told = "share of the draws above what is needed" if found.yes_or_no else "margin in units of the limit (0: reached)"
    levels = np.asarray(MaxNLocator(nbins=11).tick_values(*ends))
    return _Filling(False, told, levels, levels, _BLUES)


def _map(axes: Axes, found: Target, surface: IsoSurface, filling: _Filling) -> ScalarMappable:
    """Fill the plane; what is not possible stays gray."""
    from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap

    colors = LinearSegmentedColormap.from_list("filling", filling.colors)
    first, second = found.factors[surface.first], found.factors[surface.second]
    _scale(axes, first, "x")
    _scale(axes, second, "y")
    axes.set_facecolor("#CCCCCC")
    shown, norm = np.ma.masked_invalid(filling.of(surface)).T, BoundaryNorm(filling.levels, colors.N)
    if first.choices or second.choices:  # nothing lies between two words
        return axes.pcolormesh(surface.x, surface.y, shown, cmap=colors, norm=norm, shading="nearest")
    drawn = axes.contourf(surface.x, surface.y, shown, levels=filling.levels, cmap=colors, norm=norm)
    axes.set_xlim(surface.x[0], surface.x[-1])
    axes.set_ylim(surface.y[0], surface.y[-1])
    return drawn


def _scale(axes: Axes, factor: Factor, side: str) -> None:
    """Label an axis; a logarithmic one with numbers as they are written, choices with their words."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    axis = axes.xaxis if side == "x" else axes.yaxis
    (axes.set_xlabel if side == "x" else axes.set_ylabel)(plain(factor.label))
    if factor.choices:
        axis.set_ticks(range(len(factor.choices)), [str(choice) for choice in factor.choices])
    elif factor.scale == "log":
        (axes.set_xscale if side == "x" else axes.set_yscale)("log")
        decades = math.log10(factor.high / factor.low)
        few = MaxNLocator(nbins=5) if decades < 0.6 else LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2.5 else (1.0,))
        axis.set_major_locator(few)
        axis.set_major_formatter(FuncFormatter(lambda value, _: scientific(value)))
        axis.set_minor_formatter(NullFormatter())
    elif factor.whole:
        axis.set_major_locator(MaxNLocator(integer=True))


def _line(axes: Axes, found: Target, surface: IsoSurface) -> None:
    """Draw where the goal is just reached: where the margin is zero; beside words as a mark for each of them."""
    words = [bool(found.factors[n].choices) for n in (surface.first, surface.second)]
    if any(words):
        marker = "|" if words[1] else "_"
        axes.plot(*surface.line.T, marker, color=VERMILION, markersize=26, markeredgewidth=2.6, zorder=5,
                  label="the goal is just reached")  # fmt: skip
        return
    margin = np.ma.masked_invalid(surface.margin)
    if (_finite(surface.margin) >= 0.0).any() and (_finite(surface.margin) < 0.0).any():
        axes.contour(surface.x, surface.y, margin.T, levels=[0.0], colors=VERMILION, linewidths=2.6, zorder=5)
        axes.plot([], [], color=VERMILION, linewidth=2.6, label="the goal is just reached")


def _finite(margin: Floats) -> Floats:
    return margin[np.isfinite(margin)]


def _marks(axes: Axes, found: Target, surface: IsoSurface) -> None:
    """Draw the base, what each factor alone must be, and the smallest change of both."""
    pair = [surface.first, surface.second]
    base = [found.base.point[n] for n in pair]
    axes.plot(base[0], base[1], "o", color="white", markersize=10, label="base", **_OUTLINED)
    for answer in found.answers:
        if len(answer.moved) == 1 and answer.moved[0] in pair:
            x, y = (answer.point[n] for n in pair)
            axes.plot(x, y, "D", color=BLUE, markersize=8, label="one factor alone", **_OUTLINED)
    for miss in found.misses:
        if set(miss.moved) == set(pair):
            x, y = (miss.point[n] for n in pair)
            axes.plot(x, y, "X", color=VERMILION, markersize=11, label="nearest", **_OUTLINED)
    both = _of_both(found, surface)
    if both is None:
        reached = found.base.reaches or any(set(a.moved) <= set(pair) for a in found.answers)
        axes.set_title("" if reached else "not reached here", fontsize=9.5, loc="left", weight="normal")
        return
    x, y = (both.point[n] for n in pair)
    way = axes.transAxes.inverted().transform(axes.transData.transform([(x, y), base]))
    if np.hypot(*(way[0] - way[1])) > _SHORT:
        arrow = {
            "arrowstyle": "-|>",
            "color": "black",
            "linewidth": 2.0,
            "mutation_scale": 16,
            "shrinkA": 6,
            "shrinkB": 3,
        }
        axes.annotate("", (x, y), (base[0], base[1]), arrowprops=arrow, zorder=7)
    axes.plot(x, y, "*", color="black", markersize=11, zorder=9, linestyle="none", clip_on=False,
              label="smallest change of both")  # fmt: skip
    axes.set_title(f"smallest change of both: size {both.size:.3g}", fontsize=9.5, loc="left", weight="normal")


def _of_both(found: Target, surface: IsoSurface) -> Answer | None:
    pair = {surface.first, surface.second}
    return next((answer for answer in found.answers if set(answer.moved) == pair), None)


def _profile(axes: Axes, found: Target, n: int, factor: Factor) -> None:
    values, probability, _ = found.profiles[n].T
    known = np.isfinite(probability)
    _scale(axes, factor, "x")
    axes.set_ylabel("probability of the goal")
    axes.set_ylim(-0.03, 1.03)
    axes.plot(values[known], probability[known], ".-", color=BLUE, linewidth=1.4, markersize=4)
    axes.axhline(found.probability, color=GRAY, linestyle="--", linewidth=1.2)
    base = found.base.probability
    if base is not None:
        axes.plot(found.base.point[n], base.mean, "o", color="white", markersize=9, **_OUTLINED)
    for answer in found.answers:
        if answer.moved == (n,) and answer.probability is not None:
            axes.plot(answer.point[n], answer.probability.mean, "D", color=BLUE, markersize=8, **_OUTLINED)
    light_grid(axes, "y")
