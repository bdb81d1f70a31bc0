"""The size distribution before and after each step, as small multiples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.style import BLUE, GRAY, figure_of, new_grid, plain
from exosim.results import Yields
from exosim.size_spectra import Floats, Spectrum, size_spectra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 3
_TICKS = (30, 50, 100, 200, 400)


def size_steps(yields: Yields) -> tuple[Axes, ...]:
    """Draw the vesicles by diameter before and after each step, one panel a step.

    Parameters
    ----------
    yields : results of a process whose product is vesicles

    Returns
    -------
    the axes of the panels, all on one scale: vesicles per decade of diameter as shares of the vesicles in the first
    panel, draw by draw; lines are medians over the draws, the band is the 5 to 95 % interval after the step

    Raises
    ------
    ValueError
        when no step has vesicles.
    """
    spectra = size_spectra(yields)
    if not spectra:
        raise ValueError("no step of this recipe has vesicles")
    rows = math.ceil(len(spectra) / _COLUMNS)
    panels = new_grid(rows, min(_COLUMNS, len(spectra)), 9.6, 1.1 + 1.95 * rows, sharex=True, sharey=True)
    start = spectra[0].after.sum(axis=0)
    for axes, spectrum in zip(panels, spectra, strict=False):
        _panel(axes, spectrum, np.maximum(start, 1e-300))
    for axes in panels[len(spectra) :]:
        axes.set_axis_off()
    _dress(panels, len(spectra), yields)
    return tuple(panels[: len(spectra)])


def _density(spectrum: Spectrum, shares: Floats, q: float) -> Floats:
    """Return a quantile over the draws of the shares per decade of diameter, shape (classes,) [%]."""
    return np.asarray(100.0 * np.quantile(shares, q, axis=1) / np.diff(np.log10(spectrum.edges)))


def _panel(axes: Axes, spectrum: Spectrum, start: Floats) -> None:
    low, middle, high = (_density(spectrum, spectrum.after / start, q) for q in (0.05, 0.5, 0.95))
    edges = spectrum.edges
    axes.stairs(high, edges, baseline=low, fill=True, color=BLUE, alpha=0.2, label="after, 5 to 95 %")
    if spectrum.before is not None:
        before = _density(spectrum, spectrum.before / start, 0.5)
        axes.stairs(before, edges, color=GRAY, linewidth=1.3, linestyle="--", label="before, median")
    axes.stairs(middle, edges, color=BLUE, linewidth=1.6, label="after, median")
    recovery = spectrum.recovery
    kept = "made here" if recovery is None else f"{100.0 * float(np.median(recovery)):.3g} % kept"
    name = spectrum.step.replace("_", " ").replace(".hold", ": wait")
    axes.set_title(plain(name), loc="left", fontsize=10, weight="bold")
    axes.text(0.98, 0.95, kept, transform=axes.transAxes, ha="right", va="top", fontsize=8.5, color=GRAY)


def _dress(panels: list[Axes], count: int, yields: Yields) -> None:
    from matplotlib.ticker import NullLocator

    first, last = panels[0], panels[min(1, count - 1)]
    first.set_xscale("log")
    first.set_xticks(_TICKS, [str(tick) for tick in _TICKS])
    first.xaxis.set_minor_locator(NullLocator())
    first.set_xlim(_TICKS[0], _TICKS[-1])
    top = first.get_ylim()[1]
    first.set_ylim(0.0, top)
    figure = figure_of(first)
    title = yields.scenario.title or yields.scenario.name
    figure.suptitle(plain(f"{title}: vesicles by size, before and after each step"), x=0.01, ha="left", weight="bold")
    for axes in panels[max(count - _COLUMNS, 0) : count]:
        axes.set_xlabel("true diameter [nm]")
        axes.tick_params(labelbottom=True)
    figure.supylabel("vesicles per decade of\ndiameter [% of the start]", fontsize=10)
    handles, names = last.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower right", ncols=3, frameon=False, fontsize=9)
