"""The waterfall: where the vesicles go between secretion and the vial, or the cells between harvest and vial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exosim.declarations import ProcedureDeclaration
from exosim.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    SKY,
    VERMILION,
    headline,
    light_grid,
    new_axes,
    percent,
    plain,
    scientific,
)
from exosim.recipe import REMAINDER
from exosim.results import Yields

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
_FIXED = 1e-6
_SMALL = 0.004  # of the start: channels of one step that are smaller share a row
_COLORS = {"level": BLUE, "culture": SKY, "waiting": ORANGE, "process": VERMILION, "aside": GREEN}
_MEANINGS = {
    "culture": "lost in the culture",
    "waiting": "lost while waiting",
    "process": "lost in a step",
    "aside": "led aside",
}


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
    """Yield the bars in order: what was secreted, the losses of each step, what is led aside, what is in the vials."""
    if yields.has("cells_harvested"):
        yield from _cell_rows(yields)
        return
    procedures = yields.scenario.declarations.procedures
    makers = [p.id for p in procedures if p.operation.owner.makes_vesicles]
    beside, ends = _beside(procedures), {p.id for p in procedures[:-1] if p.end}
    start = yields.values("harvested")
    if yields.has("secreted"):
        yield Row("secreted", "level", yields.values("secreted"))
        lost = {step: yields.losses(step) for step in makers}
        known = sum((amount for losses in lost.values() for amount in losses.values()), np.zeros(yields.kept))
        in_vessels = {"left in the vessel": yields.values("secreted") - start - known}
        if len(makers) == 1:
            lost[makers[0]].update(in_vessels)
        else:
            lost["all cultures"] = in_vessels
        for step, losses in lost.items():
            yield from _loss_rows(step, losses, "culture", float(start.mean()))
    yield Row("harvested" if yields.has("secreted") else makers[0].replace("_", " "), "level", start)
    for step in yields.steps:
        name, _, part = step.partition(".")
        if not yields.has("vesicles", step) or name in beside or step in makers:
            continue
        kind = {"hold": "waiting", "split": "aside"}.get(part, "process")
        yield from _loss_rows(step, yields.losses(step), kind, float(start.mean()))
        if step in ends:
            yield Row(f"{step.replace('_', ' ')}: leaves", "aside", yields.values("vesicles", step))
    yield Row("vialed" if yields.has("vials") else "product", "level", yields.values("vialed"))


def _cell_rows(yields: Yields) -> Iterator[Row]:
    """Yield the bars of a product of cells, from the harvest of the last expansion on."""
    procedures, harvested = yields.scenario.declarations.procedures, yields.values("cells_harvested")
    beside, ends = _beside(procedures), {p.id for p in procedures[:-1] if p.end}
    after = [step for step in yields.steps if yields.has("cumulative_yield", step)]
    yield Row("harvested", "level", harvested)
    for step in after[1:]:
        name, _, part = step.partition(".")
        if name not in beside:
            kind = {"hold": "waiting", "split": "aside"}.get(part, "process")
            yield from _loss_rows(step, yields.losses(step), kind, float(harvested.mean()))
        if step in ends:
            yield Row(f"{step.replace('_', ' ')}: leaves", "aside", yields.values("viable_cells", step))
    yield Row("vialed" if yields.has("vials") else "product", "level", yields.values("cells_vialed"))


def _unit(yields: Yields) -> str:
    return "cells" if yields.has("cells_harvested") else "EV"


def _beside(procedures: Sequence[ProcedureDeclaration]) -> set[str]:
    """Return the procedures that are fed with what stays in vessels: the waterfall has counted that already."""
    found: set[str] = set()
    for procedure in procedures:
        if procedure.feeds and all(
            f.endswith(f".{REMAINDER}") or f.partition(".")[0] in found for f in procedure.feeds
        ):
            found.add(procedure.id)
    return found


def _loss_rows(step: str, losses: dict[str, Floats], kind: str, start: float) -> Iterator[Row]:
    """Yield one row for each channel; the small ones of a step share a row that names them all."""
    name = step.partition(".")[0].replace("_", " ")
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
        return f"−{percent(mean, 1)} %{spread}"
    middle, first, last = (float(q) for q in np.quantile(row.amounts, (0.5, 0.05, 0.95)))
    spread = f" ({scientific(first)} to {scientific(last)})" if last - first > _FIXED * middle else ""
    return f"{percent(mean, 0)} %  {scientific(middle)} {unit}{spread}"


def _dress(axes: Axes, rows: list[Row], yields: Yields) -> None:
    from matplotlib.patches import Patch

    axes.set_yticks(range(len(rows)), [plain(row.label) for row in rows], fontsize=9)
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row.kind == "level" else "normal")
    axes.set_xlim(0.0, 100.0)
    what, unit = ("viable cells", "cells") if _unit(yields) == "cells" else ("vesicles", "EV")
    axes.set_xlabel(f"{what} [% of {rows[0].label}]: mean, line 5 to 95 %; counts in {unit}: median (5 to 95 %)")
    title = yields.scenario.title or yields.scenario.name
    headline(axes, f"{title}: from {rows[0].label} to {rows[-1].label}")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    light_grid(axes, "x")
    kinds = [kind for kind in _MEANINGS if any(row.kind == kind for row in rows)]
    patches = [Patch(facecolor=_COLORS[kind], label=_MEANINGS[kind]) for kind in kinds]
    axes.legend(
        handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.06 - 0.9 / len(rows)), ncols=len(kinds),
        frameon=False, labelcolor=GRAY,
    )  # fmt: skip
