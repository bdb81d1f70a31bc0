"""What the picture of the published cost cases shows: the cost of a lot by category, ours beside theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import exosim as xs
from exosim.economics.booking import booked
from exosim.economics_builder import costing
from exosim.plots.style import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEMSCA = Path(__file__).resolve().parents[1] / "scenarios" / "bemsca_hipsc.toml"
LINES = 6
PLANT = ("building", "equipment", "facility", "utilities")
PUBLISHED: Mapping[str, tuple[str, float, tuple[float, float, float, float]]] = {
    "": ("as published", 34334.0, (2965.0, 13462.0, 11433.0, 6475.0)),
    "#dextran_sulfate": ("dextran sulfate", 19359.0, (1915.0, 6032.0, 6894.0, 4517.0)),
    "#low_density": ("thin inoculum", 23911.0, (3418.0, 7485.0, 8641.0, 4367.0)),
}
"""Of a lot, by variant [EUR]: total; consumables, reagents with tests, plant, labor; from a run of BEMSCA."""
PARTS = ("consumables", "reagents and tests", "plant", "labor")
COLORS = ("#56b4e9", "#0072b2", "#999999", "#e69f00")


def lot(variant: str) -> tuple[float, float, float, float]:
    """Return the cost of a lot in the four parts [EUR]."""
    scenario = xs.load(f"{BEMSCA}{variant}")
    account = xs.simulate(scenario, 1).accounts[0]
    cost = booked(account.uses, costing(scenario), account.batches).by(lambda line: line.category)
    parts = (
        cost["consumables"], cost["materials"] + cost["quality"], sum(cost[name] for name in PLANT), cost["labor"],
    )  # fmt: skip
    return tuple(part / LINES for part in parts)  # type: ignore[return-value]


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield the picture by the name of its file; nothing is drawn at random."""
    ax = new_axes(7.5, 3.4)
    names: list[str] = []
    for variant, (name, total, theirs) in PUBLISHED.items():
        ours = lot(variant)
        for who, whole, parts in ((f"{name}:\nexosim", sum(ours), ours), ("BEMSCA", total, theirs)):
            place, end = len(names) + 0.35 * (len(names) // 2), 0.0
            for part, color, label in zip(parts, COLORS, PARTS, strict=True):
                ax.barh(place, part / 1e3, left=end, height=0.8, color=color, label=None if names else label)
                end += part / 1e3
            ax.text(end + 0.3, place, f"{whole:,.0f} EUR", va="center", fontsize=8.5)
            names.append(who)
    places = [number + 0.35 * (number // 2) for number in range(len(names))]
    ax.set_yticks(places, names, fontsize=8.5)
    ax.invert_yaxis()
    ax.set_xlim(0.0, 40.0)
    ax.set_xlabel("cost of a lot of 2e9 cells [1,000 EUR]")
    ax.set_title("A lot of stem cells, by a published tool and by exosim", loc="left", weight="bold")
    ax.legend(loc="lower right", frameon=False, fontsize=8.5)
    yield "published_costs", ax
