"""The design space as a map: how probable it is to meet everything, where that is shown, and what fails beyond."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    figure_of,
    new_axes,
    new_grid,
    plain,
    scientific,
)
from exosim.study.design_space import from_share
from exosim.study.space_words import percent, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import QuadContourSet

    from exosim.study.design_space import DesignSpace
    from exosim.study.factor import Factor, Floats

_COLORS = (VERMILION, BLUE, ORANGE, PURPLE, GREEN, SKY)
_LEVELS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
_MOST_MAPS = 6
_PAPER = "white"
_FINER = 8
"""Lines that are drawn for each line of the grid, where a band is narrower than the grid."""
_LETTERS_OF_TITLE = 82


def design_space(found: DesignSpace) -> Axes:
    """Draw the probability that all conditions are met together over both factors.

    The thick line is the edge of failure, in the color of the condition that fails most often there. In the hatched
    band around it the draws neither show the level nor rule it out; inside of it is the design space. The rectangle is
    the proposed operating range, the cross the base point with the proven acceptable ranges as its arms.

    Parameters
    ----------
    found : of :func:`exosim.study.space.space`
    """
    axes = new_axes(9.0, 6.4)
    filled = _map(axes, found, found.joint.probability)
    figure_of(axes).colorbar(filled, ax=axes, label="probability that all is met", ticks=_LEVELS[::2], pad=0.02)
    _band(axes, found)
    _edge(axes, found)
    _range(axes, found)
    _base(axes, found)
    _legend(axes)
    _words(axes, found)
    return axes


def condition_maps(found: DesignSpace) -> Axes | None:
    """Draw the probability of each condition by itself: those that fail most, at most six; None where none ever fails.

    Parameters
    ----------
    found : of :func:`exosim.study.space.space`
    """
    lowest = [part.lowest for part in found.parts()]
    shown = [place for place in np.argsort(lowest, kind="stable").tolist() if lowest[place] < 1.0][:_MOST_MAPS]
    if not shown:
        return None
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    grid = new_grid(rows, columns, 1.2 + 3.3 * columns, 0.9 + 2.9 * rows, sharex=True, sharey=True)
    for axes, place in zip(grid, sorted(shown), strict=False):
        filled = _map(axes, found, found.each[place])
        _line(axes, found, found.each[place], "black")
        axes.plot(*found.base, "+", color="black", markersize=9)
        axes.set_title(plain(textwrap.fill(found.names[place], 34)), fontsize=9, loc="left")
    for axes in grid[len(shown) :]:
        axes.set_visible(False)
    for place, axes in enumerate(grid):
        axes.label_outer()
        if place % columns:
            axes.set_ylabel("")
    figure = figure_of(grid[0])
    figure.colorbar(filled, ax=grid, label="probability that it is met", ticks=_LEVELS[::2], pad=0.02)
    figure.suptitle(
        f"What fails where; line: {percent(found.level)}, cross: base point", x=0.01, ha="left", weight="bold"
    )
    return grid[0]


def _map(axes: Axes, found: DesignSpace, probability: Floats) -> QuadContourSet:
    """Fill the plane with a probability; what is not possible stays gray."""
    from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap

    colors = LinearSegmentedColormap.from_list("probability", ["#FFFFFF", "#D9E8D3", "#8FC1A0", "#3F8F72"])
    one, other = found.factors
    _scale(axes, one, other)
    axes.set_facecolor("#CCCCCC")
    drawn = axes.contourf(
        found.x, found.y, np.ma.masked_invalid(probability).T, levels=_LEVELS, cmap=colors,
        norm=BoundaryNorm(_LEVELS, colors.N),
    )  # fmt: skip
    axes.set_xlim(found.x[0], found.x[-1])
    axes.set_ylim(found.y[0], found.y[-1])
    return drawn


def _scale(axes: Axes, one: Factor, other: Factor) -> None:
    """Label the axes; a logarithmic one with numbers as they are written."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    axes.set_xlabel(plain(one.label))
    axes.set_ylabel(plain(other.label))
    axes.set_xscale(one.scale)
    axes.set_yscale(other.scale)
    for factor, axis in ((one, axes.xaxis), (other, axes.yaxis)):
        if factor.scale == "log":
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: scientific(value)))
            axis.set_minor_formatter(NullFormatter())
        elif factor.whole:
            axis.set_major_locator(MaxNLocator(integer=True))


def _band(axes: Axes, found: DesignSpace) -> None:
    """Draw the border of the design space, and hatch where the draws neither show the level nor rule it out."""
    x, y, (lower, upper) = _finer(found, np.stack([found.joint.at_least, found.joint.at_most]))
    undecided = (lower < found.level) & (upper >= found.level)
    if undecided.any():
        hatched = axes.contourf(
            x, y, undecided.T.astype(float), levels=[0.5, 1.5], colors="none", hatches=["////"], corner_mask=False
        )
        hatched.set_edgecolor(GRAY)
        hatched.set_linewidth(0.0)
        label = f"undecided at {percent(found.confidence)} confidence"
        axes.fill([], [], facecolor="none", edgecolor=GRAY, hatch="////", linewidth=0.0, label=label)
    if (lower >= found.level).any() and not (lower >= found.level).all():
        axes.contour(x, y, lower.T, levels=[found.level], colors="black", linewidths=1.0, linestyles="dashed")
        axes.plot([], [], "--", color="black", linewidth=1.0, label="border of the design space")


def _finer(found: DesignSpace, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return finer grid lines, and values there: shape (values, x, y)."""
    shares = [factor.share(lines) for factor, lines in zip(found.factors, (found.x, found.y), strict=True)]
    counts = [np.arange(_FINER * (own.size - 1) + 1) / _FINER for own in shares]
    finer = [np.interp(count, np.arange(own.size), own) for count, own in zip(counts, shares, strict=True)]
    x, y = (from_share(factor, own) for factor, own in zip(found.factors, finer, strict=True))
    return x, y, found.between(values, *np.meshgrid(x, y, indexing="ij"))


def _line(axes: Axes, found: DesignSpace, values: Floats, color: str) -> list[Floats]:
    """Draw where values are the level; return its lines, each of shape (points, 2)."""
    known = np.ma.masked_invalid(values)
    if not (known.min() < found.level <= known.max()):
        return []
    drawn = axes.contour(found.x, found.y, known.T, levels=[found.level], colors=color, linewidths=1.2)
    return [np.asarray(line) for line in drawn.allsegs[0] if len(line) > 1]


def _edge(axes: Axes, found: DesignSpace) -> None:
    """Draw the edge of failure, each piece in the color of the condition that fails most often there."""
    from matplotlib.collections import LineCollection

    lines = _line(axes, found, found.joint.probability, _PAPER)
    if not lines:
        return
    pieces = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in lines])
    middle = pieces.mean(axis=1)
    binding = found.binding_at(middle[:, 0], middle[:, 1])
    for rank, place in enumerate(dict.fromkeys(binding.tolist())):
        label = plain(f"edge of failure, {percent(found.level)}: {found.names[place]} fails most")
        color = _COLORS[rank % len(_COLORS)]
        own = pieces[binding == place].tolist()
        axes.add_collection(LineCollection(own, colors=color, linewidths=3.0, zorder=4, capstyle="round", label=label))


def _range(axes: Axes, found: DesignSpace) -> None:
    from matplotlib.patches import Rectangle

    if found.operating_range is None:
        return
    one, other = found.operating_range.ranges
    sides = one.high - one.low, other.high - other.low
    label = "proposed operating range"
    axes.add_patch(Rectangle((one.low, other.low), *sides, fill=False, linewidth=1.8, zorder=5, label=label))


def _base(axes: Axes, found: DesignSpace) -> None:
    """Draw the base point, with the proven acceptable ranges as its arms."""
    x, y = found.base
    across, up = found.proven
    label = "proven acceptable range, the other factor at the base"
    if across is not None:
        axes.plot([across.low, across.high], [y, y], "|-", color="black", linewidth=0.9, markersize=9, zorder=5,
                  label=label)  # fmt: skip
    if up is not None:
        axes.plot([x, x], [up.low, up.high], "_-", color="black", linewidth=0.9, markersize=9, zorder=5,
                  label=None if across is not None else label)  # fmt: skip
    if found.base_in_range:
        axes.plot(x, y, "D", color="black", markerfacecolor=_PAPER, markersize=7, zorder=6, label="base point")


def _legend(axes: Axes) -> None:
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        figure_of(axes).legend(handles=handles, loc="outside lower left", ncols=2, fontsize=8.5, frameon=False)


def _words(axes: Axes, found: DesignSpace) -> None:
    """Set the answer as the title, and below it what it rests on."""
    answer = f"{found.name.replace('_', ' ')}: {title(found)}" if found.name else title(found)
    unbroken = answer.replace(" %", "\N{NO-BREAK SPACE}%")
    axes.set_title(plain(textwrap.fill(unbroken, _LETTERS_OF_TITLE)), loc="left", weight="bold", pad=16)
    told = (
        f"{found.draws:,} draws, the same at every point; the design space is where {percent(found.level)} is shown at "
        f"{percent(found.confidence)} confidence"
    )
    axes.annotate(
        told, (0.0, 1.0), (0, 3), xycoords="axes fraction", textcoords="offset points", fontsize=8, color=GRAY,
        va="bottom", annotation_clip=False,
    )  # fmt: skip
