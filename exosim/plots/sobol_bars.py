"""Sobol' indices as bars: the share of the variance of an answer that comes from each factor, alone and in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exosim.plots.factor_rows import FAINT, frame, height_of, leading, name_rows, shown_factors
from exosim.plots.style import BLUE, GRAY, SKY, new_axes, plain
from exosim.study.sobol_indices import Indices

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.factor import Floats
    from exosim.study.ranked import Flags
    from exosim.study.sensitivity import Sensitivity

_THICK, _ROW, _AROUND = 0.36, 0.46, 1.9


def sobol_bars(found: Sensitivity, question: int = 0) -> Axes:
    """Draw first-order and total index of each factor with their 95 % intervals, what matters most on top.

    An index whose interval reaches 0 is gray.

    Parameters
    ----------
    found : of the method ``sobol``
    question : its number, from 0

    Raises
    ------
    TypeError
        when it was found by another method.
    """
    indices = found.found[question]
    if not isinstance(indices, Indices):
        raise TypeError(f"bars of indices are drawn of the method sobol, not of {found.method}")
    shown = shown_factors(indices)
    axes = new_axes(9.0, _AROUND + _ROW * height_of(shown))
    _draw(axes, shown, (indices.first, indices.first_low, indices.first_high), indices.first_noise, BLUE, 0.5)
    _draw(axes, shown, (indices.total, indices.total_low, indices.total_high), indices.noise, SKY, -0.5)
    axes.axvline(0.0, color="black", linewidth=0.9, zorder=2)
    name_rows(axes, found, shown)
    _write_around(axes, found, question, indices, shown)
    return axes


def _draw(
    axes: Axes, shown: list[int], index: tuple[Floats, Floats, Floats], noise: Flags, color: str, side: float
) -> None:
    """Draw the bars of one order with their whiskers, above or below the middle of the rows."""
    for row, place in enumerate(shown):
        middle, low, high = (float(values[place]) for values in index)
        y, faint = -row + side * _THICK, bool(noise[place])
        axes.barh(y, middle, _THICK, color=GRAY if faint else color, alpha=FAINT if faint else 1.0, zorder=3)
        axes.plot([low, high], [y, y], color="black", linewidth=1.1, marker="|", markersize=5, zorder=4)


def _write_around(axes: Axes, found: Sensitivity, question: int, indices: Indices, shown: list[int]) -> None:
    from matplotlib.patches import Patch

    asked = found.asked[question].label
    axes.set_xlabel(plain(f"share of the variance of the {asked}"))
    handles = [
        Patch(color=BLUE, label="first order: alone"),
        Patch(color=SKY, label="total: alone and together with others"),
    ]
    if any(indices.noise[place] or indices.first_noise[place] for place in shown):
        handles.append(Patch(color=GRAY, alpha=FAINT, label="noise: the interval reaches 0"))
    axes.legend(handles=handles, fontsize=8.5, frameon=False, loc="lower right")
    first = leading(found, indices)
    end = f"comes most from {first}" if first else "is not told apart from noise in any factor"
    points = f"{len(found.answers.points):,} points"
    told = f"Sobol' indices from {found.samples:,} samples ({points}). Whiskers: 95 % intervals."
    frame(axes, found, indices, shown, f"the variance of the {asked} {end}", told)
