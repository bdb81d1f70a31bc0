"""The ledger chart: how good the evidence is for what the spread of a headline comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exosim.parameter import GRADES
from exosim.plots.style import BLUE, GRAY, GREEN, ORANGE, headline, light_grid, new_axes, plain
from exosim.ranking import Rank, asked_first
from exosim.results import Yields
from exosim.uncertain_inputs import COMMON_PATH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = {"study": BLUE, "donor": ORANGE, "batch": GREEN}
_MEANINGS = {"study": "not known (study)", "donor": "donors", "batch": "batches"}
_LABELED = 0.045
_BESIDE = 3


def ledger_chart(yields: Yields, quantity: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the shares of the inputs in the spread of a headline against the grade of their evidence.

    Parameters
    ----------
    yields : results with something that varies
    quantity : a headline; default: what the product is asked, such as `doses`, else the first that varies
    ax : where to draw; default: a new figure

    Returns
    -------
    the axes: one bar a grade, one piece an input above the noise floor, colored by the level at which it varies

    Raises
    ------
    ValueError
        when no inputs are ranked for the headline.
    """
    name = quantity or asked_first(rank.quantity for rank in yields.ranking()) or "doses"
    ranks = [rank for rank in yields.ranking() if rank.quantity == name]
    if not ranks:
        raise ValueError(f"no inputs are ranked by their share in the spread of {name!r}")
    axes = new_axes(9.2, 4.2) if ax is None else ax
    for place, grade in enumerate(GRADES):
        _bar(axes, place, [rank for rank in ranks if rank.grade == grade])
    _dress(axes, ranks, yields)
    return axes


def _bar(axes: Axes, place: int, ranks: list[Rank]) -> None:
    """Draw the inputs of one grade as pieces of a bar; those too small for a name inside are named beside it."""
    left, beside = 0.0, list[str]()
    for rank in (rank for rank in ranks if not rank.noise):
        width = 100.0 * rank.share
        axes.barh(place, width, left=left, color=_COLORS[rank.level], edgecolor="white", linewidth=0.8, height=0.62)
        short = rank.input if rank.input == COMMON_PATH else rank.input.rpartition(".")[2].replace("_", " ")
        text = f"{short}\n{width:.0f} %"
        if rank.share >= max(_LABELED, 0.0105 * len(text.partition("\n")[0])):
            axes.text(left + width / 2, place, plain(text), ha="center", va="center", color="white", fontsize=8.5)
        else:
            beside.append(f"{rank.input} ({rank.level}) {width:.2g} %")
        left += width
    more = len(beside) - _BESIDE
    shown = [*beside[:_BESIDE], *([f"{more} more"] if more > 0 else [])]
    if shown:
        axes.text(left + 1.0, place, plain("\n".join(shown)), va="center", fontsize=8, color=GRAY)


def _dress(axes: Axes, ranks: list[Rank], yields: Yields) -> None:
    from matplotlib.patches import Patch

    counts = yields.scenario.ledger().counts()
    varying = {g: len({rank.input for rank in ranks if rank.grade == g} - {COMMON_PATH}) for g in GRADES}
    names = [f"{g}: {meaning}\nvary: {varying[g]} of {counts[g]} parameters" for g, meaning in GRADES.items()]
    axes.set_yticks(range(len(GRADES)), names, fontsize=9)
    axes.set_ylim(len(GRADES) - 0.5, -0.5)
    told = sum(rank.share for rank in ranks if not rank.noise)
    axes.set_xlim(0.0, 100.0)
    floor, title = 100 * ranks[0].floor, yields.scenario.title or yields.scenario.name
    axes.set_xlabel(
        f"share in the spread [%]: inputs above the noise floor of {floor:.2g} %, together {100 * told:.0f} %"
    )
    name = ranks[0].quantity.replace("_", " ")
    headline(axes, f"{title}: the evidence behind {name}")
    light_grid(axes, "x")
    levels = [level for level in _COLORS if any(rank.level == level and not rank.noise for rank in ranks)]
    patches = [Patch(facecolor=_COLORS[level], label=_MEANINGS[level]) for level in levels]
    axes.legend(handles=patches, loc="upper right", frameon=False, labelcolor=GRAY)
