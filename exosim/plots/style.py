"""The look of all pictures: colors that color-blind readers tell apart, readable in print, the same bits every time."""

from __future__ import annotations

import math
import os
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, SKY, GREEN, ORANGE, VERMILION, GRAY = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#666666"
YELLOW, PURPLE = "#F0E442", "#CC79A7"
"""From the palette of Okabe and Ito, which stays distinct with all common color-vision deficiencies."""
DOTS_PER_INCH = 160
DAY = 24.0  # h
"""The unit of time axes."""
_LETTERS_PER_INCH = 10.5  # of a bold title
_RULES: dict[Any, Any] = {
    "font.size": 10.0,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "svg.hashsalt": "exosim",
    "svg.fonttype": "path",
}


def new_axes(width: float = 8.0, height: float = 4.6) -> Axes:
    """Return axes on a new figure of `width` by `height` inches."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_RULES):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure.add_subplot()


def new_grid(
    rows: int, columns: int, width: float, height: float, *, sharex: bool = False, sharey: bool = False
) -> list[Axes]:
    """Return the axes of `rows` by `columns` panels, row by row, on a new figure of `width` by `height` inches."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_RULES):
        figure = Figure(figsize=(width, height), layout="constrained")
        return list(figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False).flat)


def figure_of(ax: Axes) -> Figure:
    """Return the figure that holds `ax`."""
    from matplotlib.figure import Figure

    figure = ax.get_figure(root=True)
    if not isinstance(figure, Figure):
        raise TypeError("the axes are not on a figure")
    return figure


def light_grid(ax: Axes, axis: Literal["x", "y"]) -> None:
    """Draw the lines by which values on the x or y axis are read across."""
    ax.grid(axis=axis, color="#DDDDDD", linewidth=0.6)


def save(ax: Axes, folder: str | os.PathLike[str], name: str) -> tuple[Path, Path]:
    """Write the figure of `ax` as ``<name>.png`` and ``<name>.svg``; return both paths."""
    import matplotlib

    paths = (Path(folder) / f"{name}.png", Path(folder) / f"{name}.svg")
    with matplotlib.rc_context(_RULES):
        figure = figure_of(ax)
        figure.savefig(paths[0], dpi=DOTS_PER_INCH, metadata={"Software": None})
        layout = figure.get_layout_engine()
        figure.set_layout_engine(None)  # all has its place by now, and to find it takes as long as to draw it
        try:
            figure.savefig(paths[1], metadata={"Date": None, "Creator": None})
        finally:
            figure.set_layout_engine(layout)
    return paths


_LONGEST_IN_TITLE = 24


def short_names(labels: Iterable[str]) -> list[str]:
    """Return labels as they stand beside a picture; of variants of the first, or of one file, the variant alone."""
    known = list(labels)
    file = known[0].partition("#")[0]
    of_one = all(label.startswith(f"{file}#") for label in known)
    held = (label.removeprefix(f"{file if of_one else known[0]}#") for label in known)
    return [plain(label.replace("_", " ").replace("+", " + ")) for label in held]


def subtracted(labels: Iterable[str]) -> str:
    """Return what the others are compared to, in the words of a title: the first by its name, if that is short."""
    first = short_names(labels)[0]
    return f"minus {first if len(first) <= _LONGEST_IN_TITLE else 'the first'}"


def headline(ax: Axes, text: str) -> None:
    """Set the title of `ax`, flush left, on as many lines as the width of the figure asks for.

    A title begins where its axes do: beside long labels it has less room than the figure, and is wrapped when drawn.
    """
    width = figure_of(ax).get_figwidth()
    ax.set_title(plain(textwrap.fill(text, int(_LETTERS_PER_INCH * width))), loc="left", weight="bold", wrap=True)


def plain(text: str) -> str:
    """Return text that matplotlib shows as it is: a dollar sign starts no formula."""
    return text.replace("$", r"\$")


def scientific(value: float, digits: int = 2) -> str:
    """Return a number as people write it: ``2.6×10¹³``; plain between 0.01 and 9999."""
    if not math.isfinite(value):
        return "none"
    if value == 0.0 or 1e-2 <= abs(value) < 1e4:
        return f"{value:.{digits + 1}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}×10{raised}"


def ticks_between(low: float, high: float, *, ratios: bool = False) -> list[float]:
    """Return round numbers from `low` to `high`: even steps, or 1, 2 and 5 of each decade on an axis of ratios."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    slack = 1e-9 * (high - low)
    found: list[float] = []
    if ratios and high > 3.0 * low > 0.0:
        for steps in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0)):
            values = LogLocator(subs=steps).tick_values(low, high)
            found = [float(value) for value in values if low - slack <= value <= high + slack]
            if len(found) > 2:
                return found
    if len(found) < 2:
        values = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        found = [float(value) for value in values if low - slack <= value <= high + slack]
    return found if len(found) > 1 else [low, high] if high > low else [low]


def percent(mean: float, digits: int) -> str:
    """Return a percentage to so many decimals; in one significant digit where that would say 0."""
    if mean == 0.0 or round(mean, digits) > 0.0:
        return f"{mean:.{digits}f}"
    return f"{mean:.1g}" if mean >= 1e-3 else "<0.001"
