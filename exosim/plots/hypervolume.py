"""How a front grew from generation to generation, and whether it had come to rest."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.style import BLUE, GRAY, figure_of, headline, light_grid, new_axes, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.front import Front

_ENDED = {
    "enough": "the front came to rest after {done} generations",
    "spent": "{done} generations spent{growth}",
    "exhausted": "after {done} generations nothing new was found",
    "whole": "every point was asked",
}


def hypervolume(found: Front) -> Axes:
    """Draw the hypervolume of the front after each generation, as a share of its box.

    Parameters
    ----------
    found : of :func:`exosim.front`
    """
    axes = new_axes(8.0, 3.8)
    done = len(found.hypervolume)
    numbers = np.arange(1, done + 1)
    axes.plot(numbers, 100.0 * found.hypervolume, color=BLUE, marker=".", linewidth=1.6)
    if found.ended == "enough":
        axes.axvspan(done - 10, done, color=GRAY, alpha=0.15, linewidth=0)
        axes.annotate(
            "less than 0.1 % more", (done - 5, 0.05), xycoords=("data", "axes fraction"), fontsize=8.5, ha="center"
        )
    axes.set_xlabel(f"generation of at most {found.population:,} points")
    axes.set_ylabel("hypervolume [% of the box]")
    low, high = 100.0 * float(found.hypervolume.min()), 100.0 * float(found.hypervolume.max())
    room = 0.08 * ((high - low) or 1.0)
    axes.set_ylim(0.0 if low < 0.5 * high else low - room, high + room)
    axes.locator_params(axis="x", integer=True)
    light_grid(axes, "y")
    headline(axes, f"{found.name.replace('_', ' ')}: {_ENDED[found.ended].format(done=done, growth=_growth(found))}")
    figure_of(axes).supxlabel(plain(textwrap.fill(_box(found), 115)), x=0.01, ha="left", fontsize=8)
    return axes


def _growth(found: Front) -> str:
    """Return by how much the front grew over the last ten generations."""
    before = found.hypervolume[-11] if len(found.hypervolume) > 10 else 0.0
    return f": the last 10 made it {found.hypervolume[-1] / before - 1.0:.2%} larger" if before else ""


def _box(found: Front) -> str:
    """Return in words between which points the hypervolume is taken."""
    if found.box is None:
        return "No point meets all limits: there is no box."
    ends = []
    for end in (found.box.ideal, found.box.reference):
        values = [f"{float(one.costs(end)[at]):.4g} {found.unit(one.asked)}" for at, one in enumerate(found.objectives)]
        ends.append(", ".join(value.removesuffix(" 1") for value in values))
    names = ", ".join(one.asked.label for one in found.objectives)
    return (
        f"The box of {names}: from the best of the front ({ends[0]}) to the reference point, a tenth of the span "
        f"beyond its worst ({ends[1]})."
    )
