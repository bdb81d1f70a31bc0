"""What the pictures of loaded vesicles and of tissue repair show: cargo by method, and doses a year of two lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import exosim as xs
from exosim.plots.style import BLUE, GRAY, GREEN, ORANGE, PURPLE, VERMILION, headline, light_grid, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
_DRAWS, _REPLICATIONS, _FEWEST = 10_000, 50, 3
_QUANTILES = (0.05, 0.5, 0.95)
_RNA = {
    None: "electroporation",
    "no_aggregates": "electroporation,\naggregates prevented",
    "transfection": "transfection",
    "ph_gradient": "pH gradient",
    "anchored": "incubation, RNA\nwith an anchor",
    "producer_cells": "producer cells",
}
_DRUGS = {
    None: ("paclitaxel, incubation", BLUE, "o"),
    "electroporation": ("paclitaxel, electroporation", BLUE, "s"),
    "sonication": ("paclitaxel, sonication", BLUE, "^"),
    "porphyrin": ("porphyrin, incubation", PURPLE, "o"),
    "catalase": ("catalase, incubation", GREEN, "o"),
    "catalase_freeze_thaw": ("catalase, freezing and thawing", GREEN, "D"),
    "catalase_sonication": ("catalase, sonication", GREEN, "^"),
}
_LINES = {None: "one hollow-fiber line", "tank": "one stirred tank, 50 L"}


def told(scenario: str, draws: int) -> Mapping[str | None, xs.Yields]:
    """Return the yields of a scenario and of its variants by their names."""
    base = xs.load(SCENARIOS / f"{scenario}.toml")
    return {name: xs.evaluate(one, draws) for name, one in {None: base, **base.variants()}.items()}


def _span(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, _QUANTILES)
    return float(low), float(middle), float(high)


def loading(found: Mapping[str | None, xs.Yields]) -> Axes:
    """Draw true beside apparent cargo of a dose, by method, with the 5 to 95 % of the draws."""
    ax = new_axes(8.4, 4.6)
    for place, name in enumerate(_RNA):
        pairs = (("apparent_cargo_per_dose", -0.16, ORANGE, "D"), ("cargo_per_dose", 0.16, BLUE, "o"))
        for quantity, shift, color, marker in pairs:
            low, middle, high = _span(found[name].values(quantity))
            ax.plot([low, high], [place + shift] * 2, color=color, linewidth=3.0, alpha=0.5, solid_capstyle="butt")
            ax.plot([middle], [place + shift], marker=marker, color=color, markeredgecolor="black", linestyle="")
            ax.annotate(
                _figures(middle), (high, place + shift), (6, 0), textcoords="offset points", va="center", fontsize=8.5
            )
    ax.set_xscale("log")
    ax.set_yticks(range(len(_RNA)), list(_RNA.values()))
    ax.invert_yaxis()
    ax.set_xlabel("RNA per dose [pmol]; lines: 5 to 95 % of the draws")
    light_grid(ax, "x")
    handles = [_key(ax, ORANGE, "D"), _key(ax, BLUE, "o")]
    ax.legend(handles, ["what an assay of all RNA finds", "truly in or on the vesicles"], loc="lower right", fontsize=9)
    headline(ax, "RNA in a dose, in truth and by assay; the same RNA offered")
    return ax


def _figures(value: float) -> str:
    return f"{value:,.0f}" if value >= 100.0 else f"{value:.2g}"


def _key(ax: Axes, color: str, marker: str) -> object:
    return ax.plot([], [], marker=marker, color=color, markeredgecolor="black", linestyle="")[0]


def loaded_and_lost(found: Mapping[str | None, xs.Yields]) -> Axes:
    """Draw what a vesicle carries over the vesicles that loading costs, with the 5 to 95 % of the draws of each."""
    ax = new_axes(8.4, 5.0)
    for name, (title, color, marker) in _DRUGS.items():
        lost, copies = (_span(found[name].values(quantity)) for quantity in ("lost_in_loading", "cargo_per_dose"))
        share = [100.0 * value for value in lost]
        ax.plot([share[0], share[2]], [copies[1]] * 2, color=color, linewidth=1.4, alpha=0.55)
        ax.plot([share[1]] * 2, [copies[0], copies[2]], color=color, linewidth=1.4, alpha=0.55)
        ax.plot(
            [share[1]], [copies[1]], marker=marker, markersize=8, color=color, markeredgecolor="black", linestyle=""
        )
        ax.annotate(title, (share[1], copies[1]), (7, 7), textcoords="offset points", fontsize=9)
    ax.set_yscale("log")
    ax.set_xlim(0.0, 80.0)
    ax.set_xlabel("vesicles that loading costs [%]; medians, with lines from 5 to 95 % of the draws")
    ax.set_ylabel("loaded cargo per dose [pmol]")
    light_grid(ax, "y")
    headline(ax, "More force loads more and costs more vesicles")
    return ax


def doses_of_lines(doses: Mapping[str | None, Sequence[float]]) -> Axes:
    """Draw the doses a year of each line: a dot for each replication, joined where they are of the same world."""
    ax = new_axes(8.4, 4.2)
    first, *others = _LINES
    for name in others:
        for one, other in zip(doses[first], doses[name], strict=True):
            ax.plot([one, other], [0, 1], color=GRAY, linewidth=0.6, alpha=0.5, zorder=1)
    for place, (name, color) in enumerate(zip(_LINES, (BLUE, VERMILION), strict=True)):
        values = np.asarray(doses[name])
        ax.plot(values, np.full(len(values), place), "o", color=color, alpha=0.5, markeredgecolor="none", zorder=2)
        mean = float(values.mean())
        ax.plot([mean], [place], marker="D", markersize=9, color=color, markeredgecolor="black", zorder=3)
        beside = (0, 14 if place == 0 else -22)
        ax.annotate(f"mean {mean:,.0f}", (mean, place), beside, textcoords="offset points", ha="center", fontsize=9)
    ax.set_xscale("log")
    ax.set_yticks(range(len(_LINES)), list(_LINES.values()))
    ax.set_ylim(1.5, -0.5)
    most = max(max(values) for values in doses.values())
    ax.annotate("the filler is full", (most, 1), (10, 0), textcoords="offset points", va="center", fontsize=9)
    ax.set_xlim(right=3.2 * most)
    ax.set_xlabel("doses of 1.6e9 particles in a year; a dot for each replication, lines join the same world")
    light_grid(ax, "x")
    headline(ax, "Doses a year: the same cells, downstream and people")
    return ax


def _doses_a_year(replications: int) -> dict[str | None, list[float]]:
    base = xs.load(SCENARIOS / "msc_regenerative.toml")
    runs = {name: xs.simulate(one, replications) for name, one in {None: base, **base.variants()}.items()}
    return {name: [account.headlines["doses_per_year"] for account in run.accounts] for name, run in runs.items()}


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield the three pictures by the names of their files."""
    used = _DRAWS if draws is None else min(draws, _DRAWS)
    yield "rna_loading", loading(told("rna_delivery", used))
    yield "loaded_and_lost", loaded_and_lost(told("protein_small_molecule_delivery", used))
    yield "doses_of_lines", doses_of_lines(_doses_a_year(_REPLICATIONS if draws is None else _FEWEST))
