"""What the pictures of the diagnostic lines show: turn-around by way of separation, and false alarms by interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import exosim as xs
from exosim.plots.style import BLUE, DAY, GREEN, PURPLE, VERMILION, headline, light_grid, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
PLASMA, URINE = str(SCENARIOS / "plasma_early_detection.toml"), str(SCENARIOS / "urine_monitoring.toml")
TWO_STANDS = {"equipment.column_stand.count": 2, "personnel.isolation.headcount": 2}
_LINES: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "one column": ("", {}, VERMILION),
    "eight columns on a stand": ("#column_stand", {}, BLUE),
    "two stands": ("#column_stand", TWO_STANDS, GREEN),
}
_MONTHS = (1, 2, 3, 4, 6, 12)
_FOLLOWED: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "a calibration that drifts 20 % a year": ({"diagnostic.monitoring.drift": "0.2 1/year"}, VERMILION),
    "as it is": ({}, BLUE),
    "three results as baseline": ({"diagnostic.monitoring.baselines": 3}, GREEN),
    "limits of the ratio": ({"diagnostic.monitoring.limits": "logarithmic"}, PURPLE),
}


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield each picture by the name of its file."""
    yield "turn_around", turn_around(6 if draws is None else 1)
    yield "false_alarms", false_alarms(draws)


def turn_around(replications: int = 6) -> Axes:
    """Draw the share of the results that are out after so many days, for each way of separation."""
    axes = new_axes(8.0, 4.4)
    for name, (variant, changes, color) in _LINES.items():
        results = xs.simulate(xs.load(PLASMA + variant).with_(changes), replications)
        days = np.sort([hours for account in results.accounts for hours in account.lead_times]) / DAY
        passed = next(q.mean for q in results.quantities() if q.name == "batches_per_day")
        share = 100.0 * (np.arange(days.size) + 1) / days.size
        axes.step(days, share, where="post", color=color, label=f"{name}: {passed:.0f} a day")
    axes.axvspan(3.0, 5.0, color="#EEEEEE", linewidth=0, zorder=0)
    axes.text(3.08, 96.0, "3 to 5 d", va="top", fontsize=9)
    axes.set_xlim(0.0, 12.0)
    axes.set_ylim(0.0, 100.0)
    axes.set_xlabel("from the draw to the report [d]")
    axes.set_ylabel("results that are out [%]")
    light_grid(axes, "y")
    axes.legend(frameon=False, loc="lower right", title="of 50 samples a day that are offered")
    headline(axes, "Plasma: how long a result takes, by way of separation")
    return axes


def false_alarms(draws: int | None = None) -> Axes:
    """Draw the false alarms of an unchanged patient per year over the interval between two visits."""
    axes = new_axes(8.0, 4.4)
    for name, (changes, color) in _FOLLOWED.items():
        bands = []
        for months in _MONTHS:
            plan = {"diagnostic.monitoring.interval": f"{months / 12:.8f} year", **changes}
            found = xs.evaluate(xs.load(URINE).with_(plan), draws or 4000).summary("false_alarms_per_patient_year")
            bands.append((found.p5, found.median, found.p95))
        low, middle, high = np.array(bands, dtype=float).T
        axes.fill_between(_MONTHS, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(_MONTHS, middle, "o-", color=color, markersize=4, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(_MONTHS, [str(months) for months in _MONTHS])
    axes.set_xticks([], minor=True)
    axes.set_yticks([0.05, 0.1, 0.2, 0.5, 1.0, 2.0], ["0.05", "0.1", "0.2", "0.5", "1", "2"])
    axes.set_yticks([], minor=True)
    axes.set_xlabel("months between two samples")
    axes.set_ylabel("false alarms per patient and year")
    light_grid(axes, "y")
    axes.legend(frameon=False)
    headline(axes, "Urine: alarms of a patient in whom nothing changes")
    return axes
