"""What pictures of factors share: which are shown, the words around them, numbers as people write them."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from exosim.plots.style import figure_of, light_grid, plain, scientific
from exosim.scaling.words import rounded
from exosim.study.sensitivity_words import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.ranked import Ranked
    from exosim.study.sensitivity import Sensitivity

MOST_FACTORS = 15
"""Factors of a picture; of the others it is told how many there are."""
FAINT = 0.45
"""How much of its color is left of a bar that is noise."""
_TITLE_PER_INCH, _LETTERS_PER_INCH = 9.6, 15.5
_FEWEST_ROWS = 3


def shown_factors(ranked: Ranked) -> list[int]:
    """Return the numbers of the factors that have any influence, what matters most first, as many as are legible."""
    return [place for place in ranked.order if ranked.size[place] > 0.0][:MOST_FACTORS]


def name_rows(axes: Axes, found: Sensitivity, shown: list[int]) -> None:
    """Write the paths of the factors beside their rows, which go down from 0."""
    axes.set_yticks([-row for row in range(len(shown))], [plain(found.factors[place].path) for place in shown])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(0.6 - height_of(shown), 0.6)
    light_grid(axes, "x")


def leading(found: Sensitivity, ranked: Ranked) -> str:
    """Return which factors matter most, as far as their intervals tell them apart; nothing where all is noise."""
    return listed([found.factors[place].path for place in ranked.leaders], 3)


def height_of(shown: list[int]) -> int:
    """Return for how many rows there is room."""
    return max(len(shown), _FEWEST_ROWS)


def figure(value: float) -> str:
    """Return a number in three digits with a true minus sign: ``2,700``, ``−0.035``, ``1.4×10⁻⁹``."""
    text = rounded(value) if 1000.0 <= abs(value) < 1e6 else scientific(value, 2)
    return text.replace("-", "−")


def frame(axes: Axes, found: Sensitivity, ranked: Ranked, shown: list[int], title: str, told: str) -> None:
    """Write the title over the whole figure and below it what is told, with the factors that are not shown."""
    around = figure_of(axes)
    inches = around.get_figwidth()
    whole = plain(textwrap.fill(f"{found.name.replace('_', ' ')}: {title}", int(_TITLE_PER_INCH * inches)))
    around.suptitle(whole, x=0.01, ha="left", weight="bold", fontsize=11.5)
    words = f"{told} {_left_out(found, ranked, shown)}".strip()
    around.supxlabel(plain(textwrap.fill(words, int(_LETTERS_PER_INCH * inches))), x=0.01, ha="left", fontsize=8)


def _left_out(found: Sensitivity, ranked: Ranked, shown: list[int]) -> str:
    """Return which factors are not shown, and why."""
    idle = [found.factors[place].path for place in ranked.order if ranked.size[place] == 0.0]
    unknown = sum(math.isnan(ranked.size[place]) for place in ranked.order)
    less = len(ranked.order) - len(shown) - len(idle) - unknown
    words = [f"Without any influence: {', '.join(idle)}."] if idle else []
    words += [f"{less} factors that matter less are not shown."] if less else []
    words += [f"Of {unknown} factors nothing is known."] if unknown else []
    return " ".join(words)
