"""The two truths: true vesicles, recovery and purity step by step, and what each assay says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from exosim.plots.style import BLUE, GRAY, ORANGE, PURPLE, SKY, VERMILION, figure_of, light_grid, new_grid, plain
from exosim.results import Yields
from exosim.summaries import Summary
from exosim.truth_table import Compared

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANELS = {
    "particles": ("vesicles, and particles counted", ("particles", "marker")),
    "recovery": ("recovery since the sample before [%]", ("recovery",)),
    "particles_per_protein": ("vesicles and particles per ug of protein", ("particles_per_protein",)),
}
_COLORS = (ORANGE, BLUE, PURPLE, SKY)
_BESIDE, _HALF = 0.16, 0.06
"""Distance between the marks of two assays, and half the length of that of the truth, in steps."""


def has_course(yields: Yields) -> bool:
    """Return whether something was measured after more than one step, so that there is something to draw."""
    rows = [row for row in yields.two_truths() if row.quantity in _PANELS and row.true.n and row.measured.n]
    return len({row.step for row in rows}) > 1


def two_truths(yields: Yields) -> tuple[Axes, ...]:
    """Draw true and measured values after every step of which samples were taken.

    Returns
    -------
    the panels that there is something for: vesicles and particles, recovery, and per microgram of protein. A black
    line is the truth, gray its own interval, a mark with its 5 to 95 % interval what an assay reports

    Raises
    ------
    ValueError
        when samples of one step alone were taken.
    """
    if not has_course(yields):
        raise ValueError('nothing was measured after several steps: steps = "all" in an [[assay]] asks for it')
    rows = [row for row in yields.two_truths() if row.true.n and row.measured.n]
    shown = {name: [row for row in rows if row.quantity in of] for name, (_, of) in _PANELS.items()}
    shown = {name: found for name, found in shown.items() if found}
    steps = list(dict.fromkeys(row.step for found in shown.values() for row in found))
    panels = new_grid(len(shown), 1, 9.2, 0.9 + 2.5 * len(shown), sharex=True)
    assays = list(dict.fromkeys(row.by.partition(" / ")[0] for found in shown.values() for row in found))
    for axes, (name, found) in zip(panels, shown.items(), strict=True):
        _panel(axes, found, steps, assays)
        axes.set_title(_PANELS[name][0], loc="left", fontsize=10)
        _scale(axes, name)
    _dress(panels, steps, yields)
    return tuple(panels)


def _panel(axes: Axes, rows: Sequence[Compared], steps: Sequence[str], assays: Sequence[str]) -> None:
    """Draw one quantity: what each assay reports, and behind it what is true."""
    for row in rows:
        number = assays.index(row.by.partition(" / ")[0])
        x = steps.index(row.step) + _BESIDE * (number - 0.5 * (len(assays) - 1))
        true, low, high = _three(row.true)
        axes.plot([x - _HALF, x + _HALF], [true, true], color="black", linewidth=1.6, label="true", zorder=1)
        axes.fill_between([x - _HALF, x + _HALF], low, high, color=GRAY, alpha=0.25, linewidth=0, zorder=0)
        middle, low, high = _three(row.measured)
        axes.errorbar(
            [x], [middle], yerr=[[middle - low], [high - middle]], fmt="o", color=_COLORS[number % len(_COLORS)],
            markersize=5, capsize=2, label=plain(assays[number].replace("_", " ")), zorder=2,
        )  # fmt: skip


def _three(summary: Summary) -> tuple[float, float, float]:
    """Return median, 5 % and 95 % of a summary; of a ratio in percent."""
    scale = 100.0 if summary.unit == "1" else 1.0
    return scale * (summary.median or 0.0), scale * (summary.p5 or 0.0), scale * (summary.p95 or 0.0)


def _scale(axes: Axes, name: str) -> None:
    light_grid(axes, "y")
    if name == "recovery":
        axes.axhline(100.0, color=VERMILION, linewidth=0.8, linestyle="--")
        axes.set_ylim(bottom=0.0)
    else:
        axes.set_yscale("log")


def _dress(panels: Sequence[Axes], steps: Sequence[str], yields: Yields) -> None:
    first, last = panels[0], panels[-1]
    last.set_xticks(range(len(steps)), [plain(step.replace("_", "\n")) for step in steps], fontsize=8.5)
    last.set_xlim(-0.5, len(steps) - 0.5)
    handles, labels = first.get_legend_handles_labels()
    known = dict(zip(labels, handles, strict=True))
    title = yields.scenario.title or yields.scenario.name
    figure = figure_of(first)
    figure.suptitle(plain(f"{title}: what is there, and what is measured"), x=0.01, ha="left", weight="bold", size=11.5)
    first.legend(
        known.values(), known.keys(), frameon=False, fontsize=8.5, ncols=5, loc="lower right", bbox_to_anchor=(1, 1)
    )
