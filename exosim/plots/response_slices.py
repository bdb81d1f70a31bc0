"""Responses over the range of each factor alone, as small multiples: the picture of the benchmark table."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.style import (
    BLUE,
    GRAY,
    VERMILION,
    figure_of,
    light_grid,
    new_grid,
    plain,
    scientific,
    ticks_between,
)
from exosim.study.effect import NO_EFFECT, Effect
from exosim.study.effects import STATISTICS, Effects, Slice
from exosim.study.factor import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

MOST_FACTORS, MOST_RESPONSES = 5, 4
_WIDE = 30.0
"""Ratio of the ends of a band above which a response is shown on an axis of ratios."""
_LETTERS = 22
_COURSES = {
    "rises": "rises", "falls": "falls", "turns": "turns", "differs": "differs", "flat": "no effect",
    "noise": "not told from noise", "unknown": "no interval",
}  # fmt: skip


def response_slices(
    found: Effects, responses: tuple[str, ...] | None = None, factors: tuple[str, ...] | None = None
) -> tuple[Axes, ...]:
    """Draw responses against each factor with everything else at the base.

    Parameters
    ----------
    found : of :func:`exosim.study.effects.effects`
    responses, factors : names and paths; default: the first four responses, and the five factors with the largest
        effects

    Returns
    -------
    the axes, a row for each response and a column for each factor. A line joins the medians at the levels, the band is
    5 to 95 % of the draws; a ring marks the base. Lines are blue where the effect is sure, else gray.
    """
    names = responses or tuple(response.name for response in found.responses)[:MOST_RESPONSES]
    paths = factors or _largest(found, names)
    slices = {one.factor.path: one for one in found.slices}
    known = [response.name for response in found.responses]
    panels = new_grid(len(names), len(paths), 1.2 + 2.35 * len(paths), 1.2 + 2.15 * len(names), sharey=False)
    for row, name in enumerate(names):
        place = known.index(name)
        effects = {effect.factor: effect for effect in found.of(name)}
        own = panels[row * len(paths) : (row + 1) * len(paths)]
        for axes, path in zip(own, paths, strict=True):
            _panel(axes, slices[path], place, effects[path], found, last=row == len(names) - 1)
        _share_scale(own, found, place)
        own[0].set_ylabel(plain(textwrap.fill(found.responses[place].label.replace("_", " "), _LETTERS)), fontsize=9)
    _tell(panels[0], found, len(paths))
    return tuple(panels)


def _largest(found: Effects, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the factors with the largest effects on any of the responses."""
    best = {factor.path: (True, len(found.factors) + 1) for factor in found.factors}
    for row in found.rows:
        if row.response in names:
            best[row.factor] = min(best[row.factor], (row.course in NO_EFFECT, row.rank))
    order = [factor.path for factor in found.factors]
    return tuple(sorted(best, key=lambda path: (*best[path], order.index(path)))[:MOST_FACTORS])


def _panel(axes: Axes, one: Slice, place: int, effect: Effect, found: Effects, *, last: bool) -> None:
    lines = _lines_of(found, place)
    low, middle, high = one.levels[place, lines]
    base = next(float(b) for f, b in zip(found.factors, found.base, strict=True) if f.path == one.factor.path)
    color = GRAY if effect.course in NO_EFFECT else BLUE
    if one.factor.choices:
        axes.errorbar(one.values, middle, [middle - low, high - middle], fmt="o", color=color, capsize=4, linewidth=1.4)
        axes.set_xticks(one.values, [plain(textwrap.fill(str(choice), 10)) for choice in one.factor.choices])
        axes.set_xlim(-0.5, len(one.values) - 0.5)
    else:
        order, (low, middle, high) = _with_base(one.values, one.levels[place, lines], base, found.at_base[place, lines])
        axes.fill_between(order, low, high, color=color, alpha=0.18, linewidth=0)
        axes.plot(order, middle, color=color, linewidth=1.8)
        axes.plot(one.values, one.levels[place, lines[1]], ".", color=color)
    axes.plot(
        [base], [found.at_base[place, lines[1]]], "o", markersize=9, markerfacecolor="none",
        markeredgecolor=VERMILION, markeredgewidth=1.8, zorder=5,
    )  # fmt: skip
    if one.factor.scale == "log":
        axes.set_xscale("log")
        _round_ticks(axes.xaxis, *axes.get_xlim())
    axes.tick_params(labelsize=8)
    light_grid(axes, "y")
    axes.set_title(_title(effect), loc="left", fontsize=8.5, weight="normal", color="black" if color == BLUE else GRAY)
    if last:
        path, sign, unit = one.factor.label.partition(" [")
        words = path.replace("_", " ").replace(".", ": ")
        axes.set_xlabel(plain(textwrap.fill(f"{words}{sign}{unit}", _LETTERS)), fontsize=9)


def _title(effect: Effect) -> str:
    """Return what an effect is in few words, such as ``rises, +118 % of base``."""
    word = _COURSES[effect.course]
    if effect.course in NO_EFFECT or effect.course == "turns" or effect.relative is None:
        return word
    share = 100.0 * effect.relative
    return f"{word}, {share:+,.0f} % of base" if abs(share) >= 0.95 else f"{word}, {share:+.1g} % of base"


def _lines_of(found: Effects, place: int) -> list[int]:
    """Return which statistics are drawn: 5 %, the one that counts, and 95 %; of what is 1 or 0 its share alone."""
    if found.by[found.responses[place].name] == "median":
        return [0, 1, 2]
    ends = np.concatenate([one.levels[place, [0, 2]].ravel() for one in found.slices])
    mean = STATISTICS.index("mean")
    return [mean] * 3 if np.isin(ends[np.isfinite(ends)], (0.0, 1.0)).all() else [0, mean, 2]


def _with_base(values: Floats, levels: Floats, base: float, at_base: Floats) -> tuple[Floats, Floats]:
    """Return the levels of a response, shape (3, levels), with the base where it is within the range."""
    if base in values or not values[0] < base < values[-1]:
        return values, levels
    at = int(np.searchsorted(values, base))
    return np.insert(values, at, base), np.insert(levels, at, at_base, axis=1)


def _share_scale(panels: list[Axes], found: Effects, place: int) -> None:
    """Give all panels of a response one axis, of ratios where it spans far."""
    values = np.concatenate([one.levels[place, _lines_of(found, place)].ravel() for one in found.slices])
    values = values[np.isfinite(values)]
    ratios = bool(values.size) and values.min() > 0.0 and values.max() > _WIDE * values.min()
    for axes in panels:
        axes.set_yscale("log" if ratios else "linear")
    limits = [axes.get_ylim() for axes in panels]
    low, high = min(limit[0] for limit in limits), max(limit[1] for limit in limits)
    for number, axes in enumerate(panels):
        axes.set_ylim(low, high)
        _round_ticks(axes.yaxis, low, high, ratios=ratios)
        axes.tick_params(axis="y", labelleft=number == 0)


def _round_ticks(axis: Axis, low: float, high: float, *, ratios: bool = True) -> None:
    """Put round numbers, written plainly, on an axis."""
    ticks = ticks_between(low, high, ratios=ratios)
    axis.set_ticks(ticks, [f"{tick:,.10g}" if abs(tick) < 1e6 else scientific(tick) for tick in ticks])
    axis.set_ticks([], minor=True)


def _tell(axes: Axes, found: Effects, shown: int) -> None:
    figure = figure_of(axes)
    width = int(10.0 * figure.get_figwidth())
    title = f"{found.name.replace('_', ' ')}: what each factor does alone, over its range"
    figure.suptitle(plain(textwrap.fill(title, width)), x=0.01, ha="left", weight="bold", fontsize=11)
    means = [name.replace("_", " ") for name, by in found.by.items() if by == "mean"]
    shares = f" (mean of {' and '.join(means)})" if means else ""
    more = f" {len(found.factors) - shown} other factors do less." if shown < len(found.factors) else ""
    told = (
        f"Lines: median of {found.draws:,} draws{shares}, bands 5 to 95 % of them, the same draws at every level. "
        f"Rings: the base, where all other factors stand. Gray: no effect that is sure.{more}"
    )
    figure.supxlabel(textwrap.fill(told, int(1.35 * width)), x=0.01, ha="left", fontsize=8)
