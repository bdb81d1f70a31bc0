"""The waterfall: where the vesicles go between secretion and the vial, or the cells between harvest and vial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exosim.plots.style import BLUE, GRAY, ORANGE, SKY, VERMILION, new_axes, plain, scientific
from exosim.results import Yields

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
_FIXED = 1e-6
_SMALL = 0.004  # of the start: channels of one step that are smaller share a row
_COLORS = {"level": BLUE, "culture": SKY, "waiting": ORANGE, "process": VERMILION}
_MEANINGS = {"culture": "lost in the culture", "waiting": "lost while waiting", "process": "lost in a step"}


@dataclass(frozen=True, slots=True)
class Row:
    """One bar: a level, or a loss; `amounts` are vesicles, or cells where they are the product, on all draws."""

    label: str
    kind: str
    amounts: Floats


def waterfall(yields: Yields, ax: Axes | None = None) -> Axes:
    """Draw the vesicles or cells of the process up to its product, with every loss by its channel.

    Parameters
    ----------
    yields : results
    ax : where to draw; default: a new figure

    Returns
    -------
    the axes: bars are means over the draws as percentages of the start, which add up exactly; lines are the 5 to 95 %
    interval of each bar
    """
    rows = list(waterfall_rows(yields))
    axes = new_axes(9.2, 1.5 + 0.31 * len(rows)) if ax is None else ax
    start = rows[0].amounts
    left = 100.0
    for place, row in enumerate(rows):
        share = 100.0 * row.amounts / np.maximum(start, 1e-300)
        mean, low, high = float(share.mean()), *map(float, np.quantile(share, (0.05, 0.95)))
        if row.kind == "level":
            axes.barh(place, mean, color=_COLORS["level"], height=0.72)
            axes.plot([low, high], [place, place], color="black", linewidth=1.2)
            left = mean
        else:
            left -= mean
            axes.barh(place, mean, left=left, color=_COLORS[row.kind], height=0.72)
            axes.plot([left + mean - high, left + mean - low], [place, place], color="black", linewidth=1.2)
        axes.text(102.0, place, _figures(row, mean, low, high, _unit(yields)), va="center", fontsize=8.5)
    _dress(axes, rows, yields)
    return axes


def waterfall_rows(yields: Yields) -> Iterator[Row]:
    """Yield the bars in order: what was secreted or harvested, the losses of each step, what is in the vials."""
    if yields.has("cells_harvested"):
        yield from _cell_rows(yields)
        return
    has_culture = yields.has("secreted")
    if has_culture:
        yield Row("secreted", "level", yields.values("secreted"))
    shown_start = False
    for step in yields.steps:
        if not yields.has("vesicles", step):
            continue
        losses = yields.losses(step)
        if has_culture and not shown_start:
            losses["left in the vessel"] = (
                yields.values("secreted") - yields.values("harvested") - sum(losses.values(), np.zeros(yields.draws))
            )
        kind = "culture" if has_culture and not shown_start else ("waiting" if step.endswith(".hold") else "process")
        yield from _loss_rows(step, losses, kind, float(yields.values("harvested").mean()))
        if not shown_start:
            yield Row("harvested" if has_culture else step.replace("_", " "), "level", yields.values("vesicles", step))
            shown_start = True
    yield Row("vialed" if yields.has("vials") else "product", "level", yields.values("vialed"))


def _cell_rows(yields: Yields) -> Iterator[Row]:
    """Yield the bars of a product of cells, from the harvest of the last expansion on."""
    harvested = yields.values("cells_harvested")
    after = [step for step in yields.steps if yields.has("cumulative_yield", step)]
    yield Row("harvested" if after else "started", "level", harvested)
    for step in after[1:]:
        kind = "waiting" if step.endswith(".hold") else "process"
        yield from _loss_rows(step, yields.losses(step), kind, float(harvested.mean()))
    yield Row("vialed" if yields.has("vials") else "product", "level", yields.values("cells_vialed"))


def _unit(yields: Yields) -> str:
    return "cells" if yields.has("cells_harvested") else "EV"


def _loss_rows(step: str, losses: dict[str, Floats], kind: str, start: float) -> Iterator[Row]:
    """Yield one row for each channel; the small ones of a step share a row that names them all."""
    name = step.removesuffix(".hold").replace("_", " ")
    small = {channel: lost for channel, lost in losses.items() if float(lost.mean()) < _SMALL * start}
    for channel, lost in losses.items():
        if channel not in small:
            yield Row(f"{name}: {channel}", kind, lost)
    together = sum(small.values(), np.zeros(1))
    if float(np.mean(together)) > 0.0:
        yield Row(f"{name}: {', '.join(small)}", kind, np.asarray(together))


def _figures(row: Row, mean: float, low: float, high: float, unit: str) -> str:
    if row.kind != "level":
        spread = f"  ({max(low, 0.0):.1f} to {high:.1f})" if high - low > _FIXED * 100.0 else ""
        return f"−{mean:.1f} %{spread}"
    middle, first, last = (float(q) for q in np.quantile(row.amounts, (0.5, 0.05, 0.95)))
    spread = f" ({scientific(first)} to {scientific(last)})" if last - first > _FIXED * middle else ""
    return f"{mean:.0f} %  {scientific(middle)} {unit}{spread}"


def _dress(axes: Axes, rows: list[Row], yields: Yields) -> None:
    from matplotlib.patches import Patch

    axes.set_yticks(range(len(rows)), [plain(row.label) for row in rows], fontsize=9)
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row.kind == "level" else "normal")
    axes.set_xlim(0.0, 100.0)
    what, unit = ("viable cells", "cells") if _unit(yields) == "cells" else ("vesicles", "EV")
    axes.set_xlabel(f"{what} [% of {rows[0].label}]: mean, line 5 to 95 %; counts in {unit}: median (5 to 95 %)")
    title = yields.scenario.title or yields.scenario.name
    axes.set_title(plain(f"{title}: from {rows[0].label} to {rows[-1].label}"), loc="left", weight="bold")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    kinds = [kind for kind in _MEANINGS if any(row.kind == kind for row in rows)]
    patches = [Patch(facecolor=_COLORS[kind], label=_MEANINGS[kind]) for kind in kinds]
    axes.legend(
        handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.06 - 0.9 / len(rows)), ncols=3, frameon=False,
        labelcolor=GRAY,
    )  # fmt: skip
